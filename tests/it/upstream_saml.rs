//! Sign-in and logout through a SAML provider, over the server's own endpoints. The provider is this test's own, so that it
//! can do what none of them does.

use crate::support::app::{REDIRECT_URI, TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::http::{Response, RouterExt, form_body};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::saml_idp::{Draft, IDP, Idp, OTHER, Sign};
use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use serde_json::json;
use std::io::Read as _;
use url::Url;
use wardkey::control::saml_providers::FederationKeyStep;
use wardkey::control::sign_in_methods::Proof;
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::saml::{IdpInitiated, MessageKind, SamlProviderConfig, ServiceProvider, redirect_address};
use wardkey::federation::{Offer, Provisioning, SamlDocument};
use wardkey::kernel::Sha256Hash;
use wardkey::store::tenant::EventFilter;

const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs";
const SSO: &str = "https://idp.hospital.example/sso";
const SLO: &str = "https://idp.hospital.example/slo";

fn document(change: impl FnOnce(&mut SamlProviderConfig)) -> SamlDocument {
    let mut provider = SamlProviderConfig::new(IDP.entity_id);
    change(&mut provider);
    SamlDocument {
        provider,
        mapping: MappingRules {
            name: Some("claims.friendly.sn[0]".into()),
            fhir_user: Some("\"Patient/\" + claims.attributes[\"urn:oid:2.5.4.4\"][0]".into()),
            roles: Some("claims.attributes.role".into()),
            ..MappingRules::default()
        },
        offer: Offer::default(),
        provisioning: Provisioning::default(),
    }
}

/// A tenant with the provider beside its local accounts.
pub(crate) async fn connect<'a>(
    app: &'a TestApp,
    slug: &str,
    change: impl FnOnce(&mut SamlProviderConfig),
) -> TestTenant<'a> {
    let tenant = app.tenant(slug).await;
    let metadata = IDP.metadata(SSO, Some(SLO), &[IDP.key.certificate()]);
    tenant
        .admin()
        .await
        .save_saml_provider("hospital", "Hospital account", &document(change), &metadata)
        .await
        .unwrap();
    tenant
}

fn sp(tenant: &TestTenant<'_>) -> ServiceProvider {
    ServiceProvider::new(&tenant.issuer(), "hospital")
}

/// A sign-in under way at the provider.
pub(crate) struct Asked {
    pub(crate) request: String,
    relay_state: String,
    pub(crate) xml: String,
}

