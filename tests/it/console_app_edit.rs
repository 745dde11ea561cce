//! Changing an app at the console: what it may do, for whom, how long; its keys; what waits for approval.

use crate::support::app::{CONFIDENTIAL, PUBLIC, REDIRECT_URI, SECRET, TestApp, TestTenant};
use crate::support::html_form::HtmlForm;
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::Served;
use axum::Json;
use axum::Router;
use axum::http::{Method, Request};
use axum::routing::get;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::oauth::AskConsent;
use wardkey::oauth::jose::{RsaSize, SigningAlgorithm, SigningKeyPair};
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;
use wardkey::tenant::registration::{RegistrationDocument, RegistrationPolicy};
use wardkey::tenant::roles::Role;

fn form(page: &Page, ending: &str) -> HtmlForm {
    let mut forms = page.forms();
    forms.retain(|form| form.action.ends_with(ending));
    assert!(!forms.is_empty(), "no form to {ending} at {page}");
    forms.remove(0)
}

async fn open(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, client: &str) -> (Page, HtmlForm) {
    let page = browser.goto(&tenant.console(&format!("apps/{client}/edit"))).await;
    let edit = form(&page, "/edit");
    (page, edit)
}

#[tokio::test]
async fn saving_the_form_as_it_is_changes_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    for client in [PUBLIC, CONFIDENTIAL] {
        let before = tenant.admin().await.get_client(client).await.unwrap();
        let (page, edit) = open(&tenant, &mut browser, client).await;
        let done = browser.submit(&page, &edit).await;
        assert!(done.response.text().contains("Nothing was different"), "{done}");
        assert_eq!(tenant.admin().await.get_client(client).await.unwrap(), before);
    }
}

#[tokio::test]
async fn what_an_administrator_decides_is_saved_and_can_be_taken_back() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let before = tenant.admin().await.get_client(PUBLIC).await.unwrap();
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let (page, edit) = open(&tenant, &mut browser, PUBLIC).await;
    let changed = edit
        .with("client_name", "Growth curves")
        .with("redirect_uris", &format!("{REDIRECT_URI}\nhttps://app.test/second"))
        .with("scope", "openid  launch/patient\npatient/*.rs")
        .with("user_roles", "paediatrician\nnurse")
        .with("identity_providers", "staff")
        .with("default_identity_provider", "staff")
        .with("ask_consent", "each_time")
        .with("client_expires_at", "2099-12-31");
    let done = browser.submit(&page, &changed).await;
    assert!(done.response.text().contains("Saved."), "{done}");
    let saved = tenant.admin().await.get_client(PUBLIC).await.unwrap();
    assert_eq!(
        (saved.client_name.as_str(), saved.redirect_uris.len()),
        ("Growth curves", 2)
    );
    assert_eq!(saved.scope, "openid launch/patient patient/*.rs");
    assert_eq!(saved.user_roles, ["paediatrician", "nurse"]);
    assert_eq!(saved.identity_providers, ["staff"]);
    assert_eq!(saved.ask_consent, Some(AskConsent::EachTime));
    // The end of the last day.
    assert_eq!(saved.client_expires_at, Some(4_102_444_800));
    let back = browser.submit(&done, &form(&done, "/undo")).await;
    assert!(back.response.text().contains("Taken back"), "{back}");
    assert_eq!(tenant.admin().await.get_client(PUBLIC).await.unwrap(), before);
}

