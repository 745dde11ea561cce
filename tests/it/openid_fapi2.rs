//! The modules of the OpenID Foundation's plan "FAPI 2.0 Security Profile Final", under their names without the common prefix: unsigned
//! pushed requests, `private_key_jwt`, DPoP, with OpenID Connect. The protected resource is userinfo.

use crate::support::app::{
    AuthorizationQuery, CHALLENGE, REDIRECT_URI, TestApp, TestTenant, VERIFIER, claims, jose_header,
};
use crate::support::dpop::DpopKey;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::openid_suite::{KeyClient, SCOPES, random, set};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::oauth::jose::{JwtType, SigningAlgorithm};

const FIRST: &str = "fapi-client-1";
const SECOND: &str = "fapi-client-2";
/// The second client's redirect URI has a query.
const SECOND_URI: &str = "https://app.test/callback?dummy1=lorem&dummy2=ipsum";

/// A tenant on FAPI 2.0 with two clients, and the suite's view of it.
struct Fapi<'a> {
    tenant: TestTenant<'a>,
    first: KeyClient,
    second: KeyClient,
}

impl<'a> Fapi<'a> {
    async fn start(app: &'a TestApp) -> Self {
        let tenant = app.tenant("northside").await;
        set(
            &tenant,
            &[
                ("profile", "fapi2"),
                ("scope_ceiling", SCOPES),
                ("scopes_supported", "openid,profile,email,offline_access"),
            ],
        )
        .await;
        let first = KeyClient::new(FIRST, SigningAlgorithm::ES256);
        let second = KeyClient::new(SECOND, SigningAlgorithm::PS256);
        first.register(&tenant, json!({})).await;
        second.register(&tenant, json!({ "redirect_uris": [SECOND_URI] })).await;
        Self { tenant, first, second }
    }

    /// The parameters that a client pushes.
    fn request(&self, client: &KeyClient) -> AuthorizationQuery {
        let uri = if client.id == SECOND { SECOND_URI } else { REDIRECT_URI };
        self.tenant
            .authorization_request("openid")
            .without("aud")
            .with("client_id", &client.id)
            .with("redirect_uri", uri)
            .with("state", &random())
            .with("nonce", &random())
    }

    async fn push(&self, client: &KeyClient, query: &AuthorizationQuery) -> Response {
        client
            .push(&self.tenant, query, &client.assertion(&self.tenant), None)
            .await
    }

    async fn pushed(&self, client: &KeyClient, query: &AuthorizationQuery) -> String {
        let answer: Value = self.push(client, query).await.assert_status(201).json();
        assert!(answer["expires_in"].as_i64().unwrap() >= 5);
        let handle = answer["request_uri"].as_str().unwrap().to_owned();
        assert!(handle.len() > 22);
        handle
    }

    /// What the browser carries.
    fn carried(&self, client: &KeyClient, handle: &str) -> AuthorizationQuery {
        let mut query = self.request(client);
        query.pairs = vec![
            ("client_id".to_owned(), client.id.clone()),
            ("request_uri".to_owned(), handle.to_owned()),
        ];
        query
    }

    /// The page at the client, with `iss` and without a fragment.
    async fn authorized(&self, browser: &mut HttpBrowser, client: &KeyClient, query: &AuthorizationQuery) -> Page {
        let handle = self.pushed(client, query).await;
        let page = self
            .tenant
            .authorize(browser, &self.carried(client, &handle), "pat")
            .await;
        assert_eq!(page.parameter("iss"), Some(self.tenant.issuer()), "{page}");
        assert_eq!(page.url.fragment(), None);
        let sent = |name: &str| {
            let pair = query.pairs.iter().find(|(known, _)| known == name);
            pair.map(|(_, value)| value.clone())
        };
        assert_eq!(page.parameter("state"), sent("state"));
        page
    }

