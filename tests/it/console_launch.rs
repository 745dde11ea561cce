//! The launch tester: what it says is what a real launch gives; and it gives nothing away itself.

use crate::support::app::{PUBLIC, TestApp, TestTenant, claims};
use crate::support::html_form::HtmlForm;
use crate::support::http_browser::Page;
use axum::http::Method;
use serde_json::{Value, json};
use wardkey::tenant::roles::Role;

fn form(page: &Page, ending: &str) -> HtmlForm {
    let mut forms = page.forms();
    forms.retain(|form| form.action.ends_with(ending));
    assert!(!forms.is_empty(), "no form to {ending} at {page}");
    forms.remove(0)
}

async fn rehearse(tenant: &TestTenant<'_>, token: &str, body: &Value) -> Value {
    let answer = tenant.api(token, Method::POST, "/launch-rehearsals", Some(body)).await;
    answer.assert_status(200).json()
}

/// What two answers for two people must differ in.
const OF_ONE_ANSWER: [&str; 7] = ["jti", "iat", "exp", "sub", "auth_time", "amr", "acr"];

fn comparable(mut claims: Value) -> Value {
    for name in OF_ONE_ANSWER {
        claims.as_object_mut().unwrap().remove(name);
    }
    claims
}

#[tokio::test]
async fn what_is_foretold_is_what_a_real_sign_in_gives() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let scope = "openid fhirUser launch/patient offline_access patient/*.cruds system/*.rs nonsense";
    let tokens = tenant.tokens(scope, "pat").await;
    let real = claims(tokens["access_token"].as_str().unwrap());
    let patient = tokens["patient"].as_str().unwrap();
    let token = tenant.administrator("olga", &[Role::Owner]).await;
    let foretold = rehearse(
        &tenant,
        &token,
        &json!({
            "client_id": PUBLIC, "scope": scope, "standalone": true, "patient": patient,
            "fhir_user": format!("Patient/{patient}"), "roles": real["roles"].as_array().cloned().unwrap_or_default(),
        }),
    )
    .await;
    assert_eq!(foretold["outcome"], "granted", "{foretold}");
    assert_eq!(foretold["granted"], tokens["scope"]);
    assert_eq!(comparable(foretold["access_token"].clone()), comparable(real));
    let response = &foretold["token_response"];
    let names = |object: &Value| -> Vec<String> { object.as_object().unwrap().keys().cloned().collect() };
    let mut expected = names(&tokens);
    let mut found = names(response);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    for member in ["scope", "expires_in", "token_type", "patient"] {
        assert_eq!(response[member], tokens[member], "{member}");
    }
    assert_eq!(response["access_token"], "(not issued)");
}

#[tokio::test]
async fn each_scope_that_is_withheld_says_which_rule_took_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let token = tenant.administrator("olga", &[Role::Owner]).await;
    let foretold = rehearse(
        &tenant,
        &token,
        &json!({
            "client_id": PUBLIC, "scope": "openid system/*.rs nonsense launch patient/*.rs",
            "context": { "patient": "pat-1" }, "fhir_user": "Practitioner/ada",
        }),
    )
    .await;
    let rules: Vec<(&str, &str)> = foretold["removed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|removed| (removed["scope"].as_str().unwrap(), removed["rule"].as_str().unwrap()))
        .collect();
    assert!(rules.iter().any(|(scope, _)| *scope == "nonsense"), "{rules:?}");
    assert!(rules.iter().any(|(scope, _)| *scope == "system/*.rs"), "{rules:?}");
    assert_eq!(foretold["token_response"]["patient"], "pat-1");
    assert_eq!(foretold["token_response"]["need_patient_banner"], true);
}

