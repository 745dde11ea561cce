//! Attacks by way of the user's browser.

use crate::support::app::{PASSWORD, REDIRECT_URI, TestApp};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::Request;

const SCOPE: &str = "openid launch/patient patient/*.rs";

#[tokio::test]
async fn a_forged_sign_in_or_consent_does_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let sign_in = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let mut attacker = app.browser();
    let attackers = attacker.goto(&tenant.authorization_request(SCOPE).address()).await;
    let foreign = attackers.form().find("csrf").unwrap().to_owned();
    // The attacker's page makes the victim's browser send a form: without the token, or with the attacker's own.
    for token in ["", foreign.as_str()] {
        let forged = sign_in
            .form()
            .with("csrf", token)
            .with("username", "pat")
            .with("password", PASSWORD);
        browser.submit(&sign_in, &forged).await.response.assert_status(403);
    }
    let form = sign_in.form().with("username", "pat").with("password", PASSWORD);
    let consent = browser.submit(&sign_in, &form).await;
    for token in ["", foreign.as_str()] {
        let forged = consent.form().with("csrf", token).with("decision", "allow");
        let refused = browser.submit(&consent, &forged).await;
        assert_eq!(refused.parameter("code"), None);
        refused.response.assert_status(403);
    }
    let allowed = browser
        .submit(&consent, &consent.form().with("decision", "allow"))
        .await;
    assert!(allowed.parameter("code").is_some());
}

/// Sign-in, consent, an error, a sign-out and the meaning of a code.
async fn pages(app: &TestApp) -> Vec<Response> {
    let tenant = app.tenant("northside").await;
    let request = tenant.authorization_request(SCOPE);
    let mut browser = app.browser();
    let sign_in = browser.goto(&request.address()).await;
    let form = sign_in.form().with("username", "pat").with("password", PASSWORD);
    let consent = browser.submit(&sign_in, &form).await;
    let error = browser
        .goto(&request.clone().with("client_id", "nobody").address())
        .await;
    let logout = browser.goto(&tenant.path("logout")).await;
    let code = browser.goto("/errors/pkce_missing").await;
    let posted = request.without("state").with("response_mode", "form_post");
    let form_post = tenant.get(&posted.address()).await;
    vec![
        sign_in.response,
        consent.response,
        error.response,
        logout.response,
        code.response,
        form_post,
    ]
}

#[tokio::test]
async fn no_page_may_be_framed() {
    let app = TestApp::new().await;
    for page in Box::pin(pages(&app)).await {
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page}");
        assert_eq!(page.header("x-frame-options"), Some("DENY"), "{page}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn pages_and_redirects_send_no_referrer_and_load_nothing_foreign() {
    let app = TestApp::new().await;
    for page in Box::pin(pages(&app)).await {
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{page}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{page}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{policy}");
        // Forms may end at the app; everything that is loaded is ours.
        for directive in policy
            .split(';')
            .filter(|directive| !directive.trim().starts_with("form-action"))
        {
            assert!(!directive.contains("http") && !directive.contains('*'), "{directive}");
        }
    }
    let tenant = app
        .platform
        .tenant("northside")
        .await
        .map(|_| "/northside/auth/authorize")
        .unwrap();
    let redirect = app.router.send(Request::get(tenant).empty()).await;
    assert_eq!(redirect.header("referrer-policy"), Some("no-referrer"));
}

#[tokio::test]
async fn a_password_is_never_repeated_by_a_redirect() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let form = page.form().with("username", "pat").with("password", PASSWORD);
    let fields: Vec<_> = form
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let cookie = browser
        .find_cookie(page.url.path(), "__Secure-wk_interaction")
        .unwrap()
        .to_owned();
    let post = Request::post(&form.action)
        .cookie("__Secure-wk_interaction", &cookie)
        .header("origin", app.base.as_str())
        .form(&fields);
    let answer = app.router.send(post).await.assert_status(303);
    assert!(!answer.location().contains(PASSWORD));
}

#[tokio::test]
async fn parameters_that_look_like_destinations_lead_nowhere() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let elsewhere = "https://evil.example/";
    let mut request = tenant.authorization_request(SCOPE);
    for name in [
        "next",
        "return_to",
        "target_link_uri",
        "iss",
        "RelayState",
        "redirect",
        "continue",
    ] {
        request = request.with(name, elsewhere);
    }
    let page = tenant.authorize(&mut app.browser(), &request, "pat").await;
    assert!(page.url.as_str().starts_with(REDIRECT_URI), "{page}");
    assert!(!page.url.as_str().contains("evil"), "{page}");
    for path in ["logout", "apps", "signed-out"] {
        let address = format!(
            "{}?next={elsewhere}&post_logout_redirect_uri={elsewhere}",
            tenant.path(path)
        );
        let answer = tenant.get(&address).await;
        assert!(
            !answer.header("location").unwrap_or_default().contains("evil"),
            "{path}"
        );
        assert!(!answer.text().contains("evil.example"), "{path}");
    }
}

#[tokio::test]
async fn more_scope_than_was_allowed_is_asked_again() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let narrow = tenant.authorization_request("openid launch/patient patient/Observation.rs");
    tenant.authorize(&mut browser, &narrow, "pat").await;
    let again = browser.goto(&narrow.address()).await;
    assert!(
        again.parameter("code").is_some(),
        "what was allowed is not asked again: {again}"
    );
    let wide = narrow.with(
        "scope",
        "openid launch/patient patient/Observation.rs patient/Condition.rs",
    );
    let asked = browser.goto(&wide.address()).await;
    assert_eq!(asked.parameter("code"), None);
    assert!(asked.response.text().contains("value=\"allow\""), "{asked}");
}