    async fn code(&self, client: &KeyClient, query: &AuthorizationQuery) -> String {
        let page = self.authorized(&mut self.tenant.app.browser(), client, query).await;
        page.parameter("code").unwrap_or_else(|| panic!("no code at {page}"))
    }

    fn redemption<'c>(client: &KeyClient, code: &'c str) -> Vec<(&'c str, &'c str)> {
        let uri = if client.id == SECOND { SECOND_URI } else { REDIRECT_URI };
        vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", uri),
            ("code_verifier", VERIFIER),
        ]
    }

    async fn redeem(&self, client: &KeyClient, code: &str) -> Response {
        client.token(&self.tenant, &Self::redemption(client, code)).await
    }

    /// The whole flow P.
    async fn flow(&self, client: &KeyClient, query: &AuthorizationQuery) -> Value {
        let code = self.code(client, query).await;
        let tokens: Value = self.redeem(client, &code).await.assert_status(200).json();
        assert_eq!(tokens["token_type"], "DPoP");
        let token = tokens["id_token"].as_str().unwrap();
        let header = jose_header(token);
        assert!(header["kid"].is_string());
        assert!(["PS256", "ES256", "EdDSA", "Ed25519"].contains(&header["alg"].as_str().unwrap()));
        self.resource(client, &tokens).await.assert_status(200);
        tokens
    }

    fn url(&self, endpoint: &str) -> String {
        format!("{}/{endpoint}", self.tenant.issuer())
    }

    async fn resource(&self, client: &KeyClient, tokens: &Value) -> Response {
        let token = tokens["access_token"].as_str().unwrap();
        let now = self.tenant.app.now();
        let proof = client.dpop.proof_for_token("GET", &self.url("userinfo"), token, now);
        self.resource_with("DPoP", token, &[&proof]).await
    }

    async fn resource_with(&self, scheme: &str, token: &str, proofs: &[&str]) -> Response {
        let mut request =
            Request::get(self.tenant.path("userinfo")).header("authorization", format!("{scheme} {token}"));
        for proof in proofs {
            request = request.header("dpop", *proof);
        }
        self.tenant.app.router.send(request.empty()).await
    }

    /// Where a handle may not be used: a page, and no redirect.
    async fn shown(&self, query: &AuthorizationQuery) {
        let answer = self.tenant.get(&query.address()).await.assert_status(400);
        assert!(answer.header("location").is_none());
    }
}

/// A `grant_type=authorization_code` form that fails only for the assertion under test.
fn probe() -> [(&'static str, &'static str); 3] {
    [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", REDIRECT_URI),
    ]
}

#[tokio::test]
async fn discovery_end_point_verification() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    for path in [
        fapi.tenant.path(".well-known/openid-configuration"),
        "/.well-known/oauth-authorization-server/northside/auth".to_owned(),
    ] {
        let document = fapi.tenant.get(&path).await.assert_status(200).json();
        assert_eq!(document["issuer"], fapi.tenant.issuer());
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert_eq!(document["require_pushed_authorization_requests"], true);
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert!(document["pushed_authorization_request_endpoint"].is_string());
        for (name, value) in [
            ("response_types_supported", "code"),
            ("grant_types_supported", "authorization_code"),
            ("token_endpoint_auth_methods_supported", "private_key_jwt"),
            ("token_endpoint_auth_signing_alg_values_supported", "PS256"),
            ("id_token_signing_alg_values_supported", "ES256"),
            ("dpop_signing_alg_values_supported", "ES256"),
        ] {
            assert!(document[name].as_array().unwrap().contains(&json!(value)), "{name}");
        }
    }
}

#[tokio::test]
async fn happy_flow() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let first = fapi.flow(&fapi.first, &fapi.request(&fapi.first)).await;
    let query = fapi
        .request(&fapi.second)
        .with("state", &"s".repeat(128))
        .with("nonce", &"n".repeat(43))
        .with("dpop_jkt", &fapi.second.dpop.thumbprint());
    let second = fapi.flow(&fapi.second, &query).await;
    // In the address the token is worth nothing, nor with another client's key.
    let token = second["access_token"].as_str().unwrap();
    let in_query = format!("{}?access_token={token}", fapi.tenant.path("userinfo"));
    fapi.tenant.get(&in_query).await.assert_status(401);
    fapi.resource(&fapi.first, &second).await.assert_status(401);
    assert_ne!(first["access_token"], second["access_token"]);
}

