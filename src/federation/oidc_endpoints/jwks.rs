//! `GET I/federation/{provider}/jwks`: the keys with which we authenticate at an OpenID Connect provider, for the provider.

use super::{find, oidc_of};
use crate::federation::Federation;
use crate::federation::callback::CallbackPath;
use crate::federation::oidc::{ClientAuthentication, ClientKey};
use crate::oauth::jose::JwkSet;
use crate::store::StoreError;
use crate::tenant::TenantCx;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<CallbackPath>,
) -> Response {
    match keys(&cx, &federation, &path.provider).await {
        Ok(Some(keys)) => ([(header::CACHE_CONTROL, "public, max-age=600")], Json(keys)).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "storage failed");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// None where we hold no key: the provider knows us by a secret.
async fn keys(cx: &TenantCx, federation: &Federation, alias: &str) -> Result<Option<JwkSet>, StoreError> {
    let Some(provider) = find(cx, federation, alias).await? else {
        return Ok(None);
    };
    let Some(oidc) = oidc_of(&provider) else {
        return Ok(None);
    };
    if oidc.config.authentication != ClientAuthentication::PrivateKeyJwt {
        return Ok(None);
    }
    let stored = cx.read().await?.list_federation_keys(provider.id).await?;
    let keys = ClientKey::published(&stored, oidc.config.assertion_algorithm);
    Ok(Some(JwkSet { keys }))
}
