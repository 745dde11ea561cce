//! Sign-in, encryption, logout and key rollover with SAML identity providers that nobody here wrote.

use crate::support::app::{REDIRECT_URI, TestApp, TestTenant, claims};
use crate::support::http::RouterExt as _;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::saml_peers::{NpmIdps, Pysaml2, SimpleSamlPhp};
use serde_json::json;
use std::time::Duration;
use url::Url;
use wardkey::control::saml_providers::FederationKeyStep;
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::saml::{Binding, SamlProviderConfig, ServiceProvider};
use wardkey::federation::{Offer, Provisioning, SamlDocument};

const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs";

/// A tenant connected to the provider whose metadata are at `url`, which fetches them.
async fn connect<'a>(
    app: &'a TestApp,
    slug: &str,
    url: &str,
    mapping: MappingRules,
    change: impl FnOnce(&mut SamlProviderConfig),
) -> TestTenant<'a> {
    let tenant = app.tenant(slug).await;
    let url = Url::parse(url).unwrap();
    let fetched = wardkey::federation::fetch_metadata(app.app.federation().outbound(), "test", &url)
        .await
        .unwrap();
    let parsed = wardkey::federation::saml::IdpMetadata::parse(&fetched, None, None, app.now()).unwrap();
    let mut provider = SamlProviderConfig::new(parsed.entity_id);
    provider.metadata_url = Some(url);
    change(&mut provider);
    tenant
        .admin()
        .await
        .save_saml_provider(
            "hospital",
            "Hospital account",
            &SamlDocument {
                provider,
                mapping,
                offer: Offer::default(),
                provisioning: Provisioning::default(),
            },
            &fetched,
        )
        .await
        .unwrap();
    tenant
}

async fn go_upstream(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> Page {
    let chooser = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    browser.goto(&format!("{}/sign-in/hospital", chooser.url.path())).await
}

async fn tokens(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, page: &Page) -> serde_json::Value {
    assert!(is_signed_in(page), "nobody is signed in: {page}");
    let code = match page.parameter("code") {
        Some(code) => code, // allowed before
        None => browser
            .submit(page, &page.form().with("decision", "allow"))
            .await
            .parameter("code")
            .unwrap(),
    };
    tenant.redeem(&code).await.assert_status(200).json()
}

/// At the question of consent, or beyond it.
fn is_signed_in(page: &Page) -> bool {
    page.response.text().contains("name=\"decision\"") || page.url.as_str().starts_with(REDIRECT_URI)
}

/// With `WARDKEY_GOLDEN=<folder>`, keeps a provider's first response and its metadata there, for `saml_golden.rs`.
async fn keep(tenant: &TestTenant<'_>, name: &str, page: &Page) {
    use base64::Engine as _;
    let Ok(folder) = std::env::var("WARDKEY_GOLDEN") else {
        return;
    };
    let folder = std::path::Path::new(&folder);
    if folder.join(format!("{name}.response.xml")).exists() {
        return;
    }
    let form = page
        .forms()
        .into_iter()
        .find(|form| form.find("SAMLResponse").is_some())
        .unwrap();
    let response = base64::engine::general_purpose::STANDARD
        .decode(
            form.find("SAMLResponse")
                .unwrap()
                .split_whitespace()
                .collect::<String>(),
        )
        .unwrap();
    let admin = tenant.admin().await;
    let mut rows = admin.cx().read().await.unwrap();
    let providers = rows.list_identity_providers().await.unwrap();
    let provider = providers.iter().find(|provider| provider.alias == "hospital").unwrap();
    let stored = rows.find_saml_metadata(provider.id).await.unwrap().unwrap();
    std::fs::write(folder.join(format!("{name}.response.xml")), response).unwrap();
    std::fs::write(folder.join(format!("{name}.metadata.xml")), stored.metadata).unwrap();
}

// pysaml2

fn pysaml2_rules() -> MappingRules {
    MappingRules {
        fhir_user: Some("\"Patient/\" + claims.friendly.sn[0]".into()),
        roles: Some("claims.friendly.eduPersonAffiliation".into()),
        ..MappingRules::default()
    }
}

async fn pysaml2<'a>(app: &'a TestApp, peer: &Pysaml2, change: impl FnOnce(&mut SamlProviderConfig)) -> TestTenant<'a> {
    let tenant = connect(app, "northside", &peer.metadata_url(), pysaml2_rules(), change).await;
    let metadata = tenant.get(&tenant.path("federation/hospital/metadata")).await;
    peer.know(metadata.text()).await;
    peer.set(
        json!({ "user": "morgan", "attributes": { "sn": ["morgan"], "eduPersonAffiliation": ["member", "patiënt"] } }),
    )
    .await;
    tenant
}

