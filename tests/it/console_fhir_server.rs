//! The tenant's FHIR servers at the console: asked before they are saved, taken back, and left alone by who may not change them.

use crate::support::app::{TestApp, TestTenant};
use crate::support::html_form::HtmlForm;
use crate::support::http_browser::Page;
use crate::support::loopback::Served;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use wardkey::tenant::roles::Role;

/// A server of which `/r4` is FHIR and `/other` is not.
async fn fhir_server() -> Served {
    let statement = json!({
        "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "software": { "name": "Ward Server" },
    });
    let router = Router::new()
        .route("/r4/metadata", get(async move || Json(statement)))
        .route(
            "/other/metadata",
            get(async || Json(json!({ "resourceType": "Patient" }))),
        );
    Served::start(router).await
}

async fn bases(tenant: &TestTenant<'_>) -> Vec<String> {
    let settings = tenant.admin().await.get_settings().await.unwrap();
    settings
        .fhir_bases
        .iter()
        .map(|base| base.as_str().to_owned())
        .collect()
}

fn typed(page: &Page, addresses: &str, act: &str) -> HtmlForm {
    let mut forms = page.forms().into_iter();
    let form = forms
        .find(|form| form.action.ends_with("/fhir-server"))
        .expect("the form");
    form.with("fhir_bases", addresses).with("act", act)
}

#[tokio::test]
async fn an_address_is_asked_saved_and_taken_back() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let before = bases(&tenant).await;
    let fhir = fhir_server().await;
    let base = format!("{}/r4", fhir.base());
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = browser.goto(&tenant.console("fhir-server")).await;

    let asked = browser.submit(&page, &typed(&page, &base, "check")).await;
    let text = asked.response.text();
    assert!(text.contains(&format!("{base} is Ward Server, FHIR 4.0.1")), "{asked}");
    assert_eq!(bases(&tenant).await, before);

    let saved = browser
        .submit(&asked, &typed(&asked, &format!("\n {base} \n\n"), "save"))
        .await;
    let text = saved.response.text();
    assert!(text.contains("Saved. Apps can name these addresses"), "{saved}");
    assert!(
        text.contains(&format!("{base}/.well-known/smart-configuration")),
        "{saved}"
    );
    assert!(
        text.contains("/northside/auth/.well-known/smart-configuration"),
        "{saved}"
    );
    assert_eq!(bases(&tenant).await, [base]);

    let mut forms = saved.forms().into_iter();
    let undo = forms
        .find(|form| form.action.ends_with("/undo"))
        .expect("an offer to undo");
    let undone = browser.submit(&saved, &undo).await;
    assert!(
        undone.response.text().contains("The change was taken back."),
        "{undone}"
    );
    assert_eq!(bases(&tenant).await, before);
}

#[tokio::test]
async fn what_is_no_fhir_server_or_cannot_be_reached_is_saved_only_when_told() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let before = bases(&tenant).await;
    let fhir = fhir_server().await;
    let gone = fhir_server().await.base().to_owned();
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    for (base, words) in [
        (
            format!("{}/other", fhir.base()),
            "what it answers is no capability statement",
        ),
        (
            format!("{}/nothing", fhir.base()),
            "answers 404 where its capability statement belongs",
        ),
        (format!("{gone}/r4"), "was not reached from here"),
    ] {
        let page = browser.goto(&tenant.console("fhir-server")).await;
        let told = browser.submit(&page, &typed(&page, &base, "save")).await;
        let text = told.response.text();
        assert!(text.contains(words) && text.contains("Nothing is saved yet."), "{told}");
        assert_eq!(bases(&tenant).await, before);
        let saved = browser.submit(&told, &typed(&told, &base, "anyway")).await;
        assert!(saved.response.text().contains("Saved."), "{saved}");
        assert_eq!(bases(&tenant).await, [base]);
        let mut forms = saved.forms().into_iter();
        let undo = forms
            .find(|form| form.action.ends_with("/undo"))
            .expect("an offer to undo");
        browser.submit(&saved, &undo).await;
        assert_eq!(bases(&tenant).await, before);
    }
}

#[tokio::test]
async fn what_is_no_address_is_said_with_what_was_typed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let before = bases(&tenant).await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = browser.goto(&tenant.console("fhir-server")).await;
    for act in ["save", "check", "anyway"] {
        let told = browser
            .submit(&page, &typed(&page, "fhir.hospital.example/r4", act))
            .await;
        let text = told.response.text();
        assert!(text.contains("It was not saved"), "{told}");
        assert!(text.contains("fhir.hospital.example/r4</textarea>"), "{told}");
    }
    assert_eq!(bases(&tenant).await, before);
}

#[tokio::test]
async fn two_who_change_it_at_once_do_not_overwrite_each_other_unseen() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = browser.goto(&tenant.console("fhir-server")).await;
    let first = typed(&page, "https://one.example/r4", "anyway");
    let second = typed(&page, "https://two.example/r4", "anyway");
    browser.submit(&page, &first).await;
    let told = browser.submit(&page, &second).await;
    assert!(
        told.response.text().contains("changed by somebody else meanwhile"),
        "{told}"
    );
    assert_eq!(bases(&tenant).await, ["https://one.example/r4"]);
    // Told so, the same words are meant.
    browser
        .submit(&told, &typed(&told, "https://two.example/r4", "anyway"))
        .await;
    assert_eq!(bases(&tenant).await, ["https://two.example/r4"]);
}

#[tokio::test]
async fn who_may_only_look_sees_the_addresses_and_changes_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let named = [("fhir_bases".to_owned(), "https://fhir.example/r4".to_owned())];
    Box::pin(app.platform.set_settings("northside", &named)).await.unwrap();
    let before = bases(&tenant).await;
    let mut owner = tenant.console_of(&[Role::Owner]).await;
    let form = owner.goto(&tenant.console("fhir-server")).await;
    let form = typed(&form, "https://mine.example/r4", "anyway");
    tenant.colleague("hugo", &[Role::AppAdmin]).await;
    let mut browser = app.browser();
    tenant.enter(&mut browser, "hugo", "").await;
    let page = browser.goto(&tenant.console("fhir-server")).await;
    let text = page.response.text();
    assert!(
        text.contains(&before[0]) && text.contains("Your role may look at this"),
        "{page}"
    );
    assert!(
        page.forms().iter().all(|form| !form.action.ends_with("/fhir-server")),
        "{page}"
    );
    let refused = browser.submit(&page, &form).await;
    assert_eq!(refused.response.status, 403, "{refused}");
    assert_eq!(bases(&tenant).await, before);
}
