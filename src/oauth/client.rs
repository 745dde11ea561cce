//! An application as a tenant's server knows it.
//!
//! Member names follow the client metadata of RFC 7591 section 2 and OpenID Connect Dynamic Client Registration
//! section 2; members of our own have no counterpart there.

use super::asking::AskConsent;
use super::client_certificate::ExpectedSubject;
pub use super::grant_type::GrantType;
use super::jose::{JwkSet, SigningAlgorithm, VerificationKeys};
use super::openid_metadata::OpenIdMetadata;
use super::profile::SecurityProfile;
use super::redirect_uri::{self, RedirectUri, RegisteredRedirectUri};
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use thiserror::Error;

/// The public name of a client: 1 to 128 characters out of `A-Z a-z 0-9 - . _ ~`, unique within its tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(try_from = "String", into = "String")]
#[sqlx(transparent)]
pub struct ClientId(String);

/// Why a text is no client id.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum InvalidClientId {
    /// Length or characters.
    #[error("a client_id has 1 to 128 characters out of A-Z a-z 0-9 - . _ ~")]
    Malformed,
    /// It could be mistaken for somebody who is no client (RFC 9700 section 4.15).
    #[error("a client_id must not begin with acc_, the prefix of account identifiers, nor be machine")]
    LooksLikeAnAccount,
}

impl ClientId {
    /// Checks and wraps `text`.
    ///
    /// Unreserved characters only (RFC 3986 section 2.3), because many clients do not encode the id in Basic credentials.
    /// The `sub` of a client's own token is its id, so an id must not look like that of a user (RFC 9700 section 4.15).
    pub fn parse(text: &str) -> Result<Self, InvalidClientId> {
        let well_formed = (1..=128).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
        if !well_formed {
            return Err(InvalidClientId::Malformed);
        }
        // In the audit log, `machine` is who runs the program beside the database.
        if text.starts_with("acc_") || text == "machine" {
            return Err(InvalidClientId::LooksLikeAnAccount);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = InvalidClientId;
    fn try_from(text: String) -> Result<Self, InvalidClientId> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for ClientId {
    type Err = InvalidClientId;
    fn from_str(text: &str) -> Result<Self, InvalidClientId> {
        Self::parse(text)
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a client authenticates at the token endpoint (RFC 7591 section 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// Not at all: a public client.
    None,
    /// Secret in the `Authorization` header.
    #[default]
    ClientSecretBasic,
    /// Secret in the form.
    ClientSecretPost,
    /// Assertion signed with the client's private key (RFC 7523, SMART App Launch 2.2 asymmetric authentication).
    PrivateKeyJwt,
    /// Certificate of an authority that the tenant trusts (RFC 8705 section 2.1).
    TlsClientAuth,
    /// Certificate of the client's own, with a registered key (RFC 8705 section 2.2).
    SelfSignedTlsClientAuth,
}

impl TokenEndpointAuthMethod {
    /// The name in metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }

    /// Whether the client shows a certificate, and nothing in the request but its id.
    pub const fn uses_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }

    /// Whether the method uses a shared secret.
    pub const fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// Where a client runs (OpenID Connect Dynamic Client Registration section 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a web server or in a browser.
    #[default]
    Web,
    /// Installed on a device (RFC 8252).
    Native,
}

/// The form of a client's access tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// A JWT that resource servers verify themselves (RFC 9068).
    #[default]
    Jwt,
    /// A handle that resource servers introspect (RFC 7662).
    Opaque,
}

/// Which audiences a client's assertions may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The issuer alone (RFC 10070): an assertion sent to a dishonest server cannot be replayed here.
    #[default]
    IssuerOnly,
    /// The issuer or the token endpoint, as SMART App Launch 2.2 and UDAP clients send.
    IssuerOrTokenEndpoint,
}

/// Whether a client may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientStatus {
    /// It may.
    #[default]
    Enabled,
    /// It is treated as unknown.
    Disabled,
    /// It registered itself, and is treated as unknown until an administrator approves it.
    AwaitingApproval,
}

impl ClientStatus {
    /// The name in the stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::AwaitingApproval => "awaiting_approval",
        }
    }
}

/// The hash of a client secret, valid until it expires. A client holds two while one replaces the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// SHA-256 of the secret; we generate secrets with 256 random bits, so a fast hash is right.
    #[serde(with = "base64url_hash")]
    pub hash: Sha256Hash,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

