//! What nodes report of themselves, and what operators see of it.

use crate::support::app::TestApp;
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::loopback::Served;
use axum::Router;
use axum::http::{Method, Request};
use axum::routing::get;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::onboarding::{Onboarding, StepSummary};
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::control::{Actor, Platform};
use wardkey::outbound::OutboundRequest;
use wardkey::smart::FhirBase;
use wardkey::store::control::{OnboardingStep, StepState, TenantCount, TenantStatus, Tier, Traffic};
use wardkey::tenant::TenantDocument;
use wardkey::tenant::roles::Role;

fn described(slug: &str) -> NewTenant {
    NewTenant {
        slug: slug.to_owned(),
        display_name: format!("Hospital {slug}"),
        tier: Tier::Enterprise,
        placement: NewPlacement::Shared,
        document: TenantDocument::default(),
    }
}

async fn report(app: &TestApp) {
    app.platform
        .report_traffic(app.app.federation().outbound())
        .await
        .unwrap();
}

/// The sums of this hour, of a contract.
async fn this_hour(platform: &Platform, tier: Tier) -> Traffic {
    let health = platform.fleet_health(&Actor::machine()).await.unwrap();
    let (_, sums) = health.hours.last().unwrap();
    sums.get(tier.as_str()).cloned().unwrap_or_default()
}

on_each_database! {
    async fn what_a_node_answered_is_summed_up_by_contract_and_tenant(database: Database) {
        let app = TestApp::on(database).await;
        let north = app.tenant("northside").await;
        Box::pin(app.platform.create_tenant(&described("southside"))).await.unwrap();
        north.tokens("openid launch/patient patient/*.rs", "pat").await;
        let south = Request::get("/southside/auth/jwks").empty();
        app.router.send(south).await.assert_status(200);
        let wrong = Request::get("/northside/auth/userinfo").empty();
        app.router.send(wrong).await.assert_status(401);
        report(&app).await;
        let standard = this_hour(&app.platform, Tier::Standard).await;
        assert_eq!((standard.tokens, standard.sign_ins, standard.failed), (1, 1, 0));
        assert!(standard.refused >= 1 && standard.requests > standard.refused, "{standard:?}");
        assert_eq!(this_hour(&app.platform, Tier::Enterprise).await.requests, 1);
        let own = app.platform.tenant_health(&Actor::machine(), "northside").await.unwrap();
        assert_eq!(own.hours.last().unwrap().1, standard);
        assert_eq!(own.hours.len(), 24);
    }
}

on_each_database! {
    async fn a_report_made_twice_counts_once_and_nodes_add_up(database: Database) {
        let app = TestApp::on(database).await;
        app.tenant("northside").await;
        let ask = || Request::get("/northside/auth/jwks").empty();
        app.router.send(ask()).await.assert_status(200);
        report(&app).await;
        report(&app).await;
        assert_eq!(this_hour(&app.platform, Tier::Standard).await.requests, 1);
        app.router.send(ask()).await.assert_status(200);
        report(&app).await;
        assert_eq!(this_hour(&app.platform, Tier::Standard).await.requests, 2);
        let other = Platform::open(app.options(None)).await.unwrap();
        let router = wardkey::app::App::new(other.clone(), app.app.federation().clone()).router();
        router.send(ask()).await.assert_status(200);
        other.report_traffic(app.app.federation().outbound()).await.unwrap();
        assert_eq!(this_hour(&app.platform, Tier::Standard).await.requests, 3);
        let health = app.platform.fleet_health(&Actor::machine()).await.unwrap();
        assert_eq!(health.nodes.len(), 2);
        app.wait(Duration::from_mins(6));
        report(&app).await;
        let health = app.platform.fleet_health(&Actor::machine()).await.unwrap();
        assert_eq!(health.nodes.len(), 1, "a node that is silent has ended");
    }
}

#[tokio::test]
async fn an_hour_that_is_over_is_kept_and_a_new_one_begins_at_nothing() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let ask = || Request::get("/northside/auth/jwks").empty();
    app.router.send(ask()).await.assert_status(200);
    app.wait(Duration::from_hours(1));
    report(&app).await;
    app.router.send(ask()).await.assert_status(200);
    report(&app).await;
    let health = app.platform.fleet_health(&Actor::machine()).await.unwrap();
    let requests: Vec<u64> = health
        .hours
        .iter()
        .rev()
        .take(3)
        .map(|(_, sums)| sums[Tier::Standard.as_str()].requests)
        .collect();
    assert_eq!(requests, [1, 1, 0]);
    app.wait(Duration::from_hours(24 * 32));
    report(&app).await;
    let own = app
        .platform
        .tenant_health(&Actor::machine(), "northside")
        .await
        .unwrap();
    assert!(own.hours.iter().all(|(_, traffic)| traffic.requests == 0));
}

