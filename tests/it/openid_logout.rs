//! Logout that an app asks for, and telling the others: OpenID Connect RP-Initiated Logout, Back-Channel Logout and Front-Channel
//! Logout. Tests that stand for a module of the OpenID Foundation's suite bear its name.

use crate::support::app::{
    CONFIDENTIAL, PUBLIC, REDIRECT_URI, SECRET, TestApp, TestTenant, VERIFIER, claims, jose_header,
};
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::Served;
use axum::Router;
use axum::extract::{Form, State};
use axum::http::{Request, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wardkey::session::backchannel_logout;

const SCOPE: &str = "openid launch/patient patient/*.rs offline_access";
const AFTER: &str = "https://app.test/post_logout_redirect";

/// A tenant whose app may come back after a logout.
async fn tenant<'a>(app: &'a TestApp, slug: &str) -> TestTenant<'a> {
    let tenant = app.tenant(slug).await;
    let members = json!({ "token_endpoint_auth_method": "none", "post_logout_redirect_uris": [AFTER] });
    tenant.client(PUBLIC, members).await;
    tenant
}

/// Signs `pat` in with `browser` and returns the tokens of the app.
async fn signed_in(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> Value {
    let page = tenant
        .authorize(browser, &tenant.authorization_request(SCOPE), "pat")
        .await;
    let code = page.parameter("code").unwrap_or_else(|| panic!("no code at {page}"));
    tenant.redeem(&code).await.assert_status(200).json()
}

fn id_token(tokens: &Value) -> &str {
    tokens["id_token"].as_str().unwrap()
}

/// Opens the logout endpoint with these parameters.
async fn logout(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, parameters: &[(&str, &str)]) -> Page {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    browser.goto(&format!("{}?{query}", tenant.path("logout"))).await
}

/// Whether the browser still has a session: asked as an app would.
async fn is_signed_in(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> bool {
    let silent = tenant.authorization_request(SCOPE).with("prompt", "none");
    let page = browser.goto(&silent.address()).await;
    page.parameter("error").as_deref() != Some("login_required")
}

fn stayed_here(page: &Page) {
    assert!(page.url.as_str().starts_with("https://auth.test"), "{page}");
}

#[tokio::test]
async fn oidcc_rp_initiated_logout() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser).await;
    let state = "s".repeat(128);
    let page = logout(
        &tenant,
        &mut browser,
        &[
            ("id_token_hint", id_token(&tokens)),
            ("post_logout_redirect_uri", AFTER),
            ("state", &state),
        ],
    )
    .await;
    assert_eq!(page.url.as_str(), format!("{AFTER}?state={state}"));
    assert!(!is_signed_in(&tenant, &mut browser).await);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_state() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser).await;
    let parameters = [
        ("id_token_hint", id_token(&tokens)),
        ("post_logout_redirect_uri", AFTER),
    ];
    assert_eq!(logout(&tenant, &mut browser, &parameters).await.url.as_str(), AFTER);
    assert!(!is_signed_in(&tenant, &mut browser).await);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_post_logout_redirect_uri() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser).await;
    let page = logout(
        &tenant,
        &mut browser,
        &[("id_token_hint", id_token(&tokens)), ("state", "s")],
    )
    .await;
    stayed_here(&page);
    assert!(page.response.text().contains("You are signed out"), "{page}");
    assert!(!is_signed_in(&tenant, &mut browser).await);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_post_logout_redirect_uri() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    for bad in [
        "https://app.test/other",
        "https://app.test/post_logout_redirect?foo=bar",
        "https://app.test/post_logout_redirect/",
        "https://APP.test/post_logout_redirect",
        "https://evil.test/",
        REDIRECT_URI,
        "javascript:alert(1)",
    ] {
        let mut browser = app.browser();
        let tokens = signed_in(&tenant, &mut browser).await;
        let parameters = [
            ("id_token_hint", id_token(&tokens)),
            ("post_logout_redirect_uri", bad),
            ("state", "s"),
        ];
        let page = logout(&tenant, &mut browser, &parameters).await;
        stayed_here(&page);
        assert!(!page.response.text().contains(bad), "{page}");
    }
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_modified_id_token_hint() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser).await;
    let payload = id_token(&tokens).split('.').nth(1).unwrap();
    let unsigned = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
    for hint in [unsigned.as_str(), "nonsense", tokens["access_token"].as_str().unwrap()] {
        let parameters = [
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", AFTER),
            ("client_id", PUBLIC),
        ];
        let page = logout(&tenant, &mut browser, &parameters).await;
        stayed_here(&page);
        assert!(page.response.text().contains("Sign out?"), "{page}");
        let page = browser.submit(&page, &page.form()).await;
        stayed_here(&page);
        assert!(!page.response.text().contains(AFTER), "{page}");
        signed_in(&tenant, &mut browser).await;
    }
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_params() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    signed_in(&tenant, &mut browser).await;
    for parameters in [vec![], vec![("state", "s")]] {
        let page = logout(&tenant, &mut browser, &parameters).await;
        stayed_here(&page);
        assert!(is_signed_in(&tenant, &mut browser).await, "nobody agreed yet");
        let page = browser.submit(&page, &page.form()).await;
        stayed_here(&page);
        assert!(page.response.text().contains("You are signed out"), "{page}");
        assert!(!is_signed_in(&tenant, &mut browser).await);
        signed_in(&tenant, &mut browser).await;
    }
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_id_token_hint() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    signed_in(&tenant, &mut browser).await;
    let page = logout(
        &tenant,
        &mut browser,
        &[("post_logout_redirect_uri", AFTER), ("state", "s")],
    )
    .await;
    stayed_here(&page);
    let page = browser.submit(&page, &page.form()).await;
    stayed_here(&page);
    // Nobody is signed in now: still nobody said which app this is.
    stayed_here(&logout(&tenant, &mut browser, &[("post_logout_redirect_uri", AFTER)]).await);
}

