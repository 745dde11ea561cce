//! The tenant's public keys (RFC 7517 section 5).

use super::{Refusal, public_document};
use crate::oauth::OAuthError;
use crate::patient_directory::backend_jwks;
use crate::tenant::TenantCx;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// `GET I/jwks`. Answers 304 to the entity tag it gave before (RFC 9110 section 13.1.2).
pub(super) async fn get(cx: TenantCx, headers: HeaderMap) -> Response {
    let keys = cx.keys();
    let (kept, stale) = keys.cache_times(cx.now());
    let stale = stale.map_or_else(String::new, |stale| {
        format!(", stale-while-revalidate={}", stale.as_secs())
    });
    let cache = format!("public, max-age={}{stale}", kept.as_secs());
    public_document::with_tag(&headers, keys.etag(), &cache, "application/json", || {
        Body::from(keys.jwks().to_string())
    })
}

/// `GET I/backend-jwks`: the keys with which this tenant authenticates at its FHIR server, for that server's administrators.
/// Kept for a short time, since a key is made when the tenant first needs one.
pub(super) async fn backend(cx: TenantCx, headers: HeaderMap) -> Response {
    match backend_jwks(&cx).await {
        Ok(keys) => public_document::json(&headers, &keys),
        Err(error) => {
            tracing::error!(%error, "the backend keys cannot be read");
            Refusal::from(OAuthError::server_error("backend_keys")).into_response()
        }
    }
}
