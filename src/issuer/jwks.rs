//! The tenant's public keys (RFC 7517 section 5).

use super::{Refusal, cors};
use crate::oauth::OAuthError;
use crate::patient_directory::backend_jwks;
use crate::tenant::TenantCx;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// How long a verifier may keep the keys, used stale included; a successor signs only when it was published that long.
const CACHE: &str = "public, max-age=3600, stale-while-revalidate=600";

/// `GET I/jwks`. Answers 304 to the entity tag it gave before (RFC 9110 section 13.1.2).
pub(super) async fn get(cx: TenantCx, headers: HeaderMap) -> Response {
    let etag = cx.keys().etag();
    let unchanged = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|tag| tag.as_bytes() == etag.as_bytes());
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        (
            [(header::CONTENT_TYPE, "application/json")],
            cx.keys().jwks().to_string(),
        )
            .into_response()
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    if let Ok(etag) = HeaderValue::from_str(etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    cors::open(response)
}

/// `GET I/backend-jwks`: the keys with which this tenant authenticates at its FHIR server, for that server's administrators.
/// Kept for a short time, since a key is made when the tenant first needs one.
pub(super) async fn backend(cx: TenantCx) -> Response {
    match backend_jwks(&cx).await {
        Ok(keys) => {
            let cache = [(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"))];
            cors::open((cache, Json(keys)).into_response())
        }
        Err(error) => {
            tracing::error!(%error, "the backend keys cannot be read");
            Refusal::from(OAuthError::server_error("backend_keys")).into_response()
        }
    }
}
