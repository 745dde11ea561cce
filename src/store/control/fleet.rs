//! Running nodes, what they leave alone, how identity providers do, and how many tenants there are.

use super::tenants::{TenantStatus, Tier};
use crate::kernel::Timestamp;
use crate::kernel::id::{IdentityProviderId, NodeId, TenantId};
use crate::store::transaction::on_tx;
use crate::store::{ControlTx, StoreError};
use sqlx::FromRow;
use uuid::Uuid;

/// A running process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRecord {
    /// Which.
    pub id: NodeId,
    /// The program's version.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it last said that it runs.
    pub seen_at: Timestamp,
}

#[derive(FromRow)]
struct NodeRow {
    node_id: Uuid,
    version: String,
    started_at: Timestamp,
    seen_at: Timestamp,
}

/// A server that nodes leave alone.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct OpenBreaker {
    /// The tenant whose server it is.
    pub slug: String,
    /// The tenant's name.
    pub display_name: String,
    /// Host and port.
    pub host: String,
    /// Since when.
    pub opened_at: Timestamp,
}

/// What was found when an identity provider was last looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderHealth {
    /// Its name in addresses.
    pub alias: String,
    /// The check that what it publishes failed.
    pub failed_check: Option<String>,
    /// What ends first, and when.
    pub end: Option<(String, Timestamp)>,
    /// When it was looked at.
    pub checked_at: Timestamp,
}

/// The same, with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantProviderHealth {
    /// The tenant's slug.
    pub slug: String,
    /// The tenant's name.
    pub display_name: String,
    /// How it does.
    pub health: ProviderHealth,
}

#[derive(FromRow)]
struct HealthRow {
    slug: String,
    display_name: String,
    alias: String,
    failed_check: Option<String>,
    ends_at: Option<Timestamp>,
    end_kind: Option<String>,
    checked_at: Timestamp,
}

impl From<HealthRow> for TenantProviderHealth {
    fn from(row: HealthRow) -> Self {
        Self {
            slug: row.slug,
            display_name: row.display_name,
            health: ProviderHealth {
                alias: row.alias,
                failed_check: row.failed_check,
                end: row.end_kind.zip(row.ends_at),
                checked_at: row.checked_at,
            },
        }
    }
}

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

#[derive(FromRow)]
struct CountRow {
    state: String,
    tier: String,
    counted: i64,
}

/// How far databases of tenants' own are brought to a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SchemaProgress {
    /// Databases that were opened with it.
    pub current: u64,
    /// All of them.
    pub all: u64,
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

