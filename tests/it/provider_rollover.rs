//! Keys change on both sides of a connection, again and again, and nobody notices.

use crate::support::app::{TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::http_browser::HttpBrowser;
use crate::support::loopback::{Port, Served};
use crate::support::saml_idp::{Draft, GCM, Idp};
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;
use wardkey::control::provider_notices::NoticeKind;
use wardkey::control::provider_upkeep::keep_up_providers;
use wardkey::control::saml_providers::FederationKeyStep;
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::saml::{SamlProviderConfig, ServiceProvider, TrustedKey, TrustedKeys};
use wardkey::federation::{KeyRotation, Offer, OidcDocument, SamlDocument};
use wardkey::kernel::Timestamp;
use wardkey::oauth::jose::{
    JwkSet, JwtType, RsaSize, SigningAlgorithm, SigningKeyPair, UnverifiedJwt, VerificationKeys,
};
use wardkey::store::tenant::EventFilter;

const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs";
const DAY: Duration = Duration::from_hours(24);
const ENTITY: &str = "https://idp.hospital.example/metadata";
const SSO: &str = "https://idp.hospital.example/sso";
const AUTHORIZE: &str = "https://idp.hospital.example/authorize";
/// Our keys hand over every two months, published twenty days ahead.
const ROTATION: KeyRotation = KeyRotation {
    after_days: Some(60),
    publish_days: 20,
};

/// A provider's own keys: the next is published at day 20 of 50, signs from day 35, and the one before goes at day 50.
struct Rolling<K> {
    keys: Vec<K>,
    make: fn() -> K,
}

impl<K> Rolling<K> {
    fn new(make: fn() -> K) -> Self {
        Self {
            keys: vec![make()],
            make,
        }
    }

    /// Takes the steps of this day.
    fn pass(&mut self, day: u64) {
        let (term, day) = (usize::try_from(day / 50).unwrap(), day % 50);
        if day >= 20 && self.keys.len() == term + 1 {
            self.keys.push((self.make)());
        }
    }

    fn published(&self, day: u64) -> &[K] {
        &self.keys[usize::try_from(day / 50).unwrap()..]
    }

    fn signing(&self, day: u64) -> &K {
        let published = self.published(day);
        if day % 50 >= 35 {
            published.last().unwrap()
        } else {
            &published[0]
        }
    }
}

/// A provider that looks at our metadata now and then, and believes what it saw last, to the letter.
struct SamlParty {
    keys: Rolling<Idp>,
    signing: Vec<Vec<u8>>,
    encryption: Vec<Vec<u8>>,
    /// Whether it encrypts to the last certificate that it knows, or to the first.
    takes_last: bool,
}

fn certificates(metadata: &str, usage: &str) -> Vec<Vec<u8>> {
    let parts = metadata.split("<md:KeyDescriptor ").skip(1);
    let parts = parts.filter(|part| part.starts_with(&format!("use=\"{usage}\"")));
    parts
        .map(|part| {
            let text = part.split("<ds:X509Certificate>").nth(1).unwrap();
            STANDARD.decode(text.split('<').next().unwrap()).unwrap()
        })
        .collect()
}

impl SamlParty {
    fn new(takes_last: bool) -> Self {
        Self {
            keys: Rolling::new(|| Idp::generate(ENTITY)),
            signing: Vec::new(),
            encryption: Vec::new(),
            takes_last,
        }
    }

    fn metadata(&self, day: u64) -> String {
        let published = self.keys.published(day);
        let certificates: Vec<&[u8]> = published.iter().map(|idp| idp.key.certificate()).collect();
        published[0].metadata(SSO, None, &certificates)
    }

    fn take_in(&mut self, ours: &str) {
        self.signing = certificates(ours, "signing");
        self.encryption = certificates(ours, "encryption");
    }

    /// The answer to our request, which must be signed with a key that it knows.
    fn answer(&self, day: u64, location: &Url, sp: &ServiceProvider, now: Timestamp, user: &str) -> (String, String) {
        let query = location.query().unwrap();
        let (signed, signature) = query.split_once("&Signature=").expect("requests are signed");
        let parameter = |name: &str| {
            location
                .query_pairs()
                .find(|(key, _)| key == name)
                .unwrap()
                .1
                .into_owned()
        };
        let known = self
            .signing
            .iter()
            .map(|der| TrustedKey::from_certificate(der).unwrap());
        let signature = url::form_urlencoded::parse(format!("s={signature}").as_bytes())
            .next()
            .unwrap()
            .1
            .into_owned();
        assert!(
            TrustedKeys::new(known).verify(
                &parameter("SigAlg"),
                signed.as_bytes(),
                &STANDARD.decode(signature).unwrap()
            ),
            "day {day}: a request signed with a key that the provider does not know"
        );
        let deflated = STANDARD.decode(parameter("SAMLRequest")).unwrap();
        let mut xml = String::new();
        flate2::read::DeflateDecoder::new(deflated.as_slice())
            .read_to_string(&mut xml)
            .unwrap();
        let request = xml.split(" ID=\"").nth(1).unwrap().split('"').next().unwrap();
        let idp = self.keys.signing(day);
        let draft = Draft::at(sp, ENTITY, now, user, Some(request));
        let assertion = idp.sign(&draft.assertion(), &draft.assertion_id);
        let certificate = if self.takes_last {
            self.encryption.last()
        } else {
            self.encryption.first()
        };
        let encrypted = encrypted_to(certificate.unwrap(), &assertion);
        (draft.around(idp, &encrypted, false), parameter("RelayState"))
    }
}

pub(crate) fn encrypted_to(certificate: &[u8], plaintext: &str) -> String {
    use bergshamra_crypto::keytransport::{OaepParams, from_uri_with_params};
    let spki = bergshamra_keys::loader::load_x509_cert_der(certificate)
        .unwrap()
        .to_spki_der()
        .unwrap();
    let key = kryptering::SoftwareKey::from_spki_der(kryptering::KeyAlgorithm::Rsa, &spki).unwrap();
    let content_key = vec![9_u8; GCM.key_bytes];
    let wrapped = from_uri_with_params(GCM.transport, OaepParams::default()).unwrap();
    let wrapped = wrapped.encrypt(&key, &content_key).unwrap();
    let content = bergshamra_crypto::cipher::from_uri(GCM.cipher).unwrap();
    let content = content.encrypt(&content_key, plaintext.as_bytes()).unwrap();
    crate::support::saml_idp::encrypted_from(&wrapped, &content, GCM)
}

/// An OpenID Connect provider that knows our keys as it saw them last.
struct OidcParty {
    base: String,
    keys: Rolling<SigningKeyPair>,
    day: u64,
    now: Timestamp,
    ours: JwkSet,
    refused: Vec<String>,
}

type SharedOidc = Arc<Mutex<OidcParty>>;
type SharedSaml = Arc<Mutex<(u64, SamlParty)>>;

impl OidcParty {
    fn token(&mut self, form: &HashMap<String, String>) -> Result<Value, &'static str> {
        let assertion = form.get("client_assertion").ok_or("no assertion")?;
        let parsed = UnverifiedJwt::parse(assertion).map_err(|_| "malformed")?;
        let algorithms = [SigningAlgorithm::RS256];
        let keys = VerificationKeys::from_jwk_set(&self.ours);
        let _: Value = parsed
            .verify_statement(&keys, &algorithms, self.now)
            .map_err(|_| "an assertion signed with a key that the provider does not know")?;
        // The code is the nonce and the user.
        let code = form.get("code").ok_or("no code")?;
        let (nonce, user) = code.split_once('~').ok_or("no code")?;
        let claims = json!({
            "iss": self.base, "sub": user, "aud": "wardkey", "nonce": nonce, "iat": self.now.seconds(),
            "exp": self.now.seconds() + 300, "auth_time": self.now.seconds(), "patient": user, "name": user,
        });
        let id_token = self
            .keys
            .signing(self.day)
            .sign(JwtType::IdToken, &claims)
            .map_err(|_| "no signature")?;
        Ok(json!({ "access_token": "x", "token_type": "Bearer", "id_token": id_token }))
    }
}

