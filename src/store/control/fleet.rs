//! Running nodes, what they leave alone, and how identity providers do.

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
}
