//! Plays the OpenID Foundation's conformance suite: a relying party that looks at everything it gets.

use super::app::AuthorizationQuery;
use super::app::{PASSWORD, REDIRECT_URI, SECRET, STAFF, TestApp, TestTenant, VERIFIER, claims, jose_header};
use super::dpop::DpopKey;
use super::http::{RequestBuilderExt, Response, RouterExt};
use super::http_browser::{HttpBrowser, Page};
use axum::http::Request;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wardkey::kernel::{Secret, SystemEntropy, entropy};
use wardkey::oauth::jose::verify::Expiry;
use wardkey::oauth::jose::{
    Audience, JwkSet, JwtType, RsaSize, Rules, SigningAlgorithm, SigningKeyPair, UnverifiedJwt, VerificationKeys,
};
use wardkey::store::tenant::AccountProfile;

/// The first client, with a secret.
pub const CLIENT: &str = "suite-client-1";
/// The second one.
pub const CLIENT_2: &str = "suite-client-2";
/// Who signs in.
pub const USER: &str = "buffy";
/// What the tenant and the clients may have.
pub const SCOPES: &str = "openid profile email fhirUser offline_access launch/patient patient/*.cruds user/*.cruds";

/// Changes settings of a tenant, as `wardkey tenant set` does.
pub async fn set(tenant: &TestTenant<'_>, members: &[(&str, &str)]) {
    let members: Vec<(String, String)> = members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    tenant.app.platform.set_settings(&tenant.slug, &members).await.unwrap();
}

/// How answers travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the query.
    Query,
    /// By form.
    FormPost,
}

/// A relying party's view of a tenant on the profile `oidc`.
pub struct Suite<'a> {
    /// The tenant.
    pub tenant: TestTenant<'a>,
    /// How answers travel.
    pub mode: Mode,
}

/// What came back to the client.
#[derive(Debug)]
pub struct Callback(pub BTreeMap<String, String>);

impl Callback {
    /// A parameter.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The code; there has to be one.
    pub fn code(&self) -> &str {
        self.find("code").unwrap_or_else(|| panic!("no code in {self:?}"))
    }
}

/// A whole flow.
pub struct Flow {
    /// The callback.
    pub callback: Callback,
    /// The token response.
    pub tokens: Value,
    /// The claims of the verified ID token.
    pub id_token: Value,
    /// The answer of userinfo.
    pub userinfo: Value,
}

impl<'a> Suite<'a> {
    /// A tenant as the certification of a relying party's server needs it, with two clients and a user.
    pub async fn start(app: &'a TestApp, mode: Mode) -> Self {
        Box::pin(Self::set_up(app, mode)).await
    }

    async fn set_up(app: &'a TestApp, mode: Mode) -> Self {
        let tenant = app.tenant("northside").await;
        set(
            &tenant,
            &[
                ("profile", "oidc"),
                ("scope_ceiling", SCOPES),
                ("scopes_supported", "openid,profile,email,fhirUser,offline_access"),
            ],
        )
        .await;
        let profile = AccountProfile {
            subject: USER.to_owned(),
            name: Some("Buffy Summers".to_owned()),
            email: Some("buffy@hospital.test".to_owned()),
            fhir_user: Some("Practitioner/buffy".to_owned()),
            patient: None,
            patients: Vec::new(),
            npi: None,
            roles: vec!["physician".to_owned()],
        };
        let admin = tenant.admin().await;
        let password = Secret::new(PASSWORD.to_owned());
        let passwords = app.app.federation().passwords();
        admin
            .save_local_account(STAFF, &profile, &password, passwords)
            .await
            .unwrap();
        for id in [CLIENT, CLIENT_2] {
            tenant
                .client(
                    id,
                    json!({ "token_endpoint_auth_method": "client_secret_basic", "scope": SCOPES }),
                )
                .await;
        }
        Self { tenant, mode }
    }

    /// The plain request of the suite: no PKCE, a random state and nonce.
    pub fn request(&self) -> AuthorizationQuery {
        self.request_of(CLIENT)
    }

    /// The same for another client.
    pub fn request_of(&self, client: &str) -> AuthorizationQuery {
        let query = self
            .tenant
            .authorization_request("openid")
            .without("aud")
            .without("code_challenge")
            .without("code_challenge_method")
            .with("client_id", client)
            .with("state", &random())
            .with("nonce", &random());
        match self.mode {
            Mode::Query => query,
            Mode::FormPost => query.with("response_mode", "form_post"),
        }
    }

