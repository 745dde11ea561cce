//! A service that acts for the user it was called for (RFC 8693), and what it may not do.

use crate::support::app::{PUBLIC, SECRET, TestApp, TestTenant};
use crate::support::dpop::DpopKey;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::Request;
use serde_json::{Value, json};
use std::time::Duration;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const SERVICE: &str = "report-service";
const SCOPE: &str = "openid launch/patient patient/Observation.rs patient/Condition.rs offline_access";

async fn tenant_with_service<'a>(app: &'a TestApp, slug: &str) -> TestTenant<'a> {
    let tenant = app.tenant(slug).await;
    let service = json!({
        "token_endpoint_auth_method": "client_secret_basic", "grant_types": [EXCHANGE], "response_types": [],
        "redirect_uris": [], "scope": "patient/Observation.rs",
    });
    tenant.client(SERVICE, service).await;
    tenant
}

async fn exchange(tenant: &TestTenant<'_>, token: &str, changes: &[(&str, &str)]) -> Response {
    let mut form = vec![
        ("grant_type", EXCHANGE),
        ("subject_token", token),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        if !value.is_empty() {
            form.push((name, value));
        }
    }
    tenant.token_with_basic(SERVICE, SECRET, &form).await
}

fn access_token(reply: &Value) -> &str {
    reply["access_token"].as_str().unwrap()
}

