//! Asymmetric client authentication (SMART App Launch 2.2; RFC 7523; RFC 10070): one test per rule.

use crate::support::app::{CONFIDENTIAL, SECRET, TestApp, TestTenant};
use crate::support::backend::{BACKEND, Backend, JWT_BEARER, ask};
use crate::support::http::{RequestBuilderExt as _, Response, RouterExt as _};
use crate::support::loopback::Served;
use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use futures::future::join_all;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wardkey::control::clients::SecretPolicy;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::oauth::jose::{JwtType, SigningAlgorithm};
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;

const SCOPE: &str = "system/Patient.rs";

/// A client with an ES384 key, registered by value.
async fn registered(tenant: &TestTenant<'_>) -> Backend {
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend.register(tenant, json!({ "jwks": backend.jwks() })).await;
    backend
}

fn header_of(backend: &Backend) -> Value {
    json!({ "alg": "ES384", "typ": "JWT", "kid": backend.key.kid() })
}

fn changed(mut object: Value, member: &str, value: Value) -> Value {
    object[member] = value;
    if object[member].is_null() {
        object.as_object_mut().unwrap().remove(member);
    }
    object
}

/// The refusal of an assertion: 401, `invalid_client`, and words that name the rule.
#[track_caller]
fn assert_refused(answer: Response, told: &str) {
    let answer = answer.assert_error(401, "invalid_client");
    let description = answer.json()["error_description"].as_str().unwrap().to_owned();
    assert!(description.contains(told), "{description}");
}

/// Keys at an address, served with a `Cache-Control` or none, counted.
struct Published {
    keys: Arc<Mutex<Value>>,
    fetches: Arc<AtomicUsize>,
    served: Served,
}

impl Published {
    async fn start(keys: Value, caching: Option<&'static str>) -> Self {
        let keys = Arc::new(Mutex::new(keys));
        let fetches = Arc::new(AtomicUsize::new(0));
        let (shown, count) = (keys.clone(), fetches.clone());
        let answer = get(move |asked: HeaderMap| async move {
            count.fetch_add(1, Ordering::SeqCst);
            assert_eq!(asked.get(header::ACCEPT).unwrap(), "application/json");
            assert!(asked.get(header::AUTHORIZATION).is_none() && asked.get(header::COOKIE).is_none());
            let mut response = shown.lock().unwrap().to_string().into_response();
            if let Some(caching) = caching {
                response
                    .headers_mut()
                    .insert(header::CACHE_CONTROL, caching.parse().unwrap());
            }
            response
        });
        let served = Served::start(Router::new().route("/jwks.json", answer)).await;
        Self { keys, fetches, served }
    }

    fn url(&self) -> String {
        format!("{}/jwks.json", self.served.base())
    }

    fn fetched(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn rs384_and_es384_are_accepted_at_every_tenant() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for algorithm in [SigningAlgorithm::RS384, SigningAlgorithm::ES384] {
        let backend = Backend::new(algorithm);
        backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
        let assertion = backend.sign(&Backend::claims(&tenant));
        ask(&tenant, &assertion, SCOPE).await.assert_status(200);
    }
}

#[tokio::test]
async fn other_algorithms_are_accepted_where_the_tenant_chose_them() {
    let app = TestApp::new().await;
    let usual = app.tenant("northside").await;
    let document: TenantDocument = serde_json::from_value(json!({
        "additional_assertion_algorithms": ["RS256", "ES256", "PS256", "EdDSA"]
    }))
    .unwrap();
    let open = app
        .tenant_as(NewTenant {
            slug: "lakeside".into(),
            display_name: "Lakeside".into(),
            tier: Tier::Standard,
            placement: NewPlacement::Shared,
            document,
        })
        .await;
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::PS256,
        SigningAlgorithm::EdDSA,
    ] {
        let backend = Backend::new(algorithm);
        for tenant in [&usual, &open] {
            backend.register(tenant, json!({ "jwks": backend.jwks() })).await;
        }
        let refused = ask(&usual, &backend.sign(&Backend::claims(&usual)), SCOPE).await;
        assert_refused(refused, "one of: RS384, ES384");
        let accepted = ask(&open, &backend.sign(&Backend::claims(&open)), SCOPE).await;
        accepted.assert_status(200);
    }
}