#[tokio::test]
async fn every_fault_is_said_at_its_field_and_what_was_typed_is_kept() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let before = tenant.admin().await.get_client(CONFIDENTIAL).await.unwrap();
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    for (field, value, words) in [
        ("redirect_uris", "http://evil.example/callback", "is not allowed"),
        ("jwks", "{ not json", "is no JWK Set"),
        ("client_expires_at", "2001-01-01", "is in the past"),
        ("client_expires_at", "tomorrow", "is no day"),
    ] {
        let (page, edit) = open(&tenant, &mut browser, CONFIDENTIAL).await;
        let filled = edit.with("publisher", "Kept words").with(field, value);
        let wrong = browser.submit(&page, &filled).await;
        assert_eq!(wrong.response.status, 422, "{field}: {wrong}");
        let text = wrong.response.text();
        assert!(text.contains(words) && text.contains("Kept words"), "{field}: {text}");
        assert!(text.contains(&format!("href=\"#{field}\"")), "{field}: {text}");
        let kept = tenant.admin().await.get_client(CONFIDENTIAL).await.unwrap();
        assert_eq!(kept, before, "{field}");
    }
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_not_overwritten_unseen() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let (page, edit) = open(&tenant, &mut browser, PUBLIC).await;
    let other = json!({ "token_endpoint_auth_method": "none", "client_name": "By another" });
    tenant.client(PUBLIC, other).await;
    let told = browser.submit(&page, &edit.with("client_name", "Mine")).await;
    assert_eq!(told.response.status, 422, "{told}");
    assert!(
        told.response.text().contains("was changed by somebody else meanwhile"),
        "{told}"
    );
    let name = tenant.admin().await.get_client(PUBLIC).await.unwrap().client_name;
    assert_eq!(name, "By another");
    // Knowing it, they save theirs.
    let done = browser.submit(&told, &form(&told, "/edit")).await;
    assert!(done.response.text().contains("Saved."), "{done}");
    let name = tenant.admin().await.get_client(PUBLIC).await.unwrap().client_name;
    assert_eq!(name, "Mine");
}

#[tokio::test]
async fn a_web_app_changes_from_a_secret_to_a_key_and_back() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let (page, edit) = open(&tenant, &mut browser, CONFIDENTIAL).await;
    let filled = edit.with("jwks_uri", "https://app.test/jwks");
    let done = browser.submit(&page, &filled).await;
    assert!(done.response.text().contains("private_key_jwt"), "{done}");
    let wrong_code = [("grant_type", "authorization_code"), ("code", "x")];
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &wrong_code)
        .await
        .assert_error(401, "invalid_client");
    let (page, edit) = open(&tenant, &mut browser, CONFIDENTIAL).await;
    let shown = browser.submit(&page, &edit.with("jwks_uri", "")).await;
    assert!(shown.response.text().contains("Copy the new secret now"), "{shown}");
}

#[tokio::test]
async fn an_app_for_some_roles_refuses_the_others() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let (page, edit) = open(&tenant, &mut browser, PUBLIC).await;
    browser.submit(&page, &edit.with("user_roles", "surgeon")).await;
    let query = tenant.authorization_request("openid launch/patient patient/*.rs");
    let refused = tenant.authorize(&mut app.browser(), &query, "pat").await;
    assert_eq!(
        refused.parameter("error").as_deref(),
        Some("access_denied"),
        "{refused}"
    );
}

#[tokio::test]
async fn who_may_only_look_is_offered_no_form_and_refused_what_they_send() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Auditor]).await;
    for place in ["apps/growth-chart/edit", "apps/growth-chart/keys"] {
        let refused = browser.goto(&tenant.console(place)).await;
        assert_eq!(refused.response.status, 403, "{refused}");
    }
    let page = browser.goto(&tenant.console("apps/growth-chart")).await;
    let mut forged = page.forms().remove(0);
    forged.action = tenant.console("apps/growth-chart/edit");
    let refused = browser.submit(&page, &forged).await;
    assert_eq!(refused.response.status, 403, "{refused}");
}

/// A backend service whose keys are published at this address.
async fn backend(tenant: &TestTenant<'_>, address: &str) {
    let members = json!({
        "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "redirect_uris": [],
        "response_types": [], "scope": "system/*.rs", "jwks_uri": address,
    });
    tenant.client("registry", members).await;
}

