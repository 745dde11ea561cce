//! `I/apps/withdraw/{client}`: the question, and the deed.

use super::list::look;
use super::{Owner, chrome, outdated, page, path, to_the_list};
use crate::interaction::form::PageForm;
use crate::interaction::open::storage_page;
use crate::interaction::respond::see_other;
use crate::session::Session;
use crate::store::StoreError;
use crate::store::tenant::AuditEvent;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::pages::WithdrawApp;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};

/// Path parameters.
#[derive(serde::Deserialize)]
pub(super) struct ClientPath {
    client: String,
}

/// A form's token is good for one app.
fn purpose(client_id: &str) -> String {
    format!("withdraw:{client_id}")
}

/// The question.
pub(super) async fn get(cx: TenantCx, session: Session, Path(at): Path<ClientPath>) -> Response {
    let response = ask(&cx, &session, &at.client)
        .await
        .unwrap_or_else(|error| storage_page(&cx, &error));
    cx.remember_language(response)
}

async fn ask(cx: &TenantCx, session: &Session, client_id: &str) -> Result<Response, StoreError> {
    let Some(owner) = Owner::find(cx, session).await? else {
        return Ok(to_the_list(cx));
    };
    let mut rows = cx.read().await?;
    let Some(app) = rows.find_connected_app(owner.account.id, client_id, cx.now()).await? else {
        return Ok(to_the_list(cx));
    };
    let step = format!("withdraw/{}", app.client.client_id);
    let question = WithdrawApp {
        chrome: chrome(cx, &step),
        csrf: owner.csrf(&purpose(app.client.client_id.as_str())),
        action: Href::local(&path(cx, &step)),
        app: look(&app.client),
        back: Href::local(&path(cx, "")),
    };
    Ok(page(cx, &question).into_response())
}

/// The deed.
pub(super) async fn post(
    cx: TenantCx,
    session: Session,
    Path(at): Path<ClientPath>,
    PageForm(form): PageForm,
) -> Response {
    let owner = match Owner::find(&cx, &session).await {
        Ok(Some(owner)) => owner,
        Ok(None) => return to_the_list(&cx),
        Err(error) => return storage_page(&cx, &error),
    };
    if !owner.checks(&purpose(&at.client), &form) {
        return outdated(&cx);
    }
    match withdraw(&cx, &owner, &at.client).await {
        // 303 and GET: reloading the list withdraws nothing again.
        Ok(()) => see_other(&format!("{}?withdrawn", path(&cx, ""))),
        Err(error) => storage_page(&cx, &error),
    }
}

/// One transaction: the app is forgotten, and every grant of this user to it revoked. Refresh, introspection and codes not yet
/// redeemed all ask the grant, so they are refused from the commit on.
async fn withdraw(cx: &TenantCx, owner: &Owner, client_id: &str) -> Result<(), StoreError> {
    let account = owner.account.id;
    let mut tx = cx.begin().await?;
    let remembered = tx.delete_consent(account, client_id).await?;
    let revoked = tx
        .revoke_grants_of_client(account, client_id, "withdrawn_by_user", cx.now())
        .await?;
    if remembered || revoked > 0 {
        let request_id = cx.request_id().to_string();
        let event = AuditEvent {
            event: "access.withdrawn",
            outcome: "success",
            client_id: Some(client_id),
            account: Some(account),
            request_id: Some(&request_id),
            ..AuditEvent::default()
        };
        tx.record(&event, cx.now(), cx.entropy()).await?;
    }
    tx.commit().await
}
