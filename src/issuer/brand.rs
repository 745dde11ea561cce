//! The tenant's colours and logo, as files of its own origin. Checked values only: no tenant writes CSS or HTML.

use crate::tenant::TenantCx;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// `GET I/brand/{version}/style.css`. The version is in the address, so an old page never gets a new look half-way.
pub(super) async fn stylesheet(cx: TenantCx) -> Response {
    cx.tenant().branding.stylesheet_response()
}

/// `GET I/style/{version}/smart-style.json`, readable from every origin. An address of the past leads to the document of
/// today: it must not answer with other content than it had (SMART App Launch 2.2, `smart_style_url`).
pub(super) async fn style(cx: TenantCx, Path(path): Path<StylePath>) -> Response {
    let branding = &cx.tenant().branding;
    if path.version == branding.style_version() {
        branding.style_response()
    } else {
        let moved = (StatusCode::SEE_OTHER, [(header::LOCATION, cx.style_url())]);
        let mut response = moved.into_response();
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// The version in the address of a style document.
#[derive(Deserialize)]
pub(super) struct StylePath {
    version: String,
}

/// `GET I/brand/{version}/logo`.
pub(super) async fn logo(cx: TenantCx) -> Response {
    cx.tenant()
        .branding
        .logo_response()
        .unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}