async fn token(
    State(party): State<SharedOidc>,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let mut party = party.lock().unwrap();
    match party.token(&form) {
        Ok(tokens) => (StatusCode::OK, Json(tokens)),
        Err(reason) => {
            party.refused.push(reason.to_owned());
            (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" })))
        }
    }
}

async fn serve_oidc(now: Timestamp) -> (SharedOidc, Served) {
    let port = Port::take().await;
    let party = Arc::new(Mutex::new(OidcParty {
        base: port.base().to_owned(),
        keys: Rolling::new(|| SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::default()).unwrap()),
        day: 0,
        now,
        ours: JwkSet { keys: Vec::new() },
        refused: Vec::new(),
    }));
    let router = Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(|State(party): State<SharedOidc>| async move {
                let base = party.lock().unwrap().base.clone();
                Json(json!({
                    "issuer": base, "authorization_endpoint": AUTHORIZE,
                    "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/jwks"),
                }))
            }),
        )
        .route(
            "/jwks",
            get(|State(party): State<SharedOidc>| async move {
                let party = party.lock().unwrap();
                let keys: Vec<_> = party
                    .keys
                    .published(party.day)
                    .iter()
                    .map(|key| key.public_jwk().clone())
                    .collect();
                Json(json!({ "keys": keys }))
            }),
        )
        .route("/token", post(token))
        .with_state(party.clone());
    (party, port.serve(router))
}

