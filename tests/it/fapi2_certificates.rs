//! FAPI 2.0 Security Profile with certificates: the variants of the OpenID Foundation's plan whose clients authenticate by mutual
//! TLS, and whose tokens are bound by it (RFC 8705) instead of DPoP. Over a listener with TLS, as in production.

use crate::support::app::{AuthorizationQuery, REDIRECT_URI, TestApp, TestTenant, VERIFIER, claims};
use crate::support::certificates::{Authority, MutualTls, thumbprint};
use crate::support::openid_suite::{KeyClient, SCOPES, random, set};
use rcgen::KeyPair;
use serde_json::{Value, json};
use wardkey::oauth::jose::SigningAlgorithm;

const CLIENT: &str = "fapi-lab";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A tenant on the profile, its listener, and a client with a certificate of the tenant's authority.
struct World<'a> {
    tenant: TestTenant<'a>,
    listener: MutualTls,
    authority: Authority,
    certificate: (Vec<u8>, String, KeyPair),
    /// Signs the assertions of a client that authenticates by them.
    assertions: Option<KeyClient>,
}

impl<'a> World<'a> {
    async fn start(app: &'a TestApp, method: &str) -> Self {
        let tenant = app.tenant("northside").await;
        let authority = Authority::new("Northside CA");
        let authorities = json!([authority.pem()]).to_string();
        set(
            &tenant,
            &[
                ("client_authentication_methods", "private_key_jwt,tls_client_auth"),
                ("client_certificate_authorities", &authorities),
                ("profile", "fapi2"),
                ("scope_ceiling", SCOPES),
            ],
        )
        .await;
        let assertions = (method == "private_key_jwt").then(|| KeyClient::new(CLIENT, SigningAlgorithm::PS256));
        let mut metadata = json!({
            "token_endpoint_auth_method": method, "tls_client_certificate_bound_access_tokens": true, "scope": SCOPES,
        });
        match &assertions {
            Some(keys) => metadata["jwks"] = json!({ "keys": [keys.key.public_jwk()] }),
            None => metadata["tls_client_auth_san_dns"] = json!("lab.northside.test"),
        }
        tenant.client(CLIENT, metadata).await;
        Self {
            listener: MutualTls::serve(app).await,
            certificate: authority.issue(),
            tenant,
            authority,
            assertions,
        }
    }

    fn own(&self) -> (&str, &KeyPair) {
        (&self.certificate.1, &self.certificate.2)
    }

    /// Posts a form as the client, over a connection with this certificate.
    async fn post(&self, endpoint: &str, identity: Option<(&str, &KeyPair)>, form: &[(&str, &str)]) -> (u16, Value) {
        let mut pairs: Vec<(String, String)> = form.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        if let Some(keys) = &self.assertions {
            pairs.push(("client_assertion_type".to_owned(), JWT_BEARER.to_owned()));
            pairs.push(("client_assertion".to_owned(), keys.assertion(&self.tenant)));
        }
        pairs.retain(|(name, _)| name != "client_id");
        pairs.push(("client_id".to_owned(), CLIENT.to_owned()));
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&pairs)
            .finish();
        let address = format!("{}{}", self.listener.base, self.tenant.path(endpoint));
        let request = self.listener.client(identity).post(address);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default(),
        )
    }

    fn request(&self) -> AuthorizationQuery {
        let query = self
            .tenant
            .authorization_request("openid launch/patient patient/*.rs offline_access");
        query.with("client_id", CLIENT).with("nonce", &random())
    }

    /// A code for a pushed request.
    async fn code(&self) -> String {
        let query = self.request();
        let pairs: Vec<_> = query.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let (status, pushed) = self.post("par", Some(self.own()), &pairs).await;
        assert_eq!(status, 201, "{pushed}");
        let mut brought = query;
        brought.pairs = vec![
            ("client_id".to_owned(), CLIENT.to_owned()),
            (
                "request_uri".to_owned(),
                pushed["request_uri"].as_str().unwrap().to_owned(),
            ),
        ];
        let page = self
            .tenant
            .authorize(&mut self.tenant.app.browser(), &brought, "pat")
            .await;
        assert_eq!(page.parameter("iss"), Some(self.tenant.issuer()), "{page}");
        page.parameter("code").unwrap()
    }

    async fn redeem(&self, identity: Option<(&str, &KeyPair)>, code: &str) -> (u16, Value) {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        self.post("token", identity, &form).await
    }

    async fn userinfo(&self, identity: Option<(&str, &KeyPair)>, token: &str) -> u16 {
        let address = format!("{}{}", self.listener.base, self.tenant.path("userinfo"));
        let request = self.listener.client(identity).get(address).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    }
}

/// The happy flow, and the modules about tokens: bound, worth nothing elsewhere, refreshed without rotation.
async fn check(method: &str) {
    let app = TestApp::new().await;
    let world = World::start(&app, method).await;
    let (_, other, other_key) = world.authority.issue();
    let code = world.code().await;
    // Refused before the code is used up.
    let (status, refused) = world.redeem(None, &code).await;
    assert!(matches!(status, 400 | 401), "{status} {refused}");
    let (status, tokens) = world.redeem(Some(world.own()), &code).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(tokens["token_type"], "Bearer");
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        claims(token)["cnf"],
        json!({ "x5t#S256": thumbprint(&world.certificate.0) })
    );
    assert_eq!(world.userinfo(Some(world.own()), token).await, 200);
    assert_eq!(world.userinfo(None, token).await, 401);
    assert_eq!(world.userinfo(Some((&other, &other_key)), token).await, 401);
    // FAPI 2.0 Security Profile section 5.3.2.1: no rotation; and the new token is bound again.
    let refresh = tokens["refresh_token"].as_str().unwrap();
    for _ in 0..2 {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let (status, again) = world.post("token", Some(world.own()), &form).await;
        assert_eq!(status, 200, "{again}");
        assert!(
            again.get("refresh_token").is_none() || again["refresh_token"] == *refresh,
            "{again}"
        );
        let bound = &claims(again["access_token"].as_str().unwrap())["cnf"]["x5t#S256"];
        assert_eq!(*bound, thumbprint(&world.certificate.0));
    }
}

#[tokio::test]
async fn a_client_that_authenticates_by_its_certificate_keeps_the_profile() {
    Box::pin(check("tls_client_auth")).await;
}

#[tokio::test]
async fn a_client_that_signs_assertions_may_bind_its_tokens_by_a_certificate() {
    Box::pin(check("private_key_jwt")).await;
}

#[tokio::test]
async fn a_request_that_was_not_pushed_or_came_without_the_certificate_is_refused() {
    let app = TestApp::new().await;
    let world = World::start(&app, "tls_client_auth").await;
    let query = world.request();
    let answer = world.tenant.get(&query.address()).await;
    assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
    let pairs: Vec<_> = query.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let (status, refused) = world.post("par", None, &pairs).await;
    assert_eq!((status, &refused["error"]), (401, &json!("invalid_client")));
    let (_, foreign, foreign_key) = Authority::new("Somebody's CA").issue();
    let (status, refused) = world.post("par", Some((&foreign, &foreign_key)), &pairs).await;
    assert_eq!((status, &refused["error"]), (401, &json!("invalid_client")));
}
