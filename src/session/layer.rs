//! The session of a request, bound to the tenant that its path names.

use super::store::TenantSessions;
use crate::tenant::TenantCx;
use crate::web::cookies::CookiePurpose;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower::{Layer as _, ServiceExt as _};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

/// Middleware that gives handlers a [`super::Session`].
///
/// `SameSite=Lax`: a stricter cookie would be missing when the browser comes back from an upstream provider.
pub async fn sessions(cx: TenantCx, request: Request, next: Next) -> Response {
    let layer = SessionManagerLayer::new(TenantSessions(cx.clone()))
        .with_name(cx.cookies().name(CookiePurpose::Session))
        .with_path(cx.urls().path().to_owned())
        .with_secure(cx.urls().base().is_https())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        // The cookie ends with the browser; how long the session is honoured is decided by our own clock.
        .with_expiry(Expiry::OnSessionEnd);
    match layer.layer(next).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => never.into_response(),
    }
}
