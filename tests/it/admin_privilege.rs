//! Ways by which somebody might come to more than they have, each tried out: locks, guesses, approvals that are overtaken, histories,
//! keys of requests, the last of those who answer for a tenant.

use crate::admin_openapi::World;
use crate::support::app::{PASSWORD, STAFF, TestApp, TestTenant, claims};
use crate::support::backend::BACKEND;
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use wardkey::control::clients::SecretPolicy;
use wardkey::oauth::client::ClientStatus;
use wardkey::store::control::DirectoryState;
use wardkey::tenant::roles::Role;

async fn id_of(tenant: &TestTenant<'_>, username: &str) -> String {
    let user = tenant.admin().await.find_user(STAFF, username).await.unwrap();
    user.unwrap().summary.id.to_string()
}

fn principal(token: &str) -> String {
    claims(token)["sub"].as_str().unwrap().to_owned()
}

fn code(answer: &Response) -> String {
    answer.json()["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_help_desk_does_not_unlock_whoever_may_do_more_and_so_cannot_go_on_guessing() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    north.administrator("olga", &[Role::Owner]).await;
    let helper = north.administrator("hugo", &[Role::HelpDesk]).await;
    for (username, status) in [("olga", 403), ("ada", 200), ("hugo", 200)] {
        let unlock = format!("/users/{}/unlock", id_of(&north, username).await);
        let answer = north.api(&helper, Method::POST, &unlock, None).await;
        assert_eq!(answer.status, status, "{username}: {answer}");
    }
    let unlock = format!("/users/{}/unlock", id_of(&north, "olga").await);
    let answer = north.api(&helper, Method::POST, &unlock, None).await;
    assert_eq!(code(&answer), "beyond_own_role", "{answer}");
}

#[tokio::test]
async fn a_dry_run_does_not_tell_whether_a_password_is_right() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let ivy = north.administrator("ivy", &[Role::IdentityAdmin]).await;
    let mut answers = Vec::new();
    for password in [PASSWORD, "another seven tired owls"] {
        let body = json!({ "identity_provider": STAFF, "username": "clerk", "name": "Chris Clerk",
                           "roles": ["front-desk"], "password": password });
        let answer = north.api(&ivy, Method::POST, "/users?dry_run=true", Some(&body)).await;
        assert!(answer.status.is_success(), "{answer}");
        answers.push(answer.json()["change"].clone());
    }
    assert_eq!(answers[0], answers[1], "{answers:?}");
}

#[tokio::test]
async fn the_last_owner_is_neither_deleted_nor_shut_out_by_anybody_but_the_machine() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let olga = principal(&north.administrator("olga", &[Role::Owner]).await);
    let otto = principal(&north.administrator("otto", &[Role::Owner]).await);
    let operator = app.operator(Role::PlatformOperator).await;
    let disabled = json!({ "disabled": true });
    let [of_olga, of_otto] = [&olga, &otto].map(|id| format!("/users/{id}"));
    north
        .api(&operator, Method::PATCH, &of_otto, Some(&disabled))
        .await
        .assert_status(200);
    // The other one is shut out, and so nobody to turn to.
    north
        .api(&operator, Method::PATCH, &of_olga, Some(&disabled))
        .await
        .assert_status(409);
    north
        .api(&operator, Method::DELETE, &of_olga, None)
        .await
        .assert_status(409);
    north
        .api(&operator, Method::PATCH, &of_otto, Some(&json!({ "disabled": false })))
        .await
        .assert_status(200);
    north
        .api(&operator, Method::DELETE, &of_olga, None)
        .await
        .assert_status(204);
    north
        .api(&operator, Method::DELETE, &of_otto, None)
        .await
        .assert_status(409);
}

#[tokio::test]
async fn the_service_that_is_the_last_operator_is_not_removed() {
    let app = TestApp::new().await;
    let operator = app.operator(Role::PlatformOperator).await;
    let path = format!("/api/v1/tenants/platform/apps/{BACKEND}");
    let answer = app.api(&operator, Method::DELETE, &path, None).await;
    assert_eq!(answer.status, 409, "{answer}");
}

/// An app that registered itself and waits, with this scope.
async fn waiting(tenant: &TestTenant<'_>, scope: &str) {
    let admin = tenant.admin().await;
    let registration = serde_json::from_value(json!({
        "client_name": "Visitor", "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://visitor.example/callback"], "scope": scope,
    }))
    .unwrap();
    admin
        .save_client("visitor", registration, SecretPolicy::KeepOrCreate)
        .await
        .unwrap();
    admin
        .set_client_status("visitor", ClientStatus::AwaitingApproval)
        .await
        .unwrap();
}

