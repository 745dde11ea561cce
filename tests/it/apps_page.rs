//! The user's own page of connected apps (SMART App Launch 2.2, `management_endpoint`): seeing, withdrawing, signing out.

use crate::support::app::{CEILING, CONFIDENTIAL, PASSWORD, PUBLIC, TestApp, TestTenant};
use crate::support::browser::Browser;
use crate::support::database::{Database, on_each_database};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::Port;
use futures::future::join;
use serde_json::{Value, json};
use std::time::Duration;

const SCOPE: &str = "openid launch/patient patient/*.rs offline_access";

async fn open_as(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, username: &str) -> Page {
    let page = browser.goto(&tenant.path("apps")).await;
    let form = page.form().with("username", username).with("password", PASSWORD);
    browser.submit(&page, &form).await
}

async fn withdraw(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, client: &str) -> Page {
    let question = browser.goto(&tenant.path(&format!("apps/withdraw/{client}"))).await;
    let form = question.form();
    browser.submit(&question, &form).await
}

fn access_token(tokens: &Value) -> &str {
    tokens["access_token"].as_str().unwrap()
}

fn refresh_token(tokens: &Value) -> &str {
    tokens["refresh_token"].as_str().unwrap()
}

#[tokio::test]
async fn the_user_signs_in_without_any_app_and_sees_each_app_with_what_it_may_do() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let publisher = json!({ "token_endpoint_auth_method": "none", "publisher": "Charts Ltd" });
    tenant.client(PUBLIC, publisher).await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    app.wait(Duration::from_hours(30));
    tenant.refresh(refresh_token(&tokens)).await.assert_status(200);
    let mut browser = app.browser();
    let first = browser.goto(&tenant.path("apps")).await;
    assert!(first.response.text().contains("name=\"password\""), "{first}");
    let page = open_as(&tenant, &mut browser, "pat").await;
    assert_eq!(page.url.path(), tenant.path("apps"));
    let text = page.response.text();
    // Allowed yesterday, used today.
    let now = app.now().to_rfc3339();
    assert!(text.contains(&format!("datetime=\"{now}\"")), "{now} in {text}");
    for words in [
        "App growth-chart",
        "by Charts Ltd",
        "Also when you are away",
        "Pat Morgan",
        "Sign out",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(
        !text.contains("App care-planner"),
        "an app that was never allowed anything"
    );
    assert!(!text.contains("pat-1"), "no patient id belongs on this page");
}

#[tokio::test]
async fn withdrawal_ends_refresh_introspection_codes_and_remembered_consent_at_once() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (one, two) = (tenant.tokens(SCOPE, "pat").await, tenant.tokens(SCOPE, "pat").await);
    let code = tenant.code(SCOPE, "pat").await;
    let mut browser = app.browser();
    open_as(&tenant, &mut browser, "pat").await;
    let list = withdraw(&tenant, &mut browser, PUBLIC).await;
    assert_eq!(list.url.path(), tenant.path("apps"));
    assert!(list.response.text().contains("Access is withdrawn") && list.response.text().contains("No app has access"));
    for tokens in [&one, &two] {
        assert_eq!(
            tenant.introspect(access_token(tokens)).await,
            json!({ "active": false })
        );
        tenant
            .refresh(refresh_token(tokens))
            .await
            .assert_error(400, "invalid_grant");
        tenant.userinfo(access_token(tokens)).await.assert_status(401);
    }
    tenant.redeem(&code).await.assert_error(400, "invalid_grant");
    // The app has to ask again.
    let asked = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    assert!(asked.response.text().contains("value=\"allow\""), "{asked}");
}

