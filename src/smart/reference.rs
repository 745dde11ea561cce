//! FHIR names: resource types, logical ids and the relative references made of both.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Why a text is not the FHIR name it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidName {
    /// Not a resource type by its spelling.
    #[error("must be a FHIR resource type in its exact spelling, such as `Patient`")]
    Type,
    /// Not a logical id.
    #[error("must be a bare FHIR id: 1 to 64 letters, digits, `-` and `.` (not `Type/id`, not a URL)")]
    Id,
    /// Not `Type/id`.
    #[error("must be a relative reference of the form `Type/id`")]
    Reference,
}

/// A FHIR resource type by its spelling: a capital, then ASCII letters. The types are not listed here, because FHIR
/// releases add to them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TypeName(String);

impl TypeName {
    /// Longest name accepted; FHIR's longest today has 33 letters.
    const MAX_LENGTH: usize = 64;

    /// Reads a type name; `patient`, `PATIENT` and `Patient1` are refused.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let mut bytes = text.bytes();
        let capital = bytes.next().is_some_and(|b| b.is_ascii_uppercase());
        let letters = bytes.len() > 0 && bytes.clone().all(|b| b.is_ascii_alphabetic());
        // Every FHIR type has a small letter in it; a name in capitals only is a misspelling, not a new type.
        let small = bytes.any(|b| b.is_ascii_lowercase());
        if capital && letters && small && text.len() <= Self::MAX_LENGTH {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::Type)
        }
    }

    /// The name as FHIR spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A FHIR logical id (FHIR R4, datatype `id`). Patients' ids are personal data, so `Debug` hides the value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FhirId(String);

impl FhirId {
    /// Reads a bare id: `[A-Za-z0-9\-.]{1,64}`. The two dot segments fit that pattern but would climb out of the path
    /// they are put in, so they are refused.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let characters = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
        if characters && (1..=64).contains(&text.len()) && text != "." && text != ".." {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::Id)
        }
    }

    /// The bare id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FhirId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FhirId(..)")
    }
}

/// A relative FHIR reference, `Type/id`, without a version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference {
    /// The resource's type.
    pub resource: TypeName,
    /// The resource's logical id.
    pub id: FhirId,
}

impl Reference {
    /// Reads `Type/id`.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let (resource, id) = text.split_once('/').ok_or(InvalidName::Reference)?;
        match (TypeName::parse(resource), FhirId::parse(id)) {
            (Ok(resource), Ok(id)) => Ok(Self { resource, id }),
            _ => Err(InvalidName::Reference),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource, self.id)
    }
}

impl From<Reference> for String {
    fn from(value: Reference) -> Self {
        value.to_string()
    }
}

macro_rules! text_forms {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    )+};
}
text_forms!(TypeName, FhirId);

macro_rules! read_forms {
    ($($name:ident),+) => {$(
        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::parse(&text)
            }
        }
    )+};
}
read_forms!(TypeName, FhirId, Reference);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_name_needs_fhir_capitals() {
        assert!(TypeName::parse("MedicationRequest").is_ok());
        for wrong in [
            "", "P", "patient", "PATIENT", "Patient1", "Patient ", "Pati-ent", "Pätient",
        ] {
            assert_eq!(TypeName::parse(wrong), Err(InvalidName::Type), "{wrong}");
        }
    }

    #[test]
    fn an_id_has_1_to_64_characters_of_the_fhir_set() {
        assert!(FhirId::parse(&"a".repeat(64)).is_ok());
        assert!(FhirId::parse("Pat-10.42").is_ok());
        for wrong in ["", "Patient/1", "a b", "ä", "a_b", "https://x/1", &"a".repeat(65)] {
            assert_eq!(FhirId::parse(wrong), Err(InvalidName::Id), "{wrong}");
        }
    }

    #[test]
    fn dot_segments_are_no_ids() {
        assert!(FhirId::parse(".").is_err());
        assert!(FhirId::parse("..").is_err());
        assert!(FhirId::parse("...").is_ok());
    }

    #[test]
    fn debug_of_an_id_hides_it() {
        let reference = Reference::parse("Patient/secret-77").unwrap();
        assert!(!format!("{reference:?}").contains("secret-77"));
    }

    #[test]
    fn a_reference_is_type_and_id_only() {
        assert_eq!(Reference::parse("Patient/1").unwrap().to_string(), "Patient/1");
        for wrong in [
            "Patient",
            "Patient/",
            "/1",
            "Patient/1/_history/2",
            "https://x.example/Patient/1",
            "patient/1",
        ] {
            assert!(Reference::parse(wrong).is_err(), "{wrong}");
        }
    }
}
