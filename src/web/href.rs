//! Addresses that may stand in a link or a form: no `javascript:`, no `data:`, nothing a browser would run.

use super::branding::Logo;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use url::Url;

/// An address fit for `href` and `action`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Href(String);

impl Href {
    /// An address on this server. Whatever is passed, the result starts with exactly one slash, so it can neither name another
    /// host (`//host`) nor carry a scheme.
    pub fn local(path: &str) -> Self {
        Self(format!("/{}", path.trim_start_matches(['/', '\\'])))
    }

    /// An address elsewhere: `http`, `https`, or a private-use scheme of a native app, which holds a dot (RFC 8252 section 7.1).
    /// `None` for any other scheme and for text that is not a URL.
    pub fn external(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        match url.scheme() {
            "http" | "https" => Some(Self(url.into())),
            scheme if scheme.contains('.') => Some(Self(url.into())),
            _ => None,
        }
    }

    /// A logo that is in the address itself, for a page that shows it before it is kept anywhere. An image in an address runs
    /// nothing.
    pub fn of_logo(logo: &Logo) -> Self {
        Self(format!(
            "data:{};base64,{}",
            logo.content_type(),
            STANDARD.encode(logo.bytes())
        ))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This address with `ui_locales` set to a language tag.
    pub(crate) fn with_language(&self, tag: &str) -> Self {
        let separator = if self.0.contains('?') { '&' } else { '?' };
        Self(format!("{}{separator}ui_locales={tag}", self.0))
    }
}

impl fmt::Display for Href {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Href;

    #[test]
    fn a_local_address_cannot_leave_the_server() {
        assert_eq!(Href::local("/north/auth/interact/1").as_str(), "/north/auth/interact/1");
        assert_eq!(Href::local("//evil.example/x").as_str(), "/evil.example/x");
        assert_eq!(Href::local("\\\\evil.example").as_str(), "/evil.example");
        assert_eq!(Href::local("javascript:alert(1)").as_str(), "/javascript:alert(1)");
    }

    #[test]
    fn an_external_address_cannot_be_a_script() {
        for address in [
            "javascript:alert(1)",
            "JaVaScript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "/path",
            "",
        ] {
            assert_eq!(Href::external(address), None, "{address}");
        }
        assert!(Href::external("https://app.example/callback?x=1").is_some());
        assert!(Href::external("com.example.app:/callback").is_some());
    }
}
