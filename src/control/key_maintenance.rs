//! What signing keys need from time to time, without anybody asking: keys for the algorithms of the tenant's policy, rotation
//! when the signer is old enough, and an end for those whose algorithm left the policy.
//!
//! Any node may do it at any moment, and several at once: each change is guarded where it is made, so that it happens once.

use super::signing_keys::{Rotation, overlap, provision_signing_keys};
use super::{Actor, Author, ControlError, TenantAdmin};
use crate::keys::SigningKeyState;
use crate::oauth::jose::SigningAlgorithm;
use crate::store::tenant::ChangeSource;
use crate::tenant::{TenantCx, TenantDirectory};
use std::collections::BTreeSet;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyMaintenance {
    /// Keys were missing for an algorithm, and were made.
    pub provisioned: bool,
    /// Algorithms whose successor signs from now on.
    pub rotated: Vec<SigningAlgorithm>,
    /// Algorithms that are signed with no more.
    pub retired: Vec<SigningAlgorithm>,
}

impl TenantAdmin {
    /// Administration out of a tenant's own context, for work that nobody asked for.
    pub fn for_work(cx: TenantCx, directory: TenantDirectory) -> Self {
        Self {
            cx,
            directory,
            actor: Actor::machine(),
            dry_run: false,
            author: Author::by_way_of(ChangeSource::CommandLine),
            guard: None,
        }
    }

    /// Does what is due.
    pub async fn maintain_signing_keys(&self) -> Result<KeyMaintenance, ControlError> {
        let policy = &self.cx.document().signing_keys;
        let (now, entropy) = (self.cx.now(), self.directory.entropy());
        let provisioned = provision_signing_keys(self.cx.store(), &policy.algorithms, now, entropy).await?;
        let mut done = KeyMaintenance {
            provisioned,
            ..KeyMaintenance::default()
        };
        let keys = self.cx.read().await?.list_signing_keys(now).await?;
        let signing = keys.iter().filter(|key| key.state != SigningKeyState::Retiring);
        let held: BTreeSet<SigningAlgorithm> = signing.map(|key| key.algorithm).collect();
        let mut changed = provisioned;
        for algorithm in held {
            if !policy.algorithms.contains(&algorithm) {
                let mut rows = self.cx.begin().await?;
                if rows.retire_signing_algorithm(algorithm, now + overlap()).await? {
                    done.retired.push(algorithm);
                    changed = true;
                }
                rows.commit().await?;
                continue;
            }
            let next = keys
                .iter()
                .find(|key| key.algorithm == algorithm && key.state == SigningKeyState::Next);
            // A successor is made at the moment of a rotation, so its age is the time since the last one.
            let due = policy
                .rotate_after()
                .zip(next)
                .is_some_and(|(after, next)| next.created_at + after <= now);
            if due {
                match self.rotate_signing_keys(&[algorithm], Rotation::Planned).await {
                    Ok(()) => done.rotated.push(algorithm),
                    // Another node was first.
                    Err(ControlError::Conflict(_) | ControlError::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        if changed {
            self.announce().await?;
        }
        Ok(done)
    }
}

/// Does what is due at the tenants that this node served lately: never the whole estate. One tenant's failure is logged and does
/// not stop the others.
pub async fn maintain_signing_keys(directory: &TenantDirectory) {
    for cx in directory.served_lately() {
        let tenant = cx.id();
        match TenantAdmin::for_work(cx, directory.clone())
            .maintain_signing_keys()
            .await
        {
            Ok(done) if done == KeyMaintenance::default() => {}
            Ok(done) => tracing::info!(tenant_id = %tenant, ?done, "signing keys maintained"),
            Err(error) => tracing::warn!(tenant_id = %tenant, %error, "signing keys stay as they are for now"),
        }
    }
}
