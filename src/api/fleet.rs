//! How the platform fares, for those who watch over it.

use super::answer::{Answer, ok};
use super::entry::Operator;
use super::input::Segments;
use super::operation::{Operation, OperationTable};
use crate::control::fleet::FleetHealth;
use crate::kernel::Timestamp;
use crate::store::control::{ProviderHealth, TenantHour, TenantProviderHealth, Traffic};
use crate::tenant::roles::Permission;
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get("/api/v1/fleet", "getFleet", "See how the platform fares")
                .needs(Permission::ReadTenants)
                .says(
                    "Sums that nodes write once a minute: the last 24 hours by contract, tenants that stand out in this hour and the \
                     last, servers that are left alone, providers that cannot be fetched or of which something ends within 90 days, \
                     running nodes, and how far databases are. Each list has at most its ten first entries.",
                )
                .gives("Fleet"),
            fleet,
        )
        .on(
            Operation::get(
                "/api/v1/tenants/{tenant}/health",
                "getTenantHealth",
                "See how one tenant fares",
            )
            .needs(Permission::ReadTenants)
            .says("From the platform's registry; the tenant's own database is not asked.")
            .gives("TenantHealth"),
            tenant,
        )
}

fn sums(traffic: &Traffic) -> Value {
    json!({
        "requests": traffic.requests, "refused": traffic.refused, "failed": traffic.failed, "slow": traffic.slow,
        "sign_ins": traffic.sign_ins, "tokens": traffic.tokens, "latency_95_ms": traffic.latency_95(),
    })
}

fn hour(at: Timestamp, tier: Option<&str>, traffic: &Traffic) -> Value {
    let mut hour = sums(traffic);
    if let Some(members) = hour.as_object_mut() {
        members.insert("from".to_owned(), at.to_rfc3339().into());
        if let Some(tier) = tier {
            members.insert("tier".to_owned(), tier.into());
        }
    }
    hour
}

fn standing_out(tenants: &[TenantHour]) -> Vec<Value> {
    let one = |tenant: &TenantHour| {
        let mut sums = sums(&tenant.traffic);
        if let Some(members) = sums.as_object_mut() {
            members.insert("tenant".to_owned(), tenant.slug.clone().into());
        }
        sums
    };
    tenants.iter().map(one).collect()
}

fn provider(tenant: Option<&str>, health: &ProviderHealth) -> Value {
    let end = health
        .end
        .as_ref()
        .map(|(what, at)| json!({ "what": what, "at": at.to_rfc3339() }));
    let mut provider = json!({
        "identity_provider": health.alias, "failed_check": health.failed_check, "ends": end,
        "checked_at": health.checked_at.to_rfc3339(),
    });
    if let (Some(members), Some(tenant)) = (provider.as_object_mut(), tenant) {
        members.insert("tenant".to_owned(), tenant.into());
    }
    provider
}

fn providers(found: &[TenantProviderHealth]) -> Vec<Value> {
    found.iter().map(|one| provider(Some(&one.slug), &one.health)).collect()
}

async fn fleet(Operator(entry): Operator) -> Answer {
    let FleetHealth {
        hours,
        failing,
        slow,
        breakers,
        unreachable,
        ending,
        nodes,
        version,
        schema_version,
        schema,
        tenants,
    } = entry.platform.fleet_health(&entry.actor).await?;
    ok(&json!({
        "version": version,
        "tenants": tenants.iter().map(|count| json!({
            "status": count.status, "tier": count.tier, "count": count.count,
        })).collect::<Vec<_>>(),
        "hours": hours.iter().flat_map(|(at, tiers)| by_tier(*at, tiers)).collect::<Vec<_>>(),
        "failing": standing_out(&failing),
        "slow": standing_out(&slow),
        "breakers": breakers.iter().map(|open| json!({
            "tenant": open.slug, "host": open.host, "opened_at": open.opened_at.to_rfc3339(),
        })).collect::<Vec<_>>(),
        "unreachable": providers(&unreachable),
        "ending": providers(&ending),
        "nodes": nodes.iter().map(|node| json!({
            "id": node.id.to_string(), "version": node.version, "started_at": node.started_at.to_rfc3339(),
            "seen_at": node.seen_at.to_rfc3339(),
        })).collect::<Vec<_>>(),
        "schema": {
            "version": schema_version, "own_databases": schema.all, "own_databases_current": schema.current,
        },
    }))
}

fn by_tier(at: Timestamp, tiers: &std::collections::BTreeMap<&'static str, Traffic>) -> Vec<Value> {
    tiers
        .iter()
        .map(|(tier, traffic)| hour(at, Some(tier), traffic))
        .collect()
}

#[derive(Deserialize)]
struct OneTenant {
    tenant: String,
}

async fn tenant(Operator(entry): Operator, Segments(path): Segments<OneTenant>) -> Answer {
    let health = entry.platform.tenant_health(&entry.actor, &path.tenant).await;
    let health = health.map_err(super::tenants::unknown)?;
    ok(&json!({
        "hours": health.hours.iter().map(|(at, traffic)| hour(*at, None, traffic)).collect::<Vec<_>>(),
        "identity_providers": health.providers.iter().map(|one| provider(None, one)).collect::<Vec<_>>(),
    }))
}
