//! A client's DPoP key (RFC 9449), which writes proofs good and bad.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wardkey::kernel::{Sha256Hash, Timestamp};

/// An ES256 key.
pub struct DpopKey(EcdsaKeyPair);

impl DpopKey {
    /// A new key.
    pub fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// Its public half.
    pub fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) })
    }

    /// Its RFC 7638 thumbprint.
    pub fn thumbprint(&self) -> String {
        let jwk: wardkey::oauth::jose::Jwk = serde_json::from_value(self.jwk()).unwrap();
        jwk.thumbprint().unwrap()
    }

    /// The claims of a proof.
    pub fn claims(method: &str, url: &str, now: Timestamp) -> Value {
        let jti = wardkey::kernel::credential::generate(
            wardkey::kernel::credential::Kind::BrowserBinding,
            &wardkey::kernel::SystemEntropy,
        );
        json!({ "jti": jti.expose(), "htm": method, "htu": url, "iat": now.seconds() })
    }

    /// A proof for a request.
    pub fn proof(&self, method: &str, url: &str, now: Timestamp) -> String {
        self.sign(&Self::claims(method, url, now))
    }

    /// A proof for a request that carries an access token.
    pub fn proof_for_token(&self, method: &str, url: &str, token: &str, now: Timestamp) -> String {
        let mut claims = Self::claims(method, url, now);
        claims["ath"] = json!(Sha256Hash::of(token.as_bytes()).to_base64url());
        self.sign(&claims)
    }

    /// Whatever claims, signed as a proof.
    #[expect(clippy::disallowed_types, reason = "an ECDSA signature needs randomness of its own")]
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let random = aws_lc_rs::rand::SystemRandom::new();
        let signature = self.0.sign(&random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}
