//! The Inferno test kits, played as clients: what they send, and with [`rows`], what they assert, as strictly as they do.
//!
//! One in-process server with two hospitals and their FHIR data; every test runs at both.

pub mod certification;
pub mod rows;
pub mod world;

use super::app::{PASSWORD, SECRET, TestTenant, VERIFIER};
use super::backend::{Backend, JWT_BEARER};
use super::html_form::HtmlForm;
use super::http::{RequestBuilderExt, Response, RouterExt};
use super::http_browser::{HttpBrowser, Page};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::fmt::Write as _;
use url::Url;
use wardkey::kernel::{SystemEntropy, entropy};
pub use world::{World, at_both};

/// The kit's origin.
pub const HOST: &str = "https://inferno.test";
/// The app, however it authenticates.
pub const CLIENT: &str = "inferno";
/// The backend service of the kits.
pub const BULK_CLIENT: &str = "inferno-bulk";
/// The EHR that launches.
pub const EHR: &str = "ehr";
/// The patient of the tests.
pub const PATIENT: &str = "maria";
/// Her encounter.
pub const ENCOUNTER: &str = "maria-visit";
/// Standalone scopes of the kits for version 2.
pub const STANDALONE: &str = "launch/patient openid fhirUser offline_access patient/*.rs";
/// EHR launch scopes of the kits for version 2.
pub const EHR_SCOPES: &str = "launch openid fhirUser offline_access patient/*.rs";

/// Which kit: it decides the redirect URI and what `fhirContext` has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// SMART App Launch STU1, and (g)(10).
    Smart,
    /// STU2.
    Stu2,
    /// STU2.2.
    Stu22,
}

/// How the app authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Not at all.
    Public,
    /// By HTTP Basic, id and secret as they are.
    Symmetric,
    /// By an assertion signed ES384.
    Es384,
    /// By an assertion signed RS384.
    Rs384,
}

/// Where a launch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launch {
    /// At the app.
    Standalone,
    /// In the EHR.
    Ehr,
}

/// One way to run the kits.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The kit.
    pub suite: Suite,
    /// Where launches begin.
    pub launch: Launch,
    /// How the app authenticates.
    pub client: Client,
    /// Whether the authorization request is posted.
    pub post: bool,
    /// Whether PKCE is used.
    pub pkce: bool,
    /// What is asked for.
    pub scopes: &'static str,
    /// Who signs in.
    pub user: &'static str,
    /// Which of the ticked boxes of the consent page stay ticked.
    pub boxes: fn(&str) -> bool,
}

impl Plan {
    /// The patient's standalone launch with a secret.
    pub const fn standalone(suite: Suite, scopes: &'static str) -> Self {
        Self {
            suite,
            launch: Launch::Standalone,
            client: Client::Symmetric,
            post: false,
            pkce: true,
            scopes,
            user: PATIENT,
            boxes: |_| true,
        }
    }

    /// The clinician's launch from the EHR with a secret.
    pub const fn ehr(suite: Suite, scopes: &'static str) -> Self {
        Self {
            launch: Launch::Ehr,
            user: "ana",
            ..Self::standalone(suite, scopes)
        }
    }

    /// With another way to authenticate.
    #[must_use]
    pub const fn with(self, client: Client) -> Self {
        Self { client, ..self }
    }

    /// With a posted authorization request.
    #[must_use]
    pub const fn posted(self) -> Self {
        Self { post: true, ..self }
    }

    /// Without PKCE, as the oldest kit does unless it is told otherwise.
    #[must_use]
    pub const fn without_pkce(self) -> Self {
        Self { pkce: false, ..self }
    }

    /// The redirect URI of the kit.
    pub fn redirect_uri(&self) -> String {
        format!("{HOST}/custom/{}/redirect", self.suite.path())
    }

    /// The launch URI of the kit.
    pub fn launch_uri(&self) -> String {
        format!("{HOST}/custom/{}/launch", self.suite.path())
    }
}

