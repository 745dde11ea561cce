//! Made-up records, the same at every start.

use serde_json::{Value, json};

struct Row {
    id: &'static str,
    given: &'static str,
    family: &'static str,
    gender: &'static str,
    birth_date: &'static str,
    deceased: Option<&'static str>,
}

const fn row(
    id: &'static str,
    given: &'static str,
    family: &'static str,
    gender: &'static str,
    birth_date: &'static str,
) -> Row {
    Row {
        id,
        given,
        family,
        gender,
        birth_date,
        deceased: None,
    }
}

/// Two share a name, one has died, one writes from right to left, one has a very long name.
const PATIENTS: [Row; 12] = [
    row("maria", "Maria", "Lopez", "female", "1984-03-12"),
    row("maria-2", "Maria", "Lopez", "female", "1951-11-30"),
    row("james", "James", "Whitfield", "male", "1972-07-04"),
    row("aisha", "Aisha", "Rahman", "female", "1990-01-25"),
    row("yosef", "יוסף", "כהן", "male", "1966-09-17"),
    row(
        "anneliese",
        "Anneliese Wilhelmine Charlotte",
        "von Hohenstein-Brandenburg",
        "female",
        "1948-05-02",
    ),
    row("li", "Li", "Wei", "female", "2001-12-08"),
    row("samuel", "Samuel", "Adeyemi", "male", "2015-04-19"),
    row("nora", "Nora", "Lindqvist", "female", "1979-10-06"),
    row("diego", "Diego", "Fernandez", "male", "1959-02-14"),
    row("priya", "Priya", "Natarajan", "female", "1995-08-21"),
    Row {
        deceased: Some("2024-02-11T08:30:00Z"),
        ..row("harold", "Harold", "Jensen", "male", "1931-06-23")
    },
];

/// All resources of a hospital. Ids are alike at both, so that a token of one that opened the other would be seen at once.
pub(super) fn resources(slug: &str) -> Vec<Value> {
    let mut all = vec![
        json!({ "resourceType": "Organization", "id": "hospital", "name": slug, "active": true }),
        json!({ "resourceType": "Location", "id": "ward-1", "name": "Ward 1", "status": "active" }),
        practitioner("ana", "Ana", "Ruiz", Some("1234567893")),
        practitioner("ben", "Ben", "Carter", None),
    ];
    for (number, patient) in PATIENTS.iter().enumerate() {
        all.push(person(slug, number, patient));
        all.extend(record_of(patient.id, number));
    }
    for resource in &mut all {
        if let Some(object) = resource.as_object_mut() {
            object.insert(
                "meta".into(),
                json!({ "versionId": "1", "lastUpdated": "2026-01-05T09:00:00Z" }),
            );
        }
    }
    all
}

fn practitioner(id: &str, given: &str, family: &str, npi: Option<&str>) -> Value {
    let identifier: Vec<Value> = npi
        .map(|npi| json!({ "system": "http://hl7.org/fhir/sid/us-npi", "value": npi }))
        .into_iter()
        .collect();
    json!({
        "resourceType": "Practitioner", "id": id, "active": true, "identifier": identifier,
        "name": [{ "use": "official", "family": family, "given": [given] }],
    })
}

fn person(slug: &str, number: usize, row: &Row) -> Value {
    let mut patient = json!({
        "resourceType": "Patient", "id": row.id, "active": true,
        "identifier": [{ "system": format!("urn:demo:{slug}:record-number"), "value": format!("MRN-{:06}", 204_100 + number * 37) }],
        "name": [{ "use": "official", "family": row.family, "given": row.given.split(' ').collect::<Vec<_>>() }],
        "gender": row.gender, "birthDate": row.birth_date,
        "managingOrganization": { "reference": "Organization/hospital" },
    });
    if let (Some(moment), Some(object)) = (row.deceased, patient.as_object_mut()) {
        object.insert("deceasedDateTime".into(), json!(moment));
    }
    patient
}

fn coded(system: &str, code: &str, text: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": text }], "text": text })
}

const OBSERVATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const CONDITION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
const US_CORE_CONDITION: &str = "http://hl7.org/fhir/us/core/CodeSystem/condition-category";
const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";

