//! A tenant's brand: a checked set of values, never HTML or CSS written by a tenant.
//!
//! Colours are measured against the surfaces they stand on (WCAG 2.2, success criteria 1.4.3 and 1.4.11), moved as little as
//! needed, or refused with a reason and a suggestion.

mod colour;
mod contrast;
mod logo;
mod style;

pub use colour::{Colour, NotAColour};
pub use contrast::{ContrastPair, Pair, contrasts, nearest};
pub use logo::{Logo, LogoError};

use crate::kernel::Sha256Hash;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// Text, and anything that must be read, against what is behind it (WCAG 2.2, 1.4.3).
pub const TEXT_CONTRAST: f64 = 4.5;
/// Edges of controls, against what is beside them (WCAG 2.2, 1.4.11).
pub const CONTROL_CONTRAST: f64 = 3.0;

/// The fixed colours of one colour scheme that a brand has to live with; the same values stand in `static/wardkey.css`.
struct Scheme {
    page: Colour,
    surface: Colour,
    ink: Colour,
    muted: Colour,
}

const LIGHT: Scheme = Scheme {
    page: Colour::new(0xf3, 0xf5, 0xf7),
    surface: Colour::WHITE,
    ink: Colour::new(0x1a, 0x21, 0x27),
    muted: Colour::new(0x52, 0x5d, 0x67),
};
const DARK: Scheme = Scheme {
    page: Colour::new(0x12, 0x17, 0x1b),
    surface: Colour::new(0x1b, 0x22, 0x27),
    ink: Colour::new(0xe8, 0xed, 0xf1),
    muted: Colour::new(0xa4, 0xb0, 0xba),
};

/// A brand whose colours can be read.
#[derive(Clone, Debug)]
pub struct Branding {
    name: String,
    logo: Option<Logo>,
    brand_light: Colour,
    brand_dark: Colour,
    page_light: Colour,
    corrections: Vec<Correction>,
}

/// A colour that was moved to keep pages legible. Shown to whoever sets the brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Which colour.
    pub subject: Subject,
    /// What was asked for.
    pub given: Colour,
    /// What is shown.
    pub used: Colour,
}

/// The part of a brand that a [`Correction`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Buttons and links on light pages.
    PrimaryOnLight,
    /// Buttons and links on dark pages.
    PrimaryOnDark,
    /// The background of light pages.
    BackgroundTint,
}

/// Why a brand is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrandingError {
    /// The name is empty, too long, or holds control characters.
    #[error("the name must have 1 to 120 characters and no control characters")]
    Name,
    /// Darkening the colour until it can be read would turn it into another colour.
    #[error("the primary colour {given} is too pale for buttons and links: choose one about as dark as {suggestion}")]
    PrimaryTooPale {
        /// The colour asked for.
        given: Colour,
        /// The nearest colour that would do.
        suggestion: Colour,
    },
    /// Lightening the tint until text can be read on it would turn it into another colour.
    #[error("the background tint {given} is too dark for the text on it: choose one about as light as {suggestion}")]
    TintTooDark {
        /// The colour asked for.
        given: Colour,
        /// The nearest colour that would do.
        suggestion: Colour,
    },
}