impl Suite {
    const fn path(self) -> &'static str {
        match self {
            Self::Smart => "smart",
            Self::Stu2 => "smart_stu2",
            Self::Stu22 => "smart_stu2_2",
        }
    }
}

/// The kit, pointed at one hospital.
pub struct Session<'a> {
    /// The hospital.
    pub tenant: TestTenant<'a>,
    /// How to run.
    pub plan: Plan,
    /// The app's key for assertions.
    pub key: &'a Backend,
    /// The EHR's key.
    pub ehr: &'a Backend,
}

/// Where an authorization request led.
pub struct Launched {
    /// What the browser brought back to the redirect URI, or the page at which it stopped.
    pub page: Page,
    /// The verifier of the request.
    pub verifier: String,
}

impl Launched {
    /// The code; the kit insists that no error stands beside it.
    #[track_caller]
    pub fn code(&self) -> String {
        assert_eq!(self.page.parameter("error"), None, "{}", self.page);
        self.page
            .parameter("code")
            .unwrap_or_else(|| panic!("no code at {}", self.page))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes more");
        text
    })
}

/// A version 4 UUID.
pub fn uuid() -> String {
    let bytes: [u8; 16] = entropy::bytes(&SystemEntropy);
    let hex = hex(&bytes);
    format!(
        "{}-{}-4{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

/// A text member.
#[track_caller]
pub fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member]
        .as_str()
        .unwrap_or_else(|| panic!("no text {member} in {value}"))
}

