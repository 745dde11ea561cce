//! `/<tenant>/admin/apps`: apps, found, approved, switched off, deleted; new secrets.

use super::Visit;
use super::changes::member_rows;
use super::desk::field;
use super::respond::ConsoleFault;
use crate::control::client_changes::SinceApproval;
use crate::control::{ControlError, Precondition, version_of};
use crate::interaction::PageForm;
use crate::interaction::respond::see_other;
use crate::kernel::Timestamp;
use crate::oauth::Client;
use crate::oauth::client::{ClientStatus, TokenEndpointAuthMethod};
use crate::oauth::grant_type::GrantType;
use crate::smart::Scope;
use crate::smart::scope::{Level, Permissions, ResourceScope};
use crate::store::tenant::{ResourceKind, ResourceName};
use crate::tenant::roles::Permission;
use crate::web::Href;
use crate::web::pages::console::{
    AppActions, AppDone, AppKind, AppLinks, AppRequest, AppRow, AppUsers, ConsoleApp, ConsoleAppSecret, ConsoleApps,
    SecondLook, Section,
};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;

/// Apps on one page.
const PAGE: u32 = 50;

/// Which apps.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    q: String,
    state: String,
    after: String,
    deleted: Option<String>,
    undo: String,
    of: String,
}

/// Path parameters.
#[derive(Deserialize)]
pub(super) struct AppPath {
    pub(super) client: String,
}

/// What was done before, as the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    done: String,
    undo: String,
}

/// What sort of app a client is.
pub(super) fn kind_of(client: &Client) -> AppKind {
    let has_users = client
        .grant_types
        .iter()
        .any(|grant| !matches!(grant, GrantType::ClientCredentials | GrantType::TokenExchange));
    if client.scope.split(' ').any(|scope| scope == "__launch") {
        AppKind::Ehr
    } else if !has_users {
        AppKind::Backend
    } else if client.token_endpoint_auth_method == TokenEndpointAuthMethod::None {
        AppKind::Browser
    } else {
        AppKind::Web
    }
}

fn status(name: &str) -> Option<ClientStatus> {
    [
        ClientStatus::AwaitingApproval,
        ClientStatus::Enabled,
        ClientStatus::Disabled,
    ]
    .into_iter()
    .find(|status| status.as_str() == name)
}

/// `GET apps`: the list.
pub(super) async fn list(visit: Visit, which: Result<Query<Which>, QueryRejection>) -> Response {
    let which = which.map(|Query(which)| which).unwrap_or_default();
    visit.answer(show_list(&visit, &which).await)
}

async fn show_list(visit: &Visit, which: &Which) -> Result<Response, ConsoleFault> {
    let search = which.q.trim();
    let state = status(&which.state);
    let wanted = Some(search).filter(|search| !search.is_empty());
    let mut found = visit
        .admin
        .search_clients(wanted, state, &which.after, PAGE + 1)
        .await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let address = |state: Option<ClientStatus>, after: Option<&str>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !search.is_empty() {
            query.append_pair("q", search);
        }
        if let Some(state) = state {
            query.append_pair("state", state.as_str());
        }
        if let Some(after) = after {
            query.append_pair("after", after);
        }
        let query = query.finish();
        let separator = if query.is_empty() { "" } else { "?" };
        Href::local(&format!("{}{separator}{query}", visit.path("apps")))
    };
    let last = found.last().filter(|_| more).map(|client| client.client_id.to_string());
    let page = ConsoleApps {
        frame: visit.frame(Section::Apps),
        action: visit.href("apps"),
        search: search.to_owned(),
        state,
        states: [
            None,
            Some(ClientStatus::AwaitingApproval),
            Some(ClientStatus::Enabled),
            Some(ClientStatus::Disabled),
        ]
        .map(|state| (state, address(state, None)))
        .to_vec(),
        rows: found.iter().map(|client| row(visit, client)).collect(),
        next: last.map(|last| address(state, Some(&last))),
        directory: Some(visit.href("app-directory")),
        register: visit.may(Permission::ManageApps).then(|| visit.href("apps/new")),
        deleted: which.deleted.is_some(),
        undo: match which.of.as_str() {
            "" => None,
            id => visit.undo_offer(&place(id), &which.undo, &resource(id)).await?,
        },
    };
    Ok(visit.page(&page))
}

fn row(visit: &Visit, client: &Client) -> AppRow {
    AppRow {
        name: client.client_name.clone(),
        client_id: client.client_id.to_string(),
        kind: kind_of(client),
        status: client.status,
        href: visit.href(&place(client.client_id.as_str())),
    }
}

