//! Devices without a browser of their own (RFC 8628): the request, the user's answer, and polling.

use crate::support::app::{CONFIDENTIAL, PASSWORD, SECRET, TestApp, TestTenant, claims};
use crate::support::database::on_each_database;
use crate::support::dpop::DpopKey;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use crate::support::http_browser::{HttpBrowser, Page};
use axum::http::Request;
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const DEVICE: &str = "ward-display";
const SCOPE: &str = "openid launch/patient patient/*.rs offline_access";

/// A tenant with an app on a device.
async fn hospital<'a>(app: &'a TestApp, slug: &str) -> TestTenant<'a> {
    let tenant = app.tenant(slug).await;
    let members = json!({
        "token_endpoint_auth_method": "none", "client_name": "Ward Display", "redirect_uris": [],
        "grant_types": [GRANT, "refresh_token"], "response_types": [],
    });
    tenant.client(DEVICE, members).await;
    tenant
}

async fn ask(tenant: &TestTenant<'_>, form: &[(&str, &str)]) -> Response {
    let request = Request::post(tenant.path("device_authorization")).form(form);
    tenant.app.router.send(request).await
}

async fn begin(tenant: &TestTenant<'_>) -> Value {
    let fhir = tenant.fhir();
    let form = [("client_id", DEVICE), ("scope", SCOPE), ("aud", fhir.as_str())];
    ask(tenant, &form).await.assert_status(200).json()
}

async fn poll(tenant: &TestTenant<'_>, started: &Value) -> Response {
    let form = [
        ("grant_type", GRANT),
        ("device_code", text(started, "device_code")),
        ("client_id", DEVICE),
    ];
    tenant.token(&form).await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// The user's browser, after the code was entered.
async fn enter(tenant: &TestTenant<'_>, code: &str) -> (HttpBrowser, Page) {
    let mut browser = tenant.app.browser();
    let page = browser.goto(&tenant.path("device")).await;
    let page = browser.submit(&page, &page.form().with("user_code", code)).await;
    (browser, page)
}

/// The user's way from the code to the answer.
async fn answer(tenant: &TestTenant<'_>, started: &Value, decision: &str) -> Page {
    let (mut browser, page) = enter(tenant, text(started, "user_code")).await;
    let page = browser.submit(&page, &page.form().with("decision", "continue")).await;
    let form = page.form().with("username", "pat").with("password", PASSWORD);
    let page = browser.submit(&page, &form).await;
    browser.submit(&page, &page.form().with("decision", decision)).await
}

#[tokio::test]
async fn a_device_gets_tokens_once_its_user_allowed_it() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let started = begin(&tenant).await;
    assert_eq!(started["interval"], 5);
    assert_eq!(started["expires_in"], 600);
    assert_eq!(
        text(&started, "verification_uri"),
        format!("{}/device", tenant.issuer())
    );
    poll(&tenant, &started).await.assert_error(400, "authorization_pending");
    let page = answer(&tenant, &started, "allow").await;
    assert!(page.response.text().contains("Your device is connected"), "{page}");
    app.wait(Duration::from_secs(5));
    let tokens = poll(&tenant, &started).await.assert_status(200).json();
    assert_eq!(tokens["patient"], "pat-1");
    assert!(tokens["id_token"].is_string() && tokens["refresh_token"].is_string());
    let token = claims(text(&tokens, "access_token"));
    assert_eq!(token["client_id"], DEVICE);
    assert_eq!(token["aud"], tenant.fhir());
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
        ("client_id", DEVICE),
    ];
    tenant.token(&form).await.assert_status(200);
}

#[tokio::test]
async fn a_refusal_reaches_the_device() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let started = begin(&tenant).await;
    let page = answer(&tenant, &started, "deny").await;
    assert!(page.response.text().contains("was not connected"), "{page}");
    poll(&tenant, &started).await.assert_error(400, "access_denied");
    // Whoever sees the code too late finds it worth nothing.
    let (_, page) = enter(&tenant, text(&started, "user_code")).await;
    assert_eq!(page.response.status, 400, "{page}");
}

#[tokio::test]
async fn somebody_elses_device_is_refused_before_anybody_signs_in() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let started = begin(&tenant).await;
    let (mut browser, page) = enter(&tenant, text(&started, "user_code")).await;
    let page = browser.submit(&page, &page.form().with("decision", "refuse")).await;
    assert!(page.response.text().contains("was not connected"), "{page}");
    poll(&tenant, &started).await.assert_error(400, "access_denied");
}

