//! The platform's directory of apps: reviewed by the platform, approved by each tenant for itself.

use crate::support::app::{REDIRECT_URI, TestApp, TestTenant};
use crate::support::database::on_each_database;
use axum::http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::app_directory::{Approval, NewDirectoryApp};
use wardkey::control::{Actor, ControlError, Precondition};
use wardkey::oauth::client::ClientStatus;
use wardkey::store::control::DirectoryState;
use wardkey::tenant::roles::Role;

const APP: &str = "growth-curves";
const SCOPE: &str = "openid fhirUser launch/patient patient/Observation.rs patient/Patient.r";

fn growth_curves() -> NewDirectoryApp {
    let registration = json!({
        "client_name": "Growth curves", "token_endpoint_auth_method": "none",
        "redirect_uris": [REDIRECT_URI], "scope": SCOPE,
    });
    NewDirectoryApp {
        summary: "Shows how a child grows.".to_owned(),
        registration: registration.as_object().unwrap().clone(),
    }
}

async fn publish(app: &TestApp) {
    app.platform
        .save_directory_app(&Actor::machine(), APP, &growth_curves(), &Precondition::None)
        .await
        .unwrap();
}

async fn approve(tenant: &TestTenant<'_>, approval: &Approval) -> Result<(), ControlError> {
    let admin = tenant.admin().await;
    admin.approve_directory_app(APP, approval).await.map(drop)
}

/// Whether the tenant knows the app: its sign-in begins.
async fn works_at(tenant: &TestTenant<'_>) -> bool {
    let query = tenant.authorization_request("openid").with("client_id", APP);
    let page = tenant.authorize(&mut tenant.app.browser(), &query, "ada").await;
    page.parameter("code").is_some() || page.response.text().contains("Growth curves")
}

on_each_database! {
    async fn an_approved_app_works_at_once_where_it_was_approved_and_nowhere_else(database: Database) {
        let app = TestApp::on(database).await;
        let (north, south) = (app.tenant("northside").await, app.tenant("southside").await);
        publish(&app).await;
        assert!(!works_at(&north).await, "published is not approved");
        approve(&north, &Approval::default()).await.unwrap();
        assert!(works_at(&north).await);
        assert!(!works_at(&south).await);
        approve(&south, &Approval::default()).await.unwrap();
        assert!(works_at(&south).await, "under the same client id");
    }

    async fn a_withdrawn_app_stops_working_wherever_it_was_approved(database: Database) {
        let app = TestApp::on(database).await;
        let north = app.tenant("northside").await;
        publish(&app).await;
        approve(&north, &Approval::default()).await.unwrap();
        assert!(works_at(&north).await);
        let machine = Actor::machine();
        app.platform.review_directory_app(&machine, APP, DirectoryState::Withdrawn, Some("unsafe"), &Precondition::None, false).await.unwrap();
        // Every node's memory of the app ends by itself; a change at the tenant ends it now.
        north.admin().await.set_client_status(APP, ClientStatus::Enabled).await.unwrap();
        assert!(!works_at(&north).await);
        assert!(matches!(approve(&north, &Approval::default()).await, Err(ControlError::NotFound { .. })));
    }

    async fn of_two_who_submit_one_id_one_has_it(database: Database) {
        let app = TestApp::on(database).await;
        let new = growth_curves();
        let both = futures::future::join(
            app.platform.submit_directory_app(APP, &new),
            app.platform.submit_directory_app(APP, &new),
        )
        .await;
        assert_eq!([both.0.is_ok(), both.1.is_ok()].iter().filter(|ok| **ok).count(), 1);
    }
}

#[tokio::test]
async fn the_ceiling_of_an_approval_is_within_what_the_app_registered_for() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    publish(&app).await;
    let with = |scope: &str| Approval {
        scope: Some(scope.to_owned()),
        ..Approval::default()
    };
    let beyond = approve(&north, &with("openid patient/*.rs")).await;
    assert!(matches!(beyond, Err(ControlError::Invalid { member, .. }) if member == "scope"));
    approve(&north, &with("openid launch/patient patient/Patient.r"))
        .await
        .unwrap();
    let stored = north.admin().await.get_client(APP).await.unwrap();
    assert_eq!(stored.scope, "openid launch/patient patient/Patient.r");
    assert!(stored.verified);
}

