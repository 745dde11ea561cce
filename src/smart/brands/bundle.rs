//! Brands as FHIR resources (SMART App Launch 2.2, "User-access Brands"; FHIR R4).

use super::document::{Brand, BrandAddress, BrandEndpoint, BrandPortal, BrandsDocument};
use crate::kernel::{Sha256Hash, Timestamp};
use crate::smart::configuration::BrandIdentifier;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

const PROFILES: &str = "http://hl7.org/fhir/smart-app-launch/StructureDefinition";
const EXTENSIONS: &str = "http://hl7.org/fhir/StructureDefinition";
const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem";

/// Whose resources they are, and where.
#[derive(Clone, Copy, Debug)]
pub struct Publisher<'a> {
    /// `B/<tenant>/brands`; unique per tenant, so that ids of two tenants never meet in one bundle.
    pub address: &'a str,
    /// When the content changed.
    pub changed_at: Timestamp,
}

/// The entries of a bundle: JSON objects separated by commas, ready to stand beside those of other tenants. Empty for a
/// document without brands.
pub fn entries(document: &BrandsDocument, publisher: Publisher<'_>) -> String {
    let organizations = document.brands.iter().map(|brand| publisher.organization(brand));
    let endpoints = document.endpoints.iter().map(|endpoint| publisher.endpoint(endpoint));
    let entries: Vec<String> = organizations
        .chain(endpoints)
        .map(|resource| publisher.entry(&resource).to_string())
        .collect();
    entries.join(",")
}

/// The bundle around entries. `changed_at` is the last change of any of its content.
pub fn bundle<'a>(entries: impl IntoIterator<Item = &'a str>, changed_at: Timestamp) -> String {
    let instant = changed_at.to_rfc3339();
    let mut text = format!(
        "{{\"resourceType\":\"Bundle\",\"meta\":{{\"lastUpdated\":\"{instant}\",\
         \"profile\":[\"{PROFILES}/user-access-brands-bundle\"]}},\"type\":\"collection\",\"timestamp\":\"{instant}\""
    );
    let mut separator = ",\"entry\":[";
    for entry in entries.into_iter().filter(|entries| !entries.is_empty()) {
        let _ = write!(text, "{separator}{entry}"); // a String takes everything
        separator = ",";
    }
    // FHIR has no empty lists.
    text.push_str(if separator == "," { "]}" } else { "}" });
    text
}

