//! Rich authorization requests (RFC 9396) of the type `smart_on_fhir`: what an app may do at which FHIR server.

use crate::support::app::{AuthorizationQuery, PASSWORD, PUBLIC, REDIRECT_URI, TestApp, TestTenant, VERIFIER, claims};
use crate::support::backend::{BACKEND, Backend, JWT_BEARER};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use crate::support::http_browser::Page;
use crate::support::openid_suite::{KeyClient, set};
use axum::http::Request;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::oauth::jose::SigningAlgorithm;
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;

const R4: &str = "https://fhir.test/r4";
const R5: &str = "https://fhir.test/r5";
const IMAGES: &str = "patient/ImagingStudy.rs";
const SCOPE: &str = "openid launch/patient patient/Patient.rs offline_access";

async fn tenant(app: &TestApp) -> TestTenant<'_> {
    let document: TenantDocument = serde_json::from_value(json!({
        "fhir_bases": [R4, R5, "https://fhir.test/other"],
        "fhir_servers": [{ "base": R5, "fhir_versions": ["5.0.0"] }],
        "local_accounts": { "sign_in": "everyone" },
    }))
    .unwrap();
    Box::pin(app.tenant_as(NewTenant {
        slug: "northside".to_owned(),
        display_name: "Northside".to_owned(),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document,
    }))
    .await
}

/// Images at the second server; at the first what the scope says.
fn images() -> Value {
    json!([{ "type": "smart_on_fhir", "locations": [R5], "scope": IMAGES }])
}

fn request(tenant: &TestTenant<'_>, details: &Value) -> AuthorizationQuery {
    let query = tenant.authorization_request(SCOPE).with("aud", R4);
    query.with("authorization_details", &details.to_string())
}

async fn redeem(tenant: &TestTenant<'_>, code: &str, more: &[(&str, &str)]) -> Response {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", PUBLIC),
        ("code_verifier", VERIFIER),
    ];
    form.extend(more);
    tenant.token(&form).await
}

async fn tokens(tenant: &TestTenant<'_>, query: &AuthorizationQuery, more: &[(&str, &str)]) -> Value {
    let code = tenant.code_for(query, "pat").await;
    redeem(tenant, &code, more).await.assert_status(200).json()
}

fn token(answer: &Value) -> Value {
    claims(answer["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn each_server_gets_what_was_asked_for_there_and_no_more() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let query = request(&tenant, &images());
    let first = tokens(&tenant, &query, &[]).await;
    assert_eq!(first["scope"], SCOPE);
    assert_eq!(token(&first)["aud"], R4);
    // Nothing was asked for in detail at this one.
    assert!(first.get("authorization_details").is_none(), "{first}");
    let second = tokens(&tenant, &query, &[("resource", R5)]).await;
    assert_eq!(
        second["scope"],
        format!("openid launch/patient offline_access {IMAGES}")
    );
    let told = json!([{ "type": "smart_on_fhir", "locations": [R5], "fhirVersions": ["5.0.0"], "scope": IMAGES }]);
    assert_eq!(second["authorization_details"], told);
    assert_eq!(token(&second)["aud"], R5);
    assert_eq!(token(&second)["authorization_details"], told);
    assert_eq!(token(&second)["scope"], second["scope"]);
    let introspected = tenant.introspect(second["access_token"].as_str().unwrap()).await;
    assert_eq!(introspected["authorization_details"], told);
    assert_eq!(introspected["patient"], "pat-1");
}

#[tokio::test]
async fn details_alone_are_enough_and_name_the_server() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let query = request(&tenant, &images()).without("aud").without("scope");
    let answer = tokens(&tenant, &query, &[]).await;
    assert_eq!(answer["scope"], IMAGES);
    assert_eq!(token(&answer)["aud"], R5);
    assert_eq!(answer["patient"], "pat-1");
}

#[tokio::test]
async fn a_refresh_keeps_the_details_and_may_choose_another_server() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let first = tokens(&tenant, &request(&tenant, &images()), &[("resource", R5)]).await;
    let refresh = |token: String, more: Vec<(&'static str, String)>| {
        let tenant = tenant.clone();
        async move {
            let mut form = vec![
                ("grant_type", "refresh_token"),
                ("refresh_token", token.as_str()),
                ("client_id", PUBLIC),
            ];
            form.extend(more.iter().map(|(name, value)| (*name, value.as_str())));
            tenant.token(&form).await
        }
    };
    let refresh_token = |answer: &Value| answer["refresh_token"].as_str().unwrap().to_owned();
    // The default server again: a refresh token belongs to the grant, not to one token.
    let again = refresh(refresh_token(&first), vec![]).await.assert_status(200).json();
    assert_eq!((&token(&again)["aud"], &again["scope"]), (&json!(R4), &json!(SCOPE)));
    let described = refresh(
        refresh_token(&again),
        vec![("authorization_details", images().to_string())],
    )
    .await
    .assert_status(200)
    .json();
    assert_eq!(token(&described)["aud"], R5);
    assert_eq!(described["authorization_details"][0]["scope"], IMAGES);
    // What is refused costs the refresh token nothing.
    let more = json!([{ "type": "smart_on_fhir", "locations": [R5], "scope": "patient/Patient.rs" }]);
    let last = refresh_token(&described);
    refresh(last.clone(), vec![("authorization_details", more.to_string())])
        .await
        .assert_error(400, "invalid_authorization_details");
    let narrow = vec![("resource", R5.to_owned()), ("scope", "patient/Patient.rs".to_owned())];
    refresh(last.clone(), narrow).await.assert_error(400, "invalid_scope");
    refresh(last, vec![]).await.assert_status(200);
}

