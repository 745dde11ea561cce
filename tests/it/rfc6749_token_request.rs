//! The token request (RFC 6749 sections 4.1.3, 5 and 6; RFC 7636 section 4.5) and client authentication (section 2.3).

use crate::support::app::{CONFIDENTIAL, PUBLIC, REDIRECT_URI, SECRET, TestApp, TestTenant, VERIFIER};
use crate::support::http::{RequestBuilderExt, RouterExt};
use axum::http::{Method, Request};
use serde_json::json;

const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs offline_access";

fn exchange<'a>(code: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", PUBLIC),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        if !value.is_empty() {
            form.push((name, value));
        }
    }
    form
}

async fn refused(tenant: &TestTenant<'_>, changes: &[(&str, &str)], status: u16, error: &str) {
    let code = tenant.code(SCOPE, "pat").await;
    tenant
        .token(&exchange(&code, changes))
        .await
        .assert_error(status, error);
}

#[tokio::test]
async fn each_fault_has_its_code_and_status() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant
        .client("other-app", json!({ "token_endpoint_auth_method": "none" }))
        .await;
    refused(&tenant, &[("grant_type", "")], 400, "invalid_request").await;
    refused(
        &tenant,
        &[("grant_type", "not_a_grant_type")],
        400,
        "unsupported_grant_type",
    )
    .await;
    refused(&tenant, &[("grant_type", "password")], 400, "unsupported_grant_type").await;
    refused(&tenant, &[("code", "")], 400, "invalid_request").await;
    refused(&tenant, &[("code", "BAD_CODE")], 400, "invalid_grant").await;
    refused(&tenant, &[("redirect_uri", "")], 400, "invalid_grant").await;
    refused(
        &tenant,
        &[("redirect_uri", "https://app.test/other")],
        400,
        "invalid_grant",
    )
    .await;
    refused(&tenant, &[("code_verifier", "")], 400, "invalid_grant").await;
    refused(
        &tenant,
        &[("code_verifier", "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong")],
        400,
        "invalid_grant",
    )
    .await;
    refused(
        &tenant,
        &[("code_verifier", crate::support::app::CHALLENGE)],
        400,
        "invalid_grant",
    )
    .await;
    refused(&tenant, &[("client_id", "")], 401, "invalid_client").await;
    refused(&tenant, &[("client_id", "nobody")], 401, "invalid_client").await;
    refused(&tenant, &[("client_id", "other-app")], 400, "invalid_grant").await;
    refused(&tenant, &[("client_secret", "x")], 401, "invalid_client").await;
}

#[tokio::test]
async fn another_clients_attempt_does_not_burn_the_code() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant
        .client("other-app", json!({ "token_endpoint_auth_method": "none" }))
        .await;
    let code = tenant.code(SCOPE, "pat").await;
    tenant
        .token(&exchange(&code, &[("client_id", "other-app")]))
        .await
        .assert_error(400, "invalid_grant");
    tenant.redeem(&code).await.assert_status(200);
}

#[tokio::test]
async fn a_code_cannot_be_redeemed_with_the_verifier_of_another_session() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let other = tenant
        .authorization_request(SCOPE)
        .with("code_challenge", "zZsRYOtpaq8ZLr0xOKcOdjVzuHWBrNYLAAAAAAAAAAA");
    let code = tenant.code_for(&other, "pat").await;
    tenant.redeem(&code).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_client_authenticates_with_exactly_its_registered_method() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant
        .client("posting", json!({ "token_endpoint_auth_method": "client_secret_post" }))
        .await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let with = |more: &[(&'static str, &'static str)]| [refresh.as_slice(), more].concat();
    // Right credentials by the registered way get as far as the grant.
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &refresh)
        .await
        .assert_error(400, "invalid_grant");
    tenant
        .token(&with(&[("client_id", "posting"), ("client_secret", SECRET)]))
        .await
        .assert_error(400, "invalid_grant");
    // Every other way does not.
    tenant
        .token(&with(&[("client_id", CONFIDENTIAL), ("client_secret", SECRET)]))
        .await
        .assert_error(401, "invalid_client");
    tenant
        .token_with_basic("posting", SECRET, &refresh)
        .await
        .assert_error(401, "invalid_client");
    tenant
        .token(&with(&[("client_id", CONFIDENTIAL)]))
        .await
        .assert_error(401, "invalid_client");
    tenant
        .token_with_basic(PUBLIC, SECRET, &refresh)
        .await
        .assert_error(401, "invalid_client");
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &with(&[("client_secret", SECRET)]))
        .await
        .assert_error(400, "invalid_request");
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &with(&[("client_id", PUBLIC)]))
        .await
        .assert_error(400, "invalid_request");
}

