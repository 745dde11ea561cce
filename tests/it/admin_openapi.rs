//! Every operation of the admin API, driven from its OpenAPI document: it answers as the document says.

use crate::support::app::{STAFF, TestApp, TestTenant, claims};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wardkey::api::{Operation, operations};
use wardkey::tenant::roles::Role;

/// A tenant with one of everything, and tokens of an owner and of an operator.
pub struct World<'a> {
    pub tenant: TestTenant<'a>,
    pub owner: String,
    pub operator: String,
    pub names: BTreeMap<&'static str, String>,
}

impl<'a> World<'a> {
    pub async fn new(app: &'a TestApp) -> Self {
        let tenant = app.tenant("northside").await;
        let operator = app.operator(Role::PlatformOperator).await;
        let owner = tenant.administrator("olga", &[Role::Owner]).await;
        let other = tenant.administrator("otto", &[Role::Auditor]).await;
        let account = claims(&other)["sub"].as_str().unwrap().to_owned();
        let first = async |path: &str| {
            let page = tenant
                .api(&owner, Method::GET, path, None)
                .await
                .assert_status(200)
                .json();
            page["items"][0]["id"].as_str().unwrap().to_owned()
        };
        let body = json!({ "label": "Vendor" });
        tenant
            .api(&owner, Method::POST, "/registration-tokens", Some(&body))
            .await
            .assert_status(201);
        let body = json!({ "client_id": "growth-chart", "context": { "patient": "pat-1" } });
        tenant
            .api(&owner, Method::POST, "/launch-contexts", Some(&body))
            .await
            .assert_status(201);
        let body = json!({ "alias": "hospital", "label": "Network team" });
        tenant
            .api(&owner, Method::POST, "/setup-links", Some(&body))
            .await
            .assert_status(201);
        let tokens = tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
        let patient = claims(tokens["access_token"].as_str().unwrap())["sub"].clone();
        let consents = tenant
            .api(&owner, Method::GET, "/consents", None)
            .await
            .assert_status(200)
            .json();
        // Not an administrator's: with it a token of this test would end.
        let mut consenting = consents["items"].as_array().unwrap().iter();
        let consenting = consenting.find(|consent| consent["account"] == patient).unwrap();
        // The patient's: nothing of this test needs it.
        let sessions = tenant
            .api(&owner, Method::GET, "/sessions", None)
            .await
            .assert_status(200)
            .json();
        let mut of_patient = sessions["items"].as_array().unwrap().iter();
        let of_patient = of_patient.find(|session| session["account"] == patient).unwrap();
        let session_id = of_patient["id"].as_str().unwrap().to_owned();
        let provider = json!({
            "kind": "oidc", "display_name": "Hospital", "settings": { "offer": { "hidden": true }, "provider": {
                "issuer": "https://idp.test", "client_id": "wardkey", "authentication": "none",
                "endpoints": { "authorization_endpoint": "https://idp.test/authorize",
                               "token_endpoint": "https://idp.test/token", "jwks_uri": "https://idp.test/jwks" } } },
        });
        tenant
            .api(&owner, Method::PUT, "/identity-providers/hospital", Some(&provider))
            .await
            .assert_status(201);
        let body = json!({ "label": "Directory" });
        tenant
            .api(
                &owner,
                Method::POST,
                "/identity-providers/hospital/scim-tokens",
                Some(&body),
            )
            .await
            .assert_status(201);
        let test = tenant
            .api(&owner, Method::POST, "/identity-providers/hospital/tests", None)
            .await
            .assert_status(201)
            .json();
        let test_id = test["id"].as_str().unwrap().to_owned();
        let listed = json!({
            "summary": "Shows how a child grows.",
            "registration": {
                "client_name": "Growth curves", "token_endpoint_auth_method": "none",
                "redirect_uris": ["https://growth.example/callback"],
                "scope": "openid fhirUser launch/patient patient/Observation.rs",
            },
        });
        app.api(
            &operator,
            Method::PUT,
            "/api/v1/directory-apps/growth-curves",
            Some(&listed),
        )
        .await
        .assert_status(201);
        let contact = json!({ "help_contact": "helpdesk@northside.example" });
        tenant
            .api(&owner, Method::PATCH, "/settings", Some(&contact))
            .await
            .assert_status(200);
        let trace_id = crate::sign_in_traces::keep(&tenant, "hospital", "signature").await;
        let names = BTreeMap::from([
            ("list", "personnel".to_owned()),
            ("trace_id", trace_id.to_string()),
            ("tenant", "northside".to_owned()),
            ("directory_app", "growth-curves".to_owned()),
            ("client_id", "care-planner".to_owned()),
            ("alias", STAFF.to_owned()),
            ("role", "auditor".to_owned()),
            ("principal", account.clone()),
            ("account", account),
            ("token_id", first("/registration-tokens").await),
            ("scim_token_id", first("/identity-providers/hospital/scim-tokens").await),
            ("event_id", first("/events").await),
            ("launch_id", first("/launch-contexts").await),
            ("link_id", first("/setup-links").await),
            ("test_id", test_id),
            ("change_id", first("/changes?kind=settings").await),
            ("session_id", session_id),
            ("request_id", "req_00000000000000000000000000000000".to_owned()),
            ("consenting", consenting["account"].as_str().unwrap().to_owned()),
        ]);
        Self {
            tenant,
            owner,
            operator,
            names,
        }
    }

