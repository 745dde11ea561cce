//! Documents for everybody: readable from every origin, cacheable, with an entity tag (RFC 9110 section 13.1.2).

use super::cors;
use crate::kernel::Sha256Hash;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// For how long a document may be used without asking again.
pub(super) const FIVE_MINUTES: &str = "public, max-age=300";

/// `value` as JSON, whatever the `Accept` header says (SMART App Launch 2.2, "Using .well-known").
pub(super) fn json(request: &HeaderMap, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => {
            let etag = format!("\"{}\"", Sha256Hash::of(&body).to_base64url());
            with_tag(request, &etag, FIVE_MINUTES, "application/json", || Body::from(body))
        }
        Err(error) => {
            tracing::error!(%error, "a document could not be written");
            cors::open(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

/// The document, or 304 to who has it already.
pub(super) fn with_tag(
    request: &HeaderMap,
    etag: &str,
    caching: &str,
    content_type: &'static str,
    body: impl FnOnce() -> Body,
) -> Response {
    let mut response = if is_held(request, etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], body()).into_response()
    };
    let headers = response.headers_mut();
    if let Ok(caching) = HeaderValue::from_str(caching) {
        headers.insert(header::CACHE_CONTROL, caching);
    }
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    cors::open(response)
}

/// Whether `If-None-Match` names this entity tag, or any. Weak comparison (RFC 9110 section 8.8.3.2).
fn is_held(request: &HeaderMap, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    request
        .get_all(header::IF_NONE_MATCH)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|held| held.trim() == "*" || bare(held) == bare(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(value: &str) -> bool {
        let request = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap())]);
        is_held(&request, "W/\"seven\"")
    }

    #[test]
    fn entity_tags_are_compared_weakly_and_in_lists() {
        for same in ["\"seven\"", "W/\"seven\"", "\"six\", W/\"seven\"", "*"] {
            assert!(held(same), "{same}");
        }
        for other in ["\"six\"", "seven", ""] {
            assert!(!held(other), "{other}");
        }
    }
}
