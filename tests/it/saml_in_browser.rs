//! SAML with other people's providers in a real browser: sign-in, logout in both directions by both bindings, and keys that roll
//! over on both sides while people come and go. The provider is on another site than Wardkey wherever it can be, so cookies and
//! content policies are held to what they are in a hospital.

use crate::support::app::{TestApp, TestTenant};
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::loopback::{Port, Served};
use crate::support::saml_peers::{Pysaml2, SimpleSamlPhp};
use serde_json::json;
use url::Url;
use wardkey::control::ControlError;
use wardkey::control::saml_providers::FederationKeyStep;
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::saml::{Binding, IdpMetadata, SamlProviderConfig, ServiceProvider};
use wardkey::federation::{Offer, Provisioning, SamlDocument};

const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs";
/// Where SimpleSAMLphp takes us to be when it should send us logout messages by POST; a later member of the array wins.
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// Wardkey on a port, one browser, and a tenant that is connected to a provider.
struct Stage {
    browser: Browser,
    app: TestApp,
    _served: Served,
}

impl Stage {
    async fn set() -> Option<Self> {
        let browser = Browser::open().await?;
        let port = Port::take().await;
        let app = TestApp::at(Database::sqlite(), port.base()).await;
        app.tenant("northside").await;
        let served = port.serve(app.router.clone());
        Some(Self {
            browser,
            app,
            _served: served,
        })
    }

    fn tenant(&self) -> TestTenant<'_> {
        TestTenant {
            app: &self.app,
            slug: "northside".to_owned(),
        }
    }

    /// Connects the provider whose metadata are at `url`, as `wardkey idp add-saml --metadata URL` does.
    async fn connect(&self, url: &str, mapping: MappingRules, change: impl FnOnce(&mut SamlProviderConfig)) {
        let url = Url::parse(url).unwrap();
        let outbound = self.app.app.federation().outbound();
        let fetched = wardkey::federation::fetch_metadata(outbound, "test", &url)
            .await
            .unwrap();
        let parsed = IdpMetadata::parse(&fetched, None, None, self.app.now()).unwrap();
        let mut provider = SamlProviderConfig::new(parsed.entity_id);
        provider.metadata_url = Some(url);
        change(&mut provider);
        let document = SamlDocument {
            provider,
            mapping,
            offer: Offer::default(),
            provisioning: Provisioning::default(),
        };
        let admin = self.tenant().admin().await;
        let saved = admin.save_saml_provider("hospital", "Hospital account", &document, &fetched);
        saved.await.unwrap();
    }

    /// Opens an app's request, as far as the first page on which something has to be done.
    async fn open(&self) {
        let request = self.tenant().authorization_request(SCOPE).address();
        self.browser.goto(&format!("{}{request}", self.app.base)).await;
    }

    async fn choose_the_hospital(&self) {
        self.open().await;
        let choice = self.browser.wait_for("a.choice[href$='/sign-in/hospital']").await;
        choice.click().await.unwrap();
    }

    async fn consent(&self) {
        self.browser.wait_for("button[value=allow]").await;
    }

    /// Whether an app's request would be answered without anybody signing in.
    async fn assert_signed_in(&self, signed_in: bool, when: &str) {
        self.open().await;
        let expected = if signed_in { "button[value=allow]" } else { "a.choice" };
        let _ = self.browser.wait_for(expected).await;
        assert_eq!(
            self.browser.page_text().await.contains("Hospital account"),
            !signed_in,
            "{when}"
        );
    }

    /// Signs out on the user's own page, and arrives at the page that says so.
    async fn sign_out(&self) {
        let list = self.tenant().path("apps");
        self.browser.goto(&format!("{}{list}", self.app.base)).await;
        self.browser.press("Sign out").await;
        self.browser.wait_for_words("h1", "You are signed out").await;
        assert!(self.browser.url().await.path().ends_with("/signed-out"));
    }

    fn sp(&self) -> ServiceProvider {
        ServiceProvider::new(&self.tenant().issuer(), "hospital")
    }
}

// SimpleSAMLphp

