//! Sign-in at an OpenID Connect provider that nobody here wrote, over real HTTP.

use crate::support::app::{REDIRECT_URI, TestApp, TestTenant};
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::{Port, Served};
use crate::support::node_peer::OidcProvider;
use serde_json::json;
use wardkey::federation::check::{CheckOutcome, CheckSubject};
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::{Offer, OidcDocument, Provisioning};
use wardkey::kernel::Secret;

pub(crate) const SCOPE: &str = "openid fhirUser profile launch/patient patient/*.rs";
const UPSTREAM_SECRET: &str = "upstream-secret-of-the-tests-0123456789";

/// A provider with one clinician and one patient.
pub(crate) fn provider() -> Option<OidcProvider> {
    OidcProvider::start(&json!({}))
}

/// A tenant whose only way to sign in is the provider.
pub(crate) async fn connect<'a>(app: &'a TestApp, slug: &str, provider: &OidcProvider) -> TestTenant<'a> {
    let tenant = app.tenant(slug).await;
    let admin = tenant.admin().await;
    let callback = admin.cx().urls().federation_callback("hospital");
    let client_id = format!("wardkey-{slug}");
    provider
        .set_client(&json!({
            "client_id": client_id,
            "client_secret": UPSTREAM_SECRET,
            "redirect_uris": [callback],
            "post_logout_redirect_uris": [admin.cx().urls().federation("hospital", "signed-out")],
            "backchannel_logout_uri": admin.cx().urls().federation("hospital", "backchannel-logout"),
            "backchannel_logout_session_required": true,
        }))
        .await;
    provider
        .add_account(
            "okafor",
            json!({ "name": "Ada Okafor", "npi": "1234567893", "practitioner": "ada", "groups": ["physicians", "staff"] }),
        )
        .await;
    provider
        .add_account("morgan", json!({ "name": "Pat Morgan", "patient": "pat-1" }))
        .await;
    let document = OidcDocument {
        provider: json!({
            "issuer": provider.issuer(), "client_id": client_id, "authentication": "client_secret_basic",
            "scopes": ["openid", "profile"], "fetch_user_info": true,
        })
        .as_object()
        .cloned()
        .unwrap(),
        mapping: MappingRules {
            name: Some("claims.name".into()),
            fhir_user: Some(
                "has(claims.practitioner) ? \"Practitioner/\" + claims.practitioner : \"Patient/\" + claims.patient"
                    .into(),
            ),
            npi: Some("has(claims.npi) ? claims.npi : \"\"".into()),
            roles: Some("has(claims.groups) ? claims.groups : []".into()),
            ..MappingRules::default()
        },
        offer: Offer::default(),
        provisioning: Provisioning::default(),
    };
    admin
        .save_oidc_provider(
            "hospital",
            "Hospital account",
            &document,
            Some(Secret::new(UPSTREAM_SECRET.into())),
        )
        .await
        .unwrap();
    tenant
}

/// Leaves only the upstream provider: chooses it on the tenant's chooser.
pub(crate) async fn go_upstream(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, scope: &str) -> Page {
    let chooser = browser.goto(&tenant.authorization_request(scope).address()).await;
    let step = format!("{}/sign-in/hospital", chooser.url.path());
    browser.goto(&step).await
}

pub(crate) async fn sign_in(browser: &mut HttpBrowser, page: &Page, name: &str) -> Page {
    let form = page
        .form()
        .with("login", name)
        .with("password", "any")
        .with("action", "sign-in");
    browser.submit(page, &form).await
}

async fn allow(browser: &mut HttpBrowser, page: &Page) -> Page {
    browser.submit(page, &page.form().with("decision", "allow")).await
}

