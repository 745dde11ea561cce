//! `POST I/federation/{provider}/backchannel-logout`: a provider ends sessions (OpenID Connect Back-Channel Logout 1.0 section 2.5).

use super::{find, oidc_of};
use crate::federation::callback::{CallbackPath, record};
use crate::federation::oidc::{Check, LogoutToken, SignInFailure, UserOutcome};
use crate::federation::service::{replay_key, upstream_key};
use crate::federation::{Federation, IdentityProvider, SignInTrace};
use crate::oauth::{Parameters, limits};
use crate::session::{self, backchannel_logout};
use crate::store::StoreError;
use crate::store::tenant::UpstreamSessions;
use crate::tenant::TenantCx;
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why nothing was ended.
enum Refused {
    /// The logout token, or the form around it.
    Token(SignInFailure),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SignInFailure> for Refused {
    fn from(failure: SignInFailure) -> Self {
        Self::Token(failure)
    }
}

pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<CallbackPath>,
    body: Body,
) -> Response {
    let provider = match find(&cx, &federation, &path.provider).await {
        Ok(Some(provider)) => provider,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed(&error),
    };
    let failure = match receive(&cx, &federation, &provider, body).await {
        // Section 2.8: 200, also when no session was open any more.
        Ok(()) => return ([(header::CACHE_CONTROL, "no-store")], StatusCode::OK).into_response(),
        Err(Refused::Token(failure)) => failure,
        Err(Refused::Store(error)) => return failed(&error),
    };
    tracing::warn!(check = %failure.check, detail = %failure.detail, "a logout token was refused");
    let trace = SignInTrace::refused(failure.detail.clone());
    if let Err(error) = record(&cx, &provider, failure.check.as_str(), trace).await {
        return failed(&error);
    }
    let status = if failure.user == UserOutcome::TemporarilyUnavailable {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::BAD_REQUEST
    };
    let error = json!({ "error": "invalid_request", "error_description": failure.detail });
    (status, [(header::CACHE_CONTROL, "no-store")], Json(error)).into_response()
}

fn failed(error: &StoreError) -> Response {
    tracing::error!(%error, "storage failed");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

async fn receive(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    body: Body,
) -> Result<(), Refused> {
    let refuse = |detail: &'static str| Refused::Token(SignInFailure::new(Check::LogoutToken, detail));
    let oidc = oidc_of(provider).ok_or_else(|| refuse("not an OpenID Connect provider"))?;
    let body = to_bytes(body, limits::FORM_BODY)
        .await
        .map_err(|_| refuse("the form is too long"))?;
    let form = Parameters::parse_form(&body).map_err(|_| refuse("the body is not a form"))?;
    let token = form
        .one("logout_token")
        .ok()
        .flatten()
        .ok_or_else(|| refuse("the form has not exactly one logout_token"))?;
    let token = federation
        .relying_party()
        .read_logout_token(&upstream_key(cx, provider), &oidc.config, token, cx.now())
        .await?;
    end(cx, federation, provider, &token).await
}

/// Uses the token up and ends the sessions, in one transaction: of two nodes that get the same token one acts.
async fn end(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    token: &LogoutToken,
) -> Result<(), Refused> {
    let mut tx = cx.begin().await?;
    if !tx
        .remember_upstream_message(provider.id, replay_key("logout_token", &token.id), token.replay_until)
        .await?
    {
        return Err(SignInFailure::new(Check::LogoutToken, "the jti was used before").into());
    }
    let which = match (&token.subject, &token.session) {
        (Some(subject), session) => UpstreamSessions::Of {
            subject,
            named: session.as_slice(),
        },
        (None, Some(session)) => UpstreamSessions::Named(session),
        (None, None) => return Err(SignInFailure::new(Check::LogoutToken, "neither sub nor sid").into()),
    };
    let ended = session::end_from_upstream(cx, &mut tx, provider.id, &provider.alias, which).await?;
    tx.commit().await?;
    if ended.has_notices {
        backchannel_logout::deliver_soon(cx, federation.outbound());
    }
    Ok(())
}
