//! Client metadata of OpenID Connect Dynamic Client Registration section 2 and its relatives: how an app wants its subjects,
//! its requests and its answers. The form in which it is registered is the form in which it is kept.

use super::client_registration::{Invalid, is_web_address};
use super::jose::encryption::{ContentEncryption, EncryptionKeys, KeyEncryption};
use super::jose::{JwkSet, SigningAlgorithm};
use super::redirect_uri::RegisteredBy;
use crate::smart::authorization_details::SMART_ON_FHIR;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use url::Url;

/// Most entries of any list.
const LIST_LIMIT: usize = 50;
/// Longest `request_uri` in bytes (OpenID Connect Core section 6.2: 512 characters).
pub const REQUEST_URI_LIMIT: usize = 512;

/// How an app knows its users (OpenID Connect Core section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// By the same name as every other app.
    #[default]
    Public,
    /// By a name that other sectors do not share.
    Pairwise,
}

/// These members of a registration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpenIdMetadata {
    /// The app's logo. Never loaded by a user's browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// How the app uses what it learns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// The app's terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// How it knows its users.
    pub subject_type: SubjectType,
    /// Where its redirect URIs are listed together with those of its sector (OpenID Connect Core section 8.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// The one algorithm of its request objects; any that the server accepts when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<SigningAlgorithm>,
    /// Whether every request has to be a signed object (RFC 9101 section 10.5).
    pub require_signed_request_object: bool,
    /// Where its request objects may be fetched (OpenID Connect Core section 6.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// The algorithm of signed authorization responses (JARM section 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_signed_response_alg: Option<SigningAlgorithm>,
    /// The algorithm of signed userinfo; plain JSON when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SigningAlgorithm>,
    /// How the key of encrypted ID tokens travels; not encrypted when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_alg: Option<KeyEncryption>,
    /// How the content of encrypted ID tokens is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_enc: Option<ContentEncryption>,
    /// How the key of encrypted userinfo travels; not encrypted when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_alg: Option<KeyEncryption>,
    /// How the content of encrypted userinfo is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_enc: Option<ContentEncryption>,
    /// The oldest sign-in it accepts when a request says nothing, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// Whether it needs `auth_time`. It always gets it.
    pub require_auth_time: bool,
    /// The authentication contexts it wants when a request says nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// The types of `authorization_details` that it sends (RFC 9396 section 10).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types: Vec<String>,
}

impl OpenIdMetadata {
    /// Puts in what was left open: the content encryption beside a key encryption.
    ///
    /// OpenID Connect Dynamic Client Registration section 2 names A128CBC-HS256 as the default, which is not offered here; a
    /// server may replace values, and its answer counts (RFC 7591 section 3.2.1).
    #[must_use]
    pub fn completed(mut self) -> Self {
        let complete = |alg: Option<KeyEncryption>, enc: Option<ContentEncryption>| {
            enc.or_else(|| alg.map(|_| ContentEncryption::A128Gcm))
        };
        self.id_token_encrypted_response_enc = complete(
            self.id_token_encrypted_response_alg,
            self.id_token_encrypted_response_enc,
        );
        self.userinfo_encrypted_response_enc = complete(
            self.userinfo_encrypted_response_alg,
            self.userinfo_encrypted_response_enc,
        );
        self
    }

    /// Everything that is wrong with the members.
    pub(super) fn faults(
        &self,
        redirects: &[String],
        jwks: Option<&JwkSet>,
        has_keys: bool,
        by: RegisteredBy,
    ) -> Vec<Invalid> {
        let mut faults = Vec::new();
        let loopback = by == RegisteredBy::Administrator;
        let mut add = |member, problem: &str| {
            faults.push(Invalid {
                member,
                problem: problem.to_owned(),
            });
        };
        for (member, uri) in [
            ("logo_uri", &self.logo_uri),
            ("policy_uri", &self.policy_uri),
            ("tos_uri", &self.tos_uri),
        ] {
            if uri.as_deref().is_some_and(|uri| !is_web_address(uri, loopback)) {
                add(member, "is not an https address without user information and fragment");
            }
        }
        // It is fetched at once, by a client that has the last word on addresses.
        if self
            .sector_identifier_uri
            .as_deref()
            .is_some_and(|uri| !is_web_address(uri, true))
        {
            let problem = "is not an https address without user information and fragment";
            add("sector_identifier_uri", problem);
        }
        for uri in &self.request_uris {
            // A fragment is allowed here: it is the hash of what the address gives (OpenID Connect Core section 6.2).
            let address = uri.split('#').next().unwrap_or_default();
            if uri.len() > REQUEST_URI_LIMIT || !is_web_address(address, loopback) {
                add(
                    "request_uris",
                    "holds an entry that is not an https address of at most 512 characters",
                );
            }
        }
        for (member, length) in [
            ("request_uris", self.request_uris.len()),
            ("default_acr_values", self.default_acr_values.len()),
        ] {
            if length > LIST_LIMIT {
                add(member, "has more than 50 entries");
            }
        }
        if self
            .default_acr_values
            .iter()
            .any(|value| value.is_empty() || value.contains(' '))
        {
            add("default_acr_values", "holds an entry that is empty or contains a space");
        }
        if self
            .authorization_details_types
            .iter()
            .any(|kind| kind != SMART_ON_FHIR)
        {
            add(
                "authorization_details_types",
                "holds a type that is not supported; smart_on_fhir is",
            );
        }
        if (self.require_signed_request_object || self.request_object_signing_alg.is_some()) && !has_keys {
            add(
                "require_signed_request_object",
                "needs keys that verify the objects: jwks or jwks_uri",
            );
        }
        if self.subject_type == SubjectType::Pairwise && self.sector(redirects).is_none() {
            add(
                "sector_identifier_uri",
                "is missing; redirect URIs of several hosts, or of none, need it for pairwise subjects",
            );
        }
        let pairs = [
            (
                "id_token_encrypted_response_alg",
                self.id_token_encrypted_response_alg,
                self.id_token_encrypted_response_enc.is_some(),
            ),
            (
                "userinfo_encrypted_response_alg",
                self.userinfo_encrypted_response_alg,
                self.userinfo_encrypted_response_enc.is_some(),
            ),
        ];
        for (member, key_encryption, content) in pairs {
            match (key_encryption, jwks) {
                (None, _) if content => add(member, "is missing beside the content encryption"),
                (Some(_), _) if !has_keys => add(member, "needs a key to encrypt to: jwks or jwks_uri"),
                (Some(encryption), Some(set)) if !EncryptionKeys::from_jwk_set(set).can(encryption) => {
                    add(
                        member,
                        "needs a key of its kind in jwks that is not marked for signatures",
                    );
                }
                _ => {}
            }
        }
        faults
    }

