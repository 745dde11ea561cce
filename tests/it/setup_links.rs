//! Setup links: who has one sets up one connection, and does and learns nothing else.

use crate::support::app::{STAFF, TestApp, TestTenant};
use crate::support::database::on_each_database;
use serde_json::json;
use std::time::Duration;
use wardkey::control::setup_links::{SetupLinkRequest, SetupVisit, USUAL_LIFETIME};
use wardkey::control::sign_in_methods::Proof;
use wardkey::control::{ControlError, Precondition, TenantAdmin};
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::products::Product;
use wardkey::federation::{Offer, OidcDocument};
use wardkey::kernel::Secret;

fn document(off: bool) -> OidcDocument {
    OidcDocument {
        provisioning: wardkey::federation::Provisioning::default(),
        provider: json!({ "issuer": "https://login.hospital.example", "client_id": "wardkey" })
            .as_object()
            .cloned()
            .unwrap(),
        mapping: MappingRules::default(),
        offer: Offer {
            off,
            ..Offer::default()
        },
    }
}

const fn request(alias: &str) -> SetupLinkRequest<'_> {
    SetupLinkRequest {
        alias,
        label: "Network team",
        product: Some(Product::Entra),
        lifetime: USUAL_LIFETIME,
    }
}

/// Makes a link, and gives its id and token.
async fn link(tenant: &TestTenant<'_>, alias: &str) -> (String, String) {
    let made = tenant.admin().await.create_setup_link(&request(alias)).await.unwrap();
    let token = made.address.expose().rsplit('/').next().unwrap().to_owned();
    (made.id.to_string(), token)
}

async fn visit(app: &TestApp, tenant: &TestTenant<'_>, token: &str) -> Option<SetupVisit> {
    let cx = tenant.admin().await.cx().clone();
    TenantAdmin::by_setup_link(cx, &app.platform, token).await.unwrap()
}

async fn save(admin: &TenantAdmin, alias: &str) -> Result<(), ControlError> {
    let secret = Some(Secret::new("a-secret-of-the-tests".to_owned()));
    Box::pin(admin.save_oidc_provider(alias, "Hospital account", &document(true), secret))
        .await
        .map(drop)
}

#[tokio::test]
async fn a_link_sets_up_its_connection_and_every_act_is_recorded_under_its_id() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (id, token) = link(&tenant, "hospital").await;
    let visit = visit(&app, &tenant, &token).await.unwrap();
    visit.admin.note_setup_begun(visit.link.id).await.unwrap();
    save(&visit.admin, "hospital").await.unwrap();
    let admin = tenant.admin().await;
    let listed = admin.list_identity_providers().await.unwrap();
    assert!(listed.iter().any(|provider| provider.alias == "hospital"));
    let mut rows = admin.cx().read().await.unwrap();
    let events = rows
        .list_events(&wardkey::store::tenant::EventFilter::default(), 50)
        .await
        .unwrap();
    for name in ["setup_link.opened", "identity_provider.saved"] {
        // Others saved providers at the same moment of this clock.
        let by_link = |event: &&wardkey::store::tenant::RecordedEvent| event.actor.as_deref() == Some(id.as_str());
        let event = events.iter().filter(by_link).find(|event| event.event == name);
        let event = event.unwrap_or_else(|| panic!("no {name} by the link"));
        assert_eq!(event.actor_role.as_deref(), Some("setup_link"), "{name}");
    }
}

