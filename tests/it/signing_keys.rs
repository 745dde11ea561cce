//! Signing keys: published, rotated with overlap (OpenID Connect Core section 10.1.1).

use crate::support::app::{TestApp, claims, jose_header};
use crate::support::database::on_each_database;
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;
use wardkey::control::ControlError;
use wardkey::control::signing_keys::Rotation;
use wardkey::oauth::jose::SigningAlgorithm::{self, ES256};

const SCOPE: &str = "openid launch/patient patient/*.rs";

on_each_database! {
    async fn tokens_signed_before_a_rotation_still_verify_after_it(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let before = tenant.tokens(SCOPE, "pat").await;
        let old = before["access_token"].as_str().unwrap();
        let published = tenant.get(&tenant.path("jwks")).await.json();
        tenant.admin().await.rotate_signing_keys(&[], Rotation::Planned).await.unwrap();
        let after = tenant.tokens(SCOPE, "pat").await;
        let new = after["access_token"].as_str().unwrap();
        let (old_kid, new_kid) = (jose_header(old)["kid"].clone(), jose_header(new)["kid"].clone());
        assert_ne!(old_kid, new_kid);
        let was_published = published["keys"].as_array().unwrap().iter().any(|key| key["kid"] == new_kid);
        assert!(was_published, "the new key was published before it signed");
        assert_eq!(tenant.introspect(old).await["active"], true);
        assert_eq!(tenant.introspect(new).await["active"], true);
        let kids: Vec<_> = tenant.get(&tenant.path("jwks")).await.json()["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
        assert!(kids.contains(&old_kid) && kids.contains(&new_kid));
    }
}

on_each_database! {
    async fn a_successor_that_verifiers_cannot_know_yet_does_not_sign(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let rotate = async || tenant.admin().await.rotate_signing_keys(&[], Rotation::Planned).await;
        rotate().await.unwrap();
        let published = tenant.admin().await.list_signing_keys().await.unwrap();
        let refused = rotate().await.unwrap_err();
        assert!(matches!(refused, ControlError::Conflict(_)), "{refused}");
        let still = tenant.admin().await.list_signing_keys().await.unwrap();
        assert_eq!(json!(still), json!(published), "a refusal changes nothing");
        // A JWKS may be kept for an hour, and used stale for ten minutes.
        app.wait(Duration::from_mins(70));
        rotate().await.unwrap();
    }

    async fn rotations_at_the_same_moment_leave_one_signer_per_algorithm(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let rotations = (0..4).map(async |_| tenant.admin().await.rotate_signing_keys(&[ES256], Rotation::Planned).await);
        let outcomes = join_all(rotations).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        for error in outcomes.into_iter().filter_map(Result::err) {
            assert!(matches!(error, ControlError::Conflict(_)), "{error}");
        }
        let keys = tenant.admin().await.list_signing_keys().await.unwrap();
        for state in ["active", "next", "retiring"] {
            let count = keys.iter().filter(|key| key.algorithm == ES256 && key.state == state).count();
            assert_eq!(count, 1, "{state}");
        }
        tenant.tokens(SCOPE, "pat").await;
    }

    async fn an_emergency_ends_every_key_that_was_published_and_every_token(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let before = tenant.tokens(SCOPE, "pat").await;
        let stolen = before["access_token"].as_str().unwrap();
        let kids = async || -> Vec<String> {
            let keys = tenant.admin().await.list_signing_keys().await.unwrap();
            keys.into_iter().map(|key| key.kid).collect()
        };
        let published = kids().await;
        tenant.admin().await.rotate_signing_keys(&[], Rotation::Emergency).await.unwrap();
        let now_published = kids().await;
        assert!(published.iter().all(|kid| !now_published.contains(kid)), "the successor may have leaked with the rest");
        assert_eq!(now_published.len(), published.len());
        assert_eq!(tenant.introspect(stolen).await["active"], false);
        tenant.userinfo(stolen).await.assert_status(401);
        let after = tenant.tokens(SCOPE, "pat").await;
        assert_eq!(tenant.introspect(after["access_token"].as_str().unwrap()).await["active"], true);
    }
}

#[tokio::test]
async fn one_algorithm_rotates_alone_and_an_unknown_one_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let admin = tenant.admin().await;
    admin.rotate_signing_keys(&[ES256], Rotation::Planned).await.unwrap();
    let keys = admin.list_signing_keys().await.unwrap();
    let retiring: Vec<_> = keys.iter().filter(|key| key.state == "retiring").collect();
    assert_eq!(retiring.len(), 1);
    assert_eq!(retiring[0].algorithm, ES256);
    let refused = admin
        .rotate_signing_keys(&[SigningAlgorithm::EdDSA], Rotation::Planned)
        .await;
    assert!(matches!(refused, Err(ControlError::NotFound { .. })));
}

#[tokio::test]
async fn a_retired_key_leaves_the_jwks_after_the_last_token_it_signed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let kid = jose_header(tokens["access_token"].as_str().unwrap())["kid"].clone();
    tenant
        .admin()
        .await
        .rotate_signing_keys(&[], Rotation::Planned)
        .await
        .unwrap();
    let is_published = async || {
        app.platform
            .directory()
            .forget(&wardkey::tenant::Slug::parse("northside").unwrap())
            .await;
        tenant.get(&tenant.path("jwks")).await.json()["keys"]
            .as_array()
            .unwrap()
            .iter()
            .any(|key| key["kid"] == kid)
    };
    app.wait(Duration::from_hours(1));
    assert!(is_published().await);
    app.wait(Duration::from_hours(2));
    assert!(!is_published().await);
}

#[tokio::test]
async fn the_jwks_lists_an_rsa_key_first_and_nothing_private() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let answer = tenant.get(&tenant.path("jwks")).await.assert_status(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    assert_eq!(keys[0]["kty"], "RSA");
    for key in &keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none());
        }
        assert!(key["kid"].is_string() && key["alg"].is_string() && key["use"] == "sig");
    }
}

#[tokio::test]
async fn an_id_token_is_signed_rs256_and_bound_to_its_access_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant.authorization_request(SCOPE).with("nonce", "n-0S6_WzA2Mj");
    let code = tenant.code_for(&query, "pat").await;
    let tokens = tenant.redeem(&code).await.assert_status(200).json();
    let id_token = tokens["id_token"].as_str().unwrap();
    assert_eq!(jose_header(id_token)["alg"], "RS256");
    let told = claims(id_token);
    assert_eq!(told["nonce"], "n-0S6_WzA2Mj");
    assert!(told["at_hash"].is_string() && told["auth_time"].is_i64());
    assert!(told.get("tenant_id").is_none());
    assert!(told.get("fhirUser").is_none(), "the scope fhirUser was not asked for");
}
