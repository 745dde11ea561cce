//! `/<tenant>/admin/activity`: the audit log, filtered, and as a file.

use super::Visit;
use super::home::row;
use super::respond::ConsoleFault;
use crate::control::ControlError;
use crate::kernel::Timestamp;
use crate::kernel::id::{AccountId, EventId};
use crate::store::tenant::{EventFilter, RecordedEvent};
use crate::web::Href;
use crate::web::pages::console::{ActivityFilter, ConsoleActivity, Section};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::time::Duration;

/// Events on one page.
const PAGE: u32 = 50;
/// Events in one file.
const FILE: u32 = 10_000;
const DAY: Duration = Duration::from_hours(24);

/// Which events.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    event: String,
    app: String,
    actor: String,
    person: String,
    since: String,
    until: String,
    before: Option<String>,
}

/// The beginning of a day (UTC).
fn day(text: &str) -> Result<Option<Timestamp>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    Timestamp::from_rfc3339(&format!("{text}T00:00:00Z"))
        .map(Some)
        .ok_or(())
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

impl Which {
    /// The person, or what cannot be one.
    fn person(&self) -> Result<Option<AccountId>, ()> {
        given(&self.person)
            .map(|id| id.parse::<AccountId>().map_err(|_| ()))
            .transpose()
    }

    /// The filter, and whether a day could not be read.
    fn filter(&self) -> (EventFilter<'_>, bool) {
        let (since, until) = (day(&self.since), day(&self.until));
        let unreadable = since.is_err() || until.is_err();
        let filter = EventFilter {
            event: given(&self.event),
            client_id: given(&self.app),
            actor: given(&self.actor),
            account: self.person().unwrap_or_default(),
            since: since.unwrap_or_default(),
            until: until.unwrap_or_default().map(|day| day + DAY),
            before: self.before.as_deref().and_then(|id| id.parse::<EventId>().ok()),
            ..EventFilter::default()
        };
        (filter, unreadable)
    }

    /// The same filter as a query, before one event.
    fn query(&self, before: Option<EventId>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("event", &self.event),
            ("app", &self.app),
            ("actor", &self.actor),
            ("person", &self.person),
            ("since", &self.since),
            ("until", &self.until),
        ];
        for (name, value) in fields {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

/// `GET activity`.
pub(super) async fn list(visit: Visit, which: Result<Query<Which>, QueryRejection>) -> Response {
    let which = which.map(|Query(which)| which).unwrap_or_default();
    visit.answer(show(&visit, &which).await)
}

async fn show(visit: &Visit, which: &Which) -> Result<Response, ConsoleFault> {
    let (filter, unreadable_day) = which.filter();
    let unknown_person = which.person().is_err();
    // Nobody has an id that is none: what is found is nothing, not everything.
    let mut events = if unknown_person {
        Vec::new()
    } else {
        visit.admin.list_events(&filter, PAGE + 1).await?
    };
    let more = events.len() > PAGE as usize;
    events.truncate(PAGE as usize);
    let last = events.last().filter(|_| more).map(|event| event.id);
    let link = |place: &str, before| Href::local(&format!("{}{}", visit.path(place), which.query(before)));
    let page = ConsoleActivity {
        frame: visit.frame(Section::Activity),
        action: visit.href("activity"),
        filter: ActivityFilter {
            event: which.event.clone(),
            client_id: which.app.clone(),
            actor: which.actor.clone(),
            person: which.person.clone(),
            unknown_person,
            since: which.since.clone(),
            until: which.until.clone(),
            unreadable_day,
        },
        rows: events.into_iter().map(row).collect(),
        next: last.map(|last| link("activity", Some(last))),
        export: link("activity.csv", None),
    };
    Ok(visit.page(&page))
}

/// `GET activity.csv`: the newest ten thousand that fit the filter.
pub(super) async fn export(visit: Visit, which: Result<Query<Which>, QueryRejection>) -> Response {
    let which = which.map(|Query(which)| which).unwrap_or_default();
    if which.person().is_err() {
        return visit.answer(Err(
            ControlError::invalid("person", "is the id of a user, `acc_...`").into()
        ));
    }
    let (filter, _) = which.filter();
    let file = visit.admin.list_events(&filter, FILE).await.map(|events| {
        let mut text = "id,at,event,outcome,actor,actor_role,target,client_id,account,detail,request_id\r\n".to_owned();
        for event in &events {
            text.push_str(&line(event));
        }
        let mut response = text.into_response();
        let headers = response.headers_mut();
        let set = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"activity.csv\""),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        for (name, value) in set {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    });
    visit.answer(file.map_err(Into::into))
}

fn line(event: &RecordedEvent) -> String {
    let account = event.account.map(|account| account.to_string());
    let fields = [
        event.id.to_string(),
        event.occurred_at.to_rfc3339(),
        event.event.clone(),
        event.outcome.clone(),
        event.actor.clone().unwrap_or_default(),
        event.actor_role.clone().unwrap_or_default(),
        event.target.clone().unwrap_or_default(),
        event.client_id.clone().unwrap_or_default(),
        account.unwrap_or_default(),
        event.detail.clone().unwrap_or_default(),
        event.request_id.clone().unwrap_or_default(),
    ];
    let fields: Vec<String> = fields.iter().map(|field| cell(field)).collect();
    format!("{}\r\n", fields.join(","))
}

/// One field (RFC 4180 section 2). What a spreadsheet would run as a formula is made text: names are chosen by others.
pub(super) fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn fields_are_quoted_where_they_have_to_be() {
        assert_eq!(cell("client.saved"), "client.saved");
        assert_eq!(cell("a, \"b\""), "\"a, \"\"b\"\"\"");
    }

    #[test]
    fn no_field_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@x"] {
            assert!(cell(text).starts_with('\''), "{text}");
        }
    }
}
