//! Pages of a search. Their addresses are the FHIR server's; the browser holds them sealed.

use super::answer::Bundle;
use crate::kernel::{Entropy, Secret};
use crate::keys::{Place, Sealed};
use crate::smart::FhirBase;
use crate::tenant::TenantCx;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

/// Longest address of a page, in bytes.
const LONGEST_LINK: usize = 4096;

/// What a page is a page of, so that a sealed address opens for that alone: a picker of one interaction.
#[derive(Clone, Copy)]
pub struct PageOf<'a> {
    /// The kind of picker and whatever else fixes what is searched, such as the patient.
    pub what: &'a str,
    /// The interaction.
    pub interaction: &'a [u8],
}

impl PageOf<'_> {
    fn row(&self) -> Vec<u8> {
        [self.what.as_bytes(), b"\0", self.interaction].concat()
    }
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "patient_directory",
        column: "page",
        row,
    }
}

/// Seals the address of a page.
fn seal(cx: &TenantCx, of: PageOf<'_>, address: &str, entropy: &dyn Entropy) -> Option<String> {
    let row = of.row();
    let sealed = cx.store().keyring().seal(place(&row), address.as_bytes(), entropy);
    sealed.ok().map(|sealed| URL_SAFE_NO_PAD.encode(sealed.as_bytes()))
}

/// Opens what [`seal`] sealed for the same picker.
pub(super) fn open(cx: &TenantCx, of: PageOf<'_>, sealed: &str) -> Option<Url> {
    let row = of.row();
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let plain: Secret<Vec<u8>> = cx
        .store()
        .keyring()
        .open(place(&row), &Sealed::from_bytes(bytes))
        .ok()?;
    Url::parse(std::str::from_utf8(plain.expose()).ok()?).ok()
}

/// The pages beside one, sealed.
#[derive(Clone, Default)]
pub struct Pages {
    /// The page after.
    pub next: Option<String>,
    /// The page before.
    pub previous: Option<String>,
}

/// The pages that `bundle` offers, as far as they are the same server's.
pub(super) fn beside(cx: &TenantCx, base: &FhirBase, of: PageOf<'_>, bundle: &Bundle) -> Pages {
    let sealed = |relations: &[&str]| {
        let address = check(base, bundle.link(relations)?)?;
        seal(cx, of, address.as_str(), cx.entropy())
    };
    Pages {
        next: sealed(&["next"]),
        previous: sealed(&["previous", "prev"]),
    }
}

/// An address below the FHIR base, absolute or relative to it; anything else would hand our credential to another server.
fn check(base: &FhirBase, link: &str) -> Option<Url> {
    if link.len() > LONGEST_LINK {
        return None;
    }
    let root = Url::parse(&format!("{}/", base.without_slash())).ok()?;
    let url = root.join(link).ok()?;
    let path = url.path().to_ascii_lowercase();
    let hidden_separator = path.contains("%2f") || path.contains("%5c") || path.contains("%00");
    let below = url.path().starts_with(root.path()) || format!("{}/", url.path()) == root.path();
    let same = url.scheme() == root.scheme()
        && url.host() == root.host()
        && url.port_or_known_default() == root.port_or_known_default()
        && url.username().is_empty()
        && url.password().is_none();
    (same && below && !hidden_separator).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(link: &str) -> Option<String> {
        let base = FhirBase::parse("https://fhir.example/r4").unwrap();
        check(&base, link).map(String::from)
    }

    #[test]
    fn pages_of_the_same_server_are_followed() {
        for link in [
            "https://fhir.example/r4?_getpages=7&_getpagesoffset=20",
            "https://fhir.example:443/r4/Patient?_offset=20",
            "https://FHIR.example/r4/Patient/_search?page=2",
        ] {
            assert!(checked(link).is_some(), "{link}");
        }
        assert_eq!(
            checked("Patient?page=2").as_deref(),
            Some("https://fhir.example/r4/Patient?page=2")
        );
    }

    #[test]
    fn pages_of_other_servers_and_paths_are_not() {
        for link in [
            "https://evil.example/r4/Patient",
            "http://fhir.example/r4/Patient",
            "https://fhir.example:8443/r4/Patient",
            "https://fhir.example/r45/Patient",
            "https://fhir.example/other/Patient",
            "https://fhir.example/r4/../other",
            "https://fhir.example/r4/%2e%2e/other",
            "https://fhir.example/r4/..%2fother",
            "https://user:password@fhir.example/r4/Patient",
            "//evil.example/r4",
            "/other",
            "javascript:alert(1)",
            &format!("https://fhir.example/r4/{}", "x".repeat(LONGEST_LINK)),
        ] {
            assert_eq!(checked(link), None, "{link}");
        }
    }
}
