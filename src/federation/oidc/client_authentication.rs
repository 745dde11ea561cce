//! Proving ourselves at a provider's token endpoint with a signed assertion (OpenID Connect Core 1.0 section 9, RFC 7523).

use super::ClientProof;
use super::config::{AssertionAudience, ClientAuthentication, OidcProviderConfig};
use super::failure::SignInFailure;
use crate::kernel::Sha256Hash;
use crate::oauth::jose::{Jwk, SigningAlgorithm, SigningKeyPair};
use crate::store::tenant::{FederationKeyPurpose, FederationKeyRecord, FederationKeyState};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// RFC 7523 section 2.2.
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion may be used: for one request, and a difference between the clocks.
const LIFETIME: Duration = Duration::from_mins(2);

/// Our key at one provider, with the certificate that carries its public part: some providers know keys by those only.
pub struct ClientKey {
    pair: SigningKeyPair,
    certificate: Vec<u8>,
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientKey({})", self.pair.kid())
    }
}

impl ClientKey {
    /// The key that signs now, among the keys stored for a provider.
    pub fn current(keys: &[FederationKeyRecord], algorithm: SigningAlgorithm) -> Result<Self, SignInFailure> {
        Self::in_state(keys, FederationKeyState::Current, algorithm)
            .ok_or_else(|| SignInFailure::configuration("our key at this provider is missing or unreadable"))
    }

    /// The one that signed before it: the latest of those that are kept.
    pub fn former(keys: &[FederationKeyRecord], algorithm: SigningAlgorithm) -> Option<Self> {
        Self::in_state(keys, FederationKeyState::Previous, algorithm)
    }

    fn in_state(keys: &[FederationKeyRecord], state: FederationKeyState, algorithm: SigningAlgorithm) -> Option<Self> {
        let signs = |key: &&FederationKeyRecord| key.purpose == FederationKeyPurpose::Signing && key.state == state;
        keys.iter()
            .filter(signs)
            .max_by_key(|key| key.state_since)
            .and_then(|key| Self::of(key, algorithm))
    }

    /// Its name in assertions.
    pub fn kid(&self) -> &str {
        self.pair.kid()
    }

    /// The certificate that carries it, DER: by it the store knows the key.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn of(record: &FederationKeyRecord, algorithm: SigningAlgorithm) -> Option<Self> {
        Some(Self {
            pair: SigningKeyPair::from_pkcs8(algorithm, &record.private_key).ok()?,
            certificate: record.certificate.clone(),
        })
    }

    /// The public keys that the provider may see: those that sign now and next.
    pub fn published(keys: &[FederationKeyRecord], algorithm: SigningAlgorithm) -> Vec<Jwk> {
        keys.iter()
            .filter(|key| key.purpose == FederationKeyPurpose::Signing && key.state != FederationKeyState::Previous)
            .filter_map(|key| Some(Self::of(key, algorithm)?.pair.public_jwk().clone()))
            .collect()
    }

    fn sign(&self, claims: &Value) -> Result<String, SignInFailure> {
        // RFC 7515 section 4.1.8: the certificate by its digest, which is how Entra ID finds the key.
        let header = json!({
            "alg": self.pair.algorithm().to_string(), "typ": "JWT", "kid": self.pair.kid(),
            "x5t#S256": Sha256Hash::of(&self.certificate).to_base64url(),
        });
        let signed = signing_input(&header, claims);
        let signature = self
            .pair
            .sign_raw(signed.as_bytes())
            .map_err(|_| SignInFailure::configuration("the client assertion could not be signed"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn signing_input(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

/// The assertion for one token request, with `key` where it takes one; none where a plain secret, or nothing, proves who we are.
/// `again` ends the name of a second assertion in one sign-in.
pub(super) fn assertion(
    config: &OidcProviderConfig,
    token_endpoint: &str,
    proof: &ClientProof<'_>,
    key: Option<&ClientKey>,
    again: &str,
) -> Result<Option<String>, SignInFailure> {
    let audience = match config.assertion_audience {
        AssertionAudience::Issuer => &config.issuer,
        AssertionAudience::TokenEndpoint => token_endpoint,
    };
    let claims = || {
        json!({
            "iss": config.client_id, "sub": config.client_id, "aud": audience,
            "jti": format!("{}{again}", proof.assertion_id), "iat": proof.now.seconds(), "nbf": proof.now.seconds(),
            "exp": (proof.now + LIFETIME).seconds(),
        })
    };
    match config.authentication {
        ClientAuthentication::PrivateKeyJwt => key
            .ok_or_else(|| SignInFailure::configuration("our key at this provider is missing"))?
            .sign(&claims())
            .map(Some),
        ClientAuthentication::ClientSecretJwt => {
            let secret = config
                .client_secret
                .as_ref()
                .ok_or_else(|| SignInFailure::configuration("the client secret is missing"))?;
            let signed = signing_input(&json!({ "alg": "HS256", "typ": "JWT" }), &claims());
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
            let tag = hmac::sign(&key, signed.as_bytes());
            Ok(Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))))
        }
        ClientAuthentication::ClientSecretBasic
        | ClientAuthentication::ClientSecretPost
        | ClientAuthentication::None => Ok(None),
    }
}
