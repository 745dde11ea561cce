//! Revocation (RFC 7009).

use super::access_token;
use super::client_auth::{self, AuthenticatedClient};
use super::client_keys::ClientKeys;
use super::cors;
use super::form::Form;
use super::reply::{Refusal, do_not_store};
use crate::kernel::credential::{Kind, recognise};
use crate::kernel::id::GrantId;
use crate::oauth::{OAuthError, Parameters};
use crate::store::tenant::AuditEvent;
use crate::tenant::TenantCx;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// What a presented text turned out to be.
enum Found {
    RefreshToken {
        grant: GrantId,
        client_id: String,
    },
    AccessToken {
        jti: String,
        ends_at: crate::kernel::Timestamp,
        client_id: String,
    },
    Nothing,
}

/// `POST I/revoke`.
pub(super) async fn post(
    cx: TenantCx,
    State(keys): State<ClientKeys>,
    headers: HeaderMap,
    form: Result<Form, Refusal>,
) -> Response {
    let (client, outcome) = match form {
        Ok(Form(form)) => match client_auth::authenticate(&cx, &keys, &headers, &form).await {
            Ok(client) => {
                let outcome = revoke(&cx, &client, &form).await;
                (Some(client), outcome)
            }
            Err(refusal) => (None, Err(refusal)),
        },
        Err(refusal) => (None, Err(refusal)),
    };
    let response = match outcome {
        Ok(()) => do_not_store(StatusCode::OK.into_response()),
        Err(refusal) => refusal.into_response(),
    };
    cors::answer(&cx, &headers, client.as_deref(), response).await
}

/// RFC 7009 section 2.2: unknown and already invalid tokens are answered like revoked ones. `token_type_hint` is only a
/// hint, and a token says by its form what it is, so it is not needed.
async fn revoke(cx: &TenantCx, client: &AuthenticatedClient, form: &Parameters) -> Result<(), Refusal> {
    let found = find(cx, form.required("token")?).await?;
    let owner = match &found {
        Found::RefreshToken { client_id, .. } | Found::AccessToken { client_id, .. } => client_id,
        Found::Nothing => return Ok(()),
    };
    if owner != client.client_id.as_str() {
        // RFC 7009 section 2.1. A public client proved nothing, so it is told nothing either.
        return if client.is_public() {
            Ok(())
        } else {
            Err(
                OAuthError::unauthorized_client("token_of_another_client", "The token was issued to another client.")
                    .into(),
            )
        };
    }
    let mut tx = cx.begin().await?;
    let mut event = AuditEvent {
        event: "token.revoked",
        outcome: "success",
        client_id: Some(client.client_id.as_str()),
        ..AuditEvent::default()
    };
    match &found {
        Found::RefreshToken { grant, .. } => {
            // RFC 7009 section 2.1: the access tokens of the same grant fall with it.
            tx.revoke_grant(*grant, "revoked_by_client", cx.now()).await?;
            event.grant = Some(*grant);
            event.detail = Some("refresh_token");
        }
        Found::AccessToken { jti, ends_at, .. } => {
            tx.revoke_access_token(jti, *ends_at).await?;
            event.detail = Some("access_token");
        }
        Found::Nothing => {}
    }
    tx.record(&event, cx.now(), cx.entropy()).await?;
    tx.commit().await?;
    Ok(())
}

async fn find(cx: &TenantCx, presented: &str) -> Result<Found, Refusal> {
    if let Some(token) = recognise(Kind::RefreshToken, presented) {
        let row = cx.read().await?.find_refresh_token(token, cx.now()).await?;
        return Ok(row.map_or(Found::Nothing, |row| Found::RefreshToken {
            grant: row.grant,
            client_id: row.client_id,
        }));
    }
    match access_token::verify(cx, presented).await {
        Ok(token) => Ok(Found::AccessToken {
            ends_at: access_token::ends_at(&token.claims),
            client_id: token.claims.client_id.as_str().to_owned(),
            jti: token.claims.jti,
        }),
        Err(access_token::BearerRefusal::Store(error)) => Err(error.into()),
        Err(_) => Ok(Found::Nothing),
    }
}
