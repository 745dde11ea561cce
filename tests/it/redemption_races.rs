//! Codes and refresh tokens under many hands at once (RFC 6749 section 4.1.2, RFC 9700 section 4.14.2).

use crate::support::app::TestApp;
use crate::support::database::on_each_database;
use futures::future::join_all;
use std::collections::BTreeSet;
use std::time::Duration;

const SCOPE: &str = "openid launch/patient patient/*.rs offline_access";

on_each_database! {
    async fn of_64_parallel_redemptions_of_a_code_one_wins_and_then_all_its_tokens_fall(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let code = tenant.code(SCOPE, "pat").await;
        let answers = join_all((0..64).map(|_| tenant.redeem(&code))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        for answer in lost {
            answer.assert_error(400, "invalid_grant");
        }
        let tokens = won[0].json();
        assert_eq!(tenant.introspect(tokens["access_token"].as_str().unwrap()).await["active"], false);
        tenant.refresh(tokens["refresh_token"].as_str().unwrap()).await.assert_error(400, "invalid_grant");
    }

    async fn of_64_parallel_refreshes_all_get_the_one_successor(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let tokens = tenant.tokens(SCOPE, "pat").await;
        let old = tokens["refresh_token"].as_str().unwrap();
        let answers = join_all((0..64).map(|_| tenant.refresh(old))).await;
        let successors: BTreeSet<String> = answers
            .into_iter()
            .map(|answer| answer.assert_status(200).json()["refresh_token"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(successors.len(), 1);
        let successor = successors.first().unwrap();
        tenant.refresh(successor).await.assert_status(200);
        // The successor was used, so the old token can only be a copy now, window or not.
        tenant.refresh(old).await.assert_error(400, "invalid_grant");
        tenant.refresh(successor).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_code_is_worth_nothing_after_a_minute() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let code = tenant.code(SCOPE, "pat").await;
    app.wait(Duration::from_secs(61));
    tenant.redeem(&code).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_ends_when_it_is_not_used() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens(SCOPE, "pat").await;
    app.wait(Duration::from_hours(100 * 24 + 1));
    tenant
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .assert_error(400, "invalid_grant");
}
