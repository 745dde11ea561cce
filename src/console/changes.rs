//! `/<tenant>/admin/changes`: the history of the configuration, one change in full, and taking a change back.

use super::Visit;
use super::apps::place as app_place;
use super::desk::Fields;
use super::respond::ConsoleFault;
use crate::control::ControlError;
use crate::control::configuration::{ChangeSummary, Rollback, changing};
use crate::interaction::console_entry::Destination;
use crate::interaction::respond::see_other;
use crate::store::tenant::{ResourceKind, ResourceName};
use crate::tenant::roles::Permission;
use crate::web::Href;
use crate::web::pages::console::{
    ChangeRow, ChangeUndo, ChangedThing, ConsoleChange, ConsoleChanges, MemberRow, Section, UndoOffer,
};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// Changes on one page.
const PAGE: u32 = 50;

/// Which changes.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    kind: String,
    name: String,
    before: String,
}

/// Path parameters.
#[derive(Deserialize)]
pub(super) struct ChangePath {
    change: String,
}

/// What was done before, as the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    done: String,
}

/// `GET changes`: the newest first.
pub(super) async fn list(visit: Visit, which: Result<Query<Which>, QueryRejection>) -> Response {
    let which = which.map(|Query(which)| which).unwrap_or_default();
    visit.answer(show_list(&visit, &which).await)
}

async fn show_list(visit: &Visit, which: &Which) -> Result<Response, ConsoleFault> {
    let kind = ResourceKind::parse(&which.kind);
    let name = Some(which.name.trim()).filter(|name| !name.is_empty());
    let before = which.before.parse::<Uuid>().ok();
    let mut changes = visit.admin.search_changes(kind, name, before, PAGE + 1).await?;
    let more = changes.len() > PAGE as usize;
    changes.truncate(PAGE as usize);
    let address = |kind: Option<ResourceKind>, before: Option<Uuid>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(kind) = kind {
            query.append_pair("kind", kind.as_str());
        }
        if let Some(name) = name {
            query.append_pair("name", name);
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        let query = query.finish();
        let separator = if query.is_empty() { "" } else { "?" };
        Href::local(&format!("{}{separator}{query}", visit.path("changes")))
    };
    let last = changes.last().filter(|_| more).map(|change| change.id);
    let kinds: Vec<_> = std::iter::once(None)
        .chain(
            ResourceKind::ALL
                .into_iter()
                .filter(|kind| kind.has_history())
                .map(Some),
        )
        .map(|kind| (kind.map(changed_thing), address(kind, None)))
        .collect();
    let page = ConsoleChanges {
        frame: visit.frame(Section::History),
        action: visit.href("changes"),
        kind: kind.map(changed_thing),
        kinds,
        name: name.unwrap_or_default().to_owned(),
        rows: changes.iter().map(|change| row(visit, change)).collect(),
        next: last.map(|last| address(kind, Some(last))),
    };
    Ok(visit.page(&page))
}

/// The kind of thing, as the page has it.
const fn changed_thing(kind: ResourceKind) -> ChangedThing {
    match kind {
        ResourceKind::Settings => ChangedThing::Settings,
        // Lists of users serve the mapping of a sign-in method; they have no history of their own.
        ResourceKind::IdentityProvider | ResourceKind::FhirUsers => ChangedThing::SignInMethod,
        ResourceKind::App => ChangedThing::App,
        ResourceKind::Brands => ChangedThing::Brands,
    }
}

fn row(visit: &Visit, change: &ChangeSummary) -> ChangeRow {
    ChangeRow {
        at: change.at,
        who: change.actor.clone(),
        own: change.actor == visit.actor().principal(),
        source: change.source.clone(),
        kind: changed_thing(change.resource.kind),
        name: change.resource.name.clone(),
        action: change.action,
        reason: change.reason.clone(),
        href: visit.href(&format!("changes/{}", change.id)),
    }
}

fn unknown(change: &str) -> ControlError {
    ControlError::NotFound {
        what: "change",
        name: change.to_owned(),
    }
}

