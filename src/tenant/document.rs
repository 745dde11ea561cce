//! The tenant document: what a tenant's administrators decide. Data, not configuration.

use crate::oauth::limits::Lifetimes;
use crate::smart::{FhirBase, ScopeSet};
use crate::web::branding::Colour;
use serde::{Deserialize, Serialize};

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
    /// Where the patient picker searches, when that is not the first FHIR base.
    pub patient_directory: Option<FhirBase>,
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
            scope_ceiling: "openid fhirUser profile launch launch/patient launch/encounter offline_access \
                            online_access patient/*.cruds user/*.cruds system/*.cruds"
                .to_owned(),
            scopes_supported: [
                "openid",
                "fhirUser",
                "profile",
                "launch/patient",
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
        let colour = problem("branding.primary_colour");
        self.branding
            .primary_colour
            .parse::<Colour>()
            .map_err(|error| colour(&error))?;
        if let Some(tint) = &self.branding.background_tint {
            tint.parse::<Colour>()
                .map_err(|error| problem("branding.background_tint")(&error))?;
        }
        Ok(())
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
    fn what_is_written_reads_back_the_same() {
        let document = TenantDocument {
            display_name: "North".into(),
            ..TenantDocument::default()
        };
        let text = serde_json::to_string(&document).unwrap();
        assert_eq!(serde_json::from_str::<TenantDocument>(&text).unwrap(), document);
    }
}