#[tokio::test]
async fn none_and_symmetric_algorithms_are_never_accepted() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    for algorithm in ["none", "HS256", "HS384"] {
        let header = changed(header_of(&backend), "alg", json!(algorithm));
        let assertion = backend.sign_with_header(&header, &Backend::claims(&tenant));
        assert_refused(ask(&tenant, &assertion, SCOPE).await, "alg of the client assertion");
    }
}

#[tokio::test]
async fn an_algorithm_that_the_tenant_does_not_accept_cannot_be_registered() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES256);
    let registration = json!({
        "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
        "jwks": backend.jwks(), "token_endpoint_auth_signing_alg": "ES256",
    });
    let refused = tenant
        .admin()
        .await
        .save_client(
            BACKEND,
            serde_json::from_value(registration).unwrap(),
            SecretPolicy::KeepOrCreate,
        )
        .await;
    let message = refused.err().unwrap().to_string();
    assert!(message.starts_with("token_endpoint_auth_signing_alg"), "{message}");
}

#[tokio::test]
async fn the_header_names_the_key_by_kid() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    let without = changed(header_of(&backend), "kid", Value::Null);
    let assertion = backend.sign_with_header(&without, &Backend::claims(&tenant));
    assert_refused(ask(&tenant, &assertion, SCOPE).await, "kid");
    let other = changed(header_of(&backend), "kid", json!("another"));
    let assertion = backend.sign_with_header(&other, &Backend::claims(&tenant));
    assert_refused(ask(&tenant, &assertion, SCOPE).await, "kid");
    let right = backend.sign_with_header(&header_of(&backend), &Backend::claims(&tenant));
    ask(&tenant, &right, SCOPE).await.assert_status(200);
}

#[tokio::test]
async fn a_kid_that_two_keys_have_selects_none() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (backend, other) = (
        Backend::new(SigningAlgorithm::ES384),
        Backend::new(SigningAlgorithm::ES384),
    );
    let mut twin = serde_json::to_value(other.key.public_jwk()).unwrap();
    twin["kid"] = json!(backend.key.kid());
    let keys = json!({ "keys": [backend.key.public_jwk(), twin] });
    let published = Published::start(keys, Some("max-age=60")).await;
    backend.register(&tenant, json!({ "jwks_uri": published.url() })).await;
    let answer = ask(&tenant, &backend.sign(&Backend::claims(&tenant)), SCOPE).await;
    assert_refused(answer, "no single key");
}

#[tokio::test]
async fn a_kid_selects_among_keys_whose_type_fits_the_algorithm() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (elliptic, rsa) = (
        Backend::new(SigningAlgorithm::ES384),
        Backend::new(SigningAlgorithm::RS384),
    );
    let mut same_name = serde_json::to_value(rsa.key.public_jwk()).unwrap();
    same_name["kid"] = json!(elliptic.key.kid());
    // Members beyond those of the key are of no consequence.
    same_name["x5c"] = json!(["AAAA"]);
    same_name["ext"] = json!(true);
    let keys = json!({ "keys": [same_name, elliptic.key.public_jwk()] });
    let published = Published::start(keys, None).await;
    elliptic.register(&tenant, json!({ "jwks_uri": published.url() })).await;
    let answer = ask(&tenant, &elliptic.sign(&Backend::claims(&tenant)), SCOPE).await;
    answer.assert_status(200);
}

#[tokio::test]
async fn a_key_without_kid_cannot_be_registered_by_a_smart_client() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    let nameless = changed(
        serde_json::to_value(backend.key.public_jwk()).unwrap(),
        "kid",
        Value::Null,
    );
    let registration = json!({
        "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
        "jwks": { "keys": [nameless] }, "scope": SCOPE,
    });
    let refused = tenant
        .admin()
        .await
        .save_client(
            BACKEND,
            serde_json::from_value(registration).unwrap(),
            SecretPolicy::KeepOrCreate,
        )
        .await;
    assert!(refused.err().unwrap().to_string().contains("kid"));
}

