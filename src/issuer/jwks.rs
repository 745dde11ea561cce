//! The tenant's public keys (RFC 7517 section 5).

use super::{Refusal, public_document};
use crate::oauth::OAuthError;
use crate::patient_directory::backend_jwks;
use crate::tenant::TenantCx;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// How long a verifier may keep the keys, used stale included; a successor signs only when it was published that long.
const CACHE: &str = "public, max-age=3600, stale-while-revalidate=600";

/// `GET I/jwks`. Answers 304 to the entity tag it gave before (RFC 9110 section 13.1.2).
pub(super) async fn get(cx: TenantCx, headers: HeaderMap) -> Response {
    let keys = cx.keys();
    public_document::with_tag(&headers, keys.etag(), CACHE, "application/json", || {
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