fn key(algorithm: SigningAlgorithm) -> Value {
    let pair = SigningKeyPair::generate(algorithm, RsaSize::Bits2048).unwrap();
    serde_json::to_value(pair.public_jwk()).unwrap()
}

#[tokio::test]
async fn the_keys_that_an_app_publishes_are_looked_at_where_they_are() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let short = json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short" });
    let keys = json!({ "keys": [key(SigningAlgorithm::RS384), short] });
    let router = Router::new().route("/jwks", get(move || async move { Json(keys) }));
    let published = Served::start(router).await;
    backend(&tenant, &format!("{}/jwks", published.base())).await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console("apps/registry/keys")).await;
    let text = page.response.text();
    for words in [
        "2048 bits",
        "RS384",
        "Can be used",
        "RSA keys have at least 2048 bits.",
        "The app can prove who it is",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let token = tenant.administrator("ann", &[Role::AppAdmin]).await;
    let path = "/apps/registry/keys/check";
    let report = tenant.api(&token, Method::POST, path, None).await;
    let report = report.assert_status(200).json();
    assert_eq!(report["usable"], true);
    assert_eq!(report["keys"][1]["faults"], json!(["too_short"]));
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_explained() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let router = Router::new()
        .route("/html", get(|| async { "<html>" }))
        .route("/empty", get(|| async { Json(json!({ "keys": [] })) }));
    let published = Served::start(router).await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    for (path, words) in [
        ("/html", "What is there is no JWK Set"),
        ("/empty", "The set is there, and holds no key."),
        ("/nothing", "The address did not answer with 200."),
    ] {
        backend(&tenant, &format!("{}{path}", published.base())).await;
        let page = browser.goto(&tenant.console("apps/registry/keys")).await;
        let text = page.response.text();
        assert!(
            text.contains(words) && text.contains("cannot prove who it is"),
            "{path}: {text}"
        );
    }
}

/// A tenant at which apps register themselves and wait for approval.
async fn with_registration(app: &TestApp) -> TestTenant<'_> {
    let registration = RegistrationDocument {
        policy: RegistrationPolicy::Open,
        approval: true,
        ..RegistrationDocument::default()
    };
    let document = TenantDocument {
        registration,
        ..TenantDocument::default()
    };
    Box::pin(app.tenant_as(NewTenant {
        slug: "northside".to_owned(),
        display_name: "Hospital northside".to_owned(),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document,
    }))
    .await
}

#[tokio::test]
async fn an_app_that_waits_shows_what_it_asks_for_and_what_is_new_since_it_was_approved() {
    let app = TestApp::new().await;
    let tenant = with_registration(&app).await;
    let mut metadata = json!({
        "client_name": "Vaccination card", "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid offline_access patient/*.cruds",
    });
    let request = Request::post(tenant.path("register")).json(&metadata);
    let registered = app.router.send(request).await.assert_status(201).json();
    let id = registered["client_id"].as_str().unwrap();
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console(&format!("apps/{id}"))).await;
    let text = page.response.text();
    for words in [
        "What it asks for",
        "It was never approved here.",
        "Works while the person is away",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let approve = form(&page, "/status").with("status", "enabled");
    let approved = browser.submit(&page, &approve).await;
    assert!(approved.response.text().contains("The app can be used."), "{approved}");
    app.wait(Duration::from_secs(1));
    // The app changes itself (RFC 7592), and waits again.
    metadata["client_id"] = json!(id);
    metadata["redirect_uris"] = json!(["https://elsewhere.test/callback"]);
    let token = registered["registration_access_token"].as_str().unwrap();
    let request = Request::put(tenant.path(&format!("register/{id}"))).bearer(token);
    app.router.send(request.json(&metadata)).await.assert_status(200);
    let page = browser.goto(&tenant.console(&format!("apps/{id}"))).await;
    let text = page.response.text();
    for words in [
        "What differs from what was approved before",
        "redirect_uris",
        REDIRECT_URI,
        "https://elsewhere.test/callback",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}