/// The provider answers at once with a form; `Page` is where it led.
async fn sign_in_at_pysaml2(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> Page {
    let page = go_upstream(tenant, browser).await;
    assert!(page.response.status.is_success(), "{page}");
    let page = if page.response.text().contains("SAMLRequest") {
        browser.submit(&page, &page.form()).await
    } else {
        page
    };
    keep(tenant, "pysaml2", &page).await;
    browser.submit(&page, &page.form()).await
}

#[tokio::test]
async fn pysaml2_signs_people_in_with_every_variant_of_signature_and_encryption() {
    let Some(peer) = Pysaml2::start() else { return };
    let app = TestApp::new().await;
    let tenant = pysaml2(&app, &peer, |_| {}).await;
    let mut subjects = std::collections::BTreeSet::new();
    for (assertion, response, encrypt) in [
        (true, false, None),
        (false, true, None),
        (true, true, None),
        (true, false, Some("gcm")),
        (true, true, Some("gcm")),
        (false, true, Some("cbc")),
    ] {
        peer.set(json!({ "sign_assertion": assertion, "sign_response": response, "encrypt": encrypt }))
            .await;
        let mut browser = app.browser();
        let consent = sign_in_at_pysaml2(&tenant, &mut browser).await;
        let tokens = tokens(&tenant, &mut browser, &consent).await;
        assert_eq!(tokens["patient"], "morgan");
        let claims = claims(tokens["access_token"].as_str().unwrap());
        assert_eq!(claims["roles"], json!(["member", "patiënt"]));
        subjects.insert(claims["sub"].as_str().unwrap().to_owned());
    }
    assert_eq!(subjects.len(), 1, "one account, however it was signed");
    for (assertion, response, encrypt) in [(false, false, None), (true, false, Some("cbc"))] {
        peer.set(json!({ "sign_assertion": assertion, "sign_response": response, "encrypt": encrypt }))
            .await;
        let mut browser = app.browser();
        let page = sign_in_at_pysaml2(&tenant, &mut browser).await;
        assert!(!is_signed_in(&page), "{assertion} {response} {encrypt:?}");
    }
}

#[tokio::test]
async fn pysaml2_takes_our_signed_requests_by_redirect_and_by_post() {
    let Some(peer) = Pysaml2::start() else { return };
    for binding in [Binding::Redirect, Binding::Post] {
        let app = TestApp::new().await;
        peer.set(json!({ "want_signed": true })).await;
        let tenant = pysaml2(&app, &peer, |config| {
            config.binding = Some(binding);
            config.unsigned_requests = true; // the metadata ask for signed ones, which wins
        })
        .await;
        let mut browser = app.browser();
        let consent = sign_in_at_pysaml2(&tenant, &mut browser).await;
        tokens(&tenant, &mut browser, &consent).await;
    }
}

#[tokio::test]
async fn pysaml2_logs_out_in_both_directions() {
    let Some(peer) = Pysaml2::start() else { return };
    let app = TestApp::new().await;
    let tenant = pysaml2(&app, &peer, |_| {}).await;
    let sp = ServiceProvider::new(&tenant.issuer(), "hospital");
    let mut browser = app.browser();
    let consent = sign_in_at_pysaml2(&tenant, &mut browser).await;
    tokens(&tenant, &mut browser, &consent).await;
    // Begun there.
    let mut leave = Url::parse(&format!("{}/leave", peer.base())).unwrap();
    leave
        .query_pairs_mut()
        .append_pair("sp", &sp.entity_id)
        .append_pair("slo", &sp.slo_url);
    let left = browser.goto(leave.as_str()).await;
    assert!(left.response.text().contains("logged out"), "{left}");
    let again = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    assert!(
        again.response.text().contains("Hospital account"),
        "signed out here: {again}"
    );
    // Begun here.
    let consent = sign_in_at_pysaml2(&tenant, &mut browser).await;
    tokens(&tenant, &mut browser, &consent).await;
    let left = tenant.sign_out(&mut browser).await;
    let address = left.onward().unwrap_or_else(|| panic!("not by redirect: {left}"));
    let done = browser.goto(&address).await;
    assert!(done.url.path().ends_with("/signed-out"), "{done}");
    assert_eq!(peer.control("set", &json!({})).await["logged_out"], "morgan");
}

#[tokio::test]
async fn pysaml2_changes_its_key_and_nobody_is_locked_out() {
    let Some(peer) = Pysaml2::start() else { return };
    let app = TestApp::new().await;
    let tenant = pysaml2(&app, &peer, |_| {}).await;
    let works = async || {
        let mut browser = app.browser();
        is_signed_in(&sign_in_at_pysaml2(&tenant, &mut browser).await)
    };
    assert!(works().await);
    peer.control("next_key", &json!({})).await;
    app.wait(Duration::from_mins(6)); // what its metadata say they may be kept
    assert!(works().await, "announced");
    peer.control("switch_key", &json!({})).await;
    assert!(works().await, "switched, with metadata from before");
    // Without any announcement: the first response that does not verify makes us ask.
    app.wait(Duration::from_mins(2));
    peer.control("switch_key", &json!({})).await;
    assert!(works().await, "switched without a word");
}

#[tokio::test]
async fn pysaml2_encrypts_to_our_next_key_while_we_roll_over() {
    let Some(peer) = Pysaml2::start() else { return };
    let app = TestApp::new().await;
    let tenant = pysaml2(&app, &peer, |_| {}).await;
    let admin = tenant.admin().await;
    peer.set(json!({ "encrypt": "gcm" })).await;
    let works = async || {
        let mut browser = app.browser();
        is_signed_in(&sign_in_at_pysaml2(&tenant, &mut browser).await)
    };
    let refresh = async || {
        let metadata = tenant.get(&tenant.path("federation/hospital/metadata")).await;
        peer.know(metadata.text()).await;
    };
    assert!(works().await);
    admin
        .roll_federation_keys("hospital", FederationKeyStep::PublishNext)
        .await
        .unwrap();
    assert!(works().await, "published, not yet taken in");
    refresh().await;
    assert!(works().await, "taken in");
    admin
        .roll_federation_keys("hospital", FederationKeyStep::Switch)
        .await
        .unwrap();
    assert!(works().await, "switched");
    refresh().await;
    admin
        .roll_federation_keys("hospital", FederationKeyStep::RemovePrevious)
        .await
        .unwrap();
    assert!(works().await, "removed");
}

#[tokio::test]
async fn while_the_provider_is_down_its_last_metadata_serve() {
    let Some(peer) = Pysaml2::start() else { return };
    let app = TestApp::new().await;
    let tenant = pysaml2(&app, &peer, |_| {}).await;
    let metadata_url = peer.metadata_url();
    drop(peer);
    app.wait(Duration::from_hours(25));
    let admin = tenant.admin().await;
    let mut browser = app.browser();
    let chooser = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let request = axum::http::Request::get(format!("{}/sign-in/hospital", chooser.url.path()))
        .header(
            "cookie",
            format!(
                "__Secure-wk_interaction={}",
                browser
                    .find_cookie(&tenant.path("interact"), "__Secure-wk_interaction")
                    .unwrap()
            ),
        )
        .body(axum::body::Body::empty())
        .unwrap();
    let sent = app.router.send(request).await.assert_status(303);
    assert!(sent.location().starts_with(metadata_url.trim_end_matches("/metadata")));
    let connection = admin.show_saml_provider("hospital").await.unwrap();
    assert!(
        connection.warnings.iter().any(|warning| warning.contains("fetch")),
        "{:?}",
        connection.warnings
    );
}

// SimpleSAMLphp

fn simplesamlphp_rules() -> MappingRules {
    MappingRules {
        name: Some("claims.attributes.sn[0]".into()),
        fhir_user: Some("\"Patient/\" + claims.attributes.uid[0]".into()),
        roles: Some("claims.attributes.role".into()),
        ..MappingRules::default()
    }
}

async fn simplesamlphp<'a>(app: &'a TestApp, peer: &SimpleSamlPhp, options: &str) -> TestTenant<'a> {
    let tenant = connect(app, "northside", &peer.metadata_url(), simplesamlphp_rules(), |_| {}).await;
    know(&tenant, peer, options).await;
    tenant
}

