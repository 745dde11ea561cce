//! The patients, and one person beside each.

use super::chart::Chart;
use super::{hl7, reference};
use serde_json::{Value, json};

/// One patient.
pub(super) struct Row {
    /// The logical id.
    pub(super) id: &'static str,
    given: &'static str,
    family: &'static str,
    gender: &'static str,
    birth_date: &'static str,
    /// Kilograms.
    pub(super) weight: f64,
    /// Centimetres.
    pub(super) height: f64,
    deceased: Option<&'static str>,
}

type Entry = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    f64,
    f64,
);

const fn row(entry: Entry) -> Row {
    let (id, given, family, gender, birth_date, weight, height) = entry;
    Row {
        id,
        given,
        family,
        gender,
        birth_date,
        weight,
        height,
        deceased: None,
    }
}

/// Two share a name, one has died, two write from right to left, one has a very long name, two are children.
pub(super) const PATIENTS: [Row; 25] = [
    row(("maria", "Maria", "Lopez", "female", "1984-03-12", 64.5, 163.0)),
    row(("maria-2", "Maria", "Lopez", "female", "1951-11-30", 58.0, 157.0)),
    row(("james", "James", "Whitfield", "male", "1972-07-04", 88.2, 181.0)),
    row(("aisha", "Aisha", "Rahman", "female", "1990-01-25", 59.4, 168.0)),
    row(("yosef", "יוסף", "כהן", "male", "1966-09-17", 79.8, 175.0)),
    row((
        "anneliese",
        "Anneliese Wilhelmine Charlotte",
        "von Hohenstein-Brandenburg",
        "female",
        "1948-05-02",
        66.1,
        160.0,
    )),
    row(("li", "Li", "Wei", "female", "2001-12-08", 52.3, 165.0)),
    row(("samuel", "Samuel", "Adeyemi", "male", "2015-04-19", 33.9, 139.0)),
    row(("nora", "Nora", "Lindqvist", "female", "1979-10-06", 70.2, 172.0)),
    row(("diego", "Diego", "Fernandez", "male", "1959-02-14", 84.0, 170.0)),
    row(("priya", "Priya", "Natarajan", "female", "1995-08-21", 55.7, 161.0)),
    Row {
        deceased: Some("2024-02-11T08:30:00Z"),
        ..row(("harold", "Harold", "Jensen", "male", "1931-06-23", 68.8, 173.0))
    },
    row(("layla", "ليلى", "منصور", "female", "1988-11-03", 61.0, 166.0)),
    row(("tomas", "Tomáš", "Dvořák", "male", "1983-01-30", 92.4, 186.0)),
    row(("grace", "Grace", "Okonkwo", "female", "1962-12-19", 73.3, 164.0)),
    row(("oliver", "Oliver", "Brandt", "male", "1998-06-11", 76.5, 179.0)),
    row(("mei", "Mei", "Tanaka", "female", "1975-04-27", 54.2, 159.0)),
    row(("kofi", "Kofi", "Mensah", "male", "1987-09-09", 81.6, 177.0)),
    row(("ingrid", "Ingrid", "Solberg", "female", "1944-08-15", 60.4, 158.0)),
    row(("rafael", "Rafael", "Costa", "male", "1969-03-02", 90.9, 174.0)),
    row(("hana", "Hana", "Novak", "female", "2019-10-24", 21.5, 116.0)),
    row(("peter", "Peter", "Campbell", "male", "1955-05-28", 86.7, 178.0)),
    row(("fatima", "Fatima", "Zahra", "female", "1993-02-17", 63.8, 167.0)),
    row(("elias", "Elias", "Korhonen", "male", "2004-07-22", 71.1, 183.0)),
    row(("ruth", "Ruth", "Abrahams", "female", "1938-01-09", 57.6, 155.0)),
];

/// Who signs in for a child, where somebody does: the id of the RelatedPerson is the name they sign in with.
const PROXY: (&str, &str, &str) = ("samuel", "rosa", "Rosa");
const CITIES: [(&str, &str, &str); 4] = [
    ("Springfield", "IL", "62701"),
    ("Madison", "WI", "53703"),
    ("Portland", "OR", "97204"),
    ("Concord", "NH", "03301"),
];
const RACES: [(&str, &str); 5] = [
    ("2106-3", "White"),
    ("2054-5", "Black or African American"),
    ("2028-9", "Asian"),
    ("2131-1", "Other Race"),
    ("1002-5", "American Indian or Alaska Native"),
];

/// The Patient resource, with what US Core 6 asks of one.
pub(super) fn patient(slug: &str, chart: &Chart<'_>) -> Value {
    let Chart { row, number } = *chart;
    let mut patient = json!({
        "resourceType": "Patient", "id": row.id, "active": true,
        "extension": [race(number), birth_sex(row)],
        "identifier": [{
            "use": "usual", "type": hl7("v2-0203", "MR"),
            "system": format!("urn:demo:{slug}:record-number"), "value": format!("MRN-{:06}", 204_100 + number * 37),
        }],
        "name": [{ "use": "official", "family": row.family, "given": row.given.split(' ').collect::<Vec<_>>() }],
        "telecom": [
            { "system": "phone", "use": "home", "value": format!("555-01{:02}", number % 100) },
            { "system": "email", "value": format!("{}@patients.example", row.id) },
        ],
        "gender": row.gender, "birthDate": row.birth_date,
        "address": [address(number)],
        "communication": [{ "language": { "coding": [{ "system": "urn:ietf:bcp:47", "code": "en" }] }, "preferred": true }],
        "generalPractitioner": [reference("Practitioner", "ana")],
        "managingOrganization": reference("Organization", "hospital"),
    });
    if let (Some(moment), Some(object)) = (row.deceased, patient.as_object_mut()) {
        object.insert("deceasedDateTime".into(), json!(moment));
    }
    patient
}

fn address(number: usize) -> Value {
    let (city, state, postal_code) = CITIES.get(number % CITIES.len()).copied().unwrap_or_default();
    json!({
        "use": "home", "line": [format!("{} Elm Street", 10 + number * 3)],
        "city": city, "state": state, "postalCode": postal_code, "country": "US",
    })
}

fn race(number: usize) -> Value {
    let (code, display) = RACES.get(number % RACES.len()).copied().unwrap_or_default();
    json!({
        "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
        "extension": [
            { "url": "ombCategory", "valueCoding": { "system": "urn:oid:2.16.840.1.113883.6.238", "code": code, "display": display } },
            { "url": "text", "valueString": display },
        ],
    })
}

fn birth_sex(row: &Row) -> Value {
    let code = if row.gender == "female" { "F" } else { "M" };
    json!({ "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": code })
}

/// A person close to the patient.
pub(super) fn next_of_kin(chart: &Chart<'_>) -> Value {
    let row = chart.row;
    let (proxied, proxy, proxy_given) = PROXY;
    let (id, given, relation) = if row.id == proxied {
        (proxy.to_owned(), proxy_given, "MTH")
    } else {
        (chart.id("kin"), "Alex", "FAMMEMB")
    };
    json!({
        "resourceType": "RelatedPerson", "id": id, "active": true, "patient": chart.subject(),
        "relationship": [hl7("v3-RoleCode", relation)],
        "name": [{ "use": "official", "family": row.family, "given": [given] }],
        "telecom": [{ "system": "phone", "value": format!("555-02{:02}", chart.number % 100) }],
        "address": [address(chart.number)],
    })
}
