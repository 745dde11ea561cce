//! Published brands, and the count of their changes.

use crate::kernel::Timestamp;
use crate::kernel::id::TenantId;
use crate::store::transaction::on_tx;
use crate::store::{ControlTx, StoreError};
use sqlx::FromRow;
use uuid::Uuid;

/// A tenant's brands.
#[derive(Clone, Debug, FromRow)]
pub struct BrandsRecord {
    /// What the administrators decided, completed and checked, as JSON.
    pub document: String,
    /// The entries of a bundle, as JSON objects separated by commas.
    pub entries: String,
    /// When they changed.
    pub updated_at: Timestamp,
}

/// The state of the whole publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct BrandPublicationState {
    /// Grows with every change.
    pub generation: i64,
    /// When the last change was made.
    pub changed_at: Timestamp,
}

/// A tenant's part of the publication.
#[derive(Clone, Debug)]
pub struct PublishedBrands {
    /// Whose.
    pub tenant: TenantId,
    /// The entries; `None` while the tenant is not active.
    pub entries: Option<String>,
    /// Its last change.
    pub generation: i64,
}

#[derive(FromRow)]
struct PublishedRow {
    tenant_id: Uuid,
    entries: Option<String>,
    generation: i64,
}

impl ControlTx {
    /// The tenant's brands.
    pub async fn find_brands(&mut self, tenant: TenantId) -> Result<Option<BrandsRecord>, StoreError> {
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, BrandsRecord>(
            "SELECT document, entries, updated_at FROM brands WHERE tenant_id = $1"
        )
        .bind(tenant)
        .fetch_optional(connection)
        .await)?)
    }

    /// Stores a tenant's brands and counts the change.
    pub async fn save_brands(&mut self, tenant: TenantId, record: &BrandsRecord) -> Result<(), StoreError> {
        let generation = on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "UPDATE brand_publication SET generation = generation + 1, changed_at = $1 WHERE publication = 1 \
             RETURNING generation"
        )
        .bind(record.updated_at)
        .fetch_one(connection)
        .await)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO brands (tenant_id, document, entries, generation, updated_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (tenant_id) DO UPDATE SET document = excluded.document, entries = excluded.entries, \
             generation = excluded.generation, updated_at = excluded.updated_at",
        )
        .bind(tenant)
        .bind(&record.document)
        .bind(&record.entries)
        .bind(generation)
        .bind(record.updated_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Counts a change of whether a tenant's brands are shown. Does nothing for a tenant without brands.
    pub(super) async fn count_brand_change(&mut self, tenant: TenantId, now: Timestamp) -> Result<(), StoreError> {
        let generation = on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "UPDATE brand_publication SET generation = generation + 1, changed_at = $1 \
             WHERE publication = 1 AND EXISTS (SELECT 1 FROM brands WHERE tenant_id = $2) RETURNING generation"
        )
        .bind(now)
        .bind(tenant)
        .fetch_optional(connection)
        .await)?;
        if let Some(generation) = generation {
            on_tx!(self, |connection| sqlx::query(
                "UPDATE brands SET generation = $2 WHERE tenant_id = $1"
            )
            .bind(tenant)
            .bind(generation)
            .execute(connection)
            .await
            .map(drop))?;
        }
        Ok(())
    }

    /// The state of the publication: the cheapest question that tells whether anything changed.
    pub async fn brand_publication(&mut self) -> Result<BrandPublicationState, StoreError> {
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, BrandPublicationState>(
            "SELECT generation, changed_at FROM brand_publication WHERE publication = 1"
        )
        .fetch_one(connection)
        .await)?)
    }

    /// Up to `limit` parts that changed after a generation, in order of change.
    pub async fn list_brand_changes(&mut self, after: i64, limit: u32) -> Result<Vec<PublishedBrands>, StoreError> {
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, PublishedRow>(
            "SELECT b.tenant_id, CASE WHEN t.status = 'active' AND t.activated_at IS NOT NULL THEN b.entries END AS entries, b.generation \
             FROM brands b JOIN tenants t ON t.tenant_id = b.tenant_id \
             WHERE b.generation > $1 ORDER BY b.generation LIMIT $2"
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        })?;
        Ok(rows
            .into_iter()
            .map(|row| PublishedBrands {
                tenant: TenantId::from_uuid(row.tenant_id),
                entries: row.entries,
                generation: row.generation,
            })
            .collect())
    }
}
