//! Redirect URIs: what may be registered, what matches, and how an answer is put on one.
//!
//! Matching compares strings, not URLs (RFC 9700 section 2.1): every normalisation is a chance to make two different
//! addresses equal. Parsing happens once, at registration.

use super::client::ApplicationType;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;
use url::{Url, form_urlencoded};

/// Longest redirect URI in bytes.
pub const LENGTH_LIMIT: usize = 2048;

/// Who asks for a registration. An administrator may allow what a client may not choose for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisteredBy {
    /// A person with administrative rights at the tenant.
    Administrator,
    /// The client itself (RFC 7591).
    Client,
}

/// Why a redirect URI cannot be registered.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum InvalidRedirectUri {
    /// Longer than [`LENGTH_LIMIT`].
    #[error("it is longer than {LENGTH_LIMIT} bytes")]
    TooLong,
    /// No scheme: a redirect URI is absolute (RFC 6749 section 3.1.2).
    #[error("it is not an absolute URI")]
    NotAbsolute,
    /// White space, control, non-ASCII or another character that no URI has (RFC 3986 section 2).
    #[error("it contains a character that is not allowed in a URI; percent-encode it")]
    Character,
    /// A backslash, which browsers turn into a slash.
    #[error("it contains a backslash")]
    Backslash,
    /// `%` without two hexadecimal digits.
    #[error("it contains a broken percent-escape")]
    PercentEscape,
    /// A fragment (RFC 6749 section 3.1.2).
    #[error("it contains a fragment; remove the part from # on")]
    Fragment,
    /// `*`: addresses are compared exactly, patterns do not exist.
    #[error("it contains a wildcard; register each address in full")]
    Wildcard,
    /// `user@host`.
    #[error("it contains user information before the host")]
    UserInformation,
    /// `.` or `..` segments, which browsers resolve.
    #[error("its path contains dot segments; register the resolved address")]
    DotSegment,
    /// No host where the scheme needs one, or one that cannot be parsed.
    #[error("its host or port is missing or not valid")]
    Host,
    /// Scheme with upper-case letters.
    #[error("its scheme is not written in lower case")]
    SchemeCase,
    /// `http` to another machine (RFC 9700 section 2.6).
    #[error("it uses http; only https is allowed, or http on a loopback address")]
    PlainHttp,
    /// A loopback address registered by a web client itself.
    #[error("loopback addresses are for native applications")]
    LoopbackForWeb,
    /// `localhost` registered by a client itself (RFC 8252 section 8.3).
    #[error("it uses localhost; use http://127.0.0.1 or http://[::1]")]
    Localhost,
    /// A private-use scheme for a web client.
    #[error("private-use schemes are for native applications")]
    PrivateSchemeForWeb,
    /// A scheme browsers act on themselves.
    #[error("its scheme is not allowed")]
    ForbiddenScheme,
    /// No dot in the private-use scheme (RFC 8252 section 7.1).
    #[error("its scheme is not a reversed domain name such as com.example.app")]
    SchemeWithoutDot,
    /// A private-use scheme that is not followed by a path.
    #[error("its scheme is not followed by a path such as com.example.app:/callback")]
    PrivateSchemePath,
}

/// A redirect URI that passed the checks of registration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegisteredRedirectUri(String);

impl RegisteredRedirectUri {
    /// Checks `text` for registration.
    pub fn parse(text: &str, application: ApplicationType, by: RegisteredBy) -> Result<Self, InvalidRedirectUri> {
        check_characters(text)?;
        let (scheme, rest) = text.split_once(':').ok_or(InvalidRedirectUri::NotAbsolute)?;
        check_scheme_syntax(scheme)?;
        match scheme {
            "https" => check_authority(text, rest)?,
            "http" => {
                check_authority(text, rest)?;
                check_loopback(text, application, by)?;
            }
            _ => check_private_use(scheme, rest, application)?,
        }
        check_dot_segments(rest)?;
        Ok(Self(text.to_owned()))
    }

    /// The URI as registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Web origin of the URI; see [`RedirectUri::origin`].
    pub fn origin(&self) -> Option<String> {
        origin_of(&self.0)
    }
}