#[tokio::test]
async fn user_rejects_authentication() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let query = fapi.request(&fapi.first);
    let handle = fapi.pushed(&fapi.first, &query).await;
    let mut browser = app.browser();
    let page = browser.goto(&fapi.carried(&fapi.first, &handle).address()).await;
    let form = page
        .form()
        .with("username", "pat")
        .with("password", crate::support::app::PASSWORD);
    let page = browser.submit(&page, &form).await;
    let page = browser.submit(&page, &page.form().with("decision", "deny")).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
    let state = query.pairs.iter().find(|(name, _)| name == "state").unwrap();
    assert_eq!(page.parameter("state").as_ref(), Some(&state.1));
}

#[tokio::test]
async fn ensure_authorization_request_without_state_success() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let tokens = fapi
        .flow(&fapi.first, &fapi.request(&fapi.first).without("state"))
        .await;
    assert!(claims(tokens["id_token"].as_str().unwrap()).get("s_hash").is_none());
}

#[tokio::test]
async fn ensure_authorization_request_without_nonce_success() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let tokens = fapi
        .flow(&fapi.first, &fapi.request(&fapi.first).without("nonce"))
        .await;
    assert!(claims(tokens["id_token"].as_str().unwrap()).get("nonce").is_none());
}

async fn nonce_of(length: usize) {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let nonce = "n".repeat(length);
    let tokens = fapi
        .flow(&fapi.first, &fapi.request(&fapi.first).with("nonce", &nonce))
        .await;
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["nonce"], nonce);
}

#[tokio::test]
async fn ensure_authorization_request_with_64_char_nonce_success() {
    Box::pin(nonce_of(64)).await;
}

#[tokio::test]
async fn ensure_authorization_request_with_long_nonce() {
    Box::pin(nonce_of(384)).await;
}

#[tokio::test]
async fn ensure_authorization_request_with_long_state() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    fapi.flow(&fapi.first, &fapi.request(&fapi.first).with("state", &"s".repeat(1000)))
        .await;
}

#[tokio::test]
async fn ensure_other_scope_order_succeeds() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    fapi.flow(&fapi.first, &fapi.request(&fapi.first).with("scope", "profile openid"))
        .await;
}

#[tokio::test]
async fn test_claims_parameter_identity_claims() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let claims = json!({ "userinfo": { "name": null, "shoe_size": null }, "id_token": { "email": { "essential": true }, "x": null } });
    let tokens = fapi
        .flow(
            &fapi.first,
            &fapi.request(&fapi.first).with("claims", &claims.to_string()),
        )
        .await;
    let answer = fapi.resource(&fapi.first, &tokens).await.assert_status(200).json();
    assert_eq!(answer["name"], "Pat Morgan");
    assert_eq!(
        answer["sub"],
        crate::support::app::claims(tokens["id_token"].as_str().unwrap())["sub"]
    );
}

#[tokio::test]
async fn access_token_type_header_case_sensitivity() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let tokens = fapi.flow(&fapi.first, &fapi.request(&fapi.first)).await;
    let token = tokens["access_token"].as_str().unwrap();
    let proof = fapi
        .first
        .dpop
        .proof_for_token("GET", &fapi.url("userinfo"), token, app.now());
    fapi.resource_with("dpOp", token, &[&proof]).await.assert_status(200);
}

