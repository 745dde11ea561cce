//! Who may read answers in a browser (Fetch, "CORS protocol"; SMART App Launch 2.2, "Considerations for CORS support").
//!
//! Discovery and keys are open to all. Everything else is readable from the origins that the tenant's apps registered,
//! and without cookies. The authorization endpoint answers no cross-origin request at all (RFC 9700 section 2.6).

use super::reply::Refusal;
use crate::oauth::Client;
use crate::store::StoreError;
use crate::tenant::TenantCx;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Open to every origin.
pub(super) fn open(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// Answers `OPTIONS`. A preflight names no client, so any registered origin of the tenant passes; the request itself is
/// then measured against its own client.
pub(super) async fn preflight(cx: TenantCx, headers: HeaderMap) -> Result<Response, Refusal> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = headers.get(header::ORIGIN)
        && is_registered(&cx, origin).await?
    {
        let answer = response.headers_mut();
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST"),
        );
        answer.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type, accept, dpop"),
        );
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    Ok(response)
}

async fn is_registered(cx: &TenantCx, origin: &HeaderValue) -> Result<bool, StoreError> {
    match origin.to_str() {
        // An opaque origin is anybody's.
        Ok("null") | Err(_) => Ok(false),
        Ok(origin) => cx.read().await?.is_client_origin(origin).await,
    }
}

/// Makes `response`, success or error, readable for the origin that asked, if it is one of `client`, or, while the
/// client is not known, one of the tenant's.
pub(super) async fn answer(
    cx: &TenantCx,
    request: &HeaderMap,
    client: Option<&Client>,
    mut response: Response,
) -> Response {
    let Some(origin) = request.get(header::ORIGIN) else {
        return response;
    };
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("Origin"));
    let allowed = match (client, origin.to_str()) {
        (Some(client), Ok(text)) => client.allows_origin(text),
        // A failing look-up costs a browser app its error text, never more.
        (None, Ok(_)) => is_registered(cx, origin).await.unwrap_or(false),
        (_, Err(_)) => false,
    };
    if allowed {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("WWW-Authenticate, DPoP-Nonce"),
        );
    }
    response
}