impl fmt::Display for RegisteredRedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_characters(text: &str) -> Result<(), InvalidRedirectUri> {
    if text.len() > LENGTH_LIMIT {
        return Err(InvalidRedirectUri::TooLong);
    }
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => return Err(InvalidRedirectUri::Backslash),
            b'#' => return Err(InvalidRedirectUri::Fragment),
            b'*' => return Err(InvalidRedirectUri::Wildcard),
            b'%' => {
                let hexadecimal = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_hexdigit());
                if !hexadecimal(rest.next()) || !hexadecimal(rest.next()) {
                    return Err(InvalidRedirectUri::PercentEscape);
                }
            }
            b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'[' | b']' | b'@' | b'!' | b'$' | b'&' | b'\'' | b'('
            | b')' | b'+' | b',' | b';' | b'=' => {}
            other if other.is_ascii_alphanumeric() => {}
            _ => return Err(InvalidRedirectUri::Character),
        }
    }
    Ok(())
}

fn check_scheme_syntax(scheme: &str) -> Result<(), InvalidRedirectUri> {
    // RFC 3986 section 3.1.
    let well_formed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    if !well_formed {
        return Err(InvalidRedirectUri::NotAbsolute);
    }
    if scheme.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(InvalidRedirectUri::SchemeCase);
    }
    Ok(())
}

/// The authority of a hierarchical URI: `rest` is what follows the scheme's colon.
fn authority_of(rest: &str) -> Option<&str> {
    rest.strip_prefix("//")?.split(['/', '?']).next()
}

fn check_authority(text: &str, rest: &str) -> Result<(), InvalidRedirectUri> {
    let authority = authority_of(rest).ok_or(InvalidRedirectUri::Host)?;
    if authority.contains('@') {
        return Err(InvalidRedirectUri::UserInformation);
    }
    let parsed = Url::parse(text).map_err(|_| InvalidRedirectUri::Host)?;
    // An authority that the parser had to find elsewhere ("https:///host") or that ends in an empty port is refused.
    if authority.is_empty() || authority.ends_with(':') || parsed.host().is_none() || parsed.port() == Some(0) {
        return Err(InvalidRedirectUri::Host);
    }
    Ok(())
}

fn check_loopback(text: &str, application: ApplicationType, by: RegisteredBy) -> Result<(), InvalidRedirectUri> {
    let loopback = Loopback::of(text).ok_or(InvalidRedirectUri::PlainHttp)?;
    if by == RegisteredBy::Administrator {
        return Ok(());
    }
    if application == ApplicationType::Web {
        return Err(InvalidRedirectUri::LoopbackForWeb);
    }
    // RFC 8252 section 8.3: localhost may resolve to another interface.
    if loopback.host == "http://localhost" {
        Err(InvalidRedirectUri::Localhost)
    } else {
        Ok(())
    }
}

fn check_private_use(scheme: &str, rest: &str, application: ApplicationType) -> Result<(), InvalidRedirectUri> {
    const FORBIDDEN: [&str; 13] = [
        "javascript",
        "data",
        "file",
        "blob",
        "vbscript",
        "about",
        "ws",
        "wss",
        "ftp",
        "mailto",
        "tel",
        "filesystem",
        "view-source",
    ];
    if FORBIDDEN.contains(&scheme) {
        return Err(InvalidRedirectUri::ForbiddenScheme);
    }
    if application == ApplicationType::Web {
        return Err(InvalidRedirectUri::PrivateSchemeForWeb);
    }
    if !scheme.contains('.') {
        return Err(InvalidRedirectUri::SchemeWithoutDot); // RFC 8252 section 7.1
    }
    if !rest.starts_with('/') {
        return Err(InvalidRedirectUri::PrivateSchemePath);
    }
    if authority_of(rest).is_some_and(|authority| authority.contains('@')) {
        return Err(InvalidRedirectUri::UserInformation);
    }
    Ok(())
}

fn check_dot_segments(rest: &str) -> Result<(), InvalidRedirectUri> {
    let path = rest.split('?').next().unwrap_or_default();
    let dots = |segment: &str| {
        let plain = segment.replace("%2e", ".").replace("%2E", ".");
        plain == "." || plain == ".."
    };
    if path.split('/').any(dots) {
        Err(InvalidRedirectUri::DotSegment)
    } else {
        Ok(())
    }
}