/// The flow with every proof bent by `change`.
async fn proofs_with(change: impl Fn(&mut Value)) {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let client = &fapi.first;
    let bent = |method: &str, endpoint: &str| {
        let mut claims = DpopKey::claims(method, &fapi.url(endpoint), app.now());
        change(&mut claims);
        claims
    };
    let query = fapi.request(client);
    let proof = client.dpop.sign(&bent("POST", "par"));
    let assertion = client.assertion(&fapi.tenant);
    let answer = client.push(&fapi.tenant, &query, &assertion, Some(&proof)).await;
    let handle = answer.assert_status(201).json()["request_uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = fapi
        .tenant
        .authorize(&mut app.browser(), &fapi.carried(client, &handle), "pat")
        .await;
    let code = page.parameter("code").unwrap();
    let (assertion, proof) = (client.assertion(&fapi.tenant), client.dpop.sign(&bent("POST", "token")));
    let form = Fapi::redemption(client, &code);
    let tokens = client
        .token_with(&fapi.tenant, &form, Some(&assertion), Some(&proof))
        .await;
    let tokens = tokens.assert_status(200).json();
    let token = tokens["access_token"].as_str().unwrap();
    let mut at_resource = bent("GET", "userinfo");
    at_resource["ath"] = json!(wardkey::kernel::Sha256Hash::of(token.as_bytes()).to_base64url());
    let proof = client.dpop.sign(&at_resource);
    fapi.resource_with("DPoP", token, &[&proof]).await.assert_status(200);
}

fn shift(claims: &mut Value, seconds: i64) {
    claims["iat"] = json!(claims["iat"].as_i64().unwrap() + seconds);
}

#[tokio::test]
async fn check_dpop_proof_nbf_exp() {
    Box::pin(proofs_with(|claims| {
        let now = claims["iat"].as_i64().unwrap();
        claims["nbf"] = json!(now);
        claims["exp"] = json!(now + 300);
    }))
    .await;
}

#[tokio::test]
async fn ensure_dpopproof_with_iat_10seconds_before_succeeds() {
    Box::pin(proofs_with(|claims| shift(claims, -10))).await;
}

#[tokio::test]
async fn ensure_dpopproof_with_iat_10seconds_after_succeeds() {
    Box::pin(proofs_with(|claims| shift(claims, 8))).await;
}

#[tokio::test]
async fn ensure_dpopproof_at_par_endpoint_binding_success() {
    Box::pin(proofs_with(|_| {})).await;
}

#[tokio::test]
async fn ensure_dpop_auth_code_binding_success() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let query = fapi
        .request(&fapi.first)
        .with("dpop_jkt", &fapi.first.dpop.thumbprint());
    fapi.flow(&fapi.first, &query).await;
}

#[tokio::test]
async fn ensure_mismatched_dpop_jkt_fails() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let client = &fapi.first;
    let query = fapi.request(client).with("dpop_jkt", &fapi.second.dpop.thumbprint());
    let proof = client.dpop.proof("POST", &fapi.url("par"), app.now());
    let answer = client
        .push(&fapi.tenant, &query, &client.assertion(&fapi.tenant), Some(&proof))
        .await;
    answer.assert_error(400, "invalid_dpop_proof");
}

#[tokio::test]
async fn ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let client = &fapi.first;
    let query = fapi.request(client);
    let proof = fapi.second.dpop.proof("POST", &fapi.url("par"), app.now());
    let answer = client
        .push(&fapi.tenant, &query, &client.assertion(&fapi.tenant), Some(&proof))
        .await;
    let handle = answer.assert_status(201).json()["request_uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = fapi
        .tenant
        .authorize(&mut app.browser(), &fapi.carried(client, &handle), "pat")
        .await;
    let code = page.parameter("code").unwrap();
    fapi.redeem(client, &code).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn ensure_token_endpoint_fails_with_mismatched_dpop_jkt() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let query = fapi
        .request(&fapi.first)
        .with("dpop_jkt", &fapi.second.dpop.thumbprint());
    let code = fapi.code(&fapi.first, &query).await;
    fapi.redeem(&fapi.first, &code).await.assert_error(400, "invalid_grant");
}

