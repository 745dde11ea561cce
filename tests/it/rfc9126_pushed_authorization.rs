//! Pushed authorization requests (RFC 9126).

use crate::support::app::{
    AuthorizationQuery, CONFIDENTIAL, PUBLIC, REDIRECT_URI, SECRET, TestApp, TestTenant, VERIFIER,
};
use crate::support::dpop::DpopKey;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use std::time::Duration;

const SCOPE: &str = "openid launch/patient patient/*.rs";

fn pairs(query: &AuthorizationQuery) -> Vec<(&str, &str)> {
    query
        .pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// What the public app pushes.
async fn push(tenant: &TestTenant<'_>, query: &AuthorizationQuery) -> Response {
    tenant
        .app
        .router
        .send(Request::post(tenant.path("par")).form(&pairs(query)))
        .await
}

async fn pushed(tenant: &TestTenant<'_>, query: &AuthorizationQuery) -> String {
    let answer: Value = push(tenant, query).await.assert_status(201).json();
    answer["request_uri"].as_str().unwrap().to_owned()
}

/// The browser's part of it.
fn brought(tenant: &TestTenant<'_>, request_uri: &str) -> AuthorizationQuery {
    let mut query = tenant.authorization_request(SCOPE);
    query.pairs = vec![
        ("client_id".to_owned(), PUBLIC.to_owned()),
        ("request_uri".to_owned(), request_uri.to_owned()),
    ];
    query
}

#[tokio::test]
async fn the_handle_stands_for_the_request() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let answer = push(&tenant, &tenant.authorization_request(SCOPE))
        .await
        .assert_status(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let answer = answer.json();
    assert_eq!(answer["expires_in"], 60);
    let handle = answer["request_uri"].as_str().unwrap();
    assert!(handle.starts_with("urn:ietf:params:oauth:request_uri:"), "{handle}");
    let code = tenant.code_for(&brought(&tenant, handle), "pat").await;
    tenant.redeem(&code).await.assert_status(200);
}

#[tokio::test]
async fn what_the_browser_brings_beside_the_handle_counts_for_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let handle = pushed(&tenant, &tenant.authorization_request(SCOPE)).await;
    let tampered = brought(&tenant, &handle)
        .with("state", "of the attacker")
        .with("scope", "openid patient/*.cruds")
        .with("redirect_uri", "https://evil.test/");
    let page = tenant.authorize(&mut app.browser(), &tampered, "pat").await;
    assert!(page.url.as_str().starts_with(REDIRECT_URI), "{page}");
    assert_eq!(page.parameter("state").as_deref(), Some("state-of-the-app"));
}

#[tokio::test]
async fn a_handle_may_be_opened_again_until_its_code_is_issued() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let handle = pushed(&tenant, &tenant.authorization_request(SCOPE)).await;
    let query = brought(&tenant, &handle);
    let mut browser = app.browser();
    browser.goto(&query.address()).await.response.assert_status(200);
    tenant.code_for(&query, "pat").await;
    let page = app.browser().goto(&query.address()).await;
    assert!(page.url.as_str().starts_with("https://auth.test"), "{page}");
    page.response.assert_status(400);
}

#[tokio::test]
async fn two_browsers_that_opened_one_handle_get_one_code() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let handle = pushed(&tenant, &tenant.authorization_request(SCOPE)).await;
    let query = brought(&tenant, &handle);
    let mut late = app.browser();
    let page = late.goto(&query.address()).await;
    tenant.code_for(&query, "pat").await;
    let form = page
        .form()
        .with("username", "pat")
        .with("password", crate::support::app::PASSWORD);
    let page = late.submit(&page, &form).await;
    let page = if page.response.text().contains("value=\"allow\"") {
        late.submit(&page, &page.form().with("decision", "allow")).await
    } else {
        page
    };
    assert!(page.parameter("code").is_none(), "{page}");
}

#[tokio::test]
async fn a_handle_expires_and_belongs_to_one_client_of_one_tenant() {
    let app = TestApp::new().await;
    let (here, there) = (app.tenant("northside").await, app.tenant("lakeside").await);
    let handle = pushed(&here, &here.authorization_request(SCOPE)).await;
    let refused = async |query: AuthorizationQuery| {
        let page = app.browser().goto(&query.address()).await;
        assert!(page.url.as_str().starts_with("https://auth.test"), "{page}");
        page.response.assert_status(400);
    };
    refused(brought(&here, &handle).with("client_id", CONFIDENTIAL)).await;
    refused(brought(&there, &handle)).await;
    refused(brought(&here, "urn:ietf:params:oauth:request_uri:nonsense")).await;
    app.wait(Duration::from_mins(1));
    refused(brought(&here, &handle)).await;
}

