//! The modules of the OpenID Foundation's plans "Basic OP" and "Form Post OP", under their names. Every one runs in both response
//! modes: answers in the query, and answers by form.

use crate::support::app::{CHALLENGE, PASSWORD, REDIRECT_URI, SECRET, TestApp, VERIFIER, jose_header};
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::openid_suite::{CLIENT, CLIENT_2, KeyClient, Mode, Suite, USER};
use axum::http::Request;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::oauth::jose::SigningAlgorithm;

/// Each module, once for each mode.
macro_rules! modules {
    ($($name:ident)+) => {
        mod query {
            use super::Mode;
            $(#[tokio::test] async fn $name() { Box::pin(super::$name(Mode::Query)).await; })+
        }
        mod form_post {
            use super::Mode;
            $(#[tokio::test] async fn $name() { Box::pin(super::$name(Mode::FormPost)).await; })+
        }
    };
}

modules! {
    oidcc_server
    oidcc_response_type_missing
    oidcc_idtoken_signature
    oidcc_userinfo_get
    oidcc_userinfo_post_header
    oidcc_userinfo_post_body
    oidcc_ensure_request_without_nonce_succeeds_for_code_flow
    oidcc_scope_profile
    oidcc_scope_email
    oidcc_alternate_happy_flow
    oidcc_display_page
    oidcc_display_popup
    oidcc_prompt_login
    oidcc_prompt_none_not_logged_in
    oidcc_prompt_none_logged_in
    oidcc_max_age_1
    oidcc_max_age_10000
    oidcc_ensure_request_with_unknown_parameter_succeeds
    oidcc_id_token_hint
    oidcc_login_hint
    oidcc_ui_locales
    oidcc_claims_locales
    oidcc_ensure_request_with_acr_values_succeeds
    oidcc_codereuse
    oidcc_codereuse_30seconds
    oidcc_ensure_registered_redirect_uri
    oidcc_ensure_post_request_succeeds
    oidcc_server_client_secret_post
    oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported
    oidcc_claims_essential
    oidcc_ensure_request_object_with_redirect_uri
    oidcc_refresh_token
    oidcc_ensure_request_with_valid_pkce_succeeds
}

async fn oidcc_server(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let flow = suite.happy(&mut app.browser(), &suite.request()).await;
    for extra in ["name", "email", "tenant_id", "fhirUser"] {
        assert!(flow.id_token.get(extra).is_none(), "{extra}");
    }
}

async fn oidcc_response_type_missing(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let refused = suite
        .authorize(&mut app.browser(), &suite.request().without("response_type"))
        .await;
    assert_eq!(refused.find("error"), Some("invalid_request"));
}

async fn oidcc_idtoken_signature(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let flow = suite.happy(&mut app.browser(), &suite.request()).await;
    assert_eq!(jose_header(flow.tokens["id_token"].as_str().unwrap())["alg"], "RS256");
}

async fn oidcc_userinfo_get(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let flow = suite.happy(&mut app.browser(), &suite.request()).await;
    let token = flow.tokens["access_token"].as_str().unwrap();
    let answer = suite.tenant.userinfo(token).await.assert_status(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

async fn oidcc_userinfo_post_header(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let flow = suite.happy(&mut app.browser(), &suite.request()).await;
    let token = flow.tokens["access_token"].as_str().unwrap();
    let request = Request::post(suite.tenant.path("userinfo")).bearer(token).empty();
    let answer = app.router.send(request).await.assert_status(200);
    assert_eq!(answer.json()["sub"], flow.id_token["sub"]);
}

async fn oidcc_userinfo_post_body(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let flow = suite.happy(&mut app.browser(), &suite.request()).await;
    let token = flow.tokens["access_token"].as_str().unwrap();
    let request = Request::post(suite.tenant.path("userinfo")).form(&[("access_token", token)]);
    let answer = app.router.send(request).await.assert_status(200);
    assert_eq!(answer.json()["sub"], flow.id_token["sub"]);
}

async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    suite.happy(&mut app.browser(), &suite.request().without("nonce")).await;
}

async fn oidcc_scope_profile(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let flow = suite
        .happy(&mut app.browser(), &suite.request().with("scope", "openid profile"))
        .await;
    assert_eq!(flow.userinfo["name"], "Buffy Summers");
}

async fn oidcc_scope_email(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let flow = suite
        .happy(&mut app.browser(), &suite.request().with("scope", "openid email"))
        .await;
    assert_eq!(flow.userinfo["email"], "buffy@hospital.test");
}

async fn oidcc_alternate_happy_flow(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let mut query = suite.request().with("scope", "email openid");
    query.pairs.reverse();
    let flow = suite.happy(&mut app.browser(), &query).await;
    assert_eq!(flow.userinfo["email"], "buffy@hospital.test");
}

async fn succeeds_with(mode: Mode, name: &str, value: &str) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    suite
        .happy(&mut app.browser(), &suite.request().with(name, value))
        .await;
}

async fn oidcc_display_page(mode: Mode) {
    succeeds_with(mode, "display", "page").await;
}

async fn oidcc_display_popup(mode: Mode) {
    succeeds_with(mode, "display", "popup").await;
}

async fn oidcc_ensure_request_with_unknown_parameter_succeeds(mode: Mode) {
    succeeds_with(mode, "extra", "foobar").await;
}

async fn oidcc_login_hint(mode: Mode) {
    succeeds_with(mode, "login_hint", "buffy@auth.test").await;
}

async fn oidcc_ui_locales(mode: Mode) {
    succeeds_with(mode, "ui_locales", "se").await;
}

async fn oidcc_claims_locales(mode: Mode) {
    succeeds_with(mode, "claims_locales", "se").await;
}

async fn oidcc_ensure_request_with_acr_values_succeeds(mode: Mode) {
    succeeds_with(mode, "acr_values", "1 2").await;
}

async fn oidcc_prompt_login(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let mut browser = app.browser();
    let first = suite.happy(&mut browser, &suite.request()).await;
    app.wait(Duration::from_secs(1));
    let again = suite.request().with("prompt", "login");
    let page = browser.goto(&again.address()).await;
    assert!(page.response.text().contains("name=\"password\""), "{page}");
    let second = suite.happy(&mut browser, &again).await;
    let time = |claims: &Value| claims["auth_time"].as_i64().unwrap();
    assert!(time(&second.id_token) > time(&first.id_token));
}

async fn oidcc_prompt_none_not_logged_in(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let query = suite.request().with("prompt", "none").with("state", &"s".repeat(128));
    let refused = suite.authorize(&mut app.browser(), &query).await;
    assert_eq!(refused.find("error"), Some("login_required"));
}

async fn oidcc_prompt_none_logged_in(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let mut browser = app.browser();
    let first = suite.happy(&mut browser, &suite.request()).await;
    let second = suite.happy(&mut browser, &suite.request().with("prompt", "none")).await;
    for claim in ["sub", "auth_time"] {
        assert_eq!(first.id_token[claim], second.id_token[claim]);
    }
}

async fn oidcc_max_age_1(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let mut browser = app.browser();
    let first = suite.happy(&mut browser, &suite.request()).await;
    app.wait(Duration::from_secs(2));
    let query = suite.request().with("max_age", "1");
    let page = browser.goto(&query.address()).await;
    assert!(page.response.text().contains("name=\"password\""), "{page}");
    let second = suite.happy(&mut browser, &query).await;
    let time = |claims: &Value| claims["auth_time"].as_i64().unwrap();
    assert!(time(&second.id_token) > time(&first.id_token));
    assert!(app.now().seconds() - time(&second.id_token) <= 1);
}

async fn oidcc_max_age_10000(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let mut browser = app.browser();
    let first = suite
        .happy(&mut browser, &suite.request().with("max_age", "15000"))
        .await;
    app.wait(Duration::from_secs(2));
    let second = suite.request().with("max_age", "10000").with("prompt", "none");
    let second = suite.happy(&mut browser, &second).await;
    for claim in ["sub", "auth_time"] {
        assert!(first.id_token[claim] == second.id_token[claim] && !first.id_token[claim].is_null());
    }
}

async fn oidcc_id_token_hint(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let mut browser = app.browser();
    let first = suite.happy(&mut browser, &suite.request()).await;
    let hint = first.tokens["id_token"].as_str().unwrap();
    let query = suite.request().with("prompt", "none").with("id_token_hint", hint);
    let second = suite.happy(&mut browser, &query).await;
    for claim in ["sub", "auth_time"] {
        assert_eq!(first.id_token[claim], second.id_token[claim]);
    }
}

async fn oidcc_codereuse(mode: Mode) {
    reuse(mode, Duration::ZERO).await;
}

async fn oidcc_codereuse_30seconds(mode: Mode) {
    reuse(mode, Duration::from_secs(30)).await;
}

async fn reuse(mode: Mode, later: Duration) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let flow = suite.happy(&mut app.browser(), &suite.request()).await;
    app.wait(later);
    suite
        .redeem(CLIENT, flow.callback.code())
        .await
        .assert_error(400, "invalid_grant");
    let token = flow.tokens["access_token"].as_str().unwrap();
    suite.tenant.userinfo(token).await.assert_status(401);
}

async fn oidcc_ensure_registered_redirect_uri(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let query = suite.request().with("redirect_uri", &format!("{REDIRECT_URI}/more"));
    let shown = suite.tenant.get(&query.address()).await.assert_status(400);
    assert!(shown.header("location").is_none());
}

async fn oidcc_ensure_post_request_succeeds(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let query = suite.request();
    let pairs: Vec<(&str, &str)> = query
        .pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let request = Request::post(suite.tenant.path("authorize")).form(&pairs);
    let sent_on = app.router.send(request).await.assert_status(303);
    let mut browser = app.browser();
    let page = browser.goto(sent_on.location()).await;
    let form = page.form().with("username", USER).with("password", PASSWORD);
    let page = browser.submit(&page, &form).await;
    let page = browser.submit(&page, &page.form().with("decision", "allow")).await;
    let callback = suite.callback(&page);
    suite.redeem(CLIENT, callback.code()).await.assert_status(200);
}

async fn oidcc_server_client_secret_post(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let members = json!({ "token_endpoint_auth_method": "client_secret_post" });
    suite.tenant.client(CLIENT_2, members).await;
    let callback = suite.authorize(&mut app.browser(), &suite.request_of(CLIENT_2)).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", CLIENT_2),
        ("client_secret", SECRET),
    ];
    suite.tenant.token(&form).await.assert_status(200);
}

