//! Registering apps: what can be said twice, and what becomes of secrets.

use crate::support::app::{REDIRECT_URI, TestApp, TestTenant};
use crate::support::database::on_each_database;
use serde_json::{Value, json};
use wardkey::control::clients::{RegisteredClient, SecretPolicy};
use wardkey::control::{Change, ControlError};
use wardkey::oauth::client_registration::ClientRegistration;

async fn save(tenant: &TestTenant<'_>, members: Value, policy: SecretPolicy) -> Result<RegisteredClient, ControlError> {
    let mut metadata = json!({
        "client_name": "App",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code"],
        "scope": "openid launch/patient patient/*.rs",
        "token_endpoint_auth_method": "client_secret_basic",
    });
    for (name, value) in members.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    let registration: ClientRegistration = serde_json::from_value(metadata).unwrap();
    tenant.admin().await.save_client("app", registration, policy).await
}

/// Whether the secret is good: a bad one is refused before the code is looked at.
async fn is_accepted(tenant: &TestTenant<'_>, secret: &str) -> bool {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "none"),
        ("redirect_uri", REDIRECT_URI),
    ];
    let answer = tenant.token_with_basic("app", secret, &form).await;
    match answer.json()["error"].as_str() {
        Some("invalid_client") => false,
        Some("invalid_grant") => true,
        _ => panic!("{answer}"),
    }
}

on_each_database! {
    async fn a_secret_is_made_once_kept_and_replaced_on_demand(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let made = save(&tenant, json!({}), SecretPolicy::KeepOrCreate).await.unwrap();
        assert_eq!(made.change, Change::Created);
        let secret = made.secret.unwrap().expose().clone();
        assert!(is_accepted(&tenant, &secret).await);
        let same = save(&tenant, json!({}), SecretPolicy::KeepOrCreate).await.unwrap();
        assert_eq!(same.change, Change::Unchanged);
        assert!(same.secret.is_none());
        let renamed = save(&tenant, json!({ "client_name": "Better App" }), SecretPolicy::KeepOrCreate).await.unwrap();
        assert_eq!(renamed.change, Change::Updated);
        assert!(renamed.secret.is_none());
        assert!(is_accepted(&tenant, &secret).await, "a change of the registration keeps the secret");
        let replaced = save(&tenant, json!({}), SecretPolicy::Replace).await.unwrap();
        assert!(is_accepted(&tenant, replaced.secret.unwrap().expose()).await);
        assert!(!is_accepted(&tenant, &secret).await, "the secret before is refused");
    }

    async fn a_client_without_authentication_has_no_secret(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        save(&tenant, json!({}), SecretPolicy::KeepOrCreate).await.unwrap();
        let public = json!({ "token_endpoint_auth_method": "none" });
        let made = save(&tenant, public, SecretPolicy::Replace).await.unwrap();
        assert!(made.secret.is_none());
        assert!(made.client.secrets.is_empty(), "the secret of the time before is gone");
    }

    async fn clients_are_listed_a_page_at_a_time(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let admin = tenant.admin().await;
        let ids = async |after: &str| -> Vec<String> {
            let clients = admin.list_clients(after, 2).await.unwrap();
            clients.iter().map(|client| client.client_id.as_str().to_owned()).collect()
        };
        assert_eq!(ids("").await, ["care-planner", "fhir-server"]);
        assert_eq!(ids("fhir-server").await, ["growth-chart", "wardkey-cli"]);
        assert!(matches!(admin.get_client("nobody").await, Err(ControlError::NotFound { .. })));
    }
}

#[tokio::test]
async fn every_fault_of_a_registration_is_named_and_nothing_is_stored() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let bad = json!({ "redirect_uris": ["http://app.test/cb"], "scope": "patient/*.x", "client_name": "" });
    let Err(ControlError::Client(faults)) = save(&tenant, bad, SecretPolicy::KeepOrCreate).await else {
        panic!("refused");
    };
    assert!(faults.iter().any(|fault| fault.member == "redirect_uris"), "{faults:?}");
    assert!(tenant.admin().await.get_client("app").await.is_err());
}

#[tokio::test]
async fn a_scope_that_is_spelt_like_none_is_refused_with_its_reason() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for (slip, reason) in [
        ("patient/*.sr", "in this order"),
        ("patient", "no such scope"),
        ("launch/Patient", "small letters"),
        ("patient/observation.rs", "exact spelling"),
    ] {
        let members = json!({ "scope": format!("openid launch/patient {slip}") });
        let Err(ControlError::Client(faults)) = save(&tenant, members, SecretPolicy::KeepOrCreate).await else {
            panic!("{slip} is refused");
        };
        let fault = faults.iter().find(|fault| fault.member == "scope").unwrap();
        assert!(
            fault.problem.contains(slip) && fault.problem.contains(reason),
            "{}",
            fault.problem
        );
        assert!(tenant.admin().await.get_client("app").await.is_err());
    }
}
