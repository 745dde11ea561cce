//! The id_token and `fhirUser` (SMART App Launch 2.2, "Scopes for requesting identity data").

use crate::support::app::{PUBLIC, TestApp, claims, jose_header};
use serde_json::json;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;

const SCOPE: &str = "openid fhirUser profile launch/patient patient/*.rs";

#[tokio::test]
async fn fhir_user_is_an_absolute_url_below_the_fhir_server_of_this_request() {
    let app = TestApp::new().await;
    let bases = ["https://fhir.test/r4", "https://fhir.test/r5/"];
    let document: TenantDocument = serde_json::from_value(json!({ "fhir_bases": bases })).unwrap();
    let tenant = app
        .tenant_as(NewTenant {
            slug: "northside".into(),
            display_name: "Northside".into(),
            tier: Tier::Standard,
            placement: NewPlacement::Shared,
            document,
        })
        .await;
    for base in bases {
        let query = tenant.authorization_request(SCOPE).with("aud", base);
        let code = tenant.code_for(&query, "pat").await;
        let tokens = tenant.redeem(&code).await.assert_status(200).json();
        let id_token = claims(tokens["id_token"].as_str().unwrap());
        let expected = format!("{}/Patient/pat-1", base.trim_end_matches('/'));
        assert_eq!(id_token["fhirUser"], expected);
        assert_eq!(id_token["profile"], expected);
    }
}

#[tokio::test]
async fn fhir_user_is_not_granted_to_somebody_without_a_fhir_resource() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens("openid fhirUser profile user/*.rs", "clerk").await;
    let granted = tokens["scope"].as_str().unwrap();
    assert!(granted.contains("openid") && !granted.contains("fhirUser"), "{granted}");
    let id_token = claims(tokens["id_token"].as_str().unwrap());
    assert!(id_token.get("fhirUser").is_none() && id_token.get("profile").is_none());
}

#[tokio::test]
async fn fhir_user_without_openid_is_not_granted() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens("fhirUser launch/patient patient/*.rs", "pat").await;
    assert_eq!(tokens["scope"], "launch/patient patient/*.rs");
    assert!(tokens.get("id_token").is_none());
}

#[tokio::test]
async fn the_id_token_is_signed_with_rs256_by_a_key_that_is_published_first() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let header = jose_header(tokens["id_token"].as_str().unwrap());
    assert_eq!(header["alg"], "RS256");
    let keys = tenant.get(&tenant.path("jwks")).await.json();
    assert_eq!(keys["keys"][0]["alg"], "RS256");
    let published = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .any(|key| key["kid"] == header["kid"]);
    assert!(published);
    let claims = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["iss"], tenant.issuer());
    assert_eq!(claims["aud"], PUBLIC);
    assert!(claims["exp"].as_i64() > claims["iat"].as_i64());
    assert!(claims["sub"].as_str().is_some_and(|sub| (1..=255).contains(&sub.len())));
}

#[tokio::test]
async fn an_id_token_holds_nothing_that_browsers_cannot_decode_with_atob() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant.authorization_request(SCOPE).with("nonce", "~~~>>>???ñandú");
    let code = tenant.code_for(&query, "pat").await;
    let tokens = tenant.redeem(&code).await.assert_status(200).json();
    let token = tokens["id_token"].as_str().unwrap();
    let payload = token.split('.').nth(1).unwrap();
    assert!(payload.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{payload}");
    assert_eq!(claims(token)["nonce"], "~~~>>>???ñandú");
}
