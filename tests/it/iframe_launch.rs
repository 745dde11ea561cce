//! A launch inside the EHR's own page (SMART App Launch 2.2, "EHR launch": a new window or an iframe).

use crate::support::app::{CHALLENGE, PASSWORD, PUBLIC, TestApp, TestTenant};
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::http::{Response, RouterExt};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::{Port, Served};
use axum::Router;
use axum::http::{Request, header};
use axum::response::{Html, Redirect};
use axum::routing::get;
use serde_json::json;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;

const EHR: &str = "https://ehr.test";
const SCOPE: &str = "openid launch/patient patient/*.rs";

/// A tenant whose sign-in these origins may frame.
async fn framed<'a>(app: &'a TestApp, slug: &str, ancestors: &[&str]) -> TestTenant<'a> {
    let document = TenantDocument {
        frame_ancestors: ancestors.iter().map(|&origin| origin.to_owned()).collect(),
        ..TenantDocument::default()
    };
    let new = NewTenant {
        slug: slug.to_owned(),
        display_name: format!("Hospital {slug}"),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document,
    };
    app.tenant_as(new).await
}

fn policy(response: &Response) -> &str {
    response.header("content-security-policy").unwrap()
}

async fn sign_in(browser: &mut HttpBrowser, page: &Page) -> Page {
    let form = page.form().with("username", "pat").with("password", PASSWORD);
    browser.submit(page, &form).await
}

#[tokio::test]
async fn only_listed_origins_may_frame_the_sign_in_and_its_error_pages() {
    let app = TestApp::new().await;
    let tenant = framed(&app, "northside", &[EHR]).await;
    let mut browser = app.browser();
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let consent = sign_in(&mut browser, &page).await;
    let error = browser
        .goto(&tenant.authorization_request(SCOPE).without("client_id").address())
        .await;
    for page in [&page, &consent, &error] {
        assert!(
            policy(&page.response).ends_with("frame-ancestors https://ehr.test"),
            "{page}"
        );
        assert!(page.response.header("x-frame-options").is_none(), "{page}");
    }
    // What a click there withdraws stays out of frames.
    let own = browser.goto(&tenant.path("apps")).await;
    assert!(policy(&own.response).contains("frame-ancestors 'none'"), "{own}");
}

#[tokio::test]
async fn a_tenant_that_lists_nobody_is_framed_by_nobody_and_keeps_lax_cookies() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let started = tenant.get(&tenant.authorization_request(SCOPE).address()).await;
    let page = tenant.get(started.location()).await.assert_status(200);
    assert!(policy(&page).contains("frame-ancestors 'none'"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    let cookie = page.header("set-cookie").unwrap();
    assert!(
        cookie.contains("SameSite=Lax") && !cookie.contains("Partitioned"),
        "{cookie}"
    );
}

/// Frames of this server's own host: the sign-in may be framed, and needs no cookies of a special kind for it.
#[tokio::test]
async fn a_tenant_that_lists_this_server_alone_is_framed_with_lax_cookies() {
    let app = TestApp::new().await;
    let tenant = framed(&app, "northside", &[&app.base]).await;
    let started = tenant.get(&tenant.authorization_request(SCOPE).address()).await;
    let page = tenant.get(started.location()).await.assert_status(200);
    assert!(policy(&page).ends_with(&format!("frame-ancestors {}", app.base)));
    let cookie = page.header("set-cookie").unwrap();
    assert!(
        cookie.contains("SameSite=Lax") && !cookie.contains("Partitioned"),
        "{cookie}"
    );
}

#[tokio::test]
async fn cookies_for_frames_are_partitioned_and_secure() {
    let app = TestApp::new().await;
    let tenant = framed(&app, "northside", &[EHR]).await;
    let mut browser = app.browser();
    let started = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let action = started.url.join(&started.form().action).unwrap();
    let form = started.form().with("username", "pat").with("password", PASSWORD);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&form.fields)
        .finish();
    let answer = browser
        .send(axum::http::Method::POST, &action, Some(body))
        .await
        .assert_status(303);
    let session = answer.header("set-cookie").unwrap();
    for attribute in [
        "__Secure-wk_framed_session=",
        "SameSite=None",
        "Partitioned",
        "Secure",
        "HttpOnly",
        "Path=/northside/auth",
    ] {
        assert!(session.contains(attribute), "{attribute} in {session}");
    }
}

