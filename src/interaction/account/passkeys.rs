//! `I/account/passkeys`: adding a passkey, and removing one.

use super::authenticator::{codes_page, first_codes};
use super::overview::after;
use super::second_factor::remember;
use super::{Owner, chrome, fresh_owner, outdated, page, path, to_overview};
use crate::federation::Federation;
use crate::federation::local::links::{announce_change, record};
use crate::federation::local::outbox;
use crate::federation::local::passkey::{self, PasskeyRefusal};
use crate::interaction::form::PageForm;
use crate::interaction::open::{field, storage_page};
use crate::kernel::Sha256Hash;
use crate::session::Session;
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::letters::SecurityChange;
use crate::web::pages::{AccountDone, PasskeyPage};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

async fn show(cx: &TenantCx, owner: &Owner, failed: bool) -> Response {
    match passkey::begin_registration(cx, &owner.account).await {
        Ok(dialogue) => {
            let add = PasskeyPage {
                chrome: chrome(cx, "passkeys"),
                csrf: owner.csrf("account"),
                action: Href::local(&path(cx, "passkeys")),
                ceremony: dialogue.ceremony.expose().clone(),
                options: dialogue.options,
                creates: true,
                failed,
                back: Href::local(&path(cx, "")),
            };
            page(cx, &add).into_response()
        }
        Err(PasskeyRefusal::Store(error)) => storage_page(cx, &error),
        Err(_) => to_overview(cx),
    }
}

/// `GET I/account/passkeys`: the dialogue.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    headers: HeaderMap,
) -> Response {
    match fresh_owner(&cx, &federation, &session, &headers).await {
        Ok(owner) => show(&cx, &owner, false).await,
        Err(elsewhere) => elsewhere,
    }
}

/// `POST I/account/passkeys`: the passkey that the browser made.
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
    let text = |name| field(&form, name).unwrap_or_default();
    let added = add(&cx, &owner, text("ceremony"), text("credential"), text("label")).await;
    outbox::deliver_soon(&cx, federation.mailer());
    match added {
        Ok((id, codes)) => {
            let done = AccountDone::PasskeyAdded;
            let response = if codes.is_empty() {
                after(&cx, done)
            } else {
                codes_page(&cx, codes, Some(done))
            };
            remember(&cx, &headers, &id, response)
        }
        Err(PasskeyRefusal::Store(error)) => storage_page(&cx, &error),
        Err(_) => show(&cx, &owner, true).await,
    }
}

async fn add(
    cx: &TenantCx,
    owner: &Owner,
    ceremony: &str,
    credential: &str,
    label: &str,
) -> Result<(String, Vec<String>), PasskeyRefusal> {
    let registered = passkey::check_registration(cx, ceremony, credential).await?;
    let mut tx = cx.begin().await?;
    let id = passkey::finish_registration(cx, &mut tx, owner.account.id, registered, label).await?;
    record(cx, &mut tx, "passkey.added", "success", Some(owner.account.id)).await?;
    announce_change(cx, &mut tx, &owner.account, SecurityChange::FactorAdded).await?;
    let codes = first_codes(cx, &mut tx, owner.account.id).await?;
    tx.commit().await?;
    Ok((id, codes))
}

/// `POST I/account/passkeys/remove`.
pub(super) async fn remove(
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
    let Some(hash) = Sha256Hash::from_base64url(field(&form, "passkey").unwrap_or_default()) else {
        return to_overview(&cx);
    };
    let removed = async {
        let mut tx = cx.begin().await?;
        let removed = tx.delete_passkey(owner.account.id, hash).await?;
        if removed {
            record(&cx, &mut tx, "passkey.removed", "success", Some(owner.account.id)).await?;
            announce_change(&cx, &mut tx, &owner.account, SecurityChange::FactorRemoved).await?;
        }
        tx.commit().await?;
        Ok::<_, StoreError>(removed)
    };
    match removed.await {
        Ok(true) => {
            outbox::deliver_soon(&cx, federation.mailer());
            after(&cx, AccountDone::PasskeyRemoved)
        }
        Ok(false) => to_overview(&cx),
        Err(error) => storage_page(&cx, &error),
    }
}
