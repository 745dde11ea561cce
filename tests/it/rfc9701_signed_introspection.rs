//! Introspection answers that a resource server can keep as evidence (RFC 9701).

use crate::support::app::{RESOURCE_SERVER, SECRET, TestApp, claims, jose_header};
use crate::support::http::{RequestBuilderExt, RouterExt};
use axum::http::Request;
use serde_json::json;

const SIGNED: &str = "application/token-introspection+jwt";

#[tokio::test]
async fn the_answer_is_signed_for_who_asks_and_says_the_same() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let reply = tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    let token = reply["access_token"].as_str().unwrap();
    let plain = tenant.introspect(token).await;
    let request = Request::post(tenant.path("introspect"))
        .basic(RESOURCE_SERVER, SECRET)
        .header("accept", SIGNED);
    let answer = app
        .router
        .send(request.form(&[("token", token)]))
        .await
        .assert_status(200);
    assert_eq!(answer.header("content-type"), Some(SIGNED));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let jwt = answer.text();
    assert_eq!(jose_header(jwt)["typ"], "token-introspection+jwt");
    let said = claims(jwt);
    assert_eq!(said["iss"], json!(tenant.issuer()));
    assert_eq!(said["aud"], RESOURCE_SERVER);
    assert_eq!(said["iat"], json!(app.now().seconds()));
    assert_eq!(said["token_introspection"], plain);
    // RFC 9701 section 5: what looks like a token's own claims is not at the top.
    assert!(said.get("sub").is_none() && said.get("exp").is_none());
}

#[tokio::test]
async fn an_unknown_token_is_signed_as_inactive() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let request = Request::post(tenant.path("introspect"))
        .basic(RESOURCE_SERVER, SECRET)
        .header("accept", SIGNED);
    let answer = app
        .router
        .send(request.form(&[("token", "nonsense")]))
        .await
        .assert_status(200);
    assert_eq!(claims(answer.text())["token_introspection"], json!({ "active": false }));
}

#[tokio::test]
async fn a_signed_answer_is_no_access_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let reply = tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    let token = reply["access_token"].as_str().unwrap();
    let request = Request::post(tenant.path("introspect"))
        .basic(RESOURCE_SERVER, SECRET)
        .header("accept", SIGNED);
    let answer = app.router.send(request.form(&[("token", token)])).await;
    tenant.userinfo(answer.text()).await.assert_status(401);
}
