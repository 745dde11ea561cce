//! What was seen and measured: observations and conditions, in every category that apps ask for by granular scopes.

use super::chart::Chart;
use super::{LOINC, SNOMED, VISIT, VISIT_DAY, coded, hl7, reference};
use serde_json::{Value, json};

const OBSERVATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const CONDITION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
const US_CORE_CONDITION: &str = "http://hl7.org/fhir/us/core/CodeSystem/condition-category";
const US_CORE_CATEGORY: &str = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category";
const UCUM: &str = "http://unitsofmeasure.org";

pub(super) fn resources(chart: &Chart<'_>) -> Vec<Value> {
    let mut all = vital_signs(chart);
    all.extend(laboratory(chart));
    all.extend(life(chart));
    all.extend(conditions(chart));
    all
}

fn observation(chart: &Chart<'_>, kind: &str, category: &str, code: (&str, &str), value: (&str, &Value)) -> Value {
    let mut observation = json!({
        "resourceType": "Observation", "id": chart.id(kind), "status": "final",
        "category": [coded(OBSERVATION_CATEGORY, category, category)], "code": coded(LOINC, code.0, code.1),
        "subject": chart.subject(), "encounter": chart.visit(), "effectiveDateTime": VISIT,
        "performer": [reference("Practitioner", "ben")],
    });
    if let Some(object) = observation.as_object_mut() {
        object.insert(value.0.to_owned(), value.1.clone());
    }
    observation
}

fn quantity(value: f64, unit: &str) -> Value {
    json!({ "value": value, "unit": unit, "system": UCUM, "code": unit })
}

fn measured(chart: &Chart<'_>, kind: &str, category: &str, code: (&str, &str), value: f64, unit: &str) -> Value {
    observation(chart, kind, category, code, ("valueQuantity", &quantity(value, unit)))
}

fn vital_signs(chart: &Chart<'_>) -> Vec<Value> {
    let vital = |kind: &str, code: (&str, &str), value: f64, unit: &str| {
        measured(chart, kind, "vital-signs", code, value, unit)
    };
    let (weight, height) = (chart.row.weight, chart.row.height);
    let body_mass = (weight / (height / 100.0).powi(2) * 10.0).round() / 10.0;
    let pressure = json!([
        { "code": coded(LOINC, "8480-6", "Systolic blood pressure"), "valueQuantity": quantity(chart.vary(112.0, 4.0), "mm[Hg]") },
        { "code": coded(LOINC, "8462-4", "Diastolic blood pressure"), "valueQuantity": quantity(chart.vary(68.0, 2.0), "mm[Hg]") },
    ]);
    vec![
        vital("pulse", ("8867-4", "Heart rate"), chart.vary(62.0, 2.0), "/min"),
        vital(
            "breathing",
            ("9279-1", "Respiratory rate"),
            chart.vary(13.0, 1.0),
            "/min",
        ),
        vital(
            "temperature",
            ("8310-5", "Body temperature"),
            chart.vary(36.4, 0.1),
            "Cel",
        ),
        vital("weight", ("29463-7", "Body weight"), weight, "kg"),
        vital("height", ("8302-2", "Body height"), height, "cm"),
        vital("bmi", ("39156-5", "Body mass index"), body_mass, "kg/m2"),
        vital(
            "oxygen",
            ("59408-5", "Oxygen saturation by pulse oximetry"),
            chart.vary(95.0, 0.5),
            "%",
        ),
        observation(
            chart,
            "pressure",
            "vital-signs",
            ("85354-9", "Blood pressure panel"),
            ("component", &pressure),
        ),
    ]
}

fn laboratory(chart: &Chart<'_>) -> Vec<Value> {
    let test =
        |kind: &str, code: (&str, &str), value: f64, unit: &str| measured(chart, kind, "laboratory", code, value, unit);
    vec![
        test(
            "glucose",
            ("2339-0", "Glucose in blood"),
            chart.vary(84.0, 4.0),
            "mg/dL",
        ),
        test("a1c", ("4548-4", "Hemoglobin A1c"), chart.vary(5.1, 0.2), "%"),
        test(
            "potassium",
            ("2823-3", "Potassium in serum"),
            chart.vary(3.7, 0.1),
            "mmol/L",
        ),
        test(
            "creatinine",
            ("2160-0", "Creatinine in serum"),
            chart.vary(0.7, 0.1),
            "mg/dL",
        ),
        test(
            "cholesterol",
            ("2093-3", "Total cholesterol"),
            chart.vary(158.0, 7.0),
            "mg/dL",
        ),
    ]
}

/// Social history, surveys, social needs, and a test at the bedside.
fn life(chart: &Chart<'_>) -> Vec<Value> {
    let smoking = if chart.number % 4 == 2 {
        coded(SNOMED, "8517006", "Former smoker")
    } else {
        coded(SNOMED, "266919005", "Never smoked tobacco")
    };
    let housing = coded(LOINC, "LA31993-1", "I have a steady place to live");
    let rhythm = coded(SNOMED, "64730000", "Normal sinus rhythm");
    let mut all = vec![
        observation(
            chart,
            "smoking",
            "social-history",
            ("72166-2", "Tobacco smoking status"),
            ("valueCodeableConcept", &smoking),
        ),
        measured(
            chart,
            "phq9",
            "survey",
            ("44261-6", "PHQ-9 total score"),
            chart.vary(0.0, 1.0),
            "{score}",
        ),
        observation(
            chart,
            "housing",
            "survey",
            ("71802-3", "Housing status"),
            ("valueCodeableConcept", &housing),
        ),
        observation(
            chart,
            "rhythm",
            "procedure",
            ("11524-6", "EKG study"),
            ("valueCodeableConcept", &rhythm),
        ),
    ];
    if let Some(categories) = all.get_mut(2).and_then(|housing| housing.get_mut("category"))
        && let Some(categories) = categories.as_array_mut()
    {
        categories.push(coded(US_CORE_CATEGORY, "sdoh", "Social determinants of health"));
    }
    all
}

fn conditions(chart: &Chart<'_>) -> Vec<Value> {
    let condition = |kind: &str, category: (&str, &str), code: &str, text: &str| {
        json!({
            "resourceType": "Condition", "id": chart.id(kind),
            "clinicalStatus": hl7("condition-clinical", "active"), "verificationStatus": hl7("condition-ver-status", "confirmed"),
            "category": [coded(category.0, category.1, category.1)], "code": coded(SNOMED, code, text),
            "subject": chart.subject(), "encounter": chart.visit(), "onsetDateTime": "2025-11-20", "recordedDate": VISIT_DAY,
        })
    };
    let problem = (CONDITION_CATEGORY, "problem-list-item");
    vec![
        if chart.number % 3 == 1 {
            condition("problem", problem, "44054006", "Type 2 diabetes")
        } else {
            condition("problem", problem, "38341003", "High blood pressure")
        },
        condition(
            "cough",
            (CONDITION_CATEGORY, "encounter-diagnosis"),
            "49727002",
            "Cough",
        ),
        condition(
            "food",
            (US_CORE_CONDITION, "health-concern"),
            "733423003",
            "Food insecurity",
        ),
    ]
}