#[tokio::test]
async fn a_link_only_fills_in_the_code() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let started = begin(&tenant).await;
    let complete = text(&started, "verification_uri_complete");
    let mut browser = app.browser();
    let page = browser.goto(complete).await;
    assert_eq!(page.form().find("user_code"), Some(text(&started, "user_code")));
    let page = browser.submit(&page, &page.form()).await;
    // RFC 8628 section 5.4: app and code are shown to be compared, also with the link.
    for shown in ["Ward Display", text(&started, "user_code"), "in front of you"] {
        assert!(page.response.text().contains(shown), "{shown}: {page}");
    }
    poll(&tenant, &started).await.assert_error(400, "authorization_pending");
}

#[tokio::test]
async fn consent_is_asked_whatever_was_answered_before() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    answer(&tenant, &begin(&tenant).await, "allow").await;
    let second = begin(&tenant).await;
    let (mut browser, page) = enter(&tenant, text(&second, "user_code")).await;
    let page = browser.submit(&page, &page.form().with("decision", "continue")).await;
    let form = page.form().with("username", "pat").with("password", PASSWORD);
    let page = browser.submit(&page, &form).await;
    assert!(page.response.text().contains("value=\"allow\""), "{page}");
}

#[tokio::test]
async fn a_code_is_typed_in_any_case_and_with_any_punctuation() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let started = begin(&tenant).await;
    let code = text(&started, "user_code");
    for typed in [code.to_lowercase(), code.replace('-', ""), code.replace('-', " . ")] {
        let (_, page) = enter(&tenant, &typed).await;
        assert!(page.response.text().contains("Is this your device?"), "{typed}: {page}");
    }
}

#[tokio::test]
async fn a_form_of_another_browser_decides_nothing() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let started = begin(&tenant).await;
    let (_, page) = enter(&tenant, text(&started, "user_code")).await;
    let mut other = app.browser();
    other.goto(&tenant.path("device")).await;
    let refused = other.submit(&page, &page.form().with("decision", "refuse")).await;
    assert_eq!(refused.response.status, 403, "{refused}");
    poll(&tenant, &started).await.assert_error(400, "authorization_pending");
}

#[tokio::test]
async fn a_code_ends_after_its_time() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let started = begin(&tenant).await;
    app.wait(Duration::from_secs(601));
    poll(&tenant, &started).await.assert_error(400, "expired_token");
    let (_, page) = enter(&tenant, text(&started, "user_code")).await;
    assert_eq!(page.response.status, 400);
}

#[tokio::test]
async fn a_code_is_for_its_client_alone() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let members = json!({ "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": [],
        "grant_types": [GRANT], "response_types": [] });
    tenant.client(CONFIDENTIAL, members).await;
    let started = begin(&tenant).await;
    let form = [("grant_type", GRANT), ("device_code", text(&started, "device_code"))];
    let refused = tenant.token_with_basic(CONFIDENTIAL, SECRET, &form).await;
    refused.assert_error(400, "invalid_grant");
    // A confidential device has to prove itself.
    let form = [("client_id", CONFIDENTIAL), ("scope", "openid")];
    ask(&tenant, &form).await.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn tokens_are_bound_to_the_key_that_the_device_proves() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let started = begin(&tenant).await;
    answer(&tenant, &started, "allow").await;
    let key = DpopKey::new();
    let proof = key.proof("POST", &format!("{}/token", tenant.issuer()), app.now());
    let form = [
        ("grant_type", GRANT),
        ("device_code", text(&started, "device_code")),
        ("client_id", DEVICE),
    ];
    let request = Request::post(tenant.path("token")).header("DPoP", proof).form(&form);
    let tokens = app.router.send(request).await.assert_status(200).json();
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(claims(text(&tokens, "access_token"))["cnf"]["jkt"], key.thumbprint());
}

#[tokio::test]
async fn requests_that_cannot_be_granted_are_refused_at_once() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let fhir = tenant.fhir();
    for (form, error) in [
        (vec![("client_id", DEVICE)], "invalid_scope"),
        (
            vec![("client_id", DEVICE), ("scope", "patient/*.rs")],
            "invalid_request",
        ),
        (
            vec![
                ("client_id", DEVICE),
                ("scope", "patient/*.rs"),
                ("aud", "https://elsewhere.test/fhir"),
            ],
            "invalid_request",
        ),
        (
            vec![
                ("client_id", DEVICE),
                ("scope", "launch patient/*.rs"),
                ("aud", fhir.as_str()),
            ],
            "invalid_request",
        ),
        (
            vec![("client_id", "growth-chart"), ("scope", "openid")],
            "unauthorized_client",
        ),
    ] {
        ask(&tenant, &form).await.assert_error(400, error);
    }
}

