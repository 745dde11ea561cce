//! The stock SMART JavaScript client, unchanged, in a real browser against the demonstration's FHIR data.

use crate::support::browser::Browser;
use crate::support::demo::RunningDemo;
use crate::support::node_peer::FhirclientApp;
use serde_json::{Value, json};
use wardkey::control::clients::SecretPolicy;
use wardkey::oauth::client_registration::ClientRegistration;

#[tokio::test]
async fn fhirclient_launches_standalone_reads_the_patient_and_refreshes() {
    let settings =
        json!({ "client_id": "stock", "scope": "launch/patient openid fhirUser offline_access patient/*.rs" });
    let (Some(browser), Some(stock)) = (Browser::open().await, FhirclientApp::start(&settings)) else {
        return;
    };
    let running = RunningDemo::start().await;
    let registration: ClientRegistration = serde_json::from_value(json!({
        "client_name": "Stock client", "token_endpoint_auth_method": "none", "redirect_uris": [stock.redirect_uri()],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid fhirUser offline_access launch/patient patient/*.rs",
    }))
    .unwrap();
    let admin = running.demo.platform.tenant("lakeside").await.unwrap();
    admin
        .save_client("stock", registration, SecretPolicy::KeepOrCreate)
        .await
        .unwrap();
    let fhir_base = running.population.fhir_base("lakeside");
    let mut launch = stock.launch_url();
    launch.query_pairs_mut().append_pair("iss", &fhir_base);
    browser.goto(launch.as_str()).await;
    browser.press("Hospital account").await;
    browser.fill("User name", "maria").await;
    browser.fill("Password", "demonstration").await;
    browser.press("Sign in").await;
    browser.wait_for("button[value=allow]").await;
    browser.press("Allow").await;
    browser.wait_for_text("#status", "ready").await;
    let first: Value = serde_json::from_str(&browser.text("#token").await).unwrap();
    assert_eq!(first["patient"], "maria");
    let claims: Value = serde_json::from_str(&browser.text("#claims").await).unwrap();
    assert_eq!(claims["fhirUser"], format!("{fhir_base}/Patient/maria"));
    let patient: Value = serde_json::from_str(&browser.text("#patient").await).unwrap();
    assert_eq!(patient["resourceType"], "Patient");
    browser.wait_for("#refresh").await.click().await.unwrap();
    browser.wait_for_text("#status", "ready").await;
    let second: Value = serde_json::from_str(&browser.text("#token").await).unwrap();
    assert_eq!(second["scope"], first["scope"]);
    assert_eq!(second["patient"], "maria");
}
