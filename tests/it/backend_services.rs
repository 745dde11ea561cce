//! Asymmetric client authentication and backend services (SMART App Launch 2.2; RFC 7523; RFC 6749 section 4.4).

use crate::support::app::{CONFIDENTIAL, SECRET, TestApp, TestTenant, claims};
use crate::support::backend::{BACKEND, Backend, JWT_BEARER, ask};
use crate::support::database::on_each_database;
use crate::support::http::Response;
use crate::support::loopback::Served;
use axum::Router;
use axum::routing::get;
use futures::future::join_all;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wardkey::oauth::jose::SigningAlgorithm;

#[tokio::test]
async fn a_backend_service_gets_a_short_token_for_its_registered_scopes_with_either_algorithm() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for algorithm in [SigningAlgorithm::RS384, SigningAlgorithm::ES384] {
        let backend = Backend::new(algorithm);
        backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
        let assertion = backend.sign(&Backend::claims(&tenant));
        let tokens = ask(&tenant, &assertion, "system/Patient.rs system/Coverage.rs")
            .await
            .assert_status(200)
            .json();
        assert_eq!(tokens["scope"], "system/Patient.rs");
        assert_eq!(tokens["expires_in"], 300);
        assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(claims(access)["sub"], BACKEND);
        let known = tenant.introspect(access).await;
        assert_eq!(
            (known["active"].clone(), known["client_id"].clone()),
            (json!(true), json!(BACKEND))
        );
    }
}

#[tokio::test]
async fn each_faulty_assertion_is_an_invalid_client() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let other = app.tenant("lakeside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
    let now = app.now().seconds();
    let changes = [
        ("iss", json!("somebody-else")),
        ("sub", json!("somebody-else")),
        ("aud", json!("https://elsewhere.test/token")),
        ("aud", json!(format!("{}/token", other.issuer()))),
        (
            "aud",
            json!([format!("{}/token", tenant.issuer()), "https://elsewhere.test"]),
        ),
        ("exp", json!(now - 60)),
        ("exp", json!(now + 400)),
        ("exp", Value::Null),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("nbf", json!(now + 120)),
    ];
    for (member, value) in changes {
        let mut changed = Backend::claims(&tenant);
        changed[member] = value;
        if changed[member].is_null() {
            changed.as_object_mut().unwrap().remove(member);
        }
        let answer = ask(&tenant, &backend.sign(&changed), "system/Patient.rs").await;
        assert_eq!(answer.status, 401, "{member} {changed}: {answer}");
        answer.assert_error(401, "invalid_client");
    }
    let stranger = Backend::new(SigningAlgorithm::ES384);
    ask(&tenant, &stranger.sign(&Backend::claims(&tenant)), "system/Patient.rs")
        .await
        .assert_error(401, "invalid_client");
    ask(&tenant, "not.a.jwt", "system/Patient.rs")
        .await
        .assert_error(401, "invalid_client");
    let good = backend.sign(&Backend::claims(&tenant));
    let with_type = |kind: &'static str| {
        vec![
            ("grant_type", "client_credentials"),
            ("scope", "system/Patient.rs"),
            ("client_assertion_type", kind),
        ]
    };
    let wrong = [
        with_type("not_an_assertion_type"),
        vec![("client_assertion", good.as_str())],
    ]
    .concat();
    tenant.token(&wrong).await.assert_error(401, "invalid_client");
    let mistaken = [
        ("grant_type", "not_a_grant_type"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", good.as_str()),
    ];
    tenant
        .token(&mistaken)
        .await
        .assert_error(400, "unsupported_grant_type");
}

on_each_database! {
    async fn of_32_uses_of_one_assertion_one_succeeds(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let backend = Backend::new(SigningAlgorithm::ES384);
        backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
        let assertion = backend.sign(&Backend::claims(&tenant));
        let answers = join_all((0..32).map(|_| ask(&tenant, &assertion, "system/Patient.rs"))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    }
}

#[tokio::test]
async fn a_forged_assertion_does_not_use_up_the_genuine_ones_jti() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
    let genuine = Backend::claims(&tenant);
    let forger = Backend::new(SigningAlgorithm::ES384);
    ask(&tenant, &forger.sign(&genuine), "system/Patient.rs")
        .await
        .assert_error(401, "invalid_client");
    ask(&tenant, &backend.sign(&genuine), "system/Patient.rs")
        .await
        .assert_status(200);
}

#[tokio::test]
async fn scopes_beyond_the_registration_and_clients_without_a_key_are_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend
        .register(
            &tenant,
            json!({ "jwks": backend.jwks(), "scope": "system/Patient.rs patient/*.rs openid" }),
        )
        .await;
    for scope in ["system/Coverage.rs", "patient/*.rs", "openid", "", "offline_access"] {
        let answer = ask(&tenant, &backend.sign(&Backend::claims(&tenant)), scope).await;
        answer.assert_error(400, "invalid_scope");
    }
    tenant
        .client(CONFIDENTIAL, json!({ "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"], "response_types": [], "redirect_uris": [], "scope": "system/Patient.rs" }))
        .await;
    let form = [("grant_type", "client_credentials"), ("scope", "system/Patient.rs")];
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &form)
        .await
        .assert_error(400, "unauthorized_client");
}