async fn status(tenant: &TestTenant<'_>) -> ClientStatus {
    tenant.admin().await.get_client("visitor").await.unwrap().status
}

#[tokio::test]
async fn an_app_that_changes_what_it_asks_for_while_somebody_looks_is_not_approved_by_what_they_saw() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    waiting(&north, "openid patient/Observation.rs").await;
    let mut browser = north.console_of(&[Role::AppAdmin]).await;
    let page = browser.goto(&north.console("apps/visitor")).await;
    let approve = page.forms().into_iter().find(|form| form.action.ends_with("/status"));
    let approve = approve.unwrap().with("status", "enabled");
    waiting(&north, "openid user/*.cruds").await;
    let refused = browser.submit(&page, &approve).await;
    assert_eq!(refused.response.status, 403, "{refused}");
    assert_eq!(status(&north).await, ClientStatus::AwaitingApproval);
    // As it is now, it is.
    let page = browser.goto(&north.console("apps/visitor")).await;
    let approve = page.forms().into_iter().find(|form| form.action.ends_with("/status"));
    browser.submit(&page, &approve.unwrap().with("status", "enabled")).await;
    assert_eq!(status(&north).await, ClientStatus::Enabled);
}

#[tokio::test]
async fn a_program_approves_an_app_as_it_was_seen_with_its_entity_tag() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    waiting(&north, "openid patient/Observation.rs").await;
    let seen = north.api(&owner, Method::GET, "/apps/visitor", None).await;
    let seen = seen.header("etag").unwrap().to_owned();
    waiting(&north, "openid user/*.cruds").await;
    let now = north.api(&owner, Method::GET, "/apps/visitor", None).await;
    let now = now.header("etag").unwrap().to_owned();
    for (tag, expected, after) in [
        (seen, 412, ClientStatus::AwaitingApproval),
        (now, 200, ClientStatus::Enabled),
    ] {
        let request = Request::put("/api/v1/tenants/northside/apps/visitor/status")
            .bearer(&owner)
            .header("if-match", tag)
            .json(&json!({ "status": "enabled" }));
        app.router.send(request).await.assert_status(expected);
        assert_eq!(status(&north).await, after);
    }
}

fn listed(scope: &str) -> wardkey::control::app_directory::NewDirectoryApp {
    serde_json::from_value(json!({
        "summary": "Shows how a child grows.",
        "registration": {
            "client_name": "Growth curves", "token_endpoint_auth_method": "none",
            "redirect_uris": ["https://growth.example/callback"], "scope": scope,
        },
    }))
    .unwrap()
}

#[tokio::test]
async fn an_app_that_its_developer_revises_while_it_is_reviewed_is_not_published_by_what_was_seen() {
    let app = TestApp::new().await;
    app.platform.provision_platform_tenant().await.unwrap();
    let modest = listed("openid patient/Observation.rs");
    let submitted = app.platform.submit_directory_app("growth-curves", &modest).await;
    let (_, link) = submitted.unwrap();
    let mut browser = Box::pin(app.operator_browser("opal", Role::PlatformOperator)).await;
    let page = browser.goto("/admin/directory/growth-curves").await;
    let review = page.forms().into_iter().find(|form| form.action.ends_with("/review"));
    let publish = review.unwrap().with("state", "published");
    let greedy = listed("openid user/*.cruds");
    app.platform.revise_submitted_app(link.expose(), &greedy).await.unwrap();
    let refused = browser.submit(&page, &publish).await;
    assert_eq!(refused.response.status, 403, "{refused}");
    let state = async || {
        let app = app.platform.find_submitted_app(link.expose()).await.unwrap();
        app.unwrap().state
    };
    assert_eq!(state().await, DirectoryState::Submitted);
    // A program says what it saw by the entity tag.
    let operator = app.operator(Role::PlatformOperator).await;
    let address = "/api/v1/directory-apps/growth-curves";
    let seen = app.api(&operator, Method::GET, address, None).await;
    let seen = seen.header("etag").unwrap().to_owned();
    app.platform.revise_submitted_app(link.expose(), &modest).await.unwrap();
    let request = Request::put("/api/v1/directory-apps/growth-curves/state")
        .bearer(&operator)
        .header("if-match", seen)
        .json(&json!({ "state": "published" }));
    app.router.send(request).await.assert_status(412);
    assert_eq!(state().await, DirectoryState::Submitted);
}

