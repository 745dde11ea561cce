//! `online_access` (SMART App Launch 2.2, "Scopes for requesting a refresh token"): lasts as long as the user's session.

use crate::support::app::{CEILING, PUBLIC, TestApp, TestTenant};
use crate::support::http_browser::HttpBrowser;
use serde_json::{Value, json};
use std::time::Duration;

const SCOPE: &str = "openid launch/patient patient/*.rs";

/// A tenant whose public app may ask for online access.
async fn prepared<'a>(app: &'a TestApp, slug: &str) -> TestTenant<'a> {
    let tenant = app.tenant(slug).await;
    let metadata = json!({ "token_endpoint_auth_method": "none", "scope": format!("online_access {CEILING}") });
    tenant.client(PUBLIC, metadata).await;
    tenant
}

async fn tokens(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, extra: &str) -> Value {
    let query = tenant.authorization_request(&format!("{SCOPE} {extra}"));
    let page = tenant.authorize(browser, &query, "pat").await;
    let code = page.parameter("code").unwrap_or_else(|| panic!("no code at {page}"));
    tenant.redeem(&code).await.assert_status(200).json()
}

async fn is_active(tenant: &TestTenant<'_>, tokens: &Value) -> bool {
    let known = tenant.introspect(tokens["access_token"].as_str().unwrap()).await;
    known["active"].as_bool().unwrap()
}

fn refresh_token(tokens: &Value) -> &str {
    tokens["refresh_token"].as_str().unwrap()
}

#[tokio::test]
async fn it_is_refreshed_while_the_session_lasts_and_not_after_its_idle_time() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let first = tokens(&tenant, &mut app.browser(), "online_access").await;
    assert_eq!(first["scope"], format!("{SCOPE} online_access"));
    app.wait(Duration::from_mins(29));
    let second = tenant.refresh(refresh_token(&first)).await.assert_status(200).json();
    assert!(is_active(&tenant, &second).await);
    // The refresh was the app's doing, not the user's: the session's idle time went on.
    app.wait(Duration::from_mins(2));
    assert!(!is_active(&tenant, &second).await);
    tenant
        .refresh(refresh_token(&second))
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn it_ends_with_the_session_however_much_that_is_used() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let mut browser = app.browser();
    let mut latest = tokens(&tenant, &mut browser, "online_access").await;
    for _ in 0..35 {
        app.wait(Duration::from_mins(20));
        // The user comes by, which keeps the session from idling.
        tenant
            .authorize(&mut browser, &tenant.authorization_request(SCOPE), "pat")
            .await;
        latest = tenant.refresh(refresh_token(&latest)).await.assert_status(200).json();
    }
    app.wait(Duration::from_mins(21));
    tenant
        .refresh(refresh_token(&latest))
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn offline_access_outlives_the_session_and_wins_over_online_access() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let both = tokens(&tenant, &mut app.browser(), "online_access offline_access").await;
    assert_eq!(both["scope"], format!("{SCOPE} offline_access"));
    app.wait(Duration::from_hours(24));
    tenant.refresh(refresh_token(&both)).await.assert_status(200);
}

#[tokio::test]
async fn without_either_scope_there_is_no_refresh_token_and_the_access_token_has_its_own_time() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let neither = tokens(&tenant, &mut app.browser(), "").await;
    assert!(neither.get("refresh_token").is_none(), "{neither}");
    assert!(is_active(&tenant, &neither).await);
}

#[tokio::test]
async fn the_same_person_proving_who_they_are_again_ends_nothing_and_another_person_does() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let mut browser = app.browser();
    let first = tokens(&tenant, &mut browser, "online_access").await;
    app.wait(Duration::from_secs(1));
    let again = tenant.authorization_request(SCOPE).with("prompt", "login");
    let page = tenant.authorize(&mut browser, &again, "pat").await;
    assert!(page.parameter("code").is_some(), "{page}");
    let second = tenant.refresh(refresh_token(&first)).await.assert_status(200).json();
    app.wait(Duration::from_secs(1));
    let as_another = tenant.authorization_request("openid").with("prompt", "login");
    tenant.authorize(&mut browser, &as_another, "ada").await;
    assert!(!is_active(&tenant, &second).await);
    tenant
        .refresh(refresh_token(&second))
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn discovery_says_that_it_is_offered() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let document = tenant
        .get("/northside/fhir/.well-known/smart-configuration")
        .await
        .json();
    let has = |member: &str, value: &str| document[member].as_array().unwrap().contains(&json!(value));
    assert!(has("capabilities", "permission-online") && has("scopes_supported", "online_access"));
}