async fn know(tenant: &TestTenant<'_>, peer: &SimpleSamlPhp, options: &str) {
    let connection = tenant.admin().await.show_saml_provider("hospital").await.unwrap();
    let certificates: Vec<(&str, String)> = connection
        .certificates
        .iter()
        .filter(|certificate| certificate.state != "previous")
        .map(|certificate| (certificate.purpose, certificate.certificate.clone()))
        .collect();
    peer.know(
        &connection.entity_id,
        &connection.acs_url,
        &connection.slo_url,
        &certificates,
        options,
    );
}

async fn sign_in_at_simplesamlphp(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, user: &str) -> Page {
    let mut page = go_upstream(tenant, browser).await;
    assert!(page.response.status.is_success(), "{page}");
    if page.response.text().contains("name=\"password\"") {
        let form = page
            .forms()
            .into_iter()
            .find(|form| form.find("AuthState").is_some())
            .expect("a sign-in form");
        page = browser
            .submit(&page, &form.with("username", user).with("password", user))
            .await;
    }
    keep(tenant, "simplesamlphp", &page).await;
    let form = page
        .forms()
        .into_iter()
        .find(|form| form.find("SAMLResponse").is_some())
        .unwrap_or_else(|| panic!("no response: {page}"));
    browser.submit(&page, &form).await
}

