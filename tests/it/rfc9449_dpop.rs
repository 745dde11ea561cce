//! Tokens that are worth something only to the holder of a key (RFC 9449).

use crate::support::app::{CONFIDENTIAL, PUBLIC, REDIRECT_URI, RESOURCE_SERVER, SECRET, TestApp, TestTenant, VERIFIER};
use crate::support::dpop::DpopKey;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::oauth::dpop::NoncePolicy;
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;

const SCOPE: &str = "openid launch/patient patient/*.rs offline_access";

fn token_url(tenant: &TestTenant<'_>) -> String {
    format!("{}/token", tenant.issuer())
}

fn exchange(code: &str) -> [(&str, &str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", PUBLIC),
        ("code_verifier", VERIFIER),
    ]
}

/// A token request with these `DPoP` headers.
async fn ask(tenant: &TestTenant<'_>, proofs: &[String], form: &[(&str, &str)]) -> Response {
    let mut request = Request::post(tenant.path("token"));
    for proof in proofs {
        request = request.header("DPoP", proof);
    }
    tenant.app.router.send(request.form(form)).await
}

async fn ask_with(tenant: &TestTenant<'_>, key: &DpopKey, form: &[(&str, &str)]) -> Response {
    let proof = key.proof("POST", &token_url(tenant), tenant.app.now());
    ask(tenant, &[proof], form).await
}

async fn bound_tokens(tenant: &TestTenant<'_>, key: &DpopKey) -> Value {
    let code = tenant.code(SCOPE, "pat").await;
    ask_with(tenant, key, &exchange(&code)).await.assert_status(200).json()
}

fn text<'a>(reply: &'a Value, name: &str) -> &'a str {
    reply[name].as_str().unwrap()
}

/// Userinfo with the scheme and proof of the test's choice.
async fn userinfo(tenant: &TestTenant<'_>, scheme: &str, token: &str, proofs: &[String]) -> Response {
    let mut request = Request::get(tenant.path("userinfo")).header("authorization", format!("{scheme} {token}"));
    for proof in proofs {
        request = request.header("DPoP", proof);
    }
    tenant.app.router.send(request.empty()).await
}

fn userinfo_url(tenant: &TestTenant<'_>) -> String {
    format!("{}/userinfo", tenant.issuer())
}

#[tokio::test]
async fn a_token_asked_for_with_a_proof_is_bound_to_its_key() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let key = DpopKey::new();
    let reply = bound_tokens(&tenant, &key).await;
    assert_eq!(reply["token_type"], "DPoP");
    let seen = tenant.introspect(text(&reply, "access_token")).await;
    assert_eq!(seen["cnf"], json!({ "jkt": key.thumbprint() }));
    assert_eq!(seen["token_type"], "DPoP");
}

#[tokio::test]
async fn a_bound_token_needs_a_proof_of_its_key_at_a_resource() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (key, other) = (DpopKey::new(), DpopKey::new());
    let reply = bound_tokens(&tenant, &key).await;
    let token = text(&reply, "access_token");
    let url = userinfo_url(&tenant);
    let proof = |key: &DpopKey| key.proof_for_token("GET", &url, token, app.now());

    userinfo(&tenant, "DPoP", token, &[proof(&key)])
        .await
        .assert_status(200);
    // RFC 9110 section 11.1: schemes have no case.
    userinfo(&tenant, "dpOp", token, &[proof(&key)])
        .await
        .assert_status(200);

    let as_bearer = userinfo(&tenant, "Bearer", token, &[]).await;
    assert_eq!(as_bearer.status, StatusCode::UNAUTHORIZED);
    let challenge = as_bearer.headers["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.starts_with("DPoP ") && challenge.contains("algs="),
        "{challenge}"
    );

    userinfo(&tenant, "Bearer", token, &[proof(&key)])
        .await
        .assert_status(401);
    userinfo(&tenant, "DPoP", token, &[]).await.assert_status(401);
    userinfo(&tenant, "DPoP", token, &[proof(&other)])
        .await
        .assert_status(401);
    userinfo(&tenant, "DPoP", token, &[proof(&key), proof(&key)])
        .await
        .assert_status(401);
    let without_hash = key.proof("GET", &url, app.now());
    userinfo(&tenant, "DPoP", token, &[without_hash])
        .await
        .assert_status(401);
    let of_another_method = key.proof_for_token("POST", &url, token, app.now());
    userinfo(&tenant, "DPoP", token, &[of_another_method])
        .await
        .assert_status(401);
}

