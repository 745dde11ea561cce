//! The way through the pages: bound to one browser, one session, one form at a time.

use crate::support::app::{PASSWORD, TestApp, TestTenant};
use crate::support::http_browser::{HttpBrowser, Page};
use std::time::Duration;

const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs";

async fn consent_page(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> Page {
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let form = page.form().with("username", "pat").with("password", PASSWORD);
    browser.submit(&page, &form).await
}

#[tokio::test]
async fn a_wrong_password_keeps_the_user_name_and_tells_nothing_more() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let mut texts = Vec::new();
    for username in ["pat", "nobody"] {
        let again = browser
            .submit(&page, &page.form().with("username", username).with("password", "wrong"))
            .await;
        assert_eq!(again.response.status, 400);
        assert_eq!(again.form().find("username"), Some(username));
        texts.push(
            again
                .response
                .text()
                .replace(&format!("value=\"{username}\""), "*")
                .split("req_")
                .next()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(texts[0], texts[1], "unknown user and wrong password look alike");
}

#[tokio::test]
async fn consent_without_the_forms_token_or_with_anothers_gives_no_code() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let page = consent_page(&tenant, &mut browser).await;
    let mut other = app.browser();
    let foreign = consent_page(&tenant, &mut other).await;
    let stolen = foreign.form().find("csrf").unwrap().to_owned();
    for token in ["", "x", stolen.as_str()] {
        let answer = browser
            .submit(&page, &page.form().with("decision", "allow").with("csrf", token))
            .await;
        assert_eq!(answer.response.status, 403, "{answer}");
        assert!(answer.parameter("code").is_none());
    }
    let allowed = browser.submit(&page, &page.form().with("decision", "allow")).await;
    assert!(allowed.parameter("code").is_some());
}

#[tokio::test]
async fn an_interaction_belongs_to_the_browser_that_opened_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let page = consent_page(&tenant, &mut browser).await;
    let stranger = app.browser().goto(page.url.as_str()).await;
    assert_eq!(stranger.response.status, 400);
    assert!(!stranger.response.text().contains("Pat Morgan"));
}

#[tokio::test]
async fn two_tabs_do_not_disturb_each_other() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let first = browser
        .goto(&tenant.authorization_request(SCOPE).with("state", "first").address())
        .await;
    let second = browser
        .goto(&tenant.authorization_request(SCOPE).with("state", "second").address())
        .await;
    let consent = browser
        .submit(
            &second,
            &second.form().with("username", "pat").with("password", PASSWORD),
        )
        .await;
    let done = browser
        .submit(&consent, &consent.form().with("decision", "allow"))
        .await;
    assert_eq!(done.parameter("state").as_deref(), Some("second"));
    // The first tab is reloaded: signed in and allowed meanwhile, it goes straight through.
    let resumed = browser.goto(first.url.as_str()).await;
    assert_eq!(resumed.parameter("state").as_deref(), Some("first"));
    assert!(resumed.parameter("code").is_some());
}

#[tokio::test]
async fn a_step_done_twice_or_too_late_has_a_page_of_its_own() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let page = consent_page(&tenant, &mut browser).await;
    browser
        .submit(&page, &page.form().with("decision", "allow"))
        .await
        .parameter("code")
        .unwrap();
    let again = browser.submit(&page, &page.form().with("decision", "allow")).await;
    assert_eq!(again.response.status, 409, "{again}");
    let waiting = browser
        .goto(&tenant.authorization_request(SCOPE).with("prompt", "consent").address())
        .await;
    app.wait(Duration::from_mins(16));
    let expired = browser.goto(waiting.url.as_str()).await;
    assert_eq!(expired.response.status, 410);
}

#[tokio::test]
async fn a_session_ends_by_idleness_and_prompt_login_asks_again() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let query = tenant.authorization_request(SCOPE);
    tenant
        .authorize(&mut browser, &query, "pat")
        .await
        .parameter("code")
        .unwrap();
    let asks = |page: &Page| page.response.text().contains("name=\"password\"");
    assert!(!asks(&browser.goto(&query.address()).await));
    app.wait(Duration::from_secs(1));
    assert!(asks(
        &browser.goto(&query.clone().with("prompt", "login").address()).await
    ));
    app.wait(Duration::from_mins(10));
    assert!(asks(
        &browser.goto(&query.clone().with("max_age", "60").address()).await
    ));
    assert!(!asks(&browser.goto(&query.address()).await));
    app.wait(Duration::from_mins(31));
    assert!(asks(&browser.goto(&query.address()).await));
}

#[tokio::test]
async fn the_session_id_changes_at_sign_in() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let query = tenant.authorization_request(SCOPE);
    tenant.authorize(&mut browser, &query, "pat").await;
    let address = tenant.path("interact");
    app.wait(Duration::from_secs(1));
    let before = browser.find_cookie(&address, "__Secure-wk_session").unwrap().to_owned();
    let page = browser.goto(&query.with("prompt", "login").address()).await;
    browser
        .submit(&page, &page.form().with("username", "pat").with("password", PASSWORD))
        .await;
    assert_ne!(browser.find_cookie(&address, "__Secure-wk_session").unwrap(), before);
}

#[tokio::test]
async fn somebody_without_a_record_and_without_the_right_to_choose_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant.authorization_request(SCOPE);
    let page = tenant.authorize(&mut app.browser(), &query, "clerk").await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
    let identity = tenant.authorization_request("openid fhirUser");
    let page = tenant.authorize(&mut app.browser(), &identity, "clerk").await;
    let tokens = tenant
        .redeem(&page.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    assert_eq!(
        tokens["scope"], "openid",
        "fhirUser is not granted to somebody without a FHIR resource"
    );
}

#[tokio::test]
async fn the_language_is_chosen_by_the_app_or_by_the_switch_and_stays() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let asked = browser
        .goto(
            &tenant
                .authorization_request(SCOPE)
                .with("ui_locales", "xx es-MX")
                .address(),
        )
        .await;
    assert!(asked.response.text().contains("lang=\"es\""), "{asked}");
    let consent = browser
        .submit(&asked, &asked.form().with("username", "pat").with("password", PASSWORD))
        .await;
    assert!(consent.response.text().contains("lang=\"es\""), "{consent}");
    let switched = browser.goto(&format!("{}?ui_locales=en", consent.url.path())).await;
    assert!(switched.response.text().contains("lang=\"en\""), "{switched}");
    let reloaded = browser.goto(consent.url.path()).await;
    assert!(reloaded.response.text().contains("lang=\"en\""), "{reloaded}");
}

#[tokio::test]
async fn consent_given_by_one_account_is_not_taken_for_anothers() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let query = tenant.authorization_request("openid fhirUser");
    let first = browser.goto(&query.address()).await;
    let asked = browser
        .submit(&first, &first.form().with("username", "pat").with("password", PASSWORD))
        .await;
    // Somebody else signs in with the same browser, in another tab.
    app.wait(Duration::from_secs(1));
    let other = browser.goto(&query.with("prompt", "login").address()).await;
    browser
        .submit(&other, &other.form().with("username", "ada").with("password", PASSWORD))
        .await;
    let answer = browser.submit(&asked, &asked.form().with("decision", "allow")).await;
    assert_eq!(answer.response.status, 403, "{answer}");
    assert!(answer.parameter("code").is_none());
}
