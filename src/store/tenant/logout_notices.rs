//! News of ended sessions on their way to apps (OpenID Connect Back-Channel Logout).

use crate::kernel::id::{AccountId, LogoutNoticeId};
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// An app that a user signed in to in one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionClient {
    /// The client.
    pub client_id: String,
    /// The user.
    pub account: AccountId,
}

/// A notice that is due, counted as tried.
#[derive(Clone, Debug)]
pub struct LogoutNotice {
    /// Its id.
    pub id: LogoutNoticeId,
    /// The client to tell.
    pub client_id: String,
    /// The user whose session ended.
    pub account: AccountId,
    /// The session, as the client knows it.
    pub sid: String,
    /// How often it was tried, this time included.
    pub attempts: i64,
}

#[derive(FromRow)]
struct ClientRow {
    client_id: String,
    account_id: Uuid,
}

#[derive(FromRow)]
struct NoticeRow {
    notice_id: Uuid,
    client_id: String,
    account_id: Uuid,
    sid: String,
    attempts: i64,
}

impl TenantTx {
    /// The apps that got anything in a session, offline access included.
    pub async fn list_clients_of_session(&mut self, session: Sha256Hash) -> Result<Vec<SessionClient>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, ClientRow>(
            "SELECT DISTINCT client_id, account_id FROM grants WHERE tenant_id = $1 AND logout_session = $2",
        )
        .bind(tenant)
        .bind(session)
        .fetch_all(connection)
        .await)?;
        Ok(rows
            .into_iter()
            .map(|row| SessionClient {
                client_id: row.client_id,
                account: AccountId::from_uuid(row.account_id),
            })
            .collect())
    }

    /// Stores a notice that is due now.
    pub async fn insert_logout_notice(
        &mut self,
        id: LogoutNoticeId,
        to: &SessionClient,
        sid: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO logout_notices (tenant_id, notice_id, client_id, account_id, sid, attempts, due_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, 0, $6, $7)",
        )
        .bind(tenant)
        .bind(id)
        .bind(&to.client_id)
        .bind(to.account)
        .bind(sid)
        .bind(now)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// Takes up to twenty notices that are due and puts them off until `next`, in one statement: of two nodes one tells the
    /// app, and a node that dies on the way leaves the notice to be tried again.
    pub async fn take_due_logout_notices(
        &mut self,
        now: Timestamp,
        next: Timestamp,
    ) -> Result<Vec<LogoutNotice>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, NoticeRow>(
                "UPDATE logout_notices SET attempts = attempts + 1, due_at = $3 WHERE tenant_id = $1 AND due_at <= $2 \
             AND notice_id IN (SELECT notice_id FROM logout_notices WHERE tenant_id = $1 AND due_at <= $2 \
                 ORDER BY due_at LIMIT 20) RETURNING notice_id, client_id, account_id, sid, attempts",
            )
            .bind(tenant)
            .bind(now)
            .bind(next)
            .fetch_all(connection)
            .await
        })?;
        Ok(rows
            .into_iter()
            .map(|row| LogoutNotice {
                id: LogoutNoticeId::from_uuid(row.notice_id),
                client_id: row.client_id,
                account: AccountId::from_uuid(row.account_id),
                sid: row.sid,
                attempts: row.attempts,
            })
            .collect())
    }

    /// Puts a notice off until `due_at`.
    pub async fn defer_logout_notice(&mut self, id: LogoutNoticeId, due_at: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE logout_notices SET due_at = $3 WHERE tenant_id = $1 AND notice_id = $2"
        )
        .bind(tenant)
        .bind(id)
        .bind(due_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Forgets a notice that was delivered or given up.
    pub async fn delete_logout_notice(&mut self, id: LogoutNoticeId) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM logout_notices WHERE tenant_id = $1 AND notice_id = $2"
        )
        .bind(tenant)
        .bind(id)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
