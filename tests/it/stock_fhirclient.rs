//! The stock SMART clients of npm and PyPI, unchanged, against the demonstration's FHIR data: the one in a real browser, the other
//! as an app on a server.

use crate::support::browser::Browser;
use crate::support::demo::{RunningDemo, allow};
use crate::support::node_peer::FhirclientApp;
use crate::support::python_peer::PythonFhirclient;
use serde_json::{Value, json};
use wardkey::control::clients::SecretPolicy;
use wardkey::oauth::client_registration::ClientRegistration;

const STANDALONE: &str = "launch/patient openid fhirUser offline_access patient/*.rs";

async fn register(demo: &RunningDemo, redirect_uri: &str, more: Value) {
    let mut registration = json!({
        "client_name": "Stock client", "token_endpoint_auth_method": "none", "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid fhirUser profile offline_access launch launch/patient patient/*.rs patient/*.read",
    });
    for (name, value) in more.as_object().unwrap() {
        registration[name] = value.clone();
    }
    let registration: ClientRegistration = serde_json::from_value(registration).unwrap();
    let admin = demo.demo.platform.tenant("lakeside").await.unwrap();
    admin
        .save_client("stock", registration, SecretPolicy::KeepOrCreate)
        .await
        .unwrap();
}

async fn sign_in(browser: &Browser, username: &str) {
    browser.press("Hospital account").await;
    browser.fill("User name", username).await;
    browser.fill("Password", "demonstration").await;
    browser.press("Sign in").await;
    browser.wait_for("button[value=allow]").await;
    browser.press("Allow").await;
}

async fn shown(browser: &Browser, selector: &str) -> Value {
    serde_json::from_str(&browser.text(selector).await).unwrap()
}

#[tokio::test]
async fn fhirclient_launches_standalone_reads_the_patient_and_refreshes() {
    let settings = json!({ "client_id": "stock", "scope": STANDALONE });
    let (Some(browser), Some(stock)) = (Browser::open().await, FhirclientApp::start(&settings)) else {
        return;
    };
    let demo = RunningDemo::start().await;
    register(&demo, stock.redirect_uri(), json!({})).await;
    let fhir_base = demo.population.fhir_base("lakeside");
    let mut launch = stock.launch_url();
    launch.query_pairs_mut().append_pair("iss", &fhir_base);
    browser.goto(launch.as_str()).await;
    sign_in(&browser, "maria").await;
    browser.wait_for_text("#status", "ready").await;
    let first = shown(&browser, "#token").await;
    assert_eq!(first["patient"], "maria");
    let claims = shown(&browser, "#claims").await;
    assert_eq!(claims["fhirUser"], format!("{fhir_base}/Patient/maria"));
    assert_eq!(shown(&browser, "#patient").await["resourceType"], "Patient");
    browser.wait_for("#refresh").await.click().await.unwrap();
    browser.wait_for_text("#status", "ready").await;
    let second = shown(&browser, "#token").await;
    assert_eq!(second["scope"], first["scope"]);
    assert_eq!(second["patient"], "maria");
}

#[tokio::test]
async fn fhirclient_is_launched_from_the_ehrs_page_with_patient_and_encounter() {
    let settings = json!({ "client_id": "stock", "scope": "launch openid fhirUser offline_access patient/*.rs" });
    let (Some(browser), Some(stock)) = (Browser::open().await, FhirclientApp::start(&settings)) else {
        return;
    };
    let demo = RunningDemo::start().await;
    let launch_uri = json!({ "launch_uris": [stock.launch_url()] });
    register(&demo, stock.redirect_uri(), launch_uri).await;
    browser.goto(&demo.address("/demo/launcher?tenant=lakeside")).await;
    browser.choose_option("App", "Stock client").await;
    browser.choose_option("Patient", "James Whitfield, 1972-07-04").await;
    browser.fill("Intent", "review").await;
    browser.press("Prepare the launch").await;
    let address = browser.wait_for("a[target=_blank]").await.attr("href").await.unwrap();
    browser.goto(&address.unwrap()).await;
    sign_in(&browser, "ana").await;
    browser.wait_for_text("#status", "ready").await;
    let tokens = shown(&browser, "#token").await;
    assert_eq!(tokens["patient"], "james");
    assert_eq!(tokens["encounter"], "james-visit");
    assert_eq!(tokens["intent"], "review");
    assert_eq!(shown(&browser, "#patient").await["id"], "james");
    browser.wait_for("#refresh").await.click().await.unwrap();
    browser.wait_for_text("#status", "ready").await;
    assert_eq!(shown(&browser, "#token").await["encounter"], "james-visit");
}

/// The library sends no proof when it refreshes; an app with a key has to use another one for that, and is told why.
#[tokio::test]
async fn fhirclient_launches_with_a_key_and_cannot_refresh_without_it() {
    let settings = json!({ "client_id": "stock", "scope": STANDALONE, "with_key": true });
    let (Some(browser), Some(stock)) = (Browser::open().await, FhirclientApp::start(&settings)) else {
        return;
    };
    let demo = RunningDemo::start().await;
    let key = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": stock.jwks() });
    register(&demo, stock.redirect_uri(), key).await;
    let mut launch = stock.launch_url();
    launch
        .query_pairs_mut()
        .append_pair("iss", &demo.population.fhir_base("lakeside"));
    browser.goto(launch.as_str()).await;
    sign_in(&browser, "maria").await;
    browser.wait_for_text("#status", "ready").await;
    assert_eq!(shown(&browser, "#patient").await["id"], "maria");
    browser.wait_for("#refresh").await.click().await.unwrap();
    browser.wait_for_text("#status", "failed").await;
    browser.wait_for_words("#error", "invalid_client").await;
}

#[tokio::test]
async fn the_python_client_launches_standalone_reads_searches_and_refreshes() {
    let Some(python) = PythonFhirclient::find() else { return };
    let demo = RunningDemo::start().await;
    // Nothing listens there: the browser stops, and the app is handed the address.
    let redirect_uri = "https://app.test/fhir-app/";
    register(&demo, redirect_uri, json!({})).await;
    let settings = json!({
        "app_id": "stock", "api_base": demo.population.fhir_base("lakeside"), "redirect_uri": redirect_uri,
        "scope": "openid fhirUser offline_access patient/*.read",
    });
    let address = python.begin(&settings).await;
    let mut browser = demo.browser();
    let page = browser.goto(&address).await;
    let page = allow(&mut browser, page, "maria", redirect_uri).await;
    let outcome = python.finish(page.url.as_str()).await;
    assert_eq!(outcome["context"]["patient"], "maria");
    assert_eq!(outcome["patient"]["resourceType"], "Patient");
    assert_eq!(outcome["name"], "Maria Lopez");
    assert!(outcome["observations"].as_u64().unwrap() > 10, "{outcome}");
    assert_eq!(outcome["refreshed"], true);
    assert_eq!(outcome["context_after"]["patient"], "maria");
}