/// `GET changes/{change}`: what differs, and the form to take it back.
pub(super) async fn get(
    visit: Visit,
    Path(path): Path<ChangePath>,
    after: Result<Query<After>, QueryRejection>,
) -> Response {
    let undone = after.is_ok_and(|Query(after)| after.done == "undone");
    visit.answer(Box::pin(show(&visit, &path.change, undone, None)).await)
}

async fn show(visit: &Visit, id: &str, undone: bool, problem: Option<String>) -> Result<Response, ConsoleFault> {
    let id: Uuid = id.parse().map_err(|_| unknown(id))?;
    let change = visit.admin.get_change(id).await?;
    let newest = visit.admin.list_changes(Some(&change.resource), None, 1).await?;
    let place = format!("changes/{id}");
    let undo = visit.may(changing(change.resource.kind)).then(|| ChangeUndo {
        csrf: visit.csrf(&purpose(id)),
        action: visit.href(&format!("{place}/undo")),
        changed_since: newest.first().is_some_and(|newest| newest.id != id),
        removes: change.action == "created",
        problem,
    });
    let resource = &change.resource;
    let others = {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("kind", resource.kind.as_str());
        query.append_pair("name", &resource.name);
        Href::local(&format!("{}?{}", visit.path("changes"), query.finish()))
    };
    let page = ConsoleChange {
        frame: visit.frame(Section::History),
        back: visit.href("changes"),
        row: row(visit, &change),
        thing: thing(visit, resource),
        others,
        members: change
            .members
            .iter()
            .map(|member| MemberRow::of(&member.member, member.before.as_ref(), member.after.as_ref()))
            .collect(),
        undo,
        undone,
    };
    Ok(visit.page(&page))
}

/// Where a thing is looked at, for those who may.
fn thing(visit: &Visit, resource: &ResourceName) -> Option<Href> {
    let (place, needs) = match resource.kind {
        ResourceKind::App => (app_place(&resource.name), Permission::ReadApps),
        ResourceKind::IdentityProvider => (
            format!("sign-in-methods/{}", resource.name),
            Permission::ReadIdentityProviders,
        ),
        ResourceKind::Settings => ("branding".to_owned(), Permission::ManageBranding),
        ResourceKind::Brands | ResourceKind::FhirUsers => return None,
    };
    visit.may(needs).then(|| visit.href(&place))
}

fn purpose(id: Uuid) -> String {
    format!("change undo {id}")
}

/// `POST changes/{change}/undo`.
pub(super) async fn undo(visit: Visit, Path(path): Path<ChangePath>, form: Fields) -> Response {
    let done = Box::pin(take_back(&visit, &path.change, &form)).await;
    visit.answer(done)
}

async fn take_back(visit: &Visit, text: &str, form: &Fields) -> Result<Response, ConsoleFault> {
    let id: Uuid = text.parse().map_err(|_| unknown(text))?;
    visit.check_fields(&purpose(id), form)?;
    let place = format!("changes/{id}");
    let change = visit.admin.get_change(id).await?;
    // What was made goes again, which is as dangerous as removing it any other way.
    if change.action == "created" {
        visit.require_recent(&place)?;
    }
    let how = Rollback {
        reason: Some(form.get("reason").to_owned()).filter(|reason| !reason.is_empty()),
        even_if_changed_since: form.has("even_if_changed_since"),
    };
    match Box::pin(visit.admin.roll_back(id, &how)).await {
        Ok(_) => {}
        Err(ControlError::Conflict(problem)) => {
            let problem = Some(problem);
            return Box::pin(show(visit, text, false, problem)).await;
        }
        Err(ControlError::Client(faults)) => {
            let words = ControlError::Client(faults).to_string();
            return Box::pin(show(visit, text, false, Some(words))).await;
        }
        Err(error) => return Err(error.into()),
    }
    // Back to where it was offered, else to the change that it is.
    let to = Destination::page(form.get("to")).place().to_owned();
    if !to.is_empty() && change.action != "created" {
        return Ok(see_other(&format!("{}?done=undone", visit.path(&to))));
    }
    let newest = visit.admin.list_changes(Some(&change.resource), None, 1).await?;
    let made = newest.first().map_or(id, |newest| newest.id);
    Ok(see_other(&format!("{}/{made}?done=undone", visit.path("changes"))))
}

