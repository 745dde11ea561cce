//! Made-up records, the same at every start.
//!
//! Ids are alike at every hospital, so that a token of one that opened the other would be seen at once.

mod care;
mod chart;
mod findings;
mod patients;
mod staff;

use chart::Chart;
use serde_json::{Value, json};

const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
/// When everybody was last seen. Fixed: the data do not depend on the day they are looked at.
const VISIT: &str = "2026-01-05T09:00:00Z";
/// The day of that visit.
const VISIT_DAY: &str = "2026-01-05";

/// All resources of a hospital.
pub(super) fn resources(slug: &str, name: &str) -> Vec<Value> {
    let mut all = staff::resources(slug, name);
    for (number, row) in patients::PATIENTS.iter().enumerate() {
        let chart = Chart { row, number };
        all.push(patients::patient(slug, &chart));
        all.push(patients::next_of_kin(&chart));
        all.extend(findings::resources(&chart));
        all.extend(care::resources(&chart));
    }
    for resource in &mut all {
        if let Some(object) = resource.as_object_mut() {
            let meta = json!({ "versionId": "1", "lastUpdated": VISIT });
            object.insert("meta".into(), meta);
        }
    }
    all
}

/// A CodeableConcept with one coding.
fn coded(system: &str, code: &str, text: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": text }], "text": text })
}

/// A code of one of HL7's own code systems.
fn hl7(system: &str, code: &str) -> Value {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    json!({ "coding": [{ "system": system, "code": code }] })
}

fn reference(kind: &str, id: &str) -> Value {
    json!({ "reference": format!("{kind}/{id}") })
}
