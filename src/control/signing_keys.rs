//! Making and rotating signing keys.

use super::{ControlError, TenantAdmin};
use crate::kernel::{Entropy, Timestamp};
use crate::keys::signing::DEFAULT_ALGORITHMS;
use crate::keys::{SigningKeyRecord, SigningKeyState, SigningKeysError};
use crate::oauth::jose::SigningAlgorithm;
use crate::oauth::limits::{self, Lifetimes};
use crate::store::{StoreError, TenantStore};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// How long verifiers may keep a JWKS (the `max-age` it is served with, and the time it may be used stale).
const JWKS_KEPT: Duration = Duration::from_mins(70);

/// A signing key, as administration shows it.
#[derive(Clone, Debug, Serialize)]
pub struct SigningKeySummary {
    /// The key id in tokens.
    pub kid: String,
    /// The algorithm.
    pub algorithm: SigningAlgorithm,
    /// `active`, `next` or `retiring`.
    pub state: &'static str,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Until when a retiring key stays published, RFC 3339.
    pub published_until: Option<String>,
}

/// A retiring key stays published until nothing that it signed can still be presented, by anybody's clock or cache.
fn overlap() -> Duration {
    Lifetimes::ACCESS_TOKEN_CAP + limits::CLOCK_SKEW + JWKS_KEPT
}

/// Generating an RSA key takes long enough to starve other requests, so it happens on a thread of its own.
async fn generate(
    algorithm: SigningAlgorithm,
    state: SigningKeyState,
    now: Timestamp,
    entropy: &Arc<dyn Entropy>,
) -> Result<SigningKeyRecord, ControlError> {
    let source = entropy.clone();
    tokio::task::spawn_blocking(move || SigningKeyRecord::generate(algorithm, state, now, source.as_ref()))
        .await
        .map_err(|_| ControlError::Keys(SigningKeysError::NoSigner(algorithm)))?
        .map_err(Into::into)
}

/// Gives a tenant an active and a next key for every default algorithm that has none. True when something was missing.
pub(super) async fn provision_signing_keys(
    store: &TenantStore,
    now: Timestamp,
    entropy: &Arc<dyn Entropy>,
) -> Result<bool, ControlError> {
    let existing = store.read().await?.list_signing_keys(now).await?;
    let mut missing = Vec::new();
    for algorithm in DEFAULT_ALGORITHMS {
        for state in [SigningKeyState::Active, SigningKeyState::Next] {
            if !existing
                .iter()
                .any(|key| key.algorithm == algorithm && key.state == state)
            {
                missing.push(generate(algorithm, state, now, entropy).await?);
            }
        }
    }
    if missing.is_empty() {
        return Ok(false);
    }
    let mut rows = store.begin().await?;
    for key in &missing {
        match rows.insert_signing_key(key, entropy.as_ref()).await {
            Ok(()) => {}
            // A run beside this one made it first; on PostgreSQL the transaction is lost, and theirs stands.
            Err(StoreError::Exists) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
    rows.commit().await?;
    Ok(true)
}

impl TenantAdmin {
    /// The tenant's published keys, newest first.
    pub async fn list_signing_keys(&self) -> Result<Vec<SigningKeySummary>, ControlError> {
        let keys = self.cx.read().await?.list_signing_keys(self.cx.now()).await?;
        Ok(keys
            .iter()
            .map(|key| SigningKeySummary {
                kid: key.kid.clone(),
                algorithm: key.algorithm,
                state: key.state.as_str(),
                created_at: key.created_at.to_rfc3339(),
                published_until: key.published_until.map(Timestamp::to_rfc3339),
            })
            .collect())
    }

    /// Rotates the signing keys of `algorithms`, all when empty: the published successor signs from now on, the one
    /// before stays published until its last signature is worthless, and a new successor is published.
    pub async fn rotate_signing_keys(&self, algorithms: &[SigningAlgorithm]) -> Result<(), ControlError> {
        let held = self.cx.keys().algorithms();
        let wanted = if algorithms.is_empty() {
            held.clone()
        } else {
            algorithms.to_vec()
        };
        let entropy = self.directory.entropy();
        let now = self.cx.now();
        for algorithm in wanted {
            if !held.contains(&algorithm) {
                return Err(ControlError::NotFound {
                    what: "active signing key for",
                    name: algorithm.to_string(),
                });
            }
            let successor = generate(algorithm, SigningKeyState::Next, now, entropy).await?;
            let mut rows = self.cx.begin().await?;
            rows.retire_signing_key(algorithm, now + overlap()).await?;
            if !rows.activate_next_signing_key(algorithm).await? {
                let replacement = generate(algorithm, SigningKeyState::Active, now, entropy).await?;
                rows.insert_signing_key(&replacement, entropy.as_ref()).await?;
            }
            rows.insert_signing_key(&successor, entropy.as_ref()).await?;
            rows.commit().await?;
        }
        Ok(self.announce().await?)
    }
}
