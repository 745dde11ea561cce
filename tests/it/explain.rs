//! `wardkey explain`, as the function under it: what was asked for, what each rule took, and what became of it.

use crate::support::app::{CEILING, PASSWORD, PUBLIC, TestApp, TestTenant};
use crate::support::backend::{Backend, ask};
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::ControlError;
use wardkey::oauth::jose::SigningAlgorithm;

async fn explain(tenant: &TestTenant<'_>, text: &str) -> Value {
    let explanation = tenant.admin().await.explain(text).await;
    json!(explanation.unwrap_or_else(|error| panic!("{error}")))
}

/// The rule that took each scope.
fn rules(explanation: &Value) -> Vec<(&str, &str)> {
    let removed = explanation["removed"].as_array().unwrap().iter();
    removed
        .map(|removed| (removed["scope"].as_str().unwrap(), removed["rule"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn every_rule_that_took_something_is_named() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let members = [(
        "role_ceilings.physician",
        "patient/*.cruds user/Patient.rs user/Observation.rs",
    )];
    let members = members.map(|(name, value)| (name.to_owned(), value.to_owned()));
    app.platform.set_settings("northside", &members).await.unwrap();
    tenant
        .client(
            PUBLIC,
            json!({ "token_endpoint_auth_method": "none", "scope": format!("{CEILING} email system/*.rs") }),
        )
        .await;
    let scope = "openid fhirUser offline_access email nonsense patient/x.y user/Goal.rs user/Patient.cruds system/*.rs \
                 user/Observation.rs?code=1 user/Observation.rs launch/encounter";
    let mut browser = app.browser();
    let page = browser.goto(&tenant.authorization_request(scope).address()).await;
    let page = browser
        .submit(&page, &page.form().with("username", "ada").with("password", PASSWORD))
        .await;
    let mut form = page.form().with("decision", "allow");
    form.fields
        .retain(|(_, value)| value != "user.read.Observation" && value != "offline_access");
    let code = browser.submit(&page, &form).await.parameter("code").unwrap();
    let told = explain(&tenant, &code).await;
    assert_eq!(told["what"], "authorization code");
    assert_eq!(told["requested"], scope);
    assert_eq!(told["granted"], "openid fhirUser user/Patient.rs");
    assert_eq!(told["client_id"], PUBLIC);
    assert_eq!(told["audience"], tenant.fhir());
    let expected = [
        ("nonsense", "unknown"),
        ("patient/x.y", "unknown"),
        ("user/Observation.rs?code=1", "parameter_not_offered"),
        ("launch/encounter", "client_ceiling"),
        ("email", "tenant_ceiling"),
        ("system/*.rs", "grant_type"),
        ("user/Goal.rs", "user"),
        ("user/Patient.cruds", "user"),
        ("user/Observation.rs", "consent"),
        ("offline_access", "consent"),
    ];
    assert_eq!(rules(&told), expected);
    for removed in told["removed"].as_array().unwrap() {
        assert!(!removed["because"].as_str().unwrap().is_empty() && !removed["change"].as_str().unwrap().is_empty());
    }
    // Ids and scopes, not people.
    let text = told.to_string();
    for personal in ["Ada", "Okafor", "Practitioner/ada", "acc_", "1234567893"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
}

#[tokio::test]
async fn a_code_a_token_and_a_grant_lead_to_the_same_grant_and_its_state() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let scope = "openid fhirUser offline_access launch/patient patient/*.rs";
    let code = tenant.code(scope, "pat").await;
    assert!(
        explain(&tenant, &code).await["state"]
            .as_str()
            .unwrap()
            .starts_with("not used yet")
    );
    let tokens = tenant.redeem(&code).await.assert_status(200).json();
    let (access, refresh) = (
        tokens["access_token"].as_str().unwrap(),
        tokens["refresh_token"].as_str().unwrap(),
    );
    let told = explain(&tenant, &code).await;
    assert!(told["state"].as_str().unwrap().starts_with("used at"), "{told}");
    let grant = told["grant"].clone();
    assert_eq!(grant["live"], true);
    for text in [access, refresh, grant["id"].as_str().unwrap()] {
        let told = explain(&tenant, text).await;
        assert_eq!(
            (
                &told["grant"],
                &told["granted"],
                told["removed"].as_array().unwrap().len()
            ),
            (&grant, &json!(scope), 0)
        );
        assert!(!told.to_string().contains("pat-1"), "{told}");
    }
    app.wait(Duration::from_mins(20));
    assert!(
        explain(&tenant, access).await["state"]
            .as_str()
            .unwrap()
            .starts_with("expired at")
    );
    // The code comes a second time: everything falls, and that is the reason told.
    tenant.redeem(&code).await.assert_status(400);
    let told = explain(&tenant, refresh).await;
    assert_eq!(told["grant"]["live"], false);
    assert!(
        told["grant"]["state"].as_str().unwrap().contains("presented twice"),
        "{told}"
    );
}

#[tokio::test]
async fn a_token_refreshed_for_less_says_so() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant
        .tokens("openid offline_access patient/Patient.rs patient/Goal.rs", "pat")
        .await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ("scope", "patient/Goal.rs"),
        ("client_id", PUBLIC),
    ];
    let refreshed = tenant.token(&form).await.assert_status(200).json();
    let told = explain(&tenant, refreshed["access_token"].as_str().unwrap()).await;
    assert_eq!(told["granted"], "patient/Goal.rs");
    let rule = "original_grant";
    assert_eq!(
        rules(&told),
        [("openid", rule), ("offline_access", rule), ("patient/Patient.rs", rule)]
    );
    let replaced = explain(&tenant, tokens["refresh_token"].as_str().unwrap()).await;
    assert!(
        replaced["state"].as_str().unwrap().starts_with("used and replaced"),
        "{replaced}"
    );
}

#[tokio::test]
async fn an_interaction_is_explained_while_it_runs_and_when_it_was_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    // Clerks may open no data here, so nothing of this request is left.
    let members = [("role_ceilings.front-desk".to_owned(), "user/Appointment.rs".to_owned())];
    app.platform.set_settings("northside", &members).await.unwrap();
    let mut browser = app.browser();
    let query = tenant.authorization_request("user/Goal.rs nonsense");
    let page = browser.goto(&query.address()).await;
    let handle = page.url.path().rsplit('/').next().unwrap().to_owned();
    let running = explain(&tenant, &handle).await;
    assert!(running["state"].as_str().unwrap().starts_with("under way"), "{running}");
    assert_eq!(running["requested"], "user/Goal.rs nonsense");
    assert_eq!(running["granted"], Value::Null);
    let form = page.form().with("username", "clerk").with("password", PASSWORD);
    let refused = browser.submit(&page, &form).await;
    assert_eq!(refused.parameter("error").as_deref(), Some("access_denied"));
    let told = explain(&tenant, &handle).await;
    assert!(told["state"].as_str().unwrap().contains("nothing_grantable"), "{told}");
    assert_eq!(rules(&told), [("nonsense", "unknown"), ("user/Goal.rs", "user")]);
}