/// The page of one app.
pub(super) fn place(client_id: &str) -> String {
    let escaped: String = url::form_urlencoded::byte_serialize(client_id.as_bytes()).collect();
    format!("apps/{}", escaped.replace('+', "%20"))
}

/// An app in the history of the configuration.
pub(super) fn resource(client_id: &str) -> ResourceName {
    ResourceName::of(ResourceKind::App, client_id)
}

/// `GET apps/{client}`: one app.
pub(super) async fn get(
    visit: Visit,
    Path(path): Path<AppPath>,
    after: Result<Query<After>, QueryRejection>,
) -> Response {
    let after = after.map(|Query(after)| after).unwrap_or_default();
    let shown = async {
        let client = visit.admin.get_client(&path.client).await?;
        Box::pin(show(&visit, &client, &after, false)).await
    };
    visit.answer(shown.await)
}

async fn show(visit: &Visit, client: &Client, after: &After, not_confirmed: bool) -> Result<Response, ConsoleFault> {
    let id = client.client_id.as_str();
    let at = |step: &str| visit.href(&format!("{}/{step}", place(id)));
    let may = visit.may(Permission::ManageApps);
    let status_purpose = status_purpose(client)?;
    let actions = may.then(|| AppActions {
        status_csrf: visit.csrf(&status_purpose),
        status: at("status"),
        secret_csrf: client
            .token_endpoint_auth_method
            .uses_secret()
            .then(|| visit.csrf(&secret_purpose(client))),
        secret: at("secret"),
        delete_csrf: visit.csrf(&format!("app delete {id}")),
        delete: at("delete"),
        not_confirmed,
    });
    let has_keys = client.jwks.is_some() || client.jwks_uri.is_some();
    let launched = visit.may(Permission::ManageLaunches) && client.is_usable(visit.cx.now());
    let page = ConsoleApp {
        frame: visit.frame(Section::Apps),
        back: visit.href("apps"),
        name: client.client_name.clone(),
        client_id: id.to_owned(),
        kind: kind_of(client),
        status: client.status,
        publisher: client.publisher.clone(),
        client_uri: client.client_uri.as_deref().and_then(Href::external),
        contacts: client.contacts.clone(),
        authentication: client.token_endpoint_auth_method.as_str(),
        redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
        launch_uris: client.launch_uris.clone(),
        scopes: client.scope.split_ascii_whitespace().map(str::to_owned).collect(),
        jwks_uri: client.jwks_uri.clone(),
        of_directory: client.directory_version.is_some(),
        users: AppUsers {
            roles: client.user_roles.clone(),
            identity_providers: client.identity_providers.clone(),
            consent: client.ask_consent,
            ends: client.client_expires_at.map(Timestamp::from_seconds),
        },
        secrets: client
            .secrets
            .iter()
            .filter(|secret| secret.expires_at.is_none_or(|end| visit.cx.now() < end))
            .map(|secret| (secret.created_at, secret.expires_at))
            .collect(),
        links: AppLinks {
            edit: may.then(|| at("edit")),
            keys: (may && has_keys).then(|| at("keys")),
            launch: (launched && !client.redirect_uris.is_empty())
                .then(|| Href::local(&format!("{}?app={}", visit.path("launch"), escaped(id)))),
            history: visit
                .may(Permission::ReadSettings)
                .then(|| Href::local(&format!("{}?kind=app&name={}", visit.path("changes"), escaped(id)))),
        },
        request: match client.status {
            ClientStatus::AwaitingApproval => Some(request_of(visit, client).await?),
            _ => None,
        },
        actions,
        done: AppDone::parse(&after.done),
        undo: visit.undo_offer(&place(id), &after.undo, &resource(id)).await?,
    };
    Ok(visit.page(&page))
}

/// What an app that waits asks for: what is new since it was approved last, and what deserves a second look.
async fn request_of(visit: &Visit, client: &Client) -> Result<AppRequest, ConsoleFault> {
    let scopes: Vec<(String, Option<Scope>)> = client
        .scope
        .split_ascii_whitespace()
        .map(|text| (text.to_owned(), Scope::parse(text).ok()))
        .collect();
    let with = |wanted: &dyn Fn(&Scope) -> bool| -> Vec<String> {
        let fits = scopes.iter().filter(|(_, scope)| scope.as_ref().is_some_and(wanted));
        fits.map(|(text, _)| text.clone()).collect()
    };
    let data = |scope: &Scope, wanted: &dyn Fn(&ResourceScope) -> bool| scope.as_resource().is_some_and(wanted);
    let attention = vec![
        (
            SecondLook::Changes,
            with(&|scope| data(scope, &|data| !(data.permissions() & Permissions::WRITE).is_empty())),
        ),
        (
            SecondLook::EveryPatient,
            with(&|scope| data(scope, &|data| data.level() != Level::Patient)),
        ),
        (SecondLook::Away, with(&|scope| *scope == Scope::OfflineAccess)),
        (SecondLook::Powers, with(&Scope::is_service_power)),
    ];
    let since = visit.admin.changes_since_approval(client).await?;
    Ok(AppRequest {
        members: match since {
            SinceApproval::Never => None,
            SinceApproval::Changed(members) => Some(member_rows(&members)),
        },
        attention: attention.into_iter().filter(|(_, scopes)| !scopes.is_empty()).collect(),
    })
}

