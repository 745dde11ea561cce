//! Signing keys: published, rotated with overlap (OpenID Connect Core section 10.1.1).

use crate::support::app::{TestApp, claims, jose_header};
use crate::support::database::on_each_database;
use std::time::Duration;

const SCOPE: &str = "openid launch/patient patient/*.rs";

on_each_database! {
    async fn tokens_signed_before_a_rotation_still_verify_after_it(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let before = tenant.tokens(SCOPE, "pat").await;
        let old = before["access_token"].as_str().unwrap();
        let published = tenant.get(&tenant.path("jwks")).await.json();
        tenant.admin().await.rotate_signing_keys(&[]).await.unwrap();
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

#[tokio::test]
async fn a_retired_key_leaves_the_jwks_after_the_last_token_it_signed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let kid = jose_header(tokens["access_token"].as_str().unwrap())["kid"].clone();
    tenant.admin().await.rotate_signing_keys(&[]).await.unwrap();
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