    /// Reads the callback off the page at which the browser arrived.
    pub fn callback(&self, page: &Page) -> Callback {
        match self.mode {
            Mode::Query => {
                assert!(page.url.as_str().starts_with(REDIRECT_URI), "not at the client: {page}");
                assert_eq!(page.url.fragment(), None);
                Callback(page.url.query_pairs().into_owned().collect())
            }
            Mode::FormPost => {
                let form = page.form();
                assert!(form.is_post && form.action.starts_with(REDIRECT_URI), "{form:?}");
                assert!(
                    !form.action.contains("code=") && !form.action.contains("error="),
                    "{form:?}"
                );
                assert!(
                    !page.response.text().contains("enctype"),
                    "the default of forms is what is asked for"
                );
                Callback(form.fields.into_iter().collect())
            }
        }
    }

    /// Follows a request to its end, signing in and allowing where asked.
    pub async fn authorize(&self, browser: &mut HttpBrowser, query: &AuthorizationQuery) -> Callback {
        let page = self.tenant.authorize(browser, query, USER).await;
        let callback = self.callback(&page);
        let sent = |name: &str| {
            query
                .pairs
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(callback.find("state"), sent("state"));
        assert_eq!(callback.find("iss"), Some(self.tenant.issuer().as_str()));
        if let Some(error) = callback.find("error") {
            assert!(callback.find("code").is_none(), "{error}");
            let allowed = ["error", "error_description", "error_uri", "state", "iss"];
            assert!(
                callback.0.keys().all(|name| allowed.contains(&name.as_str())),
                "{callback:?}"
            );
            let description = callback.find("error_description").unwrap_or_default();
            let fits = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            assert!(description.bytes().all(fits), "{description}");
        }
        callback
    }

    /// A token request of a client with a secret.
    pub async fn token(&self, client: &str, form: &[(&str, &str)]) -> Response {
        self.tenant.token_with_basic(client, SECRET, form).await
    }

    /// Redeems a code.
    pub async fn redeem(&self, client: &str, code: &str) -> Response {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
        ];
        self.token(client, &form).await
    }

    /// The ID token, verified as the suite verifies it.
    pub async fn verify(&self, client: &str, query: &AuthorizationQuery, token: &str) -> Value {
        let header = jose_header(token);
        assert!(header["kid"].is_string());
        let set: JwkSet = serde_json::from_value(self.tenant.get(&self.tenant.path("jwks")).await.json()).unwrap();
        let keys = VerificationKeys::from_jwk_set(&set);
        let issuer = self.tenant.issuer();
        let rules = Rules {
            algorithms: &SigningAlgorithm::ALL,
            types: &["jwt"],
            type_may_be_absent: true,
            issuer: &issuer,
            audience: Audience::Contains(client),
            expiry: Expiry::Required,
            skew: std::time::Duration::ZERO,
        };
        let now = self.tenant.app.now();
        let claims: Value = UnverifiedJwt::parse(token).unwrap().verify(&keys, &rules, now).unwrap();
        let sent = query
            .pairs
            .iter()
            .find(|(name, _)| name == "nonce")
            .map(|(_, value)| json!(value));
        assert_eq!(claims.get("nonce"), sent.as_ref());
        assert!(claims["sub"].is_string());
        assert_ne!(claims.get("acr"), Some(&json!("")));
        assert!((claims["iat"].as_i64().unwrap() - now.seconds()).abs() < 300);
        claims
    }

    /// The happy flow H of the first client.
    pub async fn happy(&self, browser: &mut HttpBrowser, query: &AuthorizationQuery) -> Flow {
        self.happy_of(CLIENT, browser, query).await
    }

