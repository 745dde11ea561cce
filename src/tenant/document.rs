//! The tenant document: what a tenant's administrators decide. Data, not configuration.

use super::patient_directory::PatientDirectoryDocument;
use crate::oauth::limits::Lifetimes;
use crate::smart::{FhirBase, ScopeSet};
use crate::web::branding::{Branding, BrandingError, Colour, Logo};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// A tenant's settings, stored as JSON. Members that are missing have the defaults below.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantDocument {
    /// The name people see.
    pub display_name: String,
    /// Colours and logo.
    pub branding: BrandingDocument,
    /// Whom to ask: a web address, an e-mail address, a telephone number, or words.
    pub help_contact: Option<String>,
    /// The tenant's privacy notice (https).
    pub privacy_url: Option<String>,
    /// FHIR servers that take this tenant's tokens; each is a legal `aud`. Empty means `B/<tenant>/fhir`.
    pub fhir_bases: Vec<FhirBase>,
    /// Where patients and encounters are searched, as whom, and who may be chosen. None: the defaults.
    pub patient_directory: Option<PatientDirectoryDocument>,
    /// The widest scope any app can be granted at this tenant.
    pub scope_ceiling: String,
    /// The scopes listed in discovery; every one of them works.
    pub scopes_supported: Vec<String>,
    /// How long codes, tokens and sessions live.
    pub lifetimes: Lifetimes,
    /// Regions whose data this tenant's tokens open; copied into access tokens as `data_regions`.
    pub data_regions: Vec<String>,
    /// Roles whose holders may choose any patient of the tenant in the picker. Empty: everyone whose own FHIR resource
    /// is a Practitioner.
    pub patient_picker_roles: Vec<String>,
}

/// Colours and logo, as entered; checked for contrast when they are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrandingDocument {
    /// Buttons and links, `#rrggbb`.
    pub primary_colour: String,
    /// Page background, `#rrggbb`.
    pub background_tint: Option<String>,
    /// PNG or SVG, base64.
    pub logo: Option<String>,
}

impl Default for BrandingDocument {
    fn default() -> Self {
        Self {
            primary_colour: "#0b5fa5".to_owned(),
            background_tint: None,
            logo: None,
        }
    }
}

impl Default for TenantDocument {
    fn default() -> Self {
        Self {
            display_name: String::new(),
            branding: BrandingDocument::default(),
            help_contact: None,
            privacy_url: None,
            fhir_bases: Vec::new(),
            patient_directory: None,
            scope_ceiling:
                "openid fhirUser profile launch launch/patient launch/encounter offline_access patient/*.cruds user/*.cruds \
                            system/*.cruds __introspect __launch"
                    .to_owned(),
            scopes_supported: [
                "openid",
                "fhirUser",
                "profile",
                "launch",
                "launch/patient",
                "launch/encounter",
                "offline_access",
                "patient/*.rs",
                "user/*.rs",
                "patient/*.read",
                "user/*.read",
            ]
            .map(str::to_owned)
            .to_vec(),
            lifetimes: Lifetimes::default(),
            data_regions: Vec::new(),
            patient_picker_roles: Vec::new(),
        }
    }
}

impl TenantDocument {
    /// Checks what can be checked without knowing anything else; an error names the member and the problem.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let problem = |member: &'static str| move |error: &dyn std::fmt::Display| (member, error.to_string());
        ScopeSet::parse_strictly(&self.scope_ceiling).map_err(|error| problem("scope_ceiling")(&error))?;
        self.lifetimes.check().map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            ("lifetimes", faults.join("; "))
        })?;
        if let Some(address) = &self.privacy_url
            && !address.starts_with("https://")
        {
            return Err(("privacy_url", "is not an https address".to_owned()));
        }
        self.directory().check(&self.fhir_bases)?;
        self.brand("-").map(drop)
    }

    /// How patients are found.
    pub fn directory(&self) -> &PatientDirectoryDocument {
        static DEFAULT: LazyLock<PatientDirectoryDocument> = LazyLock::new(PatientDirectoryDocument::default);
        self.patient_directory.as_ref().unwrap_or(&DEFAULT)
    }

    /// The brand, checked as for showing it; an error names the member and the problem. A document that has no name shows
    /// `registered_name`.
    pub fn brand(&self, registered_name: &str) -> Result<Branding, (&'static str, String)> {
        let name = if self.display_name.is_empty() {
            registered_name
        } else {
            &self.display_name
        };
        let colour = |member, text: &str| text.parse::<Colour>().map_err(|error| (member, error.to_string()));
        let primary = colour("branding.primary_colour", &self.branding.primary_colour)?;
        let tint = match &self.branding.background_tint {
            Some(tint) => Some(colour("branding.background_tint", tint)?),
            None => None,
        };
        let logo = match &self.branding.logo {
            Some(text) => {
                let bytes = STANDARD
                    .decode(text)
                    .map_err(|error| ("branding.logo", format!("is not base64: {error}")))?;
                Some(Logo::check(bytes).map_err(|error| ("branding.logo", error.to_string()))?)
            }
            None => None,
        };
        Branding::new(name, primary, tint, logo).map_err(|error| {
            let member = match error {
                BrandingError::Name => "display_name",
                BrandingError::PrimaryTooPale { .. } => "branding.primary_colour",
                BrandingError::TintTooDark { .. } => "branding.background_tint",
            };
            (member, error.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_document_has_the_defaults() {
        let document: TenantDocument = serde_json::from_str("{}").unwrap();
        assert_eq!(document, TenantDocument::default());
    }

    #[test]
    fn a_misspelt_member_is_refused() {
        assert!(serde_json::from_str::<TenantDocument>(r#"{"displayName": "North"}"#).is_err());
    }

    #[test]
    fn a_brand_that_pages_cannot_show_is_refused_with_the_member() {
        let refused = |change: fn(&mut TenantDocument)| {
            let mut document = TenantDocument::default();
            change(&mut document);
            document.check().unwrap_err().0
        };
        assert_eq!(
            refused(|document| document.display_name = "x".repeat(121)),
            "display_name"
        );
        let primary = "branding.primary_colour";
        assert_eq!(
            refused(|document| document.branding.primary_colour = "blue".into()),
            primary
        );
        assert_eq!(
            refused(|document| document.branding.primary_colour = "#ffffff".into()),
            primary
        );
        let tint = refused(|document| document.branding.background_tint = Some("#000000".into()));
        assert_eq!(tint, "branding.background_tint");
        assert_eq!(
            refused(|document| document.branding.logo = Some("AAAA".into())),
            "branding.logo"
        );
        assert_eq!(
            refused(|document| document.privacy_url = Some("http://x.example".into())),
            "privacy_url"
        );
        assert_eq!(TenantDocument::default().check(), Ok(()));
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let document = TenantDocument {
            display_name: "North".into(),
            ..TenantDocument::default()
        };
        let text = serde_json::to_string(&document).unwrap();
        assert_eq!(serde_json::from_str::<TenantDocument>(&text).unwrap(), document);
    }
}