#[tokio::test]
async fn simplesamlphp_signs_people_in_with_its_variants() {
    let Some(peer) = SimpleSamlPhp::start() else { return };
    let app = TestApp::new().await;
    let tenant = simplesamlphp(&app, &peer, "").await;
    for options in [
        "",
        "'saml20.sign.response' => false",
        "'saml20.sign.assertion' => false",
        "'assertion.encryption' => true",
        "'validate.authnrequest' => true",
        "'nameid.encryption' => true",
    ] {
        know(&tenant, &peer, options).await;
        let mut browser = app.browser();
        let consent = sign_in_at_simplesamlphp(&tenant, &mut browser, "student").await;
        assert!(is_signed_in(&consent), "{options}: {consent}");
        let tokens = tokens(&tenant, &mut browser, &consent).await;
        assert_eq!(tokens["patient"], "student", "{options}");
        let claims = claims(tokens["access_token"].as_str().unwrap());
        assert_eq!(claims["roles"], json!(["patient", "member"]));
    }
    // CBC without a signature over the response: whoever changes the ciphertext could learn from our answers.
    know(
        &tenant,
        &peer,
        "'assertion.encryption' => true, 'saml20.sign.response' => false",
    )
    .await;
    let mut browser = app.browser();
    let refused = sign_in_at_simplesamlphp(&tenant, &mut browser, "student").await;
    assert!(!is_signed_in(&refused), "{refused}");
}

#[tokio::test]
async fn simplesamlphp_logs_out_in_both_directions() {
    let Some(peer) = SimpleSamlPhp::start() else { return };
    let app = TestApp::new().await;
    let tenant = simplesamlphp(&app, &peer, "").await;
    let mut browser = app.browser();
    let consent = sign_in_at_simplesamlphp(&tenant, &mut browser, "employee").await;
    tokens(&tenant, &mut browser, &consent).await;
    let left = tenant.sign_out(&mut browser).await;
    let address = left.onward().unwrap_or_else(|| panic!("not by redirect: {left}"));
    let done = browser.goto(&address).await;
    assert!(done.url.path().ends_with("/signed-out"), "{done}");
    // Its session is over: it asks for the password again.
    let page = go_upstream(&tenant, &mut app.browser()).await;
    assert!(page.response.text().contains("name=\"password\""), "{page}");
    // Begun there: it sends us a request, and takes our answer.
    let mut browser = app.browser();
    let consent = sign_in_at_simplesamlphp(&tenant, &mut browser, "student").await;
    tokens(&tenant, &mut browser, &consent).await;
    let leave = format!(
        "{}/saml2/idp/SingleLogoutService.php?ReturnTo={}/index.php",
        peer.base(),
        peer.base()
    );
    browser.goto(&leave).await;
    let again = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    assert!(
        again.response.text().contains("Hospital account"),
        "signed out here: {again}"
    );
}

#[tokio::test]
async fn simplesamlphp_rolls_its_key_over() {
    let Some(peer) = SimpleSamlPhp::start() else { return };
    let app = TestApp::new().await;
    let tenant = simplesamlphp(&app, &peer, "").await;
    let mut browser = app.browser();
    assert!(is_signed_in(
        &sign_in_at_simplesamlphp(&tenant, &mut browser, "student").await
    ));
    peer.roll_key();
    let mut browser = app.browser();
    assert!(is_signed_in(
        &sign_in_at_simplesamlphp(&tenant, &mut browser, "student").await
    ));
}

