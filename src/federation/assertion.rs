//! What an identity provider said about a user, the same for every protocol.

use crate::kernel::{Secret, Sha256Hash, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// How the assertion reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// OpenID Connect Core 1.0, authorization code flow.
    #[serde(rename = "oidc")]
    OpenIdConnect,
    /// SAML 2.0, web browser single sign-on.
    #[serde(rename = "saml")]
    Saml2,
    /// A local account of the tenant.
    Local,
}

/// A verified statement of an identity provider. Only the verification of a protocol builds one.
#[derive(Clone)]
pub struct Assertion {
    /// The protocol it came by.
    pub protocol: Protocol,
    /// Who says it: the pinned issuer.
    pub issuer: String,
    /// Whom it is about, in the issuer's words: 1 to 255 bytes, opaque, never reused by the issuer.
    pub subject: String,
    /// Everything it says, including the protocol's own members.
    pub claims: Map<String, Value>,
    /// The authentication context the issuer claims to have reached.
    pub acr: Option<String>,
    /// The authentication methods used (RFC 8176).
    pub amr: Vec<String>,
    /// When the user last proved who they are.
    pub auth_time: Option<Timestamp>,
    /// The issuer's session (`sid` in OpenID Connect, `SessionIndex` in SAML), for logout.
    pub session_index: Option<String>,
    /// When the issuer's session ends; ours must not outlive it.
    pub session_ends: Option<Timestamp>,
    /// The raw ID token, kept as the hint for logging out upstream. Seal it before storing.
    pub id_token: Option<Secret<String>>,
}

impl fmt::Debug for Assertion {
    /// Subject and claims are personal data: they stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertion")
            .field("protocol", &self.protocol)
            .field("issuer", &self.issuer)
            .field("claims", &self.claims.len())
            .field("acr", &self.acr)
            .field("amr", &self.amr)
            .field("auth_time", &self.auth_time)
            .finish_non_exhaustive()
    }
}

impl Assertion {
    /// The key of the account behind it, inside one tenant.
    ///
    /// Never the e-mail address: issuers let people change it, and hand freed ones to others
    /// (OpenID Connect Core 1.0 section 5.7).
    pub fn upstream_subject(&self) -> UpstreamSubject {
        UpstreamSubject {
            issuer: self.issuer.clone(),
            subject: self.subject.clone(),
        }
    }
}

/// `iss` and `sub` together: the only stable name of a user (OpenID Connect Core 1.0 section 5.7).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UpstreamSubject {
    /// The issuer.
    pub issuer: String,
    /// The issuer's name for the user.
    pub subject: String,
}

impl UpstreamSubject {
    /// A fixed-size form for indexes. The issuer's length is part of the input, so no two pairs can run together.
    pub fn digest(&self) -> Sha256Hash {
        Sha256Hash::of(format!("{}:{}{}", self.issuer.len(), self.issuer, self.subject).as_bytes())
    }
}

impl fmt::Debug for UpstreamSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamSubject")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(issuer: &str, subject: &str) -> UpstreamSubject {
        UpstreamSubject {
            issuer: issuer.into(),
            subject: subject.into(),
        }
    }

    #[test]
    fn two_pairs_never_share_a_digest_by_running_together() {
        assert!(pair("https://a", "bc").digest() != pair("https://ab", "c").digest());
        assert!(pair("https://a", "b").digest() == pair("https://a", "b").digest());
    }

    #[test]
    fn debug_output_does_not_show_the_subject() {
        assert!(!format!("{:?}", pair("https://a", "mrs-smith")).contains("mrs-smith"));
    }
}