#[tokio::test]
async fn a_token_request_may_choose_less_and_never_more() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let details = json!([{ "type": "smart_on_fhir", "locations": [R5, R4], "scope": "patient/*.rs" }]);
    let query = request(&tenant, &details);
    let choose = |location: &str, scope: &str| {
        json!([{ "type": "smart_on_fhir", "locations": [location], "scope": scope }]).to_string()
    };
    let less = choose(R5, "patient/Observation.r");
    let answer = tokens(&tenant, &query, &[("authorization_details", &less)]).await;
    assert_eq!(
        answer["scope"],
        "openid launch/patient offline_access patient/Observation.r"
    );
    assert_eq!(answer["authorization_details"][0]["scope"], "patient/Observation.r");
    assert_eq!(answer["authorization_details"][0]["locations"], json!([R5]));
    let several = json!([{ "type": "smart_on_fhir", "locations": [R4, R5] }]).to_string();
    for (chosen, error) in [
        (choose(R5, "patient/*.cruds"), "invalid_authorization_details"),
        (choose(R5, "user/Patient.rs"), "invalid_authorization_details"),
        (choose("https://fhir.test/other", "patient/*.rs"), "invalid_target"),
        (
            choose("https://evil.test", "patient/*.rs"),
            "invalid_authorization_details",
        ),
        (several, "invalid_authorization_details"),
    ] {
        let code = tenant.code_for(&query, "pat").await;
        let refused = redeem(&tenant, &code, &[("authorization_details", &chosen)]).await;
        refused.assert_error(400, error);
    }
    let code = tenant.code_for(&query, "pat").await;
    let differs = [("authorization_details", less.as_str()), ("resource", R4)];
    redeem(&tenant, &code, &differs)
        .await
        .assert_error(400, "invalid_target");
}

#[tokio::test]
async fn a_grant_without_details_can_be_narrowed_by_them_too() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let query = tenant
        .authorization_request("launch/patient patient/*.rs")
        .with("aud", R4);
    let chosen = json!([{ "type": "smart_on_fhir", "locations": [R4], "scope": "patient/Observation.rs" }]).to_string();
    let answer = tokens(&tenant, &query, &[("authorization_details", &chosen)]).await;
    assert_eq!(answer["scope"], "launch/patient patient/Observation.rs");
    assert_eq!(answer["authorization_details"][0]["fhirVersions"], json!(["4.0.1"]));
}

