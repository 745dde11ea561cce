//! The authorization request (RFC 6749 section 4.1.1, RFC 7636, RFC 9207, SMART App Launch 2.2).

use crate::support::app::{AuthorizationQuery, PUBLIC, REDIRECT_URI, TestApp, TestTenant};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::body::Body;
use axum::http::{Request, header};

const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs";

async fn send(tenant: &TestTenant<'_>, query: &AuthorizationQuery) -> Response {
    tenant.get(&query.address()).await
}

/// The error travels to the app, with state and issuer, and never with a code.
async fn assert_redirected(tenant: &TestTenant<'_>, query: &AuthorizationQuery, error: &str) {
    let answer = send(tenant, query).await.assert_status(303);
    assert!(answer.location().starts_with(REDIRECT_URI), "{answer}");
    assert_eq!(answer.location_parameter("error").as_deref(), Some(error), "{answer}");
    assert_eq!(answer.location_parameter("iss"), Some(tenant.issuer()));
    assert_eq!(answer.location_parameter("code"), None);
}

/// The error is shown here and nowhere else.
async fn assert_shown(tenant: &TestTenant<'_>, query: &AuthorizationQuery) {
    let answer = send(tenant, query).await.assert_status(400);
    assert!(answer.header("location").is_none());
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
    assert!(
        answer
            .header("content-security-policy")
            .unwrap()
            .contains("frame-ancestors 'none'")
    );
}

#[tokio::test]
async fn until_the_redirect_uri_is_proven_every_error_is_a_page() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let good = tenant.authorization_request(SCOPE);
    for bad in [
        good.clone().without("client_id"),
        good.clone().with("client_id", "nobody"),
        good.clone().adding("client_id", PUBLIC),
        good.clone().without("redirect_uri"),
        good.clone().adding("redirect_uri", REDIRECT_URI),
    ] {
        assert_shown(&tenant, &bad).await;
    }
}

#[tokio::test]
async fn a_redirect_uri_that_differs_in_any_way_is_never_redirected_to() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for mutation in [
        "https://app.test/callback/",
        "https://app.test/callback?x=1",
        "https://app.test/callback#x",
        "https://APP.test/callback",
        "https://app.test/Callback",
        "https://app.test/x/../callback",
        "https://app.test/%63allback",
        "https://app.test:443/callback",
        "https://app.test.evil.test/callback",
        "https://evil.test/callback",
        "https://app.test@evil.test/callback",
        "http://app.test/callback",
        "https://app.test\\@evil.test/callback",
        "https://app.test//callback",
        "https://app.test/callback/..",
        "//app.test/callback",
        "/callback",
        "javascript:alert(1)",
        "https://app.test/callback ",
        "https://аpp.test/callback",
    ] {
        assert_shown(
            &tenant,
            &tenant.authorization_request(SCOPE).with("redirect_uri", mutation),
        )
        .await;
    }
}

