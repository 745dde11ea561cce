//! Making a tenant in steps: cut off anywhere and run again, it ends the same.

use crate::support::app::TestApp;
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;
use tokio::sync::Notify;
use wardkey::control::onboarding::{NewProvider, Onboarded, Onboarding, StepSummary};
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::control::{Actor, Change, ControlError, NewOwner};
use wardkey::store::control::{OnboardingStep, StepState, TenantStatus, Tier};
use wardkey::store::tenant::EventFilter;
use wardkey::tenant::TenantDocument;
use wardkey::tenant::roles::Role;

const OWNER: &str = "it@northside.example";

fn described(slug: &str) -> Onboarding {
    let provider = json!({
        "kind": "oidc", "alias": "hospital", "display_name": "Staff account", "client_secret": "between-us",
        "settings": { "provider": { "issuer": "https://idp.test", "client_id": "wardkey" } },
    });
    Onboarding {
        tenant: NewTenant {
            slug: slug.to_owned(),
            display_name: format!("Hospital {slug}"),
            tier: Tier::Standard,
            placement: NewPlacement::Shared,
            document: TenantDocument::default(),
        },
        owner: Some(NewOwner {
            username: OWNER.to_owned(),
            name: Some("Olga Owner".to_owned()),
            email: Some(OWNER.to_owned()),
        }),
        identity_provider: Some(serde_json::from_value::<NewProvider>(provider).unwrap()),
        read_from: None,
    }
}

async fn onboard(app: &TestApp, onboarding: &Onboarding) -> Onboarded {
    app.platform
        .onboard(&Actor::machine(), onboarding, &|_| {})
        .await
        .unwrap()
}

/// Everything that a finished onboarding leaves, without what is random.
async fn end(app: &TestApp, slug: &str) -> Value {
    let summary = app.platform.get_tenant(slug).await.unwrap();
    let admin = app.platform.tenant(slug).await.unwrap();
    let machine = Actor::machine();
    let steps = app.platform.onboarding_steps(&machine, slug).await.unwrap();
    let created = EventFilter {
        event: Some("tenant.created"),
        target: Some(slug),
        ..EventFilter::default()
    };
    let platform = app.platform.platform_tenant().await.unwrap();
    let mut rows = admin.cx().read().await.unwrap();
    let accounts = rows.list_accounts(None, 50).await.unwrap();
    drop(rows);
    let roles = admin.list_role_assignments(None, ("", ""), 50).await.unwrap();
    json!({
        "status": summary.status,
        "steps": steps.iter().map(|step| json!([step.step, step.state])).collect::<Vec<_>>(),
        "keys": admin.list_signing_keys().await.unwrap().len(),
        "apps": admin.list_clients("", 50).await.unwrap().iter().map(|app| app.client_id.to_string()).collect::<Vec<_>>(),
        "providers": admin.list_identity_providers().await.unwrap().iter().map(|one| one.alias.clone()).collect::<Vec<_>>(),
        "accounts": accounts.iter().map(|account| account.account.profile.subject.clone()).collect::<Vec<_>>(),
        "roles": roles.iter().map(|role| role.role.clone()).collect::<Vec<_>>(),
        "own log": admin.list_events(&created, 50).await.unwrap().len(),
        "platform's log": platform.list_events(&created, 50).await.unwrap().len(),
    })
}

fn whole() -> Value {
    let steps: Vec<Value> = OnboardingStep::ALL
        .iter()
        .map(|step| {
            let state = if *step == OnboardingStep::FhirServer {
                "skipped"
            } else {
                "done"
            };
            json!([step.as_str(), state])
        })
        .collect();
    json!({
        "status": "active", "steps": steps, "keys": 4, "apps": ["wardkey-cli"],
        "providers": ["administrators", "hospital"], "accounts": [OWNER], "roles": ["owner"],
        "own log": 1, "platform's log": 1,
    })
}

/// Runs until `step` has ended, and then no further.
async fn cut_off_after(app: &TestApp, onboarding: &Onboarding, step: OnboardingStep) {
    let reached = Notify::new();
    let watch = |ended: &StepSummary| {
        if ended.step == step {
            reached.notify_one();
        }
    };
    let machine = Actor::machine();
    let run = app.platform.onboard(&machine, onboarding, &watch);
    tokio::select! {
        biased;
        () = reached.notified() => {}
        done = run => drop(done.unwrap()),
    }
}

