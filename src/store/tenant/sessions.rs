//! Browser sessions: the id is stored as a hash, the record sealed.

use crate::kernel::id::AccountId;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

pub(super) const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "sessions",
        column: "sealed_record",
        row,
    }
}

/// A session's row.
#[derive(Clone, Copy)]
pub struct NewSession<'a> {
    /// What grants name it by.
    pub key: Option<Sha256Hash>,
    /// The record, sealed at rest.
    pub record: &'a [u8],
    /// When it ends.
    pub expires_at: Timestamp,
    /// Who is signed in.
    pub account: Option<AccountId>,
    /// Since when.
    pub started_at: Option<Timestamp>,
}

/// A session as its owner sees it.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct SessionOfAccount {
    /// The hash of its id.
    pub id: Sha256Hash,
    /// What grants name it by.
    pub key: Option<Sha256Hash>,
    /// Since when somebody is signed in.
    pub started_at: Option<Timestamp>,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
}

impl TenantTx {
    /// Stores a new session. False when the id is taken, so that the caller draws another.
    pub async fn insert_session(
        &mut self,
        session: Sha256Hash,
        new: NewSession<'_>,
        entropy: &dyn Entropy,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(session.as_bytes()), new.record, entropy)?;
        let inserted = on_tx!(self, |connection| sqlx::query(
            "INSERT INTO sessions (tenant_id, session_hash, session_key, sealed_record, expires_at, account_id, \
             started_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(tenant)
        .bind(session)
        .bind(new.key)
        .bind(&sealed)
        .bind(new.expires_at)
        .bind(new.account)
        .bind(new.started_at)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(inserted == 1)
    }

    /// Replaces a session's record. A session that was deleted meanwhile stays deleted.
    pub async fn update_session(
        &mut self,
        session: Sha256Hash,
        new: NewSession<'_>,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(session.as_bytes()), new.record, entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE sessions SET session_key = $3, sealed_record = $4, expires_at = $5, account_id = $6, \
             started_at = $7 WHERE tenant_id = $1 AND session_hash = $2",
        )
        .bind(tenant)
        .bind(session)
        .bind(new.key)
        .bind(&sealed)
        .bind(new.expires_at)
        .bind(new.account)
        .bind(new.started_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The sessions in which somebody is signed in, newest first, a hundred at most.
    pub async fn list_sessions_of_account(
        &mut self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<SessionOfAccount>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, SessionOfAccount>(
            "SELECT session_hash AS id, session_key AS key, started_at, expires_at FROM sessions \
             WHERE tenant_id = $1 AND account_id = $2 AND expires_at > $3 ORDER BY started_at DESC LIMIT 100",
        )
        .bind(tenant)
        .bind(account)
        .bind(now)
        .fetch_all(connection)
        .await)?)
    }

    /// Ends every session in which somebody is signed in as `account`, except the one that grants name by `except`, and returns
    /// them.
    pub async fn delete_sessions_of_account(
        &mut self,
        account: AccountId,
        except: Option<Sha256Hash>,
    ) -> Result<Vec<SessionOfAccount>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, SessionOfAccount>(
            "DELETE FROM sessions WHERE tenant_id = $1 AND account_id = $2 \
             AND ($3 IS NULL OR session_key IS NULL OR session_key <> $3) \
             RETURNING session_hash AS id, session_key AS key, started_at, expires_at",
        )
        .bind(tenant)
        .bind(account)
        .bind(except)
        .fetch_all(connection)
        .await)?)
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
