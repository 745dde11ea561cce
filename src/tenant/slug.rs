//! The part of an address that names a tenant.

use std::fmt;
use thiserror::Error;

/// Words that are, or may become, first path segments of the platform's own addresses, or that would mislead.
const RESERVED: [&str; 25] = [
    "admin", "api", "apps", "assets", "auth", "brands", "demo", "docs", "errors", "fhir", "health", "healthz", "help",
    "login", "metrics", "oauth", "openid", "platform", "public", "readyz", "register", "static", "status", "system",
    "wardkey",
];

/// The platform's own tenant, where its operators sign in. A reserved word, so no hospital can have it.
const PLATFORM: &str = "platform";

/// A tenant's slug: `[a-z0-9]` and single inner hyphens, 2 to 63 characters, no reserved word.
///
/// It is part of the issuer and therefore never changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slug(String);

/// Why a text is not a slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidSlug {
    /// Too short or too long.
    #[error("a tenant's slug has 2 to 63 characters")]
    Length,
    /// Other characters, or a hyphen at an end or beside another.
    #[error("a tenant's slug has only a-z, 0-9 and single hyphens between them")]
    Characters,
    /// The word is taken by the platform.
    #[error("this word is reserved for the platform's own addresses")]
    Reserved,
}

impl Slug {
    /// Reads a slug.
    pub fn parse(text: &str) -> Result<Self, InvalidSlug> {
        if !(2..=63).contains(&text.len()) {
            return Err(InvalidSlug::Length);
        }
        let allowed = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !allowed || text.starts_with('-') || text.ends_with('-') || text.contains("--") {
            return Err(InvalidSlug::Characters);
        }
        if RESERVED.contains(&text) {
            return Err(InvalidSlug::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// The platform's own.
    pub fn platform() -> Self {
        Self(PLATFORM.to_owned())
    }

    /// Whether it is the platform's own.
    pub fn is_platform(&self) -> bool {
        self.0 == PLATFORM
    }

    /// Reads the first segment of an address: the slug of a tenant, or the platform's own.
    pub fn of_address(text: &str) -> Result<Self, InvalidSlug> {
        if text == PLATFORM {
            Ok(Self::platform())
        } else {
            Self::parse(text)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_are_slugs() {
        for text in ["northside", "st-marys-2", "a1", &"a".repeat(63)] {
            assert!(Slug::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (text, reason) in [
            ("a", InvalidSlug::Length),
            (&"a".repeat(64), InvalidSlug::Length),
            ("Northside", InvalidSlug::Characters),
            ("-north", InvalidSlug::Characters),
            ("north-", InvalidSlug::Characters),
            ("north--side", InvalidSlug::Characters),
            ("north_side", InvalidSlug::Characters),
            ("north.side", InvalidSlug::Characters),
            ("nörth", InvalidSlug::Characters),
            ("admin", InvalidSlug::Reserved),
            ("platform", InvalidSlug::Reserved),
        ] {
            assert_eq!(Slug::parse(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn the_platform_has_an_address_that_no_tenant_can_take() {
        assert!(Slug::of_address("platform").unwrap().is_platform());
        assert_eq!(Slug::parse("platform"), Err(InvalidSlug::Reserved));
        assert_eq!(Slug::of_address("admin"), Err(InvalidSlug::Reserved));
        assert!(!Slug::of_address("northside").unwrap().is_platform());
    }

    proptest! {
        #[test]
        fn a_slug_needs_no_escaping_in_a_path(text in "\\PC*") {
            if let Ok(slug) = Slug::parse(&text) {
                prop_assert!(slug.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
            }
        }
    }
}
