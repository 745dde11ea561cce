//! The audit log.

use super::answer::{Answer, ok, page};
use super::entry::Admin;
use super::input::{Paging, Query, Segments};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use crate::kernel::Timestamp;
use crate::kernel::id::{AccountId, EventId};
use crate::store::tenant::{EventFilter, RecordedEvent};
use crate::tenant::roles::Permission;
use serde::Deserialize;
use serde_json::{Value, json};

const LIST: &str = "/api/v1/tenants/{tenant}/events";
const ONE: &str = "/api/v1/tenants/{tenant}/events/{event_id}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listEvents", "Search the audit log")
                .needs(Permission::ReadEvents)
                .says("Newest first. Ids and codes only: no names, no claims, no patients.")
                .query(
                    "event",
                    "EventName",
                    "The event's name, or its beginning up to a dot: `client` finds `client.deleted`.",
                )
                .query("outcome", "Code", "`success`, or the code of the refusal.")
                .query("client_id", "ClientId", "Only events of this app.")
                .query("account", "AccountId", "Only events of this user.")
                .query(
                    "actor",
                    "Principal",
                    "Only what this administrator did; `machine` for the command line beside the database.",
                )
                .query("target", "SearchText", "Only what was done to this.")
                .query("request_id", "RequestId", "Only what this request did.")
                .query("since", "Time", "Not before.")
                .query("until", "Time", "Before.")
                .paged("EventPage"),
            list,
        )
        .on(
            Operation::get(ONE, "getEvent", "Show an event")
                .needs(Permission::ReadEvents)
                .gives("Event"),
            get,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    event: Option<String>,
    outcome: Option<String>,
    client_id: Option<String>,
    account: Option<String>,
    actor: Option<String>,
    target: Option<String>,
    request_id: Option<String>,
    since: Option<String>,
    until: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

/// A time of RFC 3339.
pub(super) fn time(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.map(|text| {
        Timestamp::from_rfc3339(text)
            .ok_or_else(|| Problem::malformed_parameter(name, "is a time such as 2026-01-31T12:00:00Z (RFC 3339)"))
    })
    .transpose()
}

fn view(event: &RecordedEvent) -> Value {
    json!({
        "id": event.id, "at": event.occurred_at.to_rfc3339(), "event": event.event, "outcome": event.outcome,
        "actor": event.actor, "actor_role": event.actor_role, "target": event.target, "client_id": event.client_id,
        "account": event.account, "grant": event.grant, "detail": event.detail, "request_id": event.request_id,
    })
}

async fn list(Admin(admin): Admin, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let account = filter
        .account
        .as_deref()
        .map(|text| {
            text.parse::<AccountId>()
                .map_err(|_| Problem::malformed_parameter("account", "is the id of a user, `acc_...`"))
        })
        .transpose()?;
    let wanted = EventFilter {
        event: filter.event.as_deref(),
        outcome: filter.outcome.as_deref(),
        client_id: filter.client_id.as_deref(),
        account,
        actor: filter.actor.as_deref(),
        target: filter.target.as_deref(),
        request_id: filter.request_id.as_deref(),
        since: time("since", filter.since.as_deref())?,
        until: time("until", filter.until.as_deref())?,
        before: paging.after::<Option<EventId>>()?,
    };
    let events = admin.list_events(&wanted, limit + 1).await?;
    let views: Vec<Value> = events.iter().map(view).collect();
    page(views, limit, |event| event.get("id").cloned())
}

#[derive(Deserialize)]
struct OneEvent {
    event_id: EventId,
}

async fn get(Admin(admin): Admin, Segments(path): Segments<OneEvent>) -> Answer {
    ok(&view(&admin.get_event(path.event_id).await?))
}
