//! `GET I/apps`: the list.

use super::{Owner, Visitor, chrome, page, path};
use crate::federation::Federation;
use crate::interaction::consent::words_of;
use crate::interaction::open::storage_page;
use crate::interaction::sign_in::SignInFor;
use crate::interaction::{choose_provider, consent};
use crate::oauth::Client;
use crate::session::Session;
use crate::smart::ScopeSet;
use crate::smart::words::describe;
use crate::store::StoreError;
use crate::store::tenant::ConnectedApp;
use crate::tenant::TenantCx;
use crate::web::pages::{ConnectedAccess, ConnectedAppItem, ConnectedApps, ConsentServer};
use crate::web::{AppLook, Href, Language};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// Apps on one page of the list.
const PAGE: u32 = 50;

/// Which page of the list.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Which {
    /// From 1.
    page: u32,
    /// Set by the redirect after a withdrawal.
    withdrawn: Option<String>,
}

/// The list, or signing in first.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    which: Result<Query<Which>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let which = which.map(|Query(which)| which).unwrap_or_default();
    let response = match Owner::find(&cx, &session).await {
        Ok(Some(owner)) => show(&cx, &owner, &which)
            .await
            .unwrap_or_else(|error| storage_page(&cx, &error)),
        Ok(None) => {
            let visitor = Visitor::of(&cx, &headers);
            let response =
                choose_provider::show(&cx, &federation, &SignInFor::OwnApps(&visitor), false, &headers).await;
            visitor.with_cookie(&cx, response)
        }
        Err(error) => storage_page(&cx, &error),
    };
    cx.remember_language(response)
}

async fn show(cx: &TenantCx, owner: &Owner, which: &Which) -> Result<Response, StoreError> {
    let number = which.page.clamp(1, 1000);
    // One more than is shown tells whether there is a next page.
    let mut found = cx
        .read()
        .await?
        .list_connected_apps(owner.account.id, cx.now(), PAGE + 1, (number - 1) * PAGE)
        .await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let link = |number: u32| Href::local(&format!("{}?page={number}", path(cx, "")));
    let list = ConnectedApps {
        chrome: chrome(cx, ""),
        person: owner.person(),
        since: owner.signed_in.started_at,
        withdrawn: which.withdrawn.is_some(),
        apps: found.iter().map(|app| item(cx, app)).collect(),
        previous: (number > 1).then(|| link(number - 1)),
        next: more.then(|| link(number + 1)),
        csrf: owner.csrf("sign-out"),
        sign_out: Href::local(&format!("{}/sign-out", cx.urls().path())),
    };
    Ok(page(cx, &list).into_response())
}

/// How an app is shown.
pub(super) fn look(client: &Client) -> AppLook {
    AppLook {
        name: client.client_name.clone(),
        publisher: client.publisher.clone(),
        verified: client.verified,
    }
}

fn item(cx: &TenantCx, app: &ConnectedApp) -> ConnectedAppItem {
    ConnectedAppItem {
        app: look(&app.client),
        access: access(&app.scope, cx.language()),
        servers: servers(app, cx.language()),
        first_allowed: app.first_allowed_at,
        last_used: app.last_used_at,
        offline: app.offline,
        withdraw: Href::local(&path(cx, &format!("withdraw/{}", app.client.client_id))),
    }
}

/// What of it at which server.
fn servers(app: &ConnectedApp, language: Language) -> Vec<ConsentServer> {
    let Ok(parsed) = ScopeSet::parse(&app.scope) else {
        return Vec::new();
    };
    let details = &app.authorization_details;
    consent::servers(details, &app.resources, &parsed.scopes, words_of(language))
}

/// The scope in words. What the app knows of the user and how long access lasts is said beside it.
fn access(scope: &str, language: Language) -> Vec<ConnectedAccess> {
    let Ok(parsed) = ScopeSet::parse(scope) else {
        return Vec::new();
    };
    describe(&parsed.scopes, words_of(language))
        .groups
        .into_iter()
        .map(|group| ConnectedAccess {
            heading: group.heading,
            items: group
                .items
                .into_iter()
                .map(|item| match item.restriction {
                    Some(restriction) => format!("{} ({restriction})", item.words),
                    None => item.words,
                })
                .collect(),
        })
        .collect()
}
