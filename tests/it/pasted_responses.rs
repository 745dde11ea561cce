//! Mapping rules tried on a SAML response that an administrator pasted: what it says is shown, whether the provider said it is said
//! plainly, and nobody is signed in by it.

use crate::support::app::{STAFF, TestApp, TestTenant};
use crate::support::saml_idp::{IDP, OTHER, Sign};
use crate::support::saml_sign_in::{connect, draft};
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::time::Duration;
use wardkey::control::ControlError;
use wardkey::control::mapping::{MappingReport, MappingSubject};
use wardkey::control::sign_in_traces::WantedTraces;
use wardkey::tenant::roles::Role;

async fn try_on(tenant: &TestTenant<'_>, pasted: &str, reveal: bool) -> Result<MappingReport, ControlError> {
    let directory = tenant.app.app.federation().patient_directory().clone();
    let subject = MappingSubject::SamlResponse(pasted.to_owned());
    let admin = tenant.admin().await;
    admin
        .dry_run_mapping(&directory, "hospital", None, &subject, reveal)
        .await
}

fn identity(report: &MappingReport) -> String {
    report.identity.as_ref().map(ToString::to_string).unwrap_or_default()
}

#[tokio::test]
async fn a_genuine_response_is_verified_for_its_own_moment_and_signs_nobody_in() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let xml = draft(&tenant, "morgan", Some("_a-request-of-another-day")).write(Sign::Assertion);
    app.wait(Duration::from_hours(48));
    for pasted in [xml.clone(), STANDARD.encode(&xml)] {
        let report = try_on(&tenant, &pasted, false).await.unwrap();
        let response = report.response.as_ref().unwrap();
        assert!(report.accepted && response.verified, "{report:?}");
        assert!(
            !report.masked && identity(&report).contains("Patient/morgan"),
            "{report:?}"
        );
        assert!(response.issued_at.is_some());
    }
    let admin = tenant.admin().await;
    let traces = admin.list_sign_in_traces(&WantedTraces::default(), 9).await.unwrap();
    assert!(traces.is_empty(), "nothing happened");
    let mut rows = admin.cx().read().await.unwrap();
    let provider = admin.get_identity_provider("hospital").await.unwrap().id;
    assert!(
        rows.find_account_by_subject(provider, "persistent||morgan")
            .await
            .unwrap()
            .is_none(),
        "nobody was signed in"
    );
}

#[tokio::test]
async fn what_nobody_vouches_for_is_tried_out_and_called_so() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let genuine = draft(&tenant, "morgan", None);
    let changed = genuine.write(Sign::Assertion).replace(">morgan<", ">mallory<");
    let forged = genuine.write_by(&OTHER, Sign::Assertion);
    for (pasted, check, user) in [
        (changed, "signature", "Patient/mallory"),
        (forged, "signature", "Patient/morgan"),
        (genuine.write(Sign::Nothing), "unsigned", "Patient/morgan"),
    ] {
        let report = try_on(&tenant, &pasted, false).await.unwrap();
        let response = report.response.as_ref().unwrap();
        assert!(!report.accepted && !response.verified, "{check}");
        assert_eq!(response.check, Some(check), "{response:?}");
        assert!(identity(&report).contains(user), "{report:?}");
        assert!(report.refusal.as_ref().unwrap().contains(check));
    }
}

#[tokio::test]
async fn a_response_for_another_tenant_is_not_ours() {
    let app = TestApp::new().await;
    let north = connect(&app, "northside", |_| {}).await;
    let south = connect(&app, "southside", |_| {}).await;
    let xml = draft(&south, "morgan", None).write(Sign::Assertion);
    let report = try_on(&north, &xml, false).await.unwrap();
    assert!(!report.response.as_ref().unwrap().verified);
    assert_eq!(report.response.unwrap().check, Some("saml_destination"));
}

#[tokio::test]
async fn what_only_our_key_opens_is_masked_unless_somebody_may_see_it() {
    let app = TestApp::new().await;
    let olga = app
        .tenant("northside")
        .await
        .administrator("olga", &[Role::Owner])
        .await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let admin = tenant.admin().await;
    let ours = admin.show_saml_provider("hospital").await.unwrap();
    let certificate = ours
        .certificates
        .iter()
        .find(|certificate| certificate.purpose == "encryption")
        .unwrap();
    let der: String = certificate
        .certificate
        .lines()
        .filter(|line| !line.starts_with("---"))
        .collect();
    let draft = draft(&tenant, "morgan", None);
    let assertion = IDP.sign(&draft.assertion(), &draft.assertion_id);
    let encrypted = crate::provider_rollover::encrypted_to(&STANDARD.decode(der).unwrap(), &assertion);
    let xml = draft.around(&IDP, &encrypted, false);
    let report = try_on(&tenant, &xml, false).await.unwrap();
    assert!(report.accepted && report.masked, "{report:?}");
    assert!(!identity(&report).contains("morgan"), "{report:?}");
    let revealed = try_on(&tenant, &xml, true).await.unwrap();
    assert!(identity(&revealed).contains("Patient/morgan"));
    let filter = wardkey::store::tenant::EventFilter {
        event: Some("sign_in_trace.revealed"),
        ..wardkey::store::tenant::EventFilter::default()
    };
    assert_eq!(admin.list_events(&filter, 9).await.unwrap().len(), 1);
    let path = "/identity-providers/hospital/mapping/dry-run";
    let body = json!({ "saml_response": xml });
    let answered = tenant.api(&olga, Method::POST, path, Some(&body)).await;
    let answered = answered.assert_status(200).json();
    assert_eq!(answered["response"]["verified"], true);
    assert_eq!(answered["masked"], true);
    let both = json!({ "saml_response": xml, "claims": {} });
    tenant
        .api(&olga, Method::POST, path, Some(&both))
        .await
        .assert_status(422);
}

#[tokio::test]
async fn what_is_no_response_or_of_no_saml_provider_is_said_so() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    for pasted in ["", "hello", "<a/>", "{\"sub\": 1}", "<!DOCTYPE a><a/>"] {
        let error = try_on(&tenant, pasted, false).await.unwrap_err();
        assert!(error.to_string().contains("saml_response"), "{pasted}: {error}");
    }
    let directory = app.app.federation().patient_directory().clone();
    let subject = MappingSubject::SamlResponse("<a/>".to_owned());
    let admin = tenant.admin().await;
    let local = admin.dry_run_mapping(&directory, STAFF, None, &subject, false).await;
    assert!(local.is_err(), "the tenant's own accounts send nothing");
}
