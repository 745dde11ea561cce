//! `I/account/recovery-codes`: new ones, shown once.

use super::authenticator::{codes_page, new_codes};
use super::{chrome, fresh_owner, outdated, page, path};
use crate::federation::Federation;
use crate::federation::local::links::announce_change;
use crate::federation::local::outbox;
use crate::interaction::form::PageForm;
use crate::interaction::open::storage_page;
use crate::session::Session;
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::letters::SecurityChange;
use crate::web::pages::{RecoveryCodes, RecoveryCodesState};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// `GET I/account/recovery-codes`: the question.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    headers: HeaderMap,
) -> Response {
    let owner = match fresh_owner(&cx, &federation, &session, &headers).await {
        Ok(owner) => owner,
        Err(elsewhere) => return elsewhere,
    };
    let action = Href::local(&path(&cx, "recovery-codes"));
    let question = RecoveryCodes {
        chrome: chrome(&cx, "recovery-codes"),
        state: RecoveryCodesState::Question(owner.csrf("account"), action),
        next: Href::local(&path(&cx, "")),
    };
    page(&cx, &question).into_response()
}

/// `POST I/account/recovery-codes`: the codes.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let owner = match fresh_owner(&cx, &federation, &session, &headers).await {
        Ok(owner) => owner,
        Err(elsewhere) => return elsewhere,
    };
    if !owner.checks("account", &form) {
        return outdated(&cx);
    }
    let made = async {
        let mut tx = cx.begin().await?;
        let codes = new_codes(&cx, &mut tx, owner.account.id).await?;
        announce_change(&cx, &mut tx, &owner.account, SecurityChange::RecoveryCodesMade).await?;
        tx.commit().await?;
        Ok::<_, StoreError>(codes)
    };
    match made.await {
        Ok(codes) => {
            outbox::deliver_soon(&cx, federation.mailer());
            codes_page(&cx, codes, None)
        }
        Err(error) => storage_page(&cx, &error),
    }
}
