//! DPoP: a token is worth something only to whoever holds a key (RFC 9449).
//!
//! Pure: a proof and what it has to prove go in, the key's thumbprint comes out. That a `jti` is used once is for the
//! caller to decide, in the database.

use super::error::{ErrorCode, OAuthError};
use super::jose::{JwtError, SigningAlgorithm, UnverifiedJwt, encode};
use super::limits;
use crate::kernel::{Sha256Hash, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// Algorithms of proofs: asymmetric, and those that FAPI 2.0 allows besides one for RSA keys in old stores. RS256 is left out,
/// as FAPI 2.0 section 5.4.1 demands of every JWS.
pub const ALGORITHMS: [SigningAlgorithm; 4] = [
    SigningAlgorithm::ES256,
    SigningAlgorithm::EdDSA,
    SigningAlgorithm::ES384,
    SigningAlgorithm::PS256,
];

/// Longest `jti` that is looked at, in bytes.
const JTI_LIMIT: usize = 256;

/// Whether the server's nonce is demanded (RFC 9449 section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoncePolicy {
    /// A proof may carry one; a wrong one is refused.
    #[default]
    Optional,
    /// A proof has to carry one: its age is then decided by our clock alone.
    Required,
}

/// The request that a proof is for.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The public address; query and fragment do not count.
    pub url: &'a str,
    /// The access token that comes along, at resources.
    pub access_token: Option<&'a str>,
}

/// A proof that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// RFC 7638 thumbprint of the key: `cnf.jkt`.
    pub thumbprint: String,
    /// Names this proof: hash of key and `jti`, so that nobody can use up another's.
    pub id: Sha256Hash,
    /// How long a second use of it has to be noticed.
    pub remember_until: Timestamp,
}

/// Why a proof is refused (RFC 9449 section 4.3).
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum DpopError {
    /// No JWT, or one that is not signed by the key it names.
    #[error("{0}")]
    Jwt(#[from] JwtError),
    /// `htm` is another method.
    #[error("htm is not the method of this request")]
    Method,
    /// `htu` is another address.
    #[error("htu is not the address of this request")]
    Address,
    /// `jti` is empty or very long.
    #[error("jti has to be a text of 1 to 256 bytes")]
    Identifier,
    /// `iat` is too far from now.
    #[error("iat is too far from the server's time")]
    Stale,
    /// `ath` is missing or not of the access token.
    #[error("ath is not the hash of the access token")]
    AccessToken,
    /// The nonce is missing or has expired; the answer carries a fresh one.
    #[error("the proof needs the nonce of the header DPoP-Nonce")]
    Nonce,
}

impl DpopError {
    /// The stable short name of the check.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Jwt(error) => error.reason(),
            Self::Method => "dpop_htm",
            Self::Address => "dpop_htu",
            Self::Identifier => "dpop_jti",
            Self::Stale => "dpop_iat",
            Self::AccessToken => "dpop_ath",
            Self::Nonce => "dpop_nonce",
        }
    }
}

impl From<DpopError> for OAuthError {
    fn from(error: DpopError) -> Self {
        let code = match error {
            DpopError::Nonce => ErrorCode::UseDpopNonce, // RFC 9449 section 8
            _ => ErrorCode::InvalidDpopProof,            // RFC 9449 section 5
        };
        Self::new(
            code,
            error.reason(),
            format!("The DPoP proof is not accepted: {error}."),
        )
    }
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: Value,
    ath: Option<String>,
    nonce: Option<String>,
}