#[expect(clippy::too_many_lines, reason = "a table of resources, one after another")]
/// A small record: every kind of resource that patient apps ask for.
fn record_of(patient: &str, number: usize) -> Vec<Value> {
    let subject = json!({ "reference": format!("Patient/{patient}") });
    let encounter = json!({ "reference": format!("Encounter/{patient}-enc") });
    let id = |kind: &str| format!("{patient}-{kind}");
    let when = "2026-01-05T09:00:00Z";
    let observation = |kind: &str, category: &str, code: &str, text: &str, value: f64, unit: &str| {
        json!({
            "resourceType": "Observation", "id": id(kind), "status": "final", "subject": subject,
            "encounter": encounter, "effectiveDateTime": when,
            "category": [coded(OBSERVATION_CATEGORY, category, category)], "code": coded(LOINC, code, text),
            "valueQuantity": { "value": value, "unit": unit },
        })
    };
    let condition = |kind: &str, system: &str, category: &str, code: &str, text: &str| {
        json!({
            "resourceType": "Condition", "id": id(kind), "subject": subject,
            "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
            "category": [coded(system, category, category)], "code": coded(SNOMED, code, text),
        })
    };
    let pulse = 62.0 + f64::from(u8::try_from(number).unwrap_or(0)) * 2.0;
    vec![
        json!({
            "resourceType": "Encounter", "id": id("enc"), "status": "finished", "subject": subject,
            "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" },
            "type": [coded(SNOMED, "185345009", "Encounter for symptom")],
            "period": { "start": when, "end": "2026-01-05T09:30:00Z" },
        }),
        observation("pulse", "vital-signs", "8867-4", "Heart rate", pulse, "/min"),
        observation("weight", "vital-signs", "29463-7", "Body weight", 71.5, "kg"),
        observation("glucose", "laboratory", "2339-0", "Glucose", 98.0, "mg/dL"),
        observation(
            "smoking",
            "social-history",
            "72166-2",
            "Tobacco smoking status",
            0.0,
            "1",
        ),
        observation("phq9", "survey", "44261-6", "PHQ-9 total score", 4.0, "{score}"),
        condition(
            "hypertension",
            CONDITION_CATEGORY,
            "problem-list-item",
            "38341003",
            "High blood pressure",
        ),
        condition("cough", CONDITION_CATEGORY, "encounter-diagnosis", "49727002", "Cough"),
        condition(
            "food",
            US_CORE_CONDITION,
            "health-concern",
            "733423003",
            "Food insecurity",
        ),
        json!({
            "resourceType": "AllergyIntolerance", "id": id("penicillin"), "patient": subject,
            "code": coded(SNOMED, "91936005", "Allergy to penicillin"),
            "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active", "Active"),
        }),
        json!({
            "resourceType": "MedicationRequest", "id": id("lisinopril"), "status": "active", "intent": "order",
            "subject": subject, "medicationCodeableConcept": coded("http://www.nlm.nih.gov/research/umls/rxnorm", "314076", "Lisinopril 10 mg"),
        }),
        json!({
            "resourceType": "Immunization", "id": id("flu"), "status": "completed", "patient": subject,
            "vaccineCode": coded("http://hl7.org/fhir/sid/cvx", "140", "Influenza"), "occurrenceDateTime": when,
        }),
        json!({
            "resourceType": "Procedure", "id": id("ecg"), "status": "completed", "subject": subject,
            "code": coded(SNOMED, "29303009", "Electrocardiogram"), "performedDateTime": when,
        }),
        json!({
            "resourceType": "CarePlan", "id": id("plan"), "status": "active", "intent": "plan", "subject": subject,
            "category": [coded("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan", "Assessment and plan")],
        }),
        json!({ "resourceType": "CareTeam", "id": id("team"), "status": "active", "subject": subject }),
        json!({
            "resourceType": "Goal", "id": id("goal"), "lifecycleStatus": "active", "subject": subject,
            "description": { "text": "Blood pressure below 130/80" },
        }),
        json!({
            "resourceType": "DiagnosticReport", "id": id("report"), "status": "final", "subject": subject,
            "category": [coded(LOINC, "LP29684-5", "Radiology")], "code": coded(LOINC, "24323-8", "Metabolic panel"),
        }),
        json!({
            "resourceType": "DocumentReference", "id": id("note"), "status": "current", "subject": subject,
            "type": coded(LOINC, "11506-3", "Progress note"),
            "content": [{ "attachment": { "contentType": "text/plain", "data": "RG9pbmcgd2VsbC4=" } }],
        }),
        json!({
            "resourceType": "Coverage", "id": id("coverage"), "status": "active", "beneficiary": subject,
            "payor": [{ "reference": "Organization/hospital" }],
        }),
        json!({ "resourceType": "Device", "id": id("pump"), "status": "active", "patient": subject }),
        json!({
            "resourceType": "ServiceRequest", "id": id("referral"), "status": "active", "intent": "order",
            "subject": subject, "code": coded(SNOMED, "183519002", "Referral to cardiology"),
        }),
        json!({
            "resourceType": "Provenance", "id": id("provenance"), "recorded": when,
            "target": [subject], "agent": [{ "who": { "reference": "Practitioner/ana" } }],
        }),
    ]
}