/// Serves a SAML provider's metadata as they are on its day.
async fn serve_saml(takes_last: bool) -> (SharedSaml, String, Served) {
    let party = Arc::new(Mutex::new((0, SamlParty::new(takes_last))));
    let router = Router::new()
        .route(
            "/metadata",
            get(|State(party): State<SharedSaml>| async move {
                let party = party.lock().unwrap();
                party.1.metadata(party.0)
            }),
        )
        .with_state(party.clone());
    let served = Served::start(router).await;
    let url = format!("{}/metadata", served.base());
    (party, url, served)
}

fn rules() -> MappingRules {
    MappingRules {
        name: Some("\"Somebody\"".into()),
        fhir_user: Some("\"Patient/pat-1\"".into()),
        patient: Some("\"pat-1\"".into()),
        ..MappingRules::default()
    }
}

async fn connect_saml(tenant: &TestTenant<'_>, alias: &str, url: &str, metadata: &str, rotation: KeyRotation) {
    let mut provider = SamlProviderConfig::new(ENTITY);
    provider.metadata_url = Some(url.parse().unwrap());
    provider.key_rotation = rotation;
    let document = SamlDocument {
        provisioning: wardkey::federation::Provisioning::default(),
        provider,
        mapping: rules(),
        offer: Offer::default(),
    };
    let admin = tenant.admin().await;
    admin
        .save_saml_provider(alias, "Hospital account", &document, metadata)
        .await
        .unwrap();
}

async fn connect_oidc(tenant: &TestTenant<'_>, issuer: &str, rotation: KeyRotation) {
    let document = OidcDocument {
        provisioning: wardkey::federation::Provisioning::default(),
        provider: json!({
            "issuer": issuer, "client_id": "wardkey", "authentication": "private_key_jwt",
            "id_token_algorithms": ["ES256"], "key_rotation": rotation,
        })
        .as_object()
        .cloned()
        .unwrap(),
        mapping: rules(),
        offer: Offer::default(),
    };
    let admin = tenant.admin().await;
    admin
        .save_oidc_provider("oidc", "Hospital account", &document, None)
        .await
        .unwrap();
}

/// The address to which a browser is sent to sign in.
async fn sent_to(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, alias: &str) -> Url {
    let chooser = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let step = format!("{}/sign-in/{alias}", chooser.url.path());
    browser.goto(&step).await.url
}

async fn sign_in_by_saml(tenant: &TestTenant<'_>, party: &SharedSaml, alias: &str) {
    let mut browser = tenant.app.browser();
    let location = sent_to(tenant, &mut browser, alias).await;
    let sp = ServiceProvider::new(&tenant.issuer(), alias);
    let (day, xml, relay_state) = {
        let party = party.lock().unwrap();
        // Somebody else each time, so that no two assertions have one identifier.
        let user = format!("{alias}-{}", tenant.app.now().seconds());
        let (xml, relay_state) = party.1.answer(party.0, &location, &sp, tenant.app.now(), &user);
        (party.0, xml, relay_state)
    };
    let fields = [("SAMLResponse", STANDARD.encode(xml)), ("RelayState", relay_state)];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let request = Request::post(tenant.path(&format!("federation/{alias}/acs"))).form(&fields);
    let sent = tenant.app.router.send(request).await.assert_status(303);
    let consent = browser.goto(sent.location()).await;
    assert!(
        consent.response.text().contains("value=\"allow\""),
        "{alias}, day {day}: {consent}"
    );
}

