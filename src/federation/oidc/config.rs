//! A tenant's settings for one OpenID Connect provider.

use crate::kernel::Secret;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

/// Signature algorithms a tenant may accept for ID tokens.
///
/// `none` cannot be chosen, nor the HMAC algorithms: with those, whoever knows the client secret signs as the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSA PKCS #1 v1.5 with SHA-256.
    RS256,
    /// RSA PKCS #1 v1.5 with SHA-384.
    RS384,
    /// RSA PKCS #1 v1.5 with SHA-512.
    RS512,
    /// RSA PSS with SHA-256.
    PS256,
    /// RSA PSS with SHA-384.
    PS384,
    /// RSA PSS with SHA-512.
    PS512,
    /// ECDSA with P-256.
    ES256,
    /// ECDSA with P-384.
    ES384,
    /// Ed25519.
    EdDSA,
}

impl SigningAlgorithm {
    /// The name in a JOSE header (RFC 7518 section 3.1, RFC 8037 section 3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    pub(super) const fn core(self) -> CoreJwsSigningAlgorithm {
        match self {
            Self::RS256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            Self::RS384 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
            Self::RS512 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
            Self::PS256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
            Self::PS384 => CoreJwsSigningAlgorithm::RsaSsaPssSha384,
            Self::PS512 => CoreJwsSigningAlgorithm::RsaSsaPssSha512,
            Self::ES256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            Self::ES384 => CoreJwsSigningAlgorithm::EcdsaP384Sha384,
            Self::EdDSA => CoreJwsSigningAlgorithm::EdDsa,
        }
    }
}

/// How we prove ourselves at the provider's token endpoint (OpenID Connect Core 1.0 section 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// The secret in the Authorization header.
    #[default]
    ClientSecretBasic,
    /// The secret in the form.
    ClientSecretPost,
    /// No secret: a public client with PKCE.
    None,
}

/// Settings of one provider at one tenant.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcProviderConfig {
    /// The issuer, exactly as the provider writes it. Pinned: metadata, `iss` and ID tokens must repeat it.
    pub issuer: String,
    /// Our client id at the provider.
    pub client_id: String,
    /// Our client secret at the provider.
    #[serde(default)]
    pub client_secret: Option<Secret<String>>,
    /// How the secret is sent.
    #[serde(default)]
    pub authentication: ClientAuthentication,
    /// Scopes asked for; `openid` is added when missing.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// Algorithms accepted for ID tokens.
    #[serde(default = "default_algorithms")]
    pub id_token_algorithms: Vec<SigningAlgorithm>,
    /// Audiences that may stand beside our client id in an ID token.
    #[serde(default)]
    pub trusted_audiences: Vec<String>,
    /// Whether UserInfo is asked for claims that the ID token does not carry.
    #[serde(default)]
    pub fetch_user_info: bool,
    /// Accepts a re-authentication without `auth_time`, for providers that never send it. Weakens `max_age`.
    #[serde(default)]
    pub waive_auth_time: bool,
    /// Leaves the provider's session alone when somebody signs out here.
    #[serde(default)]
    pub local_logout: bool,
}

fn default_scopes() -> Vec<String> {
    ["openid", "profile", "email"].map(str::to_owned).to_vec()
}

fn default_algorithms() -> Vec<SigningAlgorithm> {
    vec![SigningAlgorithm::RS256]
}

/// Why a provider's settings cannot work.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidConfig {
    /// Not an absolute URL without query and fragment (OpenID Connect Core 1.0 section 2, `iss`).
    #[error("the issuer must be a URL without query or fragment, exactly as the provider publishes it")]
    Issuer,
    /// The issuer is a template.
    #[error("the issuer contains a placeholder; enter the issuer of your own directory instead of a shared one")]
    IssuerTemplate,
    /// No client id.
    #[error("the client id is missing")]
    ClientId,
    /// A secret is needed and missing, or given and not used.
    #[error("client_secret_basic and client_secret_post need a client secret; none must not have one")]
    Secret,
    /// No algorithm accepted.
    #[error("at least one ID token algorithm must be accepted; RS256 is what providers use by default")]
    Algorithms,
    /// A scope with a space in it, or empty.
    #[error("each scope is one word")]
    Scope,
}

impl OidcProviderConfig {
    /// A confidential client with the usual settings.
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>, client_secret: Secret<String>) -> Self {
        Self {
            issuer: issuer.into(),
            client_id: client_id.into(),
            client_secret: Some(client_secret),
            authentication: ClientAuthentication::default(),
            scopes: default_scopes(),
            id_token_algorithms: default_algorithms(),
            trusted_audiences: Vec::new(),
            fetch_user_info: false,
            waive_auth_time: false,
            local_logout: false,
        }
    }

    /// Whether the settings can work at all.
    pub fn check(&self) -> Result<(), InvalidConfig> {
        if self.issuer.contains(['{', '}']) {
            return Err(InvalidConfig::IssuerTemplate);
        }
        let issuer = Url::parse(&self.issuer).map_err(|_| InvalidConfig::Issuer)?;
        if issuer.cannot_be_a_base() || issuer.query().is_some() || issuer.fragment().is_some() {
            return Err(InvalidConfig::Issuer);
        }
        if self.client_id.is_empty() {
            return Err(InvalidConfig::ClientId);
        }
        if self.client_secret.is_some() == (self.authentication == ClientAuthentication::None) {
            return Err(InvalidConfig::Secret);
        }
        if self.id_token_algorithms.is_empty() {
            return Err(InvalidConfig::Algorithms);
        }
        if self
            .scopes
            .iter()
            .any(|scope| scope.is_empty() || scope.contains(char::is_whitespace))
        {
            return Err(InvalidConfig::Scope);
        }
        Ok(())
    }

    /// The `scope` parameter; `openid` comes first and always.
    pub(super) fn scope_parameter(&self) -> String {
        let mut scope = String::from("openid");
        for other in self.scopes.iter().filter(|scope| *scope != "openid") {
            scope.push(' ');
            scope.push_str(other);
        }
        scope
    }
}