#[tokio::test]
async fn the_fleet_is_in_the_api_for_who_watches_over_it_and_for_nobody_of_a_tenant() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let auditor = app.operator(Role::PlatformAuditor).await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    report(&app).await;
    let fleet = app
        .api(&auditor, Method::GET, "/api/v1/fleet", None)
        .await
        .assert_status(200)
        .json();
    assert_eq!(
        fleet["hours"].as_array().unwrap().len(),
        48,
        "24 hours of two contracts: {fleet}"
    );
    assert_eq!(fleet["nodes"].as_array().unwrap().len(), 1, "{fleet}");
    assert_eq!(fleet["tenants"][0]["count"], 1, "{fleet}");
    let health = "/api/v1/tenants/northside/health";
    let one = app
        .api(&auditor, Method::GET, health, None)
        .await
        .assert_status(200)
        .json();
    let requests = one["hours"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hour| hour["requests"].as_u64().unwrap());
    assert!(requests.sum::<u64>() > 0, "{one}");
    app.api(&auditor, Method::GET, "/api/v1/tenants/nowhere/health", None)
        .await
        .assert_status(404);
    for address in ["/api/v1/fleet", health] {
        app.api(&owner, Method::GET, address, None).await.assert_status(403);
    }
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_listed_until_it_is_tried_again() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let broken = Served::start(Router::new().fallback(|| async { axum::http::StatusCode::BAD_GATEWAY })).await;
    let outbound = app.app.federation().outbound().clone();
    let tenant = north.admin().await.cx().id().to_string();
    for _ in 0..5 {
        let request = OutboundRequest::get(broken.base().parse().unwrap());
        outbound.send(&tenant, request).await.unwrap();
    }
    report(&app).await;
    let listed = async || app.platform.fleet_health(&Actor::machine()).await.unwrap().breakers;
    let open = listed().await;
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].slug, "northside");
    assert!(broken.base().ends_with(&open[0].host), "{open:?}");
    app.wait(Duration::from_mins(1));
    report(&app).await;
    assert!(listed().await.is_empty());
}

