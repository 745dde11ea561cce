//! Signing keys that nobody has to look after: the tenant's policy, rotation by age, and what verifiers may keep.

use crate::support::app::{TestApp, TestTenant, jose_header};
use crate::support::database::on_each_database;
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::key_maintenance::{KeyMaintenance, maintain_signing_keys};
use wardkey::control::signing_keys::Rotation;
use wardkey::oauth::jose::SigningAlgorithm;

const SCOPE: &str = "openid launch/patient patient/*.rs";
const DAY: Duration = Duration::from_hours(24);

async fn set(tenant: &TestTenant<'_>, settings: &[(&str, &str)]) {
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    tenant.app.platform.set_settings(&tenant.slug, &settings).await.unwrap();
}

async fn maintain(tenant: &TestTenant<'_>) -> KeyMaintenance {
    tenant.admin().await.maintain_signing_keys().await.unwrap()
}

/// The keys of an algorithm, by state.
async fn keys(tenant: &TestTenant<'_>, algorithm: SigningAlgorithm) -> Vec<(&'static str, String)> {
    let keys = tenant.admin().await.list_signing_keys().await.unwrap();
    let of = keys.into_iter().filter(|key| key.algorithm == algorithm);
    of.map(|key| (key.state, key.kid)).collect()
}

fn kid(tokens: &Value, name: &str) -> String {
    jose_header(tokens[name].as_str().unwrap())["kid"]
        .as_str()
        .unwrap()
        .to_owned()
}

on_each_database! {
    async fn keys_rotate_by_age_once_however_many_nodes_look(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        assert_eq!(maintain(&tenant).await, KeyMaintenance::default());
        let before = keys(&tenant, SigningAlgorithm::ES256).await;
        app.wait(DAY * 89);
        assert_eq!(maintain(&tenant).await, KeyMaintenance::default());
        app.wait(DAY);
        let done = join_all((0..6).map(|_| maintain(&tenant))).await;
        for algorithm in [SigningAlgorithm::ES256, SigningAlgorithm::RS256] {
            let rotations = done.iter().filter(|done| done.rotated.contains(&algorithm)).count();
            assert_eq!(rotations, 1, "{algorithm}");
        }
        let after = keys(&tenant, SigningAlgorithm::ES256).await;
        let find = |keys: &[(&str, String)], state: &str| keys.iter().find(|key| key.0 == state).unwrap().1.clone();
        assert_eq!(find(&after, "active"), find(&before, "next"), "what was published signs");
        assert_eq!(find(&after, "retiring"), find(&before, "active"));
        assert_eq!(after.len(), 3);
        assert_eq!(kid(&tenant.tokens(SCOPE, "pat").await, "access_token"), find(&after, "active"));
        // Not again before the next time.
        app.wait(DAY * 89);
        assert_eq!(maintain(&tenant).await, KeyMaintenance::default());
        app.wait(DAY);
        assert_eq!(maintain(&tenant).await.rotated.len(), 2);
    }

    async fn an_algorithm_that_joins_the_policy_gets_keys_at_once_and_one_that_leaves_signs_no_more(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        set(&tenant, &[("signing_keys.algorithms", "RS256,ES256,PS256,EdDSA,ES384,RS384")]).await;
        for algorithm in SigningAlgorithm::ALL {
            let states: Vec<_> = keys(&tenant, algorithm).await.into_iter().map(|key| key.0).collect();
            assert!(states.contains(&"active") && states.contains(&"next"), "{algorithm}: {states:?}");
        }
        for algorithm in ["EdDSA", "ES384", "PS256", "RS384"] {
            set(&tenant, &[("signing_keys.access_token_algorithm", algorithm)]).await;
            let tokens = tenant.tokens(SCOPE, "pat").await;
            let token = tokens["access_token"].as_str().unwrap();
            assert_eq!(jose_header(token)["alg"], algorithm);
            assert_eq!(tenant.introspect(token).await["active"], true, "{algorithm}");
        }
        let tokens = tenant.tokens(SCOPE, "pat").await;
        set(&tenant, &[("signing_keys.access_token_algorithm", "ES256"), ("signing_keys.algorithms", "RS256,ES256")]).await;
        // What the algorithm signed before stays good for as long as it lives.
        assert_eq!(tenant.introspect(tokens["access_token"].as_str().unwrap()).await["active"], true);
        assert!(keys(&tenant, SigningAlgorithm::RS384).await.iter().all(|key| key.0 == "retiring"));
        app.wait(Duration::from_hours(3));
        assert_eq!(keys(&tenant, SigningAlgorithm::RS384).await, []);
    }
}

#[tokio::test]
async fn a_tenant_that_wants_no_rotation_gets_none() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    set(&tenant, &[("signing_keys.rotate_after_days", "0")]).await;
    app.wait(DAY * 4000);
    assert_eq!(maintain(&tenant).await, KeyMaintenance::default());
}

#[tokio::test]
async fn only_tenants_that_were_served_lately_are_looked_at() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    app.tenant("southside").await;
    app.wait(DAY * 91);
    let node = app.another_node_directory().await;
    maintain_signing_keys(&node).await;
    assert_eq!(
        keys(&tenant, SigningAlgorithm::ES256).await.len(),
        2,
        "nobody asked here yet"
    );
    node.resolve("northside", app.now()).await.unwrap();
    maintain_signing_keys(&node).await;
    assert_eq!(keys(&tenant, SigningAlgorithm::ES256).await.len(), 3);
}

#[tokio::test]
async fn verifiers_may_keep_keys_for_as_long_as_a_successor_is_published_before_it_signs() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let cache = async || {
        let answer = tenant.get(&tenant.path("jwks")).await;
        answer.header("cache-control").unwrap().to_owned()
    };
    app.wait(DAY);
    tenant
        .app
        .platform
        .directory()
        .forget(&wardkey::tenant::Slug::parse(&tenant.slug).unwrap())
        .await;
    assert_eq!(cache().await, "public, max-age=3600, stale-while-revalidate=600");
    // After an emergency, what somebody keeps is wrong, so nobody is to keep it long.
    tenant
        .admin()
        .await
        .rotate_signing_keys(&[], Rotation::Emergency)
        .await
        .unwrap();
    assert_eq!(cache().await, "public, max-age=60");
    app.wait(Duration::from_mins(71));
    tenant
        .app
        .platform
        .directory()
        .forget(&wardkey::tenant::Slug::parse(&tenant.slug).unwrap())
        .await;
    assert_eq!(cache().await, "public, max-age=3600, stale-while-revalidate=600");
}

#[tokio::test]
async fn an_app_cannot_choose_an_algorithm_that_the_tenant_has_no_key_for() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let metadata =
        json!({ "client_name": "X", "redirect_uris": ["https://x.test/cb"], "id_token_signed_response_alg": "PS256" });
    let registration = serde_json::from_value(metadata).unwrap();
    let policy = wardkey::control::clients::SecretPolicy::KeepOrCreate;
    let refused = tenant
        .admin()
        .await
        .save_client("x", registration, policy)
        .await
        .err()
        .unwrap();
    assert!(
        refused.to_string().contains("id_token_signed_response_alg"),
        "{refused}"
    );
}
