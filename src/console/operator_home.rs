//! `GET /admin`: the operators' console begins here.

use super::respond::ConsoleFault;
use super::{OperatorVisit, Visit, home};
use crate::store::control::{DirectoryState, TenantStatus};
use crate::store::tenant::EventFilter;
use crate::tenant::roles::Permission;
use crate::web::Href;
use crate::web::pages::console::{Attention, OperatorHome, Section};
use axum::response::Response;

/// Events that are shown.
const RECENT_EVENTS: u32 = 8;
/// Apps that wait are counted up to here.
const APPS: u32 = 10;

/// The page.
pub(super) async fn get(OperatorVisit(visit): OperatorVisit) -> Response {
    visit.answer(show(&visit).await)
}

async fn show(visit: &Visit) -> Result<Response, ConsoleFault> {
    let recent = if visit.may(Permission::ReadEvents) {
        let events = visit.admin.list_events(&EventFilter::default(), RECENT_EVENTS).await?;
        Some(events.into_iter().map(home::row).collect())
    } else {
        None
    };
    let (platform, actor) = (visit.platform(), visit.actor());
    let found = platform.attention(actor).await?;
    let waiting = platform
        .search_directory(actor, None, Some(DirectoryState::Submitted), "", APPS)
        .await?
        .len();
    let health = |place: &str| Href::local(&format!("{}#{place}", visit.path("health")));
    let attention = [
        (Attention::Breakers(found.breakers), found.breakers, health("breakers")),
        (
            Attention::Unreachable(found.unreachable),
            found.unreachable,
            health("providers"),
        ),
        (Attention::Ending(found.ending), found.ending, health("providers")),
        (
            Attention::Apps(waiting),
            waiting,
            Href::local(&format!("{}?state=submitted", visit.path("directory"))),
        ),
    ];
    let tenants = [TenantStatus::Active, TenantStatus::Preparing, TenantStatus::Suspended].map(|status| {
        let of_status = found.tenants.iter().filter(|count| count.status == status);
        let list = format!("{}?status={}", visit.path("tenants"), status.as_str());
        (
            status.as_str(),
            of_status.map(|count| count.count).sum(),
            Href::local(&list),
        )
    });
    let home = OperatorHome {
        frame: visit.frame(Section::Home),
        search: visit.href("tenants"),
        create: visit.may(Permission::ManageTenants).then(|| visit.href("new-tenant")),
        tenants: tenants.to_vec(),
        attention: attention
            .into_iter()
            .filter(|(_, count, _)| *count > 0)
            .map(|(attention, _, href)| (attention, href))
            .collect(),
        recent,
    };
    Ok(visit.page(&home))
}
