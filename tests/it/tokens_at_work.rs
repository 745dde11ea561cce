//! What becomes of tokens: introspection (RFC 7662), revocation (RFC 7009), userinfo (OpenID Connect Core section 5.3).

use crate::support::app::{CONFIDENTIAL, PUBLIC, SECRET, TestApp};
use crate::support::http::{RequestBuilderExt, RouterExt};
use axum::http::Request;
use serde_json::json;
use std::time::Duration;

const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs offline_access";

#[tokio::test]
async fn introspection_tells_resource_servers_everything_and_others_only_their_own() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let access = tokens["access_token"].as_str().unwrap();
    let known = tenant.introspect(access).await;
    for (member, value) in [
        ("client_id", json!(PUBLIC)),
        ("token_type", json!("Bearer")),
        ("iss", json!(tenant.issuer())),
        ("aud", json!(tenant.fhir())),
        ("scope", tokens["scope"].clone()),
        ("patient", json!("pat-1")),
    ] {
        assert_eq!(known[member], value, "{member}");
    }
    assert!(known["exp"].is_i64() && known["sub"].is_string() && known["tenant_id"].is_string());
    let by_other = Request::post(tenant.path("introspect"))
        .basic(CONFIDENTIAL, SECRET)
        .form(&[("token", access)]);
    assert_eq!(
        app.router.send(by_other).await.assert_status(200).json(),
        json!({ "active": false })
    );
}

#[tokio::test]
async fn introspection_needs_a_caller_that_proves_itself() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let post = |form: &[(&str, &str)]| Request::post(tenant.path("introspect")).form(form);
    app.router
        .send(post(&[("token", "x")]))
        .await
        .assert_error(401, "invalid_client");
    app.router
        .send(post(&[("token", "x"), ("client_id", PUBLIC)]))
        .await
        .assert_error(401, "invalid_client");
    let without = Request::post(tenant.path("introspect"))
        .basic("fhir-server", SECRET)
        .form(&[]);
    app.router.send(without).await.assert_error(400, "invalid_request");
    assert_eq!(
        tenant.introspect("invalid_token_value").await,
        json!({ "active": false })
    );
}

#[tokio::test]
async fn an_expired_access_token_is_worth_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let access = tokens["access_token"].as_str().unwrap();
    app.wait(Duration::from_mins(16));
    assert_eq!(tenant.introspect(access).await, json!({ "active": false }));
    tenant.userinfo(access).await.assert_status(401);
}

#[tokio::test]
async fn revoking_an_access_token_ends_that_token_and_leaves_the_grant() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let access = tokens["access_token"].as_str().unwrap();
    let revoked = tenant.revoke(access).await.assert_status(200);
    assert!(revoked.body.is_empty());
    assert_eq!(tenant.introspect(access).await["active"], false);
    let next = tenant
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .assert_status(200)
        .json();
    assert_eq!(
        tenant.introspect(next["access_token"].as_str().unwrap()).await["active"],
        true
    );
}

#[tokio::test]
async fn revoking_what_is_unknown_or_anothers_changes_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    tenant.revoke("unknown").await.assert_status(200);
    tenant
        .client("other-app", json!({ "token_endpoint_auth_method": "none" }))
        .await;
    let by_public = Request::post(tenant.path("revoke")).form(&[("token", refresh), ("client_id", "other-app")]);
    app.router.send(by_public).await.assert_status(200);
    let by_confidential = Request::post(tenant.path("revoke"))
        .basic(CONFIDENTIAL, SECRET)
        .form(&[("token", refresh)]);
    app.router
        .send(by_confidential)
        .await
        .assert_error(400, "unauthorized_client");
    tenant.refresh(refresh).await.assert_status(200);
}

#[tokio::test]
async fn userinfo_challenges_as_the_bearer_scheme_demands() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let path = tenant.path("userinfo");
    let bare = tenant.get(&path).await.assert_status(401);
    assert!(
        !bare.header("www-authenticate").unwrap().contains("error"),
        "no token, no error"
    );
    let tokens = tenant.tokens("launch/patient patient/*.rs", "pat").await;
    let access = tokens["access_token"].as_str().unwrap();
    let insufficient = tenant.userinfo(access).await.assert_status(403);
    assert!(
        insufficient
            .header("www-authenticate")
            .unwrap()
            .contains("scope=\"openid\"")
    );
    let in_query = tenant.get(&format!("{path}?access_token={access}")).await;
    assert_eq!(in_query.status, 401);
    let open = tenant.tokens(SCOPE, "pat").await;
    let token = open["access_token"].as_str().unwrap();
    let twice = Request::post(&path).bearer(token).form(&[("access_token", token)]);
    app.router.send(twice).await.assert_status(400);
    let in_form = Request::post(&path).form(&[("access_token", token)]);
    let user = app.router.send(in_form).await.assert_status(200).json();
    assert_eq!(user["fhirUser"], format!("{}/Patient/pat-1", tenant.fhir()));
    assert!(user.get("name").is_none(), "the scope profile was not asked for");
}

#[tokio::test]
async fn an_id_token_or_a_refresh_token_is_no_access_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    for member in ["id_token", "refresh_token"] {
        let token = tokens[member].as_str().unwrap();
        tenant.userinfo(token).await.assert_status(401);
        assert_eq!(tenant.introspect(token).await, json!({ "active": false }));
    }
}
