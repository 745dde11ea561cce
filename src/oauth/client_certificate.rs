//! The certificate with which a client opened its connection (RFC 8705), and what it says.

use super::jose::{Jwk, decode};
use crate::kernel::Sha256Hash;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr as _;
use std::sync::Arc;
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::der::asn1::UintRef;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::{Name, RdnSequence};

/// Most certificates of a chain.
const LONGEST_CHAIN: usize = 10;

/// A certificate whose private key the client proved to hold, with those between it and its authority. DER.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate(Arc<[Vec<u8>]>);

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientCertificate({})", self.thumbprint())
    }
}

/// The certificate cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the client's certificate cannot be read")]
pub struct UnreadableCertificate;

/// The subject that a client registered (RFC 8705 section 2.1.2): exactly one of five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedSubject<'a> {
    /// `tls_client_auth_subject_dn`, in the form of RFC 4514.
    DistinguishedName(&'a str),
    /// `tls_client_auth_san_dns`.
    Dns(&'a str),
    /// `tls_client_auth_san_uri`.
    Uri(&'a str),
    /// `tls_client_auth_san_ip`.
    Ip(&'a str),
    /// `tls_client_auth_san_email`.
    Email(&'a str),
}

impl ExpectedSubject<'_> {
    /// Whether it could ever match a certificate.
    pub fn is_readable(self) -> bool {
        match self {
            Self::DistinguishedName(text) => read_name(text).is_some(),
            Self::Ip(text) => text.parse::<IpAddr>().is_ok(),
            Self::Dns(text) | Self::Uri(text) | Self::Email(text) => !text.is_empty() && text.is_ascii(),
        }
    }
}

impl ClientCertificate {
    /// From the client's chain, its own certificate first. `None` when it is empty or too long.
    pub fn new(chain: Vec<Vec<u8>>) -> Option<Self> {
        (1..=LONGEST_CHAIN).contains(&chain.len()).then(|| Self(chain.into()))
    }

    /// The client's own certificate.
    pub fn leaf(&self) -> &[u8] {
        self.0.first().map_or(&[], Vec::as_slice)
    }

    /// Those between it and its authority.
    pub fn intermediates(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().skip(1).map(Vec::as_slice)
    }

    /// `x5t#S256` (RFC 8705 section 3.1): SHA-256 of the DER form, base64url.
    pub fn thumbprint(&self) -> String {
        Sha256Hash::of(self.leaf()).to_base64url()
    }

    fn parsed(&self) -> Result<Certificate, UnreadableCertificate> {
        Certificate::from_der(self.leaf()).map_err(|_| UnreadableCertificate)
    }

    /// Whether the certificate is about the subject that was registered.
    pub fn is_about(&self, expected: ExpectedSubject<'_>) -> Result<bool, UnreadableCertificate> {
        let certificate = self.parsed()?;
        let body = &certificate.tbs_certificate;
        if let ExpectedSubject::DistinguishedName(text) = expected {
            return Ok(read_name(text).is_some_and(|expected| comparable(&expected) == comparable(&body.subject)));
        }
        let names = body.get::<SubjectAltName>().map_err(|_| UnreadableCertificate)?;
        let names = names.map(|(_, names)| names.0).unwrap_or_default();
        Ok(names.iter().any(|name| match (name, expected) {
            // RFC 4343: without regard to case. No pattern stands for a client.
            (GeneralName::DnsName(name), ExpectedSubject::Dns(expected)) => {
                name.as_str().eq_ignore_ascii_case(expected)
            }
            (GeneralName::UniformResourceIdentifier(name), ExpectedSubject::Uri(expected))
            | (GeneralName::Rfc822Name(name), ExpectedSubject::Email(expected)) => name.as_str() == expected,
            (GeneralName::IpAddress(octets), ExpectedSubject::Ip(expected)) => match expected.parse() {
                Ok(IpAddr::V4(address)) => octets.as_bytes() == address.octets(),
                Ok(IpAddr::V6(address)) => octets.as_bytes() == address.octets(),
                Err(_) => false,
            },
            _ => false,
        }))
    }

    /// Whether the certificate's key is this one of the client's registered keys (RFC 8705 section 2.2).
    pub fn has_key(&self, key: &Jwk) -> Result<bool, UnreadableCertificate> {
        let certificate = self.parsed()?;
        let held = &certificate.tbs_certificate.subject_public_key_info.subject_public_key;
        Ok(public_key(key).is_some_and(|registered| held.as_bytes() == Some(registered.as_slice())))
    }
}

/// Reads a distinguished name as RFC 4514 writes it. Types may be in small letters (RFC 4512 section 2.5), and a blank may follow a
/// comma, as many tools write it.
fn read_name(text: &str) -> Option<Name> {
    let mut tidy = String::with_capacity(text.len());
    let (mut escaped, mut in_type, mut at_start) = (false, true, true);
    for letter in text.trim().chars() {
        if at_start && letter == ' ' {
            continue;
        }
        at_start = false;
        match letter {
            ',' | '+' if !escaped => (in_type, at_start) = (true, true),
            '=' => in_type = false,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        if in_type {
            tidy.extend(letter.to_uppercase());
        } else {
            tidy.push(letter);
        }
    }
    let read = |text: &str| Name::from_str(text).ok().filter(|name| !name.0.is_empty());
    read(text).or_else(|| read(&tidy))
}

/// A name as it is compared (RFC 4517 section 4.2.15): without regard to the kind of string, to case and to extra blanks.
fn comparable(name: &RdnSequence) -> Vec<BTreeSet<(String, String)>> {
    let attributes = |rdn: &x509_cert::name::RelativeDistinguishedName| {
        rdn.0
            .iter()
            .map(|attribute| {
                let text = String::from_utf8_lossy(attribute.value.value()).to_lowercase();
                let words: Vec<&str> = text.split_whitespace().collect();
                (attribute.oid.to_string(), words.join(" "))
            })
            .collect()
    };
    name.0.iter().map(attributes).collect()
}

/// The bits of a public key as a certificate holds them.
fn public_key(key: &Jwk) -> Option<Vec<u8>> {
    let member = |text: &Option<String>| decode(text.as_deref()?);
    match key.kty.as_str() {
        // SEC 1 section 2.3.3: the uncompressed point.
        "EC" => Some([&[4][..], &member(&key.x)?, &member(&key.y)?].concat()),
        "OKP" => member(&key.x),
        // RFC 8017 appendix A.1.1.
        "RSA" => {
            let (modulus, exponent) = (member(&key.n)?, member(&key.e)?);
            let (modulus, exponent) = (UintRef::new(&modulus).ok()?, UintRef::new(&exponent).ok()?);
            let mut body = modulus.to_der().ok()?;
            body.extend(exponent.to_der().ok()?);
            let header = x509_cert::der::Header::new(x509_cert::der::Tag::Sequence, body.len()).ok()?;
            let mut encoded = header.to_der().ok()?;
            encoded.extend(body);
            Some(encoded)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_and_tools_write_them() {
        let name = |text: &str| comparable(&read_name(text).unwrap_or_else(|| panic!("{text}")));
        let plain = name("CN=lab.example,O=Northfield Lab");
        for same in [
            "cn=lab.example,o=Northfield Lab",
            "CN=lab.example, O=Northfield Lab",
            "CN=LAB.example,O=Northfield  lab",
            "2.5.4.3=lab.example,O=Northfield Lab",
        ] {
            assert_eq!(name(same), plain, "{same}");
        }
        for other in [
            "O=Northfield Lab,CN=lab.example",
            "CN=lab.example",
            "CN=lab.example+O=Northfield Lab",
            "CN=lab.example\\,O=Northfield Lab",
        ] {
            assert_ne!(name(other), plain, "{other}");
        }
        for unreadable in ["", "no name", "UNHEARDOF=x"] {
            assert!(read_name(unreadable).is_none(), "{unreadable}");
        }
    }
}
