//! A tenant's settings for one SAML identity provider.

use super::super::key_rotation::KeyRotation;
use super::assertion::NameId;
use super::crypto::{TrustedKey, TrustedKeys};
use super::metadata::Binding;
use super::names::{EMAIL, PERSISTENT, TRANSIENT};
use super::policy::{CLOCK_SKEW, LARGEST_CLOCK_SKEW};
use super::response::Require;
use super::service_provider::Comparison;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// What every authentication context class of the standard begins with (SAML Authentication Context 2.0 section 3.4).
const CLASS_PREFIX: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:";

/// Settings of one provider at one tenant. The metadata are stored beside them, since they change without us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamlProviderConfig {
    /// The provider's entity ID. Pinned: metadata, responses and assertions must repeat it.
    pub entity_id: String,
    /// Where its metadata are fetched; without, they change only when somebody enters them anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<Url>,
    /// Certificates (PEM) of the keys of which one has to sign the metadata as a whole; any metadata from the address when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metadata_certificates: Vec<String>,
    /// What it has to sign.
    #[serde(default)]
    pub require: Require,
    /// How requests are sent: by redirect, unless this says otherwise or the provider has only the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<Binding>,
    /// Sends unsigned requests to a provider that does not ask for signed ones.
    #[serde(default)]
    pub unsigned_requests: bool,
    /// NameID formats that identify an account. E-mail addresses only when named here: providers reassign them.
    #[serde(default = "persistent_only")]
    pub name_id_formats: Vec<String>,
    /// What authentication context classes are called towards apps (`acr`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub acr: BTreeMap<String, String>,
    /// How strictly requested contexts are meant.
    #[serde(default)]
    pub context_comparison: Comparison,
    /// Tolerance between the clocks, in seconds.
    #[serde(default = "usual_skew")]
    pub clock_skew_seconds: u64,
    /// Leaves the provider's session alone when somebody signs out here.
    #[serde(default)]
    pub local_logout: bool,
    /// When our keys there change.
    #[serde(default, skip_serializing_if = "KeyRotation::is_usual")]
    pub key_rotation: KeyRotation,
    /// Takes responses without a request of ours, and sends the browser here afterwards. Off unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp_initiated: Option<IdpInitiated>,
}

/// Where sign-ins lead that begin at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdpInitiated {
    /// Where the browser goes, unless its `RelayState` is one of `targets`.
    pub target: Url,
    /// Addresses by `RelayState`. Whatever else a `RelayState` says is ignored.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub targets: BTreeMap<String, Url>,
}

fn persistent_only() -> Vec<String> {
    vec![PERSISTENT.to_owned()]
}

const fn usual_skew() -> u64 {
    CLOCK_SKEW.as_secs()
}

/// Why a provider's settings cannot work.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidSamlConfig {
    /// Our keys cannot change at these times.
    #[error("key_rotation: publish_days is 1 to 365, and after_days is greater and at most 1095")]
    KeyRotation,
    /// No entity ID.
    #[error("the identity provider's entity ID has 1 to 1024 characters")]
    EntityId,
    /// Identity from something that is new each time.
    #[error(
        "transient NameIDs are new at each sign-in and cannot identify an account; set a mapping rule for the subject"
    )]
    Transient,
    /// Too much tolerance.
    #[error("the tolerance between clocks is at most {} seconds", LARGEST_CLOCK_SKEW.as_secs())]
    Skew,
    /// Not a certificate.
    #[error("a certificate for the metadata is not PEM, or its key is too weak")]
    MetadataCertificate,
    /// An address that a browser cannot be sent to.
    #[error("an address to go on to begins with https:// or http://")]
    Target,
}