/// What the browser carries to the provider by redirect.
pub(crate) fn asked(location: &Url) -> Asked {
    let parameter = |name: &str| {
        location
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let deflated = STANDARD.decode(parameter("SAMLRequest").unwrap()).unwrap();
    let mut xml = String::new();
    flate2::read::DeflateDecoder::new(deflated.as_slice())
        .read_to_string(&mut xml)
        .unwrap();
    let id = xml
        .split(" ID=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    Asked {
        request: id,
        relay_state: parameter("RelayState").unwrap(),
        xml,
    }
}

/// Goes as far as the provider's door.
pub(crate) async fn begin(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> Asked {
    let chooser = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let step = format!("{}/sign-in/hospital", chooser.url.path());
    asked(&browser.goto(&step).await.url)
}

pub(crate) fn draft(tenant: &TestTenant<'_>, user: &str, request: Option<&str>) -> Draft {
    let mut draft = Draft::at(&sp(tenant), IDP.entity_id, tenant.app.now(), user, request);
    // Every assertion has an identifier of its own.
    let marker = Sha256Hash::of(format!("{user}{request:?}").as_bytes()).to_base64url();
    draft.assertion_id = format!("_a{marker}");
    draft.response_id = format!("_r{marker}");
    draft
}

fn fields(xml: &str, relay_state: &str) -> String {
    form_body(&[("SAMLResponse", &STANDARD.encode(xml)), ("RelayState", relay_state)])
}

/// Posts a response as the provider's page does: from elsewhere, so without our cookies.
async fn post(tenant: &TestTenant<'_>, form: String) -> Response {
    let request = Request::post(tenant.path("federation/hospital/acs"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    tenant.app.router.send(request).await
}

/// Posts the response and lets the browser go where it is sent.
pub(crate) async fn answer(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, xml: &str, asked: &Asked) -> Page {
    let sent = post(tenant, fields(xml, &asked.relay_state)).await.assert_status(303);
    let onward = sent.location().to_owned();
    browser.goto(&onward).await
}

pub(crate) async fn sign_in(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, user: &str) -> Page {
    let asked = begin(tenant, browser).await;
    let xml = draft(tenant, user, Some(&asked.request)).write(Sign::Assertion);
    answer(tenant, browser, &xml, &asked).await
}

pub(crate) async fn finish(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, consent: &Page) -> serde_json::Value {
    let done = browser.submit(consent, &consent.form().with("decision", "allow")).await;
    assert!(done.url.as_str().starts_with(REDIRECT_URI), "{done}");
    tenant
        .redeem(&done.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json()
}

#[track_caller]
pub(crate) fn assert_refused(page: &Page) {
    assert!(
        page.response.status.is_client_error() || page.response.status.is_server_error(),
        "{page}"
    );
}

#[tokio::test]
async fn attributes_become_an_identity_by_the_mapping_rules() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let consent = sign_in(&tenant, &mut browser, "morgan").await;
    let tokens = finish(&tenant, &mut browser, &consent).await;
    assert_eq!(tokens["patient"], "morgan");
    let claims = crate::support::app::claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(claims["roles"], json!(["nurse", "teacher"]));
    assert_eq!(claims["acr"], crate::support::saml_idp::PASSWORD);
}

#[tokio::test]
async fn the_request_is_signed_and_opaque_and_for_one_address() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let sp = sp(&tenant);
    assert!(
        asked
            .xml
            .contains(&format!("AssertionConsumerServiceURL=\"{}\"", sp.acs_url)),
        "{}",
        asked.xml
    );
    assert!(
        asked
            .xml
            .contains(&format!("<saml:Issuer>{}</saml:Issuer>", sp.entity_id))
    );
    assert!(asked.relay_state.len() <= 80 && asked.relay_state.starts_with("wku_"));
    assert!(!asked.xml.contains("ForceAuthn"));
}

#[tokio::test]
async fn prompt_login_forces_a_new_sign_in_and_an_old_one_is_refused() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let query = tenant.authorization_request(SCOPE).with("max_age", "0");
    let chooser = browser.goto(&query.address()).await;
    let asked = asked(
        &browser
            .goto(&format!("{}/sign-in/hospital", chooser.url.path()))
            .await
            .url,
    );
    assert!(asked.xml.contains("ForceAuthn=\"true\""), "{}", asked.xml);
    let mut old = draft(&tenant, "morgan", Some(&asked.request));
    let since = |seconds: i64| wardkey::kernel::Timestamp::from_seconds(app.now().seconds() + seconds).to_rfc3339();
    old.authn = old.authn.replace(&since(-5), &since(-300));
    assert_refused(&answer(&tenant, &mut browser, &old.write(Sign::Both), &asked).await);
}

#[tokio::test]
async fn an_app_that_needs_a_recent_sign_in_gets_a_new_one_from_the_provider() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let first = begin(&tenant, &mut browser).await;
    let xml = draft(&tenant, "morgan", Some(&first.request)).write(Sign::Both);
    let consent = answer(&tenant, &mut browser, &xml, &first).await;
    finish(&tenant, &mut browser, &consent).await;
    app.wait(std::time::Duration::from_mins(10));
    let silent = tenant.authorization_request(SCOPE).with("prompt", "none");
    let page = browser.goto(&silent.with("max_age", "300").address()).await;
    assert_eq!(page.parameter("error").as_deref(), Some("login_required"), "{page}");
    let recent = tenant.authorization_request(SCOPE).with("max_age", "300");
    let chooser = browser.goto(&recent.address()).await;
    let step = format!("{}/sign-in/hospital", chooser.url.path());
    let again = asked(&browser.goto(&step).await.url);
    assert!(again.xml.contains("ForceAuthn=\"true\""), "{}", again.xml);
    // The answer of ten minutes ago is no answer to this.
    assert_refused(&answer(&tenant, &mut browser, &xml, &again).await);
    let again = asked(&browser.goto(&step).await.url);
    let fresh = draft(&tenant, "morgan", Some(&again.request)).write(Sign::Both);
    let consent = answer(&tenant, &mut browser, &fresh, &again).await;
    let tokens = finish(&tenant, &mut browser, &consent).await;
    let claims = crate::support::app::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["auth_time"], app.now().seconds() - 5, "{claims}");
    // Now it is recent enough, and nobody is asked.
    let page = browser
        .goto(&tenant.authorization_request(SCOPE).with("max_age", "300").address())
        .await;
    assert!(!page.response.text().contains("Hospital account"), "{page}");
}

#[tokio::test]
async fn requested_contexts_are_passed_on() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config
            .acr
            .insert(crate::support::saml_idp::PASSWORD.into(), "one-factor".into());
    })
    .await;
    let mut browser = app.browser();
    let query = tenant
        .authorization_request(SCOPE)
        .with("acr_values", "one-factor unknown");
    let chooser = browser.goto(&query.address()).await;
    let asked = asked(
        &browser
            .goto(&format!("{}/sign-in/hospital", chooser.url.path()))
            .await
            .url,
    );
    assert!(
        asked
            .xml
            .contains("<samlp:RequestedAuthnContext Comparison=\"exact\"><saml:AuthnContextClassRef>")
    );
    assert!(asked.xml.contains(crate::support::saml_idp::PASSWORD), "{}", asked.xml);
}

