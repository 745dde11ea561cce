//! `/admin/directory`: the platform's catalogue of apps.

use super::desk::field;
use super::directory_form::{app_of, facts_of, fields_of, refused, typed};
use super::respond::ConsoleFault;
use super::{OperatorVisit, Visit};
use crate::control::app_directory::DirectoryApp;
use crate::control::{ControlError, Precondition, version_of};
use crate::interaction::PageForm;
use crate::interaction::respond::see_other;
use crate::store::control::DirectoryState;
use crate::tenant::roles::Permission;
use crate::web::Href;
use crate::web::pages::console::{
    AppDirectory, DirectoryActs, DirectoryAppPage, DirectoryEdit, DirectoryFields, DirectoryForm, DirectoryRow, Section,
};
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;

/// Apps on a page.
const PAGE: u32 = 25;
const STATES: [DirectoryState; 4] = [
    DirectoryState::Submitted,
    DirectoryState::Published,
    DirectoryState::Rejected,
    DirectoryState::Withdrawn,
];

/// Which apps.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    pub(super) q: String,
    state: String,
    pub(super) after: String,
}

/// Path parameters.
#[derive(Deserialize)]
pub(super) struct OneApp {
    pub(super) app: String,
}

/// Set by the redirect after an act.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    done: Option<String>,
}

fn purpose(client_id: &str) -> String {
    format!("directory {client_id}")
}

fn state_of(name: &str) -> Option<DirectoryState> {
    STATES.into_iter().find(|state| state.as_str() == name)
}

/// The path of an app's page. An id may be an address.
pub(super) fn place(part: &str, client_id: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(client_id.as_bytes()).collect();
    format!("{part}/{}", id.replace('+', "%20"))
}

/// The address of a list, with what it is narrowed by.
pub(super) fn address(path: &str, pairs: &[(&str, &str)]) -> Href {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()))
        .finish();
    let separator = if query.is_empty() { "" } else { "?" };
    Href::local(&format!("{path}{separator}{query}"))
}

/// `GET /admin/directory`.
pub(super) async fn list(OperatorVisit(visit): OperatorVisit, Query(which): Query<Which>) -> Response {
    visit.answer(show_list(&visit, &which).await)
}

async fn show_list(visit: &Visit, which: &Which) -> Result<Response, ConsoleFault> {
    let text: String = which.q.trim().chars().take(200).collect();
    let state = state_of(&which.state);
    let search = (!text.is_empty()).then_some(text.as_str());
    let mut found = visit
        .platform()
        .search_directory(visit.actor(), search, state, &which.after, PAGE + 1)
        .await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let path = visit.path("directory");
    let state_name = state.map_or("", DirectoryState::as_str);
    let last = found.last().filter(|_| more).map(|app| app.client_id.clone());
    let page = AppDirectory {
        frame: visit.frame(Section::Directory),
        search: visit.href("directory"),
        states: STATES
            .map(|one| {
                let href = address(&path, &[("q", &text), ("state", one.as_str())]);
                (one.as_str(), href, state == Some(one))
            })
            .to_vec(),
        rows: found
            .into_iter()
            .map(|app| DirectoryRow {
                href: visit.href(&place("directory", &app.client_id)),
                name: app.name,
                client_id: app.client_id,
                summary: app.summary,
                state: app.state.as_str(),
            })
            .collect(),
        next: last.map(|last| address(&path, &[("q", &text), ("state", state_name), ("after", &last)])),
        add: visit
            .may(Permission::ManageDirectory)
            .then(|| visit.href("new-directory-app")),
        back: None,
        query: text,
    };
    Ok(visit.page(&page))
}

/// `GET /admin/directory/{app}`.
pub(super) async fn get(
    OperatorVisit(visit): OperatorVisit,
    Path(path): Path<OneApp>,
    Query(after): Query<After>,
) -> Response {
    let act = async {
        let app = visit.platform().get_directory_app(visit.actor(), &path.app).await?;
        Ok(show(&visit, &app, after.done.is_some(), None))
    };
    visit.answer(act.await)
}

fn show(visit: &Visit, app: &DirectoryApp, done: bool, problem: Option<String>) -> Response {
    let own = place("directory", &app.client_id);
    let page = DirectoryAppPage {
        frame: visit.frame(Section::Directory),
        back: visit.href("directory"),
        app: facts_of(app),
        acts: visit.may(Permission::ManageDirectory).then(|| DirectoryActs {
            csrf: visit.csrf(&review_purpose(app)),
            review: visit.href(&format!("{own}/review")),
            edit: visit.href(&format!("{own}/edit")),
        }),
        done,
        problem,
    };
    visit.page(&page)
}

/// A review is of the registration that was looked at: until it is published, its developer can revise it.
fn review_purpose(app: &DirectoryApp) -> String {
    format!("{} {}", purpose(&app.client_id), app.version)
}

