//! An identity provider that is down, slow or wrong is its own tenant's trouble, and not for longer than it lasts.

use crate::support::app::{STAFF, TestApp, TestTenant};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::node_peer::OidcProvider;
use crate::upstream_oidc;
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use wardkey::federation::check::{CheckOutcome, CheckSubject};
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::{Offer, OidcDocument};
use wardkey::kernel::{Clock, SystemClock};
use wardkey::store::tenant::EventFilter;

use crate::support::loopback::{Port, Served};

const SCOPE: &str = "openid launch/patient patient/*.rs";

async fn connect(tenant: &TestTenant<'_>, issuer: &str) {
    let document = OidcDocument {
        provisioning: wardkey::federation::Provisioning::default(),
        provider: json!({ "issuer": issuer, "client_id": "wardkey", "authentication": "none" })
            .as_object()
            .cloned()
            .unwrap(),
        mapping: MappingRules::default(),
        offer: Offer::default(),
    };
    let admin = tenant.admin().await;
    admin
        .save_oidc_provider("hospital", "Hospital account", &document, None)
        .await
        .unwrap();
}

/// Chooses the provider.
async fn go(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> Page {
    let chooser = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let step = format!("{}/sign-in/hospital", chooser.url.path());
    browser.goto(&step).await
}

/// A provider that can be told to fail, and counts who asks.
struct Moody {
    base: String,
    works: Arc<Mutex<bool>>,
    asked: Arc<AtomicUsize>,
    _served: Served,
}

impl Moody {
    async fn start() -> Self {
        let port = Port::take().await;
        let base = port.base().to_owned();
        let (works, asked) = (Arc::new(Mutex::new(false)), Arc::new(AtomicUsize::new(0)));
        let answer = |body: String| {
            let (works, asked) = (works.clone(), asked.clone());
            get(move || {
                asked.fetch_add(1, Ordering::Relaxed);
                let works = *works.lock().unwrap();
                async move {
                    if works {
                        body.into_response()
                    } else {
                        StatusCode::SERVICE_UNAVAILABLE.into_response()
                    }
                }
            })
        };
        let document = json!({
            "issuer": base, "authorization_endpoint": "https://idp.hospital.example/authorize",
            "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/jwks"),
        });
        let keys = json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }] });
        let router = Router::new()
            .route("/.well-known/openid-configuration", answer(document.to_string()))
            .route("/jwks", answer(keys.to_string()));
        Self {
            base,
            works,
            asked,
            _served: port.serve(router),
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn while_one_tenants_provider_hangs_under_load_others_sign_in() {
    // Nobody waits for this: it ends when the provider hangs up.
    let app = TestApp::with_patience(Duration::from_hours(1)).await;
    let (north, lake) = (app.tenant("northside").await, app.tenant("lakeside").await);
    // Connections are taken, and nothing is ever answered.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    connect(&north, &format!("http://{}", listener.local_addr().unwrap())).await;
    let mut browsers = Vec::new();
    for _ in 0..40 {
        let mut browser = app.browser();
        let chooser = browser.goto(&north.authorization_request(SCOPE).address()).await;
        browsers.push((browser, format!("{}/sign-in/hospital", chooser.url.path())));
    }
    let waiting: Vec<_> = browsers
        .into_iter()
        .map(|(mut browser, step)| tokio::spawn(async move { browser.goto(&step).await.response.status }))
        .collect();
    let (held, _) = listener.accept().await.unwrap();
    for _ in 0..3 {
        lake.tokens(SCOPE, "pat").await;
        // So do users of the same tenant who sign in another way.
        let elsewhere = north.authorization_request(SCOPE).with("idp_hint", STAFF);
        north.code_for(&elsewhere, "pat").await;
    }
    assert!(
        waiting.iter().all(|browser| !browser.is_finished()),
        "they wait for the provider"
    );
    drop((held, listener));
    for browser in waiting {
        assert_eq!(browser.await.unwrap(), 502);
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_left_alone_and_taken_up_again_by_one_request() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Moody::start().await;
    connect(&tenant, &provider.base).await;
    // A failure is answered from memory for some seconds: each of these asks anew.
    for _ in 0..5 {
        assert_eq!(go(&tenant, &mut app.browser()).await.response.status, 502);
        app.wait(Duration::from_secs(6));
    }
    let asked = provider.asked();
    assert_eq!(asked, 5);
    for _ in 0..3 {
        assert_eq!(go(&tenant, &mut app.browser()).await.response.status, 502);
        app.wait(Duration::from_secs(6));
    }
    assert_eq!(provider.asked(), asked, "it is left alone");
    let admin = tenant.admin().await;
    let found = admin.get_identity_provider("hospital").await.unwrap();
    let report = admin
        .check_identity_provider(app.app.federation(), &found.alias)
        .await
        .unwrap();
    let reachability = report
        .items
        .iter()
        .find(|item| item.check == CheckSubject::Reachability)
        .unwrap();
    assert_eq!(
        reachability.outcome,
        CheckOutcome::Failed,
        "the check asks all the same: {report:?}"
    );
    app.wait(Duration::from_secs(30));
    // Still down: the one request that tries finds out for all.
    let asked = provider.asked();
    assert_eq!(go(&tenant, &mut app.browser()).await.response.status, 502);
    assert_eq!(provider.asked(), asked + 1);
    app.wait(Duration::from_secs(31));
    *provider.works.lock().unwrap() = true;
    let sent = go(&tenant, &mut app.browser()).await;
    assert_eq!(sent.url.host_str(), Some("idp.hospital.example"), "{sent}");
}

#[tokio::test]
async fn the_same_provider_at_two_tenants_fails_separately() {
    let app = TestApp::new().await;
    let (north, lake) = (app.tenant("northside").await, app.tenant("lakeside").await);
    let provider = Moody::start().await;
    connect(&north, &provider.base).await;
    for _ in 0..6 {
        go(&north, &mut app.browser()).await;
        app.wait(Duration::from_secs(6));
    }
    // At the other tenant the same provider is asked as if nothing had happened.
    *provider.works.lock().unwrap() = true;
    connect(&lake, &provider.base).await;
    assert_eq!(go(&north, &mut app.browser()).await.response.status, 502);
    let sent = go(&lake, &mut app.browser()).await;
    assert_eq!(sent.url.host_str(), Some("idp.hospital.example"), "{sent}");
}

#[tokio::test]
async fn the_user_learns_what_to_do_and_the_administrator_why() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let provider = Moody::start().await;
    connect(&tenant, &provider.base).await;
    let mut browser = app.browser();
    let page = go(&tenant, &mut browser).await;
    let text = page.response.text().to_owned();
    assert!(
        text.contains("does not answer") && text.contains("provider-unreachable"),
        "{text}"
    );
    assert!(
        text.contains("Try again") && text.contains(&format!("/sign-in/{STAFF}\"")),
        "{text}"
    );
    assert!(
        !text.contains("127.0.0.1") && !text.contains("discovery"),
        "nothing of the provider's: {text}"
    );
    // The other way leads on.
    let step = page.url.path().replace("/hospital", &format!("/{STAFF}"));
    assert!(browser.goto(&step).await.response.text().contains("name=\"password\""));
    let filter = EventFilter {
        event: Some("sign_in.refused"),
        ..EventFilter::default()
    };
    let events = tenant.admin().await.list_events(&filter, 10).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].outcome.as_str(), events[0].detail.as_deref()),
        ("discovery", Some("hospital"))
    );
}

