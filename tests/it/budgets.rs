//! Budgets: what one address, client, account or tenant may ask for in a time.

use crate::support::app::{CONFIDENTIAL, PASSWORD, PUBLIC, REDIRECT_URI, SECRET, STAFF, TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use crate::support::http_browser::{HttpBrowser, Page};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;
use wardkey::web::{PeerAddress, TrustedProxies};

const SCOPE: &str = "openid launch/patient patient/*.rs";

async fn set(tenant: &TestTenant<'_>, settings: &[(&str, &str)]) {
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    tenant.app.platform.set_settings(&tenant.slug, &settings).await.unwrap();
}

fn from(address: &str, mut request: Request<Body>) -> Request<Body> {
    let address = std::net::SocketAddr::new(address.parse().unwrap(), 40_000);
    request.extensions_mut().insert(PeerAddress(address));
    request
}

fn token_request(tenant: &TestTenant<'_>) -> Request<Body> {
    Request::post(tenant.path("token")).form(&[("grant_type", "refresh_token"), ("client_id", PUBLIC)])
}

/// The answers of the token endpoint to so many requests from one address.
async fn ask(tenant: &TestTenant<'_>, address: &str, times: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..times {
        let answer = tenant.app.router.send(from(address, token_request(tenant))).await;
        statuses.push(answer.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn a_flood_from_one_address_is_answered_429_with_the_time_to_wait() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    set(&tenant, &[("budgets.token_per_address.requests", "3")]).await;
    assert_eq!(ask(&tenant, "192.0.2.1", 4).await, [400, 400, 400, 429]);
    let answer = app.router.send(from("192.0.2.1", token_request(&tenant))).await;
    let answer = answer.assert_error(429, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("20"));
    // Others are served, and so is this address after the wait.
    assert_eq!(ask(&tenant, "192.0.2.2", 1).await, [400]);
    app.wait(Duration::from_secs(20));
    assert_eq!(ask(&tenant, "192.0.2.1", 2).await, [400, 429]);
}

#[tokio::test]
async fn the_admin_api_answers_a_flood_with_a_problem_before_it_looks_at_a_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    set(&tenant, &[("budgets.admin_per_address.requests", "2")]).await;
    let request = || from("192.0.2.1", Request::get("/api/v1/tenants/northside/apps").empty());
    for _ in 0..2 {
        assert_eq!(app.router.send(request()).await.status, 401);
    }
    let answer = app.router.send(request()).await;
    assert_eq!(answer.status, 429, "{answer}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("retry-after"), Some("30"));
    assert_eq!(answer.json()["code"], "too_many_requests");
    let elsewhere = from("192.0.2.2", Request::get("/api/v1/tenants/northside/apps").empty());
    assert_eq!(app.router.send(elsewhere).await.status, 401);
}

#[tokio::test]
async fn one_tenants_flood_leaves_another_tenant_alone() {
    let app = TestApp::new().await;
    let (flooded, quiet) = (app.tenant("northside").await, app.tenant("southside").await);
    set(&flooded, &[("budgets.token_per_tenant.requests", "5")]).await;
    let statuses = ask(&flooded, "192.0.2.1", 200).await;
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 195);
    assert_eq!(ask(&quiet, "192.0.2.1", 5).await, [400; 5]);
    let tokens = quiet.tokens(SCOPE, "pat").await;
    assert!(tokens["access_token"].is_string());
}

#[tokio::test]
async fn people_get_a_page_in_their_language() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    set(&tenant, &[("budgets.authorize_per_address.requests", "1")]).await;
    let request = || {
        let request = Request::get(tenant.authorization_request(SCOPE).address()).header("accept-language", "es");
        from("192.0.2.1", request.empty())
    };
    app.router.send(request()).await.assert_status(303);
    let page = app.router.send(request()).await.assert_status(429);
    assert_eq!(page.header("retry-after"), Some("60"));
    assert!(page.text().contains("Demasiados intentos"), "{page}");
}

#[tokio::test]
async fn what_a_client_proved_it_alone_can_spend() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    set(&tenant, &[("budgets.requests_per_client.requests", "2")]).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let by_client = |secret: &'static str| tenant.token_with_basic(CONFIDENTIAL, secret, &form);
    for _ in 0..5 {
        by_client("wrong").await.assert_error(401, "invalid_client");
    }
    by_client(SECRET).await.assert_error(400, "invalid_grant");
    by_client(SECRET).await.assert_error(400, "invalid_grant");
    by_client(SECRET).await.assert_error(429, "temporarily_unavailable");
    // A public client's id is anybody's to send.
    assert_eq!(ask(&tenant, "192.0.2.1", 5).await, [400; 5]);
}

#[tokio::test]
async fn an_app_in_a_browser_can_read_that_it_has_to_wait() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    set(&tenant, &[("budgets.token_per_tenant.requests", "1")]).await;
    ask(&tenant, "192.0.2.1", 1).await;
    let mut request = from("192.0.2.1", token_request(&tenant));
    let origin = REDIRECT_URI.trim_end_matches("/callback");
    request.headers_mut().insert("origin", origin.parse().unwrap());
    let answer = app.router.send(request).await.assert_status(429);
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    assert!(
        answer
            .header("access-control-expose-headers")
            .unwrap()
            .contains("Retry-After")
    );
}

