//! Sessions of the consoles: the cookie is stored as a hash, and opens nothing without the browser session it belongs to.

use super::sessions::place;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::Sealed;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// A console session with the record of the browser session behind it.
pub struct ConsoleSession {
    /// The browser session's id.
    pub session: Sha256Hash,
    /// Its record.
    pub record: Secret<Vec<u8>>,
    /// Its record as it is stored, to change it only if nobody else has.
    pub sealed: Vec<u8>,
    /// When somebody entered.
    pub started_at: Timestamp,
    /// When the console was last used, give or take a minute.
    pub seen_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    session_hash: Sha256Hash,
    sealed_record: Vec<u8>,
    started_at: Timestamp,
    seen_at: Timestamp,
}

impl TenantTx {
    /// Stores a console session that ends with the browser session of this key.
    pub async fn insert_console_session(
        &mut self,
        console: Sha256Hash,
        session_key: Sha256Hash,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO console_sessions (tenant_id, console_hash, session_key, started_at, seen_at, expires_at) \
             VALUES ($1, $2, $3, $4, $4, $5)",
        )
        .bind(tenant)
        .bind(console)
        .bind(session_key)
        .bind(now)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// A console session that has not expired and whose browser session has not either.
    pub async fn find_console_session(
        &mut self,
        console: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<ConsoleSession>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT sessions.session_hash, sessions.sealed_record, console_sessions.started_at, \
             console_sessions.seen_at FROM console_sessions JOIN sessions ON sessions.tenant_id = $1 \
             AND sessions.session_key = console_sessions.session_key AND sessions.expires_at > $3 \
             WHERE console_sessions.tenant_id = $1 AND console_sessions.console_hash = $2 \
             AND console_sessions.expires_at > $3",
        )
        .bind(tenant)
        .bind(console)
        .bind(now)
        .fetch_optional(connection)
        .await)?;
        let Some(row) = row else { return Ok(None) };
        let sealed = Sealed::from_bytes(row.sealed_record.clone());
        Ok(Some(ConsoleSession {
            session: row.session_hash,
            record: self.keyring.open(place(row.session_hash.as_bytes()), &sealed)?,
            sealed: row.sealed_record,
            started_at: row.started_at,
            seen_at: row.seen_at,
        }))
    }

    /// Writes down that a console session is in use, and moves its end.
    pub async fn touch_console_session(
        &mut self,
        console: Sha256Hash,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE console_sessions SET seen_at = $3, expires_at = $4 WHERE tenant_id = $1 AND console_hash = $2",
        )
        .bind(tenant)
        .bind(console)
        .bind(now)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Replaces the record of a browser session and moves its end, if the record is still the one that was read.
    pub async fn extend_session(
        &mut self,
        read: &ConsoleSession,
        record: &[u8],
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(read.session.as_bytes()), record, entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE sessions SET sealed_record = $4, expires_at = $5 \
             WHERE tenant_id = $1 AND session_hash = $2 AND sealed_record = $3",
        )
        .bind(tenant)
        .bind(read.session)
        .bind(&read.sealed)
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Ends a console session.
    pub async fn delete_console_session(&mut self, console: Sha256Hash) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM console_sessions WHERE tenant_id = $1 AND console_hash = $2"
        )
        .bind(tenant)
        .bind(console)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