#[tokio::test]
async fn a_newer_version_is_shown_as_a_difference_before_it_is_approved_again() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    publish(&app).await;
    let narrow = Approval {
        scope: Some("openid launch/patient patient/Patient.r".to_owned()),
        ..Approval::default()
    };
    approve(&tenant, &narrow).await.unwrap();
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let address = tenant.console("app-directory/growth-curves");
    let page = browser.goto(&address).await;
    assert!(!page.response.text().contains("There is a newer version"), "{page}");
    let mut newer = growth_curves();
    let uris = json!([REDIRECT_URI, "https://growth.example/second"]);
    newer.registration.insert("redirect_uris".to_owned(), uris);
    app.platform
        .save_directory_app(&Actor::machine(), APP, &newer, &Precondition::None)
        .await
        .unwrap();
    let list = browser.goto(&tenant.console("app-directory")).await;
    assert!(list.response.text().contains("Let in, newer version"), "{list}");
    let page = browser.goto(&address).await;
    let text = page.response.text();
    assert!(text.contains("There is a newer version"), "{page}");
    assert!(
        text.contains("<ins><bdi>https://growth.example/second</bdi></ins>"),
        "{page}"
    );
    assert!(!text.contains("directory_version"), "{page}");
    // Looking changes nothing.
    let client = tenant.admin().await.get_client(APP).await.unwrap();
    assert_eq!((client.redirect_uris.len(), client.directory_version), (1, Some(1)));
    // Saving the terms as they stand takes the newer version over, within them.
    let form = page
        .forms()
        .into_iter()
        .find(|form| form.action.ends_with("/app-directory/growth-curves"));
    browser.submit(&page, &form.unwrap()).await;
    let client = tenant.admin().await.get_client(APP).await.unwrap();
    assert_eq!((client.redirect_uris.len(), client.directory_version), (2, Some(2)));
    assert_eq!(client.scope, "openid launch/patient patient/Patient.r");
}

#[tokio::test]
async fn an_approval_for_roles_admits_their_holders_only() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    publish(&app).await;
    let roles = |names: &[&str]| Approval {
        user_roles: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Approval::default()
    };
    approve(&north, &roles(&["dietitian"])).await.unwrap();
    let query = north.authorization_request("openid").with("client_id", APP);
    let refused = north.authorize(&mut app.browser(), &query, "ada").await;
    assert_eq!(
        refused.parameter("error").as_deref(),
        Some("access_denied"),
        "{refused}"
    );
    assert!(
        refused
            .parameter("error_uri")
            .unwrap()
            .ends_with("/errors/role_not_admitted")
    );
    approve(&north, &roles(&[])).await.unwrap();
    assert!(works_at(&north).await);
}

#[tokio::test]
async fn an_approval_ends_when_it_says() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    publish(&app).await;
    let until = |seconds: i64| Approval {
        client_expires_at: Some(app.now().seconds() + seconds),
        ..Approval::default()
    };
    assert!(matches!(
        approve(&north, &until(0)).await,
        Err(ControlError::Invalid { member, .. }) if member == "client_expires_at"
    ));
    approve(&north, &until(3600)).await.unwrap();
    assert!(works_at(&north).await);
    app.wait(Duration::from_hours(1));
    assert!(!works_at(&north).await);
}

#[tokio::test]
async fn an_app_of_the_tenants_own_is_not_taken_over() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    publish(&app).await;
    north
        .client(
            APP,
            json!({ "token_endpoint_auth_method": "none", "client_name": "Our own" }),
        )
        .await;
    assert!(matches!(
        approve(&north, &Approval::default()).await,
        Err(ControlError::Conflict(_))
    ));
    assert_eq!(
        north.admin().await.get_client(APP).await.unwrap().client_name,
        "Our own"
    );
}

