//! Which resource types belong to no patient.

use crate::smart::TypeName;

/// Types that describe the organisation and its staff, places and medicines. A `patient/` scope lets an app read them,
/// because a patient's record points to them (SMART App Launch 2.2 leaves this to the server; US certification needs
/// it), but never change them. Every type not listed here, known or not, is bound to the patient in context: Task and
/// Device are outside the patient compartment of FHIR R4 too, yet they tell about patients.
const SHARED: [&str; 8] = [
    "Endpoint",
    "HealthcareService",
    "Location",
    "Medication",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Substance",
];

/// Whether resources of this type are the same for all patients.
pub fn is_shared(resource: &TypeName) -> bool {
    SHARED.contains(&resource.as_str())
}

/// The shared types.
pub fn shared_types() -> impl Iterator<Item = TypeName> {
    SHARED.into_iter().filter_map(|name| TypeName::parse(name).ok())
}
