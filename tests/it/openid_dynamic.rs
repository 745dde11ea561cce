//! The modules of the OpenID Foundation's plans "Config OP" and "Dynamic OP", under their names. What they share with "Basic OP" stands in
//! `openid_basic`.

use crate::support::app::{AuthorizationQuery, REDIRECT_URI, TestApp, TestTenant, claims, jose_header};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use crate::support::loopback::Served;
use crate::support::openid_suite::{KeyClient, Mode, SCOPES, Suite, set};
use axum::Router;
use axum::http::{Method, Request};
use axum::routing::get;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wardkey::control::signing_keys::Rotation;
use wardkey::oauth::jose::{JwtType, SigningAlgorithm};

/// A tenant where everybody may register apps, as the plan needs it.
async fn open(app: &TestApp) -> Suite<'_> {
    let suite = Suite::start(app, Mode::Query).await;
    set(
        &suite.tenant,
        &[
            ("registration.policy", "open"),
            ("registration.approval", "false"),
            ("registration.scope", SCOPES),
            ("registration.assertion_audience", "issuer_or_token_endpoint"),
        ],
    )
    .await;
    suite
}

/// An app that registered itself, with its key.
struct Registered {
    client: KeyClient,
    answer: Value,
}

async fn post(tenant: &TestTenant<'_>, metadata: &Value) -> Response {
    let request = Request::post(tenant.path("register")).json(metadata);
    tenant.app.router.send(request).await
}

/// What the suite registers; `more` changes it.
fn metadata(client: &KeyClient, more: &Value) -> Value {
    let mut metadata = json!({
        "client_name": "Suite", "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "redirect_uris": [REDIRECT_URI], "contacts": ["certification@oidf.example"], "scope": "openid offline_access",
        "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [client.key.public_jwk()] },
    });
    for (name, value) in more.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    metadata
}

async fn register(tenant: &TestTenant<'_>, more: Value) -> Registered {
    let mut client = KeyClient::new("unregistered", SigningAlgorithm::RS256);
    let answer: Value = post(tenant, &metadata(&client, &more)).await.assert_status(201).json();
    answer["client_id"].as_str().unwrap().clone_into(&mut client.id);
    assert!(
        answer["registration_client_uri"]
            .as_str()
            .unwrap()
            .starts_with("https://")
    );
    assert!(answer["registration_access_token"].is_string() && answer.get("client_secret").is_none());
    Registered { client, answer }
}

fn request(suite: &Suite<'_>, client: &Registered) -> AuthorizationQuery {
    suite.request_of(&client.client.id)
}

/// An assertion as the suite makes it: for the token endpoint, a minute long.
async fn redeem(suite: &Suite<'_>, client: &Registered, code: &str) -> Value {
    let mut assertion = client.client.assertion_claims(&suite.tenant);
    assertion["aud"] = json!(format!("{}/token", suite.tenant.issuer()));
    let assertion = client.client.key.sign(JwtType::IdToken, &assertion).unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
    ];
    let answer = client
        .client
        .token_with(&suite.tenant, &form, Some(&assertion), None)
        .await;
    answer.assert_status(200).json()
}

async fn tokens(suite: &Suite<'_>, client: &Registered, query: &AuthorizationQuery) -> Value {
    let callback = suite.authorize(&mut suite.tenant.app.browser(), query).await;
    let tokens = redeem(suite, client, callback.code()).await;
    suite
        .verify(&client.client.id, query, tokens["id_token"].as_str().unwrap())
        .await;
    tokens
}

#[tokio::test]
async fn oidcc_discovery_endpoint_verification() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let answer = suite
        .tenant
        .get(&suite.tenant.path(".well-known/openid-configuration"))
        .await
        .assert_status(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.json();
    assert_eq!(document["issuer"], suite.tenant.issuer());
    let list = |name: &str| document[name].as_array().unwrap_or_else(|| panic!("{name}")).clone();
    assert!(list("response_types_supported").contains(&json!("code")));
    assert!(list("grant_types_supported").contains(&json!("authorization_code")));
    assert!(list("id_token_signing_alg_values_supported").contains(&json!("RS256")));
    assert!(list("request_object_signing_alg_values_supported").contains(&json!("RS256")));
    assert!(list("scopes_supported").contains(&json!("openid")));
    for name in list("subject_types_supported") {
        assert!(["public", "pairwise"].contains(&name.as_str().unwrap()));
    }
    assert!(!list("claims_supported").is_empty());
    for (name, value) in document.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(value.as_str().unwrap().starts_with("https://"), "{name}");
        }
    }
    let keys = suite.tenant.get(&suite.tenant.path("jwks")).await.json();
    let mut names = std::collections::BTreeSet::new();
    for key in keys["keys"].as_array().unwrap() {
        assert!(names.insert(key["kid"].as_str().unwrap().to_owned()));
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none());
        }
    }
}

