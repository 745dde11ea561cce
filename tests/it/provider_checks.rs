//! `idp check`: each thing that can be wrong with a connection is found and named, with its mend.

use crate::support::app::{STAFF, TestApp, TestTenant};
use crate::support::loopback::{Port, Served};
use crate::support::saml_idp::{IDP, OTHER};
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use wardkey::control::provider_checks::ProviderReport;
use wardkey::federation::check::{CheckItem, CheckOutcome, CheckSubject};
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::saml::SamlProviderConfig;
use wardkey::federation::{Offer, OidcDocument, SamlDocument};
use wardkey::tenant::roles::Role;

/// What the counterpart answers at its addresses; a `Date` of its own when set.
#[derive(Clone, Default)]
struct Answers {
    discovery: Value,
    keys: Value,
    metadata: String,
    date: Option<&'static str>,
    status: Option<StatusCode>,
}

/// A counterpart that says whatever a test wants.
struct Counterpart {
    base: String,
    answers: Arc<Mutex<Answers>>,
    _served: Served,
}

impl Counterpart {
    async fn start() -> Self {
        let port = Port::take().await;
        let base = port.base().to_owned();
        let answers = Arc::new(Mutex::new(Answers {
            discovery: json!({
                "issuer": base, "authorization_endpoint": format!("{base}/authorize"),
                "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/jwks"),
                "id_token_signing_alg_values_supported": ["RS256", "ES256"], "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            }),
            keys: json!({ "keys": [{
                "kty": "EC", "crv": "P-256", "use": "sig", "kid": "one",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            }] }),
            ..Answers::default()
        }));
        let route = |pick: fn(&Answers) -> String| {
            let answers = answers.clone();
            get(move || {
                let answers = answers.lock().unwrap().clone();
                async move {
                    let mut headers = HeaderMap::new();
                    if let Some(date) = answers.date {
                        headers.insert(header::DATE, HeaderValue::from_static(date));
                    }
                    (answers.status.unwrap_or(StatusCode::OK), headers, pick(&answers)).into_response()
                }
            })
        };
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                route(|answers| answers.discovery.to_string()),
            )
            .route("/jwks", route(|answers| answers.keys.to_string()))
            .route("/token", route(|_| String::new()))
            .route("/authorize", route(|_| String::new()))
            .route("/sso", route(|_| String::new()))
            .route("/slo", route(|_| String::new()))
            .route("/metadata", route(|answers| answers.metadata.clone()));
        let served = port.serve(router);
        Self {
            base,
            answers,
            _served: served,
        }
    }

    fn change(&self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.answers.lock().unwrap());
    }
}

async fn connect_oidc(tenant: &TestTenant<'_>, issuer: &str, more: Value) {
    let mut provider = json!({
        "issuer": issuer, "client_id": "wardkey", "authentication": "none", "id_token_algorithms": ["ES256"],
    });
    provider
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let document = OidcDocument {
        provider: provider.as_object().unwrap().clone(),
        mapping: MappingRules::default(),
        offer: Offer::default(),
    };
    let admin = tenant.admin().await;
    admin
        .save_oidc_provider("hospital", "Hospital account", &document, None)
        .await
        .unwrap();
}

async fn check(tenant: &TestTenant<'_>) -> ProviderReport {
    let admin = tenant.admin().await;
    admin
        .check_identity_provider(tenant.app.app.federation(), "hospital")
        .await
        .unwrap()
}

fn find(report: &ProviderReport, subject: CheckSubject, outcome: CheckOutcome) -> &CheckItem {
    let found = report
        .items
        .iter()
        .find(|item| item.check == subject && item.outcome == outcome);
    found.unwrap_or_else(|| panic!("no {outcome:?} of {subject:?} in {report:#?}"))
}

fn registered<'r>(report: &'r ProviderReport, name: &str) -> &'r str {
    &report.registered.iter().find(|value| value.name == name).unwrap().value
}

#[tokio::test]
async fn a_provider_in_order_has_nothing_failed_and_the_redirect_uri_to_the_letter() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Counterpart::start().await;
    connect_oidc(&tenant, &provider.base, json!({})).await;
    let report = check(&tenant).await;
    // What is left to say is that it is on loopback, without TLS.
    let complaints: Vec<_> = report
        .items
        .iter()
        .filter(|item| item.outcome != CheckOutcome::Ok)
        .collect();
    assert!(
        complaints.iter().all(|item| item.check == CheckSubject::Tls),
        "{complaints:#?}"
    );
    for subject in [
        CheckSubject::Settings,
        CheckSubject::Reachability,
        CheckSubject::Metadata,
        CheckSubject::ProviderKeys,
        CheckSubject::Algorithms,
        CheckSubject::Clock,
        CheckSubject::Breaker,
    ] {
        find(&report, subject, CheckOutcome::Ok);
    }
    assert_eq!(
        registered(&report, "redirect_uri"),
        "https://auth.test/northside/auth/federation/hospital/callback"
    );
}