#[tokio::test]
async fn what_is_not_of_the_type_is_refused_at_the_redirect_uri_and_when_pushed() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    for details in [
        "{}",
        "[]",
        "not json",
        r#"[{"type":"payment_initiation","locations":["https://fhir.test/r4"]}]"#,
        r#"[{"type":"smart_on_fhir"}]"#,
        r#"[{"type":"smart_on_fhir","locations":["https://evil.test/fhir"]}]"#,
        r#"[{"type":"smart_on_fhir","locations":["https://fhir.test/r5"],"fhirVersions":["4.0.1"]}]"#,
        r#"[{"type":"smart_on_fhir","locations":["https://fhir.test/r4"],"patient":"pat-2"}]"#,
        r#"[{"type":"smart_on_fhir","locations":["https://fhir.test/r4"],"scope":"openid"}]"#,
    ] {
        let query = request(&tenant, &json!([])).with("authorization_details", details);
        let answer = tenant.get(&query.address()).await;
        assert_eq!(
            answer.location_parameter("error").as_deref(),
            Some("invalid_authorization_details"),
            "{details}"
        );
        assert_eq!(answer.location_parameter("state").as_deref(), Some("state-of-the-app"));
        let pairs: Vec<_> = query.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let pushed = Request::post(tenant.path("par")).form(&pairs);
        let pushed = app.router.send(pushed).await;
        pushed.assert_error(400, "invalid_authorization_details");
    }
    let twice = request(&tenant, &images()).adding("authorization_details", "[]");
    let answer = tenant.get(&twice.address()).await;
    assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn details_come_pushed_and_signed_too() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let query = request(&tenant, &images());
    let pairs: Vec<_> = query.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let pushed: Value = app
        .router
        .send(Request::post(tenant.path("par")).form(&pairs))
        .await
        .assert_status(201)
        .json();
    let mut brought = query.clone();
    brought.pairs = vec![
        ("client_id".to_owned(), PUBLIC.to_owned()),
        (
            "request_uri".to_owned(),
            pushed["request_uri"].as_str().unwrap().to_owned(),
        ),
        // What the browser adds counts for nothing.
        ("authorization_details".to_owned(), "[]".to_owned()),
    ];
    let answer = tokens(&tenant, &brought, &[("resource", R5)]).await;
    assert_eq!(answer["authorization_details"][0]["scope"], IMAGES);

    let client = KeyClient::new("signing-app", SigningAlgorithm::ES384);
    client.register(&tenant, json!({})).await;
    let plain = query
        .clone()
        .with("client_id", "signing-app")
        .without("authorization_details");
    // In a request object they are JSON itself (RFC 9396 section 3).
    let object = client.request_object(&tenant, &plain, &json!({ "authorization_details": images() }));
    let mut outer = plain.clone();
    outer.pairs = vec![
        ("client_id".to_owned(), "signing-app".to_owned()),
        ("request".to_owned(), object),
    ];
    let code = tenant.code_for(&outer, "pat").await;
    let mut form = KeyClient::redemption(&code).to_vec();
    form.push(("resource", R5));
    let answer: Value = client.token(&tenant, &form).await.assert_status(200).json();
    assert_eq!(answer["authorization_details"][0]["scope"], IMAGES);
}

async fn consent_page(
    tenant: &TestTenant<'_>,
    query: &AuthorizationQuery,
) -> (crate::support::http_browser::HttpBrowser, Page) {
    let mut browser = tenant.app.browser();
    let page = browser.goto(&query.address()).await;
    let form = page.form().with("username", "pat").with("password", PASSWORD);
    let page = browser.submit(&page, &form).await;
    (browser, page)
}

#[tokio::test]
async fn people_are_told_what_is_asked_for_where() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let (_, page) = consent_page(&tenant, &request(&tenant, &images())).await;
    let text = page.response.text();
    for shown in [R4, R5, "Where"] {
        assert!(text.contains(shown), "{shown}: {page}");
    }
    let (_, page) = consent_page(&tenant, &tenant.authorization_request(SCOPE).with("aud", R4)).await;
    assert!(!page.response.text().contains(R4), "{page}");
}

#[tokio::test]
async fn people_see_afterwards_what_an_app_has_where() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let (mut browser, page) = consent_page(&tenant, &request(&tenant, &images())).await;
    let done = browser.submit(&page, &page.form().with("decision", "allow")).await;
    let code = done.parameter("code").unwrap();
    redeem(&tenant, &code, &[("resource", R5)]).await.assert_status(200);
    let page = browser.goto(&tenant.path("apps")).await;
    let text = page.response.text();
    for shown in [R4, R5, "Where"] {
        assert!(text.contains(shown), "{shown}: {page}");
    }
}

#[tokio::test]
async fn what_people_untick_is_shared_at_no_server() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let (mut browser, page) = consent_page(&tenant, &request(&tenant, &images())).await;
    let mut form = page.form().with("decision", "allow");
    let before = form.fields.len();
    form.fields
        .retain(|(name, value)| name != "item" || !value.contains("ImagingStudy"));
    assert!(form.fields.len() < before, "{page}");
    let done = browser.submit(&page, &form).await;
    let code = done.parameter("code").unwrap();
    let answer = redeem(&tenant, &code, &[("resource", R5)])
        .await
        .assert_status(200)
        .json();
    assert_eq!(answer["scope"], "openid launch/patient offline_access");
    assert!(answer.get("authorization_details").is_none(), "{answer}");
}