#[tokio::test]
async fn oidcc_server() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = register(&suite.tenant, json!({})).await;
    let tokens = tokens(&suite, &client, &request(&suite, &client)).await;
    suite
        .tenant
        .userinfo(tokens["access_token"].as_str().unwrap())
        .await
        .assert_status(200);
    // The suite removes what it registered.
    let path = format!("register/{}", client.client.id);
    let token = client.answer["registration_access_token"].as_str().unwrap();
    let request = Request::builder().method(Method::DELETE).uri(suite.tenant.path(&path));
    app.router.send(request.bearer(token).empty()).await.assert_status(204);
}

#[tokio::test]
async fn oidcc_idtoken_rs256() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = register(&suite.tenant, json!({ "id_token_signed_response_alg": "RS256" })).await;
    let tokens = tokens(&suite, &client, &request(&suite, &client)).await;
    let header = jose_header(tokens["id_token"].as_str().unwrap());
    assert!(header["alg"] == "RS256" && header["kid"].is_string());
}

#[tokio::test]
async fn oidcc_userinfo_rs256() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = register(&suite.tenant, json!({ "userinfo_signed_response_alg": "RS256" })).await;
    let tokens = tokens(&suite, &client, &request(&suite, &client)).await;
    let answer = suite
        .tenant
        .userinfo(tokens["access_token"].as_str().unwrap())
        .await
        .assert_status(200);
    assert_eq!(answer.header("content-type"), Some("application/jwt"));
    assert_eq!(jose_header(answer.text())["alg"], "RS256");
    let said = claims(answer.text());
    assert!(said.get("nonce").is_none());
    assert_eq!(said["iss"], suite.tenant.issuer());
    assert_eq!(said["aud"], client.client.id);
}

async fn shown(suite: &Suite<'_>, query: &AuthorizationQuery) {
    let answer = suite.tenant.get(&query.address()).await.assert_status(400);
    assert!(answer.header("location").is_none(), "{answer}");
}

#[tokio::test]
async fn oidcc_ensure_redirect_uri_in_authorization_request() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = register(
        &suite.tenant,
        json!({ "redirect_uris": [REDIRECT_URI, "https://app.test/second"] }),
    )
    .await;
    shown(&suite, &request(&suite, &client).without("redirect_uri")).await;
}

#[tokio::test]
async fn oidcc_redirect_uri_query_ok() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let uri = format!("{REDIRECT_URI}?foo=bar");
    let client = register(&suite.tenant, json!({ "redirect_uris": [uri] })).await;
    let query = request(&suite, &client).with("redirect_uri", &uri);
    let callback = suite.authorize(&mut app.browser(), &query).await;
    assert_eq!(callback.find("foo"), Some("bar"));
    callback.code();
}

#[tokio::test]
async fn oidcc_redirect_uri_query_mismatch() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let uri = format!("{REDIRECT_URI}?a=1");
    let client = register(&suite.tenant, json!({ "redirect_uris": [uri] })).await;
    shown(
        &suite,
        &request(&suite, &client).with("redirect_uri", &format!("{REDIRECT_URI}?a=2")),
    )
    .await;
}

#[tokio::test]
async fn oidcc_redirect_uri_query_added() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = register(&suite.tenant, json!({})).await;
    shown(
        &suite,
        &request(&suite, &client).with("redirect_uri", &format!("{REDIRECT_URI}?foo=bar")),
    )
    .await;
}

#[tokio::test]
async fn oidcc_redirect_uri_regfrag() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = KeyClient::new("x", SigningAlgorithm::RS256);
    let bad = metadata(
        &client,
        &json!({ "redirect_uris": [format!("{REDIRECT_URI}#fragment")] }),
    );
    post(&suite.tenant, &bad)
        .await
        .assert_error(400, "invalid_redirect_uri");
}

/// The app's links stand where its users decide; each is one of its own addresses.
async fn consent_page_shows(member: &str, value: &str, words: &str) {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = register(&suite.tenant, json!({ member: value })).await;
    assert_eq!(client.answer[member], value);
    let mut browser = app.browser();
    let page = browser.goto(&request(&suite, &client).address()).await;
    let form = page
        .form()
        .with("username", crate::support::openid_suite::USER)
        .with("password", crate::support::app::PASSWORD);
    let page = browser.submit(&page, &form).await;
    let text = page.response.text();
    assert!(text.contains(words), "{page}");
    assert!(text.contains(&format!("href=\"{value}\"")), "{page}");
    // A stranger's server never learns who looks at the page.
    assert!(!text.contains(&format!("src=\"{value}\"")));
}

#[tokio::test]
async fn oidcc_registration_policy_uri() {
    consent_page_shows("policy_uri", "https://app.test/policy", "How it uses your information").await;
}

#[tokio::test]
async fn oidcc_registration_tos_uri() {
    consent_page_shows("tos_uri", "https://app.test/terms", "Terms of use").await;
}

/// A client whose keys are at an address that can be changed.
struct Published {
    keys: Arc<Mutex<Value>>,
    _server: Served,
    address: String,
}

impl Published {
    async fn of(client: &KeyClient) -> Self {
        let keys = Arc::new(Mutex::new(json!({ "keys": [client.key.public_jwk()] })));
        let served = keys.clone();
        let answer = move || async move { served.lock().unwrap().to_string() };
        let server = Served::start(Router::new().route("/jwks", get(answer))).await;
        Self {
            keys,
            address: format!("{}/jwks", server.base()),
            _server: server,
        }
    }
}

