//! `GET /admin/health`: how the platform fares.

use super::respond::ConsoleFault;
use super::{OperatorVisit, Visit};
use crate::control::fleet::FleetHealth;
use crate::kernel::Timestamp;
use crate::store::control::{TenantHour, TenantProviderHealth, Tier, Traffic};
use crate::web::pages::console::{Chart, ChartSpan, EndRow, Measure, OperatorHealth, Section, Series, TenantLink};
use axum::response::Response;
use std::collections::BTreeMap;

const CHARTS: [Measure; 4] = [Measure::SignIns, Measure::Tokens, Measure::Failures, Measure::Latency];
const DAY: u64 = 86_400;

/// The page.
pub(super) async fn get(OperatorVisit(visit): OperatorVisit) -> Response {
    visit.answer(show(&visit).await)
}

/// The number of a chart.
fn number(measure: Measure, traffic: &Traffic) -> u64 {
    match measure {
        Measure::SignIns => traffic.sign_ins,
        Measure::Tokens => traffic.tokens,
        Measure::Latency => traffic.latency_95().unwrap_or(0),
        _ => traffic.failed,
    }
}

/// The charts of one tenant.
pub(super) fn charts_of(hours: &[(Timestamp, Traffic)]) -> Vec<Chart> {
    let times = || hours.iter().map(|(at, _)| *at).collect();
    let numbers = |measure| hours.iter().map(|(_, traffic)| number(measure, traffic)).collect();
    CHARTS
        .map(|measure| Chart::new(measure, ChartSpan::Day, times(), (Series::All, numbers(measure)), None))
        .into()
}

fn charts(health: &FleetHealth) -> Vec<Chart> {
    let chart = |measure: Measure| {
        let numbers = |tier: Tier| {
            let of_hour =
                |sums: &BTreeMap<&str, Traffic>| sums.get(tier.as_str()).map_or(0, |sum| number(measure, sum));
            health.hours.iter().map(|(_, sums)| of_hour(sums)).collect::<Vec<_>>()
        };
        let times = health.hours.iter().map(|(at, _)| *at).collect();
        let standard = (Series::Standard, numbers(Tier::Standard));
        let enterprise = (Series::Enterprise, numbers(Tier::Enterprise));
        Chart::new(measure, ChartSpan::Day, times, standard, Some(enterprise))
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