#[tokio::test]
async fn by_post_the_request_is_a_signed_form_that_sends_itself() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config.binding = Some(wardkey::federation::saml::Binding::Post);
    })
    .await;
    let mut browser = app.browser();
    let chooser = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let page = browser.goto(&format!("{}/sign-in/hospital", chooser.url.path())).await;
    let form = page.form();
    let xml = String::from_utf8(STANDARD.decode(form.find("SAMLRequest").unwrap()).unwrap()).unwrap();
    assert!(xml.contains("<ds:SignatureValue>"), "{xml}");
    let policy = page.response.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https:;"), "{policy}");
}

#[tokio::test]
async fn a_response_needs_the_browser_that_asked() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut attacker = app.browser();
    let asked = begin(&tenant, &mut attacker).await;
    let xml = draft(&tenant, "attacker", Some(&asked.request)).write(Sign::Both);
    // The attacker's own response and relay state, posted by the victim's browser, which has a sign-in of its own.
    let mut victim = app.browser();
    begin(&tenant, &mut victim).await;
    assert_refused(&answer(&tenant, &mut victim, &xml, &asked).await);
    let mut without_any = app.browser();
    let onward = format!(
        "{}?state={}",
        tenant.path("federation/hospital/resume"),
        asked.relay_state
    );
    assert_refused(&without_any.goto(&onward).await);
    // It waits for the browser that it belongs to.
    let consent = attacker.goto(&onward).await;
    finish(&tenant, &mut attacker, &consent).await;
}

on_each_database! {
    async fn a_response_is_accepted_once(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let mut browser = app.browser();
        let asked = begin(&tenant, &mut browser).await;
        let xml = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Both);
        let first = post(&tenant, fields(&xml, &asked.relay_state)).await.assert_status(303);
        let again = post(&tenant, fields(&xml, &asked.relay_state)).await;
        assert!(!again.status.is_redirection(), "posted twice");
        let second_answer = {
            let mut other = draft(&tenant, "okafor", Some(&asked.request));
            other.assertion_id = "_other".into();
            post(&tenant, fields(&other.write(Sign::Both), &asked.relay_state)).await
        };
        assert!(!second_answer.status.is_redirection(), "two responses to one request");
        let onward = first.location().to_owned();
        let consent = browser.goto(&onward).await;
        assert!(consent.response.status.is_success(), "{consent}");
        assert_refused(&browser.goto(&onward).await);
        // The accepted assertion in a new sign-in, even with the provider's signature renewed around it.
        let mut next = app.browser();
        let asked = begin(&tenant, &mut next).await;
        assert_refused(&answer(&tenant, &mut next, &xml, &asked).await);
        let mut next = app.browser();
        let asked = begin(&tenant, &mut next).await;
        let mut replayed = draft(&tenant, "morgan", Some(&asked.request));
        replayed.assertion_id = xml.split("<saml:Assertion").nth(1).unwrap().split(" ID=\"").nth(1).unwrap()
            .split('"').next().unwrap().to_owned();
        assert_refused(&answer(&tenant, &mut next, &replayed.write(Sign::Both), &asked).await);
    }

    async fn of_many_browsers_tabs_at_once_one_is_signed_in(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let mut browser = app.browser();
        let asked = begin(&tenant, &mut browser).await;
        let xml = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Both);
        let form = fields(&xml, &asked.relay_state);
        let posted = join_all((0..16).map(|_| post(&tenant, form.clone()))).await;
        assert_eq!(posted.iter().filter(|answer| answer.status == 303).count(), 1, "one answer is kept");
        let path = format!("{}?state={}", tenant.path("federation/hospital/resume"), asked.relay_state);
        let cookie = browser.find_cookie(&tenant.path("interact"), "__Secure-wk_interaction").unwrap().to_owned();
        let resumed = join_all((0..16).map(|_| {
            let request = Request::get(&path)
                .header(header::COOKIE, format!("__Secure-wk_interaction={cookie}"))
                .body(Body::empty())
                .unwrap();
            app.router.send(request)
        })).await;
        assert_eq!(resumed.iter().filter(|answer| answer.status == 303).count(), 1, "one is signed in");
    }

    async fn of_one_assertion_in_two_sign_ins_at_once_one_is_accepted(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let mut requests = Vec::new();
        for _ in 0..8 {
            let mut browser = app.browser();
            let asked = begin(&tenant, &mut browser).await;
            let mut same = draft(&tenant, "morgan", Some(&asked.request));
            same.assertion_id = "_the-same".into();
            post(&tenant, fields(&same.write(Sign::Both), &asked.relay_state)).await.assert_status(303);
            let cookie = browser.find_cookie(&tenant.path("interact"), "__Secure-wk_interaction").unwrap().to_owned();
            let path = format!("{}?state={}", tenant.path("federation/hospital/resume"), asked.relay_state);
            requests.push(Request::get(path)
                .header(header::COOKIE, format!("__Secure-wk_interaction={cookie}"))
                .body(Body::empty())
                .unwrap());
        }
        let answers = join_all(requests.into_iter().map(|request| app.router.send(request))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 303).count(), 1);
    }

    async fn logout_at_the_provider_ends_sessions_and_online_access_here(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let mut browser = app.browser();
        let consent = sign_in(&tenant, &mut browser, "morgan").await;
        let tokens = finish(&tenant, &mut browser, &consent).await;
        let mut other = app.browser();
        let consent = sign_in(&tenant, &mut other, "okafor").await;
        let others = finish(&tenant, &mut other, &consent).await;
        let token = |tokens: &serde_json::Value| tokens["access_token"].as_str().unwrap().to_owned();
        assert_eq!(tenant.introspect(&token(&tokens)).await["active"], true);
        let query = logout_query(&tenant, &IDP, "morgan", "session-morgan", "_logout-1");
        let sent = browser.goto(&format!("{}?{query}", tenant.path("federation/hospital/slo"))).await;
        assert!(sent.url.as_str().starts_with(SLO), "{sent}");
        let (_, response) = sent.url.query_pairs().find(|(name, _)| name == "SAMLResponse").unwrap();
        let mut xml = String::new();
        flate2::read::DeflateDecoder::new(STANDARD.decode(response.as_bytes()).unwrap().as_slice())
            .read_to_string(&mut xml)
            .unwrap();
        assert!(xml.contains("InResponseTo=\"_logout-1\"") && xml.contains("status:Success"), "{xml}");
        assert!(sent.url.query().unwrap().contains("Signature="));
        // Signed out: the next request asks who it is. The other user is not touched.
        let again = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
        assert!(again.response.text().contains("Hospital account"), "{again}");
        assert_eq!(tenant.introspect(&token(&others)).await["active"], true);
        let replayed = browser.goto(&format!("{}?{query}", tenant.path("federation/hospital/slo"))).await;
        assert_refused(&replayed);
    }
}

