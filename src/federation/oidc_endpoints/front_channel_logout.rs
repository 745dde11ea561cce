//! `GET I/federation/{provider}/frontchannel-logout`: a provider's logout page loads this in a frame (OpenID Connect Front-Channel
//! Logout 1.0 section 2).
//!
//! Browsers send no cookie of ours into another site's frame, so the session is found by the name that the provider gave it: `iss` and
//! `sid` are required here, and the provider has to be told so (`frontchannel_logout_session_required`).

use super::{find, oidc_of};
use crate::federation::callback::CallbackPath;
use crate::federation::{Federation, IdentityProvider};
use crate::session::{self, backchannel_logout};
use crate::store::StoreError;
use crate::store::tenant::UpstreamSessions;
use crate::tenant::TenantCx;
use crate::web::{CspSource, PagePolicy};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Longest `sid`, in bytes.
const LONGEST_SESSION: usize = 255;

pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<CallbackPath>,
    RawQuery(query): RawQuery,
) -> Response {
    let provider = match find(&cx, &federation, &path.provider).await {
        Ok(Some(provider)) => provider,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed(&error),
    };
    let Some(issuer) = oidc_of(&provider).map(|oidc| oidc.config.issuer.as_str()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let status = match session_named(query.as_deref().unwrap_or_default(), issuer) {
        Some(session) => match end(&cx, &federation, &provider, &session).await {
            Ok(()) => StatusCode::OK,
            Err(error) => return failed(&error),
        },
        None => StatusCode::BAD_REQUEST,
    };
    // Nothing to see: the frame is invisible.
    let mut response = status.into_response();
    let policy = PagePolicy {
        frame_ancestors: CspSource::covering(issuer).into_iter().collect(),
        ..PagePolicy::closed(cx.urls().base().is_https())
    };
    policy.apply(response.headers_mut());
    response
}

fn failed(error: &StoreError) -> Response {
    tracing::error!(%error, "storage failed");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// `sid`, when the query has it once, and `iss` once and right (section 3: both or neither).
fn session_named(query: &str, issuer: &str) -> Option<String> {
    let one = |wanted: &str| {
        let mut found = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == wanted);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    };
    let session = one("sid").filter(|session| (1..=LONGEST_SESSION).contains(&session.len()))?;
    (one("iss")? == issuer).then(|| session.into_owned())
}

async fn end(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    session: &str,
) -> Result<(), StoreError> {
    let mut tx = cx.begin().await?;
    let which = UpstreamSessions::Named(session);
    let ended = session::end_from_upstream(cx, &mut tx, provider.id, &provider.alias, which).await?;
    tx.commit().await?;
    if ended.has_notices {
        backchannel_logout::deliver_soon(cx, federation.outbound());
    }
    Ok(())
}