async fn sign_in_by_oidc(tenant: &TestTenant<'_>, party: &SharedOidc) {
    let mut browser = tenant.app.browser();
    let location = sent_to(tenant, &mut browser, "oidc").await;
    let parameter = |name: &str| {
        location
            .query_pairs()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .into_owned()
    };
    let day = party.lock().unwrap().day;
    let mut callback = Url::parse(&parameter("redirect_uri")).unwrap();
    callback
        .query_pairs_mut()
        .append_pair("code", &format!("{}~user-{day}", parameter("nonce")))
        .append_pair("state", &parameter("state"));
    let consent = browser.goto(callback.as_str()).await;
    let refused = party.lock().unwrap().refused.clone();
    assert!(
        consent.response.text().contains("value=\"allow\""),
        "day {day}: {refused:?} {consent}"
    );
}

async fn keep_up(app: &TestApp) {
    while keep_up_providers(&app.platform, app.app.federation()).await > 0 {}
}

async fn events(tenant: &TestTenant<'_>, event: &str) -> Vec<(Option<String>, String, Option<String>)> {
    let filter = EventFilter {
        event: Some(event),
        ..EventFilter::default()
    };
    let events = tenant.admin().await.list_events(&filter, 200).await.unwrap();
    events
        .into_iter()
        .map(|event| (event.target, event.outcome, event.detail))
        .collect()
}

#[tokio::test]
async fn a_year_of_rollovers_on_both_sides_passes_without_one_failed_sign_in() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (oidc, _oidc_served) = serve_oidc(app.now()).await;
    let (last, last_url, _last_served) = serve_saml(true).await;
    let (first, first_url, _first_served) = serve_saml(false).await;
    let published = |party: &SharedSaml| party.lock().unwrap().1.metadata(0);
    connect_saml(&tenant, "last", &last_url, &published(&last), ROTATION).await;
    connect_saml(&tenant, "first", &first_url, &published(&first), ROTATION).await;
    let issuer = oidc.lock().unwrap().base.clone();
    connect_oidc(&tenant, &issuer, ROTATION).await;
    for day in (0..=365).step_by(5) {
        // Each provider changes its own keys, and looks at ours: before we change anything today.
        for (alias, party) in [("last", &last), ("first", &first)] {
            let ours = tenant
                .get(&tenant.path(&format!("federation/{alias}/metadata")))
                .await
                .text()
                .to_owned();
            let mut party = party.lock().unwrap();
            party.0 = day;
            party.1.keys.pass(day);
            party.1.take_in(&ours);
        }
        let ours = tenant
            .get(&tenant.path("federation/oidc/jwks"))
            .await
            .assert_status(200)
            .json();
        {
            let mut oidc = oidc.lock().unwrap();
            (oidc.day, oidc.now) = (day, app.now());
            oidc.keys.pass(day);
            oidc.ours = serde_json::from_value(ours).unwrap();
        }
        keep_up(&app).await;
        sign_in_by_saml(&tenant, &last, "last").await;
        sign_in_by_saml(&tenant, &first, "first").await;
        sign_in_by_oidc(&tenant, &oidc).await;
        app.wait(DAY * 5);
    }
    let switched = events(&tenant, "identity_provider.keys_switched").await;
    let of = |alias: &str, how: &str| {
        let fits = |event: &&(Option<String>, String, Option<String>)| {
            event.0.as_deref() == Some(alias) && event.2.as_deref().is_some_and(|detail| detail.contains(how))
        };
        switched.iter().filter(fits).count()
    };
    assert!(of("last", "encrypted to the next key") >= 5, "by proof: {switched:?}");
    assert_eq!(of("last", "date"), 0, "the proof came first");
    assert!(of("first", "date") >= 5, "by date: {switched:?}");
    assert!(of("oidc", "date") >= 5, "by date: {switched:?}");
    let theirs = events(&tenant, "identity_provider.provider_keys_changed").await;
    for alias in ["last", "first", "oidc"] {
        let changes = theirs.iter().filter(|event| event.0.as_deref() == Some(alias)).count();
        assert!(
            changes >= 12,
            "published and removed seven times each: {alias} {changes}"
        );
    }
    let removed = events(&tenant, "identity_provider.keys_removed").await;
    assert!(removed.len() >= 3, "what nobody uses goes: {removed:?}");
}