#[tokio::test]
async fn logout_at_the_provider_is_told_to_apps_that_listen() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let listening =
        json!({ "token_endpoint_auth_method": "none", "backchannel_logout_uri": "https://app.test/logout" });
    tenant.client(crate::support::app::PUBLIC, listening).await;
    let mut browser = app.browser();
    let consent = sign_in(&tenant, &mut browser, "morgan").await;
    finish(&tenant, &mut browser, &consent).await;
    let query = logout_query(&tenant, &IDP, "morgan", "session-morgan", "_logout-1");
    browser
        .goto(&format!("{}?{query}", tenant.path("federation/hospital/slo")))
        .await;
    let admin = tenant.admin().await;
    let mut rows = admin.cx().begin().await.unwrap();
    // Put off while the first attempt is under way, so asked from later on.
    let later = app.now() + std::time::Duration::from_hours(1);
    let due = rows.take_due_logout_notices(later, later).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].client_id, crate::support::app::PUBLIC);
}

#[tokio::test]
async fn a_provider_that_is_to_be_left_alone_is_named_after_signing_out_here() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| config.local_logout = true).await;
    let mut browser = app.browser();
    let consent = sign_in(&tenant, &mut browser, "morgan").await;
    finish(&tenant, &mut browser, &consent).await;
    let left = tenant.sign_out(&mut browser).await;
    assert_eq!(left.onward(), None);
    assert!(
        left.response
            .text()
            .contains("still be signed in at “Hospital account”"),
        "{left}"
    );
}

#[tokio::test]
async fn an_apps_logout_goes_by_way_of_the_provider_and_ends_at_the_app() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let after = "https://app.test/bye";
    let members = json!({ "token_endpoint_auth_method": "none", "post_logout_redirect_uris": [after] });
    tenant.client(crate::support::app::PUBLIC, members).await;
    let mut browser = app.browser();
    let consent = sign_in(&tenant, &mut browser, "morgan").await;
    let tokens = finish(&tenant, &mut browser, &consent).await;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("id_token_hint", tokens["id_token"].as_str().unwrap())
        .append_pair("post_logout_redirect_uri", after)
        .append_pair("state", "s1")
        .finish();
    let sent = browser.goto(&format!("{}?{query}", tenant.path("logout"))).await;
    assert!(sent.url.as_str().starts_with(SLO), "{sent}");
    let answer = logout_answer(&tenant, &asked(&sent.url));
    let done = browser
        .goto(&format!(
            "{}?{}",
            tenant.path("federation/hospital/slo"),
            answer.query().unwrap()
        ))
        .await;
    assert_eq!(done.url.as_str(), format!("{after}?state=s1"));
}