// samlp (Auth0) and samlify, from npm

async fn npm<'a>(
    app: &'a TestApp,
    peers: &NpmIdps,
    name: &str,
    slug: &str,
    rules: MappingRules,
    change: impl FnOnce(&mut SamlProviderConfig),
) -> TestTenant<'a> {
    let tenant = connect(app, slug, &peers.metadata_url(name), rules, change).await;
    let metadata = tenant.get(&tenant.path("federation/hospital/metadata")).await;
    peers.know(metadata.text()).await;
    tenant
}

async fn sign_in_at_npm(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, name: &str) -> Page {
    let page = go_upstream(tenant, browser).await;
    let page = if page.response.text().contains("SAMLRequest") {
        browser.submit(&page, &page.form()).await
    } else {
        page
    };
    assert!(page.response.text().contains("SAMLResponse"), "{page}");
    keep(tenant, name, &page).await;
    browser.submit(&page, &page.form()).await
}

fn samlp_rules() -> MappingRules {
    let surname = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname";
    MappingRules {
        fhir_user: Some(format!("\"Patient/\" + claims.attributes[\"{surname}\"][0]")),
        ..MappingRules::default()
    }
}

fn samlify_rules() -> MappingRules {
    MappingRules {
        fhir_user: Some("\"Patient/\" + claims.attributes.uid[0]".into()),
        ..MappingRules::default()
    }
}

#[tokio::test]
async fn samlp_signs_people_in_with_its_variants() {
    let Some(peers) = NpmIdps::start() else { return };
    let app = TestApp::new().await;
    let tenant = npm(&app, &peers, "samlp", "northside", samlp_rules(), |_| {}).await;
    for (assertion, response, encrypt) in [
        (true, false, None),
        (false, true, None),
        (true, true, None),
        (true, false, Some("gcm")),
        (false, true, Some("gcm")),
    ] {
        peers
            .set(json!({ "sign_assertion": assertion, "sign_response": response, "encrypt": encrypt }))
            .await;
        let mut browser = app.browser();
        let consent = sign_in_at_npm(&tenant, &mut browser, "samlp").await;
        let tokens = tokens(&tenant, &mut browser, &consent).await;
        assert_eq!(tokens["patient"], "morgan", "{assertion} {response} {encrypt:?}");
    }
    peers
        .set(json!({ "sign_assertion": false, "sign_response": false, "encrypt": null }))
        .await;
    let unsigned = sign_in_at_npm(&tenant, &mut app.browser(), "samlp").await;
    assert!(!is_signed_in(&unsigned), "{unsigned}");
}

#[tokio::test]
async fn samlify_takes_our_signed_requests_by_redirect_and_post_and_signs_people_in() {
    let Some(peers) = NpmIdps::start() else { return };
    for (binding, encrypt) in [
        (Binding::Redirect, None),
        (Binding::Post, None),
        (Binding::Redirect, Some("gcm")),
    ] {
        let app = TestApp::new().await;
        let tenant = npm(&app, &peers, "samlify", "northside", samlify_rules(), |config| {
            config.binding = Some(binding);
        })
        .await;
        peers.set(json!({ "encrypt": encrypt })).await;
        let mut browser = app.browser();
        let consent = sign_in_at_npm(&tenant, &mut browser, "samlify").await;
        let tokens = tokens(&tenant, &mut browser, &consent).await;
        assert_eq!(tokens["patient"], "morgan", "{binding:?} {encrypt:?}");
    }
}

#[tokio::test]
async fn samlify_ends_its_session_at_our_request_and_its_answer_is_taken() {
    let Some(peers) = NpmIdps::start() else { return };
    let app = TestApp::new().await;
    let tenant = npm(&app, &peers, "samlify", "northside", samlify_rules(), |_| {}).await;
    let mut browser = app.browser();
    let consent = sign_in_at_npm(&tenant, &mut browser, "samlify").await;
    tokens(&tenant, &mut browser, &consent).await;
    let left = tenant.sign_out(&mut browser).await;
    let done = browser.goto(&left.onward().unwrap_or_else(|| panic!("{left}"))).await;
    assert!(done.url.path().ends_with("/signed-out"), "{done}");
    assert_eq!(peers.set(json!({})).await["logged_out"], "morgan");
}
