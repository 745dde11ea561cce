//! Single access tokens that were revoked before their end.

use crate::kernel::Timestamp;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

impl TenantTx {
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
