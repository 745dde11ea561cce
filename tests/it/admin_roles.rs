//! Roles in administration: who may do what, and that nobody can raise anybody above themselves.

use crate::support::app::{PASSWORD, STAFF, TestApp, claims};
use axum::http::Method;
use serde_json::json;
use wardkey::control::user_help::Delivery;
use wardkey::control::{Actor, Caller, ControlError, TenantAdmin, reach_of};
use wardkey::kernel::Secret;
use wardkey::store::tenant::AccountProfile;
use wardkey::tenant::roles::{Permission, Role};
use wardkey::web::Language;

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    // One operation for each permission that reads; what it answers to who may is 200.
    let reading = [
        (Permission::ReadSettings, "/settings"),
        (Permission::ReadApps, "/apps"),
        (Permission::ReadIdentityProviders, "/identity-providers"),
        (Permission::ReadRoles, "/role-assignments"),
        (Permission::ReadKeys, "/signing-keys"),
        (Permission::ReadEvents, "/events"),
        (Permission::ReadUsage, "/usage"),
    ];
    for role in Role::ALL.into_iter().filter(|role| !role.is_of_platform()) {
        let token = north.administrator(role.as_str(), &[role]).await;
        for (permission, path) in reading {
            let expected = if role.permissions().has(permission) { 200 } else { 403 };
            let answer = north.api(&token, Method::GET, path, None).await;
            assert_eq!(answer.status, expected, "{role} {permission}: {answer}");
        }
        let rotate = north
            .api(
                &token,
                Method::POST,
                "/signing-keys/rotate?dry_run=true",
                Some(&json!({})),
            )
            .await;
        let expected = if role.permissions().has(Permission::RotateKeys) {
            200
        } else {
            403
        };
        assert_eq!(rotate.status, expected, "{role}: {rotate}");
    }
}

#[tokio::test]
async fn somebody_without_a_role_is_refused() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let token = north.admin_token("ada", "__admin").await;
    let answer = north
        .api(&token, Method::GET, "/settings", None)
        .await
        .assert_status(403);
    assert_eq!(answer.json()["code"], "no_role");
}

#[tokio::test]
async fn a_token_without_the_scope_administers_nothing() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    north.administrator("olga", &[Role::Owner]).await;
    let query = north.authorization_request("openid").without("aud");
    let query = query.with("resource", "https://auth.test/api/v1");
    let code = north.code_for(&query, "olga").await;
    let token = north.redeem(&code).await.assert_status(200).json();
    let answer = north
        .api(token["access_token"].as_str().unwrap(), Method::GET, "/settings", None)
        .await
        .assert_status(403);
    assert_eq!(answer.json()["code"], "insufficient_scope");
}

#[tokio::test]
async fn a_reading_token_of_an_owner_changes_nothing() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    north.administrator("olga", &[Role::Owner]).await;
    let token = north.admin_token("olga", "__admin.read").await;
    north
        .api(&token, Method::GET, "/settings", None)
        .await
        .assert_status(200);
    let patch = json!({ "help_contact": "x" });
    let answer = north
        .api(&token, Method::PATCH, "/settings", Some(&patch))
        .await
        .assert_status(403);
    assert_eq!(answer.json()["code"], "forbidden");
}

#[tokio::test] // RFC 8707: the token was shown to the FHIR server it is for
async fn a_token_for_a_fhir_server_administers_nothing() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    north.administrator("olga", &[Role::Owner]).await;
    let query = north.authorization_request("openid __admin");
    let code = north.code_for(&query, "olga").await;
    let token = north.redeem(&code).await.assert_status(200).json();
    north
        .api(token["access_token"].as_str().unwrap(), Method::GET, "/settings", None)
        .await
        .assert_status(401);
}