impl Session<'_> {
    /// The FHIR base, as the tester types it.
    pub fn fhir_base(&self) -> String {
        self.tenant.fhir()
    }

    /// Sends a request to an absolute address of this server.
    pub async fn send(&self, request: Request<Body>) -> Response {
        let (mut parts, body) = request.into_parts();
        let address = Url::parse(&parts.uri.to_string()).expect("an absolute address");
        assert_eq!(
            address.origin().ascii_serialization(),
            self.tenant.app.base,
            "{address}"
        );
        let target = &address[url::Position::BeforePath..url::Position::AfterQuery];
        parts.uri = target.parse().expect("a path");
        self.tenant.app.router.send(Request::from_parts(parts, body)).await
    }

    /// Reads at the FHIR server.
    pub async fn fhir(&self, token: Option<&str>, path: &str) -> Response {
        let request = Request::get(format!("{}/{path}", self.fhir_base()));
        let request = match token {
            Some(token) => request.bearer(token),
            None => request,
        };
        self.send(request.header(header::ACCEPT, "application/fhir+json").empty())
            .await
    }

    /// The discovery document.
    pub async fn discovery(&self) -> Value {
        let address = format!("{}/.well-known/smart-configuration", self.fhir_base());
        let request = Request::get(address).header(header::ACCEPT, "application/json");
        self.send(request.empty()).await.assert_status(200).json()
    }

    /// An endpoint as discovery names it.
    pub async fn endpoint(&self, name: &str) -> String {
        text(&self.discovery().await, name).to_owned()
    }

    /// What the EHR has open when it launches the kit. The older kits take `fhirContext` for a list of texts, so there is none
    /// for them.
    pub fn context(&self) -> Value {
        let mut context = json!({
            "patient": PATIENT, "encounter": ENCOUNTER, "need_patient_banner": true, "intent": "summary-timeline-view",
        });
        if self.plan.suite == Suite::Stu22 {
            context["fhirContext"] = json!([
                { "reference": "ServiceRequest/maria-referral" },
                { "canonical": "https://forms.example/Questionnaire/phq9|2.1", "type": "Questionnaire",
                  "role": "https://example.org/role/form-to-fill" },
                { "identifier": { "system": "https://id.example", "value": "7" }, "type": "ImagingStudy" },
            ]);
        }
        context
    }

    /// The EHR registers a context and opens the app's launch URI. Gives the parameters that arrive there.
    pub async fn ehr_launches(&self) -> Vec<(String, String)> {
        let token = self.ehr_token("__launch").await;
        let mut body = self.context();
        body["client_id"] = json!(CLIENT);
        body["launch_uri"] = json!(self.plan.launch_uri());
        let request = Request::post(format!("{}/launch", self.tenant.issuer()))
            .bearer(&token)
            .json(&body);
        let answer = self.send(request).await.assert_status(201).json();
        let address = Url::parse(text(&answer, "launch_url")).unwrap();
        assert_eq!(&address[..url::Position::AfterPath], self.plan.launch_uri());
        address.query_pairs().into_owned().collect()
    }

    /// A token of the EHR's own.
    pub async fn ehr_token(&self, scope: &str) -> String {
        let claims = self.assertion_claims(EHR, &format!("{}/token", self.tenant.issuer()));
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", scope),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &self.ehr.sign(&claims)),
        ];
        text(
            &self.tenant.token(&form).await.assert_status(200).json(),
            "access_token",
        )
        .to_owned()
    }

    /// As the kits write them: no `iat`, exactly five minutes.
    pub fn assertion_claims(&self, client: &str, audience: &str) -> Value {
        let jti: [u8; 32] = entropy::bytes(&SystemEntropy);
        let jti = hex(&jti);
        json!({ "iss": client, "sub": client, "aud": audience, "exp": self.tenant.app.now().seconds() + 300, "jti": jti })
    }

    /// The parameters of the kit's authorization request; `verifier` is used when the plan has PKCE.
    pub async fn authorization_request(&self, verifier: &str) -> Vec<(String, String)> {
        let mut pairs = vec![
            ("response_type".to_owned(), "code".to_owned()),
            ("client_id".to_owned(), CLIENT.to_owned()),
            ("redirect_uri".to_owned(), self.plan.redirect_uri()),
            ("scope".to_owned(), self.plan.scopes.to_owned()),
            ("state".to_owned(), uuid()),
            ("aud".to_owned(), self.fhir_base()),
        ];
        if self.plan.launch == Launch::Ehr {
            let arrived = self.ehr_launches().await;
            let find = |name: &str| {
                arrived
                    .iter()
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.clone())
            };
            assert_eq!(
                find("iss"),
                Some(self.fhir_base()),
                "the kit finds its launch by `iss`, exactly"
            );
            pairs.push(("launch".to_owned(), find("launch").expect("`launch`")));
        }
        if self.plan.pkce {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
            pairs.push(("code_challenge".to_owned(), URL_SAFE_NO_PAD.encode(digest)));
            pairs.push(("code_challenge_method".to_owned(), "S256".to_owned()));
        }
        pairs
    }

    /// One launch, through sign-in and consent to the redirect URI.
    pub async fn launch(&self) -> Launched {
        let verifier = format!("{}-{}", uuid(), uuid());
        let pairs = self.authorization_request(&verifier).await;
        self.launch_with(pairs, verifier).await
    }

    /// The same with given parameters.
    pub async fn launch_with(&self, pairs: Vec<(String, String)>, verifier: String) -> Launched {
        let state = pairs.iter().find(|(name, _)| name == "state").expect("state").1.clone();
        let page = self.authorize(pairs).await;
        if page.url.as_str().starts_with(HOST) {
            assert_eq!(&page.url[..url::Position::AfterPath], self.plan.redirect_uri());
            assert_eq!(
                page.parameter("state"),
                Some(state),
                "the kit finds its request by `state`"
            );
        }
        Launched { page, verifier }
    }

    async fn authorize(&self, pairs: Vec<(String, String)>) -> Page {
        let endpoint = Url::parse(&self.endpoint("authorization_endpoint").await).expect("a valid address");
        let mut browser = self.tenant.app.browser();
        let mut page = if self.plan.post {
            // A form on the kit's page that sends itself.
            let form = HtmlForm {
                action: endpoint.to_string(),
                is_post: true,
                fields: pairs,
            };
            let response = Response {
                status: StatusCode::OK,
                headers: HeaderMap::new(),
                body: Vec::new(),
            };
            let own = Page {
                url: Url::parse(HOST).unwrap(),
                response,
            };
            browser.submit(&own, &form).await
        } else {
            let mut address = endpoint;
            address.query_pairs_mut().extend_pairs(&pairs);
            browser.goto(address.as_str()).await
        };
        for _ in 0..3 {
            if page.url.as_str().starts_with(HOST) {
                break;
            }
            let Some(form) = self.answer(&page) else { break };
            page = browser.submit(&page, &form).await;
        }
        page
    }

    /// What the person types and ticks.
    fn answer(&self, page: &Page) -> Option<HtmlForm> {
        let html = page.response.text();
        if html.contains("name=\"password\"") {
            let form = page.form().with("username", self.plan.user);
            return Some(form.with("password", PASSWORD));
        }
        html.contains("value=\"allow\"").then(|| {
            let mut form = page.form().with("decision", "allow");
            form.fields
                .retain(|(name, value)| name != "item" || (self.plan.boxes)(value));
            form
        })
    }

    /// The consent page itself, in a browser that is signed in.
    pub async fn consent_page(&self) -> (HttpBrowser, Page) {
        let endpoint = self.endpoint("authorization_endpoint").await;
        let mut browser = self.tenant.app.browser();
        let mut address = Url::parse(&endpoint).unwrap();
        address
            .query_pairs_mut()
            .extend_pairs(&self.authorization_request(VERIFIER).await);
        let page = browser.goto(address.as_str()).await;
        let form = self.answer(&page).expect("the sign-in page");
        let page = browser.submit(&page, &form).await;
        (browser, page)
    }

    /// A token request with the app's credentials.
    pub async fn token_request(&self, form: &[(&str, &str)]) -> Response {
        let endpoint = self.endpoint("token_endpoint").await;
        let mut form: Vec<(&str, &str)> = form.to_vec();
        let mut request = Request::post(&endpoint).header(header::ACCEPT, "application/json");
        let assertion;
        match self.plan.client {
            Client::Public => {
                form.push(("client_id", CLIENT));
                if self.plan.suite == Suite::Stu22 {
                    request = request.header(header::ORIGIN, HOST);
                }
            }
            Client::Symmetric => request = request.basic(CLIENT, SECRET),
            Client::Es384 | Client::Rs384 => {
                assertion = self.key.sign(&self.assertion_claims(CLIENT, &endpoint));
                form.push(("client_assertion_type", JWT_BEARER));
                form.push(("client_assertion", &assertion));
            }
        }
        self.send(request.form(&form)).await
    }

    /// Redeems the code of a launch.
    pub async fn exchange(&self, launched: &Launched) -> Response {
        let (code, redirect_uri) = (launched.code(), self.plan.redirect_uri());
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect_uri),
        ];
        if self.plan.pkce {
            form.push(("code_verifier", &launched.verifier));
        }
        self.token_request(&form).await
    }

    /// Launch and exchange: the kits' whole way to tokens.
    pub async fn tokens(&self) -> Value {
        self.exchange(&self.launch().await).await.assert_status(200).json()
    }

    /// Refreshes, with `scope` if given.
    pub async fn refresh(&self, refresh_token: &str, scope: Option<&str>) -> Response {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        form.extend(scope.map(|scope| ("scope", scope)));
        self.token_request(&form).await
    }

    /// An introspection request, as the FHIR server that the tester gave credentials of.
    pub async fn introspect(&self, token: &str) -> Response {
        let endpoint = self.endpoint("introspection_endpoint").await;
        let request = Request::post(endpoint)
            .basic(super::app::RESOURCE_SERVER, SECRET)
            .header(header::ACCEPT, "application/json");
        self.send(request.form(&[("token", token)])).await
    }
}

/// Tests of a group: each runs one of [`Session`]'s functions at both hospitals, under the same name.
macro_rules! group {
    ($group:ident: $plan:expr; $($row:ident),+ $(,)?) => {
        mod $group {
            #[allow(unused_imports, reason = "plans differ in what they are made of")]
            use super::*;

            $(
                #[tokio::test]
                async fn $row() {
                    Box::pin($crate::support::inferno::at_both($plan, async |session| {
                        Box::pin(session.$row()).await;
                    }))
                    .await;
                }
            )+
        }
    };
}
pub(crate) use group;