#[tokio::test]
async fn every_check_of_the_authorization_endpoint_is_made_at_once() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let good = || tenant.authorization_request(SCOPE);
    for (query, error) in [
        (good().with("redirect_uri", "https://evil.test/"), "invalid_request"),
        (good().without("redirect_uri"), "invalid_request"),
        (good().with("response_type", "token"), "unsupported_response_type"),
        (
            good().with("response_type", "code id_token"),
            "unsupported_response_type",
        ),
        (good().without("code_challenge"), "invalid_request"),
        (good().with("code_challenge_method", "plain"), "invalid_request"),
        (good().with("aud", "https://evil.test/fhir"), "invalid_request"),
        (good().with("scope", "nonsense\"x"), "invalid_scope"),
        (good().adding("state", "twice"), "invalid_request"),
        (
            good().with("request_uri", "urn:ietf:params:oauth:request_uri:x"),
            "invalid_request",
        ),
    ] {
        push(&tenant, &query).await.assert_error(400, error);
    }
}

#[tokio::test]
async fn a_confidential_client_authenticates() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant.authorization_request(SCOPE).with("client_id", CONFIDENTIAL);
    push(&tenant, &query).await.assert_error(401, "invalid_client");
    let send = async |secret: &str, query: &AuthorizationQuery| {
        let request = Request::post(tenant.path("par")).basic(CONFIDENTIAL, secret);
        app.router.send(request.form(&pairs(query))).await
    };
    send("wrong", &query).await.assert_error(401, "invalid_client");
    let another = query.clone().with("client_id", PUBLIC);
    assert!(send(SECRET, &another).await.status.is_client_error());
    // Its credentials say who it is.
    send(SECRET, &query.without("client_id")).await.assert_status(201);
}

#[tokio::test]
async fn only_post_is_understood() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for method in [Method::GET, Method::PUT] {
        let request = Request::builder().method(method).uri(tenant.path("par")).empty();
        app.router.send(request).await.assert_status(405);
    }
}

#[tokio::test]
async fn a_client_can_be_held_to_pushing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let members = json!({ "token_endpoint_auth_method": "none", "require_pushed_authorization_requests": true });
    tenant.client(PUBLIC, members).await;
    let query = tenant.authorization_request(SCOPE);
    let page = app.browser().goto(&query.address()).await;
    assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"));
    let handle = pushed(&tenant, &query).await;
    tenant.code_for(&brought(&tenant, &handle), "pat").await;
}

#[tokio::test]
async fn a_proof_binds_the_code_to_its_key() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (key, other) = (DpopKey::new(), DpopKey::new());
    let par = format!("{}/par", tenant.issuer());
    let send = async |query: &AuthorizationQuery| {
        let request = Request::post(tenant.path("par")).header("DPoP", key.proof("POST", &par, app.now()));
        app.router.send(request.form(&pairs(query))).await
    };
    let query = tenant.authorization_request(SCOPE);
    send(&query.clone().with("dpop_jkt", &other.thumbprint()))
        .await
        .assert_error(400, "invalid_dpop_proof");
    let answer: Value = send(&query).await.assert_status(201).json();
    let code = tenant
        .code_for(&brought(&tenant, answer["request_uri"].as_str().unwrap()), "pat")
        .await;
    let token = format!("{}/token", tenant.issuer());
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", PUBLIC),
        ("code_verifier", VERIFIER),
    ];
    let request = Request::post(tenant.path("token")).header("DPoP", other.proof("POST", &token, app.now()));
    app.router
        .send(request.form(&form))
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn discovery_names_the_endpoint() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let document = tenant
        .get(&tenant.path(".well-known/openid-configuration"))
        .await
        .json();
    assert_eq!(
        document["pushed_authorization_request_endpoint"],
        json!(format!("{}/par", tenant.issuer()))
    );
    assert_eq!(document["require_pushed_authorization_requests"], false);
}