/// Every way in which the true provider can fail.
const FAULTS: [&str; 6] = ["500", "close", "garbage", "redirect", "hang", "drip"];

/// The provider is another process, whose clock goes on while this test runs.
fn keep_pace(app: &TestApp) {
    app.wait(Clock::now(&SystemClock).since(app.now()));
}

/// Sends a browser on its way while `provider` fails at `path` in the way `how`. While it waits, users of the other tenant sign in.
/// Returns where it ends.
async fn while_it_fails(
    (provider, path, how): (&OidcProvider, &str, &str),
    other: &TestTenant<'_>,
    onward: impl Future<Output = Page> + Send + 'static,
) -> Page {
    provider.forget_requests().await;
    provider.disturb(path, how).await;
    let onward = tokio::spawn(onward);
    while provider.count_requests(path).await == 0 {
        tokio::task::yield_now().await;
    }
    if matches!(how, "hang" | "drip") {
        keep_pace(other.app);
        upstream_oidc::signed_in(other, &mut other.app.browser(), "morgan").await;
        assert!(!onward.is_finished(), "{path} {how}: it waits");
    }
    // What hangs is hung up now.
    provider.calm().await;
    onward.await.unwrap()
}

#[tokio::test]
async fn a_true_provider_that_fails_in_any_way_costs_its_own_tenant_a_page_and_others_nothing() {
    let (Some(sick), Some(well)) = (upstream_oidc::provider(), upstream_oidc::provider()) else {
        return;
    };
    let app = TestApp::with_patience(Duration::from_hours(1)).await;
    let lake = upstream_oidc::connect(&app, "lakeside", &well).await;
    let refused = |page: &Page, path: &str, how: &str| {
        assert_eq!(page.response.status, 502, "{path} {how}: {page}");
        let text = page.response.text();
        assert!(
            text.contains("provider-") && text.contains("Try again"),
            "{path} {how}: {text}"
        );
        assert!(!text.contains("127.0.0.1"), "nothing of the provider's: {text}");
    };
    // Before anything is known of the provider.
    for (number, path) in ["/.well-known/openid-configuration", "/jwks"].into_iter().enumerate() {
        for (index, how) in FAULTS.into_iter().enumerate() {
            let north = upstream_oidc::connect(&app, &format!("north-{number}-{index}"), &sick).await;
            let mut browser = app.browser();
            let chooser = browser
                .goto(&north.authorization_request(upstream_oidc::SCOPE).address())
                .await;
            let step = format!("{}/sign-in/hospital", chooser.url.path());
            let onward = async move { browser.goto(&step).await };
            let page = while_it_fails((&sick, path, how), &lake, onward).await;
            refused(&page, path, how);
        }
    }
    // In the middle of a sign-in.
    let north = upstream_oidc::connect(&app, "northside", &sick).await;
    for path in ["/token", "/me"] {
        for how in FAULTS {
            keep_pace(&app);
            let mut browser = app.browser();
            let page = upstream_oidc::go_upstream(&north, &mut browser, upstream_oidc::SCOPE).await;
            let onward = async move { upstream_oidc::sign_in(&mut browser, &page, "morgan").await };
            let page = while_it_fails((&sick, path, how), &lake, onward).await;
            refused(&page, path, how);
            // As soon as it works, so do sign-ins.
            keep_pace(&app);
            upstream_oidc::signed_in(&north, &mut app.browser(), "morgan").await;
        }
    }
}
