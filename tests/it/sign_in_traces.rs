//! Traces of sign-ins: kept sealed, few and not for long; shown by their shape; revealed on the record.

use crate::support::app::{TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::saml_idp::Sign;
use crate::support::saml_sign_in::{answer, assert_refused, begin, connect, draft, finish, sign_in};
use axum::http::Method;
use serde_json::json;
use std::time::Duration;
use wardkey::control::sign_in_traces::{SignInTraceSummary, WantedTraces};
use wardkey::federation::SignInTrace;
use wardkey::federation::mapping::MappingRules;
use wardkey::kernel::id::SignInTraceId;
use wardkey::store::tenant::EventFilter;
use wardkey::tenant::roles::Role;

/// Keeps a trace as a refused sign-in does.
pub(crate) async fn keep(tenant: &TestTenant<'_>, alias: &str, outcome: &str) -> SignInTraceId {
    let admin = tenant.admin().await;
    let federation = tenant.app.app.federation();
    let provider = federation.find_provider(admin.cx(), alias).await.unwrap().unwrap();
    let ids = async || -> Vec<SignInTraceId> { traces(tenant).await.into_iter().map(|trace| trace.id).collect() };
    let before = ids().await;
    let mut rows = admin.cx().begin().await.unwrap();
    SignInTrace::refused("no key of the provider verifies it")
        .save(&mut rows, admin.cx(), &provider, outcome)
        .await
        .unwrap();
    rows.commit().await.unwrap();
    let after = ids().await;
    after.into_iter().find(|id| !before.contains(id)).unwrap()
}

/// Tokens of somebody at the help desk, of an owner, and of somebody who looks after apps; made while the tenant's own accounts
/// are the only way to sign in.
async fn administrators(app: &TestApp, slug: &str) -> [String; 3] {
    let tenant = app.tenant(slug).await;
    [
        tenant.administrator("hilda", &[Role::HelpDesk]).await,
        tenant.administrator("olga", &[Role::Owner]).await,
        tenant.administrator("anna", &[Role::AppAdmin]).await,
    ]
}

async fn traces(tenant: &TestTenant<'_>) -> Vec<SignInTraceSummary> {
    let admin = tenant.admin().await;
    admin.list_sign_in_traces(&WantedTraces::default(), 200).await.unwrap()
}

on_each_database! {
    async fn a_sign_in_leaves_a_trace_of_claims_rules_and_account(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let mut browser = app.browser();
        let consent = sign_in(&tenant, &mut browser, "morgan").await;
        finish(&tenant, &mut browser, &consent).await;
        let listed = traces(&tenant).await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].outcome, "completed");
        assert_eq!(listed[0].identity_provider.as_deref(), Some("hospital"));
        let admin = tenant.admin().await;
        let shown = admin.get_sign_in_trace(listed[0].id).await.unwrap();
        assert!(shown.masked);
        let text = shown.trace.to_string();
        assert!(!text.contains("morgan") && !text.contains("nurse"), "{text}");
        assert_eq!(shown.trace["claims"]["attributes"]["role"], json!(["(5 characters)", "(7 characters)"]));
        assert_eq!(shown.trace["rules"][0], json!({ "rule": "subject", "outcome": "matched" }));
        let revealed = admin.reveal_sign_in_trace(listed[0].id).await.unwrap();
        assert_eq!(revealed.trace["claims"]["friendly"]["sn"], json!(["morgan"]));
        assert_eq!(revealed.trace["identity"]["fhirUser"], "Patient/morgan");
        assert!(revealed.trace["account"].as_str().unwrap().starts_with("acc_"));
        let of_request = WantedTraces { request: Some(listed[0].request_id), ..WantedTraces::default() };
        assert_eq!(admin.list_sign_in_traces(&of_request, 9).await.unwrap().len(), 1);
        let elsewhere = WantedTraces { identity_provider: Some("nowhere"), ..WantedTraces::default() };
        assert!(admin.list_sign_in_traces(&elsewhere, 9).await.unwrap().is_empty());
    }

    async fn traces_end_after_two_weeks_and_are_swept(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let id = keep(&tenant, "hospital", "signature").await;
        app.wait(Duration::from_hours(24 * 14 - 1));
        assert_eq!(traces(&tenant).await.len(), 1);
        app.wait(Duration::from_hours(2));
        assert!(traces(&tenant).await.is_empty());
        let admin = tenant.admin().await;
        assert!(admin.get_sign_in_trace(id).await.is_err());
        let mut rows = admin.cx().begin().await.unwrap();
        assert!(rows.delete_expired(app.now()).await.unwrap() > 0);
        rows.commit().await.unwrap();
        assert_eq!(admin.cx().read().await.unwrap().list_sign_in_traces(
            &wardkey::store::tenant::SignInTraceFilter::default(), wardkey::kernel::Timestamp::from_seconds(0), 9,
        ).await.unwrap(), []);
    }

    async fn a_tenant_decides_which_sign_ins_leave_a_trace_and_for_how_long(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let set = async |name: &str, value: &str| {
            let change = [(format!("sign_in_traces.{name}"), value.to_owned())];
            app.platform.set_settings("northside", &change).await
        };
        let both = async || {
            let mut browser = app.browser();
            sign_in(&tenant, &mut browser, "morgan").await;
            let mut browser = app.browser();
            let asked = begin(&tenant, &mut browser).await;
            let unsigned = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Nothing);
            answer(&tenant, &mut browser, &unsigned, &asked).await;
        };
        let outcomes = async || {
            let mut outcomes: Vec<String> = traces(&tenant).await.into_iter().map(|trace| trace.outcome).collect();
            outcomes.sort();
            outcomes.dedup();
            outcomes
        };
        both().await;
        assert_eq!(outcomes().await, ["completed", "unsigned"]);
        // What is not wanted any more goes at once, and nothing new of it comes.
        set("keep", "failed").await.unwrap();
        assert_eq!(outcomes().await, ["unsigned"]);
        both().await;
        assert_eq!(outcomes().await, ["unsigned"]);
        // So with the time.
        set("days", "2").await.unwrap();
        app.wait(Duration::from_hours(49));
        assert!(outcomes().await.is_empty());
        both().await;
        app.wait(Duration::from_hours(47));
        assert_eq!(outcomes().await, ["unsigned"]);
        set("keep", "off").await.unwrap();
        both().await;
        assert!(outcomes().await.is_empty());
        for days in ["0", "91"] {
            assert!(set("days", days).await.is_err(), "{days}");
        }
        let filter = EventFilter { event: Some("sign_in.refused"), ..EventFilter::default() };
        let events = tenant.admin().await.list_events(&filter, 9).await.unwrap();
        assert_eq!(events[0].outcome, "unsigned", "the audit log says so all the same");
    }

    async fn few_are_kept_and_a_flood_of_one_outcome_leaves_the_others(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let other = keep(&tenant, "hospital", "replay").await;
        for _ in 0..100 {
            keep(&tenant, "hospital", "signature").await;
        }
        let last = keep(&tenant, "hospital", "signature").await;
        let listed = traces(&tenant).await;
        assert!(listed.len() <= 17, "{}", listed.len());
        for id in [other, last] {
            assert!(listed.iter().any(|trace| trace.id == id));
        }
    }
}