fn simplesamlphp_rules() -> MappingRules {
    MappingRules {
        fhir_user: Some("\"Patient/\" + claims.attributes.uid[0]".into()),
        roles: Some("claims.attributes.role".into()),
        ..MappingRules::default()
    }
}

/// Enters our side at the provider, with the certificates that our metadata publish now. `by` is how it sends us logout messages.
async fn know(stage: &Stage, peer: &SimpleSamlPhp, by: Binding, options: &str) {
    let connection = stage
        .tenant()
        .admin()
        .await
        .show_saml_provider("hospital")
        .await
        .unwrap();
    let published = connection
        .certificates
        .iter()
        .filter(|certificate| certificate.state != "previous");
    let certificates: Vec<(&str, String)> = published
        .map(|certificate| (certificate.purpose, certificate.certificate.clone()))
        .collect();
    let slo = match by {
        Binding::Redirect => String::new(),
        Binding::Post => format!(
            "'SingleLogoutService' => [['Binding' => '{POST}', 'Location' => '{}']],",
            connection.slo_url
        ),
    };
    peer.know(
        &connection.entity_id,
        &connection.acs_url,
        &connection.slo_url,
        &certificates,
        &format!("{slo}{options}"),
    );
}

async fn sign_in_at_simplesamlphp(stage: &Stage) {
    stage.choose_the_hospital().await;
    let name = stage.browser.wait_for("#username").await;
    name.send_keys("student").await.unwrap();
    let password = stage.browser.wait_for("#password").await;
    password.send_keys("student\u{e007}").await.unwrap();
    stage.consent().await;
}

async fn stage_with_simplesamlphp(by: Binding, hosted: &str) -> Option<(Stage, SimpleSamlPhp)> {
    let peer = SimpleSamlPhp::start_at("localhost")?;
    if by == Binding::Post {
        peer.set(&format!("'SingleLogoutServiceBinding' => ['{POST}'], {hosted}"));
    } else {
        peer.set(hosted);
    }
    let stage = Stage::set().await?;
    stage.connect(&peer.metadata_url(), simplesamlphp_rules(), |_| {}).await;
    know(&stage, &peer, by, "'validate.logout' => true").await;
    Some((stage, peer))
}

/// Both directions: the user leaves here, and the provider's session is over; the user leaves there, and the one here is.
async fn logs_out_both_ways(by: Binding) {
    let Some((stage, peer)) = stage_with_simplesamlphp(by, "").await else {
        return;
    };
    sign_in_at_simplesamlphp(&stage).await;
    stage.sign_out().await;
    // It asks for the password again, which `sign_in_at_simplesamlphp` waits for.
    sign_in_at_simplesamlphp(&stage).await;
    stage.assert_signed_in(true, "before leaving").await;
    let left = format!("{}/index.php", peer.base());
    let leave = format!("{}/saml2/idp/SingleLogoutService.php?ReturnTo={left}", peer.base());
    stage.browser.goto(&leave).await;
    stage
        .browser
        .wait_for_words("body", "SimpleSAMLphp installation page")
        .await;
    stage.assert_signed_in(false, "after leaving the provider").await;
}

#[tokio::test]
async fn simplesamlphp_signs_in_and_logs_out_both_ways_by_redirect() {
    logs_out_both_ways(Binding::Redirect).await;
}

#[tokio::test]
async fn simplesamlphp_signs_in_and_logs_out_both_ways_by_post() {
    logs_out_both_ways(Binding::Post).await;
}

/// Many providers log out of everything at once on one page, each service in a frame of it.
#[tokio::test]
async fn a_provider_that_logs_out_in_frames_gets_its_answer_by_either_binding() {
    for by in [Binding::Redirect, Binding::Post] {
        let Some((stage, peer)) = stage_with_simplesamlphp(by, "'logouttype' => 'iframe'").await else {
            return;
        };
        sign_in_at_simplesamlphp(&stage).await;
        let left = format!("{}/index.php", peer.base());
        let leave = format!("{}/saml2/idp/SingleLogoutService.php?ReturnTo={left}", peer.base());
        stage.browser.goto(&leave).await;
        stage.browser.press("Yes, all services").await;
        // It goes on by itself when every frame has said that it is done, and only then.
        stage
            .browser
            .wait_for_words("body", "SimpleSAMLphp installation page")
            .await;
        stage.assert_signed_in(false, "after leaving in frames").await;
    }
}

