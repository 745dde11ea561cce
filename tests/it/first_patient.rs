//! The main path: sign in, allow, redeem, use, refresh, at one tenant and with local accounts.

use crate::support::app::{CONFIDENTIAL, PUBLIC, REDIRECT_URI, SECRET, TestApp, VERIFIER, claims, jose_header};
use crate::support::database::on_each_database;
use std::time::Duration;

const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs offline_access";

on_each_database! {
    async fn a_patient_signs_in_allows_and_the_app_gets_tokens(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let tokens = tenant.tokens(SCOPE, "pat").await;
        assert_eq!(tokens["token_type"], "Bearer");
        assert_eq!(tokens["expires_in"], 900);
        assert_eq!(tokens["scope"], SCOPE);
        assert_eq!(tokens["patient"], "pat-1");
        let access = claims(tokens["access_token"].as_str().unwrap());
        assert_eq!(access["iss"], tenant.issuer());
        assert_eq!(access["aud"], tenant.fhir());
        assert_eq!(access["client_id"], PUBLIC);
        assert_eq!(access["patient"], "pat-1");
        assert_eq!(access["fhirUser"], format!("{}/Patient/pat-1", tenant.fhir()));
        assert!(access["tenant_id"].as_str().unwrap().starts_with("ten_"));
        assert_eq!(jose_header(tokens["access_token"].as_str().unwrap())["typ"], "at+jwt");
        let id_token = tokens["id_token"].as_str().unwrap();
        assert_eq!(jose_header(id_token)["alg"], "RS256");
        assert_eq!(claims(id_token)["aud"], PUBLIC);
        assert_eq!(claims(id_token)["sub"], access["sub"]);
    }

    async fn a_refresh_token_gives_one_successor_and_a_late_replay_ends_the_family(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let first = tenant.tokens(SCOPE, "pat").await;
        let old = first["refresh_token"].as_str().unwrap();
        let second = tenant.refresh(old).await.assert_status(200).json();
        let successor = second["refresh_token"].as_str().unwrap();
        assert_ne!(old, successor);
        let again = tenant.refresh(old).await.assert_status(200).json();
        assert_eq!(again["refresh_token"], successor, "a lost answer is repeated with the same successor");
        assert_eq!(again["patient"], "pat-1");
        app.wait(Duration::from_secs(31));
        tenant.refresh(old).await.assert_error(400, "invalid_grant");
        tenant.refresh(successor).await.assert_error(400, "invalid_grant");
        let access = again["access_token"].as_str().unwrap();
        assert_eq!(tenant.introspect(access).await["active"], false);
    }
}

#[tokio::test]
async fn introspection_and_userinfo_know_the_token_until_it_is_revoked() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant
        .tokens(
            "openid profile fhirUser launch/patient patient/*.rs offline_access",
            "pat",
        )
        .await;
    let access = tokens["access_token"].as_str().unwrap();
    let known = tenant.introspect(access).await;
    assert_eq!(known["active"], true);
    assert_eq!(known["patient"], "pat-1");
    assert_eq!(known["scope"], tokens["scope"]);
    let user = tenant.userinfo(access).await.assert_status(200).json();
    assert_eq!(user["sub"], known["sub"]);
    assert_eq!(user["name"], "Pat Morgan");
    tenant
        .revoke(tokens["refresh_token"].as_str().unwrap())
        .await
        .assert_status(200);
    assert_eq!(tenant.introspect(access).await, serde_json::json!({ "active": false }));
    tenant.userinfo(access).await.assert_status(401);
    tenant
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_confidential_client_redeems_with_its_secret_only() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant.authorization_request(SCOPE).with("client_id", CONFIDENTIAL);
    let code = tenant.code_for(&query, "pat").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let refused = tenant
        .token_with_basic(CONFIDENTIAL, "wrong", &form)
        .await
        .assert_error(401, "invalid_client");
    assert!(refused.header("www-authenticate").unwrap().starts_with("Basic"));
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &form)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn consent_is_remembered_for_the_same_user_client_and_scopes() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let query = tenant.authorization_request(SCOPE);
    tenant
        .authorize(&mut browser, &query, "pat")
        .await
        .parameter("code")
        .unwrap();
    let straight = browser.goto(&query.address()).await;
    assert!(
        straight.parameter("code").is_some(),
        "signed in and allowed before: {straight}"
    );
    let more = tenant.authorization_request("openid fhirUser profile launch/patient patient/*.cruds");
    let asked = browser.goto(&more.address()).await;
    assert!(
        asked.response.text().contains("value=\"allow\""),
        "more is asked for: {asked}"
    );
}
