//! Attacks with access and refresh tokens.

use crate::support::app::{PUBLIC, TestApp};
use crate::support::dpop::DpopKey;
use crate::support::http::{RequestBuilderExt, RouterExt};
use axum::http::Request;
use serde_json::json;
use wardkey::oauth::jose::{JwtType, SigningAlgorithm};

const SCOPE: &str = "openid launch/patient patient/*.rs offline_access";

#[tokio::test]
async fn a_refresh_token_used_after_its_successor_revokes_both() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let stolen = tokens["refresh_token"].as_str().unwrap();
    let next = tenant.refresh(stolen).await.assert_status(200).json();
    let successor = next["refresh_token"].as_str().unwrap();
    let after = tenant.refresh(successor).await.assert_status(200).json();
    tenant.refresh(stolen).await.assert_error(400, "invalid_grant");
    let newest = after["refresh_token"].as_str().unwrap();
    tenant.refresh(newest).await.assert_error(400, "invalid_grant");
    let access = after["access_token"].as_str().unwrap();
    assert_eq!(tenant.introspect(access).await, json!({ "active": false }));
}

#[tokio::test]
async fn a_stolen_refresh_token_is_worth_nothing_to_another_client_tenant_or_key() {
    let app = TestApp::new().await;
    let (north, south) = (app.tenant("northside").await, app.tenant("southside").await);
    north
        .client("other", json!({ "token_endpoint_auth_method": "none" }))
        .await;
    let key = DpopKey::new();
    let address = format!("{}/token", north.issuer());
    let code = north.code(SCOPE, "pat").await;
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", crate::support::app::REDIRECT_URI),
        ("client_id", PUBLIC),
        ("code_verifier", crate::support::app::VERIFIER),
    ];
    let request = Request::post(north.path("token")).header("dpop", key.proof("POST", &address, app.now()));
    let tokens = app.router.send(request.form(&redeem)).await.assert_status(200).json();
    let token = tokens["refresh_token"].as_str().unwrap();
    let refresh = async |path: String, client: &str, proof: Option<String>| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", client),
        ];
        let mut request = Request::post(path);
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        app.router.send(request.form(&form)).await
    };
    let own_proof = |key: &DpopKey| Some(key.proof("POST", &address, app.now()));
    let at = |path: &str| path.to_owned();
    refresh(north.path("token"), "other", own_proof(&key))
        .await
        .assert_error(400, "invalid_grant");
    let south_proof = Some(key.proof("POST", &format!("{}/token", south.issuer()), app.now()));
    refresh(south.path("token"), PUBLIC, south_proof)
        .await
        .assert_error(400, "invalid_grant");
    let foreign = own_proof(&DpopKey::new());
    refresh(at(&north.path("token")), PUBLIC, foreign)
        .await
        .assert_error(400, "invalid_grant");
    refresh(at(&north.path("token")), PUBLIC, None)
        .await
        .assert_error(400, "invalid_grant");
    // None of it used the token up.
    refresh(at(&north.path("token")), PUBLIC, own_proof(&key))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn no_other_kind_of_jwt_is_an_access_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let access = tokens["access_token"].as_str().unwrap();
    tenant.userinfo(access).await.assert_status(200);
    let claims = crate::support::app::claims(access);
    let admin = tenant.admin().await;
    let key = admin.cx().keys().signer(SigningAlgorithm::ES256).unwrap();
    // Even with the very claims of an access token, and our own signature.
    for kind in [JwtType::IdToken, JwtType::LogoutToken] {
        let other = key.sign(kind, &claims).unwrap();
        tenant.userinfo(&other).await.assert_status(401);
        assert_eq!(tenant.introspect(&other).await, json!({ "active": false }));
    }
    let proof = DpopKey::new().sign(&claims);
    for other in [tokens["id_token"].as_str().unwrap(), proof.as_str()] {
        tenant.userinfo(other).await.assert_status(401);
        assert_eq!(tenant.introspect(other).await, json!({ "active": false }));
    }
}

#[tokio::test]
async fn a_token_of_one_tenant_opens_nothing_at_another() {
    let app = TestApp::new().await;
    let (north, south) = (app.tenant("northside").await, app.tenant("southside").await);
    let tokens = north.tokens(SCOPE, "pat").await;
    let access = tokens["access_token"].as_str().unwrap();
    north.userinfo(access).await.assert_status(200);
    south.userinfo(access).await.assert_status(403);
    assert_eq!(south.introspect(access).await, json!({ "active": false }));
}

#[tokio::test]
async fn a_token_in_the_address_is_no_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let access = tokens["access_token"].as_str().unwrap();
    let address = format!("{}?access_token={access}", tenant.path("userinfo"));
    tenant.get(&address).await.assert_status(401);
    let post = Request::post(&address).form(&[]);
    app.router.send(post).await.assert_status(401);
    let introspect = format!("{}?token={access}", tenant.path("introspect"));
    let post = Request::post(introspect)
        .basic("fhir-server", crate::support::app::SECRET)
        .form(&[]);
    app.router.send(post).await.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_refresh_never_widens_the_scope() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let narrow = "openid launch/patient patient/Observation.rs offline_access";
    let tokens = tenant.tokens(narrow, "pat").await;
    let token = tokens["refresh_token"].as_str().unwrap();
    for wider in [
        "patient/*.rs",
        "patient/Observation.cruds",
        "fhirUser",
        "user/Observation.rs",
    ] {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", PUBLIC),
            ("scope", wider),
        ];
        tenant.token(&form).await.assert_error(400, "invalid_scope");
    }
    tenant.refresh(token).await.assert_status(200);
}