/// What is pushed wins over what the browser brings.
async fn brought_beside(name: &str) {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let query = fapi.request(&fapi.first);
    let handle = fapi.pushed(&fapi.first, &query).await;
    let carried = fapi.carried(&fapi.first, &handle).with(name, "of the browser");
    let page = fapi.tenant.authorize(&mut app.browser(), &carried, "pat").await;
    let pushed = |name: &str| query.pairs.iter().find(|(known, _)| known == name).unwrap().1.clone();
    assert_eq!(page.parameter("state"), Some(pushed("state")));
    let tokens = fapi
        .redeem(&fapi.first, &page.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["nonce"], pushed("nonce"));
}

#[tokio::test]
async fn ensure_different_nonce_inside_and_outside_request_object() {
    Box::pin(brought_beside("nonce")).await;
}

#[tokio::test]
async fn ensure_different_state_inside_and_outside_request_object() {
    Box::pin(brought_beside("state")).await;
}

#[tokio::test]
async fn state_only_outside_request_object_not_used() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let handle = fapi
        .pushed(&fapi.first, &fapi.request(&fapi.first).without("state"))
        .await;
    let carried = fapi.carried(&fapi.first, &handle).with("state", "outside");
    let page = fapi.tenant.authorize(&mut app.browser(), &carried, "pat").await;
    assert!(
        page.parameter("code").is_some() && page.parameter("state").is_none(),
        "{page}"
    );
}

/// A pushed request that is refused at once.
async fn push_refused(change: impl Fn(AuthorizationQuery) -> AuthorizationQuery, error: &str) {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let query = change(fapi.request(&fapi.first));
    fapi.push(&fapi.first, &query).await.assert_error(400, error);
}

#[tokio::test]
async fn ensure_request_object_without_redirect_uri_fails() {
    Box::pin(push_refused(|query| query.without("redirect_uri"), "invalid_request")).await;
}

#[tokio::test]
async fn ensure_redirect_uri_in_authorization_request() {
    Box::pin(push_refused(|query| query.without("redirect_uri"), "invalid_request")).await;
}

#[tokio::test]
async fn ensure_registered_redirect_uri() {
    Box::pin(push_refused(
        |query| query.with("redirect_uri", "https://app.test/callback/more"),
        "invalid_request",
    ))
    .await;
}

#[tokio::test]
async fn plain_fapi_tolerate_unregistered_redirect_uri() {
    Box::pin(push_refused(
        |query| query.with("redirect_uri", "https://app.test/callback/more"),
        "invalid_request",
    ))
    .await;
}

#[tokio::test]
async fn ensure_response_type_code_idtoken_fails() {
    Box::pin(push_refused(
        |query| query.with("response_type", "code id_token"),
        "unsupported_response_type",
    ))
    .await;
}

#[tokio::test]
async fn ensure_response_type_token_fails() {
    Box::pin(push_refused(
        |query| query.with("response_type", "token"),
        "unsupported_response_type",
    ))
    .await;
}

#[tokio::test]
async fn par_authorization_request_containing_request_uri_form_param() {
    Box::pin(push_refused(
        |query| query.with("request_uri", "urn:ietf:params:oauth:request_uri:x"),
        "invalid_request",
    ))
    .await;
}

#[tokio::test]
async fn par_ensure_pkce_required() {
    Box::pin(push_refused(
        |query| query.without("code_challenge").without("code_challenge_method"),
        "invalid_request",
    ))
    .await;
}

#[tokio::test]
async fn par_plain_pkce_rejected() {
    Box::pin(push_refused(
        |query| query.with("code_challenge_method", "plain"),
        "invalid_request",
    ))
    .await;
}

#[tokio::test]
async fn ensure_unsigned_authorization_request_without_using_par_fails() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let answer = fapi.tenant.get(&fapi.request(&fapi.first).address()).await;
    assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn ensure_client_id_in_token_endpoint() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let code = fapi.code(&fapi.first, &fapi.request(&fapi.first)).await;
    let mut form = Fapi::redemption(&fapi.first, &code);
    form.push(("client_id", SECOND));
    let answer = fapi.first.token(&fapi.tenant, &form).await;
    assert!([400, 401].contains(&answer.status.as_u16()), "{answer}");
}

