//! A tenant's own page for choosing a patient: the signed request there, the signed answer back.

use crate::patient_picker::connect;
use crate::support::app::{BASE, CEILING, PUBLIC, TestApp, TestTenant, claims, jose_header};
use crate::support::fhir_server::{FhirServer, encounter, patient};
use crate::support::html_form::HtmlForm;
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::http_browser::{HttpBrowser, Page};
use axum::http::Request;
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;
use wardkey::oauth::jose::{JwkSet, JwtType, RsaSize, SigningAlgorithm, SigningKeyPair};
use wardkey::smart::SearchRestriction;
use wardkey::tenant::patient_directory::{DirectoryAuthentication, PickerPage};

const SCOPE: &str = "openid fhirUser launch/patient launch/encounter patient/*.rs";
const PICKER: &str = "https://picker.test/choose";

/// A hospital's picker page, as far as its answers go.
struct Picker {
    key: SigningKeyPair,
}

impl Picker {
    async fn set_up(tenant: &TestTenant<'_>) -> Self {
        let key = SigningKeyPair::generate(SigningAlgorithm::ES384, RsaSize::default()).unwrap();
        let page = PickerPage {
            url: PICKER.to_owned(),
            issuer: PICKER.to_owned(),
            jwks_uri: None,
            jwks: Some(JwkSet {
                keys: vec![key.public_jwk().clone()],
            }),
            encounters: true,
        };
        tenant.admin().await.set_picker_page(Some(page)).await.unwrap();
        Self { key }
    }

    /// What the page answers to a request; members of `change` replace the usual ones, null ones leave them out.
    fn answer(request: &Value, change: &Value) -> Value {
        let mut said = json!({
            "iss": PICKER, "aud": request["iss"], "iat": request["iat"], "exp": request["iat"].as_i64().unwrap() + 60,
            "jti": "1", "state": request["state"], "sub": request["sub"], "patient": "maria", "encounter": "enc-1",
            "patient_display": { "name": "Maria Lopez", "birth_date": "1984-03-12" },
        });
        for (name, value) in change.as_object().unwrap() {
            said[name] = value.clone();
            if value.is_null() {
                said.as_object_mut().unwrap().remove(name);
            }
        }
        said
    }

    fn sign(&self, claims: &Value) -> String {
        sign(&self.key, JwtType::PickerAnswer, claims)
    }
}

fn sign(key: &SigningKeyPair, typ: JwtType, claims: &Value) -> String {
    key.sign(typ, claims).unwrap()
}

async fn prepared<'a>(app: &'a TestApp, server: &FhirServer) -> TestTenant<'a> {
    let tenant = app.tenant("northside").await;
    connect(&tenant, server, DirectoryAuthentication::None).await;
    let metadata = json!({ "token_endpoint_auth_method": "none", "scope": format!("launch/encounter {CEILING}") });
    tenant.client(PUBLIC, metadata).await;
    tenant
}

async fn server() -> FhirServer {
    FhirServer::start(vec![
        patient("maria", "Maria", "Lopez", "1984-03-12", "MRN-1"),
        encounter("enc-1", "maria", "finished", "2026-01-05T10:15:00Z", "Follow-up"),
    ])
    .await
}