#[tokio::test]
async fn without_a_kind_the_history_shows_what_one_may_see_of_it() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    for role in [Role::AppAdmin, Role::HelpDesk] {
        let token = north.administrator(role.as_str(), &[role]).await;
        let list = north.api(&token, Method::GET, "/changes?limit=200", None).await;
        let list = list.assert_status(200).json();
        let kinds: Vec<_> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["resource"]["kind"])
            .collect();
        for kind in ["app", "identity_provider", "settings"] {
            assert!(kinds.contains(&&json!(kind)), "{role}: {kind} in {kinds:?}");
        }
    }
}

/// The newest change of a kind of thing.
async fn newest(tenant: &TestTenant<'_>, token: &str, kind: &str, name: &str) -> String {
    let path = format!("/changes?kind={kind}&name={name}&limit=1");
    let page = tenant.api(token, Method::GET, &path, None).await.assert_status(200);
    page.json()["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn taking_back_a_change_is_judged_by_what_it_would_do() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let abe = north.administrator("abe", &[Role::AppAdmin]).await;
    let ivy = north.administrator("ivy", &[Role::IdentityAdmin]).await;
    let take_back = async |token: &str, change: &str| {
        let body = json!({ "reason": "Mine", "even_if_changed_since": true });
        let path = format!("/changes/{change}/rollback");
        north.api(token, Method::POST, &path, Some(&body)).await
    };
    // An app through which somebody administers, which the owner removed or narrowed.
    let wide = json!({ "client_name": "Tool", "token_endpoint_auth_method": "none",
                       "redirect_uris": ["https://tool.example/callback"], "scope": "openid __admin" });
    let narrow = json!({ "client_name": "Tool", "token_endpoint_auth_method": "none",
                         "redirect_uris": ["https://tool.example/callback"], "scope": "openid" });
    north
        .api(&owner, Method::PUT, "/apps/tool", Some(&wide))
        .await
        .assert_status(201);
    north
        .api(&owner, Method::PUT, "/apps/tool", Some(&narrow))
        .await
        .assert_status(200);
    let narrowed = newest(&north, &owner, "app", "tool").await;
    assert_eq!(take_back(&abe, &narrowed).await.status, 403);
    north
        .api(&owner, Method::DELETE, "/apps/tool", None)
        .await
        .assert_status(204);
    assert_eq!(take_back(&abe, &narrowed).await.status, 403);
    // Rules that make administrators, and the provider that the owner comes through.
    let rules =
        json!({ "administrators": [{ "identity_provider": STAFF, "role": "front-desk", "grants": ["owner"] }] });
    north
        .api(&owner, Method::PATCH, "/settings", Some(&rules))
        .await
        .assert_status(200);
    let none = json!({ "administrators": [] });
    north
        .api(&owner, Method::PATCH, "/settings", Some(&none))
        .await
        .assert_status(200);
    let withdrawn = newest(&north, &owner, "settings", "tenant").await;
    let local = json!({ "kind": "local", "display_name": "Renamed" });
    let path = format!("/identity-providers/{STAFF}");
    north
        .api(&owner, Method::PUT, &path, Some(&local))
        .await
        .assert_status(200);
    let renamed = newest(&north, &owner, "identity_provider", STAFF).await;
    for token in [&abe, &ivy] {
        for change in [&withdrawn, &renamed] {
            assert_eq!(take_back(token, change).await.status, 403);
        }
    }
    take_back(&owner, &renamed).await.assert_status(200);
}

#[tokio::test]
async fn the_answer_kept_for_one_is_never_given_to_another_nor_to_the_same_with_less() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let secret = json!({ "token_endpoint_auth_method": "client_secret_basic" });
    north.client("robot", secret).await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let abe = north.administrator("abe", &[Role::AppAdmin]).await;
    let reading = north.admin_token("abe", "__admin.read").await;
    let ask = async |token: &str| {
        let request = Request::post("/api/v1/tenants/northside/apps/robot/secret")
            .bearer(token)
            .header("idempotency-key", "one-key")
            .json(&json!({ "overlap": 3600 }));
        app.router.send(request).await
    };
    let first: Value = ask(&abe).await.assert_status(201).json();
    let again: Value = ask(&abe).await.assert_status(201).json();
    assert_eq!(first["client_secret"], again["client_secret"]);
    let other = ask(&owner).await.assert_status(201);
    assert_eq!(other.header("idempotency-replayed"), None, "{other}");
    assert_ne!(other.json()["client_secret"], first["client_secret"]);
    // The same somebody, with a token that may only read, and after the role was taken.
    ask(&reading).await.assert_status(403);
    let path = format!("/role-assignments/{}/app_admin", principal(&abe));
    north.api(&owner, Method::DELETE, &path, None).await.assert_status(204);
    assert_eq!(code(&ask(&abe).await.assert_status(403)), "no_role");
    let path = format!("/role-assignments/{}/auditor", principal(&abe));
    north.api(&owner, Method::PUT, &path, None).await.assert_status(201);
    assert_eq!(code(&ask(&abe).await.assert_status(403)), "forbidden");
}

