//! The history of the configuration at the console and in the API, and taking changes back.

use crate::support::app::{CONFIDENTIAL, PUBLIC, TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::http_browser::Page;
use axum::http::Method;
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::configuration::Rollback;
use wardkey::control::{Change, ControlError, Precondition};
use wardkey::federation::LocalDocument;
use wardkey::oauth::client::ClientStatus;
use wardkey::store::tenant::{ResourceKind, ResourceName};
use wardkey::tenant::roles::Role;

/// The form of a page that goes to an address with this ending.
fn form(page: &Page, ending: &str) -> crate::support::html_form::HtmlForm {
    let mut forms = page.forms();
    forms.retain(|form| form.action.ends_with(ending));
    assert!(!forms.is_empty(), "no form to {ending} at {page}");
    forms.remove(0)
}

async fn rename(tenant: &TestTenant<'_>, name: &str) {
    let members = json!({ "token_endpoint_auth_method": "none", "client_name": name });
    tenant.client(PUBLIC, members).await;
}

async fn name_of(tenant: &TestTenant<'_>) -> String {
    tenant.admin().await.get_client(PUBLIC).await.unwrap().client_name
}

/// Renames the provider of staff, if it is still what was seen.
async fn rename_provider(tenant: &TestTenant<'_>, version: &str, number: usize) -> Result<Change, ControlError> {
    let seen = Precondition::Version(vec![version.to_owned()]);
    let admin = tenant.admin().await.if_provider("staff", seen);
    let settings = LocalDocument::default();
    admin
        .save_local_accounts("staff", &format!("Staff {number}"), &settings)
        .await
}

/// The id of the newest change of an app.
async fn newest(tenant: &TestTenant<'_>, client: &str) -> uuid::Uuid {
    let name = ResourceName::of(ResourceKind::App, client);
    let changes = tenant.admin().await.list_changes(Some(&name), None, 1).await;
    changes.unwrap().remove(0).id
}

#[tokio::test]
async fn the_history_shows_what_was_changed_and_by_whom() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    rename(&tenant, "Second name").await;
    let mut browser = tenant.console_of(&[Role::Auditor]).await;
    let list = browser
        .goto(&tenant.console("changes?kind=app&name=growth-chart"))
        .await;
    let text = list.response.text();
    assert!(
        text.contains("App growth-chart") && !text.contains(CONFIDENTIAL),
        "{text}"
    );
    let id = newest(&tenant, PUBLIC).await;
    let one = browser.goto(&tenant.console(&format!("changes/{id}"))).await;
    let text = one.response.text();
    for words in ["client_name", "App growth-chart", "Second name", "Command line"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    // Who may only look is offered no undo.
    assert!(!text.contains("/undo"), "{text}");
}

#[tokio::test]
async fn each_kind_of_thing_with_a_history_is_offered_once() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Auditor]).await;
    let page = browser.goto(&tenant.console("changes")).await;
    let text = page.response.text();
    for kind in ["settings", "identity_provider", "app", "brands"] {
        assert_eq!(
            text.matches(&format!("changes?kind={kind}\"")).count(),
            1,
            "{kind} on {page}"
        );
    }
    assert!(!text.contains("fhir_users"), "{page}");
}

#[tokio::test]
async fn a_change_is_taken_back_at_the_console_with_its_reason() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    rename(&tenant, "Second name").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let id = newest(&tenant, PUBLIC).await;
    let page = browser.goto(&tenant.console(&format!("changes/{id}"))).await;
    let undo = form(&page, "/undo").with("reason", "Typing error");
    let done = browser.submit(&page, &undo).await;
    assert!(done.response.text().contains("Taken back."), "{done}");
    assert!(done.response.text().contains("Typing error"), "{done}");
    assert_eq!(name_of(&tenant).await, "App growth-chart");
    let mine = tenant
        .admin()
        .await
        .list_changes(None, None, 1)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(mine.source, "rollback");
    assert!(mine.actor.starts_with("acc_"), "{}", mine.actor);
}

#[tokio::test]
async fn a_change_that_was_overtaken_is_taken_back_only_when_told() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    rename(&tenant, "Second name").await;
    let second = newest(&tenant, PUBLIC).await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console(&format!("changes/{second}"))).await;
    let unaware = form(&page, "/undo");
    rename(&tenant, "Third name").await;
    let refused = browser.submit(&page, &unaware).await;
    assert_eq!(refused.response.status, 409, "{refused}");
    assert!(refused.response.text().contains("This was not taken back"), "{refused}");
    assert_eq!(name_of(&tenant).await, "Third name");
    let told = form(&refused, "/undo").with("even_if_changed_since", "yes");
    browser.submit(&refused, &told).await;
    assert_eq!(name_of(&tenant).await, "App growth-chart");
}

#[tokio::test]
async fn an_ordinary_change_offers_to_be_taken_back_and_leads_to_where_it_was() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console("apps/growth-chart")).await;
    let switch = form(&page, "/status").with("status", "disabled");
    let off = browser.submit(&page, &switch).await;
    let back = browser.submit(&off, &form(&off, "/undo")).await;
    assert_eq!(back.url.path(), tenant.console("apps/growth-chart"), "{back}");
    assert!(back.response.text().contains("Taken back"), "{back}");
    let status = tenant.admin().await.get_client(PUBLIC).await.unwrap().status;
    assert_eq!(status, ClientStatus::Enabled);
}

