//! EHR launch (SMART App Launch 2.2): the EHR registers a context, the app gets it, once.

use crate::support::app::{CEILING, PUBLIC, REDIRECT_URI, TestApp, TestTenant};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::Request;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::kernel::{SystemEntropy, entropy};
use wardkey::oauth::jose::{JwtType, RsaSize, SigningAlgorithm, SigningKeyPair};

const SCOPE: &str = "launch openid fhirUser patient/*.rs offline_access";

/// A token of the EHR's backend for `scope`.
async fn ehr_token(tenant: &TestTenant<'_>, scope: &str) -> String {
    let key = SigningKeyPair::generate(SigningAlgorithm::ES384, RsaSize::default()).unwrap();
    let metadata = json!({
        "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "response_types": [],
        "redirect_uris": [], "scope": "__launch __introspect system/Patient.rs", "jwks": { "keys": [key.public_jwk()] },
    });
    tenant.client("ehr", metadata).await;
    let jti = u128::from_be_bytes(entropy::bytes(&SystemEntropy)).to_string();
    let claims = json!({
        "iss": "ehr", "sub": "ehr", "aud": tenant.issuer(), "exp": tenant.app.now().seconds() + 300, "jti": jti,
    });
    let assertion = key.sign(JwtType::IdToken, &claims).unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", scope),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", assertion.as_str()),
    ];
    let tokens = tenant.token(&form).await.assert_status(200).json();
    tokens["access_token"].as_str().unwrap().to_owned()
}

async fn register(tenant: &TestTenant<'_>, token: &str, body: &Value) -> Response {
    let request = Request::post(tenant.path("launch")).bearer(token).json(body);
    tenant.app.router.send(request).await
}

/// A tenant whose public app can be launched.
async fn prepared<'a>(app: &'a TestApp, slug: &str) -> TestTenant<'a> {
    let tenant = app.tenant(slug).await;
    let metadata = json!({
        "token_endpoint_auth_method": "none", "scope": format!("launch launch/encounter {CEILING}"),
        "launch_uris": ["https://app.test/launch?from=ehr"],
    });
    tenant.client(PUBLIC, metadata).await;
    tenant
}

#[tokio::test]
async fn the_app_gets_the_whole_context_on_code_refresh_and_introspection() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let token = ehr_token(&tenant, "__launch").await;
    let context = json!({
        "client_id": PUBLIC, "patient": "pat-7", "encounter": "enc-3", "intent": "reconcile-medications",
        "need_patient_banner": false, "tenant": "ward-5", "fhirContext": [{ "reference": "ImagingStudy/img-1" }],
    });
    let launch = register(&tenant, &token, &context).await.assert_status(201).json();
    assert_eq!(launch["expires_in"], 300);
    let address = url::Url::parse(launch["launch_url"].as_str().unwrap()).unwrap();
    let pair = |name: &str| {
        address
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(pair("from").as_deref(), Some("ehr"));
    assert_eq!(pair("iss"), Some(tenant.fhir()));
    assert_eq!(pair("launch").as_deref(), launch["launch"].as_str());
    let query = tenant
        .authorization_request(SCOPE)
        .with("launch", launch["launch"].as_str().unwrap());
    let code = tenant.code_for(&query, "ada").await;
    let tokens = tenant.redeem(&code).await.assert_status(200).json();
    let refreshed = tenant
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .assert_status(200)
        .json();
    let known = tenant.introspect(tokens["access_token"].as_str().unwrap()).await;
    for answer in [&tokens, &refreshed, &known] {
        for member in [
            "patient",
            "encounter",
            "intent",
            "need_patient_banner",
            "tenant",
            "fhirContext",
        ] {
            assert_eq!(answer[member], context[member], "{member} in {answer}");
        }
    }
    assert_eq!(tokens["scope"], SCOPE);
}