impl Publisher<'_> {
    /// The logical id: from tenant, type and local name, so that it stays when the content changes.
    fn id(self, resource: &str, local: &str) -> String {
        let hash = Sha256Hash::of(format!("{} {resource} {local}", self.address).as_bytes());
        hash.as_bytes().iter().take(16).fold(String::new(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}"); // a String takes everything
            id
        })
    }

    fn entry(self, resource: &Value) -> Value {
        let text = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default();
        let url = format!("{}/{}/{}", self.address, text("resourceType"), text("id"));
        json!({ "fullUrl": url, "resource": resource })
    }

    fn reference(self, resource: &str, local: &str) -> Value {
        json!({ "reference": format!("{resource}/{}", self.id(resource, local)) })
    }

    fn references(self, ids: &[String]) -> Vec<Value> {
        ids.iter().map(|id| self.reference("Endpoint", id)).collect()
    }

    fn meta(self, profile: &str) -> Value {
        json!({ "lastUpdated": self.changed_at.to_rfc3339(), "profile": [format!("{PROFILES}/{profile}")] })
    }

    fn organization(self, brand: &Brand) -> Value {
        let mut extension = brand_extension(brand);
        extension.extend(brand.portals.iter().map(|portal| self.portal(portal)));
        let kind = |code: &String| json!({ "coding": [{ "system": format!("{TERMINOLOGY}/organization-type"), "code": code }] });
        object([
            ("resourceType", json!("Organization")),
            ("id", json!(self.id("Organization", &brand.id))),
            ("meta", self.meta("user-access-brand")),
            ("extension", json!(extension)),
            (
                "identifier",
                json!(brand.identifiers.iter().map(identifier).collect::<Vec<_>>()),
            ),
            ("active", json!(true)),
            ("type", json!(brand.types.iter().map(kind).collect::<Vec<_>>())),
            ("name", json!(brand.name)),
            ("alias", json!(brand.aliases)),
            ("telecom", json!([{ "system": "url", "value": brand.website }])),
            (
                "address",
                json!(brand.addresses.iter().map(address).collect::<Vec<_>>()),
            ),
            (
                "partOf",
                brand
                    .part_of
                    .as_deref()
                    .map_or(Value::Null, |parent| self.reference("Organization", parent)),
            ),
            ("endpoint", json!(self.references(&brand.endpoints))),
        ])
    }

    fn portal(self, portal: &BrandPortal) -> Value {
        let mut parts = vec![json!({ "url": "portalName", "valueString": portal.name })];
        if let Some(description) = &portal.description {
            parts.push(json!({ "url": "portalDescription", "valueMarkdown": description }));
        }
        parts.push(json!({ "url": "portalUrl", "valueUrl": portal.url }));
        parts.extend(urls("portalLogo", &portal.logos));
        parts.extend(urls("portalLogoLicense", portal.logo_license.as_slice()));
        let endpoints = self.references(&portal.endpoints).into_iter();
        parts.extend(endpoints.map(|endpoint| json!({ "url": "portalEndpoint", "valueReference": endpoint })));
        json!({ "url": format!("{EXTENSIONS}/organization-portal"), "extension": parts })
    }

    fn endpoint(self, endpoint: &BrandEndpoint) -> Value {
        let version =
            |version: &String| json!({ "url": format!("{EXTENSIONS}/endpoint-fhir-version"), "valueCode": version });
        object([
            ("resourceType", json!("Endpoint")),
            ("id", json!(self.id("Endpoint", &endpoint.id))),
            ("meta", self.meta("user-access-endpoint")),
            (
                "extension",
                json!(endpoint.fhir_versions.iter().map(version).collect::<Vec<_>>()),
            ),
            ("status", json!("active")),
            (
                "connectionType",
                json!({ "system": format!("{TERMINOLOGY}/endpoint-connection-type"), "code": "hl7-fhir-rest" }),
            ),
            ("name", json!(endpoint.name)),
            ("contact", json!([{ "system": "url", "value": endpoint.developer_url }])),
            (
                "payloadType",
                json!([{ "coding": [{ "system": format!("{TERMINOLOGY}/endpoint-payload-type"), "code": "none" }] }]),
            ),
            ("address", json!(endpoint.address.without_slash())),
        ])
    }
}

fn brand_extension(brand: &Brand) -> Vec<Value> {
    let mut parts = urls("brandLogo", &brand.logos);
    parts.extend(urls("brandLogoLicense", brand.logo_license.as_slice()));
    if parts.is_empty() {
        Vec::new()
    } else {
        vec![json!({ "url": format!("{EXTENSIONS}/organization-brand"), "extension": parts })]
    }
}

fn urls(name: &str, values: &[String]) -> Vec<Value> {
    values
        .iter()
        .map(|value| json!({ "url": name, "valueUrl": value }))
        .collect()
}

fn identifier(identifier: &BrandIdentifier) -> Value {
    object([("system", json!(identifier.system)), ("value", json!(identifier.value))])
}

fn address(address: &BrandAddress) -> Value {
    object([
        ("line", json!(address.line)),
        ("city", json!(address.city)),
        ("state", json!(address.state)),
        ("postalCode", json!(address.postal_code)),
        ("country", json!(address.country)),
    ])
}

/// Without members that are null or empty: FHIR has neither (FHIR R4, "JSON Representation of Resources").
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let is_there = |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
    let members = members.into_iter().filter(|(_, value)| is_there(value));
    Value::Object(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map<_, _>>(),
    )
}
