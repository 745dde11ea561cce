//! What is read of FHIR answers: as little as the pickers show.

use crate::smart::FhirId;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle {
    resource_type: String,
    #[serde(default)]
    pub(super) entry: Vec<Entry>,
    #[serde(default)]
    pub(super) link: Vec<Link>,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) resource: Value,
}

#[derive(Deserialize)]
pub(super) struct Link {
    pub(super) relation: String,
    pub(super) url: String,
}

impl Bundle {
    /// Whether this is a Bundle at all, and not an OperationOutcome that happens to fit.
    pub(super) fn is_one(&self) -> bool {
        self.resource_type == "Bundle"
    }

    /// The address of a page beside this one.
    pub(super) fn link(&self, relations: &[&str]) -> Option<&str> {
        let link = self
            .link
            .iter()
            .find(|link| relations.contains(&link.relation.as_str()));
        link.map(|link| link.url.as_str())
    }

    /// The resources of a type that can be read. A search may bring OperationOutcomes along; what is unreadable cannot be
    /// chosen.
    pub(super) fn resources<T: for<'de> Deserialize<'de>>(self, kind: &str) -> impl Iterator<Item = T> {
        self.entry
            .into_iter()
            .filter(move |entry| entry.resource.get("resourceType").and_then(Value::as_str) == Some(kind))
            .filter_map(|entry| serde_json::from_value(entry.resource).ok())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Patient {
    pub(super) id: FhirId,
    #[serde(default)]
    pub(super) name: Vec<HumanName>,
    pub(super) birth_date: Option<String>,
    pub(super) gender: Option<String>,
    #[serde(default)]
    pub(super) identifier: Vec<Identifier>,
    pub(super) deceased_boolean: Option<bool>,
    pub(super) deceased_date_time: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct HumanName {
    pub(super) r#use: Option<String>,
    text: Option<String>,
    family: Option<String>,
    #[serde(default)]
    given: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Identifier {
    pub(super) r#use: Option<String>,
    #[serde(default)]
    r#type: CodeableConcept,
    pub(super) system: Option<String>,
    pub(super) value: Option<String>,
}

#[derive(Deserialize, Default)]
pub(super) struct CodeableConcept {
    text: Option<String>,
    #[serde(default)]
    coding: Vec<Coding>,
}

#[derive(Deserialize, Default)]
pub(super) struct Coding {
    code: Option<String>,
    display: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Encounter {
    pub(super) id: FhirId,
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) class: Coding,
    #[serde(default)]
    pub(super) r#type: Vec<CodeableConcept>,
    pub(super) subject: Option<Reference>,
    pub(super) period: Option<Period>,
    #[serde(default)]
    pub(super) location: Vec<EncounterLocation>,
    #[serde(rename = "serviceProvider")]
    pub(super) service_provider: Option<Reference>,
}

#[derive(Deserialize)]
pub(super) struct EncounterLocation {
    pub(super) location: Reference,
}

#[derive(Deserialize, Default)]
pub(super) struct Reference {
    pub(super) reference: Option<String>,
    pub(super) display: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Period {
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RelatedPerson {
    pub(super) active: Option<bool>,
    pub(super) patient: Reference,
    pub(super) period: Option<Period>,
    #[serde(default)]
    pub(super) identifier: Vec<Identifier>,
}

#[derive(Deserialize)]
pub(super) struct Person {
    pub(super) active: Option<bool>,
    #[serde(default)]
    pub(super) link: Vec<PersonLink>,
}

#[derive(Deserialize)]
pub(super) struct PersonLink {
    pub(super) target: Reference,
}

/// Somebody, as far as it matters who has an identifier.
#[derive(Deserialize)]
pub(super) struct Identified {
    pub(super) id: FhirId,
    pub(super) active: Option<bool>,
    #[serde(default)]
    identifier: Vec<Identifier>,
}

impl Identified {
    /// Whether this is one of its identifiers, and not a former one.
    pub(super) fn has(&self, system: &str, value: &str) -> bool {
        self.identifier.iter().any(|identifier| {
            identifier.system.as_deref() == Some(system)
                && identifier.value.as_deref().map(str::trim) == Some(value)
                && identifier.r#use.as_deref() != Some("old")
        })
    }
}

impl HumanName {
    pub(super) fn shown(&self) -> Option<String> {
        if let Some(text) = self.text.as_ref().filter(|text| !text.trim().is_empty()) {
            return Some(text.clone());
        }
        let parts: Vec<&str> = self
            .given
            .iter()
            .map(String::as_str)
            .chain(self.family.as_deref())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

impl Identifier {
    /// The medical record number (HL7 table 0203, code MR).
    pub(super) fn is_record_number(&self) -> bool {
        self.r#type
            .coding
            .iter()
            .any(|coding| coding.code.as_deref() == Some("MR"))
    }
}

impl CodeableConcept {
    pub(super) fn shown(&self) -> Option<String> {
        let display = || self.coding.iter().find_map(|coding| coding.display.clone());
        self.text.clone().or_else(display)
    }
}

impl Coding {
    pub(super) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    pub(super) fn shown(&self) -> Option<String> {
        self.display.clone().or_else(|| self.code.clone())
    }
}

impl Reference {
    /// The id, when this refers to a resource of this type, by a relative reference or a URL, with or without a version.
    pub(super) fn id_of(&self, kind: &str) -> Option<FhirId> {
        let text = self.reference.as_deref()?;
        let text = text.split("/_history/").next()?;
        let mut parts = text.rsplit('/');
        let (id, found) = (parts.next()?, parts.next()?);
        if found == kind { FhirId::parse(id).ok() } else { None }
    }
}
