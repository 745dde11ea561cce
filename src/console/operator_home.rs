//! `GET /admin`: the operators' console begins here.

use super::respond::ConsoleFault;
use super::{OperatorVisit, Visit, home};
use crate::store::tenant::EventFilter;
use crate::tenant::roles::Permission;
use crate::web::pages::console::{ConsoleHome, Section};
use axum::response::Response;

/// Events that are shown.
const RECENT_EVENTS: u32 = 8;

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
    let home = ConsoleHome {
        frame: visit.frame(Section::Home),
        steps: Vec::new(),
        waiting: None,
        recent,
        activity: None,
    };
    Ok(visit.page(&home))
}
