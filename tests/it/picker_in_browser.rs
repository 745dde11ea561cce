//! The pickers in a real browser: by keyboard alone, on a telephone, and in every state. Leaves screenshots.

use crate::patient_picker::connect;
use crate::support::app::{CEILING, PASSWORD, PUBLIC, STAFF, TestApp, TestTenant};
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::fhir_server::{FhirServer, Mood, encounter, patient};
use crate::support::loopback::{Port, Served};
use fantoccini::Locator;
use serde_json::{Value, json};
use wardkey::kernel::Secret;
use wardkey::store::tenant::AccountProfile;
use wardkey::tenant::patient_directory::DirectoryAuthentication;

const SCOPE: &str = "openid launch/patient launch/encounter patient/*.rs";
/// WebDriver's codes for keys (W3C WebDriver, "Keyboard actions").
const DOWN: &str = "\u{e015}";
const ENTER: &str = "\u{e007}";

fn records() -> Vec<Value> {
    let mut all = vec![
        patient("maria", "Maria", "Lopez", "1984-03-12", "MRN-204100"),
        patient("maria-2", "Maria", "Lopez", "1951-11-30", "MRN-204137"),
        patient(
            "anneliese",
            "Anneliese Wilhelmine Charlotte",
            "Lopez von Hohenstein-Brandenburg",
            "1948-05-02",
            "MRN-3",
        ),
        patient("layla", "ليلى", "Lopez منصور", "1988-11-03", "MRN-204174"),
        encounter(
            "now",
            "maria-2",
            "in-progress",
            "2026-11-19T09:30:00Z",
            "Hip replacement",
        ),
        encounter("old", "maria-2", "finished", "2025-02-01T08:00:00Z", "Check up"),
    ];
    all.extend((1..=6).map(|n| {
        patient(
            &format!("l{n}"),
            "Luis",
            "Lopez",
            "1990-01-01",
            &format!("MRN-30000{n}"),
        )
    }));
    all
}

struct Hospital {
    app: TestApp,
    server: FhirServer,
    _served: Served,
}

impl Hospital {
    async fn open() -> Self {
        let port = Port::take().await;
        let app = TestApp::at(Database::sqlite(), port.base()).await;
        let server = FhirServer::start(records()).await;
        let tenant = app.tenant("northside").await;
        connect(&tenant, &server, DirectoryAuthentication::None).await;
        let metadata = json!({ "token_endpoint_auth_method": "none", "scope": format!("launch/encounter {CEILING}") });
        tenant.client(PUBLIC, metadata).await;
        let served = port.serve(app.router.clone());
        Self {
            app,
            server,
            _served: served,
        }
    }

    fn tenant(&self) -> TestTenant<'_> {
        TestTenant {
            app: &self.app,
            slug: "northside".to_owned(),
        }
    }

    async fn sign_in(&self, browser: &Browser, username: &str) {
        let query = self.tenant().authorization_request(SCOPE);
        browser.goto(&format!("{}{}", self.app.base, query.address())).await;
        browser.fill("User name", username).await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Sign in").await;
    }
}

async fn type_keys(browser: &Browser, keys: &str) {
    let focused = browser
        .client()
        .active_element()
        .await
        .expect("something has the focus");
    focused.send_keys(keys).await.expect("it takes keys");
}

#[tokio::test]
async fn a_clinician_gets_through_both_pickers_by_keyboard_alone() {
    let Some(browser) = Browser::open().await else { return };
    let hospital = Hospital::open().await;
    hospital.server.set_page_size(4);
    browser.resize(1280, 1100).await;
    hospital.sign_in(&browser, "ada").await;
    browser.wait_for("input[name=query]").await;
    browser.screenshot("picker-first").await;
    // The field for the name has the focus: type, Enter, arrow down twice, Enter.
    type_keys(&browser, "lopez").await;
    type_keys(&browser, ENTER).await;
    browser.wait_for("button[value=maria-2]").await;
    browser.screenshot("picker-results").await;
    browser
        .wait_for("#query")
        .await
        .click()
        .await
        .expect("the field takes the focus");
    type_keys(&browser, DOWN).await;
    type_keys(&browser, DOWN).await;
    browser.screenshot("picker-keyboard").await;
    type_keys(&browser, ENTER).await;
    browser.wait_for("button[name=encounter]").await;
    browser.screenshot("encounters").await;
    assert!(browser.page_text().await.contains("Hip replacement"));
    let first = browser
        .client()
        .find(Locator::Css("button[name=encounter]"))
        .await
        .expect("an encounter");
    assert_eq!(
        first.attr("value").await.unwrap().as_deref(),
        Some("now"),
        "the one in progress comes first"
    );
    first.send_keys(ENTER).await.expect("it takes keys");
    browser.wait_for("button[value=allow]").await;
    assert!(browser.page_text().await.contains("Maria Lopez"));
}

#[tokio::test]
async fn every_state_fits_a_telephone_and_says_what_to_do() {
    let Some(browser) = Browser::open().await else { return };
    let hospital = Hospital::open().await;
    hospital.server.set_page_size(4);
    browser.resize(360, 900).await;
    hospital.sign_in(&browser, "ada").await;
    let search = async |value: &str, words: &str, name: &str| {
        browser.fill("Name", value).await;
        browser.press("Search").await;
        browser.wait_for_words("main", words).await;
        browser.screenshot(name).await;
        assert!(!browser.overflows_sideways().await, "{name}");
    };
    search("lopez", "4 patients on this page", "picker-results-360").await;
    browser.press("Next patients").await;
    browser.wait_for_words("main", "Previous patients").await;
    browser.screenshot("picker-second-page-360").await;
    search("l", "at least two letters", "picker-short-360").await;
    search("nobody", "No patient found", "picker-empty-360").await;
    hospital.server.set_mood(Mood::Status(503));
    search("lopez", "cannot be reached", "picker-failed-360").await;
    hospital.server.set_mood(Mood::Nonsense);
    search("lopez", "cannot be searched", "picker-out-of-order-360").await;
}

#[tokio::test]
async fn a_parent_chooses_a_child_on_a_telephone() {
    let Some(browser) = Browser::open().await else { return };
    let hospital = Hospital::open().await;
    let tenant = hospital.tenant();
    let profile = AccountProfile {
        subject: "parent".to_owned(),
        name: Some("Rosa Lopez".to_owned()),
        fhir_user: Some("RelatedPerson/rosa".to_owned()),
        patients: vec!["maria".to_owned(), "maria-2".to_owned()],
        ..AccountProfile::default()
    };
    let passwords = hospital.app.app.federation().passwords();
    let password = Secret::new(PASSWORD.to_owned());
    let admin = tenant.admin().await;
    admin
        .save_local_account(STAFF, &profile, &password, passwords)
        .await
        .unwrap();
    browser.resize(360, 900).await;
    hospital.sign_in(&browser, "parent").await;
    browser.wait_for("button[value=maria]").await;
    browser.screenshot("records-360").await;
    assert!(!browser.overflows_sideways().await);
    browser.wait_for("button[value=maria-2]").await.click().await.unwrap();
    browser.wait_for("button[name=encounter]").await;
    browser.screenshot("encounters-360").await;
    assert!(!browser.overflows_sideways().await);
    browser.press("No particular visit").await;
    browser.wait_for("button[value=allow]").await;
}