/// The request with which the browser arrives at the picker.
async fn arrive(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> (Url, Value) {
    let query = tenant.authorization_request(SCOPE);
    let page = tenant.authorize(browser, &query, "ada").await;
    assert!(page.url.as_str().starts_with(PICKER), "{page}");
    let request = page.parameter("request").unwrap();
    (
        page.url.clone(),
        json!({ "header": jose_header(&request), "claims": claims(&request) }),
    )
}

/// Sends the answer as a form from the picker's page, in the same browser.
async fn come_back(browser: &mut HttpBrowser, request: &Value, response: &str) -> Page {
    let address = request["return_uri"].as_str().unwrap();
    let page = Page {
        url: Url::parse(PICKER).unwrap(),
        response: browser.goto("/healthz").await.response,
    };
    let form = HtmlForm {
        action: address.to_owned(),
        is_post: true,
        fields: vec![("response".to_owned(), response.to_owned())],
    };
    browser.submit(&page, &form).await
}

#[tokio::test]
async fn the_request_says_who_asks_for_what_and_the_answers_choice_is_taken() {
    let app = TestApp::new().await;
    let server = server().await;
    let tenant = prepared(&app, &server).await;
    let picker = Picker::set_up(&tenant).await;
    let mut browser = app.browser();
    let (_, request) = arrive(&tenant, &mut browser).await;
    assert_eq!(request["header"]["typ"], "patient-picker-request+jwt");
    let said = &request["claims"];
    assert_eq!((&said["iss"], &said["aud"]), (&json!(tenant.issuer()), &json!(PICKER)));
    assert_eq!(said["wanted"], json!(["patient", "encounter"]));
    assert_eq!(said["fhirUser"], format!("{}/Practitioner/ada", tenant.fhir()));
    assert_eq!(said["client_id"], PUBLIC);
    assert!(said["return_uri"].as_str().unwrap().starts_with(BASE));
    assert!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap() <= 600);
    let answer = picker.sign(&Picker::answer(said, &json!({})));
    let consent = come_back(&mut browser, said, &answer).await;
    assert!(consent.response.text().contains("Maria Lopez"), "{consent}");
    let done = browser
        .submit(&consent, &consent.form().with("decision", "allow"))
        .await;
    let tokens = tenant
        .redeem(&done.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    assert_eq!(
        (&tokens["patient"], &tokens["encounter"]),
        (&json!("maria"), &json!("enc-1"))
    );
}

#[tokio::test]
async fn an_answer_without_an_encounter_means_none_in_particular_and_without_a_name_the_record_is_read() {
    let app = TestApp::new().await;
    let server = server().await;
    let tenant = prepared(&app, &server).await;
    let picker = Picker::set_up(&tenant).await;
    let mut browser = app.browser();
    let (_, request) = arrive(&tenant, &mut browser).await;
    let said = &request["claims"];
    let change = json!({ "encounter": null, "patient_display": null });
    let consent = come_back(&mut browser, said, &picker.sign(&Picker::answer(said, &change))).await;
    assert!(consent.response.text().contains("Maria Lopez"), "{consent}");
    let done = browser
        .submit(&consent, &consent.form().with("decision", "allow"))
        .await;
    let tokens = tenant
        .redeem(&done.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    assert!(
        tokens.get("encounter").is_none() && !tokens["scope"].as_str().unwrap().contains("encounter"),
        "{tokens}"
    );
}

#[tokio::test]
async fn a_user_who_chose_nobody_goes_back_to_the_app() {
    let app = TestApp::new().await;
    let server = server().await;
    let tenant = prepared(&app, &server).await;
    let picker = Picker::set_up(&tenant).await;
    let mut browser = app.browser();
    let (_, request) = arrive(&tenant, &mut browser).await;
    let said = &request["claims"];
    let change = json!({ "error": "cancelled", "patient": null });
    let back = come_back(&mut browser, said, &picker.sign(&Picker::answer(said, &change))).await;
    assert_eq!(back.parameter("error").as_deref(), Some("access_denied"), "{back}");
}

#[tokio::test]
async fn answers_that_are_forged_late_foreign_or_for_another_request_choose_nobody() {
    let app = TestApp::new().await;
    let server = server().await;
    let tenant = prepared(&app, &server).await;
    let picker = Picker::set_up(&tenant).await;
    let stranger = SigningKeyPair::generate(SigningAlgorithm::ES384, RsaSize::default()).unwrap();
    let mut browser = app.browser();
    let (_, request) = arrive(&tenant, &mut browser).await;
    let said = &request["claims"];
    let now = app.now().seconds();
    let usual = Picker::answer(said, &json!({}));
    let mut forged = vec![
        ("nothing", String::new()),
        ("another key", sign(&stranger, JwtType::PickerAnswer, &usual)),
        ("another type", sign(&picker.key, JwtType::IdToken, &usual)),
    ];
    for (what, change) in [
        ("issuer", json!({ "iss": "https://other.test" })),
        ("audience", json!({ "aud": "https://auth.test/lakeside/auth" })),
        ("state", json!({ "state": "other" })),
        ("user", json!({ "sub": "acc_other" })),
        ("expired", json!({ "iat": now - 600, "exp": now - 300 })),
        ("long-lived", json!({ "exp": now + 3600 })),
        ("no expiry", json!({ "exp": null })),
        ("no patient", json!({ "patient": null })),
        ("no id", json!({ "patient": "Patient/maria" })),
    ] {
        forged.push((what, picker.sign(&Picker::answer(said, &change))));
    }
    for (what, answer) in forged {
        let refused = come_back(&mut browser, said, &answer).await;
        assert_eq!(refused.response.status, 403, "{what}: {refused}");
        assert!(!refused.response.text().contains("value=\"allow\""), "{what}");
    }
    // The right one still counts, once.
    let answer = picker.sign(&usual);
    let consent = come_back(&mut browser, said, &answer).await;
    assert!(consent.response.text().contains("value=\"allow\""), "{consent}");
}

#[tokio::test]
async fn an_answer_counts_for_the_latest_request_only() {
    let app = TestApp::new().await;
    let server = server().await;
    let tenant = prepared(&app, &server).await;
    let picker = Picker::set_up(&tenant).await;
    let mut browser = app.browser();
    let (_, first) = arrive(&tenant, &mut browser).await;
    let path = first["claims"]["return_uri"].as_str().unwrap().replace("/picked", "");
    let again = browser.goto(&path).await;
    let second = claims(&again.parameter("request").unwrap());
    assert_ne!(first["claims"]["state"], second["state"]);
    let old = picker.sign(&Picker::answer(&first["claims"], &json!({})));
    assert_eq!(come_back(&mut browser, &second, &old).await.response.status, 403);
    app.wait(Duration::from_secs(601));
    let late = Picker::answer(
        &second,
        &json!({ "iat": app.now().seconds(), "exp": app.now().seconds() + 60 }),
    );
    assert_eq!(
        come_back(&mut browser, &second, &picker.sign(&late))
            .await
            .response
            .status,
        403
    );
}

#[tokio::test]
async fn without_the_browsers_cookie_the_answer_is_only_passed_on() {
    let app = TestApp::new().await;
    let server = server().await;
    let tenant = prepared(&app, &server).await;
    let picker = Picker::set_up(&tenant).await;
    let mut browser = app.browser();
    let (_, request) = arrive(&tenant, &mut browser).await;
    let said = &request["claims"];
    let answer = picker.sign(&Picker::answer(said, &json!({})));
    let path = said["return_uri"]
        .as_str()
        .unwrap()
        .strip_prefix(BASE)
        .unwrap()
        .to_owned();
    // As a browser sends a form from another site: no cookies.
    let relayed = app
        .router
        .send(Request::post(&path).form(&[("response", answer.as_str())]))
        .await
        .assert_status(200);
    let form = HtmlForm::list(relayed.text()).remove(0);
    assert_eq!(form.action, path);
    assert_eq!(form.find("response"), Some(answer.as_str()));
    // A stranger's browser that gets hold of it gains nothing.
    let stranger = app
        .router
        .send(Request::post(&path).form(&[("response", answer.as_str()), ("relayed", "1")]))
        .await;
    stranger.assert_status(400);
    // The user's browser sends the form of our page.
    let page = Page {
        url: Url::parse(&format!("{BASE}{path}")).unwrap(),
        response: relayed,
    };
    let consent = browser.submit(&page, &form).await;
    assert!(consent.response.text().contains("Maria Lopez"), "{consent}");
}

#[tokio::test]
async fn the_tenants_restriction_holds_for_its_page_too() {
    let app = TestApp::new().await;
    let server = server().await;
    let mut hers = patient("james", "James", "Whitfield", "1972-07-04", "MRN-2");
    hers["generalPractitioner"][0]["reference"] = json!("Practitioner/ben");
    server.add(hers);
    let tenant = prepared(&app, &server).await;
    let picker = Picker::set_up(&tenant).await;
    let restriction = SearchRestriction::parse("general-practitioner={fhirUser}").unwrap();
    tenant
        .admin()
        .await
        .set_patient_choice(Vec::new(), Some(restriction))
        .await
        .unwrap();
    let mut browser = app.browser();
    let (_, request) = arrive(&tenant, &mut browser).await;
    let said = &request["claims"];
    let outside = picker.sign(&Picker::answer(said, &json!({ "patient": "james" })));
    let refused = come_back(&mut browser, said, &outside).await;
    assert_eq!(refused.response.status, 403);
    assert!(
        refused.response.text().contains("may not open this record"),
        "{refused}"
    );
}

#[tokio::test]
async fn the_built_in_picker_is_closed_where_the_tenant_has_its_own() {
    let app = TestApp::new().await;
    let server = server().await;
    let tenant = prepared(&app, &server).await;
    let mut browser = app.browser();
    let query = tenant.authorization_request(SCOPE);
    let first = tenant.authorize(&mut browser, &query, "ada").await;
    Picker::set_up(&tenant).await;
    app.wait(Duration::from_secs(2)); // past the age at which the settings are looked at again
    let form = first.forms().remove(0).with("step", "choose").with("patient", "maria");
    let answer = browser.submit(&first, &form).await;
    assert!(answer.url.as_str().starts_with(PICKER), "{answer}");
}