#[tokio::test]
async fn an_app_cannot_register_itself_for_this_grant() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let open = [("registration.policy".to_owned(), "open".to_owned())];
    app.platform.set_settings("northside", &open).await.unwrap();
    let metadata = json!({ "grant_types": [GRANT], "response_types": [], "token_endpoint_auth_method": "none" });
    let request = Request::post(tenant.path("register")).json(&metadata);
    let refused = app
        .router
        .send(request)
        .await
        .assert_error(400, "invalid_client_metadata");
    assert!(refused.text().contains("administrator"), "{refused}");
}

#[tokio::test]
async fn a_tenant_that_switched_it_off_neither_offers_nor_answers() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let metadata = async || {
        tenant
            .get(&tenant.path(".well-known/openid-configuration"))
            .await
            .json()
    };
    let offered = metadata().await;
    assert_eq!(
        offered["device_authorization_endpoint"],
        format!("{}/device_authorization", tenant.issuer())
    );
    assert!(
        offered["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&json!(GRANT))
    );
    let off = [("device_authorization".to_owned(), "false".to_owned())];
    app.platform.set_settings("northside", &off).await.unwrap();
    let offered = metadata().await;
    assert!(offered.get("device_authorization_endpoint").is_none());
    assert!(
        !offered["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&json!(GRANT))
    );
    ask(&tenant, &[("client_id", DEVICE), ("scope", "openid")])
        .await
        .assert_status(404);
    tenant.get(&tenant.path("device")).await.assert_status(404);
}

on_each_database! {
    async fn a_device_that_polls_too_often_is_told_to_slow_down_and_then_has_to(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = hospital(&app, "northside").await;
        let started = begin(&tenant).await;
        poll(&tenant, &started).await.assert_error(400, "authorization_pending");
        app.wait(Duration::from_secs(3));
        poll(&tenant, &started).await.assert_error(400, "slow_down");
        // RFC 8628 section 3.5: five seconds longer, for this and all further requests.
        app.wait(Duration::from_secs(6));
        poll(&tenant, &started).await.assert_error(400, "slow_down");
        app.wait(Duration::from_secs(15));
        poll(&tenant, &started).await.assert_error(400, "authorization_pending");
    }

    async fn of_many_polls_at_once_one_gets_the_tokens(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = hospital(&app, "northside").await;
        let started = begin(&tenant).await;
        answer(&tenant, &started, "allow").await;
        let answers = join_all((0..32).map(|_| poll(&tenant, &started))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        for answer in answers.into_iter().filter(|answer| answer.status != 200) {
            answer.assert_error(400, "invalid_grant");
        }
    }

    async fn of_many_polls_at_once_all_but_one_are_too_soon(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = hospital(&app, "northside").await;
        let started = begin(&tenant).await;
        let answers = join_all((0..16).map(|_| poll(&tenant, &started))).await;
        let pending = answers.iter().filter(|answer| answer.json()["error"] == "authorization_pending");
        assert_eq!(pending.count(), 1);
    }

    async fn the_eleventh_guess_at_a_code_is_not_looked_at_on_any_node(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = hospital(&app, "northside").await;
        let started = begin(&tenant).await;
        let other_node = app.another_node().await;
        let guess = async |router: &axum::Router, code: &str| {
            let mut browser = HttpBrowser::new(&app.base, router.clone());
            let page = browser.goto(&tenant.path("device")).await;
            browser.submit(&page, &page.form().with("user_code", code)).await.response
        };
        for n in 0..10 {
            let router = if n % 2 == 0 { &app.router } else { &other_node };
            guess(router, "BBBB-BBBB").await.assert_status(400);
        }
        for router in [&app.router, &other_node] {
            let refused = guess(router, text(&started, "user_code")).await.assert_status(429);
            assert_eq!(refused.header("retry-after"), Some("60"));
        }
        app.wait(Duration::from_mins(1));
        guess(&other_node, text(&started, "user_code")).await.assert_status(200);
    }
}