#[tokio::test]
async fn a_patient_signs_in_at_the_hospitals_provider_and_the_claims_become_an_identity() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    let mut browser = app.browser();
    let page = go_upstream(&tenant, &mut browser, SCOPE).await;
    assert!(page.url.as_str().starts_with(provider.issuer()), "{page}");
    let consent = sign_in(&mut browser, &page, "morgan").await;
    assert!(consent.response.text().contains("Pat Morgan"), "{consent}");
    let done = allow(&mut browser, &consent).await;
    assert!(done.url.as_str().starts_with(REDIRECT_URI), "{done}");
    let tokens = tenant
        .redeem(&done.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    assert_eq!(tokens["patient"], "pat-1");
    let claims = crate::support::app::claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(claims["fhirUser"], format!("{}/Patient/pat-1", tenant.fhir()));
    assert!(
        !claims["sub"].as_str().unwrap().contains("morgan"),
        "the upstream subject stays here"
    );
}

#[tokio::test]
async fn a_clinicians_roles_and_npi_come_from_the_mapping_rules() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    let mut browser = app.browser();
    let page = go_upstream(&tenant, &mut browser, "openid fhirUser user/*.rs").await;
    let consent = sign_in(&mut browser, &page, "okafor").await;
    let done = allow(&mut browser, &consent).await;
    let tokens = tenant
        .redeem(&done.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    let claims = crate::support::app::claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(claims["roles"], json!(["physicians", "staff"]));
    assert_eq!(claims["npi"], "1234567893");
}

#[tokio::test]
async fn the_same_person_at_two_tenants_is_two_accounts() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let mut subjects = Vec::new();
    for slug in ["hospital-a", "hospital-b"] {
        let tenant = connect(&app, slug, &provider).await;
        let mut browser = app.browser();
        let page = go_upstream(&tenant, &mut browser, SCOPE).await;
        let consent = sign_in(&mut browser, &page, "morgan").await;
        let done = allow(&mut browser, &consent).await;
        let tokens = tenant
            .redeem(&done.parameter("code").unwrap())
            .await
            .assert_status(200)
            .json();
        subjects.push(crate::support::app::claims(tokens["access_token"].as_str().unwrap())["sub"].clone());
    }
    assert_ne!(subjects[0], subjects[1]);
}

#[tokio::test]
async fn an_answer_is_taken_once_in_the_browser_that_asked_and_at_the_tenant_that_asked() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let tenant = connect(&app, "hospital-a", &provider).await;
    connect(&app, "hospital-b", &provider).await;
    let mut browser = app.browser();
    let page = go_upstream(&tenant, &mut browser, SCOPE).await;
    // The provider's answer, held back before it reaches us.
    let form = page
        .form()
        .with("login", "morgan")
        .with("password", "any")
        .with("action", "sign-in");
    let fields: Vec<_> = form
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let body = crate::support::http::form_body(&fields);
    let mut url = page.url.join(&form.action).unwrap();
    let mut answer = browser.send(axum::http::Method::POST, &url, Some(body)).await;
    while !answer.location().starts_with(&app.base) {
        url = url.join(answer.location()).unwrap();
        answer = browser.send(axum::http::Method::GET, &url, None).await;
    }
    let callback = answer.location().to_owned();
    let stranger = app.browser().goto(&callback).await;
    assert_eq!(stranger.response.status, 400, "another browser: {stranger}");
    let elsewhere = browser.goto(&callback.replace("hospital-a", "hospital-b")).await;
    assert_eq!(elsewhere.response.status, 400, "another tenant: {elsewhere}");
    let accepted = browser.goto(&callback).await;
    assert!(accepted.response.text().contains("value=\"allow\""), "{accepted}");
    let replayed = browser.goto(&callback).await;
    assert_eq!(replayed.response.status, 400, "a second time: {replayed}");
}

#[tokio::test]
async fn a_key_rotated_just_before_signing_is_fetched_and_accepted() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    for rotated in [false, true] {
        let mut browser = app.browser();
        let page = go_upstream(&tenant, &mut browser, SCOPE).await;
        if rotated {
            provider.rotate_keys(false).await;
        }
        let consent = sign_in(&mut browser, &page, "morgan").await;
        assert!(consent.response.text().contains("Pat Morgan"), "{consent}");
    }
}

