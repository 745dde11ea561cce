//! The registry of tenants.

use crate::kernel::Timestamp;
use crate::kernel::id::TenantId;
use crate::store::transaction::{escape_like, on_tx};
use crate::store::{ControlTx, StoreError};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

macro_rules! stored_enum {
    ($(#[$doc:meta])* $name:ident in $table:literal . $column:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// The stored and printed form.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Reads the stored form.
            pub fn from_stored(text: &str) -> Result<Self, StoreError> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(StoreError::corrupt($table, $column, "unknown value")),
                }
            }
        }
    };
}
pub(super) use stored_enum;

stored_enum! {
    /// A tenant's state.
    TenantStatus in "tenants"."status" {
        /// Serves requests.
        Active = "active",
        /// Its onboarding is not finished: administration reaches it, requests do not.
        Preparing = "preparing",
        /// Refuses requests with a page that says whom to ask; nothing is lost.
        Suspended = "suspended",
        /// Gone; answers as if it never existed.
        Deleted = "deleted",
    }
}

stored_enum! {
    /// The contract, a separate fact from [`Placement`].
    Tier in "tenants"."tier" {
        /// The usual contract.
        Standard = "standard",
        /// Higher limits and longer support.
        Enterprise = "enterprise",
    }
}

stored_enum! {
    /// Where a tenant's rows live.
    Placement in "tenants"."placement" {
        /// In the database that tenants share.
        Shared = "shared",
        /// In a database of its own.
        Dedicated = "dedicated",
    }
}

/// One tenant's entry in the registry.
#[derive(Clone, Debug)]
pub struct TenantRecord {
    /// The immutable id.
    pub id: TenantId,
    /// The address part, unique and immutable: it is in the issuer.
    pub slug: String,
    /// The name for people.
    pub display_name: String,
    /// The state.
    pub status: TenantStatus,
    /// The contract.
    pub tier: Tier,
    /// Where the rows live.
    pub placement: Placement,
    /// Sealed URL of a dedicated database.
    pub sealed_database_url: Option<Vec<u8>>,
    /// Grows with every administrative change; caches compare it.
    pub generation: i64,
    /// When the tenant was created.
    pub created_at: Timestamp,
}

#[derive(FromRow)]
struct TenantRow {
    tenant_id: Uuid,
    slug: String,
    display_name: String,
    status: String,
    tier: String,
    placement: String,
    sealed_database_url: Option<Vec<u8>>,
    generation: i64,
    created_at: Timestamp,
    activated_at: Option<Timestamp>,
}

impl TryFrom<TenantRow> for TenantRecord {
    type Error = StoreError;
    fn try_from(row: TenantRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: TenantId::from_uuid(row.tenant_id),
            slug: row.slug,
            display_name: row.display_name,
            status: match TenantStatus::from_stored(&row.status)? {
                TenantStatus::Active if row.activated_at.is_none() => TenantStatus::Preparing,
                status => status,
            },
            tier: Tier::from_stored(&row.tier)?,
            placement: Placement::from_stored(&row.placement)?,
            sealed_database_url: row.sealed_database_url,
            generation: row.generation,
            created_at: row.created_at,
        })
    }
}

