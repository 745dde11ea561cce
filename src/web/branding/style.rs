//! The brand as a style document for embedded apps (SMART App Launch 2.2, `smart_style_url`).

use super::{Branding, CONTROL_CONTRAST, Colour, LIGHT};
use crate::kernel::Sha256Hash;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The members of a style document. Every one is a text that CSS understands.
#[derive(Serialize)]
struct StyleDocument {
    color_background: String,
    color_error: &'static str,
    color_highlight: String,
    color_modal_backdrop: &'static str,
    color_success: &'static str,
    color_text: String,
    dim_border_radius: &'static str,
    dim_font_size: &'static str,
    dim_spacing_size: &'static str,
    font_family_body: &'static str,
    font_family_heading: &'static str,
}

const FONTS: &str = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
/// As in `static/wardkey.css`; both can be read on every page that a tint may give.
const ERROR: &str = "#a3231b";
const SUCCESS: &str = "#1b6336";

impl Branding {
    /// The style document of this brand, on light pages: an app is told one look, not two.
    pub fn style_document(&self) -> String {
        let document = StyleDocument {
            color_background: self.page_light.to_string(),
            color_error: ERROR,
            color_highlight: highlight(self.brand_light, self.page_light).to_string(),
            color_modal_backdrop: "rgba(26, 33, 39, 0.6)",
            color_success: SUCCESS,
            color_text: LIGHT.ink.to_string(),
            dim_border_radius: "8px",
            dim_font_size: "16px",
            dim_spacing_size: "16px",
            font_family_body: FONTS,
            font_family_heading: FONTS,
        };
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// The version in the document's address: changed content has another one (SMART App Launch 2.2, `smart_style_url`).
    pub fn style_version(&self) -> String {
        let hash = Sha256Hash::of(self.style_document().as_bytes()).to_base64url();
        hash.chars().take(16).collect()
    }

    /// The answer at the document's address, which never changes there.
    pub fn style_response(&self) -> Response {
        let mut response = Body::from(self.style_document()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        );
        response
    }
}

/// The brand's colour, as far as it stands out from the page.
fn highlight(brand: Colour, page: Colour) -> Colour {
    let (colour, _) = brand.darkened_until(|colour| colour.contrast(page) >= CONTROL_CONTRAST);
    colour
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn brand(primary: &str, tint: Option<&str>) -> Branding {
        let tint = tint.map(|tint| tint.parse().unwrap());
        Branding::new("North", primary.parse().unwrap(), tint, None).unwrap()
    }

    #[test]
    fn the_document_has_the_members_of_smart_each_a_text() {
        let document: Value = serde_json::from_str(&brand("#0b5fa5", None).style_document()).unwrap();
        let members = document.as_object().unwrap();
        assert!(members.values().all(Value::is_string));
        let names: Vec<_> = members.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "color_background",
                "color_error",
                "color_highlight",
                "color_modal_backdrop",
                "color_success",
                "color_text",
                "dim_border_radius",
                "dim_font_size",
                "dim_spacing_size",
                "font_family_body",
                "font_family_heading",
            ]
        );
    }

    #[test]
    fn text_and_signals_can_be_read_on_the_background() {
        for tint in [None, Some("#fff7e8"), Some("#e9f5ed")] {
            let document: Value = serde_json::from_str(&brand("#0b5fa5", tint).style_document()).unwrap();
            let colour = |name: &str| document[name].as_str().unwrap().parse::<Colour>().unwrap();
            for name in ["color_text", "color_error", "color_success", "color_highlight"] {
                let contrast = colour(name).contrast(colour("color_background"));
                assert!(
                    contrast >= super::super::TEXT_CONTRAST,
                    "{name} on {tint:?}: {contrast}"
                );
            }
        }
    }

    #[test]
    fn the_version_changes_with_the_content_and_only_then() {
        let blue = brand("#0b5fa5", None);
        assert_eq!(blue.style_version(), brand("#0b5fa5", None).style_version());
        assert_ne!(blue.style_version(), brand("#0f6b4f", None).style_version());
    }
}
