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

/// What a browser app may read beside the body. Browsers hide every other header from it.
const EXPOSED: &str = "ETag, Location, Content-Location, WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id";
/// What a browser app may send.
const REQUEST_HEADERS: &str = "authorization, content-type, accept, if-match, if-none-match, prefer, dpop";

/// Open to every origin, also when the request names none: caches keep one answer for all.
pub(super) fn open(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    response
}

/// As [`open`], for every answer of a route: refusals of unknown tenants included.
pub(super) async fn open_to_all(response: Response) -> Response {
    open(response)
}

/// Answers `OPTIONS` of a document that is open to every origin.
pub(super) async fn open_preflight(_cx: TenantCx) -> Response {
    open_preflight_of_all().await
}

/// As [`open_preflight`], for a document that is no tenant's.
pub(super) async fn open_preflight_of_all() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    allow(&mut response, HeaderValue::from_static("*"), "GET, HEAD");
    response
}

fn allow(response: &mut Response, origin: HeaderValue, methods: &'static str) {
    let answer = response.headers_mut();
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    answer.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(REQUEST_HEADERS),
    );
    answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
}

/// Answers `OPTIONS`. A preflight names no client, so any registered origin of the tenant passes; the request itself is
/// then measured against its own client.
pub(super) async fn preflight(cx: TenantCx, headers: HeaderMap) -> Result<Response, Refusal> {
    preflight_for(&cx, &headers, "GET, POST").await
}

/// The same for a registration, which is also replaced and deleted.
pub(super) async fn preflight_of_registration(cx: TenantCx, headers: HeaderMap) -> Result<Response, Refusal> {
    preflight_for(&cx, &headers, "GET, PUT, DELETE").await
}

async fn preflight_for(cx: &TenantCx, headers: &HeaderMap, methods: &'static str) -> Result<Response, Refusal> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = headers.get(header::ORIGIN)
        && is_registered(cx, origin).await?
    {
        allow(&mut response, origin.clone(), methods);
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
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    response
}
