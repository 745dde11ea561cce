//! A client of the demonstration that authenticates with a key. The key is made when the demonstration starts and kept nowhere
//! else: registering its public half is part of starting.

use crate::kernel::{Entropy, Timestamp, entropy};
use crate::oauth::jose::{JwkSet, JwtType, KeyError, RsaSize, SigningAlgorithm, SigningKeyPair};
use crate::oauth::limits;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The one value of `client_assertion_type` (RFC 7523 section 2.2).
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client id and its private key.
pub(super) struct KeyedClient {
    id: &'static str,
    key: SigningKeyPair,
}

impl KeyedClient {
    /// With a new key.
    pub(super) fn new(id: &'static str) -> Result<Self, KeyError> {
        let key = SigningKeyPair::generate(SigningAlgorithm::ES384, RsaSize::default())?;
        Ok(Self { id, key })
    }

    /// The public half, for registration by value.
    pub(super) fn jwks(&self) -> JwkSet {
        JwkSet {
            keys: vec![self.key.public_jwk().clone()],
        }
    }

    /// An assertion for the token endpoint (SMART App Launch 2.2, "Authenticating to the Token endpoint"), good once.
    pub(super) fn assertion(&self, audience: &str, now: Timestamp, source: &dyn Entropy) -> Result<String, KeyError> {
        let until = now + limits::CLIENT_ASSERTION;
        self.sign(
            JwtType::SmartClientAssertion,
            audience,
            until,
            source,
            &json!({ "sub": self.id }),
        )
    }

    /// An assertion that was good yesterday.
    pub(super) fn expired_assertion(
        &self,
        audience: &str,
        now: Timestamp,
        source: &dyn Entropy,
    ) -> Result<String, KeyError> {
        let until = Timestamp::from_seconds(now.seconds() - 24 * 60 * 60);
        self.sign(
            JwtType::SmartClientAssertion,
            audience,
            until,
            source,
            &json!({ "sub": self.id }),
        )
    }

    /// The word of an EHR for who is at its screen, in the members that name the user.
    pub(super) fn user_assertion(
        &self,
        issuer: &str,
        user: &Value,
        now: Timestamp,
        source: &dyn Entropy,
    ) -> Result<String, KeyError> {
        let mut claims = json!({ "iat": now.seconds(), "auth_time": now.seconds(), "amr": ["pwd"] });
        merge(&mut claims, user);
        let until = now + limits::CLIENT_ASSERTION;
        self.sign(JwtType::UserAssertion, issuer, until, source, &claims)
    }

    fn sign(
        &self,
        typ: JwtType,
        audience: &str,
        until: Timestamp,
        source: &dyn Entropy,
        more: &Value,
    ) -> Result<String, KeyError> {
        let mut claims = json!({
            "iss": self.id, "aud": audience, "exp": until.seconds(),
            "jti": URL_SAFE_NO_PAD.encode(entropy::bytes::<16>(source)),
        });
        merge(&mut claims, more);
        self.key.sign(typ, &claims)
    }
}

fn merge(claims: &mut Value, more: &Value) {
    if let (Some(claims), Some(more)) = (claims.as_object_mut(), more.as_object()) {
        claims.extend(more.clone());
    }
}