#[tokio::test]
async fn the_typ_is_that_of_an_assertion_or_absent() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    for typ in [
        "at+jwt",
        "dpop+jwt",
        "oauth-authz-req+jwt",
        "logout+jwt",
        "secevent+jwt",
        "JOSE",
    ] {
        let header = changed(header_of(&backend), "typ", json!(typ));
        let assertion = backend.sign_with_header(&header, &Backend::claims(&tenant));
        assert_refused(ask(&tenant, &assertion, SCOPE).await, "typ of the client assertion");
    }
    for typ in [json!("JWT"), json!("jwt"), Value::Null] {
        let header = changed(header_of(&backend), "typ", typ);
        let assertion = backend.sign_with_header(&header, &Backend::claims(&tenant));
        ask(&tenant, &assertion, SCOPE).await.assert_status(200);
    }
}

#[tokio::test]
async fn an_unknown_critical_header_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    let header = changed(header_of(&backend), "crit", json!(["b64"]));
    let assertion = backend.sign_with_header(&header, &Backend::claims(&tenant));
    assert_refused(ask(&tenant, &assertion, SCOPE).await, "crit");
}

#[tokio::test]
async fn a_jku_is_the_registered_address_exactly_and_never_another_one_to_fetch_from() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    let published = Published::start(backend.jwks(), Some("max-age=60")).await;
    let elsewhere = Published::start(backend.jwks(), Some("max-age=60")).await;
    backend.register(&tenant, json!({ "jwks_uri": published.url() })).await;
    let signed = |url: &str| {
        let header = changed(header_of(&backend), "jku", json!(url));
        backend.sign_with_header(&header, &Backend::claims(&tenant))
    };
    for other in [elsewhere.url(), format!("{}?", published.url())] {
        assert_refused(ask(&tenant, &signed(&other), SCOPE).await, "jku");
    }
    assert_eq!(elsewhere.fetched(), 0);
    ask(&tenant, &signed(&published.url()), SCOPE).await.assert_status(200);
    // A client that registered its keys by value has no address that could be named.
    backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
    assert_refused(ask(&tenant, &signed(&published.url()), SCOPE).await, "jku");
}

#[tokio::test]
async fn each_claim_that_breaks_a_rule_is_named() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let other = app.tenant("lakeside").await;
    let backend = registered(&tenant).await;
    let now = app.now().seconds();
    let issuer = tenant.issuer();
    let table = [
        ("iss", json!("somebody-else"), "iss and sub"),
        ("iss", Value::Null, "iss and sub"),
        ("sub", Value::Null, "iss and sub"),
        ("aud", Value::Null, "aud of"),
        ("aud", json!("https://elsewhere.test/token"), "aud of"),
        ("aud", json!(other.issuer()), "aud of"),
        ("aud", json!(format!("{}/token", other.issuer())), "aud of"),
        ("aud", json!(format!("{issuer}/introspect")), "aud of"),
        ("aud", json!(format!("{issuer}/")), "aud of"),
        ("aud", json!(issuer.to_uppercase()), "aud of"),
        ("aud", json!(app.base), "aud of"),
        ("aud", json!([issuer, format!("{issuer}/token")]), "aud of"),
        ("exp", Value::Null, "exp"),
        ("exp", json!(now - 61), "expired"),
        ("exp", json!(now + 361), "5 minutes"),
        ("exp", json!("soon"), "whole numbers"),
        ("exp", json!(1_900_000_000.5), "whole numbers"),
        ("iat", json!(now + 61), "future"),
        ("nbf", json!(now + 61), "future"),
        ("jti", Value::Null, "jti"),
        ("jti", json!(""), "jti"),
        ("jti", json!("x".repeat(300)), "jti"),
    ];
    for (member, value, told) in table {
        let claims = changed(Backend::claims(&tenant), member, value);
        assert_refused(ask(&tenant, &backend.sign(&claims), SCOPE).await, told);
    }
}