#[tokio::test]
async fn another_persons_and_another_apps_access_stays() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let scope = "openid user/*.rs offline_access";
    let hers = tenant.tokens(scope, "ada").await;
    tenant.tokens(SCOPE, "pat").await;
    let query = tenant.authorization_request(SCOPE).with("client_id", CONFIDENTIAL);
    let mut browser = app.browser();
    let other_app = tenant.authorize(&mut browser, &query, "pat").await;
    assert!(other_app.parameter("code").is_some(), "{other_app}");
    let list = withdraw(&tenant, &mut browser, PUBLIC).await;
    assert!(list.response.text().contains("App care-planner"), "{list}");
    assert_eq!(tenant.introspect(access_token(&hers)).await["active"], true);
    tenant.refresh(refresh_token(&hers)).await.assert_status(200);
}

#[tokio::test]
async fn nothing_is_withdrawn_or_signed_out_without_the_forms_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let mut browser = app.browser();
    let list = open_as(&tenant, &mut browser, "pat").await;
    let question = browser.goto(&tenant.path("apps/withdraw/growth-chart")).await;
    let sign_out = list.form().find("csrf").unwrap().to_owned();
    let other_app = question.form().find("csrf").unwrap().to_owned();
    // The token of another form is as good as none, and one app's token withdraws no other.
    for (page, token) in [
        (&question, ""),
        (&question, sign_out.as_str()),
        (&list, other_app.as_str()),
    ] {
        let answer = browser.submit(page, &page.form().with("csrf", token)).await;
        assert_eq!(answer.response.status, 403, "{answer}");
    }
    let mut elsewhere = question.form();
    elsewhere.action = tenant.path("apps/withdraw/care-planner");
    assert_eq!(browser.submit(&question, &elsewhere).await.response.status, 403);
    assert_eq!(tenant.introspect(access_token(&tokens)).await["active"], true);
    // Another browser's password form is no use to this one: nobody is signed in with somebody else's page.
    let mut victim = app.browser();
    let own = victim.goto(&tenant.path("apps")).await;
    let planted = app.browser().goto(&tenant.path("apps")).await.form();
    let forged = own
        .form()
        .with("username", "pat")
        .with("password", PASSWORD)
        .with("csrf", planted.find("csrf").unwrap());
    assert_eq!(victim.submit(&own, &forged).await.response.status, 403);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_what_was_given_in_it_but_not_offline_access() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let public = json!({ "token_endpoint_auth_method": "none", "scope": format!("online_access {CEILING}") });
    tenant.client(PUBLIC, public).await;
    let mut browser = app.browser();
    let mut given = Vec::new();
    for extra in ["online_access", "offline_access", "profile"] {
        let query = tenant.authorization_request(&format!("openid launch/patient patient/*.rs {extra}"));
        let page = tenant.authorize(&mut browser, &query, "pat").await;
        given.push(
            tenant
                .redeem(&page.parameter("code").unwrap())
                .await
                .assert_status(200)
                .json(),
        );
    }
    let list = browser.goto(&tenant.path("apps")).await;
    let done = browser.submit(&list, &list.form()).await;
    assert_eq!(done.url.path(), tenant.path("signed-out"));
    assert!(
        browser
            .find_cookie(&tenant.path("apps"), "__Secure-wk_session")
            .is_none()
    );
    let again = browser.goto(&tenant.path("apps")).await;
    assert!(again.response.text().contains("name=\"password\""), "{again}");
    let [online, offline, neither] = given.as_slice() else {
        panic!("three")
    };
    tenant
        .refresh(refresh_token(online))
        .await
        .assert_error(400, "invalid_grant");
    assert_eq!(tenant.introspect(access_token(online)).await["active"], false);
    assert_eq!(tenant.introspect(access_token(neither)).await["active"], false);
    tenant.refresh(refresh_token(offline)).await.assert_status(200);
}

#[tokio::test]
async fn the_cookie_that_ends_a_session_has_the_attributes_without_which_browsers_ignore_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let list = open_as(&tenant, &mut browser, "pat").await;
    let action = list.url.join(&list.form().action).unwrap();
    let body = format!("csrf={}", list.form().find("csrf").unwrap());
    let answer = browser.send(axum::http::Method::POST, &action, Some(body)).await;
    let cookies = answer.cookies();
    let ended = cookies
        .iter()
        .find(|cookie| cookie.name() == "__Secure-wk_session")
        .expect("it is ended");
    assert_eq!(ended.secure(), Some(true), "{ended}");
    assert_eq!(ended.path(), Some("/northside/auth"));
}

