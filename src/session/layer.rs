//! The session of a request, bound to the tenant that its path names.

use super::store::TenantSessions;
use crate::tenant::TenantCx;
use crate::web::cookies::CookiePurpose;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::Cookie;
use tower::{Layer as _, ServiceExt as _};
use tower_sessions::{Expiry, SessionManagerLayer};

/// Middleware that gives handlers a [`super::Session`].
pub async fn sessions(cx: TenantCx, request: Request, next: Next) -> Response {
    let layer = SessionManagerLayer::new(TenantSessions(cx.clone()))
        .with_name(cx.cookies().name(CookiePurpose::Session))
        .with_path(cx.urls().path().to_owned())
        // The cookie ends with the browser; how long the session is honoured is decided by our own clock.
        .with_expiry(Expiry::OnSessionEnd);
    match layer.layer(next).oneshot(request).await {
        Ok(mut response) => {
            attribute(&cx, response.headers_mut());
            response.map(Body::new)
        }
        Err(never) => never.into_response(),
    }
}

/// Gives the session cookie its attributes, the one that ends it too: the library forgets `Secure` there, and browsers
/// then ignore an answer that sets a `__Secure-` name (RFC 6265bis section 4.1.3.1).
fn attribute(cx: &TenantCx, headers: &mut HeaderMap) {
    let name = cx.cookies().name(CookiePurpose::Session);
    let lines: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for line in lines {
        let cookie = line.to_str().ok().and_then(|text| Cookie::parse(text.to_owned()).ok());
        let rewritten = match cookie {
            Some(cookie) if cookie.name() == name => {
                HeaderValue::from_str(&cx.cookies().attributed(cookie).to_string()).unwrap_or(line)
            }
            _ => line,
        };
        headers.append(header::SET_COOKIE, rewritten);
    }
}
