//! The apps of the demonstration, and registering them.

use super::backstage::{EHR, KEYED_APP};
use super::keyed_client::KeyedClient;
use super::world::Population;
use crate::control::clients::SecretPolicy;
use crate::control::{ControlError, TenantAdmin};
use crate::kernel::Secret;
use crate::oauth::client_registration::ClientRegistration;

/// What the sample app asks for.
pub const APP_SCOPE: &str = "openid fhirUser profile launch/patient patient/*.rs offline_access";
const CEILING: &str = "openid fhirUser profile launch launch/patient launch/encounter offline_access online_access patient/*.cruds user/*.cruds \
                       patient/*.read user/*.read";
/// Everyone may know it; nothing but the demonstration uses it.
pub(super) const DEMO_SECRET: &str = "wks_demonstration-only-everyone-knows-this-secret";

/// A client of the demonstration.
pub struct DemoClient {
    /// The client id.
    pub id: &'static str,
    /// The name people see.
    pub name: &'static str,
    /// How it authenticates.
    pub auth_method: &'static str,
    /// The secret, if it has one.
    pub secret: Option<&'static str>,
    /// Whether it may introspect.
    pub introspection: bool,
}

impl DemoClient {
    /// The widest scope it can be granted. One that only introspects is granted nothing.
    pub(super) fn scope(&self) -> Option<&'static str> {
        (!self.introspection).then_some(CEILING)
    }
}

/// The clients that every hospital has and that anybody can play.
pub const CLIENTS: [DemoClient; 3] = [
    DemoClient {
        id: "sample-app",
        name: "Sample app",
        auth_method: "none",
        secret: None,
        introspection: false,
    },
    DemoClient {
        id: "growth-chart",
        name: "Growth chart",
        auth_method: "client_secret_basic",
        secret: Some(DEMO_SECRET),
        introspection: false,
    },
    DemoClient {
        id: "fhir-server",
        name: "FHIR server",
        auth_method: "client_secret_basic",
        secret: Some(DEMO_SECRET),
        introspection: true,
    },
];

fn registration(name: &str, method: &str) -> ClientRegistration {
    ClientRegistration {
        client_name: Some(name.to_owned()),
        publisher: Some("The demonstration".to_owned()),
        token_endpoint_auth_method: Some(method.to_owned()),
        grant_types: Some(Vec::new()),
        response_types: Some(Vec::new()),
        ..ClientRegistration::default()
    }
}

/// What every app that people sign in to has.
fn for_people(registration: ClientRegistration, population: &Population) -> ClientRegistration {
    ClientRegistration {
        redirect_uris: vec![population.redirect_uri()],
        grant_types: Some(vec!["authorization_code".to_owned(), "refresh_token".to_owned()]),
        response_types: Some(vec!["code".to_owned()]),
        scope: Some(CEILING.to_owned()),
        ..registration
    }
}

/// The sample app is one page, whoever it is to the hospital. Its launch address says as which client it is to come, and how it is
/// to send its request.
fn with_launches(registration: ClientRegistration, client_id: &str, population: &Population) -> ClientRegistration {
    let address = population.redirect_uri();
    let launch = |more: &str| match client_id {
        KEYED_APP => format!("{address}?client={client_id}{more}"),
        _ => format!("{address}{}", more.replacen('&', "?", 1)),
    };
    ClientRegistration {
        launch_uris: vec![launch(""), launch("&authorize=post")],
        post_logout_redirect_uris: vec![address.clone()],
        ..registration
    }
}

/// Registers one of [`CLIENTS`].
pub(super) async fn register(
    admin: &TenantAdmin,
    client: &DemoClient,
    population: &Population,
) -> Result<(), ControlError> {
    let mut registration = ClientRegistration {
        introspection: Some(client.introspection),
        ..registration(client.name, client.auth_method)
    };
    if !client.introspection {
        registration = for_people(registration, population);
    }
    if client.id == "sample-app" {
        registration = with_launches(registration, client.id, population);
    }
    let secret = client.secret.map_or(SecretPolicy::KeepOrCreate, |secret| {
        SecretPolicy::Known(Secret::new(secret.to_owned()))
    });
    admin.save_client(client.id, registration, secret).await.map(drop)
}

/// Registers the EHR: it may start launches and say who is at its screen.
pub(super) async fn register_ehr(admin: &TenantAdmin, ehr: &KeyedClient) -> Result<(), ControlError> {
    let registration = ClientRegistration {
        jwks: Some(ehr.jwks()),
        grant_types: Some(vec!["client_credentials".to_owned()]),
        scope: Some("__launch".to_owned()),
        launch_user_assertions: Some(true),
        ..registration("EHR", "private_key_jwt")
    };
    admin
        .save_client(EHR, registration, SecretPolicy::KeepOrCreate)
        .await
        .map(drop)
}

/// Registers the sample app as an app whose server has a key.
pub(super) async fn register_keyed_app(
    admin: &TenantAdmin,
    app: &KeyedClient,
    population: &Population,
) -> Result<(), ControlError> {
    let registration = ClientRegistration {
        jwks: Some(app.jwks()),
        ..registration("Sample app with a key", "private_key_jwt")
    };
    let registration = with_launches(for_people(registration, population), KEYED_APP, population);
    admin
        .save_client(KEYED_APP, registration, SecretPolicy::KeepOrCreate)
        .await
        .map(drop)
}
