//! A tenant's identity providers, as stored and ready for use.

use super::choice::{InvalidOffer, Offer};
use super::mapping::{CompiledMapping, MappingRules};
use super::oidc::OidcProviderConfig;
use super::saml::SamlProviderConfig;
use crate::kernel::Secret;
use crate::kernel::id::IdentityProviderId;
use crate::store::tenant::IdentityProviderRecord;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use thiserror::Error;

/// `kind` of an OpenID Connect provider.
pub const OIDC: &str = "oidc";
/// `kind` of a SAML 2.0 provider.
pub const SAML: &str = "saml";
/// `kind` of the tenant's own accounts.
pub const LOCAL: &str = "local";

/// The stored settings of an OpenID Connect provider. The client secret is stored beside them, sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcDocument {
    /// Members of [`OidcProviderConfig`], without the secret.
    pub provider: Map<String, Value>,
    /// From claims to identity.
    #[serde(default)]
    pub mapping: MappingRules,
    /// When it is offered.
    #[serde(default)]
    pub offer: Offer,
}

/// The stored settings of a SAML 2.0 provider. Its metadata and our keys are stored beside them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamlDocument {
    /// How to talk to it.
    pub provider: SamlProviderConfig,
    /// From attributes to identity.
    #[serde(default)]
    pub mapping: MappingRules,
    /// When it is offered.
    #[serde(default)]
    pub offer: Offer,
}

/// The stored settings of the tenant's own accounts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalDocument {
    /// When they are offered.
    #[serde(default)]
    pub offer: Offer,
}

/// Why stored settings cannot be used. An administrator sees it; users see that sign-in does not work.
#[derive(Debug, Error)]
pub enum InvalidProvider {
    /// The settings are not those of a provider.
    #[error("the settings cannot be read: {0}")]
    Document(#[from] serde_json::Error),
    /// A setting cannot work.
    #[error(transparent)]
    Config(#[from] super::oidc::InvalidConfig),
    /// A setting of a SAML provider cannot work.
    #[error(transparent)]
    Saml(#[from] super::saml::InvalidSamlConfig),
    /// When it is offered.
    #[error(transparent)]
    Offer(#[from] InvalidOffer),
    /// A mapping rule does not compile.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Mapping(Vec<super::mapping::RuleError>),
    /// The kind is unknown to this version.
    #[error("the kind is unknown; use {OIDC}, {SAML} or {LOCAL}")]
    Kind,
    /// The alias cannot be part of an address.
    #[error("an alias has 1 to 40 characters of a-z, 0-9 and inner hyphens")]
    Alias,
}

/// An OpenID Connect provider, ready for use. Holds our client secret, therefore no derived `Debug`.
pub struct OidcProvider {
    /// How to talk to it.
    pub config: OidcProviderConfig,
    /// What its claims mean, compiled once.
    pub mapping: CompiledMapping,
}

impl fmt::Debug for OidcProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OidcProvider({})", self.config.issuer)
    }
}

/// A SAML 2.0 provider, ready for use.
#[derive(Debug)]
pub struct SamlProvider {
    /// How to talk to it.
    pub config: SamlProviderConfig,
    /// What its attributes mean, compiled once.
    pub mapping: CompiledMapping,
    /// Whether a mapping rule names the account, so that the NameID need not.
    pub subject_rule: bool,
}

/// How users prove who they are there.
#[derive(Debug)]
pub enum ProviderKind {
    /// At an OpenID Connect provider.
    Oidc(Box<OidcProvider>),
    /// At a SAML 2.0 provider.
    Saml(Box<SamlProvider>),
    /// With user name and password of an account of the tenant.
    Local,
}

/// One way to sign in at a tenant.
#[derive(Debug)]
pub struct IdentityProvider {
    /// Its id; part of the account's key.
    pub id: IdentityProviderId,
    /// Its name in addresses.
    pub alias: String,
    /// The hospital's own words on the button.
    pub display_name: String,
    /// When it is offered.
    pub offer: Offer,
    /// How it works.
    pub kind: ProviderKind,
}

/// Whether somebody who signs in there can turn out to have a FHIR record of their own: their account says so, or a mapping
/// rule.
pub fn gives_records(record: &IdentityProviderRecord) -> bool {
    let settings = || serde_json::from_str::<Value>(&record.document).unwrap_or_default();
    record.kind == LOCAL
        || settings().get("mapping").is_some_and(|mapping| {
            ["patient", "patients", "fhirUser", "fhirUserTable", "fhirUserLookup"]
                .iter()
                .any(|rule| mapping.get(*rule).is_some())
        })
}

/// Whether an alias can be part of an address.
pub fn check_alias(alias: &str) -> Result<(), InvalidProvider> {
    let fits = (1..=40).contains(&alias.len())
        && alias
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !alias.starts_with('-')
        && !alias.ends_with('-');
    if fits { Ok(()) } else { Err(InvalidProvider::Alias) }
}

impl OidcDocument {
    /// Checks settings and rules, with the secret they are used with.
    pub fn ready(&self, secret: Option<Secret<String>>) -> Result<OidcProvider, InvalidProvider> {
        let mut config: OidcProviderConfig = serde_json::from_value(Value::Object(self.provider.clone()))?;
        config.client_secret = secret;
        config.check()?;
        self.offer.check()?;
        let mapping = CompiledMapping::compile(&self.mapping).map_err(InvalidProvider::Mapping)?;
        Ok(OidcProvider { config, mapping })
    }
}

impl SamlDocument {
    /// Checks settings and rules.
    pub fn ready(&self) -> Result<SamlProvider, InvalidProvider> {
        self.provider.check()?;
        self.offer.check()?;
        let mapping = CompiledMapping::compile(&self.mapping).map_err(InvalidProvider::Mapping)?;
        Ok(SamlProvider {
            config: self.provider.clone(),
            mapping,
            subject_rule: self.mapping.subject.is_some(),
        })
    }
}

impl TryFrom<IdentityProviderRecord> for IdentityProvider {
    type Error = InvalidProvider;

    fn try_from(record: IdentityProviderRecord) -> Result<Self, InvalidProvider> {
        let (offer, kind) = match record.kind.as_str() {
            LOCAL => {
                let document: LocalDocument = serde_json::from_str(&record.document)?;
                (document.offer, ProviderKind::Local)
            }
            OIDC => {
                let document: OidcDocument = serde_json::from_str(&record.document)?;
                let secret = record
                    .secret
                    .map(|secret| String::from_utf8_lossy(secret.expose()).into_owned());
                let ready = document.ready(secret.map(Secret::new))?;
                (document.offer, ProviderKind::Oidc(Box::new(ready)))
            }
            SAML => {
                let document: SamlDocument = serde_json::from_str(&record.document)?;
                let ready = document.ready()?;
                (document.offer, ProviderKind::Saml(Box::new(ready)))
            }
            _ => return Err(InvalidProvider::Kind),
        };
        Ok(Self {
            id: record.id,
            alias: record.alias,
            display_name: record.display_name,
            offer,
            kind,
        })
    }
}