impl Visit {
    /// The address of a page after something of the configuration was changed there, with the change that can be taken back.
    pub(super) async fn after_change(
        &self,
        place: &str,
        done: &str,
        resource: &ResourceName,
    ) -> Result<Response, ControlError> {
        let made = self.admin.own_last_change(resource).await?;
        let undo = made.map(|id| format!("&undo={id}")).unwrap_or_default();
        Ok(see_other(&format!("{}?done={done}{undo}", self.path(place))))
    }

    /// The offer to take a change back that was made just now, on the page at `place`. `undo` is what the address says: only the
    /// visitor's own last change of this very thing counts, so that no crafted address offers another one.
    pub(super) async fn undo_offer(
        &self,
        place: &str,
        undo: &str,
        resource: &ResourceName,
    ) -> Result<Option<UndoOffer>, ControlError> {
        let Ok(id) = undo.parse::<Uuid>() else { return Ok(None) };
        if self.admin.own_last_change(resource).await? != Some(id) {
            return Ok(None);
        }
        Ok(Some(UndoOffer {
            csrf: self.csrf(&purpose(id)),
            action: self.href(&format!("changes/{id}/undo")),
            to: place.to_owned(),
            change: self.href(&format!("changes/{id}")),
        }))
    }
}

impl MemberRow {
    fn of(member: &str, before: Option<&Value>, after: Option<&Value>) -> Self {
        let (before, after) = (lines(member, before), lines(member, after));
        // Of lists, what stays is not shown twice.
        let gone = before.iter().filter(|line| !after.contains(line)).cloned().collect();
        let come = after.iter().filter(|line| !before.contains(line)).cloned().collect();
        let (gone, come): (Vec<String>, Vec<String>) = (gone, come);
        let reordered = gone.is_empty() && come.is_empty();
        Self {
            member: member.to_owned(),
            before: if reordered { before } else { gone },
            after: if reordered { after } else { come },
        }
    }
}

/// A value as lines to compare: each entry of a list, each scope of a scope string, else the whole.
fn lines(member: &str, value: Option<&Value>) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(entries)) => entries.iter().map(one).collect(),
        Some(Value::String(text))
            if member
                .rsplit('.')
                .next()
                .is_some_and(|name| name.contains("scope") || name.contains("ceiling")) =>
        {
            text.split_whitespace().map(str::to_owned).collect()
        }
        Some(other) => vec![one(other)],
    }
}

/// The rows of a difference, for other pages.
pub(super) fn member_rows(members: &[crate::control::configuration::MemberChange]) -> Vec<MemberRow> {
    members
        .iter()
        .map(|member| MemberRow::of(&member.member, member.before.as_ref(), member.after.as_ref()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_a_list_only_what_came_and_went_is_shown() {
        let row = MemberRow::of(
            "redirect_uris",
            Some(&json!(["https://a.example", "https://b.example"])),
            Some(&json!(["https://b.example", "https://c.example"])),
        );
        assert_eq!(
            (row.before, row.after),
            (
                vec!["https://a.example".to_owned()],
                vec!["https://c.example".to_owned()]
            )
        );
    }

    #[test]
    fn a_scope_is_compared_scope_by_scope() {
        let row = MemberRow::of("scope", Some(&json!("openid patient/*.rs")), Some(&json!("openid")));
        assert_eq!((row.before, row.after), (vec!["patient/*.rs".to_owned()], Vec::new()));
    }

    #[test]
    fn a_list_in_another_order_is_shown_whole() {
        let row = MemberRow::of("contacts", Some(&json!(["a", "b"])), Some(&json!(["b", "a"])));
        assert_eq!((row.before.len(), row.after.len()), (2, 2));
    }
}