#[tokio::test]
async fn forms_are_safe_from_forgery_without_same_site() {
    let app = TestApp::new().await;
    let tenant = framed(&app, "northside", &[EHR]).await;
    let mut browser = app.browser();
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let consent = sign_in(&mut browser, &page).await;
    // Every cookie is sent with these, as in a cross-site request; the form's token is what is missing.
    for form in [
        consent.form().with("decision", "allow").with("csrf", ""),
        page.form().with("csrf", "x"),
    ] {
        let answer = browser.submit(&consent, &form).await;
        assert_eq!(answer.response.status, 403, "{answer}");
    }
    let list = browser.goto(&tenant.path("apps")).await;
    assert_eq!(
        browser
            .submit(&list, &list.form().with("csrf", ""))
            .await
            .response
            .status,
        403
    );
}

#[tokio::test]
async fn where_the_cookie_does_not_come_back_a_page_opens_a_window_and_the_sign_in_can_go_on_there() {
    let app = TestApp::new().await;
    let tenant = framed(&app, "northside", &[EHR]).await;
    let started = tenant.get(&tenant.authorization_request(SCOPE).address()).await;
    let probed = tenant.get(started.location()).await.assert_status(303);
    assert!(probed.header("set-cookie").is_some());
    let blocked = tenant.get(probed.location()).await.assert_status(400);
    assert!(
        blocked.text().contains("target=\"_blank\"") && blocked.text().contains(started.location()),
        "{blocked}"
    );
    // Not in a frame, another window would not help.
    let request = Request::get(probed.location()).header("sec-fetch-dest", "document");
    let alone = app.router.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert!(alone.text().contains("cookie-missing"), "{alone}");
    // The interaction is nobody's yet, so the window can take it.
    let page = app.browser().goto(started.location()).await;
    assert!(page.response.text().contains("name=\"password\""), "{page}");
}

#[test]
fn an_ancestor_is_an_exact_origin() {
    let check = |origin: &str| {
        let document = TenantDocument {
            frame_ancestors: vec![origin.to_owned()],
            ..TenantDocument::default()
        };
        document.check().map_err(|(member, _)| member)
    };
    for good in [
        "https://ehr.example",
        "https://ehr.example:8443",
        "http://localhost:3000",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for bad in [
        "*",
        "https://*.example",
        "https://ehr.example/",
        "https://ehr.example/x",
        "http://ehr.example",
        "https://ehr.example:443",
        "ehr.example",
        "https:",
        "https://[::1]:8080",
        "https://a.example https://b.example",
        "https://EHR.example",
        "",
    ] {
        assert_eq!(check(bad), Err("frame_ancestors"), "{bad}");
    }
}

/// The EHR's page with the app in a frame, on one site; the app and the server on another.
struct Stage<'a> {
    ehr: Served,
    _app: Served,
    _server: Served,
    tenant: TestTenant<'a>,
}