/// `POST /admin/directory/{app}/review`: publishes, rejects, withdraws. A withdrawal, which reaches every hospital, needs the id
/// typed and a recent sign-in.
pub(super) async fn review(
    OperatorVisit(visit): OperatorVisit,
    Path(path): Path<OneApp>,
    PageForm(form): PageForm,
) -> Response {
    let act = async {
        let (platform, actor) = (visit.platform(), visit.actor());
        let app = platform.get_directory_app(actor, &path.app).await?;
        visit.check_csrf(&review_purpose(&app), &form)?;
        actor.require(Permission::ManageDirectory)?;
        let seen = Precondition::Version(vec![version_of(&app)?]);
        let own = place("directory", &app.client_id);
        let state = state_of(field(&form, "state"))
            .ok_or_else(|| ControlError::invalid("state", "is published, rejected or withdrawn"))?;
        if state == DirectoryState::Withdrawn {
            visit.require_recent(&own)?;
            if field(&form, "confirm").trim() != app.client_id {
                return Ok(show(&visit, &app, false, Some("the typed id is another".to_owned())));
            }
        }
        let note = form.one("note").ok().flatten();
        match platform
            .review_directory_app(actor, &app.client_id, state, note, &seen, false)
            .await
        {
            Ok(_) => Ok(see_other(&format!("{}?done=reviewed", visit.path(&own)))),
            Err(ControlError::Invalid { member, problem }) => {
                Ok(show(&visit, &app, false, Some(format!("{member}: {problem}"))))
            }
            Err(other) => Err(other.into()),
        }
    };
    visit.answer(act.await)
}

fn edit_page(visit: &Visit, form: DirectoryForm) -> Response {
    let id = form.fields.client_id.clone();
    let (back, action, purpose) = if form.fixed_id {
        let own = place("directory", &id);
        (visit.href(&own), visit.href(&format!("{own}/edit")), purpose(&id))
    } else {
        (visit.href("directory"), visit.href("new-directory-app"), purpose(""))
    };
    visit.page(&DirectoryEdit {
        frame: visit.frame(Section::Directory),
        back,
        csrf: visit.csrf(&purpose),
        action,
        form,
    })
}

/// `GET /admin/new-directory-app`.
pub(super) async fn get_new(OperatorVisit(visit): OperatorVisit) -> Response {
    let allowed = visit.actor().require(Permission::ManageDirectory);
    let form = DirectoryForm {
        fields: DirectoryFields::default(),
        faults: Vec::new(),
        fixed_id: false,
    };
    visit.answer(allowed.map(|()| edit_page(&visit, form)).map_err(ConsoleFault::from))
}

/// `POST /admin/new-directory-app`.
pub(super) async fn post_new(OperatorVisit(visit): OperatorVisit, PageForm(form): PageForm) -> Response {
    let act = async {
        visit.check_csrf(&purpose(""), &form)?;
        save(&visit, typed(&form), None).await
    };
    visit.answer(act.await)
}

/// `GET /admin/directory/{app}/edit`.
pub(super) async fn get_edit(OperatorVisit(visit): OperatorVisit, Path(path): Path<OneApp>) -> Response {
    let act = async {
        visit.actor().require(Permission::ManageDirectory)?;
        let app = visit.platform().get_directory_app(visit.actor(), &path.app).await?;
        let form = DirectoryForm {
            fields: fields_of(&app),
            faults: Vec::new(),
            fixed_id: true,
        };
        Ok(edit_page(&visit, form))
    };
    visit.answer(act.await)
}

/// `POST /admin/directory/{app}/edit`.
pub(super) async fn post_edit(
    OperatorVisit(visit): OperatorVisit,
    Path(path): Path<OneApp>,
    PageForm(form): PageForm,
) -> Response {
    let act = async {
        visit.check_csrf(&purpose(&path.app), &form)?;
        let app = visit.platform().get_directory_app(visit.actor(), &path.app).await?;
        let fields = DirectoryFields {
            client_id: app.client_id.clone(),
            ..typed(&form)
        };
        save(&visit, fields, Some(&app)).await
    };
    visit.answer(act.await)
}

async fn save(visit: &Visit, fields: DirectoryFields, before: Option<&DirectoryApp>) -> Result<Response, ConsoleFault> {
    let new = app_of(&fields, before);
    let precondition = if before.is_some() {
        Precondition::None
    } else {
        Precondition::Absent
    };
    let saved = visit
        .platform()
        .save_directory_app(visit.actor(), &fields.client_id, &new, &precondition)
        .await;
    match saved {
        Ok((app, _)) => {
            let own = visit.path(&place("directory", &app.client_id));
            Ok(see_other(&format!("{own}?done=saved")))
        }
        Err(ControlError::Outdated) if before.is_none() => {
            let taken = ControlError::Conflict("is taken by another app; choose another".to_owned());
            Ok(edit_page(visit, refused(fields, false, taken)?))
        }
        Err(error) => Ok(edit_page(visit, refused(fields, before.is_some(), error)?)),
    }
}
