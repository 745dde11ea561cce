//! The base URL of a FHIR server: what `iss` names in a launch and `aud` in an authorization request.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// An absolute `http` or `https` URL of a FHIR server, kept as it was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FhirBase {
    text: String,
    parts: Parts,
}

/// Why a text is not a FHIR base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidFhirBase {
    /// Not `http://` or `https://`.
    #[error("a FHIR base must be an absolute URL that begins with https://")]
    Scheme,
    /// Host or port unreadable, or user information present.
    #[error("a FHIR base must name a host, with no user name and at most a port number")]
    Host,
    /// A query, fragment, space or other character that has no place in the path.
    #[error("a FHIR base must have a plain path: no query, fragment, `//`, `.` or `..` segment")]
    Path,
}

/// The parts that are compared, in one form each.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Parts {
    secure: bool,
    host: String,
    port: u16,
    path: String,
}

impl FhirBase {
    /// Reads a base URL.
    pub fn parse(text: &str) -> Result<Self, InvalidFhirBase> {
        let parts = Parts::parse(text)?;
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// Whether `aud` (or `resource`, or the `iss` of a launch) means this server. Case of scheme and host, the default
    /// port and one trailing slash make no difference; anything else does. A looser comparison would hand a token for
    /// one server to an app that talks to another (SMART App Launch 2.2, "Obtain authorization code").
    pub fn names(&self, aud: &str) -> bool {
        Parts::parse(aud).is_ok_and(|parts| parts == self.parts)
    }

    /// The URL as it was written: what a launch sends as `iss`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL without a trailing slash.
    pub fn without_slash(&self) -> &str {
        self.text.strip_suffix('/').unwrap_or(&self.text)
    }

    /// The URL of `path` below this base, with one slash between them.
    pub fn join(&self, path: &str) -> String {
        format!("{}/{}", self.without_slash(), path.strip_prefix('/').unwrap_or(path))
    }

    /// What follows this base and a slash in an absolute URL below it, compared as in [`Self::names`].
    pub fn strip<'a>(&self, url: &'a str) -> Option<&'a str> {
        // Every slash of `url` may be the one that ends the base; only one split can name it.
        url.match_indices('/')
            .filter_map(|(position, _)| Some((url.get(..position)?, url.get(position + 1..)?)))
            .find(|(base, rest)| !rest.starts_with('/') && !base.ends_with('/') && self.names(base))
            .map(|(_, rest)| rest)
    }
}

impl Parts {
    fn parse(text: &str) -> Result<Self, InvalidFhirBase> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidFhirBase::Scheme)?;
        let secure = match () {
            () if scheme.eq_ignore_ascii_case("https") => true,
            () if scheme.eq_ignore_ascii_case("http") => false,
            () => return Err(InvalidFhirBase::Scheme),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_port(authority)?;
        let port = match port {
            None if secure => 443,
            None => 80,
            Some(port) => port,
        };
        let path = path.strip_suffix('/').unwrap_or(path);
        check_path(path)?;
        Ok(Self {
            secure,
            host: host.to_ascii_lowercase(),
            port,
            path: path.to_owned(),
        })
    }
}

/// `host [ ":" port ]` of RFC 3986 section 3.2; a port has no leading zero and is not empty.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), InvalidFhirBase> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let name = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    let address = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    let port = match port {
        None => None,
        Some(digits) if digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) => {
            return Err(InvalidFhirBase::Host);
        }
        Some(digits) => Some(digits.parse().map_err(|_| InvalidFhirBase::Host)?),
    };
    if name || address {
        Ok((host, port))
    } else {
        Err(InvalidFhirBase::Host)
    }
}