async fn stage(app: &TestApp, server: Port, ehr_may_frame: bool) -> Stage<'_> {
    let (ehr_port, app_port) = (Port::take().await, Port::take().await);
    // Another name of the same machine is another site to browsers, and cookies do not cross.
    let ehr_origin = ehr_port.base().replace("127.0.0.1", "localhost");
    let ancestors = if ehr_may_frame {
        vec![ehr_origin.as_str()]
    } else {
        vec![]
    };
    let tenant = framed(app, "northside", &ancestors).await;
    let callback = format!("{}/callback", app_port.base());
    tenant
        .client(
            PUBLIC,
            json!({ "token_endpoint_auth_method": "none", "redirect_uris": [callback] }),
        )
        .await;
    let query = tenant
        .authorization_request(SCOPE)
        .with("redirect_uri", &callback)
        .with("code_challenge", CHALLENGE);
    let authorize = format!("{}{}", app.base, query.address());
    let launch = format!("{}/launch", app_port.base());
    let the_app = Router::new()
        .route("/launch", get(move || async move { Redirect::to(&authorize) }))
        .route(
            "/callback",
            get(|query: axum::extract::RawQuery| async move {
                let came = query.0.unwrap_or_default().contains("code=");
                Html(format!(
                    "<p id=\"outcome\">{}</p>",
                    if came { "a code came" } else { "no code" }
                ))
            }),
        )
        .route(
            "/plain",
            get(|| async {
                let cookie = "plain=1; Path=/; SameSite=None; Secure";
                ([(header::SET_COOKIE, cookie)], Redirect::to("/plain-came-back"))
            }),
        )
        .route(
            "/plain-came-back",
            get(|headers: axum::http::HeaderMap| async move {
                let came = headers.contains_key(header::COOKIE);
                Html(format!(
                    "<p id=\"outcome\">{}</p>",
                    if came { "a cookie came" } else { "no cookie" }
                ))
            }),
        );
    let plain = format!("<h1>EHR</h1><iframe src=\"{}/plain\"></iframe>", app_port.base());
    let page = format!("<h1>EHR</h1><iframe src=\"{launch}\" width=\"900\" height=\"700\"></iframe>");
    let the_ehr = Router::new()
        .route("/", get(move || async move { Html(page) }))
        .route("/plain", get(move || async move { Html(plain) }));
    Stage {
        ehr: ehr_port.serve(the_ehr),
        _app: app_port.serve(the_app),
        _server: server.serve(app.router.clone()),
        tenant,
    }
}

impl Stage<'_> {
    fn ehr_page(&self) -> String {
        format!("{}/", self.ehr.base().replace("127.0.0.1", "localhost"))
    }
}

#[tokio::test]
async fn the_whole_flow_runs_in_an_ehrs_frame_with_third_party_cookies_blocked() {
    let Some(browser) = Browser::open_without_third_party_cookies().await else {
        return;
    };
    let server = Port::take().await;
    let app = TestApp::at(Database::sqlite(), server.base()).await;
    let stage = stage(&app, server, true).await;
    // Cookies that are not partitioned really are blocked in this browser.
    browser.goto(&format!("{}plain", stage.ehr_page())).await;
    browser.client().clone().enter_frame(0).await.unwrap();
    browser.wait_for_text("#outcome", "no cookie").await;
    browser.goto(&stage.ehr_page()).await;
    browser.client().clone().enter_frame(0).await.unwrap();
    browser.fill("User name", "pat").await;
    browser.fill("Password", PASSWORD).await;
    browser.screenshot("iframe-sign-in").await;
    browser.press("Sign in").await;
    browser.wait_for("button[value=allow]").await;
    browser.screenshot("iframe-consent").await;
    browser.press("Allow").await;
    browser.wait_for_text("#outcome", "a code came").await;
    // The cookies are the EHR's frame's own: in a window of this server nobody is signed in.
    browser
        .goto(&format!("{}{}", app.base, stage.tenant.path("apps")))
        .await;
    browser.wait_for("input[name=password]").await;
}

#[tokio::test]
async fn a_tenant_that_did_not_list_the_ehr_is_not_shown_in_its_frame() {
    let Some(browser) = Browser::open().await else { return };
    let server = Port::take().await;
    let app = TestApp::at(Database::sqlite(), server.base()).await;
    let stage = stage(&app, server, false).await;
    browser.goto(&stage.ehr_page()).await;
    browser.client().clone().enter_frame(0).await.unwrap();
    let shown = browser
        .script("return document.querySelector('input[name=password]') !== null")
        .await;
    assert_eq!(shown, json!(false));
}