#[tokio::test]
async fn a_proof_is_used_once() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let key = DpopKey::new();
    let reply = bound_tokens(&tenant, &key).await;
    let token = text(&reply, "access_token");
    let proof = [key.proof_for_token("GET", &userinfo_url(&tenant), token, app.now())];
    userinfo(&tenant, "DPoP", token, &proof).await.assert_status(200);
    userinfo(&tenant, "DPoP", token, &proof).await.assert_status(401);

    let proof = [key.proof("POST", &token_url(&tenant), app.now())];
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&reply, "refresh_token")),
        ("client_id", PUBLIC),
    ];
    ask(&tenant, &proof, &refresh).await.assert_status(200);
    ask(&tenant, &proof, &refresh)
        .await
        .assert_error(400, "invalid_dpop_proof");
}

#[tokio::test]
async fn a_proof_for_a_token_that_is_not_bound_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let key = DpopKey::new();
    let reply = tenant.tokens(SCOPE, "pat").await;
    let token = text(&reply, "access_token");
    let proof = key.proof_for_token("GET", &userinfo_url(&tenant), token, app.now());
    userinfo(&tenant, "DPoP", token, &[proof]).await.assert_status(401);
}

#[tokio::test]
async fn a_bad_proof_costs_the_client_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let key = DpopKey::new();
    let code = tenant.code(SCOPE, "pat").await;
    for proofs in [
        vec!["not a jwt".to_owned()],
        vec![key.proof("GET", &token_url(&tenant), app.now())],
        vec![key.proof("POST", "https://elsewhere.test/token", app.now())],
        vec![key.proof("POST", &token_url(&tenant), app.now() - Duration::from_mins(10))],
        vec![
            key.proof("POST", &token_url(&tenant), app.now()),
            key.proof("POST", &token_url(&tenant), app.now()),
        ],
    ] {
        ask(&tenant, &proofs, &exchange(&code))
            .await
            .assert_error(400, "invalid_dpop_proof");
    }
    ask_with(&tenant, &key, &exchange(&code)).await.assert_status(200);
}

#[tokio::test]
async fn a_public_clients_refresh_token_needs_the_same_key() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (key, other) = (DpopKey::new(), DpopKey::new());
    let reply = bound_tokens(&tenant, &key).await;
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&reply, "refresh_token")),
        ("client_id", PUBLIC),
    ];
    ask(&tenant, &[], &refresh).await.assert_error(400, "invalid_grant");
    ask_with(&tenant, &other, &refresh)
        .await
        .assert_error(400, "invalid_grant");
    // The thief's attempts did not use it up, and the successor is bound as well.
    let next: Value = ask_with(&tenant, &key, &refresh).await.assert_status(200).json();
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&next, "refresh_token")),
        ("client_id", PUBLIC),
    ];
    ask_with(&tenant, &other, &refresh)
        .await
        .assert_error(400, "invalid_grant");
    ask_with(&tenant, &key, &refresh).await.assert_status(200);
}

#[tokio::test]
async fn a_confidential_client_may_change_its_key_at_refresh() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant.authorization_request(SCOPE).with("client_id", CONFIDENTIAL);
    let code = tenant.code_for(&query, "pat").await;
    let send = async |key: &DpopKey, form: &[(&str, &str)]| {
        let proof = key.proof("POST", &token_url(&tenant), app.now());
        let request = Request::post(tenant.path("token"))
            .basic(CONFIDENTIAL, SECRET)
            .header("DPoP", proof);
        app.router.send(request.form(form)).await
    };
    let (first, second) = (DpopKey::new(), DpopKey::new());
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let reply: Value = send(&first, &form).await.assert_status(200).json();
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&reply, "refresh_token")),
    ];
    let reply: Value = send(&second, &form).await.assert_status(200).json();
    let seen = tenant.introspect(text(&reply, "access_token")).await;
    assert_eq!(seen["cnf"]["jkt"], json!(second.thumbprint()));
}