on_each_database! {
    async fn cut_off_after_any_step_and_run_again_it_ends_the_same(database: Database) {
        let app = TestApp::on(database).await;
        app.platform_tenant().await;
        for step in OnboardingStep::ALL {
            let slug = format!("after-{}", step.as_str().replace('_', "-"));
            let onboarding = described(&slug);
            cut_off_after(&app, &onboarding, step).await;
            let done = onboard(&app, &onboarding).await;
            assert!(done.invitation.is_some(), "{slug}");
            assert_eq!(sorted(end(&app, &slug).await), whole(), "{slug}");
        }
    }

    async fn cut_off_at_any_moment_and_continued_it_ends_the_same(database: Database) {
        let app = TestApp::on(database).await;
        app.platform_tenant().await;
        let machine = Actor::machine();
        for moment in (1_usize..).step_by(9) {
            let slug = format!("moment-{moment}");
            let onboarding = described(&slug);
            let mut polls = 0;
            let finished = {
                let mut run = pin!(app.platform.onboard(&machine, &onboarding, &|_| {}));
                std::future::poll_fn(|context| {
                    polls += 1;
                    if polls > moment { Poll::Ready(false) } else { run.as_mut().poll(context).map(|_| true) }
                })
                .await
            };
            // Nothing but the name is needed, once there is an entry in the registry.
            match app.platform.resume_onboarding(&machine, &slug, &|_| {}).await {
                // A conflict: everything was done when it was cut off; only telling so was not.
                Ok(_) | Err(ControlError::Conflict(_)) => {}
                Err(ControlError::NotFound { .. }) => drop(onboard(&app, &onboarding).await),
                Err(error) => panic!("{slug}: {error}"),
            }
            assert_eq!(sorted(end(&app, &slug).await), whole(), "{slug}");
            if finished {
                return;
            }
        }
    }

    async fn a_tenant_is_served_only_when_all_is_done(database: Database) {
        let app = TestApp::on(database).await;
        let onboarding = described("northside");
        cut_off_after(&app, &onboarding, OnboardingStep::Invitation).await;
        assert_eq!(app.platform.get_tenant("northside").await.unwrap().status, TenantStatus::Preparing);
        let waiting = discovery(&app, "northside").await;
        let unknown = discovery(&app, "nowhere").await;
        assert_eq!(waiting.status, unknown.status);
        assert_eq!(waiting.text(), unknown.text().replace("nowhere", "northside"));
        let early = app.platform.set_tenant_status("northside", TenantStatus::Active).await;
        assert!(matches!(early, Err(ControlError::Conflict(_))), "resuming is not finishing");
        onboard(&app, &onboarding).await;
        let served = discovery(&app, "northside").await;
        assert_eq!(served.status, 200);
    }

    async fn runs_at_the_same_moment_end_the_same(database: Database) {
        let app = TestApp::on(database).await;
        app.platform_tenant().await;
        let onboarding = described("northside");
        let runs = futures::future::join_all((0..4).map(|_| onboard(&app, &onboarding))).await;
        assert_eq!(runs.iter().filter(|done| done.change == Change::Created).count(), 1);
        let end = sorted(end(&app, "northside").await);
        for member in ["status", "keys", "apps", "providers", "accounts", "roles"] {
            assert_eq!(end[member], whole()[member], "{member}");
        }
    }
}

async fn discovery(app: &TestApp, slug: &str) -> Response {
    let address = format!("/{slug}/auth/.well-known/openid-configuration");
    app.router.send(Request::get(address).empty()).await
}

fn sorted(mut end: Value) -> Value {
    if let Some(providers) = end["providers"].as_array_mut() {
        providers.sort_by_cached_key(ToString::to_string);
    }
    end
}

#[tokio::test]
async fn every_step_is_told_in_order_as_it_ends() {
    let app = TestApp::new().await;
    let told = Mutex::new(Vec::new());
    let watch = |step: &StepSummary| told.lock().unwrap().push((step.step, step.state));
    let onboarding = Onboarding {
        owner: None,
        identity_provider: None,
        ..described("northside")
    };
    app.platform
        .onboard(&Actor::machine(), &onboarding, &watch)
        .await
        .unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(
        told.iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        OnboardingStep::ALL
    );
    for (step, state) in told {
        let expected = match step {
            OnboardingStep::IdentityProvider | OnboardingStep::FhirServer | OnboardingStep::Invitation => {
                StepState::Skipped
            }
            _ => StepState::Done,
        };
        assert_eq!(state, expected, "{step:?}");
    }
}

#[tokio::test]
async fn a_step_that_fails_says_why_and_the_next_run_goes_on_there() {
    let app = TestApp::new().await;
    let mut onboarding = described("northside");
    let broken = json!({
        "kind": "oidc", "alias": "hospital", "display_name": " ",
        "settings": { "provider": { "issuer": "https://idp.test", "client_id": "wardkey" } }, "client_secret": "s",
    });
    onboarding.identity_provider = Some(serde_json::from_value(broken).unwrap());
    let machine = Actor::machine();
    assert!(app.platform.onboard(&machine, &onboarding, &|_| {}).await.is_err());
    let steps = app.platform.onboarding_steps(&machine, "northside").await.unwrap();
    let failed = steps.iter().find(|step| step.state == StepState::Failed).unwrap();
    assert_eq!(failed.step, OnboardingStep::IdentityProvider);
    assert!(failed.detail.as_deref().unwrap().contains("display_name"), "{failed:?}");
    assert!(steps.iter().rev().take(4).all(|step| step.state == StepState::Waiting));
    onboarding.identity_provider = described("northside").identity_provider;
    onboard(&app, &onboarding).await;
    assert_eq!(
        app.platform.get_tenant("northside").await.unwrap().status,
        TenantStatus::Active
    );
}

