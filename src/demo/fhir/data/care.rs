//! What was done and planned: visits, medicines, vaccinations, procedures, plans, documents, cover.

use super::chart::Chart;
use super::{LOINC, RXNORM, SNOMED, VISIT, VISIT_DAY, coded, hl7, reference};
use serde_json::{Value, json};

pub(super) fn resources(chart: &Chart<'_>) -> Vec<Value> {
    let mut all = visits(chart);
    all.extend(medicines(chart));
    all.extend(procedures(chart));
    all.extend(plans(chart));
    all.extend(documents(chart));
    all.extend(belongings(chart));
    all
}

fn visits(chart: &Chart<'_>) -> Vec<Value> {
    let encounter = |kind: &str, start: &str, end: &str, code: &str, text: &str| {
        json!({
            "resourceType": "Encounter", "id": chart.id(kind), "status": "finished", "subject": chart.subject(),
            "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory" },
            "type": [coded(SNOMED, code, text)], "period": { "start": start, "end": end },
            "participant": [{ "individual": reference("Practitioner", "ana") }],
            "location": [{ "location": { "reference": "Location/ward-1", "display": "Ward 1" } }],
            "serviceProvider": reference("Organization", "hospital"),
        })
    };
    vec![
        encounter(
            "visit",
            VISIT,
            "2026-01-05T09:30:00Z",
            "185345009",
            "Encounter for symptom",
        ),
        encounter(
            "checkup",
            "2025-06-16T14:00:00Z",
            "2025-06-16T14:20:00Z",
            "185349003",
            "Encounter for check up",
        ),
    ]
}

fn medicines(chart: &Chart<'_>) -> Vec<Value> {
    let lisinopril = coded(RXNORM, "314076", "Lisinopril 10 mg oral tablet");
    vec![
        json!({
            "resourceType": "AllergyIntolerance", "id": chart.id("penicillin"), "patient": chart.subject(),
            "clinicalStatus": hl7("allergyintolerance-clinical", "active"),
            "verificationStatus": hl7("allergyintolerance-verification", "confirmed"),
            "category": ["medication"], "code": coded(SNOMED, "91936005", "Allergy to penicillin"),
            "reaction": [{ "manifestation": [coded(SNOMED, "271807003", "Rash")] }], "recordedDate": "2019-04-02",
        }),
        json!({
            "resourceType": "MedicationRequest", "id": chart.id("lisinopril"), "status": "active", "intent": "order",
            "medicationCodeableConcept": lisinopril, "subject": chart.subject(), "encounter": chart.visit(),
            "authoredOn": VISIT_DAY, "requester": reference("Practitioner", "ana"),
            "dosageInstruction": [{ "text": "One tablet every morning" }],
        }),
        json!({
            "resourceType": "MedicationRequest", "id": chart.id("metformin"), "status": "stopped", "intent": "order",
            "medicationReference": reference("Medication", "metformin"), "subject": chart.subject(),
            "authoredOn": "2024-09-12", "requester": reference("Practitioner", "ana"),
        }),
        json!({
            "resourceType": "MedicationDispense", "id": chart.id("dispense"), "status": "completed",
            "medicationCodeableConcept": lisinopril, "subject": chart.subject(),
            "authorizingPrescription": [chart.to("MedicationRequest", "lisinopril")],
            "quantity": { "value": 30 }, "whenHandedOver": "2026-01-06",
        }),
        json!({
            "resourceType": "Immunization", "id": chart.id("influenza"), "status": "completed", "patient": chart.subject(),
            "vaccineCode": coded("http://hl7.org/fhir/sid/cvx", "140", "Influenza, seasonal"),
            "occurrenceDateTime": "2025-10-14", "primarySource": true, "location": reference("Location", "ward-1"),
        }),
        json!({
            "resourceType": "Immunization", "id": chart.id("tetanus"), "status": "completed", "patient": chart.subject(),
            "vaccineCode": coded("http://hl7.org/fhir/sid/cvx", "115", "Tetanus, diphtheria and pertussis"),
            "occurrenceDateTime": "2021-03-30", "primarySource": true,
        }),
    ]
}

fn procedures(chart: &Chart<'_>) -> Vec<Value> {
    vec![
        json!({
            "resourceType": "Procedure", "id": chart.id("ecg"), "status": "completed", "subject": chart.subject(),
            "code": coded(SNOMED, "29303009", "Electrocardiographic procedure"), "performedDateTime": VISIT,
            "encounter": chart.visit(), "basedOn": [chart.to("ServiceRequest", "referral")],
        }),
        json!({
            "resourceType": "ServiceRequest", "id": chart.id("referral"), "status": "active", "intent": "order",
            "category": [coded(SNOMED, "103693007", "Diagnostic procedure")],
            "code": coded(SNOMED, "183519002", "Referral to cardiology service"), "subject": chart.subject(),
            "encounter": chart.visit(), "occurrenceDateTime": "2026-02-02", "authoredOn": VISIT_DAY,
            "requester": reference("Practitioner", "ana"),
        }),
        json!({
            "resourceType": "Specimen", "id": chart.id("blood"), "status": "available", "subject": chart.subject(),
            "identifier": [{ "system": "urn:demo:specimen", "value": chart.id("blood") }],
            "type": coded(SNOMED, "119297000", "Blood specimen"), "collection": { "collectedDateTime": VISIT },
        }),
    ]
}

