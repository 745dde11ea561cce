//! Ending the session of this browser at this tenant.

use super::{Owner, outdated};
use crate::federation::{Federation, ProviderKind};
use crate::interaction::backchannel_logout;
use crate::interaction::form::PageForm;
use crate::interaction::open::storage_page;
use crate::interaction::respond::{internal_page, see_other};
use crate::session::{self, Session};
use crate::tenant::TenantCx;
use crate::web::pages::SignedOut;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
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
    if ended.has_notices {
        backchannel_logout::deliver_soon(&cx, federation.outbound());
    }
    // The upstream provider may still know the person; the page says so by the provider's name.
    let upstream = federation.providers(&cx).await.ok().and_then(|providers| {
        let provider = providers
            .iter()
            .find(|provider| provider.id == owner.signed_in.identity_provider)?;
        (!matches!(provider.kind, ProviderKind::Local)).then(|| provider.alias.clone())
    });
    match upstream {
        Some(alias) => see_other(&format!("{done}?provider={alias}")),
        None => see_other(&done),
    }
}

/// Where somebody may still be signed in.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Still {
    provider: Option<String>,
}

/// `GET I/signed-out`: a page that can be reloaded.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    still: Result<Query<Still>, QueryRejection>,
) -> Response {
    let alias = still.ok().and_then(|Query(still)| still.provider).unwrap_or_default();
    let provider = federation.find_provider(&cx, &alias).await.ok().flatten();
    let page = SignedOut {
        chrome: cx.chrome(None),
        still_signed_in_at: provider.map(|provider| provider.display_name.clone()),
        next: None,
        frames: Vec::new(),
    };
    super::page(&cx, &page).into_response()
}
