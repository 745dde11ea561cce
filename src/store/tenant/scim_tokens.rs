//! Tokens with which a directory provisions users (RFC 7644 section 2).

use crate::kernel::id::IdentityProviderId;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// A token that is made.
pub struct NewScimToken<'a> {
    /// Hash of the token.
    pub token: Sha256Hash,
    /// The connection that it opens.
    pub provider: IdentityProviderId,
    /// What an administrator calls it.
    pub label: &'a str,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A token, as it is listed.
#[derive(Clone, Debug, FromRow)]
pub struct ScimToken {
    /// Hash of the token: its id, from which nobody gets the token.
    #[sqlx(rename = "token_hash")]
    pub token: Vec<u8>,
    /// The connection that it opens.
    #[sqlx(rename = "identity_provider_id")]
    pub provider: IdentityProviderId,
    /// What an administrator calls it.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<Timestamp>,
}

impl TenantTx {
    /// Stores a token.
    pub async fn insert_scim_token(&mut self, token: &NewScimToken<'_>, now: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO scim_tokens (tenant_id, token_hash, identity_provider_id, label, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(tenant)
        .bind(token.token)
        .bind(token.provider)
        .bind(token.label)
        .bind(now)
        .bind(token.expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Lets every token of a connection end at `until` at the latest. Returns how many ended later.
    pub async fn shorten_scim_tokens(
        &mut self,
        provider: IdentityProviderId,
        until: Timestamp,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query(
            "UPDATE scim_tokens SET expires_at = $3 \
             WHERE tenant_id = $1 AND identity_provider_id = $2 AND expires_at > $3",
        )
        .bind(tenant)
        .bind(provider)
        .bind(until)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?)
    }

    /// The unexpired tokens of a connection, the oldest first.
    pub async fn list_scim_tokens(
        &mut self,
        provider: IdentityProviderId,
        now: Timestamp,
    ) -> Result<Vec<ScimToken>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, ScimToken>(
            "SELECT token_hash, identity_provider_id, label, created_at, expires_at, last_used_at FROM scim_tokens \
             WHERE tenant_id = $1 AND identity_provider_id = $2 AND expires_at > $3 ORDER BY created_at, token_hash",
        )
        .bind(tenant)
        .bind(provider)
        .bind(now)
        .fetch_all(connection)
        .await)?)
    }

    /// The unexpired token with this hash.
    pub async fn find_scim_token(
        &mut self,
        token: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<ScimToken>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, ScimToken>(
            "SELECT token_hash, identity_provider_id, label, created_at, expires_at, last_used_at FROM scim_tokens \
             WHERE tenant_id = $1 AND token_hash = $2 AND expires_at > $3",
        )
        .bind(tenant)
        .bind(token)
        .bind(now)
        .fetch_optional(connection)
        .await)?)
    }

    /// Notes that a token was used.
    pub async fn note_scim_token_use(&mut self, token: Sha256Hash, now: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE scim_tokens SET last_used_at = $3 WHERE tenant_id = $1 AND token_hash = $2",
        )
        .bind(tenant)
        .bind(token)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Takes a token of this connection back. False when it is not there.
    pub async fn delete_scim_token(
        &mut self,
        provider: IdentityProviderId,
        token: Sha256Hash,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM scim_tokens WHERE tenant_id = $1 AND identity_provider_id = $2 AND token_hash = $3"
        )
        .bind(tenant)
        .bind(provider)
        .bind(token)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(deleted == 1)
    }
}