#[tokio::test]
async fn each_fault_has_its_code() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let good = tenant.authorization_request(SCOPE);
    for (bad, error) in [
        (good.clone().without("response_type"), "invalid_request"),
        (good.clone().with("response_type", "token"), "unsupported_response_type"),
        (
            good.clone().with("response_type", "code id_token"),
            "unsupported_response_type",
        ),
        (good.clone().without("scope"), "invalid_scope"),
        (good.clone().with("scope", "patient/*.rs \"quoted\""), "invalid_scope"),
        (good.clone().with("scope", "unheard-of"), "invalid_scope"),
        (good.clone().with("scope", "system/*.rs"), "invalid_scope"),
        (good.clone().adding("scope", "openid"), "invalid_request"),
        (good.clone().without("code_challenge"), "invalid_request"),
        (good.clone().without("code_challenge_method"), "invalid_request"),
        (good.clone().with("code_challenge_method", "plain"), "invalid_request"),
        (good.clone().with("code_challenge", "short"), "invalid_request"),
        (good.clone().without("aud"), "invalid_request"),
        (good.clone().with("aud", "https://evil.test/fhir"), "invalid_request"),
        (
            good.clone().with("resource", "https://evil.test/fhir"),
            "invalid_target",
        ),
        (good.clone().with("prompt", "none login"), "invalid_request"),
        (good.clone().with("prompt", "unheard-of"), "invalid_request"),
        (good.clone().with("max_age", "-1"), "invalid_request"),
        (good.clone().with("response_mode", "fragment"), "invalid_request"),
        (good.clone().with("request", "e30.e30."), "invalid_request_object"),
        (
            good.clone().with("request_uri", "https://evil.test/"),
            "invalid_request_uri",
        ),
        (good.clone().with("registration", "{}"), "registration_not_supported"),
        (good.clone().with("launch", "unknown-handle"), "invalid_request"),
        (good.clone().with("id_token_hint", "e30.e30.x"), "invalid_request"),
        (good.clone().with("prompt", "none"), "login_required"),
    ] {
        let described = format!("{bad:?}");
        let answer = send(&tenant, &bad).await;
        // prompt=none is decided one step later, by the browser's session.
        let answer = if error == "login_required" {
            tenant.get(answer.location()).await
        } else {
            answer
        };
        assert_eq!(
            answer.location_parameter("error").as_deref(),
            Some(error),
            "{described}: {answer}"
        );
        assert_eq!(
            answer.location_parameter("state").as_deref(),
            Some("state-of-the-app"),
            "{described}"
        );
    }
    assert_redirected(&tenant, &good.clone().without("state"), "invalid_request").await;
}

#[tokio::test]
async fn the_audience_may_have_a_trailing_slash_and_state_is_echoed_byte_for_byte() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let state = "ümlaut +&=%2F\"'<>~".repeat(60);
    let query = tenant
        .authorization_request(SCOPE)
        .with("aud", &format!("{}/", tenant.fhir()))
        .with("state", &state);
    let page = tenant.authorize(&mut app.browser(), &query, "pat").await;
    assert_eq!(page.parameter("state"), Some(state));
    assert_eq!(page.parameter("iss"), Some(tenant.issuer()));
    let code = page.parameter("code").unwrap();
    assert!(
        code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)),
        "clients send it unescaped: {code}"
    );
}

#[tokio::test]
async fn a_posted_request_is_sent_on_before_any_cookie_is_looked_at() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let body = tenant.authorization_request(SCOPE).encoded();
    let request = Request::post(tenant.path("authorize"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "https://elsewhere.test")
        .body(Body::from(body))
        .unwrap();
    let answer = app.router.send(request).await.assert_status(303);
    assert!(answer.location().starts_with("/northside/auth/interact/"));
    assert!(answer.cookies().is_empty());
    assert!(answer.header("access-control-allow-origin").is_none());
    tenant.get(answer.location()).await.assert_status(200);
}

#[tokio::test]
async fn a_form_post_answer_is_a_page_that_sends_itself() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant.authorization_request(SCOPE).with("response_mode", "form_post");
    let mut browser = app.browser();
    let page = tenant.authorize(&mut browser, &query, "pat").await;
    let form = page.form();
    assert_eq!(form.action, REDIRECT_URI);
    assert!(form.find("code").is_some() && form.find("state").is_some() && form.find("iss").is_some());
    assert!(page.response.header("location").is_none());
}

#[tokio::test]
async fn denying_tells_the_app_and_gives_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let form = page
        .form()
        .with("username", "pat")
        .with("password", crate::support::app::PASSWORD);
    let consent = browser.submit(&page, &form).await;
    let denied = browser.submit(&consent, &consent.form().with("decision", "deny")).await;
    assert_eq!(denied.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(denied.parameter("state").as_deref(), Some("state-of-the-app"));
    assert_eq!(denied.parameter("code"), None);
}

#[tokio::test]
async fn method_and_type_are_checked() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let wrong = app
        .router
        .send(Request::put(tenant.path("authorize")).empty())
        .await
        .assert_status(405);
    assert!(wrong.header("allow").unwrap().contains("POST"));
    let json = Request::post(tenant.path("authorize")).json(&serde_json::json!({}));
    app.router.send(json).await.assert_status(400);
}
