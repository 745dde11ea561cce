//! What a tenant's administrators say of one FHIR server, for discovery (SMART App Launch 2.2, "Conformance").

use super::Slug;
use crate::smart::FhirBase;
use crate::smart::configuration::{AssociatedEndpoint, BrandIdentifier};
use serde::{Deserialize, Serialize};

/// Facts of a FHIR server that only its operator knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FhirServerDocument {
    /// The server: one of the tenant's FHIR bases.
    pub base: FhirBase,
    /// Its part in the address of its own discovery document, `I/fhir-servers/<name>/...`: a-z, 0-9 and inner hyphens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The versions of FHIR that it speaks, such as `4.0.1`, which is assumed when none is named. Apps are told of them in
    /// `authorization_details` (SMART App Launch 2.2, experimental).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fhir_versions: Vec<String>,
    /// Whether it keeps app state (SMART App Launch 2.2, "App State", experimental).
    #[serde(default)]
    pub app_state: bool,
    /// Other FHIR endpoints that take the same tokens, such as one that keeps app state (experimental).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub associated_endpoints: Vec<AssociatedEndpoint>,
    /// Which of the tenant's published brands it belongs to, when it is not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand_identifier: Option<BrandIdentifier>,
}

/// The version that most servers speak: the one that regulation in the United States names.
const USUAL_VERSION: &str = "4.0.1";

impl FhirServerDocument {
    /// The versions of FHIR that a server speaks, of which there may be a description.
    pub fn versions(described: Option<&Self>) -> Vec<String> {
        let versions = described.map(|server| server.fhir_versions.clone());
        let versions = versions.filter(|versions| !versions.is_empty());
        versions.unwrap_or_else(|| vec![USUAL_VERSION.to_owned()])
    }

    /// Checks the list of a tenant with these FHIR bases; none means the default one, which is checked when it is known.
    pub(super) fn check_all(servers: &[Self], bases: &[FhirBase]) -> Result<(), String> {
        for (position, server) in servers.iter().enumerate() {
            let earlier = servers.get(..position).unwrap_or_default();
            let base = &server.base;
            if !bases.is_empty() && !bases.contains(base) {
                return Err(format!("{base} is not one of fhir_bases"));
            }
            if earlier.iter().any(|other| other.base == *base) {
                return Err(format!("{base} is described twice"));
            }
            if let Some(name) = &server.name {
                Slug::parse(name).map_err(|error| format!("the name {name} cannot be used: {error}"))?;
                if earlier.iter().any(|other| other.name.as_ref() == Some(name)) {
                    return Err(format!("the name {name} is used twice"));
                }
            }
            let readable = |version: &String| {
                let numbers: Vec<&str> = version.split('-').next().unwrap_or_default().split('.').collect();
                let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                version.len() <= 32 && numbers.len() == 3 && numbers.iter().all(is_number)
            };
            if server.fhir_versions.len() > 8 || !server.fhir_versions.iter().all(readable) {
                return Err(format!(
                    "fhir_versions of {base} has to hold up to 8 versions such as 4.0.1"
                ));
            }
            for endpoint in &server.associated_endpoints {
                FhirBase::parse(&endpoint.url)
                    .map_err(|error| format!("associated endpoint {}: {error}", endpoint.url))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(servers: serde_json::Value) -> Result<(), String> {
        let servers: Vec<FhirServerDocument> = serde_json::from_value(servers).unwrap();
        let bases = ["https://fhir.example/r4", "https://fhir.example/r5"].map(|base| FhirBase::parse(base).unwrap());
        FhirServerDocument::check_all(&servers, &bases)
    }

    #[test]
    fn a_server_is_one_of_the_tenants_described_once_under_a_name_of_its_own() {
        let r4 = json!({ "base": "https://fhir.example/r4", "name": "r4", "app_state": true });
        assert_eq!(
            check(json!([r4, { "base": "https://fhir.example/r5", "name": "r5" }])),
            Ok(())
        );
        for (wrong, told) in [
            (
                json!([{ "base": "https://elsewhere.example/r4" }]),
                "not one of fhir_bases",
            ),
            (json!([r4, r4]), "described twice"),
            (
                json!([r4, { "base": "https://fhir.example/r5", "name": "r4" }]),
                "used twice",
            ),
            (
                json!([{ "base": "https://fhir.example/r4", "name": "R 4" }]),
                "cannot be used",
            ),
            (
                json!([{ "base": "https://fhir.example/r4", "fhir_versions": ["R4"] }]),
                "such as 4.0.1",
            ),
            (
                json!([{ "base": "https://fhir.example/r4", "associated_endpoints": [{ "url": "x", "capabilities": [] }] }]),
                "associated endpoint x",
            ),
        ] {
            let error = check(wrong).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
