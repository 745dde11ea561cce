//! Making and rotating signing keys.

use super::{ControlError, TenantAdmin};
use crate::kernel::id::SigningKeyId;
use crate::kernel::{Entropy, Timestamp};
use crate::keys::signing::JWKS_KEPT;
use crate::keys::{SigningKeyRecord, SigningKeyState, SigningKeysError};
use crate::oauth::jose::SigningAlgorithm;
use crate::oauth::limits::{self, Lifetimes};
use crate::store::{StoreError, TenantStore};
use crate::tenant::roles::Permission;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Why keys are rotated, which decides what becomes of the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// By the calendar: the published successor signs from now on, the key before stays published until its last signature
    /// is worthless, and a new successor is published.
    Planned,
    /// The keys are in other hands: every published key is withdrawn at once, and with them every token that they signed;
    /// new keys sign from now on. Verifiers fetch them when they meet the unknown `kid`.
    Emergency,
}

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
pub(super) fn overlap() -> Duration {
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

/// Gives a tenant an active and a next key for every one of `algorithms` that has none. True when something was missing.
pub(super) async fn provision_signing_keys(
    store: &TenantStore,
    algorithms: &[SigningAlgorithm],
    now: Timestamp,
    entropy: &Arc<dyn Entropy>,
) -> Result<bool, ControlError> {
    let existing = store.read().await?.list_signing_keys(now).await?;
    let mut missing = Vec::new();
    for algorithm in algorithms.iter().copied() {
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
        self.require(Permission::ReadKeys)?;
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

    /// Rotates the signing keys of `algorithms`, all when empty, in one transaction.
    ///
    /// # Errors
    /// [`ControlError::Conflict`] when a planned rotation comes before verifiers can know the successor, or beside another.
    pub async fn rotate_signing_keys(
        &self,
        algorithms: &[SigningAlgorithm],
        rotation: Rotation,
    ) -> Result<(), ControlError> {
        self.require(Permission::RotateKeys)?;
        let held = self.cx.keys().algorithms();
        let wanted = if algorithms.is_empty() { &held } else { algorithms };
        if let Some(unknown) = wanted.iter().find(|algorithm| !held.contains(algorithm)) {
            return Err(ControlError::NotFound {
                what: "active signing key for",
                name: unknown.to_string(),
            });
        }
        let wanted: BTreeSet<SigningAlgorithm> = wanted.iter().copied().collect();
        // Made before the transaction begins: it holds a lock, and RSA takes its time.
        let (now, entropy) = (self.cx.now(), self.directory.entropy());
        let mut made = Vec::new();
        for algorithm in &wanted {
            made.push(generate(*algorithm, SigningKeyState::Next, now, entropy).await?);
            if rotation == Rotation::Emergency {
                made.push(generate(*algorithm, SigningKeyState::Active, now, entropy).await?);
            }
        }
        let mut rows = self.cx.begin().await?;
        let published = rows.list_signing_keys(now).await?;
        for algorithm in wanted {
            match rotation {
                Rotation::Planned => {
                    let (active, next) = check_successor(&published, algorithm, now)?;
                    // By id, because the list may be older than another rotation's commit: only what was checked moves.
                    let moved = rows.retire_signing_key(active, now + overlap()).await?
                        && rows.activate_signing_key(next).await?;
                    if !moved {
                        return Err(rotated_meanwhile());
                    }
                }
                Rotation::Emergency => rows.withdraw_signing_keys(algorithm, now).await?,
            }
        }
        for key in &made {
            rows.insert_signing_key(key, entropy.as_ref())
                .await
                .map_err(|error| match error {
                    StoreError::Exists => rotated_meanwhile(),
                    error => error.into(),
                })?;
        }
        let detail = match rotation {
            Rotation::Planned => "planned",
            Rotation::Emergency => "emergency",
        };
        self.record(&mut rows, "signing_keys.rotated", None, Some(detail))
            .await?;
        Ok(self.finish(rows).await?)
    }
}

fn rotated_meanwhile() -> ControlError {
    ControlError::Conflict("the keys were rotated at the same moment by somebody else; look at the list".into())
}

/// The signer and its successor. A successor may sign once nobody can hold a JWKS without it: it was there with the tenant's
/// first key, or is older than any copy.
fn check_successor(
    published: &[SigningKeyRecord],
    algorithm: SigningAlgorithm,
    now: Timestamp,
) -> Result<(SigningKeyId, SigningKeyId), ControlError> {
    let find = |state| {
        published
            .iter()
            .find(|key| key.algorithm == algorithm && key.state == state)
    };
    let (Some(active), Some(next)) = (find(SigningKeyState::Active), find(SigningKeyState::Next)) else {
        let text = format!("no successor is published for {algorithm}; create the tenant again, which publishes one");
        return Err(ControlError::Conflict(text));
    };
    let from_the_beginning = find(SigningKeyState::Retiring).is_none() && next.created_at <= active.created_at;
    let known_from = next.created_at + JWKS_KEPT;
    if from_the_beginning || known_from <= now {
        Ok((active.id, next.id))
    } else {
        Err(ControlError::Conflict(format!(
            "the next {algorithm} key was published a short while ago and verifiers may not know it before {}; rotate \
             then, or use an emergency rotation if the keys are in other hands",
            known_from.to_rfc3339()
        )))
    }
}