#[tokio::test]
async fn no_address_offers_to_take_back_what_somebody_else_did() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    rename(&tenant, "Second name").await;
    let id = newest(&tenant, PUBLIC).await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser
        .goto(&tenant.console(&format!("apps/growth-chart?done=saved&undo={id}")))
        .await;
    let mut forms = page.forms().into_iter();
    assert!(forms.all(|form| !form.action.ends_with("/undo")), "{page}");
}

#[tokio::test]
async fn a_deleted_app_is_brought_back_with_its_secret() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let before = tenant.admin().await.get_client(CONFIDENTIAL).await.unwrap();
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console(&format!("apps/{CONFIDENTIAL}"))).await;
    let delete = form(&page, "/delete").with("confirm", CONFIDENTIAL);
    let gone = browser.submit(&page, &delete).await;
    assert!(gone.response.text().contains("The app was deleted."), "{gone}");
    let back = browser.submit(&gone, &form(&gone, "/undo")).await;
    let place = tenant.console(&format!("apps/{CONFIDENTIAL}"));
    assert_eq!(back.url.path(), place, "{back}");
    assert_eq!(tenant.admin().await.get_client(CONFIDENTIAL).await.unwrap(), before);
}

#[tokio::test]
async fn taking_back_what_added_an_app_is_as_dangerous_as_deleting_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let id = newest(&tenant, PUBLIC).await;
    app.wait(Duration::from_mins(16));
    let page = browser.goto(&tenant.console(&format!("changes/{id}"))).await;
    let asked = browser.submit(&page, &form(&page, "/undo")).await;
    assert!(asked.response.text().contains("Sign in once more"), "{asked}");
    assert!(tenant.admin().await.get_client(PUBLIC).await.is_ok());
}

#[tokio::test]
async fn who_may_not_change_a_thing_may_not_take_its_change_back() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let token = tenant.administrator("ivy", &[Role::IdentityAdmin]).await;
    rename(&tenant, "Second name").await;
    let id = newest(&tenant, PUBLIC).await;
    let path = format!("/changes/{id}/rollback");
    let refused = tenant.api(&token, Method::POST, &path, Some(&json!({}))).await;
    refused.assert_status(403);
    assert_eq!(name_of(&tenant).await, "Second name");
}

#[tokio::test]
async fn the_history_is_in_the_api_page_by_page_and_without_secrets() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let token = tenant.administrator("olga", &[Role::Owner]).await;
    for number in 0..3 {
        rename(&tenant, &format!("Name {number}")).await;
    }
    let mut seen: Vec<Value> = Vec::new();
    let mut path = "/changes?kind=app&limit=2".to_owned();
    loop {
        let page = tenant.api(&token, Method::GET, &path, None).await;
        let page = page.assert_status(200).json();
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/changes?kind=app&limit=2&cursor={cursor}");
    }
    assert!(seen.iter().all(|change| change["resource"]["kind"] == "app"));
    let ids: std::collections::BTreeSet<&str> = seen.iter().map(|change| change["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), seen.len());
    let client = tenant.admin().await.get_client(CONFIDENTIAL).await.unwrap();
    assert!(!json!(seen).to_string().contains(&client.secrets[0].hash.to_base64url()));
    let id = seen[0]["id"].as_str().unwrap();
    let body = json!({ "reason": "Once too often" });
    // A dry run changes nothing.
    let dry = format!("/changes/{id}/rollback?dry_run=true");
    let answer = tenant.api(&token, Method::POST, &dry, Some(&body)).await;
    answer.assert_status(200);
    assert_eq!(name_of(&tenant).await, "Name 2");
    let real = format!("/changes/{id}/rollback");
    let answer = tenant.api(&token, Method::POST, &real, Some(&body)).await;
    answer.assert_status(200);
    assert_eq!(name_of(&tenant).await, "Name 1");
    let again = tenant.api(&token, Method::POST, &real, Some(&body)).await;
    again.assert_status(409);
}

on_each_database! {
    async fn of_eight_who_take_the_same_change_back_one_does(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        rename(&tenant, "Second name").await;
        let id = newest(&tenant, PUBLIC).await;
        let admin = tenant.admin().await;
        let how = Rollback::default();
        let outcomes = join_all((0..8).map(|_| admin.roll_back(id, &how))).await;
        let (done, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(done.len(), 1);
        for refusal in refused {
            assert!(matches!(refusal.unwrap_err(), ControlError::Conflict(_)));
        }
        assert_eq!(name_of(&tenant).await, "App growth-chart");
    }

    async fn of_eight_who_replace_the_provider_they_have_seen_one_does(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let token = tenant.administrator("olga", &[Role::Owner]).await;
        let path = "/identity-providers/staff";
        let seen = tenant.api(&token, Method::GET, path, None).await.assert_status(200);
        let version = seen.header("etag").unwrap().trim_matches('"').to_owned();
        let outcomes = join_all((0..8).map(|number| rename_provider(&tenant, &version, number))).await;
        let done = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Change::Updated))).count();
        assert_eq!(done, 1, "{outcomes:?}");
        let overtaken = outcomes.iter().filter(|outcome| matches!(outcome, Err(ControlError::Outdated))).count();
        assert_eq!(overtaken, 7, "{outcomes:?}");
    }
}