/// The provider's answer to a logout request of ours.
fn logout_answer(tenant: &TestTenant<'_>, asked: &Asked) -> Url {
    let sp = sp(tenant);
    let xml = format!(
        "<samlp:LogoutResponse xmlns:samlp=\"{}\" xmlns:saml=\"{}\" ID=\"_x\" Version=\"2.0\" IssueInstant=\"{}\" \
         Destination=\"{}\" InResponseTo=\"{}\"><saml:Issuer>{}</saml:Issuer><samlp:Status><samlp:StatusCode \
         Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status></samlp:LogoutResponse>",
        crate::support::saml_idp::PROTOCOL,
        crate::support::saml_idp::ASSERTION,
        tenant.app.now().to_rfc3339(),
        sp.slo_url,
        asked.request,
        IDP.entity_id
    );
    let endpoint = Url::parse(&sp.slo_url).unwrap();
    let relay = Some(asked.relay_state.as_str());
    redirect_address(&endpoint, MessageKind::Response, &xml, relay, Some(&IDP.key)).unwrap()
}

fn logout_query(tenant: &TestTenant<'_>, idp: &Idp, user: &str, session: &str, id: &str) -> String {
    let sp = sp(tenant);
    let xml = format!(
        "<samlp:LogoutRequest xmlns:samlp=\"{}\" xmlns:saml=\"{}\" ID=\"{id}\" Version=\"2.0\" IssueInstant=\"{}\" \
         Destination=\"{}\"><saml:Issuer>{}</saml:Issuer><saml:NameID Format=\"{}\">{user}</saml:NameID>\
         <samlp:SessionIndex>{session}</samlp:SessionIndex></samlp:LogoutRequest>",
        crate::support::saml_idp::PROTOCOL,
        crate::support::saml_idp::ASSERTION,
        tenant.app.now().to_rfc3339(),
        sp.slo_url,
        IDP.entity_id,
        crate::support::saml_idp::PERSISTENT
    );
    let endpoint = Url::parse(&sp.slo_url).unwrap();
    let address = redirect_address(
        &endpoint,
        MessageKind::Request,
        &xml,
        Some("their-state"),
        Some(&idp.key),
    )
    .unwrap();
    address.query().unwrap().to_owned()
}

#[tokio::test]
async fn a_logout_request_of_another_key_or_user_ends_nothing() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let consent = sign_in(&tenant, &mut browser, "morgan").await;
    finish(&tenant, &mut browser, &consent).await;
    let slo = tenant.path("federation/hospital/slo");
    for (idp, user, session) in [
        (&*OTHER, "morgan", "session-morgan"),
        (&*IDP, "okafor", "session-morgan"),
        (&*IDP, "morgan", "session-of-yesterday"),
    ] {
        let query = logout_query(&tenant, idp, user, session, &format!("_logout-{user}-{session}"));
        let mut elsewhere = app.browser();
        elsewhere.goto(&format!("{slo}?{query}")).await;
    }
    let again = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    assert!(
        !again.response.text().contains("Hospital account"),
        "still signed in: {again}"
    );
}

#[tokio::test]
async fn our_logout_asks_the_provider_and_takes_its_answer_once() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let consent = sign_in(&tenant, &mut browser, "morgan").await;
    finish(&tenant, &mut browser, &consent).await;
    let left = tenant.sign_out(&mut browser).await;
    let address = Url::parse(&left.onward().unwrap_or_else(|| panic!("{left}"))).unwrap();
    assert!(address.as_str().starts_with(SLO));
    let asked = asked(&address);
    assert!(
        asked
            .xml
            .contains("<samlp:SessionIndex>session-morgan</samlp:SessionIndex>"),
        "{}",
        asked.xml
    );
    let answer = |request: &str| {
        let answered = Asked {
            request: request.to_owned(),
            relay_state: asked.relay_state.clone(),
            xml: String::new(),
        };
        logout_answer(&tenant, &answered)
    };
    let slo = tenant.path("federation/hospital/slo");
    let other = answer("_unasked");
    assert_refused(&browser.goto(&format!("{slo}?{}", other.query().unwrap())).await);
    let good = answer(&asked.request);
    let done = browser.goto(&format!("{slo}?{}", good.query().unwrap())).await;
    assert!(done.url.path().ends_with("/signed-out"), "{done}");
    assert_refused(&browser.goto(&format!("{slo}?{}", good.query().unwrap())).await);
}

#[tokio::test]
async fn an_answer_to_a_logout_of_ours_signs_nobody_in() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let consent = sign_in(&tenant, &mut browser, "morgan").await;
    finish(&tenant, &mut browser, &consent).await;
    let left = tenant.sign_out(&mut browser).await;
    let out = asked(&Url::parse(&left.onward().unwrap()).unwrap());
    // A response that nobody asked for, and one to the logout request, under the state of the logout.
    for request in [None, Some(out.request.as_str())] {
        let xml = draft(&tenant, "morgan", request).write(Sign::Both);
        let sent = post(&tenant, fields(&xml, &out.relay_state)).await;
        assert!(!sent.status.is_redirection(), "{request:?}: {:?}", sent.status);
    }
    // The logout is as open as before.
    let slo = tenant.path("federation/hospital/slo");
    let answer = logout_answer(&tenant, &out);
    let done = browser.goto(&format!("{slo}?{}", answer.query().unwrap())).await;
    assert!(done.url.path().ends_with("/signed-out"), "{done}");
}

