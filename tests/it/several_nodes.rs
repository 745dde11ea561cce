//! Two nodes on the same databases: what one decides, the other keeps to.

use crate::support::app::{PUBLIC, REDIRECT_URI, TestApp, VERIFIER};
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, RouterExt};
use axum::http::Request;
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;
use wardkey::control::signing_keys::Rotation;
use wardkey::store::control::TenantStatus;

const SCOPE: &str = "openid launch/patient patient/*.rs offline_access";
/// A node trusts what it holds for a second.
const A_SECOND: Duration = Duration::from_secs(1);

on_each_database! {
    async fn a_code_is_redeemed_at_one_of_two_nodes_only(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let other = app.another_node().await;
        let code = tenant.code(SCOPE, "pat").await;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("client_id", PUBLIC),
            ("code_verifier", VERIFIER),
        ];
        let redemptions = (0..16).map(async |number| {
            let node = if number % 2 == 0 { &app.router } else { &other };
            node.send(Request::post(tenant.path("token")).form(&form)).await
        });
        let answers = join_all(redemptions).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    }

    async fn a_change_made_at_one_node_is_seen_at_the_other_within_a_second(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let other = app.another_node().await;
        let jwks = async || other.send(Request::get(tenant.path("jwks")).empty()).await;
        let before = jwks().await.assert_status(200).json();
        tenant.admin().await.rotate_signing_keys(&[], Rotation::Planned).await.unwrap();
        app.wait(A_SECOND);
        assert_ne!(jwks().await.json(), before, "the new successor is published everywhere");

        let refresh = [("grant_type", "refresh_token"), ("refresh_token", "none"), ("client_id", "new-app")];
        let by_new_app = async || other.send(Request::post(tenant.path("token")).form(&refresh)).await;
        by_new_app().await.assert_error(401, "invalid_client");
        tenant.client("new-app", json!({ "token_endpoint_auth_method": "none" })).await;
        app.wait(A_SECOND);
        by_new_app().await.assert_error(400, "invalid_grant");

        app.platform.set_tenant_status("northside", TenantStatus::Suspended).await.unwrap();
        app.wait(A_SECOND);
        jwks().await.assert_status(503);
    }
}