#[tokio::test]
async fn a_handle_is_taken_once_in_time_by_its_app_and_at_its_tenant() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let elsewhere = prepared(&app, "lakeside").await;
    tenant
        .client(
            "other-app",
            json!({ "token_endpoint_auth_method": "none", "scope": format!("launch {CEILING}") }),
        )
        .await;
    let token = ehr_token(&tenant, "__launch").await;
    let handle = async || {
        let launch = register(&tenant, &token, &json!({ "client_id": PUBLIC, "patient": "pat-7" })).await;
        launch.assert_status(201).json()["launch"].as_str().unwrap().to_owned()
    };
    let refused = async |at: &TestTenant<'_>, client: &str, handle: &str| {
        let query = at
            .authorization_request(SCOPE)
            .with("client_id", client)
            .with("launch", handle);
        let answer = at.get(&query.address()).await.assert_status(303);
        assert!(answer.location().starts_with(REDIRECT_URI));
        assert_eq!(
            answer.location_parameter("error").as_deref(),
            Some("invalid_request"),
            "{answer}"
        );
    };
    let first = handle().await;
    refused(&elsewhere, PUBLIC, &first).await;
    refused(&tenant, "other-app", &first).await;
    let query = tenant.authorization_request(SCOPE).with("launch", &first);
    tenant.code_for(&query, "ada").await;
    refused(&tenant, PUBLIC, &first).await;
    let late = handle().await;
    app.wait(Duration::from_secs(301));
    refused(&tenant, PUBLIC, &late).await;
    refused(&tenant, PUBLIC, "made-up").await;
    let without = tenant.get(&tenant.authorization_request(SCOPE).address()).await;
    assert_eq!(without.location_parameter("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn only_the_ehr_registers_launches_and_faults_are_named() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let body = json!({ "patient": "pat-7" });
    app.router
        .send(Request::post(tenant.path("launch")).json(&body))
        .await
        .assert_status(401);
    let weak = ehr_token(&tenant, "system/Patient.rs").await;
    register(&tenant, &weak, &body)
        .await
        .assert_error(403, "insufficient_scope");
    let token = ehr_token(&tenant, "__launch").await;
    for (bad, named) in [
        (json!({ "patient": "Patient/pat-7" }), "patient"),
        (json!({ "patientId": "pat-7" }), "patientId"),
        (json!({ "need_patient_banner": "yes" }), "need_patient_banner"),
        (json!({ "fhirContext": [{ "role": "x" }] }), "fhirContext"),
        (json!({ "client_id": "nobody" }), "client_id"),
        (
            json!({ "client_id": PUBLIC, "launch_uri": "https://evil.test/" }),
            "launch_uri",
        ),
        (json!([]), "JSON object"),
    ] {
        let answer = register(&tenant, &token, &bad)
            .await
            .assert_error(400, "invalid_request");
        assert!(answer.text().contains(named), "{answer}");
    }
}

#[tokio::test]
async fn a_patient_cannot_be_launched_into_somebody_elses_record() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let token = ehr_token(&tenant, "__launch").await;
    let launch = register(&tenant, &token, &json!({ "patient": "pat-7" }))
        .await
        .assert_status(201)
        .json();
    let query = tenant
        .authorization_request(SCOPE)
        .with("launch", launch["launch"].as_str().unwrap());
    let page = tenant.authorize(&mut app.browser(), &query, "pat").await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_bearer_of_the_introspection_scope_may_introspect_any_clients_token() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let caller = ehr_token(&tenant, "__introspect").await;
    let tokens = tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    let request = Request::post(tenant.path("introspect"))
        .bearer(&caller)
        .form(&[("token", tokens["access_token"].as_str().unwrap())]);
    let known = app.router.send(request).await.assert_status(200).json();
    assert_eq!(
        (known["active"].clone(), known["patient"].clone()),
        (json!(true), json!("pat-1"))
    );
}

#[tokio::test]
async fn no_user_passes_on_the_powers_of_a_service() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let scope = "openid fhirUser launch/patient patient/*.rs __launch __introspect";
    tenant
        .client(PUBLIC, json!({ "token_endpoint_auth_method": "none", "scope": scope }))
        .await;
    let tokens = tenant.tokens(scope, "pat").await;
    assert_eq!(tokens["scope"], "openid fhirUser launch/patient patient/*.rs");
}

#[tokio::test]
async fn without_the_scope_launch_an_app_gets_of_the_context_what_it_asks_for_by_type() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let token = ehr_token(&tenant, "__launch").await;
    let role = "https://roles.test/prior";
    let context = json!({
        "client_id": PUBLIC, "patient": "pat-7", "encounter": "enc-3", "intent": "reconcile-medications",
        "fhirContext": [
            { "reference": "ImagingStudy/img-1" },
            { "reference": "ImagingStudy/img-2", "role": role },
            { "reference": "Task/t-1" },
        ],
    });
    let images = "launch/patient launch/imagingstudy patient/*.rs";
    let with_role = format!("launch/patient launch/imagingstudy?role={role} patient/*.rs");
    for (scope, members, images) in [
        (
            "launch/patient patient/*.rs",
            ["patient", "need_patient_banner"].as_slice(),
            0,
        ),
        (
            "launch/patient launch/encounter patient/*.rs",
            &["patient", "encounter"],
            0,
        ),
        (images, &["patient", "fhirContext"], 2),
        // Another role of the type is better than none.
        (&with_role, &["patient", "fhirContext"], 2),
    ] {
        let launch = register(&tenant, &token, &context).await.assert_status(201).json();
        let query = tenant
            .authorization_request(scope)
            .with("launch", launch["launch"].as_str().unwrap());
        let code = tenant.code_for(&query, "ada").await;
        let tokens = tenant.redeem(&code).await.assert_status(200).json();
        assert_eq!(tokens["scope"], scope);
        for member in members {
            assert!(tokens.get(member).is_some(), "{member} in {tokens}");
        }
        for member in ["encounter", "fhirContext", "intent"] {
            assert_eq!(
                tokens.get(member).is_some(),
                members.contains(&member),
                "{member} in {tokens}"
            );
        }
        assert_eq!(tokens["fhirContext"].as_array().map_or(0, Vec::len), images);
    }
}

