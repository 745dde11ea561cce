//! When certificates end, on both sides of every connection.

use super::super::frame::ConsoleFrame;
use super::words::MethodWords;
use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::{Chrome, Href, Page};
use askama::Template;
use std::time::Duration;

/// From then on the end of a certificate is near.
const SOON: Duration = Duration::from_hours(24 * 90);

/// A certificate.
#[derive(Clone, Debug)]
pub struct CertificateRow {
    /// The words on the connection's button.
    pub name: String,
    /// The connection's overview.
    pub href: Href,
    /// Whether it is ours.
    pub ours: bool,
    /// `signing` or `encryption`.
    pub purpose: &'static str,
    /// `next` or `previous` for a key of ours that is not the current one.
    pub stage: Option<&'static str>,
    /// When it ends.
    pub ends: Timestamp,
    /// SHA-256 of it, in hexadecimal.
    pub fingerprint: String,
}

/// The certificates of every connection, the one that ends first on top.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/sign_in/certificates.html")]
pub struct CertificatesPage {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The list of ways to sign in.
    pub back: Href,
    /// The certificates.
    pub certificates: Vec<CertificateRow>,
    /// Now.
    pub now: Timestamp,
}

impl CertificatesPage {
    const fn words(&self) -> MethodWords {
        MethodWords(self.frame.chrome.language)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    fn moment(&self, at: &Timestamp) -> String {
        moment_in_words(*at, self.frame.chrome.language)
    }

    fn standing(&self, row: &CertificateRow) -> (&'static str, &'static str) {
        let words = self.words();
        if row.ends <= self.now {
            ("badge danger", words.ended())
        } else if row.ends < self.now + SOON {
            ("badge warning", words.soon())
        } else {
            ("badge good", words.fine())
        }
    }

    fn stage_of(&self, row: &CertificateRow) -> Option<&'static str> {
        let words = self.words();
        match row.stage? {
            "next" => Some(words.key_next()),
            _ => Some(words.key_previous()),
        }
    }

    fn purpose_of(&self, row: &CertificateRow) -> &'static str {
        let words = self.words();
        if row.purpose == "encryption" {
            words.encryption()
        } else {
            words.signing()
        }
    }
}

impl Page for CertificatesPage {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