/// New keys of ours, published and taken at once, before the provider can have seen them.
async fn replace_our_keys(tenant: &TestTenant<'_>, alias: &str) {
    let admin = tenant.admin().await;
    for step in [FederationKeyStep::PublishNext, FederationKeyStep::Switch] {
        admin.roll_federation_keys(alias, step).await.unwrap();
    }
}

#[tokio::test]
async fn a_provider_that_did_not_take_our_new_key_in_is_shown_the_former_one_for_as_long_as_it_needs_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (oidc, _served) = serve_oidc(app.now()).await;
    let issuer = oidc.lock().unwrap().base.clone();
    connect_oidc(&tenant, &issuer, KeyRotation::default()).await;
    let published = async || -> JwkSet {
        let keys = tenant.get(&tenant.path("federation/oidc/jwks")).await;
        serde_json::from_value(keys.assert_status(200).json()).unwrap()
    };
    // It reads our keys once, and for a long time never again.
    oidc.lock().unwrap().ours = published().await;
    replace_our_keys(&tenant, "oidc").await;
    let times_told = async || events(&tenant, "identity_provider.former_key_used").await.len();
    // Each sign-in succeeds at the second try, and that is told once a day. Unused, the key would be gone after ninety days.
    for day in 1..=20 {
        oidc.lock().unwrap().now = app.now();
        sign_in_by_oidc(&tenant, &oidc).await;
        sign_in_by_oidc(&tenant, &oidc).await;
        let refused = oidc.lock().unwrap().refused.len();
        assert_eq!(refused, 2 * day, "our current key comes first");
        assert_eq!(times_told().await, day);
        app.wait(DAY * 5);
        keep_up(&app).await;
    }
    assert!(
        events(&tenant, "identity_provider.keys_removed").await.is_empty(),
        "it is needed"
    );
    let notices = tenant.admin().await.list_provider_notices().await.unwrap();
    let told = notices
        .iter()
        .find(|notice| notice.notice == NoticeKind::PreviousKeyUsed);
    assert!(told.unwrap().finding.contains("knows us by"), "{notices:?}");
    // At last it reads them: the former key is not shown any more, and goes.
    let ours = published().await;
    {
        let mut oidc = oidc.lock().unwrap();
        (oidc.ours, oidc.now) = (ours, app.now());
    }
    sign_in_by_oidc(&tenant, &oidc).await;
    assert_eq!(oidc.lock().unwrap().refused.len(), 40);
    app.wait(DAY * 31);
    keep_up(&app).await;
    assert_eq!(events(&tenant, "identity_provider.keys_removed").await.len(), 1);
}

#[tokio::test]
async fn an_assertion_encrypted_to_our_former_key_is_read_for_as_long_as_the_provider_uses_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (party, url, _served) = serve_saml(false).await;
    let metadata = party.lock().unwrap().1.metadata(0);
    connect_saml(&tenant, "saml", &url, &metadata, KeyRotation::default()).await;
    let ours = async || {
        let metadata = tenant.get(&tenant.path("federation/saml/metadata")).await;
        metadata.text().to_owned()
    };
    let before = certificates(&ours().await, "encryption");
    replace_our_keys(&tenant, "saml").await;
    // Its administrator entered the new certificate for signatures, and forgot the one for encryption.
    let metadata = ours().await;
    let published = certificates(&metadata, "encryption");
    assert!(!published.contains(&before[0]), "not published any more");
    {
        let mut party = party.lock().unwrap();
        party.1.take_in(&metadata);
        party.1.encryption.clone_from(&before);
    }
    for _ in 0..20 {
        sign_in_by_saml(&tenant, &party, "saml").await;
        app.wait(DAY * 5);
        keep_up(&app).await;
    }
    // The key for signatures, which nobody asks for any more, went after ninety days; this one is needed.
    assert_eq!(events(&tenant, "identity_provider.keys_removed").await.len(), 1);
    let notices = tenant.admin().await.list_provider_notices().await.unwrap();
    let told = notices
        .iter()
        .find(|notice| notice.notice == NoticeKind::PreviousKeyUsed);
    assert!(told.unwrap().finding.contains("encrypts to"), "{notices:?}");
    // Nobody encrypts to it any more: it goes.
    app.wait(DAY * 31);
    keep_up(&app).await;
    assert_eq!(events(&tenant, "identity_provider.keys_removed").await.len(), 2);
}