impl Branding {
    /// Checks a brand. The tint applies to light pages; dark pages keep their own background.
    pub fn new(
        name: &str,
        primary: Colour,
        background_tint: Option<Colour>,
        logo: Option<Logo>,
    ) -> Result<Self, BrandingError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
            return Err(BrandingError::Name);
        }
        let given_page = background_tint.unwrap_or(LIGHT.page);
        let (page_light, moved) = Self::fit_page(given_page);
        if moved > MOST_MOVED {
            return Err(BrandingError::TintTooDark {
                given: given_page,
                suggestion: page_light,
            });
        }
        let (brand_light, moved) = Self::fit_light(primary, page_light);
        if moved > MOST_MOVED {
            return Err(BrandingError::PrimaryTooPale {
                given: primary,
                suggestion: brand_light,
            });
        }
        let brand_dark = Self::fit_dark(primary);
        let corrections = [
            (Subject::PrimaryOnLight, primary, brand_light),
            (Subject::PrimaryOnDark, primary, brand_dark),
            (Subject::BackgroundTint, given_page, page_light),
        ]
        .into_iter()
        .filter(|(_, given, used)| given != used)
        .map(|(subject, given, used)| Correction { subject, given, used })
        .collect();
        Ok(Self {
            name: name.to_owned(),
            logo,
            brand_light,
            brand_dark,
            page_light,
            corrections,
        })
    }

    /// The background on which everything can be read, and how far that is from the one asked for.
    fn fit_page(given: Colour) -> (Colour, u16) {
        // The muted text of the footer is the palest thing that must be read on the bare page.
        given.lightened_until(|page| LIGHT.muted.contrast(page) >= TEXT_CONTRAST)
    }

    /// The colour of links and buttons on light pages, and how far that is from the one asked for.
    fn fit_light(given: Colour, page: Colour) -> (Colour, u16) {
        given.darkened_until(|brand| {
            brand.contrast(LIGHT.surface) >= TEXT_CONTRAST && brand.contrast(page) >= TEXT_CONTRAST
        })
    }

    /// The colour of links and buttons on dark pages.
    fn fit_dark(given: Colour) -> Colour {
        let (brand, _) = given.lightened_until(|brand| {
            brand.contrast(DARK.surface) >= TEXT_CONTRAST && brand.contrast(DARK.page) >= TEXT_CONTRAST
        });
        brand
    }

    /// The name shown on every page.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The logo, if there is one.
    pub const fn logo(&self) -> Option<&Logo> {
        self.logo.as_ref()
    }

    /// What was moved and from where.
    pub fn corrections(&self) -> &[Correction] {
        &self.corrections
    }

    /// The stylesheet that follows our own and sets a handful of its custom properties. A file rather than an attribute,
    /// because pages forbid inline styles.
    pub fn stylesheet(&self) -> String {
        let on_light = readable_on(self.brand_light, LIGHT.surface, LIGHT.ink);
        let on_dark = readable_on(self.brand_dark, DARK.page, DARK.ink);
        format!(
            ":root{{--brand:{};--on-brand:{on_light};--page:{}}}\n\
             @media (prefers-color-scheme:dark){{:root{{--brand:{};--on-brand:{on_dark};--page:{}}}}}\n",
            self.brand_light, self.page_light, self.brand_dark, DARK.page
        )
    }

    /// A short version of everything the brand serves, to be part of the addresses of stylesheet and logo, so that both may be
    /// cached for good.
    pub fn version(&self) -> String {
        let mut input = self.stylesheet().into_bytes();
        if let Some(logo) = &self.logo {
            input.extend_from_slice(logo.bytes());
        }
        Sha256Hash::of(&input).to_base64url().chars().take(16).collect()
    }

    /// The answer at the stylesheet's address.
    pub fn stylesheet_response(&self) -> Response {
        let mut response = self.stylesheet().into_response();
        protect(response.headers_mut(), "text/css; charset=utf-8");
        response
    }

    /// The answer at the logo's address.
    pub fn logo_response(&self) -> Option<Response> {
        let logo = self.logo.as_ref()?;
        let mut response = logo.bytes().to_vec().into_response();
        protect(response.headers_mut(), logo.content_type());
        Some(response)
    }
}

/// A colour moved by more than this many of [`colour::STEPS`] is no longer the hospital's colour.
const MOST_MOVED: u16 = colour::STEPS / 2;

/// Whichever of two colours can be read better on `background`.
fn readable_on(background: Colour, first: Colour, second: Colour) -> Colour {
    if first.contrast(background) >= second.contrast(background) {
        first
    } else {
        second
    }
}

/// A tenant's file opened by itself, as a document, may do nothing: no script of an SVG runs in our origin.
fn protect(headers: &mut HeaderMap, content_type: &'static str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
}

#[cfg(test)]
mod tests;
