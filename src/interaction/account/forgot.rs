//! `I/account/forgot`: asking for a link. The answer never tells whether there is such an account.

use super::{chrome, outdated, page, path};
use crate::federation::local::{links, outbox};
use crate::federation::{Federation, ProviderKind};
use crate::interaction::apps::Visitor;
use crate::interaction::form::PageForm;
use crate::interaction::open::{field, storage_page};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::tenant::local_accounts::LONGEST_USERNAME;
use crate::web::Href;
use crate::web::pages::{ForgotPassword, ForgotPasswordState};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

fn answer(cx: &TenantCx, state: ForgotPasswordState) -> Response {
    let forgot = ForgotPassword {
        chrome: chrome(cx, "forgot"),
        state,
        back: Href::local(&path(cx, "")),
    };
    page(cx, &forgot).into_response()
}

/// `GET I/account/forgot`.
pub(super) async fn get(cx: TenantCx, State(federation): State<Federation>, headers: HeaderMap) -> Response {
    if !federation.mailer().is_on() {
        return answer(&cx, ForgotPasswordState::NoMail);
    }
    let visitor = Visitor::of(&cx, &headers);
    let form = ForgotPasswordState::Form(visitor.csrf("forgot"), Href::local(&path(&cx, "forgot")));
    visitor.with_cookie(&cx, answer(&cx, form))
}

/// `POST I/account/forgot`.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let visitor = Visitor::of(&cx, &headers);
    if !visitor.checks("forgot", &form) {
        return outdated(&cx);
    }
    if !federation.mailer().is_on() {
        return answer(&cx, ForgotPasswordState::NoMail);
    }
    let username = field(&form, "username").unwrap_or_default().trim();
    if username.is_empty() || username.len() > LONGEST_USERNAME {
        return answer(&cx, ForgotPasswordState::Sent);
    }
    match request(&cx, &federation, username).await {
        Ok(()) => {
            outbox::deliver_soon(&cx, federation.mailer());
            answer(&cx, ForgotPasswordState::Sent)
        }
        Err(error) => storage_page(&cx, &error),
    }
}

async fn request(cx: &TenantCx, federation: &Federation, username: &str) -> Result<(), StoreError> {
    let open = federation.local_accounts_are_open(cx).await?;
    for provider in federation.providers(cx).await?.iter() {
        if matches!(provider.kind, ProviderKind::Local) {
            links::request_reset(cx, provider.id, username, open).await?;
        }
    }
    Ok(())
}