on_each_database! {
    async fn of_several_nodes_one_looks_after_a_provider_and_takes_each_step_once(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let (oidc, _served) = serve_oidc(app.now()).await;
        let issuer = oidc.lock().unwrap().base.clone();
        connect_oidc(&tenant, &issuer, ROTATION).await;
        let claimed = join_all((0..6).map(|_| keep_up_providers(&app.platform, app.app.federation()))).await;
        assert_eq!(claimed.iter().sum::<usize>(), 1, "{claimed:?}");
        assert_eq!(keep_up_providers(&app.platform, app.app.federation()).await, 0, "not due again yet");
        // The same steps, by whoever comes, without the claim that usually keeps them apart.
        for (after, event) in [(41, "identity_provider.keys_published"), (20, "identity_provider.keys_switched")] {
            app.wait(DAY * after);
            let admin = tenant.admin().await;
            let id = admin.get_identity_provider("oidc").await.unwrap().id;
            for done in join_all((0..4).map(|_| admin.keep_up_provider(app.app.federation(), id))).await {
                done.unwrap();
            }
            assert_eq!(events(&tenant, event).await.len(), 1, "{event}");
        }
        // A provider that is gone is forgotten.
        let admin = tenant.admin().await;
        admin.delete_identity_provider("oidc", &wardkey::control::Precondition::None).await.unwrap();
        app.wait(DAY);
        assert_eq!(keep_up_providers(&app.platform, app.app.federation()).await, 0);
    }
}

#[tokio::test]
async fn ends_are_announced_once_at_ninety_thirty_and_seven_days() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (party, url, _served) = serve_saml(false).await;
    let metadata = party.lock().unwrap().1.metadata(0);
    connect_saml(&tenant, "saml", &url, &metadata, KeyRotation::default()).await;
    keep_up(&app).await;
    assert!(tenant.admin().await.list_provider_notices().await.unwrap().is_empty());
    // The provider never changes its certificate, which lasts three years like ours.
    app.wait(DAY * (3 * 365 - 120));
    for _ in 0..120 {
        keep_up(&app).await;
        app.wait(DAY);
    }
    let notices = events(&tenant, "identity_provider.notice").await;
    let of = |kind: &str| -> Vec<String> {
        let fitting = notices.iter().filter(|event| event.1 == kind);
        fitting.map(|event| event.2.clone().unwrap()).collect()
    };
    let theirs = of("provider_certificate");
    assert!(theirs.len() >= 3, "{notices:?}");
    for days in [90, 30, 7] {
        let announced = theirs
            .iter()
            .filter(|detail| detail.contains(&format!("within {days} days")));
        assert_eq!(announced.count(), 1, "{theirs:?}");
    }
    // Ours, one to sign and one to decrypt, handed over two weeks before their end, so the last announcement was not needed.
    let ours = of("our_certificate");
    assert_eq!(ours.len(), 4, "{ours:?}");
    let listed = tenant.admin().await.list_provider_notices().await.unwrap();
    assert!(
        listed
            .iter()
            .any(|notice| notice.notice == NoticeKind::ProviderCertificate),
        "{listed:?}"
    );
    assert!(
        !listed.iter().any(|notice| notice.notice == NoticeKind::OurCertificate),
        "{listed:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_used_keeps_the_old_and_is_announced_until_it_is_over() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let broken = Arc::new(Mutex::new(false));
    let party = Arc::new(Mutex::new((0, SamlParty::new(false))));
    let router = {
        let (broken, party) = (broken.clone(), party.clone());
        Router::new().route(
            "/metadata",
            get(move || {
                let text = if *broken.lock().unwrap() {
                    "<html>maintenance</html>".to_owned()
                } else {
                    party.lock().unwrap().1.metadata(0)
                };
                async move { text }
            }),
        )
    };
    let served = Served::start(router).await;
    let metadata = party.lock().unwrap().1.metadata(0);
    connect_saml(
        &tenant,
        "saml",
        &format!("{}/metadata", served.base()),
        &metadata,
        KeyRotation::default(),
    )
    .await;
    keep_up(&app).await;
    *broken.lock().unwrap() = true;
    for _ in 0..3 {
        app.wait(DAY);
        keep_up(&app).await;
    }
    assert_eq!(
        events(&tenant, "identity_provider.fetch_failed").await.len(),
        1,
        "once, not every time"
    );
    let listed = tenant.admin().await.list_provider_notices().await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0].notice, NoticeKind::FetchFailed);
    let ours = tenant
        .get(&tenant.path("federation/saml/metadata"))
        .await
        .text()
        .to_owned();
    party.lock().unwrap().1.take_in(&ours);
    sign_in_by_saml(&tenant, &party, "saml").await;
    *broken.lock().unwrap() = false;
    app.wait(DAY);
    keep_up(&app).await;
    assert_eq!(events(&tenant, "identity_provider.fetch_recovered").await.len(), 1);
    assert!(tenant.admin().await.list_provider_notices().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_provider_published_outlives_a_restart_while_it_is_down() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (oidc, served) = serve_oidc(app.now()).await;
    let issuer = oidc.lock().unwrap().base.clone();
    connect_oidc(&tenant, &issuer, ROTATION).await;
    keep_up(&app).await;
    drop(served);
    let restarted = app.another_node().await;
    let mut browser = HttpBrowser::new(&app.base, restarted);
    let location = sent_to(&tenant, &mut browser, "oidc").await;
    assert_eq!(location.host_str(), Some("idp.hospital.example"), "{location}");
}

