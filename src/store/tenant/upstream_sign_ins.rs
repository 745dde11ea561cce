//! Sign-ins under way at an upstream provider, found again by their `state`.

use crate::kernel::id::IdentityProviderId;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// A sign-in under way.
pub struct StoredUpstreamSignIn {
    /// Hash of the cookie of the browser that began it.
    pub binding: Sha256Hash,
    /// What is needed to finish it, as JSON.
    pub pending: Secret<Vec<u8>>,
}

#[derive(FromRow)]
struct Row {
    binding_hash: Sha256Hash,
    sealed_pending: Vec<u8>,
}

/// A sign-in under way, with the answer that came for it.
pub struct AnsweredUpstreamSignIn {
    /// What is needed to finish it, as JSON.
    pub pending: Secret<Vec<u8>>,
    /// The answer, once there is one.
    pub answer: Option<Secret<Vec<u8>>>,
}

#[derive(FromRow)]
struct AnsweredRow {
    sealed_pending: Vec<u8>,
    sealed_answer: Option<Vec<u8>>,
}

const fn answer_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "upstream_sign_ins",
        column: "sealed_answer",
        row,
    }
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "upstream_sign_ins",
        column: "sealed_pending",
        row,
    }
}

impl TenantTx {
    /// Stores a sign-in that was sent to `provider`.
    pub async fn insert_upstream_sign_in(
        &mut self,
        state: Sha256Hash,
        provider: IdentityProviderId,
        binding: Sha256Hash,
        pending: &[u8],
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(state.as_bytes()), pending, entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO upstream_sign_ins (tenant_id, state_hash, identity_provider_id, binding_hash, sealed_pending, \
             expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(tenant)
        .bind(state)
        .bind(provider)
        .bind(binding)
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Takes the sign-in that `provider` answers, once: unknown, used, expired, begun in another browser, or sent to
    /// another provider all give `None`, and only the right browser uses it up.
    pub async fn take_upstream_sign_in(
        &mut self,
        state: Sha256Hash,
        provider: IdentityProviderId,
        binding: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<StoredUpstreamSignIn>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "UPDATE upstream_sign_ins SET consumed_at = $5 WHERE tenant_id = $1 AND state_hash = $2 \
             AND identity_provider_id = $3 AND binding_hash = $4 AND consumed_at IS NULL AND expires_at > $5 \
             RETURNING binding_hash, sealed_pending",
        )
        .bind(tenant)
        .bind(state)
        .bind(provider)
        .bind(binding)
        .bind(now)
        .fetch_optional(connection)
        .await)?;
        row.map(|row| {
            Ok(StoredUpstreamSignIn {
                binding: row.binding_hash,
                pending: self
                    .keyring
                    .open(place(state.as_bytes()), &Sealed::from_bytes(row.sealed_pending))?,
            })
        })
        .transpose()
    }

    /// Looks at an open sign-in at `provider` without using it up. With `binding`, it must be this browser's.
    pub async fn find_upstream_sign_in(
        &mut self,
        state: Sha256Hash,
        provider: IdentityProviderId,
        binding: Option<Sha256Hash>,
        now: Timestamp,
    ) -> Result<Option<AnsweredUpstreamSignIn>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<_, AnsweredRow>(
            "SELECT sealed_pending, sealed_answer FROM upstream_sign_ins WHERE tenant_id = $1 AND state_hash = $2 \
             AND identity_provider_id = $3 AND consumed_at IS NULL AND expires_at > $4 \
             AND ($5 IS NULL OR binding_hash = $5)",
        )
        .bind(tenant)
        .bind(state)
        .bind(provider)
        .bind(now)
        .bind(binding)
        .fetch_optional(connection)
        .await)?;
        row.map(|row| {
            let pending = Sealed::from_bytes(row.sealed_pending);
            Ok(AnsweredUpstreamSignIn {
                pending: self.keyring.open(place(state.as_bytes()), &pending)?,
                answer: row
                    .sealed_answer
                    .map(|answer| {
                        self.keyring
                            .open(answer_place(state.as_bytes()), &Sealed::from_bytes(answer))
                    })
                    .transpose()?,
            })
        })
        .transpose()
    }

    /// Keeps the answer to an open sign-in at `provider`. False when there is one already, or no such sign-in: of two
    /// answers at once one is kept.
    pub async fn answer_upstream_sign_in(
        &mut self,
        state: Sha256Hash,
        provider: IdentityProviderId,
        answer: &[u8],
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(answer_place(state.as_bytes()), answer, entropy)?;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE upstream_sign_ins SET sealed_answer = $4 WHERE tenant_id = $1 AND state_hash = $2 \
             AND identity_provider_id = $3 AND sealed_answer IS NULL AND consumed_at IS NULL AND expires_at > $5",
        )
        .bind(tenant)
        .bind(state)
        .bind(provider)
        .bind(&sealed)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }
}