#[tokio::test]
async fn a_code_is_bound_to_the_key_that_the_request_named() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (key, other) = (DpopKey::new(), DpopKey::new());
    let query = tenant.authorization_request(SCOPE).with("dpop_jkt", &key.thumbprint());
    let code = tenant.code_for(&query, "pat").await;
    ask_with(&tenant, &other, &exchange(&code))
        .await
        .assert_error(400, "invalid_grant");
    let code = tenant.code_for(&query, "pat").await;
    ask(&tenant, &[], &exchange(&code))
        .await
        .assert_error(400, "invalid_grant");
    let code = tenant.code_for(&query, "pat").await;
    ask_with(&tenant, &key, &exchange(&code)).await.assert_status(200);
}

#[tokio::test]
async fn a_malformed_thumbprint_is_refused_before_anybody_signs_in() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant.authorization_request(SCOPE).with("dpop_jkt", "short");
    let page = app.browser().goto(&query.address()).await;
    assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn a_client_can_be_registered_to_need_a_key() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let members = json!({ "token_endpoint_auth_method": "none", "dpop_bound_access_tokens": true });
    tenant.client(PUBLIC, members).await;
    let code = tenant.code(SCOPE, "pat").await;
    ask(&tenant, &[], &exchange(&code))
        .await
        .assert_error(400, "invalid_dpop_proof");
    ask_with(&tenant, &DpopKey::new(), &exchange(&code))
        .await
        .assert_status(200);
}

/// A tenant whose clients have to use the server's nonces.
async fn demanding_nonces<'a>(app: &'a TestApp, slug: &str) -> TestTenant<'a> {
    Box::pin(app.tenant_as(NewTenant {
        slug: slug.to_owned(),
        display_name: format!("Hospital {slug}"),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document: TenantDocument {
            dpop_nonce: NoncePolicy::Required,
            ..TenantDocument::default()
        },
    }))
    .await
}

#[tokio::test]
async fn a_demanded_nonce_is_handed_out_and_the_code_survives() {
    let app = TestApp::new().await;
    let tenant = demanding_nonces(&app, "northside").await;

    let key = DpopKey::new();
    let code = tenant.code(SCOPE, "pat").await;
    let refused = ask_with(&tenant, &key, &exchange(&code)).await;
    let refused = refused.assert_error(400, "use_dpop_nonce");
    let nonce = refused.headers["dpop-nonce"].to_str().unwrap().to_owned();
    let with_nonce = |url: &str, method: &str, token: Option<&str>| {
        // An old clock: the nonce says how old the proof is.
        let mut claims = DpopKey::claims(method, url, app.now() - Duration::from_hours(1));
        claims["nonce"] = json!(nonce);
        if let Some(token) = token {
            claims["ath"] = json!(wardkey::kernel::Sha256Hash::of(token.as_bytes()).to_base64url());
        }
        key.sign(&claims)
    };
    let answer = ask(
        &tenant,
        &[with_nonce(&token_url(&tenant), "POST", None)],
        &exchange(&code),
    )
    .await;
    assert!(answer.headers.contains_key("dpop-nonce"));
    let reply: Value = answer.assert_status(200).json();
    let token = text(&reply, "access_token");

    let url = userinfo_url(&tenant);
    let plain = key.proof_for_token("GET", &url, token, app.now());
    let refused = userinfo(&tenant, "DPoP", token, &[plain]).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(
        refused.headers["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("error=\"use_dpop_nonce\"")
    );
    assert!(refused.headers.contains_key("dpop-nonce"));
    userinfo(&tenant, "DPoP", token, &[with_nonce(&url, "GET", Some(token))])
        .await
        .assert_status(200);
}