mod base64url_hash {
    use crate::kernel::Sha256Hash;
    use crate::oauth::jose;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(hash: &Sha256Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hash.to_base64url())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sha256Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = jose::decode(&text).ok_or_else(|| D::Error::custom("a hash is not base64url"))?;
        Sha256Hash::from_bytes(&bytes).ok_or_else(|| D::Error::custom("a hash does not have 32 bytes"))
    }
}

/// A registered client. Serialises to the JSON it is stored as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, named as in the metadata"
)]
pub struct Client {
    /// The public name.
    pub client_id: ClientId,
    /// The name users see.
    pub client_name: String,
    /// Who publishes it, as users see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// A page about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Addresses of responsible people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Whether it may be used.
    #[serde(default)]
    pub status: ClientStatus,
    /// Where it runs.
    pub application_type: ApplicationType,
    /// How it authenticates.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// What it may ask tokens with.
    pub grant_types: BTreeSet<GrantType>,
    /// Where answers may go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<RegisteredRedirectUri>,
    /// Where an EHR may launch it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub launch_uris: Vec<String>,
    /// Origins that may call us from a browser, beyond those of its redirect and launch URIs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<String>,
    /// The widest scope it can ever be granted, as a scope string.
    pub scope: String,
    /// Hashes of its secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<ClientSecret>,
    /// Its public keys, unless it publishes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwkSet>,
    /// Where it publishes its public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The one algorithm of its assertions; any supported one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<SigningAlgorithm>,
    /// Audiences its assertions may name.
    #[serde(default)]
    pub assertion_audience: AssertionAudience,
    /// The algorithm of its ID tokens.
    #[serde(default = "default_id_token_algorithm")]
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// The form of its access tokens.
    #[serde(default)]
    pub access_token_format: AccessTokenFormat,
    /// Whether authorization requests need PKCE, when it is not for the profile to say. Only a confidential client can be let
    /// off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_pkce: Option<bool>,
    /// Whether authorization requests have to be pushed (RFC 9126 section 6).
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// Whether every access token has to be bound to a DPoP key (RFC 9449 section 5.2).
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
    /// The subject of its certificate, as RFC 4514 writes it (RFC 8705 section 2.1.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_subject_dn: Option<String>,
    /// A DNS name that its certificate is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_dns: Option<String>,
    /// A URI that its certificate is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_uri: Option<String>,
    /// An IP address that its certificate is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_ip: Option<String>,
    /// An e-mail address that its certificate is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_email: Option<String>,
    /// Whether every access token has to be bound to its certificate (RFC 8705 section 3.4).
    #[serde(default)]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Whether it is a resource server that may introspect tokens (RFC 7662 section 2.1).
    #[serde(default)]
    pub introspection: bool,
    /// Whether it is an EHR that is trusted to say who its user is, so that they need not sign in again in a launch.
    #[serde(default)]
    pub launch_user_assertions: bool,
    /// Where the browser may go after a logout that the app asked for (OpenID Connect RP-Initiated Logout section 3.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<RegisteredRedirectUri>,
    /// Where the app is told that a session has ended (OpenID Connect Back-Channel Logout section 2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it needs `sid` there. It always gets it.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// What the browser loads when a session has ended (OpenID Connect Front-Channel Logout section 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// Whether it needs `iss` and `sid` there.
    #[serde(default)]
    pub frontchannel_logout_session_required: bool,
    /// Whether `tenant_id` goes into its ID tokens too.
    #[serde(default)]
    pub tenant_in_id_token: bool,
    /// Whether the tenant says that it knows the app; consent pages show it.
    #[serde(default = "default_verified")]
    pub verified: bool,
    /// How often its users are asked for consent, where that is not as the tenant decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_consent: Option<AskConsent>,
    /// The rules it keeps, when they are not the tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<SecurityProfile>,
    /// How it wants its subjects, requests and answers.
    #[serde(flatten)]
    pub openid: OpenIdMetadata,
    /// The aliases of the identity providers whose users it is for; everybody when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity_providers: Vec<String>,
    /// The alias of the identity provider that its sign-ins begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_identity_provider: Option<String>,
    /// The roles, by the tenant's mapping, whose holders it is for; everybody when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_roles: Vec<String>,
    /// When the tenant's permission for it ends, in seconds since 1970 as `client_secret_expires_at` counts (RFC 7591 section
    /// 3.2.1): from then on it is treated as unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_expires_at: Option<i64>,
    /// The version of the platform's directory that the tenant approved; none for an app of the tenant's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory_version: Option<i64>,
}

