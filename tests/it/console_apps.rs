//! Apps at the console: found, registered, approved, switched off, deleted; their secrets.

use crate::support::app::{CONFIDENTIAL, PASSWORD, PUBLIC, REDIRECT_URI, SECRET, TestApp, TestTenant};
use crate::support::http_browser::{HttpBrowser, Page};
use serde_json::json;
use std::time::Duration;
use wardkey::oauth::client::ClientStatus;
use wardkey::tenant::roles::Role;

/// The form of a page that goes to an address with this ending.
fn form(page: &Page, ending: &str) -> crate::support::html_form::HtmlForm {
    let mut forms = page.forms();
    forms.retain(|form| form.action.ends_with(ending));
    assert!(!forms.is_empty(), "no form to {ending} at {page}");
    forms.remove(0)
}

async fn open(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, client: &str) -> Page {
    browser.goto(&tenant.console(&format!("apps/{client}"))).await
}

#[tokio::test]
async fn apps_are_found_by_name_and_by_state() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let all = browser.goto(&tenant.console("apps")).await;
    for id in [PUBLIC, CONFIDENTIAL] {
        assert!(all.response.text().contains(id), "{all}");
    }
    let found = browser.goto(&tenant.console("apps?q=GROWTH")).await;
    assert!(
        found.response.text().contains(PUBLIC) && !found.response.text().contains(CONFIDENTIAL),
        "{found}"
    );
    let waiting = browser.goto(&tenant.console("apps?state=awaiting_approval")).await;
    assert!(waiting.response.text().contains("No app was found"), "{waiting}");
}

#[tokio::test]
async fn more_than_fifty_apps_come_in_pages() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for number in 0..51 {
        tenant
            .client(
                &format!("zz-{number:02}"),
                json!({ "token_endpoint_auth_method": "none" }),
            )
            .await;
    }
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let first = browser.goto(&tenant.console("apps?q=zz-")).await;
    assert!(
        first.response.text().contains("Next page") && !first.response.text().contains("zz-50"),
        "{first}"
    );
    let second = browser.goto(&tenant.console("apps?q=zz-&after=zz-49")).await;
    assert!(
        second.response.text().contains("zz-50") && !second.response.text().contains("Next page"),
        "{second}"
    );
}

#[tokio::test]
async fn a_browser_app_is_registered_and_signs_people_in() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console("apps/new/browser")).await;
    let filled = form(&page, "/browser")
        .with("client_name", "Vaccination card")
        .with("client_id", "vaccination-card")
        .with("redirect_uris", REDIRECT_URI)
        .with("scope", "openid launch/patient patient/*.rs");
    let done = browser.submit(&page, &filled).await;
    assert_eq!(done.url.path(), tenant.console("apps/vaccination-card"), "{done}");
    assert!(done.response.text().contains("The app is registered."), "{done}");
    let query = tenant
        .authorization_request("openid launch/patient patient/*.rs")
        .with("client_id", "vaccination-card");
    let page = tenant.authorize(&mut app.browser(), &query, "pat").await;
    assert!(page.parameter("code").is_some(), "{page}");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console("apps/new/browser")).await;
    let filled = form(&page, "/browser")
        .with("client_name", "Vaccination card")
        .with("client_id", "vaccination-card")
        .with("redirect_uris", "http://evil.example/callback")
        .with("scope", "openid");
    let wrong = browser.submit(&page, &filled).await;
    assert_eq!(wrong.response.status, 422, "{wrong}");
    let text = wrong.response.text();
    for words in [
        "Something has to be corrected",
        "href=\"#redirect_uris\"",
        "value=\"Vaccination card\"",
        "http://evil.example/callback",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(tenant.admin().await.get_client("vaccination-card").await.is_err());
}

