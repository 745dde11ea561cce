//! Ending the session of this browser at this tenant.

use super::{Owner, outdated};
use crate::federation::Federation;
use crate::interaction::form::PageForm;
use crate::interaction::leave::Leave;
use crate::interaction::open::storage_page;
use crate::interaction::respond::{internal_page, see_other};
use crate::session::{self, Session, backchannel_logout};
use crate::tenant::TenantCx;
use crate::web::pages::{SignedOut, SignedOutUpstream};
use axum::extract::State;
use axum::response::{IntoResponse, Response};

/// `POST I/sign-out`.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    PageForm(form): PageForm,
) -> Response {
    let done = format!("{}/signed-out", cx.urls().path());
    let owner = match Owner::find(&cx, &session).await {
        Ok(Some(owner)) => owner,
        Ok(None) => return see_other(&done),
        Err(error) => return storage_page(&cx, &error),
    };
    if !owner.checks("sign-out", &form) {
        return outdated(&cx);
    }
    let ended = match session::end(&cx, &session, "signed_out").await {
        Ok(ended) => ended,
        Err(error) => {
            tracing::error!(%error, "session");
            return internal_page(&cx, "session_not_ended");
        }
    };
    // Apps are told through this browser only by a page that loads their addresses; without any, a page that can be reloaded.
    if ended.front_channel.is_empty() && ended.upstream.is_none() {
        if ended.has_notices {
            backchannel_logout::deliver_soon(&cx, federation.outbound());
        }
        return see_other(&done);
    }
    let leave = Leave {
        ended: &ended,
        provider: Some(owner.signed_in.identity_provider),
        app: None,
        next: None,
        answers_form: true,
    };
    leave.go(&cx, &federation).await
}

/// `GET I/signed-out`: a page that can be reloaded.
pub(super) async fn get(cx: TenantCx) -> Response {
    let page = SignedOut {
        chrome: cx.chrome(None),
        upstream: SignedOutUpstream::Nothing,
        next: None,
        frames: Vec::new(),
    };
    super::page(&cx, &page).into_response()
}
