//! The addresses of a tenant's issuer, built from the configured public URL and never from a request.

use super::Slug;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;
use url::Url;

/// The public base URL `B`: scheme, host and port, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    text: Arc<str>,
    https: bool,
}

/// Why a text is not a public base URL.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidPublicUrl {
    /// Not a URL.
    #[error("the public URL cannot be read: {0}")]
    Unreadable(String),
    /// Not http or https.
    #[error("the public URL begins with https:// (or http:// for development)")]
    Scheme,
    /// More than an origin.
    #[error("the public URL is scheme, host and port only, such as https://auth.example.org")]
    NotAnOrigin,
}

impl PublicUrl {
    /// Reads `https://host[:port]`, with or without a trailing slash.
    pub fn parse(text: &str) -> Result<Self, InvalidPublicUrl> {
        let url = Url::parse(text).map_err(|error| InvalidPublicUrl::Unreadable(error.to_string()))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(InvalidPublicUrl::Scheme);
        }
        let only_origin = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !only_origin {
            return Err(InvalidPublicUrl::NotAnOrigin);
        }
        Ok(Self {
            text: url.origin().ascii_serialization().into(),
            https: url.scheme() == "https",
        })
    }

    /// The URL, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether browsers reach the server over TLS.
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Whether a page of `origin` is of the same site as ours, so that a browser sends our `SameSite=Lax` cookies in its frames
    /// (RFC 6265bis section 5.2: scheme and registrable domain, not the port). Only equal hosts are told: which further names
    /// belong to one registrable domain is not known here.
    pub fn shares_site_with(&self, origin: &str) -> bool {
        let site = |text: &str| {
            let url = Url::parse(text).ok()?;
            Some((url.scheme().to_owned(), url.host_str()?.to_owned()))
        };
        site(&self.text).is_some_and(|own| Some(own) == site(origin))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The addresses of one tenant: issuer `I = B/<tenant>/auth`, exact and without a trailing slash.
#[derive(Clone, Debug)]
pub struct IssuerUrls {
    base: PublicUrl,
    issuer: String,
    path: String,
    slug: String,
}

impl IssuerUrls {
    /// The addresses of the tenant `slug` below `base`.
    pub fn new(base: &PublicUrl, slug: &Slug) -> Self {
        let path = format!("/{slug}/auth");
        Self {
            base: base.clone(),
            issuer: format!("{base}{path}"),
            path,
            slug: slug.to_string(),
        }
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The path of the issuer, to which cookies are scoped.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of the tenant's console, to which its cookie is scoped.
    pub fn console_path(&self) -> String {
        if self.slug == Slug::platform().as_str() {
            "/admin".to_owned()
        } else {
            format!("/{}/admin", self.slug)
        }
    }

    /// The public base URL.
    pub const fn base(&self) -> &PublicUrl {
        &self.base
    }

    /// An endpoint below the issuer, absolute: `endpoint("token")`.
    pub fn endpoint(&self, name: &str) -> String {
        format!("{}/{name}", self.issuer)
    }

    /// The same endpoint below another base, where clients that have certificates connect.
    pub fn alias(&self, base: &PublicUrl, name: &str) -> String {
        format!("{base}{}/{name}", self.path)
    }

    /// The admin API, the audience of tokens that administer (RFC 8707).
    pub fn admin_api(&self) -> String {
        format!("{}/api/v1", self.base)
    }

    /// The FHIR base of a tenant that has none configured: `B/<tenant>/fhir`.
    pub fn default_fhir_base(&self) -> String {
        format!("{}/{}/fhir", self.base, self.slug)
    }

    /// Where the tenant's published brands are: `B/<tenant>/brands`, the bundle itself with `.json`.
    pub fn brands(&self) -> String {
        format!("{}/{}/brands", self.base, self.slug)
    }

    /// Where an identity provider sends the browser back (one per provider, against mix-up: RFC 9700 section 2.1).
    pub fn federation_callback(&self, alias: &str) -> String {
        self.federation(alias, "callback")
    }

    /// Another address for one identity provider: `federation("staff", "signed-out")`.
    pub fn federation(&self, alias: &str, name: &str) -> String {
        format!("{}/federation/{alias}/{name}", self.issuer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_exact_and_has_no_trailing_slash() {
        let base = PublicUrl::parse("https://auth.example.org/").unwrap();
        let urls = IssuerUrls::new(&base, &Slug::parse("north").unwrap());
        assert_eq!(urls.issuer(), "https://auth.example.org/north/auth");
        assert_eq!(urls.endpoint("token"), "https://auth.example.org/north/auth/token");
    }

    #[test]
    fn a_site_is_scheme_and_host_whatever_the_port() {
        let url = PublicUrl::parse("https://auth.example:8443").unwrap();
        assert!(url.shares_site_with("https://auth.example"));
        for other in [
            "http://auth.example:8443",
            "https://ehr.example",
            "https://x.auth.example",
            "auth.example",
        ] {
            assert!(!url.shares_site_with(other), "{other}");
        }
    }

    #[test]
    fn a_public_url_with_more_than_an_origin_is_refused() {
        for text in [
            "https://a.example/x",
            "https://a.example/?q",
            "https://u@a.example",
            "https://a.example/#f",
        ] {
            assert_eq!(PublicUrl::parse(text), Err(InvalidPublicUrl::NotAnOrigin), "{text}");
        }
        assert_eq!(PublicUrl::parse("ftp://a.example"), Err(InvalidPublicUrl::Scheme));
        assert!(matches!(
            PublicUrl::parse("auth.example.org"),
            Err(InvalidPublicUrl::Unreadable(_))
        ));
    }

    #[test]
    fn the_default_port_is_not_part_of_the_issuer() {
        assert_eq!(
            PublicUrl::parse("https://a.example:443").unwrap().as_str(),
            "https://a.example"
        );
        assert_eq!(
            PublicUrl::parse("http://127.0.0.1:8080").unwrap().as_str(),
            "http://127.0.0.1:8080"
        );
    }
}
