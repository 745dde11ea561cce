//! Two hospitals with FHIR data, and the kits' registrations at both.

use super::super::app::{PASSWORD, STAFF, TestApp, TestTenant};
use super::super::backend::Backend;
use super::{BULK_CLIENT, CLIENT, Client, EHR, Plan, Session};
use serde_json::{Value, json};
use std::sync::Arc;
use wardkey::demo::fhir::{FhirWorld, routes};
use wardkey::kernel::Secret;
use wardkey::oauth::jose::SigningAlgorithm;
use wardkey::store::tenant::AccountProfile;

/// The hospitals.
pub const SLUGS: [&str; 2] = ["northside", "lakeside"];
const CEILING: &str = "openid fhirUser profile launch launch/patient launch/encounter offline_access online_access \
                       patient/*.cruds user/*.cruds";

/// A server with two hospitals, set up for one way to run the kits.
pub struct World {
    /// The server.
    pub app: TestApp,
    plan: Plan,
    key: Backend,
    ehr: Backend,
}

impl World {
    /// Sets it up: people, records, and the registrations that a tester makes.
    pub async fn new(plan: Plan) -> Self {
        let algorithm = match plan.client {
            Client::Rs384 => SigningAlgorithm::RS384,
            _ => SigningAlgorithm::ES384,
        };
        let mut app = TestApp::new().await;
        let (key, ehr) = (Backend::new(algorithm), Backend::new(SigningAlgorithm::ES384));
        let mut records = FhirWorld::default();
        for slug in SLUGS {
            let tenant = app.tenant(slug).await;
            people(&tenant).await;
            clients(&tenant, &plan, &key, &ehr).await;
            records.add(slug, &format!("Hospital {slug}"));
        }
        app.router = app.app.router_with(routes(&Arc::new(records)));
        Self { app, plan, key, ehr }
    }

    /// The kit at one of them.
    pub fn at(&self, slug: &str) -> Session<'_> {
        let tenant = TestTenant {
            app: &self.app,
            slug: slug.to_owned(),
        };
        Session {
            tenant,
            plan: self.plan,
            key: &self.key,
            ehr: &self.ehr,
        }
    }
}

/// Runs a test at both hospitals.
pub async fn at_both(plan: Plan, test: impl AsyncFn(&Session<'_>)) {
    let world = Box::pin(World::new(plan)).await;
    for slug in SLUGS {
        test(&world.at(slug)).await;
    }
}

async fn people(tenant: &TestTenant<'_>) {
    for (username, user) in [("maria", "Patient/maria"), ("ana", "Practitioner/ana")] {
        let profile = AccountProfile {
            subject: username.to_owned(),
            name: Some(username.to_owned()),
            fhir_user: Some(user.to_owned()),
            ..AccountProfile::default()
        };
        let passwords = tenant.app.app.federation().passwords();
        let password = Secret::new(PASSWORD.to_owned());
        let admin = tenant.admin().await;
        admin
            .save_local_account(STAFF, &profile, &password, passwords)
            .await
            .unwrap();
    }
}

/// A public key with the members that the kits publish beside it.
pub fn published(key: &Backend) -> Value {
    let mut jwk = serde_json::to_value(key.key.public_jwk()).unwrap();
    for (member, value) in [
        ("use", json!("sig")),
        ("key_ops", json!(["verify"])),
        ("ext", json!(true)),
    ] {
        jwk[member] = value;
    }
    json!({ "keys": [jwk] })
}

async fn clients(tenant: &TestTenant<'_>, plan: &Plan, key: &Backend, ehr: &Backend) {
    let (method, jwks) = match plan.client {
        Client::Public => ("none", Value::Null),
        Client::Symmetric => ("client_secret_basic", Value::Null),
        Client::Es384 | Client::Rs384 => ("private_key_jwt", published(key)),
    };
    let app = json!({
        "token_endpoint_auth_method": method, "jwks": jwks, "scope": CEILING, "redirect_uris": [plan.redirect_uri()],
        "launch_uris": [plan.launch_uri()], "require_pkce": plan.pkce,
    });
    tenant.client(CLIENT, app).await;
    let service = |jwks: Value, scope: &str| {
        json!({
            "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "response_types": [],
            "redirect_uris": [], "scope": scope, "jwks": jwks,
        })
    };
    tenant.client(BULK_CLIENT, service(published(key), "system/*.rs")).await;
    tenant
        .client(EHR, service(published(ehr), "__launch __introspect"))
        .await;
}