    /// The happy flow of another client.
    pub async fn happy_of(&self, client: &str, browser: &mut HttpBrowser, query: &AuthorizationQuery) -> Flow {
        let callback = self.authorize(browser, query).await;
        assert!(callback.code().len() >= 22, "at least 128 bits");
        let answer = self.redeem(client, callback.code()).await.assert_status(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let tokens = answer.json();
        assert!(tokens["expires_in"].as_i64().unwrap() > 0);
        let id_token = self.verify(client, query, tokens["id_token"].as_str().unwrap()).await;
        let userinfo = self.tenant.userinfo(tokens["access_token"].as_str().unwrap()).await;
        let userinfo = userinfo.assert_status(200).json();
        assert_eq!(userinfo["sub"], id_token["sub"]);
        Flow {
            callback,
            tokens,
            id_token,
            userinfo,
        }
    }
}

/// A text that nobody guesses.
pub fn random() -> String {
    format!("{:032x}", u128::from_be_bytes(entropy::bytes(&SystemEntropy)))
}

/// A client with a key of its own and, where it is bound to one, a DPoP key.
pub struct KeyClient {
    /// Its id.
    pub id: String,
    /// The key of its assertions and request objects.
    pub key: SigningKeyPair,
    /// Its DPoP key.
    pub dpop: DpopKey,
}

/// The one assertion type.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl KeyClient {
    /// With new keys, not registered.
    pub fn new(id: &str, algorithm: SigningAlgorithm) -> Self {
        Self {
            id: id.to_owned(),
            key: SigningKeyPair::generate(algorithm, RsaSize::default()).unwrap(),
            dpop: DpopKey::new(),
        }
    }

    /// Registers it; `more` changes or adds metadata.
    pub async fn register(&self, tenant: &TestTenant<'_>, more: Value) {
        let mut metadata = json!({
            "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [self.key.public_jwk()] }, "scope": SCOPES,
        });
        for (name, value) in more.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        tenant.client(&self.id, metadata).await;
    }

    /// The claims of an assertion for the issuer.
    pub fn assertion_claims(&self, tenant: &TestTenant<'_>) -> Value {
        let now = tenant.app.now().seconds();
        json!({
            "iss": self.id, "sub": self.id, "aud": tenant.issuer(), "iat": now, "nbf": now, "exp": now + 60, "jti": random(),
        })
    }

    /// An assertion.
    pub fn assertion(&self, tenant: &TestTenant<'_>) -> String {
        self.key.sign(JwtType::IdToken, &self.assertion_claims(tenant)).unwrap()
    }

    /// A request object over the parameters of `query`; `more` adds claims, and `null` takes them out.
    pub fn request_object(&self, tenant: &TestTenant<'_>, query: &AuthorizationQuery, more: &Value) -> String {
        let now = tenant.app.now().seconds();
        let mut claims = json!({ "iss": self.id, "aud": tenant.issuer(), "nbf": now, "exp": now + 300 });
        for (name, value) in &query.pairs {
            let name = if name == "aud" { "resource" } else { name };
            claims[name] = json!(value);
        }
        for (name, value) in more.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        self.key.sign(JwtType::IdToken, &claims).unwrap()
    }

    /// Pushes the parameters of `query` with this assertion, and a proof if there is one.
    pub async fn push(
        &self,
        tenant: &TestTenant<'_>,
        query: &AuthorizationQuery,
        assertion: &str,
        proof: Option<&str>,
    ) -> Response {
        let mut form: Vec<(&str, &str)> = query
            .pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        form.push(("client_assertion_type", JWT_BEARER));
        form.push(("client_assertion", assertion));
        let mut request = Request::post(tenant.path("par"));
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        tenant.app.router.send(request.form(&form)).await
    }

    /// Asks for tokens with an assertion and a proof of the client's own.
    pub async fn token(&self, tenant: &TestTenant<'_>, form: &[(&str, &str)]) -> Response {
        let url = format!("{}/token", tenant.issuer());
        let proof = self.dpop.proof("POST", &url, tenant.app.now());
        let assertion = self.assertion(tenant);
        self.token_with(tenant, form, Some(&assertion), Some(&proof)).await
    }

    /// The same with any assertion and proof, or none.
    pub async fn token_with(
        &self,
        tenant: &TestTenant<'_>,
        form: &[(&str, &str)],
        assertion: Option<&str>,
        proof: Option<&str>,
    ) -> Response {
        let mut form = form.to_vec();
        if let Some(assertion) = assertion {
            form.push(("client_assertion_type", JWT_BEARER));
            form.push(("client_assertion", assertion));
        }
        let mut request = Request::post(tenant.path("token"));
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        tenant.app.router.send(request.form(&form)).await
    }

    /// The form that redeems a code of this client.
    pub fn redemption(code: &str) -> [(&str, &str); 4] {
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ]
    }
}

/// The claims of a JWT, unverified: for those that were verified before.
pub fn read(token: &str) -> Value {
    claims(token)
}