impl ControlTx {
    /// Registers a tenant. [`StoreError::Exists`] when the slug is taken.
    pub async fn insert_tenant(&mut self, tenant: &TenantRecord) -> Result<(), StoreError> {
        let (status, activated_at) = match tenant.status {
            TenantStatus::Preparing => (TenantStatus::Active, None),
            status => (status, Some(tenant.created_at)),
        };
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO tenants (tenant_id, slug, display_name, status, tier, placement, sealed_database_url, \
             generation, created_at, updated_at, activated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)",
        )
        .bind(tenant.id)
        .bind(&tenant.slug)
        .bind(&tenant.display_name)
        .bind(status.as_str())
        .bind(tenant.tier.as_str())
        .bind(tenant.placement.as_str())
        .bind(tenant.sealed_database_url.as_deref())
        .bind(tenant.generation)
        .bind(tenant.created_at)
        .bind(activated_at)
        .execute(connection)
        .await
        .map(drop))?;
        self.recount_tenant(tenant.id, None).await
    }

    /// The tenant with this slug, whatever its state.
    pub async fn find_tenant(&mut self, slug: &str) -> Result<Option<TenantRecord>, StoreError> {
        on_tx!(self, |connection| sqlx::query_as::<_, TenantRow>(
            "SELECT tenant_id, slug, display_name, status, tier, placement, sealed_database_url, generation, created_at, \
             activated_at FROM tenants WHERE slug = $1",
        )
        .bind(slug)
        .fetch_optional(connection)
        .await)?
        .map(TryInto::try_into)
        .transpose()
    }

    /// Up to `limit` tenants in order of slug, after `after`. Deleted ones are not listed.
    pub async fn list_tenants(&mut self, after: &str, limit: u32) -> Result<Vec<TenantRecord>, StoreError> {
        on_tx!(self, |connection| sqlx::query_as::<_, TenantRow>(
            "SELECT tenant_id, slug, display_name, status, tier, placement, sealed_database_url, generation, created_at, \
             activated_at FROM tenants WHERE slug > $1 AND slug <> 'platform' AND status <> 'deleted' ORDER BY slug LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?
        .into_iter()
        .map(TryInto::try_into)
        .collect()
    }

    /// Up to `limit` tenants in order of slug, after `after`, whose slug or name contains `search` (whatever the case) and that
    /// are in this state. The platform's own is not listed, nor are deleted ones unless asked for.
    pub async fn search_tenants(
        &mut self,
        search: Option<&str>,
        status: Option<TenantStatus>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<TenantRecord>, StoreError> {
        let search = search.map(|text| format!("%{}%", escape_like(&text.to_lowercase())));
        // Spelled out, so that an index leads to the few that are suspended, deleted or being prepared.
        let state = match status {
            None => "status <> 'deleted'",
            Some(TenantStatus::Active) => "status = 'active' AND activated_at IS NOT NULL",
            Some(TenantStatus::Preparing) => "status = 'active' AND activated_at IS NULL",
            Some(TenantStatus::Suspended) => "status = 'suspended'",
            Some(TenantStatus::Deleted) => "status = 'deleted'",
        };
        let statement = format!(
            "SELECT tenant_id, slug, display_name, status, tier, placement, sealed_database_url, generation, created_at, \
             activated_at FROM tenants WHERE slug > $1 AND slug <> 'platform' AND {state} \
             AND ($2 IS NULL OR slug LIKE $2 ESCAPE '\\' OR LOWER(display_name) LIKE $2 ESCAPE '\\') ORDER BY slug LIMIT $3"
        );
        on_tx!(self, |connection| sqlx::query_as::<_, TenantRow>(AssertSqlSafe(
            statement
        ))
        .bind(after)
        .bind(search)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?
        .into_iter()
        .map(TryInto::try_into)
        .collect()
    }

    /// The generation and state of a tenant, for caches to compare: the cheapest question that can be asked.
    pub async fn find_tenant_generation(&mut self, tenant: TenantId) -> Result<Option<i64>, StoreError> {
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "SELECT generation FROM tenants WHERE tenant_id = $1"
        )
        .bind(tenant)
        .fetch_optional(connection)
        .await)?)
    }

    /// Tells every cache that something of this tenant changed.
    pub async fn bump_tenant_generation(&mut self, tenant: TenantId, now: Timestamp) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "UPDATE tenants SET generation = generation + 1, updated_at = $2 WHERE tenant_id = $1"
        )
        .bind(tenant)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Changes what people call the tenant, and nothing else, and tells every cache. False when they call it so already.
    pub async fn rename_tenant(
        &mut self,
        tenant: TenantId,
        display_name: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE tenants SET display_name = $2, generation = generation + 1, updated_at = $3 \
             WHERE tenant_id = $1 AND display_name <> $2"
        )
        .bind(tenant)
        .bind(display_name)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Changes the tenant's contract, and nothing else, and tells every cache. False when it is so already.
    pub async fn set_tenant_tier(&mut self, tenant: TenantId, tier: Tier, now: Timestamp) -> Result<bool, StoreError> {
        let before = self.hold_tenant(tenant).await?;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE tenants SET tier = $2, generation = generation + 1, updated_at = $3 \
             WHERE tenant_id = $1 AND tier <> $2"
        )
        .bind(tenant)
        .bind(tier.as_str())
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        self.recount_tenant(tenant, before).await?;
        Ok(changed == 1)
    }

    /// Serves a tenant from now on, if it is not served since earlier, and tells every cache.
    pub async fn activate_tenant(&mut self, tenant: TenantId, now: Timestamp) -> Result<bool, StoreError> {
        let before = self.hold_tenant(tenant).await?;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE tenants SET activated_at = $2, generation = generation + 1, updated_at = $2 \
             WHERE tenant_id = $1 AND activated_at IS NULL AND status <> 'deleted'"
        )
        .bind(tenant)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        self.recount_tenant(tenant, before).await?;
        self.count_brand_change(tenant, now).await?;
        Ok(changed == 1)
    }

    /// Changes a tenant's state. False when it is not there or deleted for good.
    pub async fn set_tenant_status(
        &mut self,
        tenant: TenantId,
        status: TenantStatus,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // Only the end of its onboarding makes a tenant active that never was.
        let status = match status {
            TenantStatus::Preparing => TenantStatus::Active,
            status => status,
        };
        let before = self.hold_tenant(tenant).await?;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE tenants SET status = $2, generation = generation + 1, updated_at = $3 \
             WHERE tenant_id = $1 AND status <> 'deleted'"
        )
        .bind(tenant)
        .bind(status.as_str())
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        self.recount_tenant(tenant, before).await?;
        // A tenant that is not served is not listed either.
        self.count_brand_change(tenant, now).await?;
        Ok(changed == 1)
    }
}
