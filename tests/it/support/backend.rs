//! A client with a key of its own, and the assertions that it signs.

use super::app::TestTenant;
use super::http::Response;
use aws_lc_rs::digest::{SHA384, digest};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wardkey::kernel::{SystemEntropy, entropy};
use wardkey::oauth::jose::{JwtType, RsaSize, SigningAlgorithm, SigningKeyPair};

/// Its client id.
pub const BACKEND: &str = "nightly-export";
/// The one assertion type.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A backend service with a key of its own.
pub struct Backend {
    /// Its key.
    pub key: SigningKeyPair,
}

impl Backend {
    /// With a new key.
    pub fn new(algorithm: SigningAlgorithm) -> Self {
        Self {
            key: SigningKeyPair::generate(algorithm, RsaSize::default()).unwrap(),
        }
    }

    /// Its public key, as it registers or publishes it.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.key.public_jwk()] })
    }

    /// Registers it; `more` changes or adds metadata.
    pub async fn register(&self, tenant: &TestTenant<'_>, more: Value) {
        let mut metadata = json!({
            "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "response_types": [],
            "redirect_uris": [], "scope": "system/Patient.rs system/Observation.rs",
        });
        for (name, value) in more.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        tenant.client(BACKEND, metadata).await;
    }

    /// The claims that the test kits send: no `iat`, and exactly five minutes.
    pub fn claims(tenant: &TestTenant<'_>) -> Value {
        let jti = u128::from_be_bytes(entropy::bytes(&SystemEntropy)).to_string();
        json!({
            "iss": BACKEND, "sub": BACKEND, "aud": format!("{}/token", tenant.issuer()),
            "exp": tenant.app.now().seconds() + 300, "jti": jti,
        })
    }

    /// A signed assertion.
    pub fn sign(&self, claims: &Value) -> String {
        self.key.sign(JwtType::IdToken, claims).unwrap()
    }

    /// An assertion with a header of the caller's choice, over any claims. The key has to be one for ES384.
    pub fn sign_with_header(&self, header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let pkcs8 = self.key.to_pkcs8().unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8.expose()).unwrap();
        let signature = pair.sign_digest(&digest(&SHA384, signed.as_bytes())).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

/// Asks for a token of the client's own.
pub async fn ask(tenant: &TestTenant<'_>, assertion: &str, scope: &str) -> Response {
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", scope),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    tenant.token(&form).await
}