#[tokio::test]
async fn what_is_in_the_query_does_not_count_and_nothing_repeats() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let code = tenant.code(SCOPE, "pat").await;
    let address = format!("{}?code={code}", tenant.path("token"));
    app.router
        .send(Request::post(address).form(&exchange("", &[("code", "")])))
        .await
        .assert_error(400, "invalid_request");
    let twice = [exchange(&code, &[]), vec![("code", code.as_str())]].concat();
    tenant.token(&twice).await.assert_error(400, "invalid_request");
    tenant.redeem(&code).await.assert_status(200);
}

#[tokio::test]
async fn answers_are_never_kept_by_caches_and_the_method_is_post() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let code = tenant.code(SCOPE, "pat").await;
    let answer = tenant.redeem(&code).await.assert_status(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let get = app
        .router
        .send(Request::get(tenant.path("token")).empty())
        .await
        .assert_status(405);
    assert!(get.header("allow").unwrap().contains("POST"));
    app.router
        .send(Request::post(tenant.path("token")).json(&json!({})))
        .await
        .assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_refresh_may_narrow_the_scope_and_never_widen_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let with = |scope| {
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", PUBLIC),
            ("scope", scope),
        ]
    };
    tenant
        .token(&with("openid patient/*.cruds"))
        .await
        .assert_error(400, "invalid_scope");
    let narrowed = tenant
        .token(&with("patient/Observation.rs"))
        .await
        .assert_status(200)
        .json();
    assert_eq!(narrowed["scope"], "patient/Observation.rs");
    assert_eq!(narrowed["patient"], "pat-1");
    let next = narrowed["refresh_token"].as_str().unwrap();
    let whole = tenant.refresh(next).await.assert_status(200).json();
    assert_eq!(whole["scope"], SCOPE, "the refresh token keeps the original grant");
}

#[tokio::test]
async fn a_public_client_may_refresh_without_naming_itself_and_a_wrong_name_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant
        .client("other-app", json!({ "token_endpoint_auth_method": "none" }))
        .await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let bare = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let wrong = [bare.as_slice(), &[("client_id", "other-app")]].concat();
    tenant.token(&wrong).await.assert_error(400, "invalid_grant");
    tenant.token(&bare).await.assert_status(200);
}

/// RFC 6749 section 6: whoever else presents it, and whatever they prove about themselves.
#[tokio::test]
async fn a_refresh_token_is_bound_to_its_client() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &form)
        .await
        .assert_error(400, "invalid_grant");
    tenant.refresh(token).await.assert_status(200);
}

#[tokio::test]
async fn only_registered_origins_may_read_answers_in_a_browser() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let preflight = async |origin: &str| {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(tenant.path("token"))
            .header("origin", origin)
            .empty();
        let answer = app.router.send(request).await.assert_status(204);
        answer.header("access-control-allow-origin").map(str::to_owned)
    };
    assert_eq!(preflight("https://app.test").await.as_deref(), Some("https://app.test"));
    assert_eq!(preflight("https://elsewhere.test").await, None);
    assert_eq!(preflight("null").await, None);
    let code = tenant.code(SCOPE, "pat").await;
    let request = Request::post(tenant.path("token"))
        .header("origin", "https://app.test")
        .form(&exchange(&code, &[]));
    let answer = app.router.send(request).await.assert_status(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.test"));
    assert!(answer.header("access-control-allow-credentials").is_none());
    let request = Request::post(tenant.path("token"))
        .header("origin", "https://app.test")
        .form(&exchange("x", &[]));
    let error = app.router.send(request).await.assert_error(400, "invalid_grant");
    assert_eq!(
        error.header("access-control-allow-origin"),
        Some("https://app.test"),
        "errors too"
    );
}