#[tokio::test]
async fn more_than_fifty_apps_come_in_pages() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    for number in 0..51 {
        let id = format!("app-{number:02}");
        tenant
            .client(&id, json!({ "token_endpoint_auth_method": "none" }))
            .await;
        let query = tenant.authorization_request("openid").with("client_id", &id);
        let page = tenant.authorize(&mut browser, &query, "pat").await;
        assert!(page.parameter("code").is_some(), "{page}");
    }
    let first = browser.goto(&tenant.path("apps")).await;
    let (text, next) = (first.response.text(), format!("{}?page=2", tenant.path("apps")));
    assert!(
        text.contains("App app-49") && !text.contains("App app-50") && text.contains(&next),
        "{first}"
    );
    let second = browser.goto(&next).await;
    assert!(
        second.response.text().contains("App app-50") && !second.response.text().contains("page=3"),
        "{second}"
    );
}

#[tokio::test]
async fn the_users_own_pages_are_never_framed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let list = open_as(&tenant, &mut browser, "pat").await;
    assert_eq!(list.response.header("x-frame-options"), Some("DENY"));
}

on_each_database! {
    async fn a_refresh_beside_a_withdrawal_leaves_nothing_alive(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        for _ in 0..8 {
            let tokens = tenant.tokens(SCOPE, "pat").await;
            let mut browser = app.browser();
            open_as(&tenant, &mut browser, "pat").await;
            let question = browser.goto(&tenant.path("apps/withdraw/growth-chart")).await;
            let form = question.form();
            let (_, refreshed) = join(browser.submit(&question, &form), tenant.refresh(refresh_token(&tokens))).await;
            // Whichever came first: what the refresh gave out, if anything, is worth nothing after the withdrawal.
            if refreshed.status == 200 {
                let late = refreshed.json();
                assert_eq!(tenant.introspect(access_token(&late)).await["active"], false);
                tenant.refresh(refresh_token(&late)).await.assert_error(400, "invalid_grant");
            } else {
                refreshed.assert_error(400, "invalid_grant");
            }
            assert_eq!(tenant.introspect(access_token(&tokens)).await["active"], false);
        }
    }
}

#[tokio::test]
async fn in_a_browser_the_page_is_read_and_used_on_a_telephone_too() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let tenant = app.tenant("northside").await;
    tenant.tokens(SCOPE, "pat").await;
    let query = tenant.authorization_request("openid").with("client_id", CONFIDENTIAL);
    tenant.code_for(&query, "pat").await;
    let _served = port.serve(app.router.clone());
    browser.goto(&format!("{}{}", app.base, tenant.path("apps"))).await;
    browser.screenshot("apps-sign-in").await;
    browser.fill("User name", "pat").await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    browser.wait_for(".connected").await;
    browser.screenshot("apps").await;
    browser.resize(360, 780).await;
    browser.wait_for("details").await.click().await.unwrap();
    browser.screenshot("apps-360").await;
    assert!(!browser.overflows_sideways().await);
    browser.press("Español").await;
    browser.wait_for_text("h1", "Aplicaciones con acceso").await;
    browser.screenshot("apps-es-360").await;
    browser
        .wait_for("a[href$='withdraw/growth-chart']")
        .await
        .click()
        .await
        .unwrap();
    browser.wait_for_text("h1", "¿Retirar el acceso?").await;
    browser.screenshot("apps-withdraw-es-360").await;
    assert!(!browser.overflows_sideways().await);
    browser.press("Retirar el acceso").await;
    browser.wait_for("[role=status]").await;
    browser.screenshot("apps-withdrawn-es-360").await;
    browser.press("Cerrar sesión").await;
    browser.wait_for_text("h1", "Ha cerrado la sesión").await;
    browser.screenshot("apps-signed-out-es-360").await;
}