#[tokio::test]
async fn an_app_that_only_names_itself_gets_the_browser_back_when_the_user_agrees() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    signed_in(&tenant, &mut browser).await;
    let parameters = [
        ("client_id", PUBLIC),
        ("post_logout_redirect_uri", AFTER),
        ("state", "s"),
    ];
    let page = logout(&tenant, &mut browser, &parameters).await;
    stayed_here(&page);
    let page = browser.submit(&page, &page.form()).await;
    assert_eq!(page.url.as_str(), format!("{AFTER}?state=s"));
    // With nobody signed in it is a link, not a redirect: nobody agreed to go anywhere.
    stayed_here(&logout(&tenant, &mut browser, &parameters).await);
}

#[tokio::test]
async fn the_confirmation_cannot_be_forged() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    signed_in(&tenant, &mut browser).await;
    let page = logout(&tenant, &mut browser, &[]).await;
    let forged = page.form().with("csrf", "forged");
    let refused = browser.submit(&page, &forged).await;
    refused.response.clone().assert_status(403);
    assert!(is_signed_in(&tenant, &mut browser).await);
}

#[tokio::test]
async fn a_hint_of_another_user_does_not_end_this_users_session() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let (mut pats, mut adas) = (app.browser(), app.browser());
    let tokens = signed_in(&tenant, &mut pats).await;
    let request = tenant.authorization_request("openid");
    tenant.authorize(&mut adas, &request, "ada").await;
    let page = logout(&tenant, &mut adas, &[("id_token_hint", id_token(&tokens))]).await;
    assert!(page.response.text().contains("Sign out?"), "{page}");
    let silent = request.with("prompt", "none");
    assert_eq!(adas.goto(&silent.address()).await.parameter("error"), None);
}

#[tokio::test]
async fn client_id_and_hint_name_the_same_app() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser).await;
    let parameters = [("id_token_hint", id_token(&tokens)), ("client_id", CONFIDENTIAL)];
    logout(&tenant, &mut browser, &parameters)
        .await
        .response
        .assert_status(400);
    assert!(is_signed_in(&tenant, &mut browser).await);
}

#[tokio::test]
async fn an_expired_hint_is_still_a_hint() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser).await;
    app.wait(Duration::from_mins(20));
    let parameters = [
        ("id_token_hint", id_token(&tokens)),
        ("post_logout_redirect_uri", AFTER),
    ];
    assert_eq!(logout(&tenant, &mut browser, &parameters).await.url.as_str(), AFTER);
}

#[tokio::test]
async fn another_tenants_hint_is_no_hint() {
    let app = TestApp::new().await;
    let (here, there) = (tenant(&app, "northside").await, tenant(&app, "lakeside").await);
    let (mut browser, mut other) = (app.browser(), app.browser());
    signed_in(&here, &mut browser).await;
    let tokens = signed_in(&there, &mut other).await;
    let parameters = [
        ("id_token_hint", id_token(&tokens)),
        ("post_logout_redirect_uri", AFTER),
    ];
    stayed_here(&logout(&here, &mut browser, &parameters).await);
    assert!(is_signed_in(&here, &mut browser).await);
}