on_each_database! {
    async fn tenants_are_counted_by_state_without_the_platforms_own(database: Database) {
        let app = TestApp::on(database).await;
        Box::pin(app.platform.provision_platform_tenant()).await.unwrap();
        for slug in ["northside", "southside", "westside"] {
            Box::pin(app.platform.create_tenant(&described(slug))).await.unwrap();
        }
        let suspended = TenantStatus::Suspended;
        app.platform.set_tenant_status("westside", suspended).await.unwrap();
        app.platform.set_tenant_status("westside", suspended).await.unwrap();
        let machine = Actor::machine();
        app.platform.set_tenant_tier(&machine, "southside", Tier::Standard).await.unwrap();
        let found = app.platform.attention(&machine).await.unwrap().tenants;
        let of = |status, tier, count| TenantCount { status, tier, count };
        let expected = [
            of(TenantStatus::Active, Tier::Enterprise, 1),
            of(TenantStatus::Active, Tier::Standard, 1),
            of(suspended, Tier::Enterprise, 1),
        ];
        assert_eq!(found, expected);
    }

    async fn tenants_that_change_at_once_are_each_counted_once(database: Database) {
        let app = TestApp::on(database).await;
        let slugs: Vec<String> = (0..4).map(|number| format!("tenant-{number}")).collect();
        for slug in &slugs {
            Box::pin(app.platform.create_tenant(&described(slug))).await.unwrap();
        }
        let machine = Actor::machine();
        // Each of them goes to and fro, the same ones under several hands.
        futures::future::join_all((0..32_usize).map(|turn| {
            let (app, slug, machine) = (&app, &slugs[turn % slugs.len()], &machine);
            async move {
                let (tier, status) = if turn % 3 == 0 {
                    (Tier::Enterprise, TenantStatus::Suspended)
                } else {
                    (Tier::Standard, TenantStatus::Active)
                };
                app.platform.set_tenant_tier(machine, slug, tier).await.unwrap();
                app.platform.set_tenant_status(slug, status).await.unwrap();
            }
        }))
        .await;
        let mut expected = std::collections::BTreeMap::new();
        for slug in &slugs {
            let tenant = app.platform.get_tenant(slug).await.unwrap();
            *expected.entry((tenant.status.as_str(), tenant.tier.as_str())).or_insert(0) += 1;
        }
        let found = app.platform.attention(&machine).await.unwrap().tenants;
        let found: std::collections::BTreeMap<_, u64> =
            found.iter().map(|one| ((one.status.as_str(), one.tier.as_str()), one.count)).collect();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn a_database_of_a_tenants_own_counts_once_it_was_opened_by_this_version() {
    let app = TestApp::new().await;
    let new = NewTenant {
        placement: NewPlacement::Dedicated(None),
        ..described("northside")
    };
    Box::pin(app.platform.create_tenant(&new)).await.unwrap();
    let progress = async || app.platform.fleet_health(&Actor::machine()).await.unwrap().schema;
    let before = progress().await;
    assert_eq!((before.current, before.all), (0, 1));
    app.router
        .send(Request::get("/northside/auth/jwks").empty())
        .await
        .assert_status(200);
    report(&app).await;
    let after = progress().await;
    assert_eq!((after.current, after.all), (1, 1));
}

/// A server that answers so, where a capability statement belongs.
async fn server(answer: Value) -> Served {
    let answer = move || {
        let answer = answer.clone();
        async move { axum::Json(answer) }
    };
    Served::start(Router::new().route("/r4/metadata", get(answer))).await
}

/// Makes a tenant at this FHIR server; what became of the step.
async fn with_server(app: &TestApp, slug: &str, base: &str) -> (StepSummary, TenantStatus) {
    let platform = app
        .platform
        .clone()
        .asking_through(app.app.federation().outbound().clone());
    let onboarding = Onboarding::of(NewTenant {
        document: TenantDocument {
            fhir_bases: vec![FhirBase::parse(base).unwrap()],
            ..TenantDocument::default()
        },
        ..described(slug)
    });
    let machine = Actor::machine();
    drop(Box::pin(platform.onboard(&machine, &onboarding, &|_| {})).await);
    let steps = platform.onboarding_steps(&machine, slug).await.unwrap();
    let step = steps.into_iter().find(|step| step.step == OnboardingStep::FhirServer);
    (step.unwrap(), platform.get_tenant(slug).await.unwrap().status)
}

#[tokio::test]
async fn the_fhir_server_of_a_new_tenant_is_asked_who_it_is() {
    let app = TestApp::new().await;
    let fhir = server(json!({
        "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "software": { "name": "Ward Server" },
    }))
    .await;
    let base = format!("{}/r4", fhir.base());
    let (step, status) = with_server(&app, "northside", &base).await;
    assert_eq!((step.state, status), (StepState::Done, TenantStatus::Active));
    assert_eq!(step.detail.unwrap(), format!("{base} is Ward Server, FHIR 4.0.1"));
}

#[tokio::test]
async fn an_address_at_which_no_fhir_server_answers_stops_the_onboarding_there() {
    let app = TestApp::new().await;
    let other = server(json!({ "resourceType": "Patient", "fhirVersion": "4.0.1" })).await;
    for (slug, base) in [
        ("northside", format!("{}/r4", other.base())),
        ("southside", format!("{}/not-there", other.base())),
    ] {
        let (step, status) = with_server(&app, slug, &base).await;
        assert_eq!(
            (step.state, status),
            (StepState::Failed, TenantStatus::Preparing),
            "{step:?}"
        );
        assert!(step.detail.as_deref().unwrap_or_default().contains(&base), "{step:?}");
    }
}

#[tokio::test]
async fn a_fhir_server_that_cannot_be_reached_from_here_is_noted_and_no_fault() {
    let app = TestApp::new().await;
    let gone = server(json!({})).await.base().to_owned();
    let (step, status) = with_server(&app, "northside", &format!("{gone}/r4")).await;
    assert_eq!((step.state, status), (StepState::Done, TenantStatus::Active));
    assert!(step.detail.unwrap().contains("was not reached from here"));
}

#[tokio::test]
async fn without_a_fhir_server_of_its_own_there_is_nothing_to_ask() {
    let app = TestApp::new().await;
    Box::pin(app.platform.create_tenant(&described("northside")))
        .await
        .unwrap();
    let steps = app
        .platform
        .onboarding_steps(&Actor::machine(), "northside")
        .await
        .unwrap();
    let step = steps.into_iter().find(|step| step.step == OnboardingStep::FhirServer);
    assert_eq!(step.unwrap().state, StepState::Skipped);
}
