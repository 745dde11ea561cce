//! Who asks: the connection that a bearer token opens (RFC 7644 section 2).

use super::error::ScimError;
use crate::federation::{Federation, IdentityProvider};
use crate::issuer::presented_token;
use crate::kernel::Sha256Hash;
use crate::kernel::credential::{Kind, recognise};
use crate::quota::Budget;
use crate::store::StoreError;
use crate::store::TenantTx;
use crate::store::tenant::AuditEvent;
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::ClientAddress;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;
use std::time::Duration;

/// The last use of a token is written down no more often than this.
const NOTE_AFTER: Duration = Duration::from_mins(1);

/// A directory that may provision the accounts of one provider.
pub(super) struct Connection {
    /// The tenant.
    pub(super) cx: TenantCx,
    /// The provider whose accounts these are.
    pub(super) provider: Arc<IdentityProvider>,
    /// For news of ended sessions.
    pub(super) federation: Federation,
    /// Who acts, for the audit log.
    actor: String,
}

impl Connection {
    /// Records what the directory did.
    pub(super) async fn record(&self, tx: &mut TenantTx, event: AuditEvent<'_>) -> Result<(), StoreError> {
        let request_id = self.cx.request_id().to_string();
        let event = AuditEvent {
            outcome: "success",
            actor: Some(&self.actor),
            request_id: Some(&request_id),
            ..event
        };
        tx.record(&event, self.cx.now(), self.cx.entropy()).await
    }

    /// The address of a resource.
    pub(super) fn location(&self, endpoint: &str, id: &str) -> String {
        format!("{}/{endpoint}/{id}", super::base_url(&self.cx))
    }
}

async fn open(cx: TenantCx, federation: Federation, headers: &HeaderMap) -> Result<Connection, ScimError> {
    let address = cx.client_address().map(ClientAddress::subject);
    // The address first: a flood from one does not use up what the others share.
    address
        .map_or(Ok(()), |address| cx.spend(Budget::ScimPerAddress, &address))
        .and_then(|()| cx.spend(Budget::ScimPerTenant, &[]))
        .map_err(ScimError::too_many_requests)?;
    let presented = presented_token(headers).map_err(|_| ScimError::unauthorized())?;
    let token = presented.and_then(|(_, token)| recognise(Kind::ScimToken, token));
    let hash = token.ok_or_else(ScimError::unauthorized)?;
    let stored = cx.read().await?.find_scim_token(hash, cx.now()).await?;
    let stored = stored.ok_or_else(ScimError::unauthorized)?;
    let providers = federation.providers(&cx).await?;
    let provider = providers.iter().find(|provider| provider.id == stored.provider);
    let provider = provider.ok_or_else(ScimError::unauthorized)?.clone();
    let is_noted = stored.last_used_at.is_some_and(|at| cx.now().since(at) < NOTE_AFTER);
    if !is_noted {
        note_use(&cx, hash).await?;
    }
    Ok(Connection {
        actor: format!("scim:{}", provider.alias),
        cx,
        provider,
        federation,
    })
}

async fn note_use(cx: &TenantCx, token: Sha256Hash) -> Result<(), StoreError> {
    let mut tx = cx.begin().await?;
    tx.note_scim_token_use(token, cx.now()).await?;
    tx.commit().await
}

impl<S> FromRequestParts<S> for Connection
where
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let cx = TenantCx::from_request_parts(parts, state).await;
        let cx = cx.map_err(axum::response::IntoResponse::into_response)?;
        open(cx, Federation::from_ref(state), &parts.headers)
            .await
            .map_err(ScimError::into_response)
    }
}