#[tokio::test]
async fn nothing_of_one_tenant_is_accepted_at_another() {
    let app = TestApp::new().await;
    let north = connect(&app, "northside", |_| {}).await;
    let south = connect(&app, "southside", |_| {}).await;
    let (mut at_north, mut at_south) = (app.browser(), app.browser());
    let north_asked = begin(&north, &mut at_north).await;
    let south_asked = begin(&south, &mut at_south).await;
    // North's response at south's endpoint, with either relay state.
    let for_north = draft(&north, "morgan", Some(&north_asked.request)).write(Sign::Both);
    let posted = post(&south, fields(&for_north, &north_asked.relay_state)).await;
    assert!(!posted.status.is_redirection());
    assert_refused(&answer(&south, &mut at_south, &for_north, &south_asked).await);
    // Addressed perfectly to south, answering north's request.
    let mut at_south = app.browser();
    let south_asked = begin(&south, &mut at_south).await;
    let crossed = draft(&south, "morgan", Some(&north_asked.request)).write(Sign::Both);
    assert_refused(&answer(&south, &mut at_south, &crossed, &south_asked).await);
}

#[tokio::test]
async fn one_providers_response_is_not_anothers() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let metadata = OTHER.metadata("https://other.example/sso", None, &[OTHER.key.certificate()]);
    let mut other = document(|_| {});
    other.provider.entity_id = OTHER.entity_id.to_owned();
    tenant
        .admin()
        .await
        .save_saml_provider("other", "Other account", &other, &metadata)
        .await
        .unwrap();
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let forged = draft(&tenant, "morgan", Some(&asked.request)).write_by(&OTHER, Sign::Both);
    assert_refused(&answer(&tenant, &mut browser, &forged, &asked).await);
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let xml = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Both);
    let request = Request::post(tenant.path("federation/other/acs"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(fields(&xml, &asked.relay_state)))
        .unwrap();
    let elsewhere = app.router.send(request).await;
    assert!(
        !elsewhere.status.is_redirection(),
        "asked of one provider, answered at another's endpoint"
    );
}

#[tokio::test]
async fn relay_state_and_parameters_are_exactly_ours() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let xml = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Both);
    let good = STANDARD.encode(&xml);
    let relay = asked.relay_state.as_str();
    let changed = format!("{}A", &relay[..relay.len() - 1]);
    let long = "x".repeat(5_000);
    for (name, form) in [
        ("dropped", form_body(&[("SAMLResponse", &good)])),
        (
            "changed",
            form_body(&[("SAMLResponse", &good), ("RelayState", &changed)]),
        ),
        ("5 kB", form_body(&[("SAMLResponse", &good), ("RelayState", &long)])),
        (
            "an address",
            form_body(&[("SAMLResponse", &good), ("RelayState", "https://evil.example")]),
        ),
        (
            "twice",
            form_body(&[("SAMLResponse", &good), ("RelayState", relay), ("RelayState", relay)]),
        ),
        (
            "message twice",
            form_body(&[("SAMLResponse", &good), ("SAMLResponse", &good), ("RelayState", relay)]),
        ),
        (
            "as a request",
            form_body(&[("SAMLRequest", &good), ("RelayState", relay)]),
        ),
        ("no message", form_body(&[("RelayState", relay)])),
    ] {
        let answer = post(&tenant, form).await;
        assert!(
            !answer.status.is_redirection() && !answer.status.is_success(),
            "{name}: {}",
            answer.status
        );
    }
    let in_the_query = format!("{}?{}", tenant.path("federation/hospital/acs"), fields(&xml, relay));
    let request = Request::post(in_the_query).body(Body::empty()).unwrap();
    assert!(!app.router.send(request).await.status.is_redirection(), "in the query");
    let request = Request::get(tenant.path("federation/hospital/acs"))
        .body(Body::empty())
        .unwrap();
    assert_eq!(app.router.send(request).await.status, 405, "by POST only");
    // After all that, the genuine one is still good.
    let consent = answer(&tenant, &mut browser, &xml, &asked).await;
    finish(&tenant, &mut browser, &consent).await;
}