#[tokio::test]
async fn published_keys_are_kept_as_long_as_the_client_says_and_an_unknown_kid_is_asked_for_once() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (first, second) = (
        Backend::new(SigningAlgorithm::ES384),
        Backend::new(SigningAlgorithm::RS384),
    );
    let published = Arc::new(Mutex::new(first.jwks()));
    let fetches = Arc::new(AtomicUsize::new(0));
    let (keys, count) = (published.clone(), fetches.clone());
    let router = Router::new().route(
        "/jwks.json",
        get(move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            ([("cache-control", "max-age=300")], keys.lock().unwrap().to_string())
        }),
    );
    let served = Served::start(router).await;
    first
        .register(&tenant, json!({ "jwks_uri": format!("{}/jwks.json", served.base()) }))
        .await;
    let send =
        async |backend: &Backend| ask(&tenant, &backend.sign(&Backend::claims(&tenant)), "system/Patient.rs").await;
    send(&first).await.assert_status(200);
    send(&first).await.assert_status(200);
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    *published.lock().unwrap() = second.jwks();
    send(&second).await.assert_error(401, "invalid_client");
    assert_eq!(fetches.load(Ordering::SeqCst), 1, "asked less than a minute ago");
    app.wait(Duration::from_secs(61));
    send(&second).await.assert_status(200);
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
    for _ in 0..5 {
        send(&first).await.assert_error(401, "invalid_client");
    }
    assert_eq!(
        fetches.load(Ordering::SeqCst),
        2,
        "unknown keys do not make a flood of fetches"
    );
    app.wait(Duration::from_secs(301));
    send(&second).await.assert_status(200);
    assert_eq!(fetches.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_app_with_a_key_redeems_its_code_with_an_assertion() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    let metadata = json!({
        "jwks": backend.jwks(), "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "redirect_uris": [crate::support::app::REDIRECT_URI], "scope": crate::support::app::CEILING,
    });
    backend.register(&tenant, metadata).await;
    let scope = "openid fhirUser launch/patient patient/*.rs offline_access";
    let query = tenant.authorization_request(scope).with("client_id", BACKEND);
    let code = tenant.code_for(&query, "pat").await;
    let form = |assertion| {
        [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", crate::support::app::REDIRECT_URI),
            ("code_verifier", crate::support::app::VERIFIER),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
        ]
    };
    let assertion = backend.sign(&Backend::claims(&tenant));
    let tokens = tenant.token(&form(&assertion)).await.assert_status(200).json();
    // The stock SMART client refreshes without credentials; a client with a key may not.
    let bare = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    tenant.token(&bare).await.assert_error(401, "invalid_client");
}

/// A backend service at a tenant, and a token request with changes.
async fn request(tenant: &TestTenant<'_>, backend: &Backend, changes: &[(&str, Option<&str>)]) -> Response {
    let assertion = backend.sign(&Backend::claims(tenant));
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("scope", "system/Patient.rs"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        form.extend(value.map(|value| (*name, value)));
    }
    tenant.token(&form).await
}

async fn registered(tenant: &TestTenant<'_>) -> Backend {
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend.register(tenant, json!({ "jwks": backend.jwks() })).await;
    backend
}

#[tokio::test]
async fn a_request_without_scope_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    let answer = request(&tenant, &backend, &[("scope", None)]).await;
    answer.assert_error(400, "invalid_scope");
}

#[tokio::test]
async fn another_grant_type_is_unsupported() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    let answer = request(&tenant, &backend, &[("grant_type", Some("not_a_grant_type"))]).await;
    answer.assert_error(400, "unsupported_grant_type");
}

#[tokio::test]
async fn a_missing_or_other_assertion_type_is_an_invalid_client() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    for kind in [None, Some("not_an_assertion_type")] {
        let answer = request(&tenant, &backend, &[("client_assertion_type", kind)]).await;
        answer.assert_error(401, "invalid_client");
    }
}

#[tokio::test]
async fn an_assertion_that_is_no_jwt_is_an_invalid_client() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    for text in ["not.a.jwt", "x", "a.b.c.d.e"] {
        let answer = request(&tenant, &backend, &[("client_assertion", Some(text))]).await;
        answer.assert_error(401, "invalid_client");
    }
}

#[tokio::test]
async fn a_client_with_a_key_that_is_no_backend_service_may_not_use_the_grant() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    let metadata = json!({
        "jwks": backend.jwks(), "grant_types": ["authorization_code"], "response_types": ["code"],
        "redirect_uris": [crate::support::app::REDIRECT_URI],
    });
    backend.register(&tenant, metadata).await;
    let answer = request(&tenant, &backend, &[]).await;
    answer.assert_error(400, "unauthorized_client");
}

#[tokio::test]
async fn a_scope_beyond_the_registration_is_cut_or_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    let answer = request(&tenant, &backend, &[("scope", Some("system/Coverage.rs"))]).await;
    answer.assert_error(400, "invalid_scope");
    // Of what is asked for, what was registered: neither other types nor more permissions.
    let answer = request(
        &tenant,
        &backend,
        &[("scope", Some("system/Coverage.rs system/Patient.cruds"))],
    )
    .await;
    assert_eq!(answer.assert_status(200).json()["scope"], "system/Patient.rs");
}

#[tokio::test]
async fn a_token_lives_300_seconds_and_brings_no_refresh_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    let answer = request(&tenant, &backend, &[]).await.assert_status(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 300);
    let mut names: Vec<_> = tokens.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["access_token", "expires_in", "scope", "token_type"]);
    let access = tokens["access_token"].as_str().unwrap();
    let claims = claims(access);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    app.wait(Duration::from_secs(301));
    assert_eq!(tenant.introspect(access).await, json!({ "active": false }));
}

#[tokio::test]
async fn every_error_says_what_is_wrong() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = registered(&tenant).await;
    for change in ["scope", "grant_type", "client_assertion_type", "client_assertion"] {
        let answer = request(&tenant, &backend, &[(change, Some("nonsense"))]).await.json();
        assert!(
            answer["error_description"].as_str().is_some_and(|text| text.len() > 10),
            "{change}: {answer}"
        );
    }
}