#[tokio::test]
async fn an_app_that_registers_itself_gets_no_scope_of_administration() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let open = json!({ "registration": { "policy": "initial_access_token" } });
    north
        .api(&owner, Method::PATCH, "/settings", Some(&open))
        .await
        .assert_status(200);
    let abe = north.administrator("abe", &[Role::AppAdmin]).await;
    let body = json!({ "label": "Mine" });
    let made = north.api(&abe, Method::POST, "/registration-tokens", Some(&body)).await;
    let token = made.assert_status(201).json()["initial_access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    for scope in ["openid __admin", "openid __admin.read"] {
        let metadata = json!({ "redirect_uris": ["https://mine.example/callback"], "scope": scope,
                               "token_endpoint_auth_method": "none" });
        let request = Request::post(north.path("register")).bearer(&token).json(&metadata);
        let answer = app.router.send(request).await;
        let granted = answer.json()["scope"].as_str().unwrap_or_default().to_owned();
        assert!(!granted.contains("__admin"), "{answer}");
    }
}

#[tokio::test]
async fn what_is_revealed_is_recorded_each_time_and_kept_by_no_key() {
    let app = TestApp::new().await;
    let world = Box::pin(World::new(&app)).await;
    let trace = &world.names["trace_id"];
    let path = format!("/api/v1/tenants/northside/sign-in-traces/{trace}/reveal");
    for _ in 0..2 {
        let request = Request::post(&path).bearer(&world.owner);
        let answer = app
            .router
            .send(request.header("idempotency-key", "one-key").empty())
            .await;
        let answer = answer.assert_status(200);
        assert_eq!(answer.header("idempotency-replayed"), None, "{answer}");
    }
    let seen = "/events?event=sign_in_trace.revealed";
    let events = world.tenant.api(&world.owner, Method::GET, seen, None).await.json();
    assert_eq!(events["items"].as_array().unwrap().len(), 2, "{events}");
}

on_each_database! {
    async fn of_two_owners_who_take_the_role_from_each_other_at_once_one_stays(database: Database) {
        let app = TestApp::on(database).await;
        let north = app.tenant("northside").await;
        let tokens = [
            north.administrator("olga", &[Role::Owner]).await,
            north.administrator("otto", &[Role::Owner]).await,
        ];
        let [olga, otto] = [0, 1].map(|which| principal(&tokens[which]));
        let [of_olga, of_otto] = [olga, otto].map(|id| format!("/role-assignments/{id}/owner"));
        let (one, other) = tokio::join!(
            north.api(&tokens[0], Method::DELETE, &of_otto, None),
            north.api(&tokens[1], Method::DELETE, &of_olga, None),
        );
        let roles = north.admin().await.list_role_assignments(None, ("", ""), 10).await.unwrap();
        let owners = roles.iter().filter(|one| one.role == "owner").count();
        assert_eq!(owners, 1, "{one}\n{other}");
    }

    async fn of_two_owners_who_delete_each_other_at_once_one_stays(database: Database) {
        let app = TestApp::on(database).await;
        let north = app.tenant("northside").await;
        let tokens = [
            north.administrator("olga", &[Role::Owner]).await,
            north.administrator("otto", &[Role::Owner]).await,
        ];
        let [olga, otto] = [0, 1].map(|which| format!("/users/{}", principal(&tokens[which])));
        let (one, other) = tokio::join!(
            north.api(&tokens[0], Method::DELETE, &otto, None),
            north.api(&tokens[1], Method::DELETE, &olga, None),
        );
        let roles = north.admin().await.list_role_assignments(None, ("", ""), 10).await.unwrap();
        assert!(roles.iter().any(|one| one.role == "owner"), "{one}\n{other}");
    }
}