pub(super) const fn default_id_token_algorithm() -> SigningAlgorithm {
    SigningAlgorithm::RS256 // OpenID Connect Dynamic Client Registration section 2
}

/// Until now only administrators registered apps.
const fn default_verified() -> bool {
    true
}

impl Client {
    /// Whether it cannot keep a secret (RFC 6749 section 2.1).
    pub const fn is_public(&self) -> bool {
        matches!(self.token_endpoint_auth_method, TokenEndpointAuthMethod::None)
    }

    /// The subject that its certificate has to be about.
    pub fn expected_subject(&self) -> Option<ExpectedSubject<'_>> {
        let dn = self
            .tls_client_auth_subject_dn
            .as_deref()
            .map(ExpectedSubject::DistinguishedName);
        let dns = || self.tls_client_auth_san_dns.as_deref().map(ExpectedSubject::Dns);
        let uri = || self.tls_client_auth_san_uri.as_deref().map(ExpectedSubject::Uri);
        let ip = || self.tls_client_auth_san_ip.as_deref().map(ExpectedSubject::Ip);
        let email = || self.tls_client_auth_san_email.as_deref().map(ExpectedSubject::Email);
        dn.or_else(dns).or_else(uri).or_else(ip).or_else(email)
    }

    /// Whether it is switched on.
    pub const fn is_enabled(&self) -> bool {
        matches!(self.status, ClientStatus::Enabled)
    }

    /// Whether it may be used at a time: it is switched on, and its permission has not ended.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        let over = |end: i64| Timestamp::from_seconds(end) <= now;
        self.is_enabled() && !self.client_expires_at.is_some_and(over)
    }

    /// Whether it is for holders of these roles.
    pub fn is_for(&self, roles: &[String]) -> bool {
        self.user_roles.is_empty() || self.user_roles.iter().any(|role| roles.contains(role))
    }

    /// Whether it is told of ended sessions, so that its ID tokens name the session.
    pub const fn follows_sessions(&self) -> bool {
        self.backchannel_logout_uri.is_some() || self.frontchannel_logout_uri.is_some()
    }

    /// Whether it may use a grant.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// The redirect URI to answer to, when `presented` is one of the client's.
    pub fn redirect_uri(&self, presented: &str) -> Option<RedirectUri> {
        redirect_uri::matches(&self.redirect_uris, self.application_type, presented)
    }

    /// Whether `secret` is one of the client's unexpired secrets. Every hash is compared, in constant time.
    pub fn verify_secret(&self, secret: &Secret<String>, now: Timestamp) -> bool {
        let presented = Sha256Hash::of(secret.expose().as_bytes());
        let valid = |held: &ClientSecret| held.expires_at.is_none_or(|end| now < end);
        self.secrets
            .iter()
            .fold(false, |found, held| (held.hash.ct_eq(&presented) & valid(held)) | found)
    }

    /// The web origins that may read answers in a browser: registered ones and those of redirect and launch URIs.
    pub fn origins(&self) -> BTreeSet<String> {
        let derived = self.redirect_uris.iter().filter_map(RegisteredRedirectUri::origin);
        let launched = self.launch_uris.iter().filter_map(|uri| redirect_uri::origin_of(uri));
        self.allowed_origins
            .iter()
            .cloned()
            .chain(derived)
            .chain(launched)
            .collect()
    }

    /// Whether `origin`, as sent in the `Origin` header, may read answers. An opaque origin (`null`) never may.
    pub fn allows_origin(&self, origin: &str) -> bool {
        origin != "null" && self.origins().contains(origin)
    }

    /// Whether consent given before `earlier` became this client still tells users the truth.
    pub fn looks_the_same_as(&self, earlier: &Self) -> bool {
        self.client_name == earlier.client_name
            && self.publisher == earlier.publisher
            && self.client_uri == earlier.client_uri
            && self.openid.logo_uri == earlier.openid.logo_uri
            && self.openid.policy_uri == earlier.openid.policy_uri
            && self.openid.tos_uri == earlier.openid.tos_uri
    }

    /// The registered keys, ready for use; `None` when they are published elsewhere or there are none.
    pub fn verification_keys(&self) -> Option<VerificationKeys> {
        self.jwks.as_ref().map(VerificationKeys::from_jwk_set)
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
