//! Resource indicators (RFC 8707): which FHIR servers a request is for, and which one a token is for.

use crate::support::app::{AuthorizationQuery, PUBLIC, REDIRECT_URI, TestApp, TestTenant, VERIFIER, claims};
use crate::support::http::Response;
use serde_json::{Value, json};
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;

const R4: &str = "https://fhir.test/r4";
const R5: &str = "https://fhir.test/r5";
const SCOPE: &str = "openid launch/patient patient/*.rs offline_access";

async fn tenant(app: &TestApp) -> TestTenant<'_> {
    let document: TenantDocument =
        serde_json::from_value(json!({ "fhir_bases": [R4, R5, "https://fhir.test/other"] })).unwrap();
    Box::pin(app.tenant_as(NewTenant {
        slug: "northside".to_owned(),
        display_name: "Northside".to_owned(),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document,
    }))
    .await
}

fn request(tenant: &TestTenant<'_>, resources: &[&str]) -> AuthorizationQuery {
    let query = tenant.authorization_request(SCOPE).without("aud");
    resources
        .iter()
        .fold(query, |query, resource| query.adding("resource", resource))
}

async fn redeem(tenant: &TestTenant<'_>, code: &str, resources: &[&str]) -> Response {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", PUBLIC),
        ("code_verifier", VERIFIER),
    ];
    form.extend(resources.iter().map(|resource| ("resource", *resource)));
    tenant.token(&form).await
}

fn audience(answer: &Value) -> Value {
    claims(answer["access_token"].as_str().unwrap())["aud"].clone()
}

#[tokio::test]
async fn of_several_resources_a_token_is_for_the_one_that_is_named() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let query = request(&tenant, &[R4, R5]);
    for (named, audience_of_token) in [(vec![], R4), (vec![R4], R4), (vec![R5], R5)] {
        let code = tenant.code_for(&query, "pat").await;
        let answer = redeem(&tenant, &code, &named).await.assert_status(200).json();
        assert_eq!(audience(&answer), audience_of_token);
    }
}

#[tokio::test]
async fn no_token_is_for_a_resource_that_the_request_did_not_name() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    for named in [
        vec!["https://fhir.test/other"],
        vec!["https://evil.test/fhir"],
        vec![R4, R5],
    ] {
        let code = tenant.code_for(&request(&tenant, &[R4, R5]), "pat").await;
        redeem(&tenant, &code, &named).await.assert_error(400, "invalid_target");
    }
}

#[tokio::test]
async fn each_refresh_may_name_another_of_them_and_a_wrong_one_costs_nothing() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let code = tenant.code_for(&request(&tenant, &[R4, R5]), "pat").await;
    let first = redeem(&tenant, &code, &[]).await.assert_status(200).json();
    let token = first["refresh_token"].as_str().unwrap();
    let refresh = |resource: &'static str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", PUBLIC),
            ("resource", resource),
        ];
        let tenant = tenant.clone();
        async move { tenant.token(&form).await }
    };
    refresh("https://fhir.test/other")
        .await
        .assert_error(400, "invalid_target");
    let answer = refresh(R5).await.assert_status(200).json();
    assert_eq!(audience(&answer), R5);
}

#[tokio::test]
async fn aud_and_resource_may_stand_together() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    let query = request(&tenant, &[R5]).with("aud", R4);
    let code = tenant.code_for(&query, "pat").await;
    let answer = redeem(&tenant, &code, &[]).await.assert_status(200).json();
    assert_eq!(audience(&answer), R4);
    let code = tenant.code_for(&query, "pat").await;
    assert_eq!(
        audience(&redeem(&tenant, &code, &[R5]).await.assert_status(200).json()),
        R5
    );
}

#[tokio::test]
async fn a_resource_that_is_none_of_the_tenants_is_an_invalid_target() {
    let app = TestApp::new().await;
    let tenant = tenant(&app).await;
    for resource in ["https://evil.test/fhir", "not-a-uri", "https://fhir.test/r4#fragment"] {
        let answer = tenant.get(&request(&tenant, &[R4, resource]).address()).await;
        assert_eq!(
            answer.location_parameter("error").as_deref(),
            Some("invalid_target"),
            "{resource}"
        );
    }
}
