//! The tenant document: names, branding, FHIR bases, policy. Its shape belongs to `tenant::document`.

use super::configuration_changes::{Authorship, ResourceName};
use crate::kernel::Secret;
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
        by: &Authorship<'_>,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let now = by.now;
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
            if stored == 1 {
                self.record_settings(None, document, by).await?;
            }
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
        if changed == 1 {
            self.record_settings(Some(before), document, by).await?;
        }
        Ok(changed == 1)
    }

    async fn record_settings(
        &mut self,
        before: Option<&str>,
        document: &str,
        by: &Authorship<'_>,
    ) -> Result<(), StoreError> {
        let before = before.map(|text| Secret::new(text.to_owned()));
        let after = Secret::new(document.to_owned());
        self.record_change(&ResourceName::settings(), before.as_ref(), Some(&after), by)
            .await
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
    pub async fn save_settings(&mut self, document: &str, by: &Authorship<'_>) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let before = self.find_settings().await?;
        self.record_settings(before.as_deref(), document, by).await?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO tenant_settings (tenant_id, document, updated_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at",
        )
        .bind(tenant)
        .bind(document)
        .bind(by.now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