/// Checks a proof, in the order of RFC 9449 section 4.3. `is_current` tells whether a nonce is one of ours and fresh.
pub fn verify(
    proof: &str,
    target: Target<'_>,
    policy: NoncePolicy,
    is_current: impl FnOnce(&str) -> bool,
    now: Timestamp,
) -> Result<Proof, DpopError> {
    let (key, claims) = UnverifiedJwt::parse(proof)?.verify_possession::<Claims>("dpop+jwt", &ALGORITHMS)?;
    let thumbprint = key.thumbprint().ok_or(JwtError::UnknownKey)?;
    if claims.htm != target.method {
        return Err(DpopError::Method);
    }
    if !same_address(&claims.htu, target.url) {
        return Err(DpopError::Address);
    }
    if claims.jti.is_empty() || claims.jti.len() > JTI_LIMIT {
        return Err(DpopError::Identifier);
    }
    let issued = claims.iat.as_i64().ok_or(JwtError::TimeNotAnInteger)?;
    let fresh = match claims.nonce.as_deref() {
        Some(nonce) if is_current(nonce) => true,
        Some(_) => return Err(DpopError::Nonce),
        None => false,
    };
    if !fresh && policy == NoncePolicy::Required {
        return Err(DpopError::Nonce);
    }
    // RFC 9449 section 11.1: our own nonce proves more about the age than the sender's clock does.
    if !fresh && !is_recent(Timestamp::from_seconds(issued), now) {
        return Err(DpopError::Stale);
    }
    if let Some(token) = target.access_token
        && claims.ath.as_deref() != Some(Sha256Hash::of(token.as_bytes()).to_base64url().as_str())
    {
        return Err(DpopError::AccessToken);
    }
    Ok(Proof {
        id: Sha256Hash::of(format!("{thumbprint}.{}", claims.jti).as_bytes()),
        thumbprint,
        remember_until: now + nonce::LIFETIME.max(limits::DPOP_PROOF_AGE + limits::DPOP_PROOF_AHEAD),
    })
}

fn is_recent(issued: Timestamp, now: Timestamp) -> bool {
    issued >= now - limits::DPOP_PROOF_AGE && issued <= now + limits::DPOP_PROOF_AHEAD
}

/// RFC 9449 section 4.3, check 9: without query and fragment, after normalising case and default port (RFC 3986 sections
/// 6.2.2 and 6.2.3).
fn same_address(claimed: &str, actual: &str) -> bool {
    let bare = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    bare(claimed).is_some_and(|claimed| bare(actual) == Some(claimed))
}

/// A `dpop_jkt` parameter (RFC 9449 section 10): a SHA-256 thumbprint in base64url.
pub fn check_thumbprint(text: &str) -> Result<(), OAuthError> {
    let is_hash = super::jose::decode(text).is_some_and(|bytes| bytes.len() == 32);
    if is_hash {
        Ok(())
    } else {
        let description = "Parameter dpop_jkt has to be the base64url SHA-256 thumbprint of a key.";
        Err(OAuthError::invalid_request("dpop_jkt_malformed", description))
    }
}

/// Nonces without memory: the step of time, authenticated by a key of the tenant, so that every node knows them.
pub mod nonce {
    use super::{Duration, Timestamp, encode};
    use crate::kernel::Sha256Hash;

    /// How long one nonce is handed out. It is accepted for one more step.
    const STEP: Duration = Duration::from_mins(5);
    /// The longest time from handing out a nonce to its end.
    pub(super) const LIFETIME: Duration = Duration::from_mins(10);

    fn step(now: Timestamp) -> i64 {
        now.seconds() / i64::try_from(STEP.as_secs()).unwrap_or(i64::MAX)
    }

    fn of_step(step: i64, derive: &impl Fn(&[u8]) -> [u8; 32]) -> String {
        let authenticated = derive(&step.to_be_bytes());
        encode(authenticated.get(..18).unwrap_or(&authenticated))
    }

    /// The nonce to hand out now. `derive` is a keyed function of the tenant.
    pub fn current(now: Timestamp, derive: impl Fn(&[u8]) -> [u8; 32]) -> String {
        of_step(step(now), &derive)
    }

    /// Whether `nonce` was handed out in this step or the one before.
    pub fn is_current(nonce: &str, now: Timestamp, derive: impl Fn(&[u8]) -> [u8; 32]) -> bool {
        let presented = Sha256Hash::of(nonce.as_bytes());
        [step(now), step(now) - 1].into_iter().fold(false, |found, step| {
            Sha256Hash::of(of_step(step, &derive).as_bytes()).ct_eq(&presented) | found
        })
    }
}

#[cfg(test)]
#[path = "dpop_tests.rs"]
mod tests;
