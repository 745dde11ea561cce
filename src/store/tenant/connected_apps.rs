//! The apps that a user lets at their data: remembered consent and live grants, app by app.

use super::grants::{GrantContext, open_context};
use crate::kernel::Timestamp;
use crate::kernel::id::AccountId;
use crate::keys::TenantKeyring;
use crate::oauth::Client;
use crate::smart::AuthorizationDetails;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

/// One app and what a user allowed it.
#[derive(Clone, Debug)]
pub struct ConnectedApp {
    /// The app, enabled or not.
    pub client: Client,
    /// What is allowed, space-separated.
    pub scope: String,
    /// When it was first allowed, since access was last withdrawn.
    pub first_allowed_at: Timestamp,
    /// When the app last got a token.
    pub last_used_at: Timestamp,
    /// Whether it holds a refresh token that works without the user.
    pub offline: bool,
    /// What it was allowed at single FHIR servers the last time, when it asked for that (RFC 9396).
    pub authorization_details: AuthorizationDetails,
    /// The FHIR bases that its access tokens may be for.
    pub resources: Vec<String>,
}

#[derive(FromRow)]
struct Row {
    document: String,
    consented: Option<String>,
    consented_at: Option<Timestamp>,
    granted: Option<String>,
    grant_id: Option<Uuid>,
    sealed_context: Option<Vec<u8>>,
    first_grant_at: Option<Timestamp>,
    last_grant_at: Option<Timestamp>,
    last_refresh_at: Option<Timestamp>,
    offline_tokens: i64,
}

impl Row {
    fn open(self, keyring: &TenantKeyring) -> Result<ConnectedApp, StoreError> {
        let row = self;
        let context = match (row.grant_id, row.sealed_context) {
            (Some(grant), Some(sealed)) => open_context(keyring, grant, sealed)?,
            _ => GrantContext::default(),
        };
        let client =
            serde_json::from_str(&row.document).map_err(|error| StoreError::corrupt("clients", "document", error))?;
        let never = Timestamp::from_micros(0);
        let first = [row.consented_at, row.first_grant_at].into_iter().flatten().min();
        let last = [row.consented_at, row.last_grant_at, row.last_refresh_at]
            .into_iter()
            .flatten()
            .max();
        Ok(ConnectedApp {
            client,
            scope: row.consented.or(row.granted).unwrap_or_default(),
            first_allowed_at: first.unwrap_or(never),
            last_used_at: last.unwrap_or(never),
            offline: row.offline_tokens > 0,
            authorization_details: context.authorization_details,
            resources: context.resources,
        })
    }
}

/// Its `$1` is the tenant, `$2` the account, `$3` the time. Of grants only those count that were not revoked.
const APPS: &str = "SELECT k.document, c.scope AS consented, c.granted_at AS consented_at, \
    n.scope AS granted, n.grant_id, n.sealed_context, n.created_at AS last_grant_at, \
    (SELECT MIN(g.created_at) FROM grants g WHERE g.tenant_id = $1 AND g.account_id = $2 AND g.client_id = k.client_id \
     AND g.revoked_at IS NULL) AS first_grant_at, \
    (SELECT MAX(r.issued_at) FROM grants g JOIN refresh_tokens r ON r.tenant_id = g.tenant_id AND r.grant_id = g.grant_id \
     WHERE g.tenant_id = $1 AND g.account_id = $2 AND g.client_id = k.client_id AND g.revoked_at IS NULL) AS last_refresh_at, \
    (SELECT COUNT(*) FROM grants g JOIN refresh_tokens r ON r.tenant_id = g.tenant_id AND r.grant_id = g.grant_id \
     WHERE g.tenant_id = $1 AND g.account_id = $2 AND g.client_id = k.client_id AND g.revoked_at IS NULL \
     AND NOT g.ends_with_session AND r.rotated_at IS NULL AND r.expires_at > $3 AND r.idle_expires_at > $3) AS offline_tokens \
    FROM clients k LEFT JOIN consents c ON c.tenant_id = k.tenant_id AND c.client_id = k.client_id AND c.account_id = $2 \
    LEFT JOIN grants n ON n.tenant_id = k.tenant_id AND n.grant_id = (SELECT g.grant_id FROM grants g WHERE g.tenant_id = $1 \
     AND g.account_id = $2 AND g.client_id = k.client_id AND g.revoked_at IS NULL ORDER BY g.created_at DESC LIMIT 1) \
    WHERE k.tenant_id = $1 AND (c.client_id IS NOT NULL OR n.grant_id IS NOT NULL)";

impl TenantTx {
    /// Up to `limit` apps that `account` allowed something, by name, after the first `skip`.
    pub async fn list_connected_apps(
        &mut self,
        account: AccountId,
        now: Timestamp,
        limit: u32,
        skip: u32,
    ) -> Result<Vec<ConnectedApp>, StoreError> {
        let tenant = self.tenant;
        let statement = format!("{APPS} ORDER BY LOWER(k.name), k.client_id LIMIT $4 OFFSET $5");
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, Row>(AssertSqlSafe(statement))
            .bind(tenant)
            .bind(account)
            .bind(now)
            .bind(i64::from(limit))
            .bind(i64::from(skip))
            .fetch_all(connection)
            .await)?;
        rows.into_iter().map(|row| row.open(&self.keyring)).collect()
    }

    /// One of them.
    pub async fn find_connected_app(
        &mut self,
        account: AccountId,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Option<ConnectedApp>, StoreError> {
        let tenant = self.tenant;
        let statement = format!("{APPS} AND k.client_id = $4");
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(AssertSqlSafe(statement))
            .bind(tenant)
            .bind(account)
            .bind(now)
            .bind(client_id)
            .fetch_optional(connection)
            .await)?;
        row.map(|row| row.open(&self.keyring)).transpose()
    }
}
