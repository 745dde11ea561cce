//! The profiles `smart`, `oidc` and `fapi2`: what each asks of requests and clients, and that metadata follow.

use crate::support::app::{
    AuthorizationQuery, CHALLENGE, CONFIDENTIAL, REDIRECT_URI, SECRET, TestApp, TestTenant, VERIFIER, jose_header,
};
use crate::support::openid_suite::{KeyClient, Mode, Suite, set};
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::ControlError;
use wardkey::control::clients::SecretPolicy;
use wardkey::oauth::client_registration::ClientRegistration;
use wardkey::oauth::jose::{JwtType, SigningAlgorithm};

const APP: &str = "high-value-app";

async fn fapi(app: &TestApp) -> (TestTenant<'_>, KeyClient) {
    let tenant = app.tenant("northside").await;
    let client = KeyClient::new(APP, SigningAlgorithm::ES256);
    set(&tenant, &[("profile", "fapi2")]).await;
    client.register(&tenant, json!({})).await;
    (tenant, client)
}

fn request(tenant: &TestTenant<'_>, scope: &str) -> AuthorizationQuery {
    tenant.authorization_request(scope).with("client_id", APP)
}

async fn code(tenant: &TestTenant<'_>, client: &KeyClient, scope: &str) -> String {
    let answer = client
        .push(tenant, &request(tenant, scope), &client.assertion(tenant), None)
        .await;
    let handle = answer.assert_status(201).json()["request_uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut query = request(tenant, scope);
    query.pairs = vec![
        ("client_id".to_owned(), APP.to_owned()),
        ("request_uri".to_owned(), handle),
    ];
    tenant.code_for(&query, "pat").await
}

async fn metadata(tenant: &TestTenant<'_>) -> Value {
    tenant
        .get(&tenant.path(".well-known/openid-configuration"))
        .await
        .json()
}

async fn save(tenant: &TestTenant<'_>, members: Value) -> Result<(), ControlError> {
    let mut all = json!({ "redirect_uris": [REDIRECT_URI], "scope": "openid" });
    for (name, value) in members.as_object().unwrap() {
        all[name] = value.clone();
    }
    let registration: ClientRegistration = serde_json::from_value(all).unwrap();
    let admin = tenant.admin().await;
    admin
        .save_client("app", registration, SecretPolicy::KeepOrCreate)
        .await
        .map(drop)
}

#[tokio::test]
async fn under_fapi2_the_whole_flow_works_with_keys_alone() {
    let app = TestApp::new().await;
    let (tenant, client) = fapi(&app).await;
    let code = code(&tenant, &client, "openid launch/patient patient/*.rs offline_access").await;
    let tokens = client
        .token(&tenant, &KeyClient::redemption(&code))
        .await
        .assert_status(200)
        .json();
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(jose_header(tokens["id_token"].as_str().unwrap())["alg"], "ES256");
    // No rotation: the token stays, whatever becomes of the answer.
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    for _ in 0..2 {
        let again = client.token(&tenant, &refresh).await.assert_status(200).json();
        assert!(again.get("refresh_token").is_none());
        app.wait(Duration::from_secs(40));
    }
}

#[tokio::test]
async fn under_fapi2_a_request_that_was_not_pushed_is_refused() {
    let app = TestApp::new().await;
    let (tenant, client) = fapi(&app).await;
    let answer = tenant.get(&request(&tenant, "openid").address()).await;
    assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
    let without = request(&tenant, "openid")
        .without("code_challenge")
        .without("code_challenge_method");
    let answer = client.push(&tenant, &without, &client.assertion(&tenant), None).await;
    answer.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn under_fapi2_every_token_is_bound() {
    let app = TestApp::new().await;
    let (tenant, client) = fapi(&app).await;
    let code = code(&tenant, &client, "openid").await;
    let assertion = client.assertion(&tenant);
    client
        .token_with(&tenant, &KeyClient::redemption(&code), Some(&assertion), None)
        .await
        .assert_error(400, "invalid_dpop_proof");
    client
        .token(&tenant, &KeyClient::redemption(&code))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn under_fapi2_clients_with_secrets_or_nothing_are_refused_even_when_registered_before() {
    let app = TestApp::new().await;
    let (tenant, _) = fapi(&app).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", REDIRECT_URI),
    ];
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &form)
        .await
        .assert_error(401, "invalid_client");
    for method in ["none", "client_secret_basic", "client_secret_post"] {
        let refused = save(&tenant, json!({ "token_endpoint_auth_method": method })).await;
        let Err(ControlError::Client(faults)) = refused else {
            panic!("{method} is refused")
        };
        assert_eq!(faults[0].member, "token_endpoint_auth_method");
    }
}

#[tokio::test]
async fn under_fapi2_other_algorithms_and_audiences_of_assertions_are_refused() {
    let app = TestApp::new().await;
    let (tenant, client) = fapi(&app).await;
    let rsa = KeyClient::new("rsa-app", SigningAlgorithm::RS256);
    rsa.register(&tenant, json!({ "assertion_audience": "issuer_or_token_endpoint" }))
        .await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", REDIRECT_URI),
    ];
    rsa.token(&tenant, &form).await.assert_error(401, "invalid_client");
    for audience in [
        json!(format!("{}/token", tenant.issuer())),
        json!(format!("{}/par", tenant.issuer())),
        json!([tenant.issuer()]),
    ] {
        let mut claims = client.assertion_claims(&tenant);
        claims["aud"] = audience;
        let assertion = client.key.sign(JwtType::IdToken, &claims).unwrap();
        client
            .token_with(&tenant, &form, Some(&assertion), None)
            .await
            .assert_error(401, "invalid_client");
    }
}