async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    // {"alg":"none"} over {"iss":"suite-client-1"}
    let unsigned = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJzdWl0ZS1jbGllbnQtMSJ9.";
    let refused = suite
        .authorize(&mut app.browser(), &suite.request().with("request", unsigned))
        .await;
    assert_eq!(refused.find("error"), Some("invalid_request_object"));
}

async fn oidcc_claims_essential(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let query = suite
        .request()
        .with("claims", r#"{"userinfo":{"name":{"essential":true}}}"#);
    let flow = suite.happy(&mut app.browser(), &query).await;
    assert_eq!(flow.userinfo["name"], "Buffy Summers");
    assert!(flow.id_token.get("name").is_none());
}

/// The suite sends the object unsigned; the rule is the same for a signed one.
async fn oidcc_ensure_request_object_with_redirect_uri(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let signer = KeyClient::new("signer", SigningAlgorithm::RS256);
    signer.register(&suite.tenant, json!({})).await;
    let inside = suite.request_of("signer");
    let object = signer.request_object(&suite.tenant, &inside, &json!({}));
    let mut outside = inside.clone().with("redirect_uri", "https://evil.test/");
    outside = outside.with("request", &object);
    suite.authorize(&mut app.browser(), &outside).await.code();
}

async fn oidcc_refresh_token(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let scope = "openid offline_access";
    let first = suite.request().with("scope", scope).with("prompt", "consent");
    let first = suite.happy(&mut app.browser(), &first).await;
    let second = suite
        .request_of(CLIENT_2)
        .with("scope", scope)
        .with("nonce", &"n".repeat(43));
    let second = suite
        .happy_of(CLIENT_2, &mut app.browser(), &second.with("prompt", "consent"))
        .await;
    let refresh = |flow: &crate::support::openid_suite::Flow| flow.tokens["refresh_token"].as_str().unwrap().to_owned();
    let (own, foreign) = (refresh(&first), refresh(&second));
    assert!(own.len() >= 22 && own.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
    let form = |token| {
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("scope", scope),
        ]
    };
    suite
        .token(CLIENT, &form(foreign.as_str()))
        .await
        .assert_error(400, "invalid_grant");
    let answer = suite.token(CLIENT, &form(own.as_str())).await.assert_status(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.json()["token_type"], "Bearer");
    assert_ne!(answer.json()["access_token"], first.tokens["access_token"]);
    let metadata = suite.tenant.path(".well-known/openid-configuration");
    let grants = suite.tenant.get(&metadata).await.json()["grant_types_supported"].clone();
    assert!(grants.as_array().unwrap().contains(&json!("refresh_token")));
}

async fn oidcc_ensure_request_with_valid_pkce_succeeds(mode: Mode) {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, mode).await;
    let query = suite
        .request()
        .with("code_challenge", CHALLENGE)
        .with("code_challenge_method", "S256");
    let callback = suite.authorize(&mut app.browser(), &query).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    suite.token(CLIENT, &form).await.assert_status(200);
}
