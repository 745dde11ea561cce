//! People with several records, such as parents: they choose among exactly those.

use crate::patient_picker::connect;
use crate::support::app::{PASSWORD, STAFF, TestApp, TestTenant};
use crate::support::fhir_server::{FhirServer, Mood, patient};
use crate::support::http_browser::{HttpBrowser, Page};
use serde_json::{Value, json};
use wardkey::kernel::Secret;
use wardkey::store::tenant::AccountProfile;
use wardkey::tenant::patient_directory::DirectoryAuthentication;

const SCOPE: &str = "openid launch/patient patient/*.rs";

fn family() -> Vec<Value> {
    let related = |id: &str, patient: &str, number: &str, active: bool| {
        json!({ "resourceType": "RelatedPerson", "id": id, "active": active,
                "patient": { "reference": format!("Patient/{patient}") },
                "identifier": [{ "system": "urn:people", "value": number }] })
    };
    vec![
        patient("ana", "Ana", "Duran", "2012-05-01", "MRN-1"),
        patient("leo", "Leo", "Duran", "2015-08-09", "MRN-2"),
        patient("eve", "Eve", "Other", "2015-08-09", "MRN-3"),
        related("mother", "ana", "P-1", true),
        related("mother-of-leo", "leo", "P-1", true),
        related("mother-of-eve-once", "eve", "P-1", false),
        related("stranger", "eve", "P-2", true),
        related("aunt", "ana", "P-3", true),
        json!({ "resourceType": "Person", "id": "guardian", "link": [
            { "target": { "reference": "Patient/leo" } }, { "target": { "reference": "RelatedPerson/aunt" } } ] }),
    ]
}

async fn person(tenant: &TestTenant<'_>, fhir_user: Option<&str>, patients: &[&str]) {
    let profile = AccountProfile {
        subject: "proxy".to_owned(),
        name: Some("Rosa Duran".to_owned()),
        fhir_user: fhir_user.map(str::to_owned),
        patients: patients.iter().map(ToString::to_string).collect(),
        ..AccountProfile::default()
    };
    let password = Secret::new(PASSWORD.to_owned());
    let passwords = tenant.app.app.federation().passwords();
    let admin = tenant.admin().await;
    admin
        .save_local_account(STAFF, &profile, &password, passwords)
        .await
        .unwrap();
}

async fn start(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> Page {
    let query = tenant.authorization_request(SCOPE);
    tenant.authorize(browser, &query, "proxy").await
}

fn offers(page: &Page, id: &str) -> bool {
    page.response
        .text()
        .contains(&format!("name=\"patient\" value=\"{id}\""))
}

#[tokio::test]
async fn mapped_records_are_shown_with_their_names_and_one_is_chosen() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(family()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    person(&tenant, Some("RelatedPerson/mother"), &["ana", "leo"]).await;
    let mut browser = app.browser();
    let page = start(&tenant, &mut browser).await;
    assert!(
        offers(&page, "ana") && offers(&page, "leo") && !offers(&page, "eve"),
        "{page}"
    );
    assert!(page.response.text().contains("Leo Duran") && !page.response.text().contains("name=\"query\""));
    let consent = browser.submit(&page, &page.form().with("patient", "leo")).await;
    assert!(consent.response.text().contains("Leo Duran"), "{consent}");
    let done = browser
        .submit(&consent, &consent.form().with("decision", "allow"))
        .await;
    let tokens = tenant
        .redeem(&done.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    assert_eq!(tokens["patient"], "leo");
}

#[tokio::test]
async fn no_other_record_can_be_had_by_any_form() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(family()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    person(&tenant, Some("RelatedPerson/mother"), &["ana", "leo"]).await;
    let mut browser = app.browser();
    let page = start(&tenant, &mut browser).await;
    for id in ["eve", "nobody", "", "ana,eve"] {
        let refused = browser.submit(&page, &page.form().with("patient", id)).await;
        assert_eq!(refused.response.status, 403, "{id}: {refused}");
    }
    // The clinicians' picker does not open for them either.
    let mut form = page.form().with("step", "choose").with("patient", "eve");
    form.action = form.action.replace("/record", "/patient");
    let answer = browser.submit(&page, &form).await;
    assert!(!answer.response.text().contains("value=\"allow\""), "{answer}");
}

#[tokio::test]
async fn a_related_person_is_looked_up_with_all_for_whom_they_act() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(family()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    person(&tenant, Some("RelatedPerson/mother"), &[]).await;
    let mut browser = app.browser();
    let page = start(&tenant, &mut browser).await;
    assert!(offers(&page, "ana") && offers(&page, "leo"), "{page}");
    assert!(!offers(&page, "eve"), "an inactive relation gives nothing: {page}");
    let refused = browser.submit(&page, &page.form().with("patient", "eve")).await;
    assert_eq!(refused.response.status, 403, "{refused}");
}

#[tokio::test]
async fn a_person_is_looked_up_by_its_links() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(family()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    person(&tenant, Some("Person/guardian"), &[]).await;
    let page = start(&tenant, &mut app.browser()).await;
    assert!(
        offers(&page, "ana") && offers(&page, "leo") && !offers(&page, "eve"),
        "{page}"
    );
}

#[tokio::test]
async fn somebody_who_acts_for_one_patient_has_nothing_to_choose() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(family()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    person(&tenant, Some("RelatedPerson/stranger"), &[]).await;
    let page = start(&tenant, &mut app.browser()).await;
    let tokens = tenant
        .redeem(&page.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    assert_eq!(tokens["patient"], "eve");
}

#[tokio::test]
async fn somebody_who_acts_for_nobody_is_sent_back() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(family()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    person(&tenant, Some("RelatedPerson/gone"), &[]).await;
    let page = start(&tenant, &mut app.browser()).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"), "{page}");
}

#[tokio::test]
async fn a_failing_server_has_its_words_and_a_way_on() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(family()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    person(&tenant, Some("RelatedPerson/mother"), &["ana", "leo"]).await;
    server.set_mood(Mood::Status(503));
    let mut browser = app.browser();
    let failed = start(&tenant, &mut browser).await;
    assert_eq!(failed.response.status, 502, "{failed}");
    assert!(failed.response.text().contains("cannot be shown"), "{failed}");
    let spanish = browser.goto(&format!("{}?ui_locales=es", failed.url.path())).await;
    assert!(spanish.response.text().contains("No se pueden mostrar"), "{spanish}");
    server.set_mood(Mood::Well);
    let again = browser.goto(failed.url.path()).await;
    assert!(offers(&again, "ana"), "{again}");
}

#[tokio::test]
async fn without_a_page_a_choice_cannot_be_made() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(family()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    person(&tenant, Some("RelatedPerson/mother"), &["ana", "leo"]).await;
    let mut browser = app.browser();
    start(&tenant, &mut browser).await;
    let silent = tenant.authorization_request(SCOPE).with("prompt", "none");
    let answer = browser.goto(&silent.address()).await;
    assert_eq!(
        answer.parameter("error").as_deref(),
        Some("interaction_required"),
        "{answer}"
    );
}
