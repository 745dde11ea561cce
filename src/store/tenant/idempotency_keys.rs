//! Requests that can be sent again without being done again.

use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "idempotency_keys",
        column: "sealed_answer",
        row,
    }
}

/// How a request was answered before.
pub struct IdempotencyAnswer {
    /// The status code.
    pub status: u16,
    /// The rest, as the caller stored it. It may hold a secret that is shown once.
    pub answer: Secret<Vec<u8>>,
}

/// What is known of a request's key.
pub enum IdempotencyClaim {
    /// Nothing: the request is the caller's to do now.
    Mine,
    /// Another request under the same key is being done.
    UnderWay,
    /// The key was used for another request.
    OtherRequest,
    /// It was done.
    Done(IdempotencyAnswer),
}

#[derive(FromRow)]
struct Row {
    fingerprint: Vec<u8>,
    status: Option<i64>,
    sealed_answer: Option<Vec<u8>>,
}

impl TenantTx {
    /// Claims a key for a request with this fingerprint. A claim that was made before `abandoned` and never answered is
    /// taken over: its process is gone. Of several requests at once, one gets [`IdempotencyClaim::Mine`].
    pub async fn claim_idempotency_key(
        &mut self,
        key: Sha256Hash,
        fingerprint: Sha256Hash,
        abandoned: Timestamp,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<IdempotencyClaim, StoreError> {
        let tenant = self.tenant;
        let claimed = on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO idempotency_keys (tenant_id, key_hash, fingerprint, begun_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, key_hash) DO UPDATE \
             SET fingerprint = excluded.fingerprint, begun_at = excluded.begun_at, expires_at = excluded.expires_at, \
                 status = NULL, sealed_answer = NULL \
             WHERE idempotency_keys.expires_at <= $4 OR (idempotency_keys.status IS NULL AND idempotency_keys.begun_at <= $6)",
        )
        .bind(tenant)
        .bind(key)
        .bind(fingerprint)
        .bind(now)
        .bind(expires_at)
        .bind(abandoned)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        if claimed == 1 {
            return Ok(IdempotencyClaim::Mine);
        }
        let row = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
            "SELECT fingerprint, status, sealed_answer FROM idempotency_keys WHERE tenant_id = $1 AND key_hash = $2",
        )
        .bind(tenant)
        .bind(key)
        .fetch_optional(connection)
        .await
        })?;
        // Released at this moment: whoever sends it again will get it.
        let Some(row) = row else {
            return Ok(IdempotencyClaim::UnderWay);
        };
        if row.fingerprint != fingerprint.as_bytes() {
            return Ok(IdempotencyClaim::OtherRequest);
        }
        let (Some(status), Some(sealed)) = (row.status, row.sealed_answer) else {
            return Ok(IdempotencyClaim::UnderWay);
        };
        let answer = self.keyring.open(place(key.as_bytes()), &Sealed::from_bytes(sealed))?;
        let status =
            u16::try_from(status).map_err(|_| StoreError::corrupt("idempotency_keys", "status", "no status code"))?;
        Ok(IdempotencyClaim::Done(IdempotencyAnswer { status, answer }))
    }

    /// Keeps the answer for requests that come again.
    pub async fn answer_idempotency_key(
        &mut self,
        key: Sha256Hash,
        answer: &IdempotencyAnswer,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self
            .keyring
            .seal(place(key.as_bytes()), answer.answer.expose(), entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE idempotency_keys SET status = $3, sealed_answer = $4 WHERE tenant_id = $1 AND key_hash = $2",
        )
        .bind(tenant)
        .bind(key)
        .bind(i64::from(answer.status))
        .bind(&sealed)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Gives a claim back: nothing was done, and the request may be sent again.
    pub async fn release_idempotency_key(&mut self, key: Sha256Hash) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM idempotency_keys WHERE tenant_id = $1 AND key_hash = $2 AND status IS NULL"
        )
        .bind(tenant)
        .bind(key)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
