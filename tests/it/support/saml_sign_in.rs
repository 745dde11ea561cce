//! Signing in through a SAML provider that is the test's own, so that it can do what none of them does.

use super::app::{REDIRECT_URI, TestApp, TestTenant};
use super::http::{Response, RouterExt, form_body};
use super::http_browser::{HttpBrowser, Page};
use super::saml_idp::{Draft, IDP, Sign};
use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::Read as _;
use url::Url;
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::saml::{SamlProviderConfig, ServiceProvider};
use wardkey::federation::{Offer, Provisioning, SamlDocument};
use wardkey::kernel::Sha256Hash;

/// What the app asks for.
pub const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs";
/// Where the provider signs people in.
pub const SSO: &str = "https://idp.hospital.example/sso";
/// Where it logs them out.
pub const SLO: &str = "https://idp.hospital.example/slo";

/// Its settings.
pub fn document(change: impl FnOnce(&mut SamlProviderConfig)) -> SamlDocument {
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
pub async fn connect<'a>(app: &'a TestApp, slug: &str, change: impl FnOnce(&mut SamlProviderConfig)) -> TestTenant<'a> {
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

/// How the tenant presents itself to it.
pub fn sp(tenant: &TestTenant<'_>) -> ServiceProvider {
    ServiceProvider::new(&tenant.issuer(), "hospital")
}

/// A sign-in under way at the provider.
pub struct Asked {
    /// The id of our request.
    pub request: String,
    /// What comes back with the answer.
    pub relay_state: String,
    /// The request itself.
    pub xml: String,
}

/// What the browser carries to the provider by redirect.
pub fn asked(location: &Url) -> Asked {
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
pub async fn begin(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> Asked {
    let chooser = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let step = format!("{}/sign-in/hospital", chooser.url.path());
    asked(&browser.goto(&step).await.url)
}

/// What the provider says of a user.
pub fn draft(tenant: &TestTenant<'_>, user: &str, request: Option<&str>) -> Draft {
    let mut draft = Draft::at(&sp(tenant), IDP.entity_id, tenant.app.now(), user, request);
    // Every assertion has an identifier of its own.
    let marker = Sha256Hash::of(format!("{user}{request:?}").as_bytes()).to_base64url();
    draft.assertion_id = format!("_a{marker}");
    draft.response_id = format!("_r{marker}");
    draft
}

/// The form that carries a response.
pub fn fields(xml: &str, relay_state: &str) -> String {
    form_body(&[("SAMLResponse", &STANDARD.encode(xml)), ("RelayState", relay_state)])
}

/// Posts a response as the provider's page does: from elsewhere, so without our cookies.
pub async fn post(tenant: &TestTenant<'_>, form: String) -> Response {
    let request = Request::post(tenant.path("federation/hospital/acs"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    tenant.app.router.send(request).await
}

/// Posts the response and lets the browser go where it is sent.
pub async fn answer(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, xml: &str, asked: &Asked) -> Page {
    let sent = post(tenant, fields(xml, &asked.relay_state)).await.assert_status(303);
    let onward = sent.location().to_owned();
    browser.goto(&onward).await
}

/// Signs somebody in.
pub async fn sign_in(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, user: &str) -> Page {
    let asked = begin(tenant, browser).await;
    let xml = draft(tenant, user, Some(&asked.request)).write(Sign::Assertion);
    answer(tenant, browser, &xml, &asked).await
}

/// Agrees, and redeems the code.
pub async fn finish(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, consent: &Page) -> serde_json::Value {
    let done = browser.submit(consent, &consent.form().with("decision", "allow")).await;
    assert!(done.url.as_str().starts_with(REDIRECT_URI), "{done}");
    tenant
        .redeem(&done.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json()
}

/// Fails unless the page is a refusal.
#[track_caller]
pub fn assert_refused(page: &Page) {
    assert!(
        page.response.status.is_client_error() || page.response.status.is_server_error(),
        "{page}"
    );
}
