//! `I/account/link/{token}`: the page behind an invitation or a reset link.

use super::password::{form as password_form, least, shown};
use super::{chrome, outdated, page, path};
use crate::federation::Federation;
use crate::federation::local::links::{self, ChooseRefusal};
use crate::federation::local::outbox;
use crate::interaction::apps::Visitor;
use crate::interaction::form::PageForm;
use crate::interaction::open::{field, storage_page};
use crate::kernel::Secret;
use crate::session::backchannel_logout;
use crate::store::StoreError;
use crate::store::tenant::Account;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::pages::{ChoosePassword, ForgotPassword, ForgotPasswordState, PasswordProblem, PasswordSaved};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// Path parameters.
#[derive(serde::Deserialize)]
pub(super) struct LinkPath {
    token: String,
}

/// Unknown, used, too old: one page.
fn gone(cx: &TenantCx, federation: &Federation) -> Response {
    let another = federation.mailer().is_on().then(|| Href::local(&path(cx, "forgot")));
    let gone = ForgotPassword {
        chrome: cx.chrome(None),
        state: ForgotPasswordState::LinkGone(another),
        back: Href::local(&path(cx, "")),
    };
    page(cx, &gone).into_response()
}

async fn show(
    cx: &TenantCx,
    federation: &Federation,
    visitor: &Visitor,
    token: &str,
    problem: Option<PasswordProblem>,
) -> Result<Response, StoreError> {
    let Some((account, _)) = links::open(cx, token).await? else {
        return Ok(gone(cx, federation));
    };
    let least = least(cx, &account).await?;
    let step = format!("link/{token}");
    let choose = ChoosePassword {
        chrome: chrome(cx, &step),
        problem,
        ..password_form(cx, &account, least, visitor.csrf("link"), &step)
    };
    Ok(page(cx, &choose).into_response())
}

/// It worked. Who administers something here is led there: an invitation of theirs was for that.
async fn saved(cx: &TenantCx, account: &Account) -> Result<Response, StoreError> {
    let roles = cx.read().await?.list_roles_of(&account.id.to_string()).await?;
    let saved = PasswordSaved {
        chrome: cx.chrome(None),
        username: account.profile.subject.clone(),
        console: (!roles.is_empty()).then(|| Href::local(&cx.urls().console_path())),
        account: Href::local(&path(cx, "")),
    };
    Ok(page(cx, &saved).into_response())
}

/// `GET I/account/link/{token}`. Looking uses nothing up: mail programs open links on their own.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(link): Path<LinkPath>,
    headers: HeaderMap,
) -> Response {
    let visitor = Visitor::of(&cx, &headers);
    let response = show(&cx, &federation, &visitor, &link.token, None)
        .await
        .unwrap_or_else(|error| storage_page(&cx, &error));
    cx.remember_language(visitor.with_cookie(&cx, response))
}

/// `POST I/account/link/{token}`: the password. The user signs in with it next.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(link): Path<LinkPath>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let visitor = Visitor::of(&cx, &headers);
    if !visitor.checks("link", &form) {
        return outdated(&cx);
    }
    let password = Secret::new(field(&form, "password").unwrap_or_default().to_owned());
    match links::choose(&cx, federation.passwords(), &link.token, &password).await {
        Ok((account, ended)) => {
            if ended.has_notices {
                backchannel_logout::deliver_soon(&cx, federation.outbound());
            }
            outbox::deliver_soon(&cx, federation.mailer());
            saved(&cx, &account)
                .await
                .unwrap_or_else(|error| storage_page(&cx, &error))
        }
        Err(ChooseRefusal::LinkGone) => gone(&cx, &federation),
        Err(ChooseRefusal::Store(error)) => storage_page(&cx, &error),
        Err(refusal) => show(&cx, &federation, &visitor, &link.token, shown(&refusal))
            .await
            .unwrap_or_else(|error| storage_page(&cx, &error)),
    }
}
