//! A launch for one user, and another one at the browser: the page, and its two ways on.

use super::choose_provider;
use super::finish;
use super::form::PageForm;
use super::open::OpenInteraction;
use super::respond::sign_in_page;
use super::show::InteractionPath;
use super::sign_in::SignInFor;
use crate::federation::Federation;
use crate::oauth::OAuthError;
use crate::store::tenant::Account;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::pages::WrongUser;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

const CSRF_PURPOSE: &str = "decline";

/// The page.
pub(super) fn show(cx: &TenantCx, open: &OpenInteraction, account: &Account) -> Response {
    let profile = &account.profile;
    let page = WrongUser {
        chrome: cx.chrome(Some(open.app())),
        person: profile.name.clone().unwrap_or_else(|| profile.subject.clone()),
        sign_in: Href::local(&open.path(cx, "sign-in")),
        csrf: open.csrf(CSRF_PURPOSE),
        give_up: Href::local(&open.path(cx, "decline")),
    };
    sign_in_page(cx, &open.interaction.request.redirect_uri, &page).into_response()
}

/// `GET I/interact/{interaction}/sign-in`: somebody else signs in. The provider's own session must not decide who that is.
pub(super) async fn sign_in(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<InteractionPath>,
    headers: HeaderMap,
) -> Response {
    let open = match OpenInteraction::open(&cx, &path.interaction, &headers).await {
        Ok(open) => open,
        Err(closed) => return closed.into_response(),
    };
    let response = choose_provider::show(&cx, &federation, &SignInFor::App(&open), true, &headers).await;
    open.with_cookie(&cx, response)
}

/// `POST I/interact/{interaction}/decline`: back to the app, without access.
pub(super) async fn decline(
    cx: TenantCx,
    Path(path): Path<InteractionPath>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let open = match OpenInteraction::open(&cx, &path.interaction, &headers).await {
        Ok(open) => open,
        Err(closed) => return closed.into_response(),
    };
    if let Err(closed) = open.check_csrf(&cx, CSRF_PURPOSE, &form) {
        return closed.into_response();
    }
    let error = OAuthError::access_denied("launched_for_another", "The app was launched for another user.");
    finish::with_error(&cx, &open, &error, None).await
}