#[tokio::test]
async fn registering_changes_no_app_that_is_there() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console("apps/new/browser")).await;
    let filled = form(&page, "/browser")
        .with("client_name", "Another")
        .with("client_id", PUBLIC)
        .with("redirect_uris", "https://another.example/callback")
        .with("scope", "openid");
    let wrong = browser.submit(&page, &filled).await;
    assert_eq!(wrong.response.status, 422, "{wrong}");
    assert!(wrong.response.text().contains("is taken by another app"), "{wrong}");
    let kept = tenant.admin().await.get_client(PUBLIC).await.unwrap();
    assert_eq!(kept.client_name, "App growth-chart");
}

#[tokio::test]
async fn a_web_app_gets_a_secret_that_is_shown_once() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console("apps/new/web")).await;
    let filled = form(&page, "/web")
        .with("client_name", "Ward list")
        .with("client_id", "ward-list")
        .with("redirect_uris", REDIRECT_URI)
        .with("scope", "openid");
    let shown = browser.submit(&page, &filled).await;
    let text = shown.response.text();
    let (_, rest) = text.split_once("<code>wks_").expect("a secret");
    let secret = format!("wks_{}", rest.split('<').next().unwrap());
    assert_eq!(shown.response.header("cache-control"), Some("no-store"));
    let refused = tenant
        .token_with_basic(
            "ward-list",
            &secret,
            &[("grant_type", "authorization_code"), ("code", "x")],
        )
        .await;
    refused.assert_error(400, "invalid_grant");
    let later = open(&tenant, &mut browser, "ward-list").await;
    assert!(!later.response.text().contains("wks_"), "{later}");
}

#[tokio::test]
async fn a_new_secret_leaves_the_old_one_its_time_and_a_form_makes_only_one() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = open(&tenant, &mut browser, CONFIDENTIAL).await;
    let rotate = form(&page, "/secret").with("overlap", "86400");
    let shown = browser.submit(&page, &rotate).await;
    assert!(shown.response.text().contains("Copy the new secret now"), "{shown}");
    let again = browser.submit(&page, &rotate).await;
    assert_eq!(again.response.status, 403, "{again}");
    let wrong_code = [("grant_type", "authorization_code"), ("code", "x")];
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &wrong_code)
        .await
        .assert_error(400, "invalid_grant");
    app.wait(Duration::from_hours(25));
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &wrong_code)
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn dangerous_acts_need_a_recent_sign_in_and_lead_back() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    app.wait(Duration::from_mins(16));
    let page = open(&tenant, &mut browser, PUBLIC).await;
    let delete = form(&page, "/delete").with("confirm", PUBLIC);
    let asked = browser.submit(&page, &delete).await;
    assert_eq!(asked.response.status, 403, "{asked}");
    assert!(asked.response.text().contains("Sign in once more"), "{asked}");
    assert!(tenant.admin().await.get_client(PUBLIC).await.is_ok());
    let entry = format!("{}?to=apps%2Fgrowth-chart&step_up=ask", tenant.path("admin-entry"));
    assert!(asked.response.text().contains("step_up=ask"), "{asked}");
    let asked = browser.goto(&entry).await;
    let form_again = asked.form().with("username", "olga").with("password", PASSWORD);
    let back = browser.submit(&asked, &form_again).await;
    assert_eq!(back.url.path(), tenant.console("apps/growth-chart"), "{back}");
    let delete = form(&back, "/delete").with("confirm", PUBLIC);
    let done = browser.submit(&back, &delete).await;
    assert_eq!(done.url.path(), tenant.console("apps"), "{done}");
    assert!(tenant.admin().await.get_client(PUBLIC).await.is_err());
}

#[tokio::test]
async fn an_app_is_deleted_only_when_its_id_was_typed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = open(&tenant, &mut browser, PUBLIC).await;
    let answer = browser
        .submit(&page, &form(&page, "/delete").with("confirm", "growth"))
        .await;
    assert!(answer.response.text().contains("Nothing was deleted"), "{answer}");
    assert!(tenant.admin().await.get_client(PUBLIC).await.is_ok());
}