/// Each side changes its keys, step by step, and at each step somebody signs in and out again. The provider checks our signatures
/// and encrypts to us, and we check its own.
#[tokio::test]
async fn keys_roll_over_at_simplesamlphp_and_here_without_a_failed_sign_in() {
    let Some((stage, peer)) = stage_with_simplesamlphp(Binding::Redirect, "").await else {
        return;
    };
    let strict = "'validate.authnrequest' => true, 'validate.logout' => true, 'assertion.encryption' => true";
    let works = async || {
        sign_in_at_simplesamlphp(&stage).await;
        stage.sign_out().await;
    };
    let admin = stage.tenant().admin().await;
    let roll = async |step: FederationKeyStep| admin.roll_federation_keys("hospital", step).await.unwrap();
    know(&stage, &peer, Binding::Redirect, strict).await;
    works().await;
    // Ours: published, taken in, switched, and the old one gone.
    roll(FederationKeyStep::PublishNext).await;
    works().await;
    know(&stage, &peer, Binding::Redirect, strict).await;
    works().await;
    // A provider that encrypted to the next key has proven that it knows it, which switches by itself.
    let switched = admin.roll_federation_keys("hospital", FederationKeyStep::Switch).await;
    assert!(
        matches!(switched, Ok(()) | Err(ControlError::Conflict(_))),
        "{switched:?}"
    );
    works().await;
    know(&stage, &peer, Binding::Redirect, strict).await;
    works().await;
    roll(FederationKeyStep::RemovePrevious).await;
    works().await;
    // Theirs: a new certificate next to the old one, which it signs with at once; then the old one goes.
    peer.roll_key();
    works().await;
    peer.drop_old_key();
    works().await;
}

// pysaml2

async fn stage_with_pysaml2(by: &str, change: impl FnOnce(&mut SamlProviderConfig)) -> Option<(Stage, Pysaml2)> {
    let peer = Pysaml2::start()?;
    peer.set(json!({ "user": "morgan", "attributes": { "sn": ["morgan"] }, "slo": by }))
        .await;
    let stage = Stage::set().await?;
    let rules = MappingRules {
        fhir_user: Some("\"Patient/\" + claims.friendly.sn[0]".into()),
        ..MappingRules::default()
    };
    stage.connect(&peer.metadata_url(), rules, change).await;
    let tenant = stage.tenant();
    peer.know(tenant.get(&tenant.path("federation/hospital/metadata")).await.text())
        .await;
    Some((stage, peer))
}

#[tokio::test]
async fn pysaml2_signs_in_and_logs_out_both_ways_by_either_binding() {
    for by in ["redirect", "post"] {
        let Some((stage, peer)) = stage_with_pysaml2(by, |_| {}).await else {
            return;
        };
        stage.choose_the_hospital().await;
        stage.consent().await;
        stage.sign_out().await;
        assert_eq!(peer.control("set", &json!({})).await["logged_out"], "morgan", "{by}");
        stage.choose_the_hospital().await;
        stage.consent().await;
        let sp = stage.sp();
        let mut leave = Url::parse(&format!("{}/leave", peer.base())).unwrap();
        leave
            .query_pairs_mut()
            .append_pair("sp", &sp.entity_id)
            .append_pair("slo", &sp.slo_url);
        stage.browser.goto(leave.as_str()).await;
        stage.browser.wait_for_text("p", "logged out").await;
        stage.assert_signed_in(false, by).await;
    }
}

/// The form's target and every redirect after it are held against the page's content policy.
#[tokio::test]
async fn a_request_by_post_arrives_where_the_provider_sends_it_on_to() {
    let Some((stage, peer)) = stage_with_pysaml2("redirect", |config| config.binding = Some(Binding::Post)).await
    else {
        return;
    };
    peer.set(json!({ "elsewhere": true })).await;
    stage.choose_the_hospital().await;
    stage.consent().await;
}
