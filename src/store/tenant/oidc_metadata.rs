//! The last good discovery document and key set of OpenID Connect providers.

use crate::kernel::Timestamp;
use crate::kernel::id::IdentityProviderId;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// Both documents as stored.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct OidcMetadataRecord {
    /// The issuer they were fetched for.
    pub issuer: String,
    /// The discovery document; none where the endpoints were entered by hand.
    pub metadata: Option<String>,
    /// The key set.
    pub keys: String,
    /// When they were fetched.
    pub fetched_at: Timestamp,
    /// The check that the last fetch failed, if it did.
    pub failed_check: Option<String>,
}

impl TenantTx {
    /// What `provider` published last.
    pub async fn find_oidc_metadata(
        &mut self,
        provider: IdentityProviderId,
    ) -> Result<Option<OidcMetadataRecord>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, OidcMetadataRecord>(
            "SELECT issuer, metadata, keys, fetched_at, failed_check FROM oidc_metadata \
             WHERE tenant_id = $1 AND identity_provider_id = $2",
        )
        .bind(tenant)
        .bind(provider)
        .fetch_optional(connection)
        .await)?)
    }

    /// Replaces what `provider` published last.
    pub async fn save_oidc_metadata(
        &mut self,
        provider: IdentityProviderId,
        record: &OidcMetadataRecord,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO oidc_metadata (tenant_id, identity_provider_id, issuer, metadata, keys, fetched_at, failed_check) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, identity_provider_id) DO UPDATE SET \
             issuer = excluded.issuer, metadata = excluded.metadata, keys = excluded.keys, \
             fetched_at = excluded.fetched_at, failed_check = excluded.failed_check",
        )
        .bind(tenant)
        .bind(provider)
        .bind(&record.issuer)
        .bind(&record.metadata)
        .bind(&record.keys)
        .bind(record.fetched_at)
        .bind(&record.failed_check)
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// A fetch failed: the last good documents stay.
    pub async fn note_failed_oidc_fetch(
        &mut self,
        provider: IdentityProviderId,
        failed_check: &str,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE oidc_metadata SET failed_check = $3 WHERE tenant_id = $1 AND identity_provider_id = $2",
        )
        .bind(tenant)
        .bind(provider)
        .bind(failed_check)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