#[tokio::test]
async fn five_minutes_ahead_is_accepted_from_a_clock_that_is_a_little_fast() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    let now = app.now().seconds();
    for (member, value) in [
        ("exp", now + 300),
        ("exp", now + 330),
        ("iat", now + 8),
        ("nbf", now + 8),
    ] {
        let claims = changed(Backend::claims(&tenant), member, json!(value));
        ask(&tenant, &backend.sign(&claims), SCOPE).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_jti_is_accepted_once_per_client_and_tenant() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let other = app.tenant("lakeside").await;
    let backend = registered(&tenant).await;
    backend.register(&other, json!({ "jwks": backend.jwks() })).await;
    let with_jti = |tenant: &TestTenant<'_>| backend.sign(&changed(Backend::claims(tenant), "jti", json!("one")));
    ask(&tenant, &with_jti(&tenant), SCOPE).await.assert_status(200);
    // A new signature over the same jti is a replay as well.
    assert_refused(ask(&tenant, &with_jti(&tenant), SCOPE).await, "used before");
    ask(&other, &with_jti(&other), SCOPE).await.assert_status(200);
    // On the other nodes too.
    let node = app.another_node().await;
    let assertion = with_jti(&tenant);
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", SCOPE),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    let request = axum::http::Request::post(tenant.path("token")).form(&form);
    assert_refused(node.send(request).await, "used before");
}

#[tokio::test]
async fn a_stranger_learns_the_same_as_a_client_with_another_key() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    registered(&tenant).await;
    let stranger = Backend::new(SigningAlgorithm::ES384);
    let known = ask(&tenant, &stranger.sign(&Backend::claims(&tenant)), SCOPE).await;
    for name in ["nobody-here", CONFIDENTIAL] {
        let claims = changed(Backend::claims(&tenant), "iss", json!(name));
        let claims = changed(claims, "sub", json!(name));
        let answer = ask(&tenant, &stranger.sign(&claims), SCOPE).await;
        assert_eq!((answer.status, answer.text()), (known.status, known.text()), "{name}");
        let wrong = changed(claims, "aud", json!("https://elsewhere.test"));
        assert_refused(ask(&tenant, &stranger.sign(&wrong), SCOPE).await, "aud of");
    }
}

#[tokio::test]
async fn one_way_to_authenticate_per_request_and_every_name_in_it_agrees() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    let with = async |more: &[(&str, &str)]| {
        let assertion = backend.sign(&Backend::claims(&tenant));
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("scope", SCOPE),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion.as_str()),
        ];
        form.extend_from_slice(more);
        tenant.token(&form).await
    };
    with(&[("client_id", BACKEND)]).await.assert_status(200);
    with(&[("client_id", "somebody-else")])
        .await
        .assert_error(400, "invalid_request");
    with(&[("client_secret", SECRET)])
        .await
        .assert_error(400, "invalid_request");
    let assertion = backend.sign(&Backend::claims(&tenant));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &form)
        .await
        .assert_error(400, "invalid_request");
    // A client with a key that sends nothing of it has not authenticated.
    tenant
        .token(&[
            ("grant_type", "client_credentials"),
            ("scope", SCOPE),
            ("client_id", BACKEND),
        ])
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn the_token_endpoint_is_the_audience_of_smart_clients_and_backend_services() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    // A backend service keeps the profile of SMART whatever its scope is.
    for scope in [SCOPE, "__introspect"] {
        backend
            .register(&tenant, json!({ "jwks": backend.jwks(), "scope": scope }))
            .await;
        for audience in [tenant.issuer(), format!("{}/token", tenant.issuer())] {
            for aud in [json!(audience), json!([audience])] {
                let claims = changed(Backend::claims(&tenant), "aud", aud);
                ask(&tenant, &backend.sign(&claims), scope).await.assert_status(200);
            }
        }
    }
}

#[tokio::test]
async fn a_client_of_the_strict_profile_names_the_issuer_as_a_single_text() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend
        .register(
            &tenant,
            json!({ "jwks": backend.jwks(), "assertion_audience": "issuer_only" }),
        )
        .await;
    let issuer = tenant.issuer();
    for aud in [json!(format!("{issuer}/token")), json!([issuer])] {
        let claims = changed(Backend::claims(&tenant), "aud", aud);
        assert_refused(
            ask(&tenant, &backend.sign(&claims), SCOPE).await,
            "has to be the issuer",
        );
    }
    let claims = changed(Backend::claims(&tenant), "aud", json!(issuer));
    ask(&tenant, &backend.sign(&claims), SCOPE).await.assert_status(200);
}