fn by_address(address: &str) -> Value {
    json!({
        "jwks": null, "jwks_uri": address, "assertion_audience": "issuer_or_token_endpoint", "scope": SCOPES,
    })
}

/// The tests' servers have no https, so that an administrator registers this one.
#[tokio::test]
async fn oidcc_registration_jwks_uri() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = KeyClient::new("published", SigningAlgorithm::RS256);
    let published = Published::of(&client).await;
    client.register(&suite.tenant, by_address(&published.address)).await;
    let registered = Registered {
        client,
        answer: json!({}),
    };
    tokens(&suite, &registered, &request(&suite, &registered)).await;
}

#[tokio::test]
async fn oidcc_refresh_token_rp_key_rotation() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = KeyClient::new("published", SigningAlgorithm::RS256);
    let published = Published::of(&client).await;
    client.register(&suite.tenant, by_address(&published.address)).await;
    let mut registered = Registered {
        client,
        answer: json!({}),
    };
    let query = request(&suite, &registered)
        .with("scope", "openid offline_access")
        .with("prompt", "consent");
    let first = tokens(&suite, &registered, &query).await;
    let refresh_token = first["refresh_token"].as_str().unwrap().to_owned();
    registered.client.key = KeyClient::new("next", SigningAlgorithm::RS256).key;
    *published.keys.lock().unwrap() = json!({ "keys": [registered.client.key.public_jwk()] });
    app.wait(Duration::from_mins(1));
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.as_str()),
    ];
    let assertion = registered.client.assertion(&suite.tenant);
    let answer = registered
        .client
        .token_with(&suite.tenant, &form, Some(&assertion), None)
        .await;
    answer.assert_status(200);
}

#[tokio::test]
async fn oidcc_registration_sector_uri() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let listed = json!([REDIRECT_URI]).to_string();
    let server = Served::start(Router::new().route("/sector", get(move || async move { listed }))).await;
    let sector = json!({ "subject_type": "pairwise", "sector_identifier_uri": format!("{}/sector", server.base()) });
    let client = register(&suite.tenant, sector).await;
    tokens(&suite, &client, &request(&suite, &client)).await;
}

#[tokio::test]
async fn oidcc_registration_sector_bad() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let listed = json!(["https://other.test/callback"]).to_string();
    let server = Served::start(Router::new().route("/sector", get(move || async move { listed }))).await;
    let sector = json!({ "subject_type": "pairwise", "sector_identifier_uri": format!("{}/sector", server.base()) });
    let client = KeyClient::new("x", SigningAlgorithm::RS256);
    let refused = post(&suite.tenant, &metadata(&client, &sector)).await;
    refused.assert_error(400, "invalid_client_metadata");
}

#[tokio::test]
async fn oidcc_server_rotate_keys() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let keys = async || {
        suite.tenant.get(&suite.tenant.path("jwks")).await.json()["keys"]
            .as_array()
            .unwrap()
            .clone()
    };
    let before = keys().await;
    suite
        .tenant
        .admin()
        .await
        .rotate_signing_keys(&[], Rotation::Planned)
        .await
        .unwrap();
    let after = keys().await;
    let kids = |keys: &[Value]| keys.iter().map(|key| key["kid"].clone()).collect::<Vec<_>>();
    assert!(
        kids(&before).iter().all(|kid| kids(&after).contains(kid)),
        "the old keys stay"
    );
    let fresh: Vec<&Value> = after
        .iter()
        .filter(|key| !kids(&before).contains(&key["kid"]))
        .collect();
    assert!(!fresh.is_empty());
    for key in fresh {
        assert!(before.iter().all(|old| old.get("n").is_none() || old["n"] != key["n"]));
    }
}

#[tokio::test]
async fn oidcc_request_uri_signed_rs256() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = KeyClient::new("signer", SigningAlgorithm::RS256);
    let inside = suite.request_of("signer");
    // As the suite makes it: iss and aud, and no expiry.
    let object = client.request_object(&suite.tenant, &inside, &json!({ "nbf": null, "exp": null }));
    let server = Served::start(Router::new().route("/request", get(move || async move { object }))).await;
    let address = format!("{}/request", server.base());
    client
        .register(&suite.tenant, json!({ "request_uris": [address] }))
        .await;
    let query = inside.with("request_uri", &address);
    suite.authorize(&mut app.browser(), &query).await.code();
}

#[tokio::test]
async fn oidcc_ensure_client_assertion_with_iss_aud_succeeds() {
    let app = TestApp::new().await;
    let suite = open(&app).await;
    let client = register(&suite.tenant, json!({})).await;
    let callback = suite.authorize(&mut app.browser(), &request(&suite, &client)).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", REDIRECT_URI),
    ];
    let assertion = client.client.assertion(&suite.tenant);
    let answer = client
        .client
        .token_with(&suite.tenant, &form, Some(&assertion), None)
        .await;
    answer.assert_status(200);
}
