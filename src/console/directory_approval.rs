//! `/<tenant>/admin/app-directory`: apps of the platform's catalogue, which the tenant lets in.

use super::Visit;
use super::apps::show_secret;
use super::changes::member_rows;
use super::desk::field;
use super::directory_form::facts_of;
use super::operator_directory::{OneApp, Which, address, place};
use super::respond::ConsoleFault;
use crate::control::app_directory::{Approval, DirectoryApp};
use crate::control::configuration::difference;
use crate::control::{Actor, ControlError, TenantAdmin};
use crate::interaction::PageForm;
use crate::interaction::respond::see_other;
use crate::kernel::Timestamp;
use crate::oauth::{Client, Parameters};
use crate::tenant::roles::Permission;
use crate::web::pages::console::{AppDirectory, DirectoryApproval, DirectoryRow, MemberRow, Section, TypedApproval};
use axum::extract::{Path, Query};
use axum::response::Response;
use std::time::Duration;

/// Apps on a page.
const PAGE: u32 = 25;
/// From the beginning of the last day on, so much longer.
const DAY: Duration = Duration::from_hours(24);

fn purpose(client_id: &str) -> String {
    format!("let in {client_id}")
}

/// The app as it is let in here.
async fn let_in(visit: &Visit, client_id: &str) -> Result<Option<Client>, ControlError> {
    match visit.admin.get_client(client_id).await {
        Ok(client) => Ok(client.directory_version.is_some().then_some(client)),
        Err(ControlError::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// `GET app-directory`: what the platform published.
pub(super) async fn list(visit: Visit, Query(which): Query<Which>) -> Response {
    visit.answer(show_list(&visit, &which).await)
}

async fn show_list(visit: &Visit, which: &Which) -> Result<Response, ConsoleFault> {
    let text: String = which.q.trim().chars().take(200).collect();
    let search = (!text.is_empty()).then_some(text.as_str());
    let mut found = visit
        .platform()
        .search_directory(visit.actor(), search, None, &which.after, PAGE + 1)
        .await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let last = found.last().filter(|_| more).map(|app| app.client_id.clone());
    let mut rows = Vec::new();
    for app in found {
        let client = let_in(visit, &app.client_id).await?;
        rows.push(DirectoryRow {
            href: visit.href(&place("app-directory", &app.client_id)),
            name: app.name,
            client_id: app.client_id,
            summary: app.summary,
            state: match client {
                None => "open",
                Some(client) if client.directory_version < Some(app.version) => "newer",
                Some(_) => "approved",
            },
        });
    }
    let path = visit.path("app-directory");
    let page = AppDirectory {
        frame: visit.frame(Section::Apps),
        search: visit.href("app-directory"),
        states: Vec::new(),
        rows,
        next: last.map(|last| address(&path, &[("q", &text), ("after", &last)])),
        add: None,
        back: Some(visit.href("apps")),
        query: text,
    };
    Ok(visit.page(&page))
}

/// `GET app-directory/{app}`.
pub(super) async fn get(visit: Visit, Path(path): Path<OneApp>) -> Response {
    let act = async {
        let app = published(&visit, &path.app).await?;
        let client = let_in(&visit, &path.app).await?;
        let typed = terms_of(&app, client.as_ref());
        show(&visit, &app, client.as_ref(), typed, None).await
    };
    visit.answer(act.await)
}

async fn published(visit: &Visit, client_id: &str) -> Result<DirectoryApp, ControlError> {
    visit.platform().get_directory_app(visit.actor(), client_id).await
}

/// The terms that stand, or all that the app registered for.
fn terms_of(app: &DirectoryApp, client: Option<&Client>) -> (TypedApproval, Vec<String>) {
    let registered = app.registration.get("scope").and_then(serde_json::Value::as_str);
    let Some(client) = client else {
        let typed = TypedApproval {
            scope: registered.unwrap_or_default().to_owned(),
            ..TypedApproval::default()
        };
        return (typed, Vec::new());
    };
    let ends = client.client_expires_at.map(|end| {
        let last = Timestamp::from_seconds(end) - DAY;
        last.to_rfc3339().chars().take(10).collect()
    });
    let typed = TypedApproval {
        scope: client.scope.clone(),
        user_roles: client.user_roles.join(", "),
        ends: ends.unwrap_or_default(),
    };
    (typed, client.identity_providers.clone())
}

/// What letting it in again would change, where the directory has a newer version than the one that was let in: a dry run, on the
/// terms that stand but with all that it asks for now.
async fn news(
    visit: &Visit,
    app: &DirectoryApp,
    client: Option<&Client>,
) -> Result<Option<Vec<MemberRow>>, ConsoleFault> {
    let Some(client) = client.filter(|client| client.directory_version < Some(app.version)) else {
        return Ok(None);
    };
    if !visit.may(Permission::ManageApps) {
        return Ok(None);
    }
    let admin = TenantAdmin::entered_by(visit.cx.clone(), visit.platform(), Actor::clone(visit.actor())).await?;
    let terms = Approval {
        scope: None,
        user_roles: client.user_roles.clone(),
        client_expires_at: client
            .client_expires_at
            .filter(|end| visit.cx.now() < Timestamp::from_seconds(*end)),
        identity_providers: client.identity_providers.clone(),
    };
    let admin = admin.dry(true);
    let again = Box::pin(admin.approve_directory_app(&app.client_id, &terms)).await?;
    let plain = |client: &Client| -> Result<serde_json::Value, ControlError> {
        let mut value = serde_json::to_value(client)?;
        if let Some(members) = value.as_object_mut() {
            members.retain(|member, _| !["directory_version", "secrets", "status"].contains(&member.as_str()));
        }
        Ok(value)
    };
    let (was, becomes) = (plain(client)?, plain(&again.client)?);
    Ok(Some(member_rows(&difference(Some(&was), Some(&becomes)))))
}

async fn show(
    visit: &Visit,
    app: &DirectoryApp,
    client: Option<&Client>,
    (typed, chosen): (TypedApproval, Vec<String>),
    problem: Option<(String, String)>,
) -> Result<Response, ConsoleFault> {
    let providers = if visit.may(Permission::ReadIdentityProviders) {
        visit.admin.list_identity_providers().await?
    } else {
        Vec::new()
    };
    let page = DirectoryApproval {
        frame: visit.frame(Section::Apps),
        back: visit.href("app-directory"),
        app: facts_of(app),
        approved: client.map(|client| visit.href(&place("apps", client.client_id.as_str()))),
        act: visit.may(Permission::ManageApps).then(|| {
            let own = place("app-directory", &app.client_id);
            (visit.csrf(&purpose(&app.client_id)), visit.href(&own))
        }),
        typed,
        news: news(visit, app, client).await?,
        providers: providers
            .into_iter()
            .map(|provider| {
                let is_chosen = chosen.contains(&provider.alias);
                (provider.alias, provider.display_name, is_chosen)
            })
            .collect(),
        problem,
    };
    Ok(visit.page(&page))
}

/// The terms that were typed.
fn approval_of(typed: &TypedApproval, chosen: &[String]) -> Result<Approval, ControlError> {
    let end = if typed.ends.is_empty() {
        None
    } else {
        let day = Timestamp::from_rfc3339(&format!("{}T00:00:00Z", typed.ends));
        let day = day.ok_or_else(|| ControlError::invalid("client_expires_at", "is a day, such as 2026-12-31"))?;
        Some((day + DAY).seconds())
    };
    Ok(Approval {
        scope: Some(typed.scope.split_whitespace().collect::<Vec<_>>().join(" ")),
        user_roles: typed
            .user_roles
            .split(',')
            .map(str::trim)
            .filter(|role| !role.is_empty())
            .map(str::to_owned)
            .collect(),
        client_expires_at: end,
        identity_providers: chosen.to_vec(),
    })
}

/// `POST app-directory/{app}`: lets it in, or changes the terms.
pub(super) async fn post(visit: Visit, Path(path): Path<OneApp>, PageForm(form): PageForm) -> Response {
    let act = async {
        visit.check_csrf(&purpose(&path.app), &form)?;
        visit.actor().require(Permission::ManageApps)?;
        let app = published(&visit, &path.app).await?;
        let (typed, chosen) = typed(&form);
        let approved = match approval_of(&typed, &chosen) {
            Ok(approval) => Box::pin(visit.admin.approve_directory_app(&app.client_id, &approval)).await,
            Err(error) => Err(error),
        };
        let problem = match approved {
            Ok(made) => {
                return Ok(match made.secret {
                    Some(secret) => show_secret(&visit, &made.client, secret),
                    None => see_other(&visit.path(&place("app-directory", &app.client_id))),
                });
            }
            Err(ControlError::Invalid { member, problem }) => (member.clone(), format!("{member}: {problem}")),
            Err(ControlError::Client(faults)) => {
                let texts: Vec<String> = faults
                    .iter()
                    .map(|fault| format!("{}: {}", fault.member, fault.problem))
                    .collect();
                ("scope".to_owned(), texts.join("; "))
            }
            Err(other) => return Err(other.into()),
        };
        let client = let_in(&visit, &path.app).await?;
        show(&visit, &app, client.as_ref(), (typed, chosen), Some(problem)).await
    };
    visit.answer(act.await)
}

fn typed(form: &Parameters) -> (TypedApproval, Vec<String>) {
    let text = |name: &str| field(form, name).trim().to_owned();
    let typed = TypedApproval {
        scope: text("scope"),
        user_roles: text("user_roles"),
        ends: text("client_expires_at"),
    };
    let chosen = form.many("identity_provider").map(str::to_owned).collect();
    (typed, chosen)
}