fn plans(chart: &Chart<'_>) -> Vec<Value> {
    let text = "Lower the blood pressure by walking every day and less salt.";
    vec![
        json!({
            "resourceType": "CarePlan", "id": chart.id("plan"), "status": "active", "intent": "plan", "subject": chart.subject(),
            "category": [coded("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan", "Assessment and plan")],
            "description": text, "period": { "start": VISIT_DAY },
        }),
        json!({
            "resourceType": "CareTeam", "id": chart.id("team"), "status": "active", "subject": chart.subject(),
            "participant": [
                { "role": [coded(SNOMED, "446050000", "Primary care physician")], "member": reference("Practitioner", "ana") },
                { "role": [coded(SNOMED, "224535009", "Registered nurse")], "member": reference("Practitioner", "ben") },
            ],
        }),
        json!({
            "resourceType": "Goal", "id": chart.id("goal"), "lifecycleStatus": "active", "subject": chart.subject(),
            "description": { "text": "Blood pressure below 130/80" }, "startDate": VISIT_DAY,
            "target": [{ "measure": coded(LOINC, "85354-9", "Blood pressure panel"), "dueDate": "2026-06-30" }],
        }),
        json!({
            "resourceType": "QuestionnaireResponse", "id": chart.id("phq9-form"), "status": "completed",
            "questionnaire": "http://loinc.org/q/44249-1", "subject": chart.subject(), "authored": VISIT,
            "author": chart.subject(),
            "item": [{ "linkId": "/44250-9", "text": "Little interest or pleasure in doing things",
                       "answer": [{ "valueCoding": { "system": LOINC, "code": "LA6568-5", "display": "Not at all" } }] }],
        }),
    ]
}

fn documents(chart: &Chart<'_>) -> Vec<Value> {
    let report = |kind: &str, category: &Value, code: (&str, &str), member: (&str, &Value)| {
        let mut report = json!({
            "resourceType": "DiagnosticReport", "id": chart.id(kind), "status": "final", "category": [category],
            "code": coded(LOINC, code.0, code.1), "subject": chart.subject(), "encounter": chart.visit(),
            "effectiveDateTime": VISIT, "issued": VISIT, "performer": [reference("Organization", "hospital")],
        });
        if let Some(object) = report.as_object_mut() {
            object.insert(member.0.to_owned(), member.1.clone());
        }
        report
    };
    let results = json!([
        chart.to("Observation", "glucose"),
        chart.to("Observation", "potassium"),
        chart.to("Observation", "creatinine"),
    ]);
    vec![
        report(
            "panel",
            &hl7("v2-0074", "LAB"),
            ("51990-0", "Basic metabolic panel"),
            ("result", &results),
        ),
        report(
            "chest",
            &coded(LOINC, "LP29684-5", "Radiology"),
            ("30746-2", "Chest X-ray, portable"),
            ("conclusion", &json!("No acute finding.")),
        ),
        json!({
            "resourceType": "DocumentReference", "id": chart.id("note"), "status": "current", "subject": chart.subject(),
            "identifier": [{ "system": "urn:demo:document", "value": chart.id("note") }],
            "type": coded(LOINC, "11506-3", "Progress note"), "date": VISIT, "author": [reference("Practitioner", "ana")],
            "category": [coded("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical note")],
            // "Doing well." in base64.
            "content": [{ "attachment": { "contentType": "text/plain", "data": "RG9pbmcgd2VsbC4=" },
                          "format": { "system": "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
                                      "code": "urn:ihe:iti:xds:2017:mimeTypeSufficient" } }],
            "context": { "encounter": [chart.visit()], "period": { "start": VISIT } },
        }),
        json!({
            "resourceType": "Provenance", "id": chart.id("provenance"), "recorded": VISIT,
            "target": [chart.subject(), chart.to("Condition", "problem"), chart.to("Observation", "pressure")],
            "agent": [{ "type": hl7("provenance-participant-type", "author"), "who": reference("Practitioner", "ana"),
                        "onBehalfOf": reference("Organization", "hospital") }],
        }),
    ]
}

fn belongings(chart: &Chart<'_>) -> Vec<Value> {
    vec![
        json!({
            "resourceType": "Coverage", "id": chart.id("coverage"), "status": "active", "beneficiary": chart.subject(),
            "identifier": [{ "type": hl7("v2-0203", "MB"), "system": "urn:demo:member", "value": format!("PHP-{:05}", 70_000 + chart.number) }],
            "relationship": hl7("subscriber-relationship", "self"), "period": { "start": "2025-01-01" },
            "payor": [reference("Organization", "payer")],
        }),
        json!({
            "resourceType": "Device", "id": chart.id("pacemaker"), "status": "active", "patient": chart.subject(),
            "distinctIdentifier": format!("PM-{:04}", 4100 + chart.number),
            "type": coded(SNOMED, "14106009", "Cardiac pacemaker"),
        }),
    ]
}