#[tokio::test]
async fn a_token_of_another_tenant_administers_nothing_here_whether_the_tenant_exists_or_not() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    app.tenant("southside").await;
    let token = north.administrator("olga", &[Role::Owner]).await;
    let mut answers = Vec::new();
    for slug in ["southside", "nowhere", "platform", "admin"] {
        let address = format!("/api/v1/tenants/{slug}/settings");
        let answer = app.api(&token, Method::GET, &address, None).await.assert_status(403);
        answers.push((answer.status, answer.body));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn nobody_gives_a_role_that_reaches_further_than_their_own() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let ada = north.administrator("colleague", &[]).await;
    let me = |token: &str| crate::support::app::claims(token)["sub"].as_str().unwrap().to_owned();
    let colleague = me(&ada);
    let owner = north.administrator("olga", &[Role::Owner]).await;
    for role in ["identity_admin", "app_admin", "auditor", "help_desk"] {
        let token = north.administrator(role, &[Role::parse(role).unwrap()]).await;
        let path = format!("/role-assignments/{}/owner", me(&token));
        let answer = north.api(&token, Method::PUT, &path, None).await.assert_status(403);
        assert_eq!(answer.json()["code"], "forbidden", "{role}");
    }
    let path = format!("/role-assignments/{colleague}/owner");
    north.api(&owner, Method::PUT, &path, None).await.assert_status(201);
    north.api(&owner, Method::PUT, &path, None).await.assert_status(200);
    // A role of the platform is not the tenant's to give.
    let path = format!("/role-assignments/{colleague}/platform_operator");
    north.api(&owner, Method::PUT, &path, None).await.assert_status(422);
}

#[tokio::test]
async fn an_identity_admin_cannot_become_owner_through_a_rule_a_provider_or_an_account() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let rules = json!({ "administrators": [{ "identity_provider": "other", "role": "boss", "grants": ["owner"] }] });
    let token = north.administrator("ivy", &[Role::IdentityAdmin]).await;
    // The rule itself.
    north
        .api(&token, Method::PATCH, "/settings", Some(&rules))
        .await
        .assert_status(403);
    north
        .api(&owner, Method::PATCH, "/settings", Some(&rules))
        .await
        .assert_status(200);
    // The provider whose answers the rule believes, and the one through which the owner signs in.
    let local = json!({ "kind": "local", "display_name": "Other" });
    for alias in ["other", STAFF] {
        let path = format!("/identity-providers/{alias}");
        let answer = north
            .api(&token, Method::PUT, &path, Some(&local))
            .await
            .assert_status(403);
        assert_eq!(answer.json()["code"], "beyond_own_role", "{alias}");
    }
    let path = format!("/identity-providers/{STAFF}");
    north.api(&token, Method::DELETE, &path, None).await.assert_status(403);
    // One that nobody with more signs in through is theirs to connect.
    north
        .api(&token, Method::PUT, "/identity-providers/visitors", Some(&local))
        .await
        .assert_status(201);
}

#[tokio::test]
async fn an_app_admin_cannot_hand_out_administration_through_an_app() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let token = north.administrator("abe", &[Role::AppAdmin]).await;
    let new = json!({
        "client_id": "sneaky", "client_name": "Sneaky", "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://app.example/cb"], "scope": "openid __admin",
    });
    let answer = north
        .api(&token, Method::POST, "/apps", Some(&new))
        .await
        .assert_status(403);
    assert_eq!(answer.json()["code"], "forbidden");
    // Nor touch a service that has a role.
    let service = json!({ "token_endpoint_auth_method": "client_secret_basic" });
    north.client("robot", service).await;
    north.admin().await.assign_role("robot", Role::Auditor).await.unwrap();
    let answer = north
        .api(&token, Method::POST, "/apps/robot/secret", Some(&json!({})))
        .await
        .assert_status(403);
    assert_eq!(answer.json()["code"], "beyond_own_role");
    north
        .api(&token, Method::DELETE, "/apps/robot", None)
        .await
        .assert_status(403);
}

#[tokio::test]
async fn a_client_that_is_registered_again_has_no_role_of_the_one_before() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let admin = north.admin().await;
    let service = json!({ "token_endpoint_auth_method": "client_secret_basic" });
    north.client("robot", service.clone()).await;
    admin.assign_role("robot", Role::Auditor).await.unwrap();
    admin.delete_client("robot").await.unwrap();
    north.client("robot", service).await;
    let roles = admin.list_role_assignments(Some("robot"), ("", ""), 10).await.unwrap();
    assert!(roles.is_empty());
}