#[tokio::test]
async fn an_issuer_that_differs_by_a_slash_is_named() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Counterpart::start().await;
    connect_oidc(&tenant, &format!("{}/", provider.base), json!({})).await;
    let report = check(&tenant).await;
    assert_eq!(report.outcome, CheckOutcome::Failed);
    let item = find(&report, CheckSubject::Metadata, CheckOutcome::Failed);
    assert!(item.finding.contains(&provider.base), "what to enter instead: {item:?}");
    assert!(item.mend.as_ref().unwrap().contains("slash"), "{item:?}");
}

#[tokio::test]
async fn algorithms_methods_and_keys_that_do_not_fit_are_each_named() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Counterpart::start().await;
    connect_oidc(&tenant, &provider.base, json!({ "id_token_algorithms": ["PS512"] })).await;
    let report = check(&tenant).await;
    assert!(
        find(&report, CheckSubject::Algorithms, CheckOutcome::Failed)
            .finding
            .contains("PS512")
    );
    find(&report, CheckSubject::ProviderKeys, CheckOutcome::Failed);
    connect_oidc(&tenant, &provider.base, json!({})).await;
    provider.change(|answers| {
        let document = answers.discovery.as_object_mut().unwrap();
        document.remove("token_endpoint_auth_methods_supported");
        document.remove("code_challenge_methods_supported");
    });
    let report = check(&tenant).await;
    let warnings: Vec<_> = report
        .items
        .iter()
        .filter(|item| item.check == CheckSubject::Algorithms && item.outcome == CheckOutcome::Warning)
        .map(|item| item.finding.as_ref())
        .collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings.iter().any(|finding| finding.contains("none")), "{warnings:?}");
    assert!(warnings.iter().any(|finding| finding.contains("PKCE")), "{warnings:?}");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_measured() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Counterpart::start().await;
    provider.change(|answers| answers.date = Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    connect_oidc(&tenant, &provider.base, json!({})).await;
    let item = find(&check(&tenant).await, CheckSubject::Clock, CheckOutcome::Failed).clone();
    let seconds = app.now().seconds() - 784_111_777;
    assert!(item.finding.contains(&format!("{seconds} s behind")), "{item:?}");
}

#[tokio::test]
async fn a_provider_that_is_down_or_in_trouble_is_found_however_often_it_is_looked_at() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Counterpart::start().await;
    connect_oidc(&tenant, &provider.base, json!({})).await;
    provider.change(|answers| answers.status = Some(StatusCode::SERVICE_UNAVAILABLE));
    for _ in 0..8 {
        let report = check(&tenant).await;
        find(&report, CheckSubject::Reachability, CheckOutcome::Failed);
        find(&report, CheckSubject::Metadata, CheckOutcome::Failed);
    }
    let gone = Port::take().await.base().to_owned();
    connect_oidc(&tenant, &gone, json!({})).await;
    let report = check(&tenant).await;
    let item = find(&report, CheckSubject::Reachability, CheckOutcome::Failed);
    assert!(item.finding.contains("no connection"), "{item:?}");
    assert!(item.mend.as_ref().unwrap().contains("firewall"), "{item:?}");
}

#[tokio::test]
async fn a_private_address_is_refused_with_the_reason() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    connect_oidc(&tenant, "https://10.1.2.3/idp", json!({})).await;
    let report = check(&tenant).await;
    let item = find(&report, CheckSubject::Reachability, CheckOutcome::Failed);
    assert!(item.mend.as_ref().unwrap().contains("private"), "{item:?}");
}

