//! Wrapped data keys.

use crate::kernel::Timestamp;
use crate::kernel::id::{DataKeyId, TenantId};
use crate::keys::envelope::{DataKeyPurpose, WrappedDataKey};
use crate::store::transaction::on_tx;
use crate::store::{ControlTx, StoreError};
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct DataKeyRow {
    data_key_id: Uuid,
    purpose: String,
    master_key_id: String,
    wrapped_key: Vec<u8>,
    retired_at: Option<Timestamp>,
}

impl ControlTx {
    /// Stores a tenant's wrapped data keys.
    pub async fn insert_data_keys(
        &mut self,
        tenant: TenantId,
        keys: &[WrappedDataKey],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for key in keys {
            let purpose = match key.purpose {
                DataKeyPurpose::Sealing => "sealing",
                DataKeyPurpose::Index => "index",
            };
            on_tx!(self, |connection| {
                sqlx::query(
                "INSERT INTO tenant_data_keys (tenant_id, data_key_id, purpose, master_key_id, wrapped_key, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(tenant)
            .bind(key.id)
            .bind(purpose)
            .bind(&key.master_key_id)
            .bind(&key.wrapped)
            .bind(now)
            .execute(connection)
            .await
            .map(drop)
            })?;
        }
        Ok(())
    }

    /// The id of a master key, other than `master_key_id`, that wrapped the data keys of some tenant.
    pub async fn find_other_master_key(&mut self, master_key_id: &str) -> Result<Option<String>, StoreError> {
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, String>(
            "SELECT master_key_id FROM tenant_data_keys WHERE master_key_id <> $1 LIMIT 1"
        )
        .bind(master_key_id)
        .fetch_optional(connection)
        .await)?)
    }

    /// All data keys of a tenant, active and retired.
    pub async fn list_data_keys(&mut self, tenant: TenantId) -> Result<Vec<WrappedDataKey>, StoreError> {
        on_tx!(self, |connection| sqlx::query_as::<_, DataKeyRow>(
            "SELECT data_key_id, purpose, master_key_id, wrapped_key, retired_at FROM tenant_data_keys WHERE tenant_id = $1",
        )
        .bind(tenant)
        .fetch_all(connection)
        .await)?
        .into_iter()
        .map(|row| {
            Ok(WrappedDataKey {
                id: DataKeyId::from_uuid(row.data_key_id),
                purpose: match row.purpose.as_str() {
                    "sealing" => DataKeyPurpose::Sealing,
                    "index" => DataKeyPurpose::Index,
                    _ => return Err(StoreError::corrupt("tenant_data_keys", "purpose", "unknown value")),
                },
                master_key_id: row.master_key_id,
                wrapped: row.wrapped_key,
                retired: row.retired_at.is_some(),
            })
        })
        .collect()
    }
}