#[tokio::test]
async fn ensure_holder_of_key_required() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let code = fapi.code(&fapi.first, &fapi.request(&fapi.first)).await;
    let (form, assertion) = (Fapi::redemption(&fapi.first, &code), fapi.first.assertion(&fapi.tenant));
    let answer = fapi.first.token_with(&fapi.tenant, &form, Some(&assertion), None).await;
    answer.assert_error(400, "invalid_dpop_proof");
}

#[tokio::test]
async fn ensure_authorization_code_is_bound_to_client() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let code = fapi.code(&fapi.first, &fapi.request(&fapi.first)).await;
    let form = Fapi::redemption(&fapi.first, &code);
    fapi.second
        .token(&fapi.tenant, &form)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn attempt_reuse_authorization_code_after_one_second() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let code = fapi.code(&fapi.first, &fapi.request(&fapi.first)).await;
    let tokens = fapi.redeem(&fapi.first, &code).await.assert_status(200).json();
    app.wait(Duration::from_secs(1));
    fapi.redeem(&fapi.first, &code).await.assert_error(400, "invalid_grant");
    fapi.resource(&fapi.first, &tokens).await.assert_status(401);
}

#[tokio::test]
async fn ensure_token_endpoint_fails_with_expired_auth_code() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let code = fapi.code(&fapi.first, &fapi.request(&fapi.first)).await;
    app.wait(Duration::from_secs(62));
    fapi.redeem(&fapi.first, &code).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn ensure_signed_client_assertion_with_rs256_fails() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let rsa = KeyClient::new("rsa", SigningAlgorithm::RS256);
    rsa.register(&fapi.tenant, json!({})).await;
    rsa.token(&fapi.tenant, &probe())
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn ensure_client_assertion_in_token_endpoint() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let mut form = probe().to_vec();
    form.push(("client_id", FIRST));
    let answer = fapi.first.token_with(&fapi.tenant, &form, None, None).await;
    answer.assert_error(401, "invalid_client");
}

/// An assertion bent by `change` is refused at both endpoints.
async fn assertion_refused(change: impl Fn(&mut Value)) {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let client = &fapi.first;
    let bent = || {
        let mut claims = client.assertion_claims(&fapi.tenant);
        change(&mut claims);
        client.key.sign(JwtType::IdToken, &claims).unwrap()
    };
    let answer = client.token_with(&fapi.tenant, &probe(), Some(&bent()), None).await;
    answer.assert_error(401, "invalid_client");
    let answer = client.push(&fapi.tenant, &fapi.request(client), &bent(), None).await;
    answer.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn ensure_client_assertion_with_exp_is_5_minutes_in_past_fails() {
    Box::pin(assertion_refused(|claims| {
        claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 300);
    }))
    .await;
}

#[tokio::test]
async fn ensure_client_assertion_with_wrong_aud_fails() {
    Box::pin(assertion_refused(|claims| {
        claims["aud"] = json!("https://elsewhere.test/auth");
    }))
    .await;
}

#[tokio::test]
async fn ensure_client_assertion_with_no_sub_fails() {
    Box::pin(assertion_refused(|claims| {
        drop(claims.as_object_mut().unwrap().remove("sub"));
    }))
    .await;
}

#[tokio::test]
async fn par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails() {
    Box::pin(assertion_refused(|claims| {
        for name in ["iat", "nbf", "exp"] {
            claims[name] = json!(claims[name].as_i64().unwrap() + 62);
        }
    }))
    .await;
}

#[tokio::test]
async fn par_test_array_as_audience_fails() {
    Box::pin(assertion_refused(|claims| {
        claims["aud"] = json!([claims["aud"], "https://elsewhere.test"]);
    }))
    .await;
}