#[tokio::test]
async fn an_answer_about_servers_is_asked_for_each_time_and_not_remembered() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let narrow = json!([{ "type": "smart_on_fhir", "locations": [R4], "scope": "patient/Observation.rs" }]);
    let query = request(&tenant, &narrow).with("scope", "openid launch/patient");
    let (mut browser, page) = consent_page(&tenant, &query).await;
    let allow = page.form().with("decision", "allow");
    let done = browser.submit(&page, &allow).await;
    assert!(done.parameter("code").is_some(), "{done}");
    for asked in [
        query.clone(),
        query
            .clone()
            .without("authorization_details")
            .with("scope", "openid launch/patient patient/Observation.rs"),
    ] {
        app.wait(Duration::from_secs(1));
        let page = browser.goto(&asked.address()).await;
        assert!(page.response.text().contains("value=\"allow\""), "{page}");
        let silent = browser.goto(&asked.with("prompt", "none").address()).await;
        assert_eq!(silent.parameter("error").as_deref(), Some("consent_required"));
    }
}

#[tokio::test]
async fn a_backend_service_is_narrowed_by_details() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
    let ask = async |more: &[(&str, &str)]| {
        let assertion = backend.sign(&Backend::claims(&tenant));
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", BACKEND),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion.as_str()),
        ];
        form.extend(more);
        tenant.token(&form).await
    };
    let details = |scope: &str| json!([{ "type": "smart_on_fhir", "locations": [R5], "scope": scope }]).to_string();
    let answer: Value = ask(&[("authorization_details", &details("system/Patient.rs"))])
        .await
        .assert_status(200)
        .json();
    assert_eq!(
        (&answer["scope"], &token(&answer)["aud"]),
        (&json!("system/Patient.rs"), &json!(R5))
    );
    assert_eq!(token(&answer)["authorization_details"], answer["authorization_details"]);
    // Never beyond what the service is registered for.
    ask(&[("authorization_details", &details("system/Condition.rs"))])
        .await
        .assert_error(400, "invalid_scope");
    ask(&[
        ("authorization_details", &details("system/Patient.rs")),
        ("resource", R4),
    ])
    .await
    .assert_error(400, "invalid_target");
}

#[tokio::test]
async fn a_device_may_ask_in_detail() {
    const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let members = json!({
        "token_endpoint_auth_method": "none", "redirect_uris": [], "grant_types": [GRANT], "response_types": [],
    });
    tenant.client("ward-display", members).await;
    let details = images().to_string();
    let form = [
        ("client_id", "ward-display"),
        ("authorization_details", details.as_str()),
    ];
    let request = Request::post(tenant.path("device_authorization")).form(&form);
    let started: Value = app.router.send(request).await.assert_status(200).json();
    let mut browser = app.browser();
    let page = browser.goto(&tenant.path("device")).await;
    let code = started["user_code"].as_str().unwrap();
    let page = browser.submit(&page, &page.form().with("user_code", code)).await;
    let page = browser.submit(&page, &page.form().with("decision", "continue")).await;
    let form = page.form().with("username", "pat").with("password", PASSWORD);
    let page = browser.submit(&page, &form).await;
    assert!(page.response.text().contains(R5), "{page}");
    browser.submit(&page, &page.form().with("decision", "allow")).await;
    let poll = async |more: &[(&str, &str)]| {
        let mut form = vec![
            ("grant_type", GRANT),
            ("device_code", started["device_code"].as_str().unwrap()),
            ("client_id", "ward-display"),
        ];
        form.extend(more);
        tenant.token(&form).await
    };
    // A wrong name costs the device nothing.
    poll(&[("resource", R4)]).await.assert_error(400, "invalid_target");
    let answer: Value = poll(&[]).await.assert_status(200).json();
    assert_eq!(answer["authorization_details"][0]["scope"], IMAGES);
}

#[tokio::test]
async fn the_types_are_in_discovery_and_can_be_registered_only_where_they_are_offered() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let metadata = async || {
        tenant
            .get(&tenant.path(".well-known/openid-configuration"))
            .await
            .json()
    };
    assert_eq!(
        metadata().await["authorization_details_types_supported"],
        json!(["smart_on_fhir"])
    );
    set(&tenant, &[("offers.authorization_details", "false")]).await;
    assert!(metadata().await.get("authorization_details_types_supported").is_none());
    let answer = tenant.get(&request(&tenant, &images()).address()).await;
    assert_eq!(
        answer.location_parameter("error").as_deref(),
        Some("invalid_authorization_details")
    );
}