#[tokio::test]
async fn a_wrong_issuer_parameter_or_a_refusal_upstream_signs_nobody_in() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    provider.set_response_issuer(Some("https://elsewhere.test")).await;
    let mut browser = app.browser();
    let page = go_upstream(&tenant, &mut browser, SCOPE).await;
    let refused = sign_in(&mut browser, &page, "morgan").await;
    assert!(
        refused.response.status.is_server_error() || refused.response.status.is_client_error(),
        "{refused}"
    );
    assert!(
        !refused.response.text().contains("elsewhere.test"),
        "nothing of upstream is repeated"
    );
    provider.calm().await;
    // Somebody whom the provider does not know yet.
    let mut browser = app.browser();
    let page = go_upstream(&tenant, &mut browser, SCOPE).await;
    let cancelled = browser.submit(&page, &page.form().with("action", "cancel")).await;
    assert_eq!(cancelled.response.status, 403, "{cancelled}");
    assert!(
        cancelled.response.text().contains("/northside/auth/interact/"),
        "the way back is offered"
    );
}

#[tokio::test]
async fn the_check_of_a_provider_in_order_finds_nothing_but_that_it_is_on_loopback() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    let admin = tenant.admin().await;
    let report = admin
        .check_identity_provider(app.app.federation(), "hospital")
        .await
        .unwrap();
    let amiss: Vec<_> = report
        .items
        .iter()
        .filter(|item| item.outcome != CheckOutcome::Ok && item.check != CheckSubject::Tls)
        .collect();
    assert!(amiss.is_empty(), "{amiss:#?}");
}

#[tokio::test]
async fn a_provider_that_is_down_gets_a_page_and_other_tenants_go_on() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    provider.disturb("/.well-known/openid-configuration", "500").await;
    let page = go_upstream(&tenant, &mut app.browser(), SCOPE).await;
    assert_eq!(page.response.status, 502, "{page}");
    app.tenant("lakeside")
        .await
        .tokens("openid launch/patient patient/*.rs", "pat")
        .await;
}

/// Signs `user` in, through to the app.
pub(crate) async fn signed_in(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, user: &str) -> serde_json::Value {
    let page = go_upstream(tenant, browser, SCOPE).await;
    let consent = sign_in(browser, &page, user).await;
    let done = allow(browser, &consent).await;
    tenant
        .redeem(&done.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json()
}

/// Whether the browser still has a session here: asked as an app would.
async fn is_signed_in(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> bool {
    let silent = tenant.authorization_request(SCOPE).with("prompt", "none");
    let page = browser.goto(&silent.address()).await;
    page.parameter("error").as_deref() != Some("login_required")
}

#[tokio::test]
async fn signing_out_here_signs_out_at_the_provider_and_comes_back() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    let mut browser = app.browser();
    signed_in(&tenant, &mut browser, "morgan").await;
    let left = tenant.sign_out(&mut browser).await;
    assert!(
        left.response
            .text()
            .contains("Next you are signed out at “Hospital account”"),
        "{left}"
    );
    let asked = browser.goto(&left.onward().unwrap()).await;
    assert!(asked.url.as_str().starts_with(provider.issuer()), "{asked}");
    let done = browser.submit(&asked, &asked.form().with("logout", "yes")).await;
    assert_eq!(done.url.path(), tenant.path("signed-out"), "{done}");
    // Its session is over: it asks who it is.
    let page = go_upstream(&tenant, &mut browser, SCOPE).await;
    assert!(page.response.text().contains("name=\"password\""), "{page}");
}

#[tokio::test]
async fn a_provider_that_is_down_does_not_keep_anybody_signed_in_here() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    let mut browser = app.browser();
    signed_in(&tenant, &mut browser, "morgan").await;
    // Its metadata have to be fetched anew, and are not to be had; the session here is a long one.
    drop(provider);
    let left = tenant.sign_out(&mut browser).await;
    assert!(left.response.text().contains("You are signed out"), "{left}");
    assert!(!is_signed_in(&tenant, &mut browser).await);
}

