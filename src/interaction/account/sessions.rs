//! `POST I/account/sessions`: ending every other session.

use super::overview::after;
use super::{Owner, outdated, to_overview};
use crate::federation::Federation;
use crate::interaction::form::PageForm;
use crate::interaction::open::storage_page;
use crate::session::backchannel_logout;
use crate::session::{self, Session};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::pages::AccountDone;
use axum::extract::State;
use axum::response::Response;

/// Ends them, and what was given in them and not for offline use.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    PageForm(form): PageForm,
) -> Response {
    let owner = match Owner::find(&cx, &session).await {
        Ok(Some(owner)) => owner,
        Ok(None) => return to_overview(&cx),
        Err(error) => return storage_page(&cx, &error),
    };
    if !owner.checks("account", &form) {
        return outdated(&cx);
    }
    let ended = async {
        let mut tx = cx.begin().await?;
        let except = Some(owner.key.hash());
        let ended = session::end_all(&cx, &mut tx, owner.account.id, except, "ended_elsewhere").await?;
        tx.commit().await?;
        Ok::<_, StoreError>(ended)
    };
    match ended.await {
        Ok(ended) => {
            if ended.has_notices {
                backchannel_logout::deliver_soon(&cx, federation.outbound());
            }
            after(&cx, AccountDone::SessionsEnded)
        }
        Err(error) => storage_page(&cx, &error),
    }
}