#[tokio::test]
async fn par_test_par_endpoint_url_as_audience_fails() {
    Box::pin(assertion_refused(|claims| {
        claims["aud"] = json!(format!("{}/par", claims["aud"].as_str().unwrap()));
    }))
    .await;
}

#[tokio::test]
async fn par_test_token_endpoint_url_as_audience_fails() {
    Box::pin(assertion_refused(|claims| {
        claims["aud"] = json!(format!("{}/token", claims["aud"].as_str().unwrap()));
    }))
    .await;
}

#[tokio::test]
async fn par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let mut claims = fapi.first.assertion_claims(&fapi.tenant);
    for name in ["iat", "nbf"] {
        claims[name] = json!(claims[name].as_i64().unwrap() + 8);
    }
    let assertion = fapi.first.key.sign(JwtType::IdToken, &claims).unwrap();
    let answer = fapi
        .first
        .push(&fapi.tenant, &fapi.request(&fapi.first), &assertion, None)
        .await;
    answer.assert_status(201);
}

#[tokio::test]
async fn refresh_token() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let offline = |client: &KeyClient| {
        let query = fapi.request(client).with("scope", "openid offline_access");
        query.with("prompt", "consent")
    };
    let first = fapi.flow(&fapi.first, &offline(&fapi.first)).await;
    let second = fapi.flow(&fapi.second, &offline(&fapi.second)).await;
    let form = |tokens: &Value| {
        let token = tokens["refresh_token"].as_str().unwrap().to_owned();
        [("grant_type", "refresh_token".to_owned()), ("refresh_token", token)]
    };
    let (own, foreign) = (form(&first), form(&second));
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let foreign: Vec<(&str, &str)> = foreign.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // A confidential client may change its key.
    let moved = KeyClient {
        dpop: DpopKey::new(),
        ..fapi.first
    };
    moved.token(&fapi.tenant, &own).await.assert_status(200);
    app.wait(Duration::from_secs(30));
    moved.token(&fapi.tenant, &own).await.assert_status(200);
    let assertion = moved.assertion(&fapi.tenant);
    let answer = moved.token_with(&fapi.tenant, &own, Some(&assertion), None).await;
    answer.assert_error(400, "invalid_dpop_proof");
    let answer = moved.token_with(&fapi.tenant, &own, None, None).await;
    assert!([400, 401].contains(&answer.status.as_u16()), "{answer}");
    moved
        .token(&fapi.tenant, &foreign)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn par_ensure_reused_request_uri_prior_to_auth_completion_succeeds() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let handle = fapi.pushed(&fapi.first, &fapi.request(&fapi.first)).await;
    let carried = fapi.carried(&fapi.first, &handle);
    app.browser().goto(&carried.address()).await.response.assert_status(200);
    fapi.tenant.code_for(&carried, "pat").await;
}

#[tokio::test]
async fn par_attempt_reuse_request_uri() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let handle = fapi.pushed(&fapi.first, &fapi.request(&fapi.first)).await;
    let carried = fapi.carried(&fapi.first, &handle);
    fapi.tenant.code_for(&carried, "pat").await;
    fapi.shown(&carried).await;
}

#[tokio::test]
async fn par_attempt_to_use_expired_request_uri() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let handle = fapi.pushed(&fapi.first, &fapi.request(&fapi.first)).await;
    app.wait(Duration::from_mins(1));
    fapi.shown(&fapi.carried(&fapi.first, &handle)).await;
}

#[tokio::test]
async fn par_attempt_to_use_request_uri_for_different_client() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let handle = fapi.pushed(&fapi.first, &fapi.request(&fapi.first)).await;
    fapi.shown(&fapi.carried(&fapi.second, &handle)).await;
}

#[tokio::test]
async fn par_attempt_invalid_http_method() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    for method in [Method::GET, Method::PUT] {
        let request = Request::builder().method(method).uri(fapi.tenant.path("par")).empty();
        app.router.send(request).await.assert_status(405);
    }
}