#[tokio::test]
async fn the_new_typ_demands_the_strict_audience_of_every_client() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    let sign = |audience: String| {
        let claims = changed(Backend::claims(&tenant), "aud", json!(audience));
        backend.key.sign(JwtType::ClientAssertion, &claims).unwrap()
    };
    let endpoint = sign(format!("{}/token", tenant.issuer()));
    assert_refused(ask(&tenant, &endpoint, SCOPE).await, "aud of");
    ask(&tenant, &sign(tenant.issuer()), SCOPE).await.assert_status(200);
}

#[tokio::test]
async fn keys_that_must_not_be_stored_are_fetched_for_every_assertion() {
    for caching in ["no-store", "no-cache", "max-age=0"] {
        let app = TestApp::new().await;
        let tenant = app.tenant("northside").await;
        let backend = Backend::new(SigningAlgorithm::ES384);
        let published = Published::start(backend.jwks(), Some(caching)).await;
        backend.register(&tenant, json!({ "jwks_uri": published.url() })).await;
        for expected in 1..=3 {
            let answer = ask(&tenant, &backend.sign(&Backend::claims(&tenant)), SCOPE).await;
            answer.assert_status(200);
            assert_eq!(published.fetched(), expected, "{caching}");
        }
    }
}

#[tokio::test]
async fn keys_of_which_nothing_is_said_are_kept_for_a_minute() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    let published = Published::start(backend.jwks(), None).await;
    backend.register(&tenant, json!({ "jwks_uri": published.url() })).await;
    let send = async || {
        let answer = ask(&tenant, &backend.sign(&Backend::claims(&tenant)), SCOPE).await;
        answer.assert_status(200);
    };
    send().await;
    send().await;
    assert_eq!(published.fetched(), 1);
    app.wait(Duration::from_secs(61));
    send().await;
    assert_eq!(published.fetched(), 2);
}

#[tokio::test]
async fn assertions_that_arrive_at_once_make_the_server_ask_for_keys_once() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    let published = Published::start(backend.jwks(), Some("max-age=300")).await;
    backend.register(&tenant, json!({ "jwks_uri": published.url() })).await;
    let all: Vec<String> = (0..16).map(|_| backend.sign(&Backend::claims(&tenant))).collect();
    for answer in join_all(all.iter().map(|assertion| ask(&tenant, assertion, SCOPE))).await {
        answer.assert_status(200);
    }
    assert_eq!(published.fetched(), 1);
    // Nor are strangers' keys a way to flood the client.
    app.wait(Duration::from_secs(61));
    let forged = Backend::new(SigningAlgorithm::ES384);
    let all: Vec<String> = (0..16).map(|_| forged.sign(&Backend::claims(&tenant))).collect();
    for answer in join_all(all.iter().map(|assertion| ask(&tenant, assertion, SCOPE))).await {
        assert_refused(answer, "no single key");
    }
    assert_eq!(published.fetched(), 2);
}

#[tokio::test]
async fn a_key_that_was_withdrawn_ends_with_the_cache() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    let published = Published::start(backend.jwks(), Some("max-age=120")).await;
    backend.register(&tenant, json!({ "jwks_uri": published.url() })).await;
    let send = async || ask(&tenant, &backend.sign(&Backend::claims(&tenant)), SCOPE).await;
    send().await.assert_status(200);
    *published.keys.lock().unwrap() = Backend::new(SigningAlgorithm::ES384).jwks();
    send().await.assert_status(200);
    app.wait(Duration::from_secs(121));
    assert_refused(send().await, "no single key");
}

#[tokio::test]
async fn keys_that_cannot_be_had_authenticate_nobody() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    let router = Router::new()
        .route("/broken.json", get(|| async { "not json" }))
        .route("/failing.json", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route(
            "/moved.json",
            get(|| async { (StatusCode::FOUND, [("location", "https://elsewhere.test/jwks.json")]) }),
        );
    let served = Served::start(router).await;
    for path in ["broken.json", "failing.json", "moved.json", "missing.json"] {
        let url = format!("{}/{path}", served.base());
        backend.register(&tenant, json!({ "jwks_uri": url })).await;
        let answer = ask(&tenant, &backend.sign(&Backend::claims(&tenant)), SCOPE).await;
        assert_refused(answer, "no single key");
    }
}