#[tokio::test]
async fn what_only_an_ehr_can_have_open_is_not_granted_without_one() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let tokens = tenant
        .tokens("launch/patient launch/imagingstudy patient/*.rs", "pat")
        .await;
    assert_eq!(tokens["scope"], "launch/patient patient/*.rs");
    assert_eq!(tokens.get("fhirContext"), None);
}

/// One context member alone, as it comes back with the code, after a refresh, and at introspection.
async fn everywhere(member: &str, value: &Value) -> [Option<Value>; 3] {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let token = ehr_token(&tenant, "__launch").await;
    let mut body = json!({ "client_id": PUBLIC, "patient": "pat-7" });
    body[member] = value.clone();
    let launch = register(&tenant, &token, &body).await.assert_status(201).json();
    let query = tenant
        .authorization_request(SCOPE)
        .with("launch", launch["launch"].as_str().unwrap());
    let code = tenant.code_for(&query, "ada").await;
    let tokens = tenant.redeem(&code).await.assert_status(200).json();
    let refreshed = tenant.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    let refreshed = refreshed.assert_status(200).json();
    let known = tenant.introspect(refreshed["access_token"].as_str().unwrap()).await;
    [&tokens, &refreshed, &known].map(|answer| answer.get(member).cloned())
}

macro_rules! comes_back {
    ($($name:ident: $member:literal = $value:tt;)+) => {$(
        #[tokio::test]
        async fn $name() {
            let value = json!($value);
            for answer in everywhere($member, &value).await {
                assert_eq!(answer.as_ref(), Some(&value));
            }
        }
    )+};
}

comes_back! {
    the_patient_comes_back_as_a_bare_id: "patient" = "pat-9";
    the_encounter_comes_back_as_a_bare_id: "encounter" = "enc-3";
    a_banner_that_is_not_needed_is_said_to_be_so: "need_patient_banner" = false;
    the_intent_comes_back: "intent" = "reconcile-medications";
    the_launching_organisation_comes_back: "tenant" = "ward-5";
    the_ehrs_style_comes_back: "smart_style_url" = "https://ehr.test/styles/v7.json";
    an_extension_with_underscores_comes_back: "__darkMode" = true;
    an_extension_with_a_uri_comes_back: "https://ehr.test/props/x" = { "deep": [1, null, "x"] };
    further_resources_come_back_with_role_canonical_and_identifier: "fhirContext" = [
        { "reference": "ImagingStudy/img-1" },
        { "reference": "Patient/pat-2", "role": "https://ehr.test/mother" },
        { "canonical": "https://ehr.test/Questionnaire/q|2", "type": "Questionnaire", "role": "https://ehr.test/to-fill-in" },
        { "identifier": { "system": "urn:oid:1.2.3", "value": "7" }, "type": "ServiceRequest", "role": "launch" }
    ];
}

#[tokio::test]
async fn without_a_word_of_the_ehr_a_banner_is_needed_and_the_style_is_the_tenants_own() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let token = ehr_token(&tenant, "__launch").await;
    let launch = register(&tenant, &token, &json!({ "client_id": PUBLIC, "patient": "pat-7" }))
        .await
        .json();
    let query = tenant
        .authorization_request(SCOPE)
        .with("launch", launch["launch"].as_str().unwrap());
    let code = tenant.code_for(&query, "ada").await;
    let tokens = tenant.redeem(&code).await.assert_status(200).json();
    assert_eq!(tokens["need_patient_banner"], true);
    let style = tokens["smart_style_url"].as_str().unwrap();
    assert!(style.starts_with(&format!("{}/style/", tenant.issuer())), "{style}");
    let known = tenant.introspect(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(known["smart_style_url"], style);
}
