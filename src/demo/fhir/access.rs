//! Which resources pass under the conditions of a token's scopes.

use super::parameters::Parameter;
use super::text;
use crate::gateway::decision::Conditions;
use crate::smart::TypeName;
use crate::smart::scope::{Constraint, Parameter as ConstraintParameter};
use serde_json::Value;

/// Where R4 resources name the patient they are about.
const PATIENT_MEMBERS: [&str; 3] = ["subject", "patient", "beneficiary"];

/// The id of the patient a resource is about.
fn patient_of(resource: &Value) -> Option<&str> {
    if text(resource, "resourceType") == "Patient" {
        return resource.get("id").and_then(Value::as_str);
    }
    let direct = PATIENT_MEMBERS.iter().find_map(|member| resource.get(member));
    // A Provenance is about whom it names among its targets.
    let targets = resource.get("target").and_then(Value::as_array).into_iter().flatten();
    direct
        .into_iter()
        .chain(targets)
        .find_map(|reference| reference.get("reference")?.as_str()?.strip_prefix("Patient/"))
}

/// Whether a resource is about this patient.
pub(super) fn is_about(resource: &Value, patient: &str) -> bool {
    patient_of(resource) == Some(patient)
}

/// Whether one of the token's ways fits the resource.
pub(super) fn passes(conditions: &Conditions, resource: &Value) -> bool {
    let Ok(name) = TypeName::parse(text(resource, "resourceType")) else {
        return false;
    };
    conditions.alternatives(&name).any(|permitted| {
        let patient_fits = permitted
            .patient
            .as_ref()
            .is_none_or(|patient| is_about(resource, patient.as_str()));
        patient_fits
            && permitted
                .constraints
                .iter()
                .all(|constraint| meets(resource, constraint))
    })
}

/// A granular scope's criterion, read as the search it is (SMART App Launch 2.2, "Finer-grained resource constraints
/// using search parameters"). What this server cannot search for is not met.
fn meets(resource: &Value, constraint: &Constraint) -> bool {
    let ConstraintParameter::Plain(name) = constraint.parameter() else {
        return false;
    };
    let Some(parameter) = Parameter::find(name) else {
        return false;
    };
    let mut alternatives = constraint.alternatives().iter();
    alternatives.any(|wanted| parameter.matches(resource, None, wanted) == Some(true))
}
