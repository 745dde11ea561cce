//! How many tenants there are, without going through them: sums that every change of a tenant keeps in its own transaction.
//!
//! A change first takes hold of the tenant's row and learns where it counted, then changes it, then moves it. Of two changes of one
//! tenant at once the second therefore sees what the first left.

use super::tenants::{TenantStatus, Tier};
use crate::kernel::id::TenantId;
use crate::store::transaction::on_tx;
use crate::store::{ControlTx, StoreError};
use sqlx::FromRow;

/// How many tenants are in a state, by contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantCount {
    /// The state.
    pub status: TenantStatus,
    /// The contract.
    pub tier: Tier,
    /// How many.
    pub count: u64,
}

/// How far databases of tenants' own are brought to a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SchemaProgress {
    /// Databases that were opened with it.
    pub current: u64,
    /// All of them.
    pub all: u64,
}

/// What a tenant is counted under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, FromRow)]
pub(super) struct CountedAs {
    state: String,
    tier: String,
    placement: String,
    schema_version: i64,
}

#[derive(FromRow)]
struct CountRow {
    state: String,
    tier: String,
    counted: i64,
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

impl ControlTx {
    /// How many tenants there are, by state and contract; the platform's own is not one.
    pub async fn count_tenants(&mut self) -> Result<Vec<TenantCount>, StoreError> {
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, CountRow>(
                "SELECT state, tier, CAST(SUM(counted) AS BIGINT) AS counted FROM tenant_counts \
                 GROUP BY state, tier HAVING SUM(counted) > 0 ORDER BY state, tier",
            )
            .fetch_all(connection)
            .await
        })?;
        rows.into_iter()
            .map(|row| {
                Ok(TenantCount {
                    status: TenantStatus::from_stored(&row.state)?,
                    tier: Tier::from_stored(&row.tier)?,
                    count: unsigned(row.counted),
                })
            })
            .collect()
    }

    /// How many databases of tenants' own were opened with this schema or a later one.
    pub async fn schema_progress(&mut self, version: i64) -> Result<SchemaProgress, StoreError> {
        let (all, current) = on_tx!(self, |connection| sqlx::query_as::<_, (i64, i64)>(
            "SELECT CAST(COALESCE(SUM(counted), 0) AS BIGINT), \
             CAST(COALESCE(SUM(CASE WHEN schema_version >= $1 THEN counted END), 0) AS BIGINT) \
             FROM tenant_counts WHERE placement = 'dedicated' AND state <> 'deleted'"
        )
        .bind(version)
        .fetch_one(connection)
        .await)?;
        Ok(SchemaProgress {
            current: unsigned(current),
            all: unsigned(all),
        })
    }

    /// Whether a tenant's own database is not known to have this schema or a later one.
    pub async fn is_behind_schema(&mut self, tenant: TenantId, version: i64) -> Result<bool, StoreError> {
        let behind = on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(*) FROM tenants WHERE tenant_id = $1 AND placement = 'dedicated' \
             AND (schema_version IS NULL OR schema_version < $2)"
        )
        .bind(tenant)
        .bind(version)
        .fetch_one(connection)
        .await)?;
        Ok(behind == 1)
    }

    /// Notes with which schema a tenant's own database was opened; an older one than is noted changes nothing.
    pub async fn note_schema_version(&mut self, tenant: TenantId, version: i64) -> Result<(), StoreError> {
        let before = self.hold_tenant(tenant).await?;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE tenants SET schema_version = $2 WHERE tenant_id = $1 AND placement = 'dedicated' \
             AND (schema_version IS NULL OR schema_version < $2)"
        )
        .bind(tenant)
        .bind(version)
        .execute(connection)
        .await
        .map(drop))?;
        self.recount_tenant(tenant, before).await
    }

    /// Takes hold of a tenant's row until the transaction ends, and says under what the tenant counts; the platform's own does not.
    pub(super) async fn hold_tenant(&mut self, tenant: TenantId) -> Result<Option<CountedAs>, StoreError> {
        Ok(on_tx!(self, |connection| {
            sqlx::query_as::<_, CountedAs>(
            "UPDATE tenants SET generation = generation WHERE tenant_id = $1 AND slug <> 'platform' RETURNING \
             CASE WHEN status = 'active' AND activated_at IS NULL THEN 'preparing' ELSE status END AS state, tier, placement, \
             COALESCE(schema_version, 0) AS schema_version",
        )
        .bind(tenant)
        .fetch_optional(connection)
        .await
        })?)
    }

    /// Counts a tenant under what it is now, no longer under what it was `before`; none for one that is new.
    ///
    /// One tenant in a transaction: rows of sums are taken in one order, and two tenants would take theirs in two.
    pub(super) async fn recount_tenant(
        &mut self,
        tenant: TenantId,
        before: Option<CountedAs>,
    ) -> Result<(), StoreError> {
        let now = self.hold_tenant(tenant).await?;
        if now == before {
            return Ok(());
        }
        let mut steps: Vec<(CountedAs, i64)> = before.map(|was| (was, -1)).into_iter().collect();
        steps.extend(now.map(|is| (is, 1)));
        steps.sort();
        for (counted, by) in steps {
            on_tx!(self, |connection| {
                sqlx::query(
                "INSERT INTO tenant_counts (state, tier, placement, schema_version, counted) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (state, tier, placement, schema_version) \
                 DO UPDATE SET counted = tenant_counts.counted + excluded.counted",
            )
            .bind(&counted.state)
            .bind(&counted.tier)
            .bind(&counted.placement)
            .bind(counted.schema_version)
            .bind(by)
            .execute(connection)
            .await
            .map(drop)
            })?;
        }
        Ok(())
    }
}
