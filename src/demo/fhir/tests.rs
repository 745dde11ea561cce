use super::parameters::Parameter;
use super::*;
use serde_json::json;
use std::collections::BTreeSet;

fn records() -> Records {
    let mut world = FhirWorld::default();
    world.add("northside", "Northside General");
    world.hospitals.remove("northside").unwrap()
}

fn all(records: &Records) -> Vec<&Value> {
    records.resources.values().flatten().collect()
}

#[test]
fn every_us_core_type_is_there() {
    const US_CORE: [&str; 27] = [
        "AllergyIntolerance",
        "CarePlan",
        "CareTeam",
        "Condition",
        "Coverage",
        "Device",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "Endpoint",
        "Goal",
        "Immunization",
        "Location",
        "Medication",
        "MedicationDispense",
        "MedicationRequest",
        "Observation",
        "Organization",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
        "Provenance",
        "QuestionnaireResponse",
        "RelatedPerson",
        "ServiceRequest",
        "Specimen",
    ];
    let records = records();
    let missing: Vec<_> = US_CORE.iter().filter(|name| records.of_type(name).is_empty()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn no_two_resources_of_a_type_share_an_id() {
    let records = records();
    let keys: Vec<_> = all(&records)
        .iter()
        .map(|resource| (text(resource, "resourceType"), text(resource, "id")))
        .collect();
    let distinct: BTreeSet<_> = keys.iter().collect();
    assert_eq!(keys.len(), distinct.len());
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => {
            for item in items {
                references(item, found);
            }
        }
        Value::Object(object) => {
            found.extend(object.get("reference").and_then(Value::as_str));
            for inner in object.values() {
                references(inner, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let records = records();
    let mut found = Vec::new();
    for resource in all(&records) {
        references(resource, &mut found);
    }
    assert!(found.len() > 1000);
    for reference in found {
        let (name, id) = reference.split_once('/').unwrap();
        assert!(records.get(name, id).is_some(), "{reference}");
    }
}

#[test]
fn empty_arrays_are_not_fhir() {
    fn check(value: &Value, path: &str) {
        match value {
            Value::Array(items) => {
                assert!(!items.is_empty(), "{path}");
                for item in items {
                    check(item, path);
                }
            }
            Value::Object(object) => {
                for (name, inner) in object {
                    check(inner, &format!("{path}.{name}"));
                }
            }
            other => assert!(!other.is_null(), "{path}"),
        }
    }
    for resource in all(&records()) {
        check(resource, text(resource, "id"));
    }
}

#[test]
fn the_data_are_the_same_at_every_start() {
    assert_eq!(records().resources, records().resources);
}

#[test]
fn the_picker_has_its_hard_cases() {
    let records = records();
    let patients = records.of_type("Patient");
    assert_eq!(patients.len(), 25);
    let named = |name: &str| {
        let parameter = Parameter::find("name").unwrap();
        patients
            .iter()
            .filter(|patient| parameter.matches(patient, None, name) == Some(true))
            .count()
    };
    assert_eq!(named("maria lopez"), 2, "two of one name");
    assert_eq!(named("כהן"), 1, "from right to left");
    assert_eq!(named("hohenstein"), 1, "very long, and found by an inner word");
    assert!(patients.iter().any(|patient| patient.get("deceasedDateTime").is_some()));
}

#[track_caller]
fn check(name: &str, resource: &Value, wanted: &str, expected: bool) {
    let parameter = Parameter::find(name).unwrap();
    assert_eq!(
        parameter.matches(resource, None, wanted),
        Some(expected),
        "{name}={wanted} on {resource}"
    );
}

#[test]
fn tokens_match_by_code_and_by_system() {
    let resource =
        json!({ "category": [{ "coding": [{ "system": "urn:s", "code": "a" }, { "system": "urn:t", "code": "b" }] }] });
    check("category", &resource, "a", true);
    check("category", &resource, "urn:s|a", true);
    check("category", &resource, "urn:s|", true);
    check("category", &resource, "urn:s|b", false);
    check("category", &resource, "|a", false);
    check("category", &resource, "A", false);
    let identified = json!({ "identifier": [{ "system": "urn:s", "value": "MRN-1" }] });
    check("identifier", &identified, "mrn-1", true);
    check("identifier", &identified, "urn:x|MRN-1", false);
    check("active", &json!({ "active": true }), "true", true);
    check("status", &json!({ "status": "final" }), "amended", false);
}

#[test]
fn dates_match_to_the_precision_asked_for() {
    let resource = json!({ "effectiveDateTime": "2026-01-05T09:00:00Z" });
    check("date", &resource, "2026", true);
    check("date", &resource, "2026-01-05", true);
    check("date", &resource, "2026-01-06", false);
    check("date", &resource, "ge2026-01-05", true);
    check("date", &resource, "gt2026-01-05", false);
    check("date", &resource, "lt2026-02", true);
    check("date", &resource, "2026-01-05T04:00:00-05:00", true);
    check("date", &resource, "gt2026-01-05T09:00:00+00:00", false);
    check("date", &resource, "yesterday", false);
}

#[test]
fn references_match_in_every_spelling() {
    let resource = json!({ "subject": { "reference": "Patient/maria" } });
    check("patient", &resource, "maria", true);
    check("patient", &resource, "Patient/maria", true);
    check("patient", &resource, "https://fhir.test/Patient/maria", true);
    check("patient", &resource, "Group/maria", false);
    check("patient", &resource, "mari", false);
    check(
        "patient",
        &json!({ "subject": { "reference": "Group/maria" } }),
        "maria",
        false,
    );
}