/// A name as it stands in a query.
pub(super) fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A form for a new secret is good for one: sending it again, as reloading the answer does, makes no further one.
fn secret_purpose(client: &Client) -> String {
    let last = client.secrets.iter().map(|secret| secret.hash.to_base64url());
    format!("app secret {} {}", client.client_id, last.collect::<Vec<_>>().join(" "))
}

/// A form that approves an app is good for the registration that was looked at: until then the app can change what it asks for.
fn status_purpose(client: &Client) -> Result<String, ControlError> {
    let seen = match client.status {
        ClientStatus::AwaitingApproval => version_of(client)?,
        ClientStatus::Enabled | ClientStatus::Disabled => String::new(),
    };
    Ok(format!("app status {} {seen}", client.client_id))
}

/// `POST apps/{client}/status`: approved, switched on or off.
pub(super) async fn post_status(visit: Visit, Path(path): Path<AppPath>, PageForm(form): PageForm) -> Response {
    let done = async {
        let client = visit.admin.get_client(&path.client).await?;
        visit.check_csrf(&status_purpose(&client)?, &form)?;
        let seen = match client.status {
            ClientStatus::AwaitingApproval => Precondition::Version(vec![version_of(&client)?]),
            ClientStatus::Enabled | ClientStatus::Disabled => Precondition::None,
        };
        let status = if field(&form, "status") == ClientStatus::Enabled.as_str() {
            ClientStatus::Enabled
        } else {
            ClientStatus::Disabled
        };
        visit.admin.set_client_status_if(&path.client, status, &seen).await?;
        let done = match status {
            ClientStatus::Enabled => AppDone::Enabled,
            _ => AppDone::Disabled,
        };
        let place = place(&path.client);
        Ok(visit
            .after_change(&place, done.as_str(), &resource(&path.client))
            .await?)
    };
    visit.answer(Box::pin(done).await)
}

/// Back to the app, with what was done.
pub(super) fn after(visit: &Visit, client_id: &str, done: AppDone) -> Response {
    see_other(&format!("{}?done={}", visit.path(&place(client_id)), done.as_str()))
}

/// `POST apps/{client}/secret`: a new secret.
pub(super) async fn post_secret(visit: Visit, Path(path): Path<AppPath>, PageForm(form): PageForm) -> Response {
    let done = async {
        let client = visit.admin.get_client(&path.client).await?;
        visit.check_csrf(&secret_purpose(&client), &form)?;
        visit.require_recent(&place(&path.client))?;
        let overlap = Duration::from_secs(field(&form, "overlap").parse().unwrap_or(0));
        let made = visit.admin.rotate_client_secret(&path.client, overlap).await?;
        let Some(secret) = made.secret else {
            return Ok(after(&visit, &path.client, AppDone::Registered));
        };
        Ok(show_secret(&visit, &made.client, secret))
    };
    visit.answer(done.await)
}

/// The page with a new secret.
pub(super) fn show_secret(visit: &Visit, client: &Client, secret: crate::kernel::Secret<String>) -> Response {
    visit.page(&ConsoleAppSecret {
        frame: visit.frame(Section::Apps),
        name: client.client_name.clone(),
        client_id: client.client_id.to_string(),
        secret,
        next: visit.href(&place(client.client_id.as_str())),
    })
}

/// `POST apps/{client}/delete`.
pub(super) async fn post_delete(visit: Visit, Path(path): Path<AppPath>, PageForm(form): PageForm) -> Response {
    let done = async {
        visit.check_csrf(&format!("app delete {}", path.client), &form)?;
        visit.require_recent(&place(&path.client))?;
        if field(&form, "confirm").trim() != path.client {
            let client = visit.admin.get_client(&path.client).await?;
            return Box::pin(show(&visit, &client, &After::default(), true)).await;
        }
        visit.admin.delete_client(&path.client).await?;
        let made = visit.admin.own_last_change(&resource(&path.client)).await?;
        let undo = made
            .map(|id| format!("&undo={id}&of={}", escaped(&path.client)))
            .unwrap_or_default();
        Ok(see_other(&format!("{}?deleted{undo}", visit.path("apps"))))
    };
    visit.answer(Box::pin(done).await)
}