impl SamlProviderConfig {
    /// The usual settings for the provider with this entity ID.
    pub fn new(entity_id: impl Into<String>) -> Self {
        Self {
            entity_id: entity_id.into(),
            metadata_url: None,
            metadata_certificates: Vec::new(),
            require: Require::default(),
            binding: None,
            unsigned_requests: false,
            name_id_formats: persistent_only(),
            acr: BTreeMap::new(),
            context_comparison: Comparison::default(),
            clock_skew_seconds: usual_skew(),
            local_logout: false,
            key_rotation: KeyRotation::default(),
            idp_initiated: None,
        }
    }

    /// Whether the settings can work at all.
    pub fn check(&self) -> Result<(), InvalidSamlConfig> {
        if !self.key_rotation.works() {
            return Err(InvalidSamlConfig::KeyRotation);
        }
        // SAML Core 2.0 section 8.3.6: at most 1024 characters.
        if self.entity_id.is_empty() || self.entity_id.chars().count() > 1024 {
            return Err(InvalidSamlConfig::EntityId);
        }
        if self.name_id_formats.iter().any(|format| format == TRANSIENT) {
            return Err(InvalidSamlConfig::Transient);
        }
        if self.skew() > LARGEST_CLOCK_SKEW {
            return Err(InvalidSamlConfig::Skew);
        }
        self.metadata_keys()?;
        let web = |url: &Url| matches!(url.scheme(), "https" | "http");
        let targets = self
            .idp_initiated
            .iter()
            .flat_map(|initiated| initiated.targets.values().chain([&initiated.target]));
        if targets.into_iter().any(|url| !web(url)) {
            return Err(InvalidSamlConfig::Target);
        }
        Ok(())
    }

    /// The keys of which one has to sign the metadata; none when that is not asked.
    pub fn metadata_keys(&self) -> Result<Option<TrustedKeys>, InvalidSamlConfig> {
        let read = |pem: &String| {
            let base64: String = pem
                .lines()
                .map(str::trim)
                .filter(|line| !line.starts_with("-----"))
                .collect();
            let der = STANDARD.decode(base64).ok()?;
            TrustedKey::from_certificate(&der).ok()
        };
        if self.metadata_certificates.is_empty() {
            return Ok(None);
        }
        let keys = self.metadata_certificates.iter().map(read);
        let keys: Option<Vec<TrustedKey>> = keys.collect();
        keys.map(|keys| Some(TrustedKeys::new(keys)))
            .ok_or(InvalidSamlConfig::MetadataCertificate)
    }

    /// Tolerance between the clocks.
    pub const fn skew(&self) -> Duration {
        Duration::from_secs(self.clock_skew_seconds)
    }

    /// Whether this name identifies an account.
    pub fn identifies(&self, name_id: &NameId) -> bool {
        name_id.format != TRANSIENT && self.name_id_formats.contains(&name_id.format)
    }

    /// The format to ask for: the only one that identifies, if there is only one.
    pub fn wanted_format(&self) -> Option<&str> {
        match self.name_id_formats.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// What apps are told of a context class.
    pub fn acr_of<'a>(&'a self, class: &'a str) -> &'a str {
        self.acr.get(class).map_or(class, String::as_str)
    }

    /// The context classes behind `acr` values: those of the table, and the standard's own names as they are.
    pub fn classes_of(&self, acr_values: &[String]) -> Vec<String> {
        let mut classes: Vec<String> = Vec::new();
        for acr in acr_values {
            let named = self.acr.iter().filter(|(_, name)| *name == acr).map(|(class, _)| class);
            let own = Some(acr).filter(|acr| acr.starts_with(CLASS_PREFIX));
            for class in named.chain(own) {
                if !classes.contains(class) {
                    classes.push(class.clone());
                }
            }
        }
        classes
    }

    /// The format with this short name, as it is typed at the command line.
    pub fn format_named(name: &str) -> String {
        match name {
            "persistent" => PERSISTENT.to_owned(),
            "email" => EMAIL.to_owned(),
            "unspecified" => super::names::UNSPECIFIED.to_owned(),
            "transient" => TRANSIENT.to_owned(),
            other => other.to_owned(),
        }
    }
}
