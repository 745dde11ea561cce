//! Logout at a SAML provider and by way of it, over the server's own endpoints.

use crate::support::app::{TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::saml_idp::{IDP, Idp, OTHER, Sign};
use crate::support::saml_sign_in::{
    Asked, SCOPE, SLO, asked, assert_refused, connect, draft, fields, finish, post, sign_in, sp,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::io::Read as _;
use url::Url;
use wardkey::federation::saml::{MessageKind, redirect_address};

on_each_database! {
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