#[tokio::test]
async fn a_person_who_would_have_to_choose_and_one_who_is_refused_are_told_apart() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let token = tenant.administrator("olga", &[Role::Owner]).await;
    let standalone = json!({
        "client_id": PUBLIC, "scope": "openid launch/patient patient/*.rs", "standalone": true, "fhir_user": "Practitioner/ada",
    });
    let foretold = rehearse(&tenant, &token, &standalone).await;
    assert_eq!(foretold["outcome"], "choose_patient", "{foretold}");
    assert_eq!(foretold["token_response"], Value::Null);
    let for_some = json!({ "token_endpoint_auth_method": "none", "user_roles": ["surgeon"] });
    tenant.client(PUBLIC, for_some).await;
    let refused = rehearse(&tenant, &token, &standalone).await;
    assert_eq!(
        (refused["outcome"].as_str(), refused["error"].as_str()),
        (Some("refused"), Some("access_denied")),
        "{refused}"
    );
}

#[tokio::test]
async fn a_rehearsal_stores_and_records_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let token = tenant.administrator("olga", &[Role::Owner]).await;
    let admin = tenant.admin().await;
    let before = admin
        .list_events(&wardkey::store::tenant::EventFilter::default(), 200)
        .await;
    let body = json!({ "client_id": PUBLIC, "context": { "patient": "pat-1" }, "fhir_user": "Practitioner/ada" });
    rehearse(&tenant, &token, &body).await;
    let after = admin
        .list_events(&wardkey::store::tenant::EventFilter::default(), 200)
        .await;
    let ids = |events: Vec<wardkey::store::tenant::RecordedEvent>| -> Vec<String> {
        events.into_iter().map(|event| event.id.to_string()).collect()
    };
    assert_eq!(ids(before.unwrap()), ids(after.unwrap()));
    assert!(admin.list_launches("", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_who_may_launch_may_rehearse() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let token = tenant.administrator("otto", &[Role::Auditor]).await;
    let body = json!({ "client_id": PUBLIC });
    let refused = tenant
        .api(&token, Method::POST, "/launch-rehearsals", Some(&body))
        .await;
    refused.assert_status(403);
    let mut browser = tenant.console_of(&[Role::Auditor]).await;
    let page = browser.goto(&tenant.console("launch")).await;
    assert_eq!(page.response.status, 403, "{page}");
}

#[tokio::test]
async fn the_console_shows_it_and_makes_a_real_launch_that_opens_the_patient() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let launched = json!({ "token_endpoint_auth_method": "none", "launch_uris": ["https://app.test/launch"] });
    tenant.client(PUBLIC, launched).await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console("launch?app=growth-chart")).await;
    let filled = form(&page, "/launch")
        .with("patient", "pat-1")
        .with("scope", "openid launch patient/*.rs");
    let shown = browser.submit(&page, &filled).await;
    let text = shown.response.text();
    for words in [
        "The app gets its tokens",
        "&#34;patient&#34;: &#34;pat-1&#34;",
        "(not issued)",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(!shown.url.as_str().contains("pat-1"));
    let mut start = form(&shown, "/launch");
    start.action = tenant.console("launch/start");
    let ready = browser.submit(&shown, &start).await;
    let text = ready.response.text();
    let (_, rest) = text.split_once("href=\"https://app.test/launch?").expect("an address");
    let address = rest
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let handle = url::form_urlencoded::parse(address.as_bytes())
        .find(|(name, _)| name == "launch")
        .map(|(_, value)| value.into_owned())
        .expect("a launch");
    let query = tenant
        .authorization_request("openid launch patient/*.rs")
        .with("launch", &handle);
    let done = tenant.authorize(&mut app.browser(), &query, "ada").await;
    let tokens = tenant
        .redeem(&done.parameter("code").expect("a code"))
        .await
        .assert_status(200)
        .json();
    assert_eq!(tokens["patient"], "pat-1");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_kept() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&tenant.console("launch")).await;
    for (field, value) in [("app", "nobody"), ("patient", "not an id!")] {
        let filled = form(&page, "/launch")
            .with("app", PUBLIC)
            .with("roles", "kept-role")
            .with(field, value);
        for action in ["launch", "launch/start"] {
            let mut sent = filled.clone();
            sent.action = tenant.console(action);
            let wrong = browser.submit(&page, &sent).await;
            assert_eq!(wrong.response.status, 422, "{field} {action}: {wrong}");
            let text = wrong.response.text();
            assert!(
                text.contains(&format!("href=\"#{field}\"")) && text.contains("kept-role"),
                "{field}: {text}"
            );
        }
    }
}
