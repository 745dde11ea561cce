//! Access tokens: opaque ones with what they stand for, and single ones that were revoked before their end.

use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "access_tokens",
        column: "sealed_claims",
        row,
    }
}

impl TenantTx {
    /// Stores what an opaque access token stands for.
    pub async fn insert_access_token(
        &mut self,
        token: Sha256Hash,
        claims: &Secret<Vec<u8>>,
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(token.as_bytes()), claims.expose(), entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO access_tokens (tenant_id, token_hash, sealed_claims, expires_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(tenant)
        .bind(token)
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// What an opaque access token stands for, until it expires.
    pub async fn find_access_token(
        &mut self,
        token: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<Secret<Vec<u8>>>, StoreError> {
        let tenant = self.tenant;
        let sealed = on_tx!(self, |connection| sqlx::query_scalar::<_, Vec<u8>>(
            "SELECT sealed_claims FROM access_tokens WHERE tenant_id = $1 AND token_hash = $2 AND expires_at > $3",
        )
        .bind(tenant)
        .bind(token)
        .bind(now)
        .fetch_optional(connection)
        .await)?;
        Ok(sealed
            .map(|sealed| self.keyring.open(place(token.as_bytes()), &Sealed::from_bytes(sealed)))
            .transpose()?)
    }

    /// Revokes one access token by its `jti`; the row is kept until the token would have expired.
    pub async fn revoke_access_token(&mut self, jti: &str, expires_at: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO revoked_access_tokens (tenant_id, jti, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id, jti) DO NOTHING",
        )
        .bind(tenant)
        .bind(jti)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// True when this access token was revoked by itself. Its grant is asked separately.
    pub async fn is_access_token_revoked(&mut self, jti: &str) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let found = on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(*) FROM revoked_access_tokens WHERE tenant_id = $1 AND jti = $2",
        )
        .bind(tenant)
        .bind(jti)
        .fetch_one(connection)
        .await)?;
        Ok(found > 0)
    }
}