#[tokio::test]
async fn a_new_link_ends_the_one_before_and_none_is_made_for_who_has_a_password() {
    let app = TestApp::new().await;
    let onboarding = described("northside");
    let first = onboard(&app, &onboarding).await.invitation.unwrap();
    let second = onboard(&app, &onboarding).await.invitation.unwrap();
    let mut browser = app.browser();
    let path = |link: &str| link.trim_start_matches(app.base.as_str()).to_owned();
    let gone = browser.goto(&path(first.address.expose())).await;
    assert!(!gone.response.text().contains("name=\"password\""), "{gone}");
    let page = browser.goto(&path(second.address.expose())).await;
    let form = page.form().with("password", "seven tired owls on a tram");
    browser.submit(&page, &form).await;
    assert!(onboard(&app, &onboarding).await.invitation.is_none());
}

on_each_database! {
    async fn a_description_of_a_tenant_that_is_there_writes_back_nothing_that_changed_since(database: Database) {
        let app = TestApp::on(database).await;
        onboard(&app, &described("northside")).await;
        let read = app.platform.find_described_settings("northside").await.unwrap().unwrap();
        // Meanwhile somebody sets something.
        let set = [("help_contact".to_owned(), "+1 555 0100".to_owned())];
        app.platform.set_settings("northside", &set).await.unwrap();
        let again = Onboarding {
            tenant: NewTenant {
                display_name: "Northside Hospital".to_owned(),
                document: TenantDocument { scopes_v1: !read.scopes_v1, ..read.clone() },
                ..described("northside").tenant
            },
            read_from: Some(read.clone()),
            ..described("northside")
        };
        onboard(&app, &again).await;
        let now = app.platform.find_described_settings("northside").await.unwrap().unwrap();
        assert_eq!(now.help_contact.as_deref(), Some("+1 555 0100"), "what was set meanwhile stays");
        assert_eq!(now.display_name, "Northside Hospital");
        assert_eq!(now.scopes_v1, !read.scopes_v1, "what the description changes is changed");
    }
}

#[tokio::test]
async fn what_was_asked_for_is_sealed_and_forgotten_when_it_is_done() {
    let app = TestApp::new().await;
    let onboarding = described("northside");
    cut_off_after(&app, &onboarding, OnboardingStep::Settings).await;
    let kept = async || {
        let mut control = app.platform.directory().parts().control.read().await.unwrap();
        let tenant = control.find_tenant("northside").await.unwrap().unwrap();
        control.find_onboarding_plan(tenant.id).await.unwrap()
    };
    let sealed = kept().await.unwrap();
    let readable = String::from_utf8_lossy(sealed.as_bytes()).into_owned();
    assert!(!readable.contains(OWNER) && !readable.contains("between-us"));
    onboard(&app, &onboarding).await;
    assert!(kept().await.is_none());
}

#[tokio::test]
async fn an_operator_creates_a_tenant_with_its_owner_over_the_api() {
    let app = TestApp::new().await;
    let operator = app.operator(Role::PlatformOperator).await;
    let body = json!({
        "slug": "northside", "display_name": "Northside General",
        "owner": { "username": OWNER, "email": OWNER },
    });
    let made = app.api(&operator, Method::POST, "/api/v1/tenants", Some(&body)).await;
    let made = made.assert_status(201).json();
    assert_eq!(made["status"], "active");
    assert_eq!(made["steps"].as_array().unwrap().len(), OnboardingStep::ALL.len());
    let link = made["invitation"]["link"].as_str().unwrap();
    assert!(link.starts_with(&format!("{}/northside/auth/account/link/", app.base)));
    let steps = app
        .api(&operator, Method::GET, "/api/v1/tenants/northside/onboarding", None)
        .await
        .assert_status(200)
        .json();
    assert_eq!(steps["items"], made["steps"]);
    let nothing = "/api/v1/tenants/northside/onboarding/continue";
    app.api(&operator, Method::POST, nothing, None).await.assert_status(409);
}

#[tokio::test]
async fn an_auditor_of_the_platform_sees_the_steps_and_continues_none() {
    let app = TestApp::new().await;
    cut_off_after(&app, &described("northside"), OnboardingStep::Settings).await;
    let auditor = app.operator(Role::PlatformAuditor).await;
    let steps = "/api/v1/tenants/northside/onboarding";
    app.api(&auditor, Method::GET, steps, None).await.assert_status(200);
    let refused = format!("{steps}/continue");
    app.api(&auditor, Method::POST, &refused, None).await.assert_status(403);
}

#[tokio::test]
async fn only_operators_see_the_steps_and_tenants_learn_nothing_of_each_other() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    app.tenant("southside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let ask = async |slug: &str| {
        let address = format!("/api/v1/tenants/{slug}/onboarding");
        app.api(&owner, Method::GET, &address, None).await.status
    };
    assert_eq!(ask("southside").await, ask("nowhere").await);
    assert_eq!(ask("northside").await, 403);
}
