//! Apps that registered themselves (RFC 7591), and how they manage that (RFC 7592).

use super::configuration_changes::{Authorship, ResourceKind, ResourceName};
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// A token that lets somebody register apps.
pub struct NewInitialAccessToken<'a> {
    /// Hash of the token.
    pub token: Sha256Hash,
    /// What an administrator calls it.
    pub label: &'a str,
    /// How many apps it can register.
    pub uses: u32,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A token that lets somebody register apps, as it is listed.
#[derive(Clone, Debug, FromRow)]
pub struct InitialAccessToken {
    /// Hash of the token: its id, from which nobody gets the token.
    #[sqlx(rename = "token_hash")]
    pub token: Vec<u8>,
    /// What an administrator calls it.
    pub label: String,
    /// How many apps it can still register.
    pub uses_left: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl TenantTx {
    /// Up to `limit` unexpired initial access tokens in order of id, after `after`.
    pub async fn list_initial_access_tokens(
        &mut self,
        after: &[u8],
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<InitialAccessToken>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, InitialAccessToken>(
            "SELECT token_hash, label, uses_left, created_at, expires_at FROM initial_access_tokens \
             WHERE tenant_id = $1 AND token_hash > $2 AND expires_at > $3 ORDER BY token_hash LIMIT $4",
        )
        .bind(tenant)
        .bind(after)
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?)
    }

    /// Takes back an initial access token. False when it is not there.
    pub async fn delete_initial_access_token(&mut self, token: Sha256Hash) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM initial_access_tokens WHERE tenant_id = $1 AND token_hash = $2"
        )
        .bind(tenant)
        .bind(token)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(deleted == 1)
    }

    /// Stores an initial access token.
    pub async fn insert_initial_access_token(
        &mut self,
        token: &NewInitialAccessToken<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO initial_access_tokens (tenant_id, token_hash, label, uses_left, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(tenant)
        .bind(token.token)
        .bind(token.label)
        .bind(i64::from(token.uses))
        .bind(now)
        .bind(token.expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Uses an initial access token once. False when it is unknown, expired or used up.
    pub async fn use_initial_access_token(&mut self, token: Sha256Hash, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let used = on_tx!(self, |connection| sqlx::query(
            "UPDATE initial_access_tokens SET uses_left = uses_left - 1 \
             WHERE tenant_id = $1 AND token_hash = $2 AND uses_left > 0 AND expires_at > $3",
        )
        .bind(tenant)
        .bind(token)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(used == 1)
    }

    /// Notes that a client registered itself, and the token with which it manages that from now on.
    pub async fn insert_registration(
        &mut self,
        client_id: &str,
        token: Sha256Hash,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO registrations (tenant_id, client_id, token_hash, registered_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(tenant)
        .bind(client_id)
        .bind(token)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// When the client registered itself, if `token` is the one that manages its registration.
    pub async fn find_registration(
        &mut self,
        client_id: &str,
        token: Sha256Hash,
    ) -> Result<Option<Timestamp>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, Timestamp>(
            "SELECT registered_at FROM registrations WHERE tenant_id = $1 AND client_id = $2 AND token_hash = $3",
        )
        .bind(tenant)
        .bind(client_id)
        .bind(token)
        .fetch_optional(connection)
        .await)?)
    }

    /// Removes a client, and with it everything it was ever given: grants fall, consents are forgotten. True when it was
    /// there.
    pub async fn delete_client(&mut self, client_id: &str, by: &Authorship<'_>) -> Result<bool, StoreError> {
        const LEFT: [&str; 4] = [
            "DELETE FROM registrations WHERE tenant_id = $1 AND client_id = $2",
            "DELETE FROM consents WHERE tenant_id = $1 AND client_id = $2",
            // Whoever registers the same id later is somebody else.
            "DELETE FROM role_assignments WHERE tenant_id = $1 AND principal = $2",
            "DELETE FROM client_origins WHERE tenant_id = $1 AND client_id = $2",
        ];
        let tenant = self.tenant;
        let before = self.find_client_document(client_id).await?;
        let name = ResourceName::of(ResourceKind::App, client_id);
        self.record_change(&name, before.as_ref(), None, by).await?;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE grants SET revoked_at = $3, revoked_because = 'client_deleted' \
             WHERE tenant_id = $1 AND client_id = $2 AND revoked_at IS NULL",
        )
        .bind(tenant)
        .bind(client_id)
        .bind(by.now)
        .execute(connection)
        .await
        .map(drop))?;
        for statement in LEFT {
            on_tx!(self, |connection| sqlx::query(statement)
                .bind(tenant)
                .bind(client_id)
                .execute(connection)
                .await
                .map(drop))?;
        }
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM clients WHERE tenant_id = $1 AND client_id = $2"
        )
        .bind(tenant)
        .bind(client_id)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(deleted == 1)
    }
}
