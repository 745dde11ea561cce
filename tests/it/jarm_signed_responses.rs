//! Signed authorization responses (JARM).

use crate::support::app::{AuthorizationQuery, PUBLIC, REDIRECT_URI, TestApp, TestTenant, jose_header};
use crate::support::http_browser::Page;
use crate::support::openid_suite::set;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::oauth::jose::verify::Expiry;
use wardkey::oauth::jose::{Audience, JwkSet, Rules, SigningAlgorithm, UnverifiedJwt, VerificationKeys};

const SCOPE: &str = "openid launch/patient patient/*.rs";

fn request(tenant: &TestTenant<'_>, mode: &str) -> AuthorizationQuery {
    tenant.authorization_request(SCOPE).with("response_mode", mode)
}

/// The claims of a response, verified as an app does.
async fn opened(tenant: &TestTenant<'_>, response: &str) -> Value {
    let set: JwkSet = serde_json::from_value(tenant.get(&tenant.path("jwks")).await.json()).unwrap();
    let issuer = tenant.issuer();
    let rules = Rules {
        algorithms: &SigningAlgorithm::ALL,
        types: &["jwt"],
        type_may_be_absent: true,
        issuer: &issuer,
        audience: Audience::StringOf(&[PUBLIC]),
        expiry: Expiry::Required,
        skew: Duration::ZERO,
    };
    let keys = VerificationKeys::from_jwk_set(&set);
    UnverifiedJwt::parse(response)
        .unwrap()
        .verify(&keys, &rules, tenant.app.now())
        .unwrap()
}

fn only_response(page: &Page) -> String {
    assert!(page.url.as_str().starts_with(REDIRECT_URI), "{page}");
    let names: Vec<String> = page.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(
        names,
        ["response"],
        "one parameter, and iss only inside (RFC 9207 section 2.4)"
    );
    page.parameter("response").unwrap()
}

#[tokio::test]
async fn a_code_comes_signed_in_the_query() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for mode in ["jwt", "query.jwt"] {
        let page = tenant
            .authorize(&mut app.browser(), &request(&tenant, mode), "pat")
            .await;
        let response = only_response(&page);
        let claims = opened(&tenant, &response).await;
        assert_eq!(claims["state"], "state-of-the-app");
        assert!(claims["exp"].as_i64().unwrap() <= app.now().seconds() + 600);
        tenant.redeem(claims["code"].as_str().unwrap()).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_code_comes_signed_in_a_form() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let page = tenant
        .authorize(&mut app.browser(), &request(&tenant, "form_post.jwt"), "pat")
        .await;
    let form = page.form();
    assert_eq!(form.action, REDIRECT_URI);
    assert_eq!(form.fields.len(), 1);
    let claims = opened(&tenant, form.find("response").unwrap()).await;
    tenant.redeem(claims["code"].as_str().unwrap()).await.assert_status(200);
}

#[tokio::test]
async fn errors_are_signed_too() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let page = app
        .browser()
        .goto(&request(&tenant, "query.jwt").with("prompt", "none").address())
        .await;
    let claims = opened(&tenant, &only_response(&page)).await;
    assert_eq!(claims["error"], "login_required");
    assert!(claims.get("code").is_none());
    let page = app
        .browser()
        .goto(&request(&tenant, "jwt").with("scope", "x\"").address())
        .await;
    let claims = opened(&tenant, &only_response(&page)).await;
    assert_eq!(
        (&claims["error"], &claims["state"]),
        (&json!("invalid_scope"), &json!("state-of-the-app"))
    );
}

#[tokio::test]
async fn the_client_chooses_the_algorithm() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for algorithm in ["RS256", "ES256"] {
        let members = json!({ "token_endpoint_auth_method": "none", "authorization_signed_response_alg": algorithm });
        tenant.client(PUBLIC, members).await;
        let page = tenant
            .authorize(&mut app.browser(), &request(&tenant, "jwt"), "pat")
            .await;
        assert_eq!(jose_header(&only_response(&page))["alg"], algorithm);
    }
}

#[tokio::test]
async fn a_signed_response_is_no_other_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let page = tenant
        .authorize(&mut app.browser(), &request(&tenant, "jwt"), "pat")
        .await;
    let response = only_response(&page);
    tenant.userinfo(&response).await.assert_status(401);
    let hinted = tenant.authorization_request(SCOPE).with("id_token_hint", &response);
    let answer = tenant.get(&hinted.address()).await;
    assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn where_it_is_not_offered_it_is_an_unknown_mode() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let metadata = async || {
        tenant
            .get(&tenant.path(".well-known/openid-configuration"))
            .await
            .json()
    };
    let modes = json!(["query", "form_post", "query.jwt", "form_post.jwt", "jwt"]);
    assert_eq!(metadata().await["response_modes_supported"], modes);
    set(&tenant, &[("offers.signed_responses", "false")]).await;
    let after = metadata().await;
    assert_eq!(after["response_modes_supported"], json!(["query", "form_post"]));
    assert!(after.get("authorization_signing_alg_values_supported").is_none());
    let answer = tenant.get(&request(&tenant, "jwt").address()).await;
    assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
}
