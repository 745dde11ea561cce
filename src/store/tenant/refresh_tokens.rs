//! Refresh tokens with rotation (RFC 9700 section 4.14.2): each token has one successor, derived from it.

use crate::kernel::id::GrantId;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use std::time::Duration;
use uuid::Uuid;

/// A refresh token to be stored.
pub struct NewRefreshToken<'a> {
    /// Hash of the token.
    pub token: Sha256Hash,
    /// The grant.
    pub grant: GrantId,
    /// The client it is bound to.
    pub client_id: &'a str,
    /// Thumbprint of the key it is bound to, for public clients (RFC 9449 section 5).
    pub dpop_jkt: Option<&'a str>,
    /// When it expires unless used.
    pub idle_expires_at: Timestamp,
    /// When it expires in any case.
    pub expires_at: Timestamp,
}

/// What is known of a refresh token.
#[derive(Clone, Debug)]
pub struct RefreshTokenRow {
    /// The grant.
    pub grant: GrantId,
    /// The client it is bound to.
    pub client_id: String,
    /// When the whole family expires.
    pub expires_at: Timestamp,
    /// Thumbprint of the key it is bound to.
    pub dpop_jkt: Option<String>,
}

/// A refresh token in whatever state, for explaining it.
#[derive(Clone, Copy, Debug)]
pub struct RefreshTokenRecord {
    /// The grant.
    pub grant: GrantId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires unless used.
    pub idle_expires_at: Timestamp,
    /// When it expires in any case.
    pub expires_at: Timestamp,
    /// When it was used and replaced.
    pub rotated_at: Option<Timestamp>,
}

/// The outcome of presenting a refresh token.
pub enum RefreshRotation {
    /// The token was live, or was rotated so shortly before that its answer may have been lost: `successor` is stored
    /// as its one and only successor.
    Rotated(RefreshTokenRow),
    /// Rotated before, and either long ago or with the successor already used: a copy is in other hands.
    Replayed(GrantId),
    /// Unknown, expired, or another client's: says nothing about which.
    Unknown,
}

#[derive(FromRow)]
struct Row {
    grant_id: Uuid,
    client_id: String,
    expires_at: Timestamp,
    dpop_jkt: Option<String>,
}

impl From<Row> for RefreshTokenRow {
    fn from(row: Row) -> Self {
        Self {
            grant: GrantId::from_uuid(row.grant_id),
            client_id: row.client_id,
            expires_at: row.expires_at,
            dpop_jkt: row.dpop_jkt,
        }
    }
}