#[tokio::test]
async fn the_new_token_is_the_services_and_still_about_the_same_user_and_patient() {
    let app = TestApp::new().await;
    let tenant = tenant_with_service(&app, "northside").await;
    let reply = tenant.tokens(SCOPE, "pat").await;
    let before = tenant.introspect(access_token(&reply)).await;
    let exchanged: Value = exchange(&tenant, access_token(&reply), &[])
        .await
        .assert_status(200)
        .json();
    assert_eq!(exchanged["issued_token_type"], ACCESS_TOKEN);
    assert_eq!(exchanged["scope"], "patient/Observation.rs");
    assert!(exchanged.get("refresh_token").is_none() && exchanged.get("id_token").is_none());
    let after = tenant.introspect(access_token(&exchanged)).await;
    for member in ["sub", "patient", "tenant_id", "fhirUser", "aud"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_eq!(after["client_id"], SERVICE);
    assert_eq!(after["act"], json!({ "sub": SERVICE }));
}

#[tokio::test]
async fn the_scope_never_grows() {
    let app = TestApp::new().await;
    let tenant = tenant_with_service(&app, "northside").await;
    let reply = tenant.tokens(SCOPE, "pat").await;
    let token = access_token(&reply);
    // Held by the user's token, and beyond the service; within the service, and not held; neither.
    for scope in ["patient/Condition.rs", "patient/Observation.cruds", "user/Patient.rs"] {
        exchange(&tenant, token, &[("scope", scope)])
            .await
            .assert_error(400, "invalid_scope");
    }
    let narrower: Value = exchange(&tenant, token, &[("scope", "patient/Observation.r")])
        .await
        .assert_status(200)
        .json();
    assert_eq!(narrower["scope"], "patient/Observation.r");
}

#[tokio::test]
async fn the_life_never_grows_and_ends_with_the_users_grant() {
    let app = TestApp::new().await;
    let tenant = tenant_with_service(&app, "northside").await;
    let reply = tenant.tokens(SCOPE, "pat").await;
    app.wait(Duration::from_mins(14));
    let exchanged: Value = exchange(&tenant, access_token(&reply), &[])
        .await
        .assert_status(200)
        .json();
    assert!(exchanged["expires_in"].as_i64().unwrap() <= 60);
    tenant
        .revoke(reply["refresh_token"].as_str().unwrap())
        .await
        .assert_status(200);
    assert_eq!(tenant.introspect(access_token(&exchanged)).await["active"], false);
}

#[tokio::test]
async fn a_token_that_is_not_in_force_is_an_invalid_request() {
    let app = TestApp::new().await;
    let tenant = tenant_with_service(&app, "northside").await;
    let elsewhere = tenant_with_service(&app, "lakeside").await;
    let reply = tenant.tokens(SCOPE, "pat").await;
    exchange(&tenant, "nonsense", &[])
        .await
        .assert_error(400, "invalid_request");
    exchange(&tenant, reply["id_token"].as_str().unwrap(), &[])
        .await
        .assert_error(400, "invalid_request");
    exchange(&elsewhere, access_token(&reply), &[])
        .await
        .assert_error(400, "invalid_request");
    app.wait(Duration::from_mins(16));
    exchange(&tenant, access_token(&reply), &[])
        .await
        .assert_error(400, "invalid_request");
}

#[tokio::test]
async fn each_parameter_has_its_rule() {
    let app = TestApp::new().await;
    let tenant = tenant_with_service(&app, "northside").await;
    let reply = tenant.tokens(SCOPE, "pat").await;
    let token = access_token(&reply);
    let saml = "urn:ietf:params:oauth:token-type:saml2";
    for (changes, error) in [
        (vec![("subject_token", "")], "invalid_request"),
        (vec![("subject_token_type", "")], "invalid_request"),
        (vec![("subject_token_type", saml)], "invalid_request"),
        (vec![("requested_token_type", saml)], "invalid_request"),
        (vec![("actor_token", token)], "invalid_request"),
        (vec![("actor_token_type", ACCESS_TOKEN)], "invalid_request"),
        (vec![("audience", "https://elsewhere.test/fhir")], "invalid_target"),
        (vec![("resource", "https://elsewhere.test/fhir")], "invalid_target"),
        // Another client's token is no proof of who acts.
        (
            vec![("actor_token", token), ("actor_token_type", ACCESS_TOKEN)],
            "invalid_request",
        ),
    ] {
        exchange(&tenant, token, &changes).await.assert_error(400, error);
    }
    let base = tenant.fhir();
    exchange(&tenant, token, &[("resource", &base)])
        .await
        .assert_status(200);
}

#[tokio::test]
async fn only_a_service_that_an_administrator_registered_for_it_may_exchange() {
    let app = TestApp::new().await;
    let tenant = tenant_with_service(&app, "northside").await;
    let reply = tenant.tokens(SCOPE, "pat").await;
    let form = [
        ("grant_type", EXCHANGE),
        ("subject_token", access_token(&reply)),
        ("subject_token_type", ACCESS_TOKEN),
        ("client_id", PUBLIC),
    ];
    tenant.token(&form).await.assert_error(400, "unauthorized_client");
}

#[tokio::test]
async fn a_bound_token_is_exchanged_by_the_holder_of_its_key_alone() {
    let app = TestApp::new().await;
    let tenant = tenant_with_service(&app, "northside").await;
    let (key, other) = (DpopKey::new(), DpopKey::new());
    let url = format!("{}/token", tenant.issuer());
    let code = tenant.code(SCOPE, "pat").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", crate::support::app::REDIRECT_URI),
        ("client_id", PUBLIC),
        ("code_verifier", crate::support::app::VERIFIER),
    ];
    let request = Request::post(tenant.path("token")).header("DPoP", key.proof("POST", &url, app.now()));
    let reply: Value = app.router.send(request.form(&form)).await.assert_status(200).json();
    exchange(&tenant, access_token(&reply), &[])
        .await
        .assert_error(400, "invalid_request");
    let with_proof = async |key: &DpopKey| {
        let form = [
            ("grant_type", EXCHANGE),
            ("subject_token", access_token(&reply)),
            ("subject_token_type", ACCESS_TOKEN),
        ];
        let request = Request::post(tenant.path("token")).basic(SERVICE, SECRET);
        let request = request.header("DPoP", key.proof("POST", &url, app.now()));
        app.router.send(request.form(&form)).await
    };
    with_proof(&other).await.assert_error(400, "invalid_request");
    with_proof(&key).await.assert_status(200);
}