#[tokio::test]
async fn an_app_is_switched_off_and_on_and_its_users_notice() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = open(&tenant, &mut browser, PUBLIC).await;
    let off = browser
        .submit(&page, &form(&page, "/status").with("status", "disabled"))
        .await;
    assert!(off.response.text().contains("Switched off"), "{off}");
    let status = tenant.admin().await.get_client(PUBLIC).await.unwrap().status;
    assert_eq!(status, ClientStatus::Disabled);
    let on = browser
        .submit(&off, &form(&off, "/status").with("status", "enabled"))
        .await;
    assert!(on.response.text().contains("The app can be used."), "{on}");
}

#[tokio::test]
async fn who_may_only_look_sees_no_forms_and_is_refused_what_they_send() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Auditor]).await;
    let page = open(&tenant, &mut browser, PUBLIC).await;
    assert!(
        page.forms().iter().all(|form| form.action.ends_with("/sign-out")),
        "{page}"
    );
    let refused = browser.goto(&tenant.console("apps/new/browser")).await;
    assert_eq!(refused.response.status, 403, "{refused}");
    let mut forged = page.forms().remove(0);
    forged.action = tenant.console("apps/growth-chart/status");
    let refused = browser.submit(&page, &forged.with("status", "disabled")).await;
    assert_eq!(refused.response.status, 403, "{refused}");
}

#[tokio::test]
async fn a_form_of_one_app_does_nothing_to_another() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = open(&tenant, &mut browser, PUBLIC).await;
    let mut other = form(&page, "/status").with("status", "disabled");
    other.action = tenant.console("apps/care-planner/status");
    let refused = browser.submit(&page, &other).await;
    assert_eq!(refused.response.status, 403, "{refused}");
    assert!(
        tenant
            .admin()
            .await
            .get_client(CONFIDENTIAL)
            .await
            .unwrap()
            .is_enabled()
    );
}

#[tokio::test]
async fn an_unknown_app_has_a_page_that_says_so() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = open(&tenant, &mut browser, "nobody").await;
    assert_eq!(page.response.status, 404, "{page}");
}

#[tokio::test]
async fn the_log_is_filtered_and_downloaded() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    let mut browser = tenant.console_of(&[Role::Auditor]).await;
    let page = browser.goto(&tenant.console("activity?event=client")).await;
    let text = page.response.text();
    assert!(
        text.contains("client.saved") && !text.contains("token.issued"),
        "{text}"
    );
    let file = browser
        .goto(&tenant.console("activity.csv?event=token&app=growth-chart"))
        .await;
    assert_eq!(file.response.header("content-type"), Some("text/csv; charset=utf-8"));
    let lines: Vec<&str> = file.response.text().lines().collect();
    assert!(
        lines[0].starts_with("id,at,event") && lines.len() == 2 && lines[1].contains(",token.issued,success,"),
        "{lines:?}"
    );
    let bad = browser.goto(&tenant.console("activity?since=yesterday")).await;
    assert!(bad.response.text().contains("Write days as 2026-01-31."), "{bad}");
}

#[tokio::test]
async fn keys_are_rotated_by_those_who_may_and_withdrawn_only_when_confirmed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let before = tenant.get(&tenant.path("jwks")).await.json();
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = browser.goto(&tenant.console("keys")).await;
    let emergency = form(&page, "/rotate").with("rotation", "emergency");
    let wrong = browser.submit(&page, &emergency.clone().with("confirm", "north")).await;
    assert!(wrong.response.text().contains("No key was withdrawn"), "{wrong}");
    let done = browser.submit(&page, &emergency.with("confirm", "northside")).await;
    assert!(done.response.text().contains("The keys were rotated."), "{done}");
    let after = tenant.get(&tenant.path("jwks")).await.json();
    let kids = |jwks: &serde_json::Value| -> Vec<String> {
        jwks["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["kid"].to_string())
            .collect()
    };
    assert!(kids(&before).iter().all(|kid| !kids(&after).contains(kid)));
}