#[tokio::test]
async fn another_tenants_nonce_is_no_nonce() {
    let app = TestApp::new().await;
    let (here, there) = (
        demanding_nonces(&app, "northside").await,
        demanding_nonces(&app, "lakeside").await,
    );
    let key = DpopKey::new();
    let refused = ask_with(&there, &key, &exchange("x")).await;
    let mut claims = DpopKey::claims("POST", &token_url(&here), app.now());
    claims["nonce"] = json!(refused.headers["dpop-nonce"].to_str().unwrap());
    let code = here.code(SCOPE, "pat").await;
    ask(&here, &[key.sign(&claims)], &exchange(&code))
        .await
        .assert_error(400, "use_dpop_nonce");
}

#[tokio::test]
async fn without_a_token_both_schemes_are_offered() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let answer = tenant.get(&tenant.path("userinfo")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let challenges: Vec<&str> = answer
        .headers
        .get_all("www-authenticate")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert!(
        challenges.iter().any(|challenge| challenge.starts_with("Bearer ")),
        "{challenges:?}"
    );
    assert!(
        challenges.iter().any(|challenge| challenge.starts_with("DPoP ")),
        "{challenges:?}"
    );
    assert!(
        challenges.iter().all(|challenge| !challenge.contains("error=")),
        "{challenges:?}"
    );
}

#[tokio::test]
async fn a_bound_token_in_a_form_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let reply = bound_tokens(&tenant, &DpopKey::new()).await;
    let form = [("access_token", text(&reply, "access_token"))];
    let request = Request::builder()
        .method(Method::POST)
        .uri(tenant.path("userinfo"))
        .form(&form);
    app.router.send(request).await.assert_status(401);
}

mod opaque_access_tokens {
    use super::*;

    async fn opaque(tenant: &TestTenant<'_>) -> Value {
        let members = json!({ "token_endpoint_auth_method": "none", "access_token_format": "opaque" });
        tenant.client(PUBLIC, members).await;
        tenant.tokens(SCOPE, "pat").await
    }

    #[tokio::test]
    async fn say_nothing_themselves_and_everything_at_introspection() {
        let app = TestApp::new().await;
        let tenant = app.tenant("northside").await;
        let reply = opaque(&tenant).await;
        let token = text(&reply, "access_token");
        assert!(!token.contains('.'), "a JWT");
        let seen = tenant.introspect(token).await;
        assert_eq!(seen["active"], true);
        assert_eq!(seen["patient"], "pat-1");
        assert_eq!(seen["scope"], reply["scope"]);
        tenant.userinfo(token).await.assert_status(200);
    }

    #[tokio::test]
    async fn end_by_time_by_revocation_and_with_their_grant() {
        let app = TestApp::new().await;
        let tenant = app.tenant("northside").await;
        let active = async |token: &str| tenant.introspect(token).await["active"] == true;

        let reply = opaque(&tenant).await;
        let token = text(&reply, "access_token");
        tenant.revoke(token).await.assert_status(200);
        assert!(!active(token).await);

        let reply = tenant.tokens(SCOPE, "pat").await;
        tenant.revoke(text(&reply, "refresh_token")).await.assert_status(200);
        assert!(!active(text(&reply, "access_token")).await);

        let reply = tenant.tokens(SCOPE, "pat").await;
        app.wait(Duration::from_mins(15));
        assert!(!active(text(&reply, "access_token")).await);
    }

    #[tokio::test]
    async fn are_unknown_at_another_tenant() {
        let app = TestApp::new().await;
        let (here, there) = (app.tenant("northside").await, app.tenant("lakeside").await);
        let reply = opaque(&here).await;
        let request = Request::post(there.path("introspect"))
            .basic(RESOURCE_SERVER, SECRET)
            .form(&[("token", text(&reply, "access_token"))]);
        let seen: Value = app.router.send(request).await.assert_status(200).json();
        assert_eq!(seen, json!({ "active": false }));
    }
}
