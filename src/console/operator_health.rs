//! `GET /admin/health`: how the platform fares.

use super::respond::ConsoleFault;
use super::{OperatorVisit, Visit};
use crate::control::fleet::FleetHealth;
use crate::kernel::Timestamp;
use crate::store::control::{TenantHour, TenantProviderHealth, Tier, Traffic};
use crate::web::pages::console::{EndRow, HourChart, Hourly, OperatorHealth, Section, TenantLink};
use axum::response::Response;

const CHARTS: [Hourly; 4] = [Hourly::SignIns, Hourly::Tokens, Hourly::Failures, Hourly::Latency];
const DAY: u64 = 86_400;

/// The page.
pub(super) async fn get(OperatorVisit(visit): OperatorVisit) -> Response {
    visit.answer(show(&visit).await)
}

/// The number of a chart.
fn number(what: Hourly, traffic: &Traffic) -> u64 {
    match what {
        Hourly::SignIns => traffic.sign_ins,
        Hourly::Tokens => traffic.tokens,
        Hourly::Failures => traffic.failed,
        Hourly::Latency => traffic.latency_95().unwrap_or(0),
    }
}

/// The charts of one tenant.
pub(super) fn charts_of(hours: &[(Timestamp, Traffic)]) -> Vec<HourChart> {
    CHARTS
        .map(|what| HourChart {
            what,
            series: vec!["all"],
            hours: hours
                .iter()
                .map(|(at, traffic)| (*at, vec![number(what, traffic)]))
                .collect(),
        })
        .into()
}

fn charts(health: &FleetHealth) -> Vec<HourChart> {
    let tiers = [Tier::Standard, Tier::Enterprise].map(Tier::as_str);
    let chart = |what| HourChart {
        what,
        series: tiers.to_vec(),
        hours: health
            .hours
            .iter()
            .map(|(at, sums)| {
                let numbers = tiers.map(|tier| sums.get(tier).map_or(0, |traffic| number(what, traffic)));
                (*at, numbers.to_vec())
            })
            .collect(),
    };
    CHARTS.map(chart).into()
}

async fn show(visit: &Visit) -> Result<Response, ConsoleFault> {
    let health = visit.platform().fleet_health(visit.actor()).await?;
    let link = |slug: &str, name: &str| TenantLink {
        name: name.to_owned(),
        href: visit.href(&format!("tenants/{slug}")),
    };
    let standing = |tenants: &[TenantHour], count: fn(&Traffic) -> u64| {
        tenants
            .iter()
            .map(|one| {
                let tenant = link(&one.slug, &one.display_name);
                (tenant, count(&one.traffic), one.traffic.requests)
            })
            .collect()
    };
    let ending = |one: &TenantProviderHealth| {
        let (kind, at) = one.health.end.clone()?;
        Some(EndRow {
            tenant: link(&one.slug, &one.display_name),
            alias: one.health.alias.clone(),
            kind,
            at,
            days: at.since(visit.cx.now()).as_secs().div_ceil(DAY),
        })
    };
    let page = OperatorHealth {
        frame: visit.frame(Section::Health),
        charts: charts(&health),
        failing: standing(&health.failing, |traffic| traffic.failed),
        slow: standing(&health.slow, |traffic| traffic.slow),
        breakers: health
            .breakers
            .iter()
            .map(|one| (link(&one.slug, &one.display_name), one.host.clone(), one.opened_at))
            .collect(),
        unreachable: health
            .unreachable
            .iter()
            .map(|one| {
                let check = one.health.failed_check.clone().unwrap_or_default();
                let tenant = link(&one.slug, &one.display_name);
                (tenant, one.health.alias.clone(), check, one.health.checked_at)
            })
            .collect(),
        ending: health.ending.iter().filter_map(ending).collect(),
        nodes: health
            .nodes
            .iter()
            .map(|node| (node.id.to_string(), node.version.clone(), node.started_at, node.seen_at))
            .collect(),
        version: health.version,
        schema_version: health.schema_version,
        schema: (health.schema.current, health.schema.all),
    };
    Ok(visit.page(&page))
}
