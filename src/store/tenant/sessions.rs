//! Browser sessions: the id is stored as a hash, the record sealed.

use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "sessions",
        column: "sealed_record",
        row,
    }
}

impl TenantTx {
    /// Stores a new session. False when the id is taken, so that the caller draws another. `key` is what grants name it by.
    pub async fn insert_session(
        &mut self,
        session: Sha256Hash,
        key: Option<Sha256Hash>,
        record: &[u8],
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(session.as_bytes()), record, entropy)?;
        let inserted = on_tx!(self, |connection| sqlx::query(
            "INSERT INTO sessions (tenant_id, session_hash, session_key, sealed_record, expires_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(tenant)
        .bind(session)
        .bind(key)
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(inserted == 1)
    }

    /// Replaces a session's record. A session that was deleted meanwhile stays deleted.
    pub async fn update_session(
        &mut self,
        session: Sha256Hash,
        key: Option<Sha256Hash>,
        record: &[u8],
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(session.as_bytes()), record, entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE sessions SET session_key = $3, sealed_record = $4, expires_at = $5 \
             WHERE tenant_id = $1 AND session_hash = $2",
        )
        .bind(tenant)
        .bind(session)
        .bind(key)
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The record of a session that has not expired.
    pub async fn find_session(
        &mut self,
        session: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<Secret<Vec<u8>>>, StoreError> {
        let tenant = self.tenant;
        let sealed = on_tx!(self, |connection| sqlx::query_scalar::<_, Vec<u8>>(
            "SELECT sealed_record FROM sessions WHERE tenant_id = $1 AND session_hash = $2 AND expires_at > $3",
        )
        .bind(tenant)
        .bind(session)
        .bind(now)
        .fetch_optional(connection)
        .await)?;
        Ok(sealed
            .map(|sealed| {
                self.keyring
                    .open(place(session.as_bytes()), &Sealed::from_bytes(sealed))
            })
            .transpose()?)
    }

    /// Ends a session.
    pub async fn delete_session(&mut self, session: Sha256Hash) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM sessions WHERE tenant_id = $1 AND session_hash = $2"
        )
        .bind(tenant)
        .bind(session)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
