//! What has to be entered at a hospital's identity provider, in the words of each product.
//!
//! One table ([`tables`]), from which the consoles, the command line and the documentation's test take it.

mod tables;

#[cfg(test)]
mod tests;

use super::assertion::Protocol;
use super::saml::ServiceProvider;
use crate::tenant::IssuerUrls;
use crate::web::Language;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A product that hospitals run as their identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// Microsoft Entra ID, formerly Azure AD.
    Entra,
    /// Okta.
    Okta,
    /// Active Directory Federation Services.
    Adfs,
    /// `PingFederate` and `PingOne`.
    Ping,
    /// Shibboleth Identity Provider.
    Shibboleth,
    /// Keycloak, and Red Hat build of Keycloak.
    Keycloak,
    /// Google Workspace.
    Google,
    /// Anything else that follows the standards.
    Other,
}

/// The name is none of a product.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no product {0}; use one of entra, okta, adfs, ping, shibboleth, keycloak, google, other")]
pub struct UnknownProduct(String);

impl Product {
    /// All of them, the most frequent first.
    pub const ALL: [Self; 8] = [
        Self::Entra,
        Self::Okta,
        Self::Adfs,
        Self::Ping,
        Self::Shibboleth,
        Self::Keycloak,
        Self::Google,
        Self::Other,
    ];

    /// The name in addresses, commands and settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Okta => "okta",
            Self::Adfs => "adfs",
            Self::Ping => "ping",
            Self::Shibboleth => "shibboleth",
            Self::Keycloak => "keycloak",
            Self::Google => "google",
            Self::Other => "other",
        }
    }

    /// The name that its maker gives it; `None` for what is not listed.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Entra => Some("Microsoft Entra ID"),
            Self::Okta => Some("Okta"),
            Self::Adfs => Some("AD FS"),
            Self::Ping => Some("Ping"),
            Self::Shibboleth => Some("Shibboleth"),
            Self::Keycloak => Some("Keycloak"),
            Self::Google => Some("Google"),
            Self::Other => None,
        }
    }

    /// The protocol to take where nothing speaks for the other: what the product does best.
    pub const fn usual_protocol(self) -> Protocol {
        match self {
            Self::Adfs | Self::Shibboleth => Protocol::Saml2,
            _ => Protocol::OpenIdConnect,
        }
    }

    /// The product that a provider's issuer or entity id speaks of; anything else when it says nothing.
    pub fn recognise(identifier: &str) -> Self {
        const SIGNS: [(&str, Product); 9] = [
            ("login.microsoftonline.com", Product::Entra),
            ("sts.windows.net", Product::Entra),
            (".okta.com", Product::Okta),
            ("www.okta.com", Product::Okta),
            ("/adfs", Product::Adfs),
            ("pingone", Product::Ping),
            ("/idp/shibboleth", Product::Shibboleth),
            ("/realms/", Product::Keycloak),
            ("accounts.google.com", Product::Google),
        ];
        let sign = SIGNS.into_iter().find(|(sign, _)| identifier.contains(sign));
        sign.map_or(Self::Other, |(_, product)| product)
    }

    /// What to do there for this protocol; `None` for the tenant's own accounts.
    pub const fn guide(self, protocol: Protocol) -> Option<&'static Guide> {
        tables::find(self, protocol)
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Product {
    type Err = UnknownProduct;

    fn from_str(text: &str) -> Result<Self, UnknownProduct> {
        Self::ALL
            .into_iter()
            .find(|product| product.as_str() == text)
            .ok_or_else(|| UnknownProduct(text.chars().take(40).collect()))
    }
}

/// The same in each language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    english: &'static str,
    spanish: &'static str,
}

impl Words {
    const fn new(english: &'static str, spanish: &'static str) -> Self {
        Self { english, spanish }
    }

    /// In one language.
    pub const fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Spanish => self.spanish,
        }
    }
}

/// What is entered in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Where the browser comes back (OpenID Connect Core 1.0 section 3.1.2.1, `redirect_uri`).
    RedirectUri,
    /// Where the browser comes back after logging out (OpenID Connect RP-Initiated Logout 1.0).
    PostLogoutRedirectUri,
    /// Where the provider says that a session is over (OpenID Connect Back-Channel Logout 1.0).
    BackchannelLogoutUri,
    /// The same through the browser (OpenID Connect Front-Channel Logout 1.0).
    FrontchannelLogoutUri,
    /// Our public keys (RFC 7523), where we authenticate by key.
    JwksUri,
    /// Our entity ID, which is also the address of our metadata (SAML Metadata 2.0 section 2.3.2).
    EntityId,
    /// Our assertion consumer service.
    AcsUrl,
    /// Our single logout service.
    SloUrl,
    /// A choice, or something to do.
    Text(Words),
}

impl Entry {
    /// The address that is entered, at the provider with this alias; `None` for a choice.
    pub fn address(self, urls: &IssuerUrls, alias: &str) -> Option<String> {
        let saml = || ServiceProvider::new(urls.issuer(), alias);
        Some(match self {
            Self::RedirectUri => urls.federation_callback(alias),
            Self::PostLogoutRedirectUri => urls.federation(alias, "signed-out"),
            Self::BackchannelLogoutUri => urls.federation(alias, "backchannel-logout"),
            Self::FrontchannelLogoutUri => urls.federation(alias, "frontchannel-logout"),
            Self::JwksUri => urls.federation(alias, "jwks"),
            Self::EntityId => saml().entity_id,
            Self::AcsUrl => saml().acs_url,
            Self::SloUrl => saml().slo_url,
            Self::Text(_) => return None,
        })
    }

    /// What is entered.
    pub fn value(self, urls: &IssuerUrls, alias: &str, language: Language) -> String {
        match self {
            Self::Text(words) => words.in_language(language).to_owned(),
            other => other.address(urls, alias).unwrap_or_default(),
        }
    }
}

/// A field at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, as the product has it in English.
    pub name: &'static str,
    /// What is entered there.
    pub entry: Entry,
    /// Whether sign-in works without it.
    pub optional: bool,
}

/// What the provider gives back, to be entered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BringBack {
    /// For OpenID Connect.
    Oidc {
        /// How the issuer looks there.
        issuer: &'static str,
        /// What the client id is called there.
        client_id: &'static str,
        /// What the client secret is called there.
        client_secret: &'static str,
    },
    /// For SAML.
    Saml {
        /// How the address of the metadata looks there; none when there is only a file.
        metadata_url: Option<&'static str>,
        /// What the metadata are called there.
        metadata: &'static str,
    },
}

/// What to do at one product for one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guide {
    /// Where to begin in the product's console.
    pub place: &'static str,
    /// The fields, in the order in which they come.
    pub fields: &'static [Field],
    /// What comes back.
    pub bring_back: BringBack,
    /// What goes wrong most often, if anything is known.
    pub caution: Option<Words>,
}

/// A field with what is entered, as commands and the API print it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilledField {
    /// Its name at the product.
    pub field: &'static str,
    /// What is entered.
    pub value: String,
    /// Whether it is an address to be copied letter by letter.
    pub copy: bool,
    /// Whether sign-in works without it.
    pub optional: bool,
}

impl Guide {
    /// The fields with what is entered at the provider with this alias.
    pub fn filled(&self, urls: &IssuerUrls, alias: &str, language: Language) -> Vec<FilledField> {
        let filled = self.fields.iter().map(|field| FilledField {
            field: field.name,
            value: field.entry.value(urls, alias, language),
            copy: !matches!(field.entry, Entry::Text(_)),
            optional: field.optional,
        });
        filled.collect()
    }
}