#[tokio::test]
async fn only_a_proxy_of_ours_says_where_a_request_comes_from() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    set(&tenant, &[("budgets.token_per_address.requests", "1")]).await;
    let through = |router: Router, client: &'static str| {
        let mut request = from("10.0.0.7", token_request(&tenant));
        request.headers_mut().insert("x-forwarded-for", client.parse().unwrap());
        async move { router.send(request).await.status.as_u16() }
    };
    // Nobody's word counts: all three are the peer.
    let stranger = app.router.clone();
    assert_eq!(through(stranger.clone(), "198.51.100.1").await, 400);
    assert_eq!(through(stranger, "198.51.100.2").await, 429);
    let proxies = TrustedProxies::new(["10.0.0.0/8".parse().unwrap()]);
    let behind = app.app.clone().behind(proxies).router();
    assert_eq!(through(behind.clone(), "198.51.100.1").await, 400);
    assert_eq!(through(behind.clone(), "198.51.100.2").await, 400);
    assert_eq!(through(behind, "203.0.113.5, 198.51.100.2").await, 429);
}

/// A browser at the password form.
async fn at_the_form(tenant: &TestTenant<'_>, router: &Router) -> (HttpBrowser, Page) {
    let mut browser = HttpBrowser::new(&tenant.app.base, router.clone());
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    (browser, page)
}

async fn guess(tenant: &TestTenant<'_>, router: &Router, username: &str, password: &str) -> Response {
    let (mut browser, page) = at_the_form(tenant, router).await;
    let form = page.form().with("username", username).with("password", password);
    browser.submit(&page, &form).await.response
}

on_each_database! {
    async fn guessing_an_accounts_password_is_slowed_down_on_all_nodes_together(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        set(&tenant, &[("budgets.sign_in_per_account_and_address.requests", "4")]).await;
        let other_node = app.another_node().await;
        for router in [&app.router, &other_node, &app.router, &other_node] {
            assert_eq!(guess(&tenant, router, "pat", "wrong").await.status, 400);
        }
        for router in [&app.router, &other_node] {
            let refused = guess(&tenant, router, "PAT", PASSWORD).await.assert_status(429);
            assert_eq!(refused.header("retry-after"), Some("150"));
            assert!(refused.text().contains("too many attempts"), "{refused}");
        }
        // Nobody else is slowed down, and nobody is shut out for good.
        guess(&tenant, &app.router, "ada", PASSWORD).await.assert_status(200);
        app.wait(Duration::from_secs(150));
        guess(&tenant, &other_node, "pat", PASSWORD).await.assert_status(200);
    }

    async fn many_guesses_at_once_do_not_get_more_than_their_number(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let mut browsers = Vec::new();
        for _ in 0..24 {
            browsers.push(at_the_form(&tenant, &app.router).await);
        }
        let guesses = browsers.iter_mut().map(|(browser, page)| async move {
            let form = page.form().with("username", "pat").with("password", "wrong");
            browser.submit(page, &form).await.response.status.as_u16()
        });
        let statuses = join_all(guesses).await;
        let checked = statuses.iter().filter(|status| **status == 400).count();
        // A check that found the pool of password checks full was given back.
        let busy = statuses.iter().filter(|status| **status == 503).count();
        assert!(checked <= 10 && checked + busy >= 10, "{statuses:?}");
    }

    async fn a_right_password_is_not_counted(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        set(&tenant, &[("budgets.sign_in_per_account_and_address.requests", "2")]).await;
        for _ in 0..5 {
            guess(&tenant, &app.router, "pat", PASSWORD).await.assert_status(200);
        }
    }

    async fn apps_that_register_themselves_are_bounded_in_number(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        set(&tenant, &[("registration.policy", "open"), ("budgets.registration_per_address.requests", "2")]).await;
        let register = |address: &'static str| {
            let metadata = json!({ "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" });
            app.router.send(from(address, Request::post(tenant.path("register")).json(&metadata)))
        };
        register("192.0.2.1").await.assert_status(201);
        register("192.0.2.1").await.assert_status(201);
        let refused = register("192.0.2.1").await.assert_error(429, "temporarily_unavailable");
        assert_eq!(refused.header("retry-after"), Some("1800"));
        register("192.0.2.2").await.assert_status(201);
    }
}

#[tokio::test]
async fn an_unknown_account_is_slowed_down_like_a_known_one() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    set(&tenant, &[("budgets.sign_in_per_account_and_address.requests", "2")]).await;
    for username in ["pat", "nobody"] {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(guess(&tenant, &app.router, username, "wrong").await.status.as_u16());
        }
        assert_eq!(statuses, [400, 400, 429], "{username} at {STAFF}");
    }
}

#[tokio::test]
async fn a_budget_of_nothing_is_refused_in_settings() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let zero = [("budgets.token_per_tenant.requests".to_owned(), "0".to_owned())];
    let error = app.platform.set_settings("northside", &zero).await.unwrap_err();
    assert!(error.to_string().contains("token_per_tenant"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_too_long_is_refused_before_anything_reads_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let address = format!("{}?x={}", tenant.path("jwks"), "a".repeat(20_000));
    tenant.get(&address).await.assert_status(414);
}