#[tokio::test]
async fn a_submitted_app_is_nobodys_to_approve_until_it_is_published() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let (submitted, link) = app.platform.submit_directory_app(APP, &growth_curves()).await.unwrap();
    assert_eq!(submitted.state, DirectoryState::Submitted);
    assert!(matches!(
        approve(&north, &Approval::default()).await,
        Err(ControlError::NotFound { .. })
    ));
    let machine = Actor::machine();
    let silent = app
        .platform
        .review_directory_app(
            &machine,
            APP,
            DirectoryState::Rejected,
            None,
            &Precondition::None,
            false,
        )
        .await;
    assert!(matches!(silent, Err(ControlError::Invalid { member, .. }) if member == "note"));
    let note = Some("Say who publishes it.");
    app.platform
        .review_directory_app(
            &machine,
            APP,
            DirectoryState::Rejected,
            note,
            &Precondition::None,
            false,
        )
        .await
        .unwrap();
    let seen = app.platform.find_submitted_app(link.expose()).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.note.as_deref()), (DirectoryState::Rejected, note));
    let guessed = link.expose().replace("wkq_", "wkq_x");
    assert!(app.platform.find_submitted_app(&guessed).await.unwrap().is_none());
}

#[tokio::test]
async fn what_tenants_decide_and_administration_are_no_part_of_a_submission() {
    let app = TestApp::new().await;
    for (member, value) in [
        ("verified", json!(true)),
        ("introspection", json!(true)),
        ("user_roles", json!(["physician"])),
        ("scope", json!("openid __admin")),
        ("scope", json!("")),
        ("redirect_uris", json!(["http://app.test/callback"])),
    ] {
        let mut new = growth_curves();
        new.registration.insert(member.to_owned(), value.clone());
        assert!(
            app.platform.submit_directory_app(APP, &new).await.is_err(),
            "{member}: {value}"
        );
    }
}

#[tokio::test]
async fn tenants_see_what_is_published_and_nothing_of_each_others_approvals() {
    let app = TestApp::new().await;
    let (north, south) = (app.tenant("northside").await, app.tenant("southside").await);
    publish(&app).await;
    let mut waiting = growth_curves();
    waiting.registration.insert("client_name".to_owned(), json!("Waiting"));
    app.platform.submit_directory_app("waiting", &waiting).await.unwrap();
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let see = async || -> Value {
        app.api(&owner, Method::GET, "/api/v1/directory-apps", None)
            .await
            .json()
    };
    let before = see().await;
    let ids: Vec<&str> = before["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["client_id"].as_str())
        .collect();
    assert_eq!(ids, [APP]);
    approve(&south, &Approval::default()).await.unwrap();
    assert_eq!(
        see().await,
        before,
        "what a neighbour approves changes nothing that is seen here"
    );
    let hidden = app
        .api(&owner, Method::GET, "/api/v1/directory-apps/waiting", None)
        .await;
    let unknown = app
        .api(&owner, Method::GET, "/api/v1/directory-apps/nothing", None)
        .await;
    assert_eq!(hidden.status, unknown.status);
    assert_eq!(hidden.status, 404);
}

#[tokio::test]
async fn the_platform_publishes_and_a_tenants_administrator_approves_over_the_api() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let operator = app.operator(Role::PlatformOperator).await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let address = format!("/api/v1/directory-apps/{APP}");
    let new = growth_curves();
    let body = json!({ "summary": new.summary, "registration": new.registration });
    app.api(&owner, Method::PUT, &address, Some(&body))
        .await
        .assert_status(403);
    app.api(&operator, Method::PUT, &address, Some(&body))
        .await
        .assert_status(201);
    app.api(&operator, Method::PUT, &address, Some(&body))
        .await
        .assert_status(200);
    let terms = json!({ "user_roles": [], "scope": "openid patient/Patient.r" });
    let approval = format!("/directory-approvals/{APP}");
    let made = north
        .api(&owner, Method::PUT, &approval, Some(&terms))
        .await
        .assert_status(201)
        .json();
    assert_eq!(made["client_id"], APP);
    assert_eq!(made["directory_version"], 1);
    let help = north.administrator("henry", &[Role::HelpDesk]).await;
    north
        .api(&help, Method::PUT, &approval, Some(&terms))
        .await
        .assert_status(403);
    let review = json!({ "state": "withdrawn" });
    app.api(&operator, Method::PUT, &format!("{address}/state"), Some(&review))
        .await
        .assert_status(200);
}