    /// Whether answers are encrypted for it.
    pub const fn wants_encryption(&self) -> bool {
        self.id_token_encrypted_response_alg.is_some() || self.userinfo_encrypted_response_alg.is_some()
    }

    /// Whether userinfo is a JWT for it.
    pub const fn wants_userinfo_as_jwt(&self) -> bool {
        self.userinfo_signed_response_alg.is_some() || self.userinfo_encrypted_response_alg.is_some()
    }

    /// The sector in which a pairwise subject is the same (OpenID Connect Core section 8.1): the host of the sector identifier,
    /// else the one host of all redirect URIs.
    pub fn sector(&self, redirects: &[String]) -> Option<String> {
        let host = |uri: &String| Url::parse(uri).ok()?.host_str().map(str::to_owned);
        if let Some(uri) = &self.sector_identifier_uri {
            return host(uri);
        }
        let hosts: Option<BTreeSet<String>> = redirects.iter().map(host).collect();
        let mut hosts = hosts?.into_iter();
        hosts.next().filter(|_| hosts.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> OpenIdMetadata {
        serde_json::from_value(value).unwrap()
    }

    fn members(value: Value, redirects: &[&str]) -> Vec<&'static str> {
        let redirects: Vec<String> = redirects.iter().map(|uri| (*uri).to_owned()).collect();
        let faults = read(value).faults(&redirects, None, false, RegisteredBy::Client);
        faults.into_iter().map(|fault| fault.member).collect()
    }

    #[test]
    fn nothing_asked_for_is_in_order() {
        assert_eq!(members(json!({}), &["https://a.example/cb"]), [""; 0]);
    }

    #[test]
    fn addresses_are_https() {
        for member in ["logo_uri", "policy_uri", "tos_uri", "sector_identifier_uri"] {
            assert_eq!(members(json!({ member: "http://a.example/x" }), &[]), [member]);
            assert_eq!(members(json!({ member: "https://a.example/x" }), &[]), [""; 0]);
        }
        assert_eq!(
            members(json!({ "request_uris": ["ftp://a.example/"] }), &[]),
            ["request_uris"]
        );
        assert_eq!(
            members(json!({ "request_uris": ["https://a.example/r#hash"] }), &[]),
            [""; 0]
        );
    }

    #[test]
    fn a_pairwise_subject_needs_one_sector() {
        let pairwise = json!({ "subject_type": "pairwise" });
        assert_eq!(
            members(pairwise.clone(), &["https://a.example/1", "https://a.example/2"]),
            [""; 0]
        );
        assert_eq!(
            members(pairwise.clone(), &["https://a.example/1", "https://b.example/2"]),
            ["sector_identifier_uri"]
        );
        assert_eq!(members(pairwise, &["com.example.app:/cb"]), ["sector_identifier_uri"]);
        let named = json!({ "subject_type": "pairwise", "sector_identifier_uri": "https://s.example/list" });
        assert_eq!(members(named, &["https://a.example/1", "https://b.example/2"]), [""; 0]);
    }

    #[test]
    fn what_is_signed_or_encrypted_needs_keys() {
        assert_eq!(
            members(json!({ "require_signed_request_object": true }), &[]),
            ["require_signed_request_object"]
        );
        assert_eq!(
            members(json!({ "id_token_encrypted_response_alg": "RSA-OAEP-256" }), &[]),
            ["id_token_encrypted_response_alg"]
        );
        assert_eq!(
            members(json!({ "userinfo_encrypted_response_enc": "A256GCM" }), &[]),
            ["userinfo_encrypted_response_alg"]
        );
    }

    #[test]
    fn unsigned_objects_and_weak_encryption_have_no_name() {
        for (member, value) in [
            ("request_object_signing_alg", "none"),
            ("userinfo_signed_response_alg", "HS256"),
            ("id_token_encrypted_response_alg", "RSA1_5"),
            ("id_token_encrypted_response_enc", "A128CBC-HS256"),
            ("subject_type", "private"),
        ] {
            assert!(
                serde_json::from_value::<OpenIdMetadata>(json!({ member: value })).is_err(),
                "{member}"
            );
        }
    }

    #[test]
    fn content_encryption_is_completed() {
        let completed = read(json!({ "id_token_encrypted_response_alg": "ECDH-ES" })).completed();
        assert_eq!(
            completed.id_token_encrypted_response_enc,
            Some(ContentEncryption::A128Gcm)
        );
        assert_eq!(completed.userinfo_encrypted_response_enc, None);
    }
}
