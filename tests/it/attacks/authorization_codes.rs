//! Attacks on authorization codes.

use crate::support::app::{CONFIDENTIAL, PUBLIC, REDIRECT_URI, SECRET, TestApp, VERIFIER};
use serde_json::json;
use wardkey::kernel::Sha256Hash;

const SCOPE: &str = "openid launch/patient patient/*.rs offline_access";

#[tokio::test]
async fn a_code_of_one_session_is_worth_nothing_with_the_verifier_of_another() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let other_verifier = "the-other-sessions-verifier-0123456789-abcdefgh";
    let challenge = Sha256Hash::of(other_verifier.as_bytes()).to_base64url();
    let victims = tenant.authorization_request(SCOPE).with("code_challenge", &challenge);
    let stolen = tenant.code_for(&victims, "pat").await;
    // The attacker's app has a session of its own, with its own verifier.
    tenant.redeem(&stolen).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_stripped_challenge_or_verifier_is_noticed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let code = tenant.code(SCOPE, "pat").await;
    let bare = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", PUBLIC),
    ];
    let refused = tenant.token(&bare).await.assert_error(400, "invalid_grant").json();
    assert!(
        refused["error_uri"]
            .as_str()
            .unwrap()
            .ends_with("/pkce_verifier_missing")
    );
    // A client that may go without PKCE uses it; somebody strips the challenge from the request on its way.
    tenant
        .client(
            CONFIDENTIAL,
            json!({ "token_endpoint_auth_method": "client_secret_basic", "require_pkce": false }),
        )
        .await;
    let stripped = tenant
        .authorization_request("openid")
        .with("client_id", CONFIDENTIAL)
        .without("code_challenge")
        .without("code_challenge_method");
    let page = tenant.authorize(&mut app.browser(), &stripped, "pat").await;
    let code = page.parameter("code").unwrap_or_else(|| panic!("no code at {page}"));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let refused = tenant.token_with_basic(CONFIDENTIAL, SECRET, &form).await;
    let refused = refused.assert_error(400, "invalid_grant").json();
    assert!(
        refused["error_uri"]
            .as_str()
            .unwrap()
            .ends_with("/pkce_verifier_unexpected")
    );
}

#[tokio::test]
async fn a_replayed_code_revokes_the_tokens_of_the_first_redemption() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let code = tenant.code(SCOPE, "pat").await;
    let tokens = tenant.redeem(&code).await.assert_status(200).json();
    let access = tokens["access_token"].as_str().unwrap();
    tenant.userinfo(access).await.assert_status(200);
    tenant.redeem(&code).await.assert_error(400, "invalid_grant");
    assert_eq!(tenant.introspect(access).await, json!({ "active": false }));
    tenant.userinfo(access).await.assert_status(401);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    tenant.refresh(refresh).await.assert_error(400, "invalid_grant");
}
