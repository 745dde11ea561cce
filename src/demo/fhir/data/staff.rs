//! What is the same for all patients of a hospital: the organisation, its places and its staff.

use super::{RXNORM, SNOMED, coded, hl7, reference};
use serde_json::{Value, json};

pub(super) fn resources(slug: &str, name: &str) -> Vec<Value> {
    vec![
        json!({
            "resourceType": "Organization", "id": "hospital", "active": true, "name": name,
            "identifier": [{ "system": "http://hl7.org/fhir/sid/us-npi", "value": "1122334455" }],
            "type": [hl7("organization-type", "prov")],
            "telecom": [{ "system": "phone", "value": "555-0100" }],
            "address": [{ "line": ["1 Hospital Road"], "city": "Springfield", "state": "IL", "postalCode": "62701", "country": "US" }],
        }),
        json!({
            "resourceType": "Organization", "id": "payer", "active": true, "name": "Prairie Health Plan",
            "identifier": [{ "system": "urn:demo:payer", "value": "PHP-1" }], "type": [hl7("organization-type", "pay")],
        }),
        json!({
            "resourceType": "Location", "id": "ward-1", "status": "active", "name": "Ward 1",
            "type": [hl7("v3-RoleCode", "HU")], "managingOrganization": reference("Organization", "hospital"),
            "address": { "line": ["1 Hospital Road"], "city": "Springfield", "state": "IL", "postalCode": "62701" },
        }),
        json!({
            "resourceType": "HealthcareService", "id": "outpatients", "active": true, "name": "Outpatient clinic",
            "providedBy": reference("Organization", "hospital"), "location": [reference("Location", "ward-1")],
        }),
        json!({
            "resourceType": "Endpoint", "id": "direct", "status": "active",
            "connectionType": { "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "hl7-fhir-rest" },
            "payloadType": [{ "text": "FHIR R4" }], "address": format!("https://{slug}.example/fhir"),
            "managingOrganization": reference("Organization", "hospital"),
        }),
        json!({
            "resourceType": "Medication", "id": "metformin", "status": "active",
            "code": coded(RXNORM, "860975", "Metformin hydrochloride 500 mg tablet"),
        }),
        practitioner("ana", "Ana", "Ruiz", Some("1234567893")),
        practitioner("ben", "Ben", "Carter", None),
        role("ana", "59058001", "General physician"),
        role("ben", "224535009", "Registered nurse"),
    ]
}

fn practitioner(id: &str, given: &str, family: &str, npi: Option<&str>) -> Value {
    let (system, value) = match npi {
        Some(npi) => ("http://hl7.org/fhir/sid/us-npi", npi.to_owned()),
        None => ("urn:demo:staff-number", format!("staff-{id}")),
    };
    json!({
        "resourceType": "Practitioner", "id": id, "active": true,
        "identifier": [{ "system": system, "value": value }],
        "name": [{ "use": "official", "family": family, "given": [given] }],
        "telecom": [{ "system": "email", "value": format!("{id}@staff.example") }],
    })
}

fn role(id: &str, code: &str, text: &str) -> Value {
    json!({
        "resourceType": "PractitionerRole", "id": format!("{id}-role"), "active": true,
        "practitioner": reference("Practitioner", id), "organization": reference("Organization", "hospital"),
        "code": [coded(SNOMED, code, text)], "location": [reference("Location", "ward-1")],
        "telecom": [{ "system": "phone", "value": "555-0110" }], "endpoint": [reference("Endpoint", "direct")],
    })
}
