//! `launch/encounter` in a standalone launch: the user chooses one of the patient's encounters, or none in particular.

use crate::patient_picker::connect;
use crate::support::app::{CEILING, PUBLIC, TestApp, TestTenant, claims};
use crate::support::fhir_server::{FhirServer, Mood, encounter, patient};
use crate::support::html_form::HtmlForm;
use crate::support::http_browser::{HttpBrowser, Page};
use serde_json::{Value, json};
use wardkey::control::patient_directory::DirectoryAccess;
use wardkey::smart::FhirBase;
use wardkey::tenant::patient_directory::DirectoryAuthentication;

const SCOPE: &str = "openid launch/patient launch/encounter patient/*.rs offline_access";

fn records() -> Vec<Value> {
    vec![
        patient("pat-1", "Pat", "Morgan", "1984-03-12", "MRN-1"),
        patient("other", "Some", "Body", "1984-03-12", "MRN-2"),
        encounter("old", "pat-1", "finished", "2024-02-01T08:00:00Z", "Check up"),
        encounter("now", "pat-1", "in-progress", "2025-11-19T09:30:00Z", "Hip replacement"),
        encounter("new", "pat-1", "finished", "2026-01-05T10:15:00Z", "Follow-up"),
        encounter("wrong", "pat-1", "entered-in-error", "2026-01-06T10:15:00Z", "Nothing"),
        encounter("foreign", "other", "finished", "2026-01-05T10:15:00Z", "Secret visit"),
    ]
}

async fn prepared<'a>(app: &'a TestApp, server: &FhirServer) -> TestTenant<'a> {
    let tenant = app.tenant("northside").await;
    connect(&tenant, server, DirectoryAuthentication::None).await;
    let metadata = json!({ "token_endpoint_auth_method": "none", "scope": format!("launch/encounter {CEILING}") });
    tenant.client(PUBLIC, metadata).await;
    tenant
}

async fn picker(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, username: &str) -> Page {
    let query = tenant.authorization_request(SCOPE);
    tenant.authorize(browser, &query, username).await
}

/// A form of the page with this step, bent.
fn form(page: &Page, step: &str) -> HtmlForm {
    page.forms()
        .into_iter()
        .find(|form| form.find("step") == Some(step))
        .unwrap_or_else(|| panic!("no {step} at {page}"))
}