#[tokio::test]
async fn logout_at_the_provider_ends_the_session_here_through_the_back_channel() {
    let Some(provider) = provider() else { return };
    let port = Port::take().await;
    let base = port.base().to_owned();
    let app = TestApp::at(Database::sqlite(), &base).await;
    let _served: Served = port.serve(app.router.clone());
    let tenant = connect(&app, "northside", &provider).await;
    let mut browser = app.browser();
    let tokens = signed_in(&tenant, &mut browser, "morgan").await;
    assert!(is_signed_in(&tenant, &mut browser).await);
    let asked = browser.goto(&format!("{}/logout", provider.issuer())).await;
    browser.submit(&asked, &asked.form().with("logout", "yes")).await;
    assert!(!is_signed_in(&tenant, &mut browser).await);
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        tenant.introspect(token).await["active"],
        false,
        "what was granted in it is over too"
    );
}

#[tokio::test]
async fn the_providers_logout_page_ends_the_session_that_it_names_here() {
    let Some(provider) = provider() else { return };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    let mut browser = app.browser();
    provider
        .tamper_with_id_tokens(&json!({ "claims": { "sid": "session-9" } }))
        .await;
    signed_in(&tenant, &mut browser, "morgan").await;
    let mut frame = app.browser();
    let address = async |iss: &str, sid: &str, frame: &mut HttpBrowser| {
        let mut address = tenant.path("federation/hospital/frontchannel-logout");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("iss", iss)
            .append_pair("sid", sid)
            .finish();
        address = format!("{address}?{query}");
        frame.goto(&address).await.response
    };
    let stranger = address("https://elsewhere.test", "session-9", &mut frame).await;
    assert_eq!(stranger.status, 400);
    let unknown = address(provider.issuer(), "a-session-of-nobody", &mut frame).await;
    assert_eq!(unknown.status, 200);
    assert!(is_signed_in(&tenant, &mut browser).await, "neither ended anything");
    let ended = address(provider.issuer(), "session-9", &mut frame).await;
    assert_eq!(ended.status, 200);
    let policy = ended
        .headers
        .get("content-security-policy")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains(&format!("frame-ancestors {}", provider.issuer())),
        "{policy}"
    );
    assert!(!is_signed_in(&tenant, &mut browser).await);
}

#[tokio::test]
async fn in_a_real_browser_a_clinician_signs_in_at_both_tenants_through_the_provider() {
    let (Some(provider), Some(browser)) = (provider(), Browser::open().await) else {
        return;
    };
    let port = Port::take().await;
    let base = port.base().to_owned();
    let app = TestApp::at(Database::sqlite(), &base).await;
    let served: Served = port.serve(app.router.clone());
    for slug in ["hospital-a", "hospital-b"] {
        let tenant = connect(&app, slug, &provider).await;
        let query = tenant.authorization_request("openid fhirUser user/*.rs");
        browser.goto(&format!("{}{}", served.base(), query.address())).await;
        browser.wait_for_words("h1", "How do you want to sign in?").await;
        browser.screenshot("choose-identity-provider").await;
        browser.press("Hospital account").await;
        if slug == "hospital-a" {
            browser
                .wait_for("input[name=login]")
                .await
                .send_keys("okafor")
                .await
                .unwrap();
            browser
                .wait_for("input[name=password]")
                .await
                .send_keys("any")
                .await
                .unwrap();
            browser.wait_for("button[value=sign-in]").await.click().await.unwrap();
        }
        browser.wait_for("button[value=allow]").await;
        assert!(browser.page_text().await.contains("Ada Okafor"));
        assert!(browser.page_text().await.contains(&format!("Hospital {slug}")));
    }
}
