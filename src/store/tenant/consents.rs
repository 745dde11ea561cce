//! Remembered consent: per user and client, the scopes that were allowed.

use crate::kernel::Timestamp;
use crate::kernel::id::AccountId;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// What a user allowed a client before.
#[derive(Clone, Debug, FromRow)]
pub struct Consent {
    /// The scopes they were asked for, space-separated; `None` where they were those that were granted.
    pub asked: Option<String>,
    /// The scopes as they were granted, space-separated.
    pub scope: String,
    /// When.
    pub granted_at: Timestamp,
}

/// A consent, as it is listed.
#[derive(Clone, Debug)]
pub struct ListedConsent {
    /// The user.
    pub account: AccountId,
    /// The app.
    pub client_id: String,
    /// The scopes as they were granted, space-separated.
    pub scope: String,
    /// When.
    pub granted_at: Timestamp,
}

#[derive(FromRow)]
struct ListedRow {
    account_id: Uuid,
    client_id: String,
    scope: String,
    granted_at: Timestamp,
}

impl TenantTx {
    /// What `account` allowed `client_id`.
    pub async fn find_consent(&mut self, account: AccountId, client_id: &str) -> Result<Option<Consent>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, Consent>(
            "SELECT asked, scope, granted_at FROM consents WHERE tenant_id = $1 AND account_id = $2 AND client_id = $3",
        )
        .bind(tenant)
        .bind(account)
        .bind(client_id)
        .fetch_optional(connection)
        .await)?)
    }

    /// Remembers what `account` was asked for by `client_id` and what it allowed, replacing what stood before.
    pub async fn save_consent(
        &mut self,
        account: AccountId,
        client_id: &str,
        asked: &str,
        scope: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO consents (tenant_id, account_id, client_id, scope, granted_at, asked) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, account_id, client_id) DO UPDATE \
             SET scope = excluded.scope, asked = excluded.asked, granted_at = excluded.granted_at",
        )
        .bind(tenant)
        .bind(account)
        .bind(client_id)
        .bind(scope)
        .bind(now)
        .bind(asked)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Forgets what `account` allowed `client_id`. True when there was something to forget.
    pub async fn delete_consent(&mut self, account: AccountId, client_id: &str) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let removed = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM consents WHERE tenant_id = $1 AND account_id = $2 AND client_id = $3",
        )
        .bind(tenant)
        .bind(account)
        .bind(client_id)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(removed == 1)
    }

    /// Up to `limit` consents in order of user and app, after `after`; of one user, to one app, or all.
    pub async fn list_consents(
        &mut self,
        account: Option<AccountId>,
        client_id: Option<&str>,
        after: Option<&(AccountId, String)>,
        limit: u32,
    ) -> Result<Vec<ListedConsent>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, ListedRow>(
            "SELECT account_id, client_id, scope, granted_at FROM consents WHERE tenant_id = $1 \
             AND ($2 IS NULL OR account_id = $2) AND ($3 IS NULL OR client_id = $3) \
             AND ($4 IS NULL OR account_id > $4 OR (account_id = $4 AND client_id > $5)) \
             ORDER BY account_id, client_id LIMIT $6",
        )
        .bind(tenant)
        .bind(account)
        .bind(client_id)
        .bind(after.map(|(account, _)| *account))
        .bind(after.map(|(_, client_id)| client_id.as_str()))
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?;
        Ok(rows
            .into_iter()
            .map(|row| ListedConsent {
                account: AccountId::from_uuid(row.account_id),
                client_id: row.client_id,
                scope: row.scope,
                granted_at: row.granted_at,
            })
            .collect())
    }
}
