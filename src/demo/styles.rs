//! The EHR's own style document, for launches that bring one along (SMART App Launch 2.2, "smart_style_url").

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Dusk: dark violet, and words light enough on it.
pub(super) async fn dusk() -> Response {
    let style = json!({
        "color_background": "#241b2f",
        "color_text": "#f3edf9",
        "color_highlight": "#d5b3ff",
        "color_success": "#8fd6a8",
        "color_error": "#ffb4ab",
        "color_modal_backdrop": "#120d18",
        "dim_border_radius": "12px",
        "dim_font_size": "16px",
        "dim_spacing_size": "16px",
        "font_family_heading": "Georgia, serif",
        "font_family_body": "system-ui, sans-serif",
    });
    // Apps of every origin read it. The address names the version: what is there never changes.
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, Json(style)).into_response()
}