#[tokio::test]
async fn what_nobody_gave_out_and_what_another_tenant_did_is_unknown() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let elsewhere = app.tenant("lakeside").await;
    let tokens = tenant
        .tokens("openid offline_access launch/patient patient/*.rs", "pat")
        .await;
    let code = tenant.code("openid", "pat").await;
    let access = tokens["access_token"].as_str().unwrap();
    let (signed, _) = access.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", "A".repeat(86));
    for (at, text) in [
        (&elsewhere, access),
        (&elsewhere, tokens["refresh_token"].as_str().unwrap()),
        (&elsewhere, code.as_str()),
        (&tenant, forged.as_str()),
        (&tenant, tokens["id_token"].as_str().unwrap()),
        (&tenant, "wkc_nothing"),
        (&tenant, ""),
    ] {
        let error = at.admin().await.explain(text).await.unwrap_err();
        assert!(matches!(error, ControlError::NotFound { .. }), "{error}");
        assert!(
            text.is_empty() || !error.to_string().contains(text),
            "a secret is not repeated"
        );
    }
}

#[tokio::test]
async fn a_backend_services_token_explains_itself() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
    let asked = "system/Patient.rs system/Goal.rs nonsense";
    let less = ask(&tenant, &backend.sign(&Backend::claims(&tenant)), asked)
        .await
        .assert_status(200)
        .json();
    let told = explain(&tenant, less["access_token"].as_str().unwrap()).await;
    assert_eq!(
        (&told["requested"], &told["granted"]),
        (&json!(asked), &json!("system/Patient.rs"))
    );
    assert_eq!(
        rules(&told),
        [("nonsense", "unknown"), ("system/Goal.rs", "client_ceiling")]
    );
    assert_eq!(told["grant"], Value::Null);
    let whole = ask(&tenant, &backend.sign(&Backend::claims(&tenant)), "system/Patient.rs")
        .await
        .assert_status(200)
        .json();
    let told = explain(&tenant, whole["access_token"].as_str().unwrap()).await;
    assert_eq!(
        (&told["requested"], &told["removed"]),
        (&json!("system/Patient.rs"), &json!([]))
    );
}