#[tokio::test]
async fn the_last_owner_stays() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let sub = crate::support::app::claims(&owner)["sub"].as_str().unwrap().to_owned();
    let path = format!("/role-assignments/{sub}/owner");
    north.api(&owner, Method::DELETE, &path, None).await.assert_status(409);
    north.administrator("otto", &[Role::Owner]).await;
    north.api(&owner, Method::DELETE, &path, None).await.assert_status(204);
    // The very next request knows.
    let answer = north
        .api(&owner, Method::GET, "/settings", None)
        .await
        .assert_status(403);
    assert_eq!(answer.json()["code"], "no_role");
}

#[tokio::test]
async fn a_role_at_the_identity_provider_makes_an_administrator_by_rule() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    // Ada is a physician at the staff provider.
    let token = north.admin_token("ada", "__admin").await;
    north.api(&token, Method::GET, "/apps", None).await.assert_status(403);
    let rules =
        json!({ "administrators": [{ "identity_provider": STAFF, "role": "physician", "grants": ["app_admin"] }] });
    north
        .api(&owner, Method::PATCH, "/settings", Some(&rules))
        .await
        .assert_status(200);
    north.api(&token, Method::GET, "/apps", None).await.assert_status(200);
    // The clerk has another role there.
    let clerk = north.admin_token("clerk", "__admin").await;
    north.api(&clerk, Method::GET, "/apps", None).await.assert_status(403);
}

#[tokio::test]
async fn rules_give_no_role_of_the_platform() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let rules = json!({
        "administrators": [{ "identity_provider": STAFF, "role": "physician", "grants": ["platform_operator"] }],
    });
    let refused = north.api(&owner, Method::PATCH, "/settings", Some(&rules)).await;
    assert!(refused.status.is_client_error(), "{refused}");
}

#[tokio::test]
async fn an_operator_is_announced_in_the_log_of_the_tenant_entered_once_an_hour() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let operator = app.operator(Role::PlatformOperator).await;
    for _ in 0..3 {
        north
            .api(&operator, Method::GET, "/apps", None)
            .await
            .assert_status(200);
    }
    let entered = north
        .api(&operator, Method::GET, "/events?event=operator.entered", None)
        .await
        .assert_status(200)
        .json();
    let items = entered["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{entered}");
    assert_eq!(items[0]["actor_role"], "platform:platform_operator");
    assert_eq!(items[0]["actor"], "nightly-export");
}

#[tokio::test]
async fn support_sees_how_things_stand_and_no_people() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let support = app.operator(Role::PlatformSupport).await;
    for path in ["/settings", "/apps", "/identity-providers", "/events"] {
        north.api(&support, Method::GET, path, None).await.assert_status(200);
    }
    let patch = json!({ "help_contact": "x" });
    north
        .api(&support, Method::PATCH, "/settings", Some(&patch))
        .await
        .assert_status(403);
    let new = json!({ "slug": "westside", "display_name": "Westside" });
    app.api(&support, Method::POST, "/api/v1/tenants", Some(&new))
        .await
        .assert_status(403);
}

#[tokio::test]
async fn an_operator_with_a_password_alone_is_refused() {
    let app = TestApp::new().await;
    let platform = app.platform_tenant().await;
    let token = platform.administrator("olga", &[Role::PlatformOperator]).await;
    let answer = app
        .api(&token, Method::GET, "/api/v1/tenants", None)
        .await
        .assert_status(403);
    assert_eq!(answer.json()["code"], "second_factor_required");
}

#[tokio::test]
async fn the_platform_tenant_is_nobodys_to_take_list_or_suspend() {
    let app = TestApp::new().await;
    let operator = app.operator(Role::PlatformOperator).await;
    let new = json!({ "slug": "platform", "display_name": "Mine" });
    app.api(&operator, Method::POST, "/api/v1/tenants", Some(&new))
        .await
        .assert_status(422);
    let listed = app.api(&operator, Method::GET, "/api/v1/tenants", None).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 0, "{listed}");
    let patch = json!({ "status": "suspended" });
    let refused = app
        .api(&operator, Method::PATCH, "/api/v1/tenants/platform", Some(&patch))
        .await;
    assert!(refused.status.is_client_error(), "{refused}");
    app.api(&operator, Method::GET, "/api/v1/me", None)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_tenants_owner_cannot_list_tenants() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    app.api(&owner, Method::GET, "/api/v1/tenants", None)
        .await
        .assert_status(403);
}

