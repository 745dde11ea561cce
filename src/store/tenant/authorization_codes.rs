//! Authorization codes, redeemed at most once (RFC 6749 section 4.1.2).

use crate::kernel::id::GrantId;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// A code to be stored.
pub struct NewAuthorizationCode<'a> {
    /// Hash of the code.
    pub code: Sha256Hash,
    /// The grant it stands for.
    pub grant: GrantId,
    /// The client it was issued to.
    pub client_id: &'a str,
    /// The redirect URI of the request, literally.
    pub redirect_uri: &'a str,
    /// The PKCE challenge (RFC 7636), if the request had one.
    pub code_challenge: Option<&'a str>,
    /// The `nonce` of the request.
    pub nonce: Option<&'a str>,
    /// Thumbprint of the key that has to redeem it (RFC 9449 section 10).
    pub dpop_jkt: Option<&'a str>,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// What a code stands for.
pub struct RedeemedCode {
    /// The grant.
    pub grant: GrantId,
    /// The redirect URI of the request.
    pub redirect_uri: String,
    /// The PKCE challenge.
    pub code_challenge: Option<String>,
    /// The `nonce` of the request.
    pub nonce: Option<String>,
    /// Thumbprint of the key that has to redeem it.
    pub dpop_jkt: Option<String>,
}

/// The outcome of presenting a code.
pub enum CodeRedemption {
    /// First use, in time, by the right client.
    Redeemed(RedeemedCode),
    /// Used before by the same client: a copy is in other hands, and the grant must fall.
    Replayed(GrantId),
    /// Unknown, expired, or another client's: says nothing about which.
    Unknown,
}

/// A code in whatever state, for explaining it.
#[derive(Clone, Copy, Debug)]
pub struct CodeRecord {
    /// The grant.
    pub grant: GrantId,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was used.
    pub redeemed_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    grant_id: Uuid,
    redirect_uri: String,
    code_challenge: Option<String>,
    nonce: Option<String>,
    dpop_jkt: Option<String>,
}

impl From<Row> for RedeemedCode {
    fn from(row: Row) -> Self {
        Self {
            grant: GrantId::from_uuid(row.grant_id),
            redirect_uri: row.redirect_uri,
            code_challenge: row.code_challenge,
            nonce: row.nonce,
            dpop_jkt: row.dpop_jkt,
        }
    }
}

impl TenantTx {
    /// Stores a code.
    pub async fn insert_authorization_code(&mut self, code: &NewAuthorizationCode<'_>) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO authorization_codes (tenant_id, code_hash, grant_id, client_id, redirect_uri, code_challenge, \
             nonce, dpop_jkt, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(tenant)
        .bind(code.code)
        .bind(code.grant)
        .bind(code.client_id)
        .bind(code.redirect_uri)
        .bind(code.code_challenge)
        .bind(code.nonce)
        .bind(code.dpop_jkt)
        .bind(code.expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// What is known of a code; rows stay for an hour after they expire.
    pub async fn find_code_record(&mut self, code: Sha256Hash) -> Result<Option<CodeRecord>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<
            _,
            (Uuid, Timestamp, Option<Timestamp>),
        >(
            "SELECT grant_id, expires_at, redeemed_at FROM authorization_codes \
             WHERE tenant_id = $1 AND code_hash = $2",
        )
        .bind(tenant)
        .bind(code)
        .fetch_optional(connection)
        .await)?;
        Ok(row.map(|(grant, expires_at, redeemed_at)| CodeRecord {
            grant: GrantId::from_uuid(grant),
            expires_at,
            redeemed_at,
        }))
    }

    /// Redeems a code at most once, in one guarded statement. A code presented by another client is left as it was.
    pub async fn redeem_authorization_code(
        &mut self,
        code: Sha256Hash,
        client_id: &str,
        now: Timestamp,
    ) -> Result<CodeRedemption, StoreError> {
        let tenant = self.tenant;
        let redeemed = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "UPDATE authorization_codes SET redeemed_at = $4 WHERE tenant_id = $1 AND code_hash = $2 \
             AND client_id = $3 AND redeemed_at IS NULL AND expires_at > $4 \
             RETURNING grant_id, redirect_uri, code_challenge, nonce, dpop_jkt",
        )
        .bind(tenant)
        .bind(code)
        .bind(client_id)
        .bind(now)
        .fetch_optional(connection)
        .await)?;
        if let Some(row) = redeemed {
            return Ok(CodeRedemption::Redeemed(row.into()));
        }
        let replayed = on_tx!(self, |connection| sqlx::query_scalar::<_, Uuid>(
            "SELECT grant_id FROM authorization_codes WHERE tenant_id = $1 AND code_hash = $2 AND client_id = $3 \
             AND redeemed_at IS NOT NULL",
        )
        .bind(tenant)
        .bind(code)
        .bind(client_id)
        .fetch_optional(connection)
        .await)?;
        Ok(replayed.map_or(CodeRedemption::Unknown, |grant| {
            CodeRedemption::Replayed(GrantId::from_uuid(grant))
        }))
    }
}
