//! A tenant's signing keys: which one signs, which are published, and for how long.
//!
//! A key is published before it signs and stays published after it stopped, so that no verifier meets a signature of
//! a key it cannot find.

use crate::kernel::id::SigningKeyId;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::oauth::jose::{Jwk, JwkSet, KeyError, RsaSize, SigningAlgorithm, SigningKeyPair, VerificationKeys};
use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// The algorithms every tenant has keys for from the start: RS256 is what OpenID Connect Core section 15.1 makes
/// mandatory for ID tokens, ES256 signs access tokens at a fraction of its cost. RS256 comes first in the JWKS, since
/// some clients take the first RSA key they find.
pub const DEFAULT_ALGORITHMS: [SigningAlgorithm; 2] = [SigningAlgorithm::RS256, SigningAlgorithm::ES256];

/// How long a verifier may keep the JWKS, and how long it may go on using it while it fetches another.
pub const JWKS_MAX_AGE: Duration = Duration::from_hours(1);
/// See [`JWKS_MAX_AGE`].
pub const JWKS_STALE: Duration = Duration::from_mins(10);
/// How long a verifier may keep the JWKS in all, and so how long a successor is published before it signs.
pub const JWKS_KEPT: Duration = Duration::from_mins(70);
/// How long a verifier may keep the JWKS when copies of it may lack a key that signs.
pub const JWKS_MAX_AGE_UNSETTLED: Duration = Duration::from_mins(1);

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SigningKeyState {
    /// Signs.
    Active,
    /// Published, does not sign yet.
    Next,
    /// Published, does not sign any more.
    Retiring,
}

impl SigningKeyState {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retiring => "retiring",
        }
    }

    /// Reads the stored form.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Next, Self::Active, Self::Retiring]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A signing key as stored.
pub struct SigningKeyRecord {
    /// The row's id.
    pub id: SigningKeyId,
    /// The `kid` in JWKS and in headers.
    pub kid: String,
    /// The algorithm, one per key.
    pub algorithm: SigningAlgorithm,
    /// Where the key is in its life.
    pub state: SigningKeyState,
    /// PKCS#8 DER.
    pub private_key: Secret<Vec<u8>>,
    /// The public JWK as JSON.
    pub public_jwk: String,
    /// When the key was made.
    pub created_at: Timestamp,
    /// A retiring key is published until then.
    pub published_until: Option<Timestamp>,
}

impl fmt::Debug for SigningKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SigningKeyRecord({}, {}, {})",
            self.kid,
            self.algorithm,
            self.state.as_str()
        )
    }
}

/// Why keys could not be made or used.
#[derive(Debug, Error)]
pub enum SigningKeysError {
    /// A key could not be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The public JWK could not be written or read.
    #[error("a public key is not readable JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The tenant has no active key for an algorithm that was asked for.
    #[error("the tenant has no active {0} key")]
    NoSigner(SigningAlgorithm),
}

impl SigningKeyRecord {
    /// A new key. RSA takes tens of milliseconds of computing: call it where that may block.
    pub fn generate(
        algorithm: SigningAlgorithm,
        state: SigningKeyState,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Self, SigningKeysError> {
        let pair = SigningKeyPair::generate(algorithm, RsaSize::default())?;
        Ok(Self {
            id: SigningKeyId::new(now, entropy),
            kid: pair.kid().to_owned(),
            algorithm,
            state,
            private_key: pair.to_pkcs8()?,
            public_jwk: serde_json::to_string(pair.public_jwk())?,
            created_at: now,
            published_until: None,
        })
    }
}

/// A tenant's keys, parsed once and ready for use.
pub struct SigningKeys {
    signers: Vec<Arc<SigningKeyPair>>,
    verification: VerificationKeys,
    jwks: Arc<str>,
    etag: String,
    settled_from: Timestamp,
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.signers.iter().map(|key| key.kid()))
            .finish()
    }
}

impl SigningKeys {
    /// Parses the active keys' private parts and every key's public part.
    pub fn from_records(records: &[SigningKeyRecord]) -> Result<Self, SigningKeysError> {
        let rank = |key: &SigningKeyRecord| {
            let known = DEFAULT_ALGORITHMS
                .iter()
                .position(|algorithm| *algorithm == key.algorithm);
            known.unwrap_or(DEFAULT_ALGORITHMS.len())
        };
        let mut ordered: Vec<&SigningKeyRecord> = records.iter().collect();
        ordered.sort_by_key(|key| (rank(key), key.state, Reverse(key.id)));
        let mut signers = Vec::new();
        let mut public = Vec::new();
        for record in ordered {
            public.push(serde_json::from_str::<Jwk>(&record.public_jwk)?);
            if record.state == SigningKeyState::Active {
                signers.push(Arc::new(SigningKeyPair::from_pkcs8(
                    record.algorithm,
                    &record.private_key,
                )?));
            }
        }
        let signing = records.iter().filter(|key| key.state == SigningKeyState::Active);
        let newest = signing.map(|key| key.created_at).max();
        let settled_from = newest.map_or(Timestamp::EPOCH, |newest| newest + JWKS_KEPT);
        let verification = VerificationKeys::from_jwks(&public);
        let jwks = serde_json::to_string(&JwkSet { keys: public })?;
        let etag = format!("\"{}\"", Sha256Hash::of(jwks.as_bytes()).to_base64url());
        Ok(Self {
            signers,
            verification,
            jwks: jwks.into(),
            etag,
            settled_from,
        })
    }

    /// How long a verifier may keep the JWKS at `now`, and go on using it stale. Shorter while copies of it may lack a key that
    /// signs already: after an emergency, or at a new tenant.
    pub fn cache_times(&self, now: Timestamp) -> (Duration, Option<Duration>) {
        if now < self.settled_from {
            (JWKS_MAX_AGE_UNSETTLED, None)
        } else {
            (JWKS_MAX_AGE, Some(JWKS_STALE))
        }
    }

    /// The key that signs with `algorithm` now.
    pub fn signer(&self, algorithm: SigningAlgorithm) -> Result<&Arc<SigningKeyPair>, SigningKeysError> {
        self.signers
            .iter()
            .find(|key| key.algorithm() == algorithm)
            .ok_or(SigningKeysError::NoSigner(algorithm))
    }

    /// The algorithms that can be signed with, in the order of the JWKS.
    pub fn algorithms(&self) -> Vec<SigningAlgorithm> {
        self.signers.iter().map(|key| key.algorithm()).collect()
    }

    /// Every published key, for verifying what this tenant signed.
    pub const fn verification(&self) -> &VerificationKeys {
        &self.verification
    }

    /// The JWKS document (RFC 7517 section 5).
    pub fn jwks(&self) -> Arc<str> {
        self.jwks.clone()
    }

    /// Its entity tag (RFC 9110 section 8.8.3).
    pub fn etag(&self) -> &str {
        &self.etag
    }
}