#[tokio::test]
async fn a_request_may_be_posted() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let form = [("client_id", PUBLIC), ("state", "s")];
    let answer = app
        .router
        .send(Request::post(tenant.path("logout")).form(&form))
        .await
        .assert_status(303);
    assert!(answer.location().contains("client_id="), "{answer}");
}

#[tokio::test]
async fn offline_access_outlives_the_session() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser).await;
    logout(&tenant, &mut browser, &[("id_token_hint", id_token(&tokens))]).await;
    tenant
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .assert_status(200);
}

/// A received logout token, and how often the app said no before.
#[derive(Clone, Default)]
struct Received {
    tokens: Arc<Mutex<Vec<String>>>,
    refuse: Arc<AtomicUsize>,
}

impl Received {
    /// An app that listens.
    async fn listen(&self) -> Served {
        async fn take(State(to): State<Received>, Form(form): Form<BTreeMap<String, String>>) -> StatusCode {
            assert_eq!(form.len(), 1, "{form:?}");
            let refused = to
                .refuse
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if refused.is_ok() {
                return StatusCode::INTERNAL_SERVER_ERROR;
            }
            to.tokens.lock().unwrap().push(form["logout_token"].clone());
            StatusCode::OK
        }
        Served::start(Router::new().route("/backchannel", post(take)).with_state(self.clone())).await
    }

    fn count(&self) -> usize {
        self.tokens.lock().unwrap().len()
    }
}

/// A tenant with an app that is told of ended sessions.
async fn tenant_with_listener<'a>(app: &'a TestApp, listener: &Served) -> TestTenant<'a> {
    let tenant = tenant(app, "northside").await;
    let members = json!({
        "token_endpoint_auth_method": "client_secret_basic",
        "backchannel_logout_uri": format!("{}/backchannel", listener.base()),
        "backchannel_logout_session_required": true,
    });
    tenant.client(CONFIDENTIAL, members).await;
    tenant
}

/// Signs in to the app that is told, too.
async fn confidential_id_token(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> String {
    let query = tenant.authorization_request(SCOPE).with("client_id", CONFIDENTIAL);
    let page = tenant.authorize(browser, &query, "pat").await;
    let code = page.parameter("code").unwrap_or_else(|| panic!("no code at {page}"));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let reply: Value = tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &form)
        .await
        .assert_status(200)
        .json();
    id_token(&reply).to_owned()
}