fn offered(page: &Page) -> Vec<String> {
    let text = page.response.text();
    text.split("name=\"encounter\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

async fn allowed(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, consent: &Page) -> Value {
    let done = browser.submit(consent, &consent.form().with("decision", "allow")).await;
    tenant
        .redeem(&done.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json()
}

#[tokio::test]
async fn those_in_progress_come_first_and_then_the_newest_and_nothing_is_chosen_silently() {
    let app = TestApp::new().await;
    let server = FhirServer::start(records()).await;
    let tenant = prepared(&app, &server).await;
    let page = picker(&tenant, &mut app.browser(), "pat").await;
    assert_eq!(offered(&page), ["now", "new", "old"], "{page}");
    let text = page.response.text();
    for words in ["In progress", "Hip replacement", "09:30", "Ward 7", "Outpatient"] {
        assert!(text.contains(words), "{words} in {page}");
    }
    assert!(!text.contains("Secret visit"));
}

#[tokio::test]
async fn the_choice_is_in_the_answer_the_token_the_refreshed_one_and_introspection() {
    let app = TestApp::new().await;
    let server = FhirServer::start(records()).await;
    let tenant = prepared(&app, &server).await;
    let mut browser = app.browser();
    let page = picker(&tenant, &mut browser, "pat").await;
    let consent = browser
        .submit(&page, &form(&page, "choose").with("encounter", "new"))
        .await;
    let tokens = allowed(&tenant, &mut browser, &consent).await;
    assert_eq!(
        (&tokens["patient"], &tokens["encounter"]),
        (&json!("pat-1"), &json!("new"))
    );
    assert!(tokens["scope"].as_str().unwrap().contains("launch/encounter"));
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(claims(access_token)["encounter"], "new");
    assert_eq!(tenant.introspect(access_token).await["encounter"], "new");
    let refreshed = tenant.refresh(tokens["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(refreshed["encounter"], "new");
}

#[tokio::test]
async fn none_in_particular_is_an_answer_and_the_scope_says_so() {
    let app = TestApp::new().await;
    let server = FhirServer::start(records()).await;
    let tenant = prepared(&app, &server).await;
    let mut browser = app.browser();
    let page = picker(&tenant, &mut browser, "pat").await;
    let consent = browser.submit(&page, &form(&page, "none")).await;
    let tokens = allowed(&tenant, &mut browser, &consent).await;
    assert!(tokens.get("encounter").is_none(), "{tokens}");
    assert_eq!(tokens["scope"], "openid launch/patient patient/*.rs offline_access");
}

#[tokio::test]
async fn a_clinician_chooses_the_patient_first() {
    let app = TestApp::new().await;
    let server = FhirServer::start(records()).await;
    let tenant = prepared(&app, &server).await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let patients = first.forms().remove(0).with("step", "choose").with("patient", "other");
    let page = browser.submit(&first, &patients).await;
    assert_eq!(offered(&page), ["foreign"], "{page}");
    assert!(page.response.text().contains("Some Body"), "{page}");
    let consent = browser
        .submit(&page, &form(&page, "choose").with("encounter", "foreign"))
        .await;
    let tokens = allowed(&tenant, &mut browser, &consent).await;
    assert_eq!(
        (&tokens["patient"], &tokens["encounter"]),
        (&json!("other"), &json!("foreign"))
    );
}

#[tokio::test]
async fn another_patients_encounter_and_a_made_up_one_are_refused() {
    let app = TestApp::new().await;
    let server = FhirServer::start(records()).await;
    let tenant = prepared(&app, &server).await;
    let mut browser = app.browser();
    let page = picker(&tenant, &mut browser, "pat").await;
    for id in ["foreign", "nothing", "../Patient/other", ""] {
        let refused = browser
            .submit(&page, &form(&page, "choose").with("encounter", id))
            .await;
        assert_eq!(refused.response.status, 404, "{id}: {refused}");
        assert!(refused.response.text().contains("not in the record"), "{refused}");
    }
}

#[tokio::test]
async fn many_encounters_come_in_pages() {
    let app = TestApp::new().await;
    let server = FhirServer::start(records()).await;
    server.set_page_size(2);
    let tenant = prepared(&app, &server).await;
    let mut browser = app.browser();
    let page = picker(&tenant, &mut browser, "pat").await;
    assert_eq!(offered(&page).len(), 2, "{page}");
    let text = page.response.text().to_owned();
    let sealed = text
        .split("name=\"page\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let next = browser.submit(&page, &form(&page, "page").with("page", sealed)).await;
    assert_eq!(
        offered(&next),
        ["new"],
        "the last page, without what was entered in error: {next}"
    );
}

#[tokio::test]
async fn empty_and_failing_have_their_words_and_a_way_on() {
    let app = TestApp::new().await;
    let server = FhirServer::start(vec![patient("pat-1", "Pat", "Morgan", "1984-03-12", "MRN-1")]).await;
    let tenant = prepared(&app, &server).await;
    let mut browser = app.browser();
    let empty = picker(&tenant, &mut browser, "pat").await;
    assert!(empty.response.text().contains("No visits recorded"), "{empty}");
    for (mood, status, english, spanish) in [
        (Mood::Status(503), 502, "did not answer", "no respondió"),
        (Mood::Status(403), 502, "set up wrongly", "mal configurado"),
        (Mood::Nonsense, 502, "set up wrongly", "mal configurado"),
    ] {
        server.set_mood(mood);
        for (language, words) in [("en", english), ("es", spanish)] {
            let page = browser
                .goto(&format!("{}?ui_locales={language}", empty.url.path()))
                .await;
            assert_eq!(page.response.status, status, "{mood:?}");
            assert!(page.response.text().contains(words), "{mood:?}: {page}");
        }
    }
    let page = browser.goto(&format!("{}?ui_locales=en", empty.url.path())).await;
    let consent = browser.submit(&page, &form(&page, "none")).await;
    assert!(consent.response.text().contains("value=\"allow\""), "{consent}");
}

#[tokio::test]
async fn where_encounters_are_not_offered_the_scope_is_not_granted_and_not_promised() {
    let app = TestApp::new().await;
    let server = FhirServer::start(records()).await;
    let tenant = prepared(&app, &server).await;
    let promised = async || {
        let document = tenant.get(&tenant.path(".well-known/smart-configuration")).await.json();
        document["capabilities"]
            .as_array()
            .unwrap()
            .contains(&json!("context-standalone-encounter"))
    };
    assert!(promised().await);
    let access = DirectoryAccess {
        fhir_base: Some(FhirBase::parse(&server.base()).unwrap()),
        authentication: DirectoryAuthentication::None,
        secret: None,
        encounters: false,
        new_key: false,
    };
    tenant.admin().await.set_patient_directory(access).await.unwrap();
    assert!(!promised().await);
    let tokens = tenant.tokens(SCOPE, "pat").await;
    assert_eq!(tokens["scope"], "openid launch/patient patient/*.rs offline_access");
}

#[tokio::test]
async fn without_a_page_an_encounter_cannot_be_chosen() {
    let app = TestApp::new().await;
    let server = FhirServer::start(records()).await;
    let tenant = prepared(&app, &server).await;
    let mut browser = app.browser();
    picker(&tenant, &mut browser, "pat").await;
    let silent = tenant.authorization_request(SCOPE).with("prompt", "none");
    let answer = browser.goto(&silent.address()).await;
    assert_eq!(
        answer.parameter("error").as_deref(),
        Some("interaction_required"),
        "{answer}"
    );
}