    /// The operation's address, of things that are there.
    pub fn address(&self, operation: &Operation) -> String {
        let mut address = operation.path.to_owned();
        if operation.id == "withdrawConsent" {
            address = address
                .replace("{account}", &self.names["consenting"])
                .replace("{client_id}", "growth-chart");
        }
        // The tenant's own accounts have no mapping, no directory and nothing to test.
        let is_elsewhere = operation.path.contains("/scim-tokens")
            || operation.path.contains("/tests")
            || operation.id == "dryRunMapping";
        if is_elsewhere && self.names["alias"] == STAFF {
            address = address.replace("{alias}", "hospital");
        }
        for (name, value) in &self.names {
            address = address.replace(&format!("{{{name}}}"), value);
        }
        address
    }

    fn token(&self, operation: &Operation) -> &str {
        let of_operators = [
            "updateTenant",
            "getFleet",
            "getTenantHealth",
            "listOnboardingSteps",
            "continueOnboarding",
            "replaceDirectoryApp",
            "reviewDirectoryApp",
        ];
        if operation.path == "/api/v1/tenants" || of_operators.contains(&operation.id) {
            &self.operator
        } else {
            &self.owner
        }
    }
}

/// Names of things that nobody ever made.
pub fn nothing() -> [(&'static str, String); 16] {
    let nobody = "acc_00000000000000000000000000000000".to_owned();
    [
        ("client_id", "nowhere".to_owned()),
        ("alias", "nowhere".to_owned()),
        ("list", "nowhere".to_owned()),
        ("principal", nobody.clone()),
        ("account", nobody.clone()),
        ("consenting", nobody),
        ("token_id", "A".repeat(43)),
        ("launch_id", "A".repeat(43)),
        ("session_id", "A".repeat(43)),
        ("event_id", "evt_00000000000000000000000000000000".to_owned()),
        ("trace_id", "trc_00000000000000000000000000000000".to_owned()),
        ("scim_token_id", "A".repeat(43)),
        ("link_id", "lnk_00000000000000000000000000000000".to_owned()),
        ("test_id", "tst_00000000000000000000000000000000".to_owned()),
        ("directory_app", "nowhere".to_owned()),
        ("change_id", "00000000-0000-0000-0000-000000000000".to_owned()),
    ]
}

/// What reads comes first, what removes comes last.
pub fn in_order() -> Vec<Operation> {
    let mut operations = operations();
    operations.sort_by_key(|operation| match operation.method.as_str() {
        "GET" => 0,
        "POST" => 1,
        // With the accounts' provider goes what is known of how they sign in.
        "DELETE" if operation.id == "deleteIdentityProvider" => 4,
        // Nothing of a user is left to take away.
        "DELETE" if operation.id == "deleteUser" => 5,
        "DELETE" => 3,
        _ => 2,
    });
    operations
}

fn check(document: &Value, schema: &str, body: &Value, name: &str) {
    let root = json!({ "$ref": format!("#/components/schemas/{schema}"), "components": document["components"] });
    if let Err(fault) = jsonschema::validate(&root, body) {
        panic!("{name}: {fault} in {body}");
    }
}

#[tokio::test]
async fn every_operation_answers_its_example_as_the_document_says() {
    let app = TestApp::new().await;
    let world = Box::pin(World::new(&app)).await;
    let document = wardkey::api::openapi::document();
    for operation in in_order() {
        let address = world.address(&operation);
        assert!(!address.contains('{'), "no name for {address}");
        // Time passes, so that a rotation may follow the tenant's creation.
        let token = world.token(&operation);
        let answer = app
            .api(token, operation.method.clone(), &address, operation.example.as_ref())
            .await;
        let status = answer.status.as_u16();
        // Its example names a token that nobody was given.
        if ["explain", "explainRefusal"].contains(&operation.id) && status == 404 {
            check(&document, "Problem", &answer.json(), operation.id);
            continue;
        }
        let declared = operation.answers.iter().find(|(declared, ..)| *declared == status);
        let Some((_, schema, _)) = declared else {
            panic!("{}: {status} is not in the document: {answer}", operation.id);
        };
        match schema {
            Some(schema) => check(&document, schema, &answer.json(), operation.id),
            None => assert!(answer.body.is_empty(), "{}: {answer}", operation.id),
        }
        if operation.tagged && schema.is_some() {
            assert!(answer.header("etag").is_some(), "{}: {answer}", operation.id);
        }
        if !operation.public {
            assert_eq!(
                answer.header("cache-control").unwrap_or("no-store"),
                "no-store",
                "{}",
                operation.id
            );
        }
    }
    drop(world.tenant);
}

#[tokio::test]
async fn every_operation_with_a_body_refuses_another_kind_of_body_as_a_problem() {
    let app = TestApp::new().await;
    let world = Box::pin(World::new(&app)).await;
    let document = wardkey::api::openapi::document();
    for operation in in_order().iter().filter(|operation| operation.body.is_some()) {
        for body in [json!([]), json!("text"), json!(null), json!(7)] {
            let address = world.address(operation);
            let answer = app
                .api(world.token(operation), operation.method.clone(), &address, Some(&body))
                .await;
            assert!(
                [400, 422].contains(&answer.status.as_u16()),
                "{} {body}: {answer}",
                operation.id
            );
            check(&document, "Problem", &answer.json(), operation.id);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_at_every_operation_that_names_something() {
    let app = TestApp::new().await;
    let mut world = Box::pin(World::new(&app)).await;
    let document = wardkey::api::openapi::document();
    world.names.extend(nothing());
    // Creating by name is what these are for. A list is empty until somebody is in it.
    let creating = [
        "replaceApp",
        "replaceDirectoryApp",
        "replaceIdentityProvider",
        "changeFhirUsers",
        "listFhirUsers",
    ];
    for operation in in_order() {
        let names_something = operation.path.split('{').count() > 2;
        if !names_something || creating.contains(&operation.id) {
            continue;
        }
        let address = world.address(&operation);
        let answer = app
            .api(
                world.token(&operation),
                operation.method.clone(),
                &address,
                operation.example.as_ref(),
            )
            .await;
        assert_eq!(answer.status, 404, "{}: {answer}", operation.id);
        check(&document, "Problem", &answer.json(), operation.id);
    }
}