#[tokio::test]
async fn a_link_reaches_nothing_but_its_connection() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (_, token) = link(&tenant, "hospital").await;
    let holder = visit(&app, &tenant, &token).await.unwrap().admin;
    save(&holder, "hospital").await.unwrap();
    assert!(matches!(
        save(&holder, "another").await,
        Err(ControlError::NotFound { .. })
    ));
    assert!(matches!(
        holder.get_identity_provider(STAFF).await,
        Err(ControlError::NotFound { .. })
    ));
    let seen = holder.list_identity_providers().await.unwrap();
    assert_eq!(
        seen.iter().map(|seen| seen.alias.as_str()).collect::<Vec<_>>(),
        ["hospital"]
    );
    assert!(holder.switch_sign_in_method(STAFF, false, Proof::Waived).await.is_err());
    assert!(
        holder
            .delete_identity_provider("hospital", &Precondition::None)
            .await
            .is_err()
    );
    assert!(holder.create_setup_link(&request("hospital")).await.is_err());
    assert!(holder.list_setup_links().await.unwrap().is_empty());
    assert!(holder.search_users(None, None, 10).await.is_err());
    let mut other = document(true);
    other.mapping.fhir_user_lookup =
        serde_json::from_value(json!({ "system": "https://ids.example", "value": "claims.sub" })).ok();
    assert!(other.mapping.fhir_user_lookup.is_some());
    let secret = Some(Secret::new("a-secret-of-the-tests".to_owned()));
    let asks = Box::pin(holder.save_oidc_provider("hospital", "Hospital account", &other, secret)).await;
    assert!(matches!(asks, Err(ControlError::Conflict(_))), "{asks:?}");
}

on_each_database! {
    async fn a_link_works_until_its_time_is_over_or_it_is_taken_back_and_opens_nothing_elsewhere(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let other = app.tenant("southside").await;
        let (id, token) = link(&tenant, "hospital").await;
        assert!(visit(&app, &other, &token).await.is_none(), "another tenant's");
        assert!(visit(&app, &tenant, &token).await.is_some());
        let admin = tenant.admin().await;
        admin.revoke_setup_link(&id).await.unwrap();
        assert!(visit(&app, &tenant, &token).await.is_none(), "taken back");
        assert!(admin.revoke_setup_link(&id).await.is_err(), "once");
        app.wait(Duration::from_secs(1)); // the order is that of their making
        let (_, second) = link(&tenant, "hospital").await;
        app.wait(USUAL_LIFETIME + Duration::from_secs(1));
        assert!(visit(&app, &tenant, &second).await.is_none(), "too old");
        let states: Vec<_> = tenant.admin().await.list_setup_links().await.unwrap();
        let states: Vec<&str> = states.iter().map(|link| link.state.as_str()).collect();
        assert_eq!(states, ["expired", "revoked"]);
    }
}

#[tokio::test]
async fn a_connection_whose_users_administer_gets_no_link() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant
        .administrator("olga", &[wardkey::tenant::roles::Role::Auditor])
        .await;
    let refused = tenant.admin().await.create_setup_link(&request(STAFF)).await;
    assert!(matches!(refused, Err(ControlError::Conflict(_))));
}

#[tokio::test]
async fn switching_on_needs_a_test_and_the_last_one_stays_on() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let admin = tenant.admin().await;
    save(&admin, "hospital").await.unwrap();
    let untested = admin.switch_sign_in_method("hospital", true, Proof::Test).await;
    assert!(matches!(untested, Err(ControlError::Conflict(_))), "{untested:?}");
    let last = admin.switch_sign_in_method(STAFF, false, Proof::Waived).await;
    assert!(matches!(last, Err(ControlError::Conflict(_))), "{last:?}");
    admin
        .switch_sign_in_method("hospital", true, Proof::Waived)
        .await
        .unwrap();
    admin.switch_sign_in_method(STAFF, false, Proof::Waived).await.unwrap();
    let (_, token) = link(&tenant, "hospital").await;
    let holder = visit(&app, &tenant, &token).await.unwrap().admin;
    admin.switch_sign_in_method(STAFF, true, Proof::Waived).await.unwrap();
    admin
        .switch_sign_in_method("hospital", false, Proof::Waived)
        .await
        .unwrap();
    let waived = holder.switch_sign_in_method("hospital", true, Proof::Waived).await;
    assert!(
        matches!(waived, Err(ControlError::Conflict(_))),
        "a link's holder waives nothing"
    );
}