#[tokio::test]
async fn a_refused_response_leaves_a_trace_that_names_the_check_and_the_browser_learns_nothing() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let xml = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Nothing);
    let page = answer(&tenant, &mut browser, &xml, &asked).await;
    assert_refused(&page);
    let listed = traces(&tenant).await;
    assert_eq!(listed.len(), 1);
    assert_ne!(listed[0].outcome, "completed");
    assert!(!page.response.text().contains(&listed[0].outcome), "{page}");
    let admin = tenant.admin().await;
    let shown = admin.get_sign_in_trace(listed[0].id).await.unwrap();
    assert!(shown.trace["detail"].is_string());
    // Nothing was proven, so nothing was kept of what was said.
    assert_eq!(shown.trace["claims"], json!({}));
    let filter = EventFilter {
        event: Some("sign_in.refused"),
        ..EventFilter::default()
    };
    let events = admin.list_events(&filter, 9).await.unwrap();
    assert_eq!(events[0].outcome, listed[0].outcome);
}

#[tokio::test]
async fn a_refusal_by_the_mapping_leaves_the_rules_that_refused() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let rules: MappingRules = serde_json::from_value(json!({
        "name": "claims.friendly.sn[0]", "npi": "claims.attributes.npi[0]", "required": ["npi"]
    }))
    .unwrap();
    let admin = tenant.admin().await;
    admin.save_mapping("hospital", &rules).await.unwrap();
    let mut browser = app.browser();
    let page = sign_in(&tenant, &mut browser, "morgan").await;
    assert_refused(&page);
    let listed = traces(&tenant).await;
    assert_eq!((listed.len(), listed[0].outcome.as_str()), (1, "mapping"));
    let shown = tenant.admin().await.get_sign_in_trace(listed[0].id).await.unwrap();
    assert_eq!(shown.trace["rules"][2], json!({ "rule": "npi", "outcome": "empty" }));
    assert_eq!(shown.trace["identity"], json!(null));
    assert_eq!(
        shown.trace["detail"],
        "the rule for npi is required, and yielded nothing for this user"
    );
}

