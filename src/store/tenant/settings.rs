//! The tenant document: names, branding, FHIR bases, policy. Its shape belongs to `tenant::document`.

use crate::kernel::Timestamp;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

impl TenantTx {
    /// The tenant document as JSON text.
    pub async fn find_settings(&mut self) -> Result<Option<String>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, String>(
            "SELECT document FROM tenant_settings WHERE tenant_id = $1"
        )
        .bind(tenant)
        .fetch_optional(connection)
        .await)?)
    }

    /// Replaces the tenant document if it is still `before`. False when somebody else changed it meanwhile.
    pub async fn replace_settings(
        &mut self,
        before: Option<&str>,
        document: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let Some(before) = before else {
            let stored = on_tx!(self, |connection| sqlx::query(
                "INSERT INTO tenant_settings (tenant_id, document, updated_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (tenant_id) DO NOTHING",
            )
            .bind(tenant)
            .bind(document)
            .bind(now)
            .execute(connection)
            .await
            .map(|done| done.rows_affected()))?;
            return Ok(stored == 1);
        };
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE tenant_settings SET document = $2, updated_at = $3 WHERE tenant_id = $1 AND document = $4",
        )
        .bind(tenant)
        .bind(document)
        .bind(now)
        .bind(before)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Holds off everybody else who administers this tenant until the transaction ends.
    pub async fn lock_administration(&mut self) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE tenant_settings SET updated_at = updated_at WHERE tenant_id = $1"
        )
        .bind(tenant)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Stores the tenant document, replacing the one before.
    pub async fn save_settings(&mut self, document: &str, now: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO tenant_settings (tenant_id, document, updated_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at",
        )
        .bind(tenant)
        .bind(document)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