#[tokio::test]
async fn our_key_at_a_provider_is_shown_with_its_end() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Counterpart::start().await;
    connect_oidc(&tenant, &provider.base, json!({ "authentication": "private_key_jwt" })).await;
    let report = check(&tenant).await;
    find(&report, CheckSubject::OurKeys, CheckOutcome::Ok);
    assert!(registered(&report, "jwks_uri").ends_with("/federation/hospital/jwks"));
    app.wait(std::time::Duration::from_hours(24 * (3 * 365 - 10)));
    let report = check(&tenant).await;
    let item = find(&report, CheckSubject::OurKeys, CheckOutcome::Warning);
    assert!(
        item.finding.contains("in 10 days") || item.finding.contains("in 9 days"),
        "{item:?}"
    );
}

/// A SAML provider whose metadata come from `provider`.
async fn connect_saml(tenant: &TestTenant<'_>, provider: &Counterpart, change: impl FnOnce(&mut SamlProviderConfig)) {
    let (sso, slo) = (format!("{}/sso", provider.base), format!("{}/slo", provider.base));
    let metadata = IDP.metadata(&sso, Some(&slo), &[IDP.key.certificate()]);
    provider.change(|answers| answers.metadata.clone_from(&metadata));
    let mut config = SamlProviderConfig::new(IDP.entity_id);
    config.metadata_url = Some(format!("{}/metadata", provider.base).parse().unwrap());
    change(&mut config);
    let document = SamlDocument {
        provider: config,
        mapping: MappingRules::default(),
        offer: Offer::default(),
    };
    let admin = tenant.admin().await;
    admin
        .save_saml_provider("hospital", "Hospital account", &document, &metadata)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_saml_provider_in_order_has_nothing_failed_and_its_addresses_to_the_letter() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Counterpart::start().await;
    connect_saml(&tenant, &provider, |_| {}).await;
    let report = check(&tenant).await;
    assert_ne!(report.outcome, CheckOutcome::Failed, "{report:#?}");
    for subject in [
        CheckSubject::Metadata,
        CheckSubject::Algorithms,
        CheckSubject::Clock,
        CheckSubject::OurKeys,
        CheckSubject::Breaker,
    ] {
        find(&report, subject, CheckOutcome::Ok);
    }
    let base = "https://auth.test/northside/auth/federation/hospital";
    assert_eq!(registered(&report, "assertion_consumer_service"), format!("{base}/acs"));
    assert_eq!(registered(&report, "entity_id"), format!("{base}/metadata"));
    assert_eq!(registered(&report, "single_logout_service"), format!("{base}/slo"));
}

#[tokio::test]
async fn metadata_that_cannot_be_used_fail_and_new_keys_are_told() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Counterpart::start().await;
    connect_saml(&tenant, &provider, |_| {}).await;
    let sso = format!("{}/sso", provider.base);
    provider.change(|answers| {
        answers.metadata = IDP.metadata(&sso, None, &[IDP.key.certificate(), OTHER.key.certificate()]);
    });
    let report = check(&tenant).await;
    let told = report
        .items
        .iter()
        .any(|item| item.finding.contains("other keys than are known here"));
    assert!(told, "{report:#?}");
    provider.change(|answers| answers.metadata = "<html>".to_owned());
    let report = check(&tenant).await;
    find(&report, CheckSubject::Metadata, CheckOutcome::Failed);
    find(&report, CheckSubject::Metadata, CheckOutcome::Ok);
}

#[tokio::test]
async fn metadata_entered_by_hand_are_worth_a_warning() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Counterpart::start().await;
    connect_saml(&tenant, &provider, |config| config.metadata_url = None).await;
    let item = find(&check(&tenant).await, CheckSubject::Metadata, CheckOutcome::Warning).clone();
    assert!(item.finding.contains("by hand"), "{item:?}");
}

#[tokio::test]
async fn the_api_answers_the_report_to_who_manages_providers_and_to_nobody_else() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let manager = tenant.administrator("ida", &[Role::IdentityAdmin]).await;
    let auditor = tenant.administrator("otto", &[Role::Auditor]).await;
    let provider = Counterpart::start().await;
    connect_oidc(&tenant, &provider.base, json!({})).await;
    let path = "/identity-providers/hospital/check";
    let report = tenant
        .api(&manager, Method::GET, path, None)
        .await
        .assert_status(200)
        .json();
    assert_eq!(report["alias"], "hospital");
    assert_eq!(report["items"][0]["outcome"], "warning", "the worst first: {report}");
    tenant.api(&auditor, Method::GET, path, None).await.assert_status(403);
    let local = format!("/identity-providers/{STAFF}/check");
    let report = tenant
        .api(&manager, Method::GET, &local, None)
        .await
        .assert_status(200)
        .json();
    assert_eq!(report["outcome"], "ok");
}
