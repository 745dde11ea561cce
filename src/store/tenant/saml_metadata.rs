//! The last good metadata of SAML identity providers.

use crate::kernel::Timestamp;
use crate::kernel::id::IdentityProviderId;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// Metadata as stored.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SamlMetadataRecord {
    /// The document.
    pub metadata: String,
    /// When it was fetched or entered.
    pub fetched_at: Timestamp,
    /// When to fetch it again.
    pub refresh_at: Timestamp,
    /// The check that the last fetch failed, if it did.
    pub failed_check: Option<String>,
}

impl TenantTx {
    /// The metadata of `provider`.
    pub async fn find_saml_metadata(
        &mut self,
        provider: IdentityProviderId,
    ) -> Result<Option<SamlMetadataRecord>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, SamlMetadataRecord>(
            "SELECT metadata, fetched_at, refresh_at, failed_check FROM saml_metadata \
             WHERE tenant_id = $1 AND identity_provider_id = $2",
        )
        .bind(tenant)
        .bind(provider)
        .fetch_optional(connection)
        .await)?)
    }

    /// Replaces the metadata of `provider`.
    pub async fn save_saml_metadata(
        &mut self,
        provider: IdentityProviderId,
        record: &SamlMetadataRecord,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO saml_metadata (tenant_id, identity_provider_id, metadata, fetched_at, refresh_at, failed_check) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, identity_provider_id) DO UPDATE SET \
             metadata = excluded.metadata, fetched_at = excluded.fetched_at, refresh_at = excluded.refresh_at, \
             failed_check = excluded.failed_check",
        )
        .bind(tenant)
        .bind(provider)
        .bind(&record.metadata)
        .bind(record.fetched_at)
        .bind(record.refresh_at)
        .bind(&record.failed_check)
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// A fetch failed: the last good metadata stay, and the next fetch is at `refresh_at`.
    pub async fn postpone_saml_metadata(
        &mut self,
        provider: IdentityProviderId,
        refresh_at: Timestamp,
        failed_check: &str,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE saml_metadata SET refresh_at = $3, failed_check = $4 \
             WHERE tenant_id = $1 AND identity_provider_id = $2",
        )
        .bind(tenant)
        .bind(provider)
        .bind(refresh_at)
        .bind(failed_check)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
