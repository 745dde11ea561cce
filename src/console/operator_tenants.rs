//! `GET /admin/tenants`: finding tenants.

use super::respond::ConsoleFault;
use super::{OperatorVisit, Visit};
use crate::store::control::TenantStatus;
use crate::tenant::roles::Permission;
use crate::web::Href;
use crate::web::pages::console::{OperatorTenants, Section, StateChip, TenantRow};
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

/// Tenants on a page.
const PAGE: u32 = 25;

/// What is looked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    q: Option<String>,
    status: Option<String>,
    after: Option<String>,
}

fn state(name: &str) -> Option<TenantStatus> {
    [TenantStatus::Active, TenantStatus::Preparing, TenantStatus::Suspended]
        .into_iter()
        .find(|status| status.as_str() == name)
}

fn address(visit: &Visit, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("{}?{query}", visit.path("tenants"))
}

/// `GET /admin/tenants`.
pub(super) async fn search(OperatorVisit(visit): OperatorVisit, Query(wanted): Query<Search>) -> Response {
    visit.answer(show_list(&visit, &wanted).await)
}

async fn show_list(visit: &Visit, wanted: &Search) -> Result<Response, ConsoleFault> {
    let text: String = wanted
        .q
        .as_deref()
        .unwrap_or_default()
        .trim()
        .chars()
        .take(200)
        .collect();
    let status = wanted.status.as_deref().and_then(state);
    let after = wanted.after.as_deref().unwrap_or_default();
    let asked = !text.is_empty() || status.is_some();
    visit.actor().require(Permission::ReadTenants)?;
    let (mut found, mut next) = (None, None);
    if asked {
        let text_given = (!text.is_empty()).then_some(text.as_str());
        let mut tenants = visit
            .platform()
            .search_tenants(visit.actor(), text_given, status, after, PAGE + 1)
            .await?;
        if tenants.len() > PAGE as usize {
            tenants.truncate(PAGE as usize);
            let last = tenants.last().map(|tenant| tenant.slug.clone()).unwrap_or_default();
            let mut pairs = vec![("q", text.as_str()), ("after", last.as_str())];
            if let Some(status) = status {
                pairs.push(("status", status.as_str()));
            }
            next = Some(Href::local(&address(visit, &pairs)));
        }
        found = Some(
            tenants
                .into_iter()
                .map(|tenant| TenantRow {
                    href: visit.href(&format!("tenants/{}", tenant.slug)),
                    slug: tenant.slug,
                    name: tenant.display_name,
                    status: tenant.status.as_str(),
                    tier: tenant.tier.as_str(),
                    placement: tenant.placement.as_str(),
                })
                .collect(),
        );
    }
    let chip = |one: TenantStatus| StateChip {
        status: one.as_str(),
        href: Href::local(&address(visit, &[("q", &text), ("status", one.as_str())])),
        current: status == Some(one),
    };
    let page = OperatorTenants {
        frame: visit.frame(Section::Tenants),
        search: visit.href("tenants"),
        states: [TenantStatus::Active, TenantStatus::Preparing, TenantStatus::Suspended]
            .map(chip)
            .to_vec(),
        found,
        next,
        create: visit.may(Permission::ManageTenants).then(|| visit.href("new-tenant")),
        query: text,
    };
    Ok(visit.page(&page))
}