impl TenantTx {
    /// Stores the first refresh token of a grant.
    pub async fn insert_refresh_token(
        &mut self,
        token: &NewRefreshToken<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        // A second answer within the window stores the same successor again: that is no error.
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO refresh_tokens (tenant_id, token_hash, grant_id, client_id, dpop_jkt, issued_at, \
             idle_expires_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id, token_hash) DO NOTHING",
        )
        .bind(tenant)
        .bind(token.token)
        .bind(token.grant)
        .bind(token.client_id)
        .bind(token.dpop_jkt)
        .bind(now)
        .bind(token.idle_expires_at)
        .bind(token.expires_at)
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// The client of a live refresh token, for public clients that present nothing but the token.
    pub async fn find_refresh_token(
        &mut self,
        token: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<RefreshTokenRow>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT grant_id, client_id, expires_at, dpop_jkt FROM refresh_tokens \
             WHERE tenant_id = $1 AND token_hash = $2 AND expires_at > $3 AND idle_expires_at > $3",
        )
        .bind(tenant)
        .bind(token)
        .bind(now)
        .fetch_optional(connection)
        .await)?
        .map(Into::into))
    }

    /// What is known of a refresh token, live or not.
    pub async fn find_refresh_token_record(
        &mut self,
        token: Sha256Hash,
    ) -> Result<Option<RefreshTokenRecord>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<
            _,
            (Uuid, Timestamp, Timestamp, Timestamp, Option<Timestamp>),
        >(
            "SELECT grant_id, issued_at, idle_expires_at, expires_at, rotated_at FROM refresh_tokens \
             WHERE tenant_id = $1 AND token_hash = $2",
        )
        .bind(tenant)
        .bind(token)
        .fetch_optional(connection)
        .await)?;
        Ok(row.map(
            |(grant, issued_at, idle_expires_at, expires_at, rotated_at)| RefreshTokenRecord {
                grant: GrantId::from_uuid(grant),
                issued_at,
                idle_expires_at,
                expires_at,
                rotated_at,
            },
        ))
    }

    /// Uses a refresh token without replacing it, and renews its idle time.
    pub async fn renew_refresh_token(
        &mut self,
        token: Sha256Hash,
        client_id: &str,
        now: Timestamp,
        idle: Duration,
    ) -> Result<RefreshRotation, StoreError> {
        let tenant = self.tenant;
        let renewed = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "UPDATE refresh_tokens SET idle_expires_at = $5 WHERE tenant_id = $1 AND token_hash = $2 \
             AND client_id = $3 AND rotated_at IS NULL AND expires_at > $4 AND idle_expires_at > $4 \
             RETURNING grant_id, client_id, expires_at, dpop_jkt",
        )
        .bind(tenant)
        .bind(token)
        .bind(client_id)
        .bind(now)
        .bind(now + idle)
        .fetch_optional(connection)
        .await)?;
        match renewed {
            Some(row) => Ok(RefreshRotation::Rotated(row.into())),
            None => self.find_replayed_refresh_token(token, client_id).await,
        }
    }

    /// Rotates a refresh token in one guarded statement and stores `successor`.
    ///
    /// Within `window` after the first rotation, and only while the successor is unused, the same token is answered
    /// with the same successor: a lost answer or two tabs must not sign anyone out.
    pub async fn rotate_refresh_token(
        &mut self,
        token: Sha256Hash,
        successor: Sha256Hash,
        client_id: &str,
        now: Timestamp,
        window: Duration,
        idle: Duration,
    ) -> Result<RefreshRotation, StoreError> {
        let tenant = self.tenant;
        let rotated = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "UPDATE refresh_tokens SET rotated_at = COALESCE(rotated_at, $4), successor_hash = $5 \
             WHERE tenant_id = $1 AND token_hash = $2 AND client_id = $3 AND expires_at > $4 AND idle_expires_at > $4 \
             AND (rotated_at IS NULL OR (rotated_at > $6 AND NOT EXISTS (SELECT 1 FROM refresh_tokens later \
                  WHERE later.tenant_id = $1 AND later.token_hash = $5 AND later.rotated_at IS NOT NULL))) \
             RETURNING grant_id, client_id, expires_at, dpop_jkt",
        )
        .bind(tenant)
        .bind(token)
        .bind(client_id)
        .bind(now)
        .bind(successor)
        .bind(now - window)
        .fetch_optional(connection)
        .await)?;
        let Some(row) = rotated else {
            return self.find_replayed_refresh_token(token, client_id).await;
        };
        let row = RefreshTokenRow::from(row);
        let next = NewRefreshToken {
            token: successor,
            grant: row.grant,
            client_id,
            dpop_jkt: row.dpop_jkt.as_deref(),
            idle_expires_at: now + idle,
            expires_at: row.expires_at,
        };
        self.insert_refresh_token(&next, now).await?;
        Ok(RefreshRotation::Rotated(row))
    }

    async fn find_replayed_refresh_token(
        &mut self,
        token: Sha256Hash,
        client_id: &str,
    ) -> Result<RefreshRotation, StoreError> {
        let tenant = self.tenant;
        let replayed = on_tx!(self, |connection| sqlx::query_scalar::<_, Uuid>(
            "SELECT grant_id FROM refresh_tokens WHERE tenant_id = $1 AND token_hash = $2 AND client_id = $3 \
             AND rotated_at IS NOT NULL",
        )
        .bind(tenant)
        .bind(token)
        .bind(client_id)
        .fetch_optional(connection)
        .await)?;
        Ok(replayed.map_or(RefreshRotation::Unknown, |grant| {
            RefreshRotation::Replayed(GrantId::from_uuid(grant))
        }))
    }
}