#[tokio::test]
async fn ensure_pkce_code_verifier_required() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let code = fapi.code(&fapi.first, &fapi.request(&fapi.first)).await;
    let mut form = Fapi::redemption(&fapi.first, &code);
    form.retain(|(name, _)| *name != "code_verifier");
    fapi.first
        .token(&fapi.tenant, &form)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn incorrect_pkce_code_verifier_rejected() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let code = fapi.code(&fapi.first, &fapi.request(&fapi.first)).await;
    let mut form = Fapi::redemption(&fapi.first, &code);
    form.retain(|(name, _)| *name != "code_verifier");
    form.push(("code_verifier", CHALLENGE));
    fapi.first
        .token(&fapi.tenant, &form)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn par_without_duplicate_parameters() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let handle = fapi.pushed(&fapi.first, &fapi.request(&fapi.first)).await;
    let carried = fapi.carried(&fapi.first, &handle);
    assert_eq!(carried.pairs.len(), 2);
    fapi.tenant.code_for(&carried, "pat").await;
}

#[tokio::test]
async fn dpop_negative_tests() {
    let app = TestApp::new().await;
    let fapi = Fapi::start(&app).await;
    let client = &fapi.first;
    let tokens = fapi.flow(client, &fapi.request(client)).await;
    let token = tokens["access_token"].as_str().unwrap();
    let good = || {
        let mut claims = DpopKey::claims("GET", &fapi.url("userinfo"), app.now());
        claims["ath"] = json!(wardkey::kernel::Sha256Hash::of(token.as_bytes()).to_base64url());
        claims
    };
    let sign = |change: &dyn Fn(&mut Value)| {
        let mut claims = good();
        change(&mut claims);
        client.dpop.sign(&claims)
    };
    let set = |name: &'static str, value: Value| move |claims: &mut Value| claims[name] = value.clone();
    let without = |name: &'static str| move |claims: &mut Value| drop(claims.as_object_mut().unwrap().remove(name));
    let accepted = async |proof: &str| drop(fapi.resource_with("DPoP", token, &[proof]).await.assert_status(200));
    let refused = async |proofs: &[&str]| {
        let answer = fapi.resource_with("DPoP", token, proofs).await;
        assert!([400, 401].contains(&answer.status.as_u16()), "{proofs:?}: {answer}");
    };
    accepted(&sign(&|_| {})).await;
    let (one, two) = (sign(&|_| {}), sign(&|_| {}));
    refused(&[&one, &two]).await;
    refused(&["no-jwt"]).await;
    for name in ["jti", "htm", "htu", "iat", "ath"] {
        refused(&[&sign(&without(name))]).await;
    }
    refused(&[&sign(&set("htm", json!("PUT")))]).await;
    refused(&[&sign(&set("htu", json!(fapi.url("token"))))]).await;
    refused(&[&sign(&set("ath", json!("AAAA")))]).await;
    refused(&[&sign(&|claims| shift(claims, 3600))]).await;
    refused(&[&sign(&|claims| shift(claims, -3600))]).await;
    accepted(&sign(&set("htu", json!(format!("{}?x=1#y", fapi.url("userinfo")))))).await;
    accepted(&sign(&set(
        "htu",
        json!(fapi.url("userinfo").replacen("auth.test", "AUTH.test:443", 1)),
    )))
    .await;
    accepted(&sign(&set("unknown", json!(7)))).await;
    let once = sign(&|_| {});
    accepted(&once).await;
    refused(&[&once]).await;
    let mut forged = sign(&|_| {});
    forged.truncate(forged.rfind('.').unwrap());
    refused(&[&format!("{forged}.AAAA")]).await;
    let stranger = DpopKey::new().sign(&good());
    refused(&[&stranger]).await;
    refused(&[]).await;
    let bearer = fapi.resource_with("Bearer", token, &[]).await;
    bearer.assert_status(401);
    accepted(&sign(&|_| {})).await;
}