#[tokio::test]
async fn revealing_needs_its_permission_and_is_recorded() {
    let app = TestApp::new().await;
    let [helper, owner, app_admin] = administrators(&app, "northside").await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let id = keep(&tenant, "hospital", "signature").await;
    let (masked, revealed) = (format!("/sign-in-traces/{id}"), format!("/sign-in-traces/{id}/reveal"));
    tenant.api(&helper, Method::GET, &masked, None).await.assert_status(200);
    tenant
        .api(&helper, Method::POST, &revealed, None)
        .await
        .assert_status(403);
    let seen = async || {
        let filter = EventFilter {
            event: Some("sign_in_trace.revealed"),
            ..EventFilter::default()
        };
        tenant.admin().await.list_events(&filter, 9).await.unwrap()
    };
    assert!(seen().await.is_empty());
    tenant
        .api(&owner, Method::POST, &revealed, None)
        .await
        .assert_status(200);
    let events = seen().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].target, Some(id.to_string()));
    tenant
        .api(&app_admin, Method::GET, &masked, None)
        .await
        .assert_status(403);
}

#[tokio::test]
async fn a_dry_run_on_a_recorded_sign_in_is_no_way_around_the_mask() {
    let app = TestApp::new().await;
    let [_, owner, _] = administrators(&app, "northside").await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    sign_in(&tenant, &mut browser, "morgan").await;
    let id = traces(&tenant).await[0].id;
    let path = "/identity-providers/hospital/mapping/dry-run";
    let body = json!({ "trace": id, "rules": { "name": "claims.friendly.sn[0]" } });
    let report = tenant
        .api(&owner, Method::POST, path, Some(&body))
        .await
        .assert_status(200)
        .json();
    assert_eq!(report["masked"], true);
    assert_eq!(report["identity"]["name"], "(6 characters)");
    assert!(!report.to_string().contains("morgan"), "{report}");
    let filter = EventFilter {
        event: Some("sign_in_trace.revealed"),
        ..EventFilter::default()
    };
    let admin = tenant.admin().await;
    assert!(admin.list_events(&filter, 9).await.unwrap().is_empty());
    let body = json!({ "trace": id, "reveal": true });
    let report = tenant
        .api(&owner, Method::POST, path, Some(&body))
        .await
        .assert_status(200)
        .json();
    assert_eq!(report["identity"]["name"], "morgan");
    assert_eq!(admin.list_events(&filter, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn another_tenants_trace_is_as_unknown_as_any() {
    let app = TestApp::new().await;
    let northside = connect(&app, "northside", |_| {}).await;
    let [_, owner, _] = administrators(&app, "southside").await;
    let southside = connect(&app, "southside", |_| {}).await;
    let theirs = keep(&northside, "hospital", "signature").await;
    let unknown = "trc_00000000000000000000000000000000".to_owned();
    for (method, end) in [(Method::GET, ""), (Method::POST, "/reveal")] {
        let mut answers = Vec::new();
        for id in [&theirs.to_string(), &unknown] {
            let path = format!("/sign-in-traces/{id}{end}");
            let answer = southside
                .api(&owner, method.clone(), &path, None)
                .await
                .assert_status(404);
            answers.push(answer.text().replace(id.as_str(), "ID"));
        }
        assert_eq!(answers[0], answers[1]);
    }
}