#[tokio::test]
async fn the_next_keys_take_over_on_the_date_that_an_administrator_fixed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let (oidc, _served) = serve_oidc(app.now()).await;
    let issuer = oidc.lock().unwrap().base.clone();
    connect_oidc(&tenant, &issuer, ROTATION).await;
    let admin = tenant.admin().await;
    assert!(
        admin.plan_key_switch("oidc", Some(app.now())).await.is_err(),
        "there are no next keys yet"
    );
    app.wait(DAY * 41);
    keep_up(&app).await;
    let admin = tenant.admin().await;
    admin.plan_key_switch("oidc", Some(app.now() + DAY * 3)).await.unwrap();
    for (days, switched) in [(2, 0), (2, 1)] {
        app.wait(DAY * days);
        keep_up(&app).await;
        assert_eq!(events(&tenant, "identity_provider.keys_switched").await.len(), switched);
    }
}

on_each_database! {
    async fn providers_of_before_there_were_dates_are_found_and_looked_after(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        app.tenant("southside").await;
        let (oidc, _served) = serve_oidc(app.now()).await;
        let issuer = oidc.lock().unwrap().base.clone();
        connect_oidc(&tenant, &issuer, ROTATION).await;
        keep_up(&app).await;
        // As it was before: no dates. The migration then leaves one row for each tenant.
        for statement in ["DELETE FROM provider_upkeep", include_str!("../../migrations/control/20261221100001_provider_survey.sql")] {
            in_registry(&app, statement).await;
        }
        app.wait(DAY);
        keep_up(&app).await;
        // Looked at now, and again whenever it is due.
        app.wait(DAY);
        assert_eq!(keep_up_providers(&app.platform, app.app.federation()).await, 1, "the looks are over");
        let admin = tenant.admin().await;
        let id = admin.get_identity_provider("oidc").await.unwrap().id;
        let kept = admin.cx().read().await.unwrap().find_oidc_metadata(id).await.unwrap().unwrap();
        assert_eq!(kept.fetched_at, app.now());
    }
}

/// Runs a statement in the registry's database, past the store.
async fn in_registry(app: &TestApp, statement: &'static str) {
    use sqlx::Connection as _;
    match app.options(None).control {
        wardkey::store::DatabaseUrl::Sqlite(path) => {
            let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display()))
                .await
                .unwrap();
            sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        }
        wardkey::store::DatabaseUrl::Postgres(url) => {
            let mut connection = sqlx::PgConnection::connect(url.expose()).await.unwrap();
            sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        }
    }
}