/// A loopback URI cut into what must be equal and the port, which need not be (RFC 8252 section 7.3).
#[derive(Debug, PartialEq, Eq)]
struct Loopback<'a> {
    /// Scheme and host as written.
    host: &'static str,
    /// Path and query as written, possibly empty.
    rest: &'a str,
}

impl<'a> Loopback<'a> {
    /// Cuts the string itself, so that `http://127.0.0.1:80@evil/` or a backslash cannot pass for a port.
    fn of(text: &'a str) -> Option<Self> {
        ["http://127.0.0.1", "http://[::1]", "http://localhost"]
            .into_iter()
            .find_map(|host| {
                let rest = text.strip_prefix(host)?;
                let rest = match rest.strip_prefix(':') {
                    Some(port_and_rest) => {
                        let end = port_and_rest.find(['/', '?']).unwrap_or(port_and_rest.len());
                        let (port, rest) = port_and_rest.split_at_checked(end)?;
                        let plain = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
                        (plain && port.parse::<u16>().is_ok_and(|port| port != 0)).then_some(rest)?
                    }
                    None => rest,
                };
                (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(Self { host, rest })
            })
    }
}

/// A redirect URI of a request that matched a registered one: the only kind of address an answer is sent to.
///
/// It keeps the port the native application listens on. Deserialising is for values that were stored after a match.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

/// The redirect URI to answer to, when `presented` equals one of `registered`, byte for byte (RFC 9700 section 2.1).
///
/// A native application may use any port of a registered loopback address (RFC 8252 section 7.3).
pub fn matches(
    registered: &[RegisteredRedirectUri],
    application: ApplicationType,
    presented: &str,
) -> Option<RedirectUri> {
    let equal = |uri: &RegisteredRedirectUri| {
        if uri.0 == presented {
            return true;
        }
        application == ApplicationType::Native
            && matches!((Loopback::of(&uri.0), Loopback::of(presented)), (Some(one), Some(other)) if one == other)
    };
    registered.iter().any(equal).then(|| RedirectUri(presented.to_owned()))
}

/// What a self-submitting page sends in response mode `form_post` (OAuth 2.0 Form Post Response Mode section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPost {
    /// The form's action: the redirect URI with its registered query.
    pub action: String,
    /// Hidden fields, not yet HTML-escaped.
    pub fields: Vec<(String, String)>,
}

impl RedirectUri {
    /// An address of this server, for an answer that goes to no app: nothing is sent there, it only says where forms may lead.
    pub const fn of_our_own(address: String) -> Self {
        Self(address)
    }

    /// The URI as presented; the token request has to repeat exactly this (RFC 6749 section 4.1.3).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of an answer in response mode `query`: the registered query stays as it is, `pairs` follow
    /// (RFC 6749 section 4.1.2).
    pub fn authorization_response(&self, pairs: &[(&str, &str)]) -> String {
        let separator = match self.0.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some((_, query)) if query.ends_with('&') => "",
            Some(_) => "&",
        };
        let mut target = format!("{}{separator}", self.0);
        target.push_str(
            &form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish(),
        );
        target
    }

    /// The form of an answer in response mode `form_post`.
    pub fn form_post(&self, pairs: &[(&str, &str)]) -> FormPost {
        let fields = pairs
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        FormPost {
            action: self.0.clone(),
            fields,
        }
    }

    /// The web origin (RFC 6454) for CORS; `None` for a private-use scheme.
    pub fn origin(&self) -> Option<String> {
        origin_of(&self.0)
    }

    /// The source expression that lets a form's redirect reach this address: an origin, or `scheme:`.
    ///
    /// Chromium applies `form-action` to every redirect after a form was sent, so the page's policy has to name the
    /// target. IPv6 literals have no source expression (Content Security Policy 3 section 2.3.1), so their scheme stands
    /// in for them.
    pub fn csp_source(&self) -> String {
        self.origin().filter(|origin| !origin.contains('[')).unwrap_or_else(|| {
            let scheme = self.0.split(':').next().unwrap_or_default();
            format!("{scheme}:")
        })
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The web origin of an http or https URI.
pub(super) fn origin_of(uri: &str) -> Option<String> {
    let parsed = Url::parse(uri).ok()?;
    matches!(parsed.scheme(), "http" | "https").then(|| parsed.origin().ascii_serialization())
}

#[cfg(test)]
#[path = "redirect_uri_tests.rs"]
mod tests;