#[tokio::test]
async fn a_refusal_is_told_without_its_check_and_recorded_with_it() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let mut foreign = draft(&tenant, "morgan", Some(&asked.request));
    foreign.conditions = foreign.conditions.replace("/metadata", "/elsewhere");
    let page = answer(&tenant, &mut browser, &foreign.write(Sign::Both), &asked).await;
    assert_refused(&page);
    assert!(!page.response.text().contains("audience"), "{page}");
    let admin = tenant.admin().await;
    let events = admin
        .cx()
        .read()
        .await
        .unwrap()
        .list_recent_event_outcomes(50)
        .await
        .unwrap();
    let noted = ("sign_in.refused".to_owned(), "assertion_audience".to_owned());
    assert!(events.contains(&noted), "{events:?}");
}

#[tokio::test]
async fn a_session_ends_no_later_than_the_providers() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let mut short = draft(&tenant, "morgan", Some(&asked.request));
    let moment = |seconds: i64| wardkey::kernel::Timestamp::from_seconds(app.now().seconds() + seconds).to_rfc3339();
    short.authn = short.authn.replace(&moment(28_800), &moment(600));
    let consent = answer(&tenant, &mut browser, &short.write(Sign::Both), &asked).await;
    finish(&tenant, &mut browser, &consent).await;
    app.wait(std::time::Duration::from_mins(9));
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    assert!(
        !page.response.text().contains("Hospital account"),
        "still signed in: {page}"
    );
    app.wait(std::time::Duration::from_mins(2));
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    assert!(page.response.text().contains("Hospital account"), "over: {page}");
}

// Sign-in that begins at the provider

async fn unsolicited(tenant: &TestTenant<'_>, user: &str, relay_state: &str) -> Response {
    let xml = draft(tenant, user, None).write(Sign::Both);
    post(tenant, fields(&xml, relay_state)).await
}

#[tokio::test]
async fn a_sign_in_that_the_provider_began_is_refused_unless_the_tenant_wants_it() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    assert!(!unsolicited(&tenant, "morgan", "").await.status.is_redirection());
}

#[tokio::test]
async fn a_sign_in_that_the_provider_began_asks_the_user_and_goes_where_the_tenant_says() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config.idp_initiated = Some(IdpInitiated {
            target: Url::parse("https://portal.test/start").unwrap(),
            targets: [("chart".to_owned(), Url::parse("https://portal.test/chart").unwrap())].into(),
        });
    })
    .await;
    for (user, relay_state, target) in [
        ("morgan", "https://evil.example/", "https://portal.test/start"),
        ("okafor", "chart", "https://portal.test/chart"),
    ] {
        let mut browser = app.browser();
        let form = fields(&draft(&tenant, user, None).write(Sign::Both), relay_state);
        let acs = Url::parse(&sp(&tenant).acs_url).unwrap();
        let sent = browser
            .send(Method::POST, &acs, Some(form.clone()))
            .await
            .assert_status(303);
        let onward = sent.location().to_owned();
        let ask = browser.goto(&onward).await;
        assert!(ask.response.text().contains(user), "{ask}");
        let mut stranger = app.browser();
        assert_refused(&stranger.goto(&onward).await);
        assert!(
            !post(&tenant, form).await.status.is_redirection(),
            "the same assertion again"
        );
        let forged = browser.submit(&ask, &ask.form().with("csrf", "AAAA")).await;
        assert_refused(&forged);
        let done = browser.submit(&ask, &ask.form()).await;
        assert_eq!(done.url.as_str(), target, "{done}");
        // One yes, one sign-in.
        assert_refused(&browser.submit(&ask, &ask.form()).await);
        let signed_in = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
        assert!(!signed_in.response.text().contains("Hospital account"), "{signed_in}");
    }
}

#[tokio::test]
async fn a_provider_that_is_switched_off_begins_no_sign_in() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config.idp_initiated = Some(IdpInitiated {
            target: Url::parse("https://portal.test/start").unwrap(),
            targets: [].into(),
        });
    })
    .await;
    let mut browser = app.browser();
    let form = fields(&draft(&tenant, "morgan", None).write(Sign::Both), "");
    let acs = Url::parse(&sp(&tenant).acs_url).unwrap();
    let sent = browser.send(Method::POST, &acs, Some(form)).await.assert_status(303);
    let ask = browser.goto(sent.location()).await;
    let admin = tenant.admin().await;
    admin
        .switch_sign_in_method("hospital", false, Proof::Waived)
        .await
        .unwrap();
    // Neither does one that waits for the user's yes go on, nor is another taken.
    assert_refused(&browser.submit(&ask, &ask.form()).await);
    assert!(!unsolicited(&tenant, "okafor", "").await.status.is_redirection());
}

#[tokio::test]
async fn an_answer_never_passes_for_one_that_the_provider_began() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config.idp_initiated = Some(IdpInitiated {
            target: Url::parse("https://portal.test/start").unwrap(),
            targets: [].into(),
        });
    })
    .await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let answering = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Both);
    assert!(!post(&tenant, fields(&answering, "")).await.status.is_redirection());
    // And one without request does not finish a sign-in that is open.
    let xml = draft(&tenant, "evil", None).write(Sign::Both);
    assert_refused(&answer(&tenant, &mut browser, &xml, &asked).await);
}

