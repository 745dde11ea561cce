//! Which identity providers are due to be looked after: found by one index, claimed so that one node does the work.

use crate::kernel::Timestamp;
use crate::kernel::id::{IdentityProviderId, TenantId};
use crate::store::transaction::on_tx;
use crate::store::{ControlTx, StoreError};
use sqlx::FromRow;
use uuid::Uuid;

/// What this node has to look after now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueProvider {
    /// Whose.
    pub tenant: TenantId,
    /// The tenant's slug.
    pub slug: String,
    /// Which provider; `None` for a look at which providers of the tenant have no date yet.
    pub provider: Option<IdentityProviderId>,
}

impl DueProvider {
    /// The row's second name: a tenant's own identifier stands for the look at all of its providers.
    const fn row(&self) -> Uuid {
        match self.provider {
            Some(provider) => provider.uuid(),
            None => self.tenant.uuid(),
        }
    }
}

#[derive(FromRow)]
struct Row {
    tenant_id: Uuid,
    identity_provider_id: Uuid,
    slug: String,
}

impl ControlTx {
    /// Has a provider looked after at `due_at`, whatever was planned before.
    pub async fn plan_provider_upkeep(
        &mut self,
        tenant: TenantId,
        provider: IdentityProviderId,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO provider_upkeep (tenant_id, identity_provider_id, due_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id, identity_provider_id) DO UPDATE SET due_at = excluded.due_at",
        )
        .bind(tenant)
        .bind(provider)
        .bind(due_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Gives a provider its first date, unless it has one.
    pub async fn plan_missing_provider_upkeep(
        &mut self,
        tenant: TenantId,
        provider: IdentityProviderId,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO provider_upkeep (tenant_id, identity_provider_id, due_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id, identity_provider_id) DO NOTHING",
        )
        .bind(tenant)
        .bind(provider)
        .bind(due_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Puts off what was claimed.
    pub async fn postpone_provider_upkeep(&mut self, due: &DueProvider, due_at: Timestamp) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "UPDATE provider_upkeep SET due_at = $3 WHERE tenant_id = $1 AND identity_provider_id = $2",
        )
        .bind(due.tenant)
        .bind(due.row())
        .bind(due_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Claims up to `limit` providers that are due at `now`. Whoever claims one has until `until`; then it is due again. Of several
    /// nodes that claim at once, one gets each.
    pub async fn claim_provider_upkeep(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueProvider>, StoreError> {
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "UPDATE provider_upkeep SET due_at = $2 WHERE due_at <= $1 AND (tenant_id, identity_provider_id) IN \
             (SELECT tenant_id, identity_provider_id FROM provider_upkeep WHERE due_at <= $1 ORDER BY due_at LIMIT $3) \
             RETURNING tenant_id, identity_provider_id, \
             (SELECT slug FROM tenants WHERE tenants.tenant_id = provider_upkeep.tenant_id) AS slug",
        )
        .bind(now)
        .bind(until)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?;
        Ok(rows
            .into_iter()
            .map(|row| DueProvider {
                tenant: TenantId::from_uuid(row.tenant_id),
                slug: row.slug,
                provider: (row.identity_provider_id != row.tenant_id)
                    .then(|| IdentityProviderId::from_uuid(row.identity_provider_id)),
            })
            .collect())
    }

    /// The look at which providers of a tenant have no date is over.
    pub async fn drop_provider_survey(&mut self, tenant: TenantId) -> Result<(), StoreError> {
        self.drop_provider_upkeep(tenant, IdentityProviderId::from_uuid(tenant.uuid()))
            .await
    }

    /// A provider that is no more is not looked after.
    pub async fn drop_provider_upkeep(
        &mut self,
        tenant: TenantId,
        provider: IdentityProviderId,
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM provider_upkeep WHERE tenant_id = $1 AND identity_provider_id = $2",
        )
        .bind(tenant)
        .bind(provider)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