#[tokio::test]
async fn a_revoked_token_administers_nothing() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    north
        .api(&owner, Method::GET, "/settings", None)
        .await
        .assert_status(200);
    north.revoke(&owner).await.assert_status(200);
    north
        .api(&owner, Method::GET, "/settings", None)
        .await
        .assert_status(401);
}

/// The tenant, administered by the user whose token this is.
async fn administered_by(app: &TestApp, north: &crate::support::app::TestTenant<'_>, token: &str) -> TenantAdmin {
    let cx = north.admin().await.cx().clone();
    let claims = claims(token);
    let caller = Caller {
        principal: claims["sub"].as_str().unwrap(),
        account: None,
        client_id: None,
        reach: reach_of("__admin"),
        amr: &[],
    };
    let actor = Actor::decide(&cx, &caller).await.unwrap();
    TenantAdmin::entered_by(cx, &app.platform, actor).await.unwrap()
}

#[tokio::test]
async fn nobody_touches_the_sign_in_of_an_account_that_reaches_further() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    north.administrator("olga", &[Role::Owner]).await;
    let profile = AccountProfile {
        subject: "olga".to_owned(),
        ..AccountProfile::default()
    };
    let ivy = north.administrator("ivy", &[Role::IdentityAdmin]).await;
    let admin = administered_by(&app, &north, &ivy).await;
    let password = Secret::new(format!("{PASSWORD}!"));
    let passwords = app.app.federation().passwords();
    let english = Language::English;
    let refusals = [
        admin
            .save_local_account(STAFF, &profile, &password, passwords)
            .await
            .err(),
        admin.save_invited_account(STAFF, &profile).await.err(),
        admin.invite(STAFF, "olga", english, Delivery::Shown).await.err(),
        admin.invite(STAFF, "olga", english, Delivery::Mail).await.err(),
        admin.set_break_glass(STAFF, "olga", true).await.err(),
        admin.remove_second_factors(STAFF, "olga").await.err(),
    ];
    for (number, refusal) in refusals.iter().enumerate() {
        assert!(
            matches!(refusal, Some(ControlError::BeyondOwnRole(_))),
            "{number}: {refusal:?}"
        );
    }
}

#[tokio::test]
async fn the_log_names_who_changed_how_somebody_signs_in_and_a_dry_run_changes_nothing() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    north.administrator("nora", &[]).await;
    let ivy = north.administrator("ivy", &[Role::IdentityAdmin]).await;
    let dry = administered_by(&app, &north, &ivy).await.dry(true);
    dry.set_break_glass(STAFF, "nora", true).await.unwrap();
    let user = dry.find_user(STAFF, "nora").await.unwrap().unwrap();
    assert!(!user.local_account.unwrap().break_glass);
    let admin = administered_by(&app, &north, &ivy).await;
    admin
        .invite(STAFF, "nora", Language::English, Delivery::Shown)
        .await
        .unwrap();
    admin.set_break_glass(STAFF, "nora", true).await.unwrap();
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let events = north
        .api(&owner, Method::GET, "/events", None)
        .await
        .assert_status(200)
        .json();
    let actor = claims(&ivy)["sub"].clone();
    for name in ["account.link_made", "break_glass.changed"] {
        let found: Vec<_> = events["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["event"] == name)
            .collect();
        assert_eq!(found.len(), 1, "{name}: {events}");
        assert_eq!(found[0]["actor"], actor, "{name}: {events}");
    }
}

#[tokio::test]
async fn nobody_makes_the_server_load_a_tenant_anew_without_a_valid_token() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let directory = app.platform.directory();
    let resolved = || directory.resolve("northside", directory.clock().now());
    let known = resolved().await.unwrap();
    let forged = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2F1dGgudGVzdC9ub3J0aHNpZGUvYXV0aCJ9.AAAA";
    for token in [forged, "x"] {
        let address = "/api/v1/tenants/northside/apps";
        app.api(token, Method::POST, address, Some(&json!({})))
            .await
            .assert_status(401);
    }
    assert!(std::sync::Arc::ptr_eq(&known, &resolved().await.unwrap()));
}
