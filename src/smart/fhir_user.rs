//! The `fhirUser` claim (SMART App Launch 2.2, "Scopes for requesting identity data").

use super::fhir_base::FhirBase;
use super::reference::{FhirId, InvalidName, TypeName};
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// The resource types that may stand for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FhirUserType {
    /// A patient.
    Patient,
    /// A clinician or other professional.
    Practitioner,
    /// A professional in one role. Legal, but some test kits refuse it; prefer [`Self::Practitioner`].
    PractitionerRole,
    /// A relative or representative of one patient.
    RelatedPerson,
    /// A person who fits nothing else, such as the proxy of several patients.
    Person,
}

impl FhirUserType {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Patient,
        Self::Practitioner,
        Self::PractitionerRole,
        Self::RelatedPerson,
        Self::Person,
    ];

    /// The FHIR type name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Practitioner => "Practitioner",
            Self::PractitionerRole => "PractitionerRole",
            Self::RelatedPerson => "RelatedPerson",
            Self::Person => "Person",
        }
    }
}

/// The FHIR resource that represents a user, on one FHIR server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FhirUser {
    /// What kind of user.
    pub resource_type: FhirUserType,
    /// The resource's id.
    pub id: FhirId,
}

/// Why a text is not a `fhirUser`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidFhirUser {
    /// An absolute URL that is not below the FHIR base it is used with.
    #[error("fhirUser is on another FHIR server than the one it is used with")]
    OtherServer,
    /// Not `Type/id`.
    #[error("fhirUser must be `Type/id`, or that below the FHIR base URL, with nothing after it")]
    Shape,
    /// A type that cannot be a user.
    #[error("fhirUser must be a Patient, Practitioner, PractitionerRole, RelatedPerson or Person")]
    Type,
    /// The id.
    #[error("the id in fhirUser {0}")]
    Id(#[from] InvalidName),
}

impl FhirUser {
    /// Reads a relative `Type/id`. A version (`/_history/3`) is dropped: the claim names the user, not one edition of
    /// the record.
    pub fn parse_relative(text: &str) -> Result<Self, InvalidFhirUser> {
        let mut segments = text.split('/');
        let (Some(name), Some(id)) = (segments.next(), segments.next()) else {
            return Err(InvalidFhirUser::Shape);
        };
        match (segments.next(), segments.next(), segments.next()) {
            (None, None, None) => {}
            (Some("_history"), Some(version), None) if FhirId::parse(version).is_ok() => {}
            _ => return Err(InvalidFhirUser::Shape),
        }
        let resource_type = FhirUserType::ALL
            .into_iter()
            .find(|known| known.as_str() == name)
            .ok_or(InvalidFhirUser::Type)?;
        Ok(Self {
            resource_type,
            id: FhirId::parse(id)?,
        })
    }

    /// Reads an absolute URL below `base`, or a reference relative to it.
    pub fn parse(text: &str, base: &FhirBase) -> Result<Self, InvalidFhirUser> {
        if text.contains("://") {
            Self::parse_relative(base.strip(text).ok_or(InvalidFhirUser::OtherServer)?)
        } else {
            Self::parse_relative(text)
        }
    }

    /// The claim's value: the absolute URL, without version and trailing slash.
    pub fn absolute(&self, base: &FhirBase) -> String {
        base.join(&self.to_string())
    }

    /// Whether this is the resource `Type/id`.
    pub fn is(&self, resource: &TypeName, id: &FhirId) -> bool {
        self.resource_type.as_str() == resource.as_str() && self.id == *id
    }
}

impl fmt::Display for FhirUser {
    /// `Type/id`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource_type.as_str(), self.id)
    }
}

impl TryFrom<String> for FhirUser {
    type Error = InvalidFhirUser;
    fn try_from(text: String) -> Result<Self, InvalidFhirUser> {
        Self::parse_relative(&text)
    }
}

impl From<FhirUser> for String {
    fn from(user: FhirUser) -> Self {
        user.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> FhirBase {
        FhirBase::parse("https://fhir.example.org/r4").unwrap()
    }

    #[test]
    fn absolute_and_relative_name_the_same_user() {
        let relative = FhirUser::parse("Practitioner/p1", &base()).unwrap();
        let absolute = FhirUser::parse("https://FHIR.example.org/r4/Practitioner/p1", &base()).unwrap();
        assert_eq!(relative, absolute);
        assert_eq!(
            relative.absolute(&base()),
            "https://fhir.example.org/r4/Practitioner/p1"
        );
    }

    #[test]
    fn a_user_on_another_server_is_refused() {
        let foreign = "https://elsewhere.example.org/r4/Practitioner/p1";
        assert_eq!(FhirUser::parse(foreign, &base()), Err(InvalidFhirUser::OtherServer));
    }

    #[test]
    fn a_version_is_dropped() {
        let user = FhirUser::parse("https://fhir.example.org/r4/Patient/p1/_history/3", &base()).unwrap();
        assert_eq!(user.to_string(), "Patient/p1");
    }

    #[test]
    fn a_broken_version_is_refused() {
        for wrong in [
            "Patient/p1/_history",
            "Patient/p1/_history/",
            "Patient/p1/_history/3/x",
            "Patient/p1/",
        ] {
            assert_eq!(FhirUser::parse_relative(wrong), Err(InvalidFhirUser::Shape), "{wrong}");
        }
    }

    #[test]
    fn only_the_five_types_can_be_users() {
        for known in FhirUserType::ALL {
            assert!(FhirUser::parse_relative(&format!("{}/1", known.as_str())).is_ok());
        }
        assert_eq!(FhirUser::parse_relative("Organization/1"), Err(InvalidFhirUser::Type));
    }

    #[test]
    fn the_id_follows_the_fhir_grammar() {
        assert!(matches!(
            FhirUser::parse_relative("Patient/a_b"),
            Err(InvalidFhirUser::Id(_))
        ));
        assert!(matches!(
            FhirUser::parse_relative("Patient/.."),
            Err(InvalidFhirUser::Id(_))
        ));
    }
}
