//! Client assertions, accepted at most once (RFC 7523 section 3).

use crate::kernel::Timestamp;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

impl TenantTx {
    /// Remembers an assertion until it would have expired. False when its `jti` was used before by this client: a replay.
    /// One guarded statement, so that of two nodes one says yes.
    pub async fn remember_client_assertion(
        &mut self,
        client_id: &str,
        jti: &str,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let inserted = on_tx!(self, |connection| sqlx::query(
            "INSERT INTO client_assertions (tenant_id, client_id, jti, expires_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant_id, client_id, jti) DO NOTHING",
        )
        .bind(tenant)
        .bind(client_id)
        .bind(jti)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(inserted == 1)
    }
}
