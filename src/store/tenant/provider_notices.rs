//! What was announced about identity providers.

use crate::kernel::Timestamp;
use crate::kernel::id::IdentityProviderId;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

impl TenantTx {
    /// Notes that something is announced. False when it was announced before: whoever gets true announces it.
    pub async fn note_provider_notice(
        &mut self,
        provider: IdentityProviderId,
        notice: &str,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let inserted = on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO provider_notices (tenant_id, identity_provider_id, notice, expires_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant_id, identity_provider_id, notice) DO NOTHING",
        )
        .bind(tenant)
        .bind(provider)
        .bind(notice)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        Ok(inserted == 1)
    }

    /// What was announced is over: the next time it is announced again. False when it was not announced.
    pub async fn withdraw_provider_notice(
        &mut self,
        provider: IdentityProviderId,
        notice: &str,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM provider_notices WHERE tenant_id = $1 AND identity_provider_id = $2 AND notice = $3",
        )
        .bind(tenant)
        .bind(provider)
        .bind(notice)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(deleted == 1)
    }
}