/// Segments of unreserved characters, sub-delimiters, `:`, `@` and escapes (RFC 3986 section 3.3), none empty, none a
/// dot segment: a client would resolve those before it sends a request.
fn check_path(path: &str) -> Result<(), InvalidFhirBase> {
    let plain = path
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&b));
    let segments_ok = path
        .split('/')
        .skip(1)
        .all(|segment| !matches!(segment, "" | "." | ".."));
    if plain && segments_ok {
        Ok(())
    } else {
        Err(InvalidFhirBase::Path)
    }
}

impl PartialEq for FhirBase {
    /// Two spellings of one server are equal.
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for FhirBase {}

impl std::hash::Hash for FhirBase {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.parts.hash(state);
    }
}

impl fmt::Display for FhirBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for FhirBase {
    type Error = InvalidFhirBase;
    fn try_from(text: String) -> Result<Self, InvalidFhirBase> {
        Self::parse(&text)
    }
}

impl From<FhirBase> for String {
    fn from(base: FhirBase) -> Self {
        base.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> FhirBase {
        FhirBase::parse("https://fhir.example.org/northside/r4").unwrap()
    }

    #[test]
    fn scheme_case_host_case_default_port_and_one_slash_make_no_difference() {
        for same in [
            "https://fhir.example.org/northside/r4",
            "https://fhir.example.org/northside/r4/",
            "HTTPS://FHIR.Example.ORG/northside/r4",
            "https://fhir.example.org:443/northside/r4",
        ] {
            assert!(base().names(same), "{same}");
        }
    }

    #[test]
    fn nothing_else_is_overlooked() {
        for other in [
            "",
            "fhir.example.org/northside/r4",
            "http://fhir.example.org/northside/r4",
            "https://fhir.example.org/northside/R4",
            "https://fhir.example.org/northside/r4//",
            "https://fhir.example.org//northside/r4",
            "https://fhir.example.org/northside/r4?x=1",
            "https://fhir.example.org/northside/r4#",
            "https://fhir.example.org/northside/./r4",
            "https://fhir.example.org/other/../northside/r4",
            "https://fhir.example.org/northside/%72%34",
            "https://fhir.example.org/northside",
            "https://fhir.example.org/northside/r4/Patient",
            "https://fhir.example.org:8443/northside/r4",
            "https://fhir.example.org:0443/northside/r4",
            "https://fhir.example.org:/northside/r4",
            "https://user@fhir.example.org/northside/r4",
            "https://fhir.example.org./northside/r4",
            "https:\\\\fhir.example.org\\northside\\r4",
            " https://fhir.example.org/northside/r4",
            "https://inferno.healthit.gov/invalid_aud",
        ] {
            assert!(!base().names(other), "{other}");
        }
    }

    #[test]
    fn an_explicit_default_port_of_the_other_scheme_is_another_server() {
        assert!(!base().names("https://fhir.example.org:80/northside/r4"));
        assert!(FhirBase::parse("http://[::1]:80/r4").unwrap().names("http://[::1]/r4/"));
    }

    #[test]
    fn join_puts_one_slash_between() {
        let with_slash = FhirBase::parse("https://x.example/r4/").unwrap();
        assert_eq!(with_slash.join("Patient/1"), "https://x.example/r4/Patient/1");
        assert_eq!(
            base().join("/metadata"),
            "https://fhir.example.org/northside/r4/metadata"
        );
    }

    #[test]
    fn strip_compares_as_names_does() {
        assert_eq!(
            base().strip("https://FHIR.example.org:443/northside/r4/Patient/1"),
            Some("Patient/1")
        );
        assert_eq!(base().strip("https://fhir.example.org/northside/r45/Patient/1"), None);
        assert_eq!(base().strip("https://fhir.example.org/northside/r4//Patient/1"), None);
        let root = FhirBase::parse("https://x.example").unwrap();
        assert_eq!(root.strip("https://x.example/Patient/1"), Some("Patient/1"));
    }

    #[test]
    fn the_text_stays_as_written() {
        assert_eq!(
            FhirBase::parse("https://X.example/r4/").unwrap().as_str(),
            "https://X.example/r4/"
        );
    }
}