// Keys and metadata

#[tokio::test]
async fn our_metadata_name_the_endpoints_and_every_published_key() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let path = tenant.path("federation/hospital/metadata");
    let plain = tenant.get(&path).await.assert_status(200);
    assert_eq!(plain.header("content-type"), Some("application/samlmetadata+xml"));
    let xml = plain.text().to_owned();
    let sp = sp(&tenant);
    for part in [&sp.entity_id, &sp.acs_url, &sp.slo_url] {
        assert!(xml.contains(part.as_str()), "{xml}");
    }
    let count = |xml: &str| xml.matches("<md:KeyDescriptor").count();
    assert_eq!(count(&xml), 2, "one to sign, one to decrypt");
    assert!(!xml.contains("SignatureValue"));
    let signed = tenant.get(&format!("{path}?signed=true")).await.text().to_owned();
    assert!(signed.contains("<ds:SignatureValue>"));
    let dry = tenant.admin().await.dry(true);
    dry.roll_federation_keys("hospital", FederationKeyStep::PublishNext)
        .await
        .unwrap();
    assert!(
        dry.roll_federation_keys("hospital", FederationKeyStep::Switch)
            .await
            .is_err()
    );
    let admin = tenant.admin().await;
    admin
        .roll_federation_keys("hospital", FederationKeyStep::PublishNext)
        .await
        .unwrap();
    assert_eq!(count(tenant.get(&path).await.text()), 4, "current and next");
    assert!(
        admin
            .roll_federation_keys("hospital", FederationKeyStep::PublishNext)
            .await
            .is_err()
    );
    admin
        .roll_federation_keys("hospital", FederationKeyStep::Switch)
        .await
        .unwrap();
    let switched = tenant.get(&path).await.text().to_owned();
    assert_eq!(count(&switched), 2);
    assert_ne!(switched, xml, "other keys");
    assert!(
        admin
            .roll_federation_keys("hospital", FederationKeyStep::Switch)
            .await
            .is_err()
    );
    admin
        .roll_federation_keys("hospital", FederationKeyStep::RemovePrevious)
        .await
        .unwrap();
    assert!(
        admin
            .roll_federation_keys("hospital", FederationKeyStep::RemovePrevious)
            .await
            .is_err()
    );
    let events = admin.list_events(&EventFilter::default(), 100).await.unwrap();
    let rolled = events
        .iter()
        .filter(|event| event.event == "identity_provider.keys_rolled");
    assert_eq!(rolled.count(), 3, "what was refused or dry is not recorded as done");
}

#[tokio::test]
async fn the_providers_rollover_is_followed_and_a_removed_key_stops_at_once() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let admin = tenant.admin().await;
    let works = async |idp: &Idp, user: &str| {
        let mut browser = app.browser();
        let asked = begin(&tenant, &mut browser).await;
        let xml = draft(&tenant, user, Some(&asked.request)).write_by(idp, Sign::Both);
        answer(&tenant, &mut browser, &xml, &asked)
            .await
            .response
            .status
            .is_success()
    };
    assert!(works(&IDP, "one").await);
    assert!(!works(&OTHER, "two").await);
    let both = IDP.metadata(SSO, Some(SLO), &[IDP.key.certificate(), OTHER.key.certificate()]);
    admin
        .save_saml_provider("hospital", "Hospital account", &document(|_| {}), &both)
        .await
        .unwrap();
    assert!(works(&IDP, "three").await);
    assert!(works(&OTHER, "four").await);
    let new = IDP.metadata(SSO, Some(SLO), &[OTHER.key.certificate()]);
    admin
        .save_saml_provider("hospital", "Hospital account", &document(|_| {}), &new)
        .await
        .unwrap();
    assert!(!works(&IDP, "five").await);
    assert!(works(&OTHER, "six").await);
}

#[tokio::test]
async fn accounts_are_not_shared_with_another_name_format() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config
            .name_id_formats
            .push(SamlProviderConfig::format_named("unspecified"));
    })
    .await;
    let mut subjects = Vec::new();
    for format in ["2.0:nameid-format:persistent", "1.1:nameid-format:unspecified"] {
        let mut browser = app.browser();
        let asked = begin(&tenant, &mut browser).await;
        let mut named = draft(&tenant, "morgan", Some(&asked.request));
        named.subject = named.subject.replace("2.0:nameid-format:persistent", format);
        let consent = answer(&tenant, &mut browser, &named.write(Sign::Both), &asked).await;
        let tokens = finish(&tenant, &mut browser, &consent).await;
        subjects.push(crate::support::app::claims(tokens["access_token"].as_str().unwrap())["sub"].clone());
    }
    assert_ne!(subjects[0], subjects[1]);
}