impl ControlTx {
    /// Says that a node runs.
    pub async fn save_node(&mut self, node: &NodeRecord) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO nodes (node_id, version, started_at, seen_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (node_id) DO UPDATE SET seen_at = excluded.seen_at",
        )
        .bind(node.id)
        .bind(&node.version)
        .bind(node.started_at)
        .bind(node.seen_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Forgets nodes that were not seen since `before`, with what they left alone.
    pub async fn delete_ended_nodes(&mut self, before: Timestamp) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM open_breakers WHERE node_id IN (SELECT node_id FROM nodes WHERE seen_at < $1)",
            "DELETE FROM nodes WHERE seen_at < $1",
        ] {
            on_tx!(self, |connection| sqlx::query(statement)
                .bind(before)
                .execute(connection)
                .await
                .map(drop))?;
        }
        Ok(())
    }

    /// Up to `limit` nodes that were seen since `since`, the newest first.
    pub async fn list_nodes(&mut self, since: Timestamp, limit: u32) -> Result<Vec<NodeRecord>, StoreError> {
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, NodeRow>(
            "SELECT node_id, version, started_at, seen_at FROM nodes WHERE seen_at >= $1 ORDER BY started_at DESC LIMIT $2",
        )
        .bind(since)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        })?;
        Ok(rows
            .into_iter()
            .map(|row| NodeRecord {
                id: NodeId::from_uuid(row.node_id),
                version: row.version,
                started_at: row.started_at,
                seen_at: row.seen_at,
            })
            .collect())
    }

    /// Replaces what a node leaves alone.
    pub async fn replace_open_breakers(
        &mut self,
        node: NodeId,
        breakers: &[(TenantId, String, Timestamp)],
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM open_breakers WHERE node_id = $1"
        )
        .bind(node)
        .execute(connection)
        .await
        .map(drop))?;
        for (tenant, host, opened_at) in breakers {
            on_tx!(self, |connection| sqlx::query(
                "INSERT INTO open_breakers (node_id, tenant_id, host, opened_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (node_id, tenant_id, host) DO NOTHING",
            )
            .bind(node)
            .bind(tenant)
            .bind(host)
            .bind(*opened_at)
            .execute(connection)
            .await
            .map(drop))?;
        }
        Ok(())
    }

    /// Up to `limit` servers that are left alone, by nodes seen since `since`.
    pub async fn list_open_breakers(&mut self, since: Timestamp, limit: u32) -> Result<Vec<OpenBreaker>, StoreError> {
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, OpenBreaker>(
            "SELECT t.slug, t.display_name, b.host, MIN(b.opened_at) AS opened_at FROM nodes n \
             JOIN open_breakers b ON b.node_id = n.node_id JOIN tenants t ON t.tenant_id = b.tenant_id \
             WHERE n.seen_at >= $1 GROUP BY t.slug, t.display_name, b.host ORDER BY 4 LIMIT $2",
        )
        .bind(since)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?)
    }

    /// Notes how an identity provider does.
    pub async fn save_provider_health(
        &mut self,
        tenant: TenantId,
        provider: IdentityProviderId,
        health: &ProviderHealth,
    ) -> Result<(), StoreError> {
        let (kind, at) = match &health.end {
            Some((kind, at)) => (Some(kind.as_str()), Some(*at)),
            None => (None, None),
        };
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO provider_health (tenant_id, identity_provider_id, alias, failed_check, ends_at, end_kind, \
             checked_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, identity_provider_id) DO UPDATE SET \
             alias = excluded.alias, failed_check = excluded.failed_check, ends_at = excluded.ends_at, \
             end_kind = excluded.end_kind, checked_at = excluded.checked_at",
        )
        .bind(tenant)
        .bind(provider)
        .bind(&health.alias)
        .bind(&health.failed_check)
        .bind(at)
        .bind(kind)
        .bind(health.checked_at)
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// A provider that is no more does nothing.
    pub async fn delete_provider_health(
        &mut self,
        tenant: TenantId,
        provider: IdentityProviderId,
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM provider_health WHERE tenant_id = $1 AND identity_provider_id = $2",
        )
        .bind(tenant)
        .bind(provider)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// How the providers of a tenant do, as far as they were looked at.
    pub async fn list_provider_health(&mut self, tenant: TenantId) -> Result<Vec<ProviderHealth>, StoreError> {
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, HealthRow>(
            "SELECT t.slug, t.display_name, h.alias, h.failed_check, h.ends_at, h.end_kind, h.checked_at \
             FROM provider_health h JOIN tenants t ON t.tenant_id = h.tenant_id WHERE h.tenant_id = $1 ORDER BY h.alias"
        )
        .bind(tenant)
        .fetch_all(connection)
        .await)?;
        Ok(rows
            .into_iter()
            .map(|row| TenantProviderHealth::from(row).health)
            .collect())
    }

    /// Up to `limit` providers, over all tenants, of which something ends before `before`, the soonest first.
    pub async fn list_ending_providers(
        &mut self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<TenantProviderHealth>, StoreError> {
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, HealthRow>(
            "SELECT t.slug, t.display_name, h.alias, h.failed_check, h.ends_at, h.end_kind, h.checked_at \
             FROM provider_health h JOIN tenants t ON t.tenant_id = h.tenant_id \
             WHERE h.ends_at IS NOT NULL AND h.ends_at < $1 ORDER BY h.ends_at LIMIT $2"
        )
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Up to `limit` providers, over all tenants, whose data could not be fetched, the latest first.
    pub async fn list_failing_providers(&mut self, limit: u32) -> Result<Vec<TenantProviderHealth>, StoreError> {
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, HealthRow>(
            "SELECT t.slug, t.display_name, h.alias, h.failed_check, h.ends_at, h.end_kind, h.checked_at \
             FROM provider_health h JOIN tenants t ON t.tenant_id = h.tenant_id \
             WHERE h.failed_check IS NOT NULL ORDER BY h.checked_at DESC LIMIT $1"
        )
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// How many tenants there are, by state and contract; the platform's own is not one.
    pub async fn count_tenants(&mut self) -> Result<Vec<TenantCount>, StoreError> {
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, CountRow>(
            "SELECT CASE WHEN status = 'active' AND activated_at IS NULL THEN 'preparing' ELSE status END AS state, tier, \
             COUNT(*) AS counted FROM tenants GROUP BY 1, 2"
        )
        .fetch_all(connection)
        .await
        })?;
        let mut counts = rows
            .into_iter()
            .map(|row| {
                Ok(TenantCount {
                    status: TenantStatus::from_stored(&row.state)?,
                    tier: Tier::from_stored(&row.tier)?,
                    count: unsigned(row.counted),
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        if let Some(platform) = self.find_tenant("platform").await? {
            let own = counts
                .iter_mut()
                .find(|count| (count.status, count.tier) == (platform.status, platform.tier));
            if let Some(own) = own {
                own.count = own.count.saturating_sub(1);
            }
        }
        Ok(counts)
    }

    /// Notes with which schema a tenant's own database was opened; an older one than is noted changes nothing.
    pub async fn note_schema_version(&mut self, tenant: TenantId, version: i64) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "UPDATE tenants SET schema_version = $2 WHERE tenant_id = $1 AND placement = 'dedicated' \
             AND (schema_version IS NULL OR schema_version < $2)"
        )
        .bind(tenant)
        .bind(version)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// How many databases of tenants' own were opened with this schema or a later one.
    pub async fn schema_progress(&mut self, version: i64) -> Result<SchemaProgress, StoreError> {
        let (all, current) = on_tx!(self, |connection| sqlx::query_as::<_, (i64, i64)>(
            "SELECT COUNT(*), COUNT(CASE WHEN schema_version >= $1 THEN 1 END) FROM tenants \
             WHERE placement = 'dedicated' AND status <> 'deleted'"
        )
        .bind(version)
        .fetch_one(connection)
        .await)?;
        Ok(SchemaProgress {
            current: unsigned(current),
            all: unsigned(all),
        })
    }
}