#[tokio::test]
async fn under_fapi2_metadata_offer_nothing_that_is_refused() {
    let app = TestApp::new().await;
    let (tenant, _) = fapi(&app).await;
    let document = metadata(&tenant).await;
    assert_eq!(document["require_pushed_authorization_requests"], true);
    assert_eq!(
        document["token_endpoint_auth_methods_supported"],
        json!(["private_key_jwt"])
    );
    assert_eq!(
        document["token_endpoint_auth_signing_alg_values_supported"],
        json!(["PS256", "ES256", "EdDSA"])
    );
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["ES256"]));
    for name in [
        "dpop_signing_alg_values_supported",
        "request_object_signing_alg_values_supported",
    ] {
        for algorithm in document[name].as_array().unwrap() {
            assert!(
                ["PS256", "ES256", "EdDSA"].contains(&algorithm.as_str().unwrap()),
                "{name}: {algorithm}"
            );
        }
    }
    let fhir = tenant.get(&tenant.path(".well-known/smart-configuration")).await.json();
    assert_eq!(
        fhir["token_endpoint_auth_methods_supported"],
        json!(["private_key_jwt"])
    );
}

#[tokio::test]
async fn one_client_can_be_on_fapi2_at_a_tenant_that_is_not() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let client = KeyClient::new(APP, SigningAlgorithm::ES256);
    client.register(&tenant, json!({ "profile": "fapi2" })).await;
    let answer = tenant.get(&request(&tenant, "openid").address()).await;
    assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
    let code = code(&tenant, &client, "openid").await;
    client
        .token(&tenant, &KeyClient::redemption(&code))
        .await
        .assert_status(200);
    // The others are as before.
    tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    assert_eq!(metadata(&tenant).await["require_pushed_authorization_requests"], false);
}

#[tokio::test]
async fn under_oidc_pkce_is_the_choice_of_confidential_clients() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    suite.happy(&mut app.browser(), &suite.request()).await;
    let bare = |query: AuthorizationQuery| query.without("code_challenge").without("code_challenge_method");
    let refused = async |query: AuthorizationQuery| {
        let answer = suite.tenant.get(&query.address()).await;
        assert_eq!(
            answer.location_parameter("error").as_deref(),
            Some("invalid_request"),
            "{query:?}"
        );
    };
    // Not that of public ones, nor of those that ask for FHIR data, nor of those registered with it.
    refused(bare(suite.tenant.authorization_request("openid"))).await;
    let data = suite.request().with("scope", "openid launch/patient patient/*.rs");
    refused(data.with("aud", &suite.tenant.fhir())).await;
    let members = json!({ "token_endpoint_auth_method": "client_secret_basic", "require_pkce": true });
    suite.tenant.client(CONFIDENTIAL, members).await;
    refused(suite.request_of(CONFIDENTIAL)).await;
    // Who uses it is held to it.
    let query = suite
        .request()
        .with("code_challenge", CHALLENGE)
        .with("code_challenge_method", "S256");
    let callback = suite.authorize(&mut app.browser(), &query).await;
    let client = crate::support::openid_suite::CLIENT;
    suite
        .redeem(client, callback.code())
        .await
        .assert_error(400, "invalid_grant");
    let callback = suite.authorize(&mut app.browser(), &query).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    suite.token(client, &form).await.assert_status(200);
}

#[tokio::test]
async fn under_smart_pkce_is_for_everybody_unless_a_registration_says_otherwise() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant
        .authorization_request("openid")
        .with("client_id", CONFIDENTIAL)
        .without("code_challenge")
        .without("code_challenge_method");
    let answer = tenant.get(&query.address()).await;
    assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
    let members = json!({ "token_endpoint_auth_method": "client_secret_basic", "require_pkce": false });
    tenant.client(CONFIDENTIAL, members).await;
    tenant.code_for(&query, "pat").await;
}

#[tokio::test]
async fn an_app_cannot_choose_its_profile_when_it_registers_itself() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    set(&tenant, &[("registration.policy", "open")]).await;
    let metadata = json!({ "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none", "profile": "oidc" });
    let request =
        crate::support::http::RequestBuilderExt::json(axum::http::Request::post(tenant.path("register")), &metadata);
    let answer = crate::support::http::RouterExt::send(&app.router, request).await;
    answer.assert_error(400, "invalid_client_metadata");
}

#[tokio::test]
async fn an_unknown_profile_and_one_that_leaves_no_client_are_no_setting() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let try_set = async |members: &[(&str, &str)]| {
        let members: Vec<(String, String)> = members
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        app.platform.set_settings(&tenant.slug, &members).await
    };
    assert!(try_set(&[("profile", "fapi1")]).await.is_err());
    let closed = [
        ("profile", "fapi2"),
        ("client_authentication_methods", "client_secret_basic"),
    ];
    assert!(try_set(&closed).await.is_err());
}
