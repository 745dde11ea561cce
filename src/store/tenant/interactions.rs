//! Interactions: a browser's way from authorization request to code.

use crate::kernel::id::GrantId;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::smart::scope::Decision;
use crate::store::tenant::decisions;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// An interaction as stored. The state's shape belongs to `interaction`.
pub struct StoredInteraction {
    /// Hash of the cookie that binds it to one browser; `None` until a browser first opens it.
    pub binding: Option<Sha256Hash>,
    /// The state as JSON.
    pub state: Secret<Vec<u8>>,
    /// Grows with every step; a step that was overtaken by another tab is refused.
    pub version: i64,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Set when it ended in a code or a refusal.
    pub completed_at: Option<Timestamp>,
}

/// How an interaction ended.
pub struct InteractionOutcome<'a> {
    /// `granted`, or the short code of the refusal.
    pub outcome: &'a str,
    /// The grant, which has the decision then.
    pub grant: Option<GrantId>,
    /// What had been decided about the scope when it was refused.
    pub decision: Option<Decision>,
}

#[derive(FromRow)]
struct OutcomeRow {
    outcome: Option<String>,
    grant_id: Option<Uuid>,
    sealed_decision: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct Row {
    binding_hash: Option<Sha256Hash>,
    sealed_state: Vec<u8>,
    version: i64,
    expires_at: Timestamp,
    completed_at: Option<Timestamp>,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "interactions",
        column: "sealed_state",
        row,
    }
}

const fn decision_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "interactions",
        column: "sealed_decision",
        row,
    }
}

impl TenantTx {
    /// Stores a new interaction.
    pub async fn insert_interaction(
        &mut self,
        interaction: Sha256Hash,
        state: &[u8],
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(interaction.as_bytes()), state, entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO interactions (tenant_id, interaction_hash, sealed_state, version, expires_at) \
             VALUES ($1, $2, $3, 0, $4)",
        )
        .bind(tenant)
        .bind(interaction)
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Binds the interaction to the browser that first opens it. False when another browser was first.
    pub async fn bind_interaction(&mut self, interaction: Sha256Hash, binding: Sha256Hash) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE interactions SET binding_hash = $3 WHERE tenant_id = $1 AND interaction_hash = $2 \
             AND (binding_hash IS NULL OR binding_hash = $3)",
        )
        .bind(tenant)
        .bind(interaction)
        .bind(binding)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// The interaction with this handle, also when it has expired or ended: pages tell the two apart.
    pub async fn find_interaction(&mut self, interaction: Sha256Hash) -> Result<Option<StoredInteraction>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT binding_hash, sealed_state, version, expires_at, completed_at FROM interactions \
             WHERE tenant_id = $1 AND interaction_hash = $2",
        )
        .bind(tenant)
        .bind(interaction)
        .fetch_optional(connection)
        .await)?;
        row.map(|row| {
            Ok(StoredInteraction {
                binding: row.binding_hash,
                state: self
                    .keyring
                    .open(place(interaction.as_bytes()), &Sealed::from_bytes(row.sealed_state))?,
                version: row.version,
                expires_at: row.expires_at,
                completed_at: row.completed_at,
            })
        })
        .transpose()
    }

    /// Replaces the state if nothing else changed it since `version`. False when something did, or it has ended.
    pub async fn advance_interaction(
        &mut self,
        interaction: Sha256Hash,
        version: i64,
        state: &[u8],
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(interaction.as_bytes()), state, entropy)?;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE interactions SET sealed_state = $4, version = version + 1 WHERE tenant_id = $1 \
             AND interaction_hash = $2 AND version = $3 AND completed_at IS NULL AND expires_at > $5",
        )
        .bind(tenant)
        .bind(interaction)
        .bind(version)
        .bind(&sealed)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Ends the interaction. True for exactly one caller.
    pub async fn complete_interaction(
        &mut self,
        interaction: Sha256Hash,
        outcome: &InteractionOutcome<'_>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let place = decision_place(interaction.as_bytes());
        let decision = match &outcome.decision {
            Some(decision) => Some(decisions::seal(&self.keyring, place, decision, entropy)?),
            None => None,
        };
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE interactions SET completed_at = $3, outcome = $4, grant_id = $5, sealed_decision = $6 \
             WHERE tenant_id = $1 AND interaction_hash = $2 AND completed_at IS NULL AND expires_at > $3",
        )
        .bind(tenant)
        .bind(interaction)
        .bind(now)
        .bind(outcome.outcome)
        .bind(outcome.grant)
        .bind(decision.as_ref())
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// How an interaction ended: grant, short code and decision, as far as there are any.
    pub async fn find_interaction_outcome(
        &mut self,
        interaction: Sha256Hash,
    ) -> Result<Option<(Option<GrantId>, Option<String>, Option<Decision>)>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| {
            sqlx::query_as::<_, OutcomeRow>(
            "SELECT outcome, grant_id, sealed_decision FROM interactions WHERE tenant_id = $1 AND interaction_hash = $2",
        )
        .bind(tenant)
        .bind(interaction)
        .fetch_optional(connection)
        .await
        })?;
        let Some(row) = row else { return Ok(None) };
        let decision = decisions::open(
            &self.keyring,
            decision_place(interaction.as_bytes()),
            row.sealed_decision,
        )?;
        Ok(Some((row.grant_id.map(GrantId::from_uuid), row.outcome, decision)))
    }
}
