//! Browser sessions: the id is stored as a hash, the record sealed.

use crate::kernel::id::AccountId;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed, TenantKeyring};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

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

/// A session in which somebody is signed in, as administration lists it.
pub struct ListedSession {
    /// The hash of its id.
    pub id: Sha256Hash,
    /// What grants name it by.
    pub key: Option<Sha256Hash>,
    /// Who is signed in.
    pub account: AccountId,
    /// Since when.
    pub started_at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    /// The record.
    pub record: Secret<Vec<u8>>,
}

impl ListedSession {
    /// The part that ending it needs.
    pub const fn of_account(&self) -> SessionOfAccount {
        SessionOfAccount {
            id: self.id,
            key: self.key,
            started_at: Some(self.started_at),
            expires_at: self.expires_at,
        }
    }
}

#[derive(FromRow)]
struct ListedRow {
    id: Sha256Hash,
    key: Option<Sha256Hash>,
    account: Uuid,
    started_at: Timestamp,
    expires_at: Timestamp,
    sealed_record: Vec<u8>,
}

impl ListedRow {
    fn open(self, keyring: &TenantKeyring) -> Result<ListedSession, StoreError> {
        Ok(ListedSession {
            record: keyring.open(place(self.id.as_bytes()), &Sealed::from_bytes(self.sealed_record))?,
            id: self.id,
            key: self.key,
            account: AccountId::from_uuid(self.account),
            started_at: self.started_at,
            expires_at: self.expires_at,
        })
    }
}

impl TenantTx {
    /// Up to `limit` sessions in which somebody is signed in, of one account or of all, the newest first, after `after`: the
    /// start and the id of the last one seen.
    pub async fn list_signed_in_sessions(
        &mut self,
        account: Option<AccountId>,
        after: Option<(Timestamp, Sha256Hash)>,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ListedSession>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, ListedRow>(
            "SELECT session_hash AS id, session_key AS key, account_id AS account, started_at, expires_at, sealed_record \
             FROM sessions WHERE tenant_id = $1 AND account_id IS NOT NULL AND started_at IS NOT NULL AND expires_at > $2 \
             AND ($3 IS NULL OR account_id = $3) \
             AND ($4 IS NULL OR started_at < $4 OR (started_at = $4 AND session_hash < $5)) \
             ORDER BY started_at DESC, session_hash DESC LIMIT $6",
        )
        .bind(tenant)
        .bind(now)
        .bind(account)
        .bind(after.map(|(started_at, _)| started_at))
        .bind(after.map(|(_, id)| id))
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        })?;
        rows.into_iter().map(|row| row.open(&self.keyring)).collect()
    }

    /// A session in which somebody is signed in, by the hash of its id.
    pub async fn find_signed_in_session(
        &mut self,
        session: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<ListedSession>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, ListedRow>(
            "SELECT session_hash AS id, session_key AS key, account_id AS account, started_at, expires_at, sealed_record \
             FROM sessions WHERE tenant_id = $1 AND session_hash = $2 AND account_id IS NOT NULL \
             AND started_at IS NOT NULL AND expires_at > $3",
        )
        .bind(tenant)
        .bind(session)
        .bind(now)
        .fetch_optional(connection)
        .await)?
        .map(|row| row.open(&self.keyring))
        .transpose()
    }

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

    /// Ends a session. False when there was none.
    pub async fn delete_session(&mut self, session: Sha256Hash) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM sessions WHERE tenant_id = $1 AND session_hash = $2"
        )
        .bind(tenant)
        .bind(session)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(deleted == 1)
    }
}