#[tokio::test]
async fn oidcc_backchannel_rp_initiated_logout() {
    let app = TestApp::new().await;
    let received = Received::default();
    let listener = received.listen().await;
    let tenant = tenant_with_listener(&app, &listener).await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser).await;
    let told = claims(&confidential_id_token(&tenant, &mut browser).await);
    logout(&tenant, &mut browser, &[("id_token_hint", id_token(&tokens))]).await;
    // What was not sent beside the request is sent now; each notice once.
    backchannel_logout::deliver(tenant.admin().await.cx(), app.app.federation().outbound()).await;
    for _ in 0..200 {
        if received.count() > 0 {
            break;
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let tokens = received.tokens.lock().unwrap().clone();
    assert_eq!(tokens.len(), 1);
    assert_eq!(jose_header(&tokens[0])["typ"], "logout+jwt");
    assert_eq!(jose_header(&tokens[0])["alg"], "RS256");
    let notice = claims(&tokens[0]);
    assert_eq!(notice["iss"], json!(tenant.issuer()));
    assert_eq!(notice["aud"], CONFIDENTIAL);
    assert_eq!(notice["sub"], told["sub"]);
    assert_eq!(notice["sid"], told["sid"]);
    assert!(notice["sid"].is_string() && notice["jti"].is_string());
    assert_eq!(
        notice["events"],
        json!({ "http://schemas.openid.net/event/backchannel-logout": {} })
    );
    assert!(notice.get("nonce").is_none());
}

#[tokio::test]
async fn a_notice_that_is_not_taken_is_sent_again_later() {
    let app = TestApp::new().await;
    let received = Received::default();
    received.refuse.store(2, Ordering::SeqCst);
    let listener = received.listen().await;
    let tenant = tenant_with_listener(&app, &listener).await;
    let mut browser = app.browser();
    let tokens = confidential_id_token(&tenant, &mut browser).await;
    let page = logout(&tenant, &mut browser, &[("id_token_hint", &tokens)]).await;
    assert!(
        page.response.text().contains("You are signed out"),
        "the browser does not wait: {page}"
    );
    for _ in 0..12 {
        backchannel_logout::deliver(tenant.admin().await.cx(), app.app.federation().outbound()).await;
        app.wait(Duration::from_mins(5));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(received.count(), 1);
}

#[tokio::test]
async fn the_session_has_a_name_of_its_own_for_each_app_that_follows_it() {
    let app = TestApp::new().await;
    let received = Received::default();
    let listener = received.listen().await;
    let tenant = tenant_with_listener(&app, &listener).await;
    let other = json!({ "token_endpoint_auth_method": "none", "frontchannel_logout_uri": "https://app.test/front" });
    tenant.client(PUBLIC, other).await;
    let mut browser = app.browser();
    let one = claims(id_token(&signed_in(&tenant, &mut browser).await));
    let again = claims(id_token(&signed_in(&tenant, &mut browser).await));
    let two = claims(&confidential_id_token(&tenant, &mut browser).await);
    assert_eq!(one["sid"], again["sid"]);
    assert_ne!(one["sid"], two["sid"]);
    let elsewhere = claims(id_token(&signed_in(&tenant, &mut app.browser()).await));
    assert_ne!(one["sid"], elsewhere["sid"]);
}

#[tokio::test]
async fn an_app_that_does_not_follow_sessions_is_told_no_name() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let tokens = signed_in(&tenant, &mut app.browser()).await;
    assert!(claims(id_token(&tokens)).get("sid").is_none());
}

#[tokio::test]
async fn a_front_channel_app_is_loaded_in_the_browser_with_issuer_and_session() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let members = json!({
        "token_endpoint_auth_method": "none", "post_logout_redirect_uris": [AFTER],
        "frontchannel_logout_uri": "https://app.test/front?x=1", "frontchannel_logout_session_required": true,
    });
    tenant.client(PUBLIC, members).await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser).await;
    let parameters = [
        ("id_token_hint", id_token(&tokens)),
        ("post_logout_redirect_uri", AFTER),
    ];
    let page = logout(&tenant, &mut browser, &parameters).await;
    stayed_here(&page);
    let sid = claims(id_token(&tokens))["sid"].as_str().unwrap().to_owned();
    let text = page.response.text();
    assert!(
        text.contains("https://app.test/front?x=1&#38;iss=") || text.contains("https://app.test/front?x=1&amp;iss="),
        "{page}"
    );
    assert!(text.contains(&format!("sid={sid}")), "{page}");
    assert!(text.contains(AFTER), "the way back to the app: {page}");
    let policy = page.response.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-src https://app.test"), "{policy}");
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_discovery_endpoint_verification() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let document = tenant
        .get(&tenant.path(".well-known/openid-configuration"))
        .await
        .json();
    assert_eq!(
        document["end_session_endpoint"],
        json!(format!("{}/logout", tenant.issuer()))
    );
    for member in [
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
    ] {
        assert_eq!(document[member], true, "{member}");
    }
}

#[tokio::test]
async fn oidcc_backchannel_logout_discovery_endpoint_verification() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let metadata = tenant.path(".well-known/openid-configuration");
    let document = tenant.get(&metadata).await.json();
    assert_eq!(document["backchannel_logout_supported"], true);
    assert_eq!(document["backchannel_logout_session_supported"], true);
    assert!(
        document["end_session_endpoint"]
            .as_str()
            .unwrap()
            .starts_with("https://")
    );
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_only_state() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    signed_in(&tenant, &mut browser).await;
    let page = logout(&tenant, &mut browser, &[("state", "s")]).await;
    stayed_here(&page);
    let page = browser.submit(&page, &page.form()).await;
    stayed_here(&page);
    assert!(page.response.text().contains("You are signed out"), "{page}");
    assert!(!is_signed_in(&tenant, &mut browser).await);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser).await;
    let added = format!("{AFTER}?foo=bar");
    let parameters = [
        ("id_token_hint", id_token(&tokens)),
        ("post_logout_redirect_uri", added.as_str()),
    ];
    let page = logout(&tenant, &mut browser, &parameters).await;
    stayed_here(&page);
    assert!(!page.response.text().contains(AFTER), "{page}");
}

/// A token that the client signed with a key of its own, its own id as the issuer.
#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_id_token_hint() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside").await;
    let mut browser = app.browser();
    signed_in(&tenant, &mut browser).await;
    let client = crate::support::openid_suite::KeyClient::new(PUBLIC, wardkey::oauth::jose::SigningAlgorithm::ES256);
    let hint = client.assertion(&tenant);
    let parameters = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", AFTER)];
    let page = logout(&tenant, &mut browser, &parameters).await;
    stayed_here(&page);
    let page = browser.submit(&page, &page.form()).await;
    stayed_here(&page);
    assert!(!page.response.text().contains(AFTER), "{page}");
}
