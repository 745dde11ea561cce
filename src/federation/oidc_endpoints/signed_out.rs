//! `GET I/federation/{provider}/signed-out`: the browser comes back from logging out at an OpenID Connect provider
//! (OpenID Connect RP-Initiated Logout 1.0 section 3).

use super::find;
use crate::federation::Federation;
use crate::federation::callback::{CallbackPath, go_on, page};
use crate::federation::upstream_logout::Leaving;
use crate::kernel::credential::{Kind, recognise};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::pages::Problem;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<CallbackPath>,
    RawQuery(query): RawQuery,
) -> Response {
    match onward(&cx, &federation, &path.provider, query.as_deref().unwrap_or_default()).await {
        Ok(Some(return_to)) => go_on(&return_to),
        // Unknown, used, too late, or a provider that does not bring `state` back: the session here is over all the same.
        Ok(None) => go_on(&format!("{}/signed-out", cx.urls().path())),
        Err(error) => {
            tracing::error!(%error, "storage failed");
            page(&cx, Problem::Internal, None)
        }
    }
}

/// Where the browser goes on, once.
async fn onward(
    cx: &TenantCx,
    federation: &Federation,
    alias: &str,
    query: &str,
) -> Result<Option<String>, StoreError> {
    let state = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "state")
        .and_then(|(_, state)| recognise(Kind::UpstreamState, &state));
    let (Some(state), Some(provider)) = (state, find(cx, federation, alias).await?) else {
        return Ok(None);
    };
    let mut tx = cx.begin().await?;
    let Some(stored) = tx.take_upstream_sign_in(state, provider.id, state, cx.now()).await? else {
        return Ok(None);
    };
    tx.commit().await?;
    serde_json::from_slice::<Leaving>(stored.pending.expose())
        .map(|leaving| Some(leaving.return_to))
        .map_err(|_| StoreError::corrupt("upstream_sign_ins", "sealed_pending", "not a logout"))
}
