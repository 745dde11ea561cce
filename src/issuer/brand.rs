//! The tenant's colours and logo, as files of its own origin. Checked values only: no tenant writes CSS or HTML.

use crate::tenant::TenantCx;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// `GET I/brand/{version}/style.css`. The version is in the address, so an old page never gets a new look half-way.
pub(super) async fn stylesheet(cx: TenantCx) -> Response {
    cx.tenant().branding.stylesheet_response()
}

/// `GET I/brand/{version}/logo`.
pub(super) async fn logo(cx: TenantCx) -> Response {
    cx.tenant()
        .branding
        .logo_response()
        .unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}
