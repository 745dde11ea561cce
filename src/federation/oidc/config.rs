//! A tenant's settings for one OpenID Connect provider.

use crate::federation::key_rotation::KeyRotation;
use crate::kernel::Secret;
use crate::oauth::jose;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// An assertion signed with the secret (HS256).
    ClientSecretJwt,
    /// An assertion signed with a key of ours, which the provider reads at our JWKS address or knows by its certificate.
    PrivateKeyJwt,
    /// No secret: a public client with PKCE.
    None,
}

/// For whom a client assertion is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The issuer: what cannot be replayed elsewhere.
    #[default]
    Issuer,
    /// The token endpoint, which older providers insist on (OpenID Connect Core 1.0 section 9).
    TokenEndpoint,
}

/// The endpoints of a provider that publishes no metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManualEndpoints {
    /// Where browsers are sent.
    pub authorization_endpoint: Url,
    /// Where codes are redeemed.
    pub token_endpoint: Url,
    /// Its keys.
    pub jwks_uri: Url,
    /// UserInfo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<Url>,
    /// Where browsers are sent for logging out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<Url>,
    /// Whether its answers carry `iss` (RFC 9207): then they must.
    #[serde(default)]
    pub sends_issuer_parameter: bool,
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
    /// How we prove who we are.
    #[serde(default)]
    pub authentication: ClientAuthentication,
    /// For whom client assertions are meant.
    #[serde(default)]
    pub assertion_audience: AssertionAudience,
    /// How client assertions are signed with our key: RS256, RS384 or PS256.
    #[serde(default = "default_assertion_algorithm")]
    pub assertion_algorithm: jose::SigningAlgorithm,
    /// The endpoints, for a provider without metadata; discovered when absent.
    #[serde(default)]
    pub endpoints: Option<ManualEndpoints>,
    /// What the provider's authentication contexts are called towards apps (`acr`). Where there is a table, other contexts are not
    /// asked for.
    #[serde(default)]
    pub acr: BTreeMap<String, String>,
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
    /// When our keys there change.
    #[serde(default)]
    pub key_rotation: KeyRotation,
}

fn default_scopes() -> Vec<String> {
    ["openid", "profile", "email"].map(str::to_owned).to_vec()
}

const fn default_assertion_algorithm() -> jose::SigningAlgorithm {
    jose::SigningAlgorithm::RS256
}

fn default_algorithms() -> Vec<SigningAlgorithm> {
    vec![SigningAlgorithm::RS256]
}

/// Why a provider's settings cannot work.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidConfig {
    /// Our keys cannot change at these times.
    #[error("key_rotation: publish_days is 1 to 365, and after_days is greater and at most 1095")]
    KeyRotation,
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
    #[error(
        "client_secret_basic, client_secret_post and client_secret_jwt need a client secret; private_key_jwt and none must not \
         have one"
    )]
    Secret,
    /// A secret that is too short to sign with.
    #[error("a client secret that signs (client_secret_jwt) has at least 32 bytes")]
    ShortSecret,
    /// Our keys are RSA keys.
    #[error("client assertions are signed with RS256, RS384 or PS256")]
    AssertionAlgorithm,
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
            assertion_audience: AssertionAudience::default(),
            assertion_algorithm: default_assertion_algorithm(),
            endpoints: None,
            acr: BTreeMap::new(),
            scopes: default_scopes(),
            id_token_algorithms: default_algorithms(),
            trusted_audiences: Vec::new(),
            fetch_user_info: false,
            waive_auth_time: false,
            local_logout: false,
            key_rotation: KeyRotation::default(),
        }
    }

    /// Whether the settings can work at all.
    pub fn check(&self) -> Result<(), InvalidConfig> {
        if !self.key_rotation.works() {
            return Err(InvalidConfig::KeyRotation);
        }
        if self.issuer.contains(['{', '}', '<', '>']) {
            return Err(InvalidConfig::IssuerTemplate);
        }
        // What a reader of addresses would tidy up is not what the provider publishes.
        if !self.issuer.chars().all(|letter| letter.is_ascii_graphic()) {
            return Err(InvalidConfig::Issuer);
        }
        let issuer = Url::parse(&self.issuer).map_err(|_| InvalidConfig::Issuer)?;
        if issuer.cannot_be_a_base() || issuer.query().is_some() || issuer.fragment().is_some() {
            return Err(InvalidConfig::Issuer);
        }
        if self.client_id.is_empty() {
            return Err(InvalidConfig::ClientId);
        }
        let needs_secret = !matches!(
            self.authentication,
            ClientAuthentication::None | ClientAuthentication::PrivateKeyJwt
        );
        if self.client_secret.is_some() != needs_secret {
            return Err(InvalidConfig::Secret);
        }
        // RFC 7518 section 3.2: a key of HS256 has the size of its digest.
        let signs = self.authentication == ClientAuthentication::ClientSecretJwt;
        if signs
            && self
                .client_secret
                .as_ref()
                .is_some_and(|secret| secret.expose().len() < 32)
        {
            return Err(InvalidConfig::ShortSecret);
        }
        let rsa = [
            jose::SigningAlgorithm::RS256,
            jose::SigningAlgorithm::RS384,
            jose::SigningAlgorithm::PS256,
        ];
        if !rsa.contains(&self.assertion_algorithm) {
            return Err(InvalidConfig::AssertionAlgorithm);
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

    /// What apps are told of a context.
    pub fn acr_of<'a>(&'a self, context: &'a str) -> &'a str {
        self.acr.get(context).map_or(context, String::as_str)
    }

    /// The provider's names of contexts that apps ask for: those of the table, in which others are unknown; without a table, the same.
    pub(super) fn upstream_contexts(&self, asked: &[String]) -> Vec<String> {
        if self.acr.is_empty() {
            return asked.to_vec();
        }
        let named = |asked: &String| {
            let matching = self.acr.iter().filter(|(_, name)| *name == asked);
            matching.map(|(context, _)| context.clone()).collect::<Vec<_>>()
        };
        asked.iter().flat_map(named).collect()
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
