//! `GET /<tenant>/admin`: how things stand.

use super::Visit;
use super::respond::ConsoleFault;
use crate::store::tenant::{EventFilter, RecordedEvent};
use crate::tenant::roles::Permission;
use crate::web::Href;
use crate::web::pages::console::{ActivityRow, ConsoleHome, Section, SetupStep, SetupStepState};
use axum::response::Response;

/// Events that are shown.
const RECENT_EVENTS: u32 = 8;

/// The page.
pub(super) async fn get(visit: Visit) -> Response {
    visit.answer(show(&visit).await)
}

async fn show(visit: &Visit) -> Result<Response, ConsoleFault> {
    let facts = visit.admin.setup_facts().await?;
    let step = |step, done| SetupStepState {
        step,
        done,
        href: match step {
            SetupStep::Branding if visit.may(Permission::ManageBranding) => Some(visit.href("branding")),
            SetupStep::FhirServer if visit.may(Permission::ManageSettings) => Some(visit.href("fhir-server")),
            SetupStep::SignIn if visit.may(Permission::ManageIdentityProviders) => Some(visit.href("sign-in-methods")),
            SetupStep::App if visit.may(Permission::ManageApps) => Some(visit.href("apps")),
            _ => None,
        },
    };
    let waiting = (facts.waiting > 0 && visit.may(Permission::ReadApps)).then(|| {
        let queue = format!("{}?state=awaiting_approval", visit.path("apps"));
        (facts.waiting, Href::local(&queue))
    });
    let recent = if visit.may(Permission::ReadEvents) {
        let events = visit.admin.list_events(&EventFilter::default(), RECENT_EVENTS).await?;
        Some(events.into_iter().map(row).collect())
    } else {
        None
    };
    let home = ConsoleHome {
        frame: visit.frame(Section::Home),
        steps: vec![
            step(SetupStep::Branding, facts.branded),
            step(SetupStep::FhirServer, facts.has_fhir_server),
            step(SetupStep::SignIn, facts.can_sign_in),
            step(SetupStep::App, facts.has_app),
            step(SetupStep::FirstSignIn, facts.was_used),
        ],
        waiting,
        recent,
        activity: visit.may(Permission::ReadEvents).then(|| visit.href("activity")),
    };
    Ok(visit.page(&home))
}

/// How an event is listed.
pub(super) fn row(event: RecordedEvent) -> ActivityRow {
    let succeeded = event.outcome == "success";
    ActivityRow {
        at: event.occurred_at,
        succeeded,
        who: event.actor.or_else(|| event.account.map(|account| account.to_string())),
        about: event.target.or(event.client_id),
        event: event.event,
        outcome: event.outcome,
    }
}
