use super::*;
use crate::kernel::Timestamp;
use crate::smart::FhirBase;
use serde_json::{Value, json};

const LOGO: &str = "https://auth.example/northside/auth/brand/1/logo";

fn bases() -> Vec<FhirBase> {
    ["https://fhir.example/r4", "https://fhir.example/r5"]
        .map(|base| FhirBase::parse(base).unwrap())
        .to_vec()
}

fn written() -> Value {
    json!({
        "developer_url": "https://developers.northside.example",
        "brands": [
            {
                "id": "northside", "name": "Northside General", "website": "https://www.northside.example",
                "identifiers": [{ "system": "urn:ietf:rfc:3986", "value": "https://northside.example" }],
                "types": ["prov"], "aliases": ["NGH"], "addresses": [{ "city": "Madison", "country": "US" }],
                "portals": [{ "name": "MyNorthside", "url": "https://my.northside.example", "endpoints": ["fhir"] }],
            },
            { "id": "clinic", "name": "Northside Clinic", "website": "https://clinic.example", "part_of": "northside" },
        ],
    })
}

fn complete(document: &Value) -> Result<BrandsDocument, InvalidBrands> {
    let document: BrandsDocument = serde_json::from_value(document.clone()).unwrap();
    document.complete(&bases(), Some(LOGO))
}

#[test]
fn what_is_left_out_is_filled_in() {
    let document = complete(&written()).unwrap();
    let addresses: Vec<_> = document.endpoints.iter().map(|one| one.address.as_str()).collect();
    assert_eq!(addresses, ["https://fhir.example/r4", "https://fhir.example/r5"]);
    for brand in &document.brands {
        assert_eq!(brand.endpoints, ["fhir", "fhir-2"]);
        assert_eq!(brand.logos, [LOGO]);
    }
    // Completed once, it stays as it is.
    assert_eq!(document.clone().complete(&bases(), Some(LOGO)).unwrap(), document);
}

#[test]
fn each_broken_rule_names_its_member() {
    let table = [
        ("/brands/0/id", json!("North Side"), "brands[0].id"),
        ("/brands/1/id", json!("northside"), "brands[1].id"),
        ("/brands/0/name", json!(" "), "brands[0].name"),
        (
            "/brands/0/website",
            json!("http://northside.example"),
            "brands[0].website",
        ),
        ("/brands/0/identifiers", json!([]), "brands[0].identifiers"),
        (
            "/brands/0/identifiers/0/value",
            json!("https://www.northside.example"),
            "brands[0].identifiers",
        ),
        (
            "/brands/0/identifiers/0/value",
            json!("https://northside.example/a"),
            "brands[0].identifiers",
        ),
        ("/brands/0/types/0", json!("hospital"), "brands[0].types"),
        ("/brands/0/aliases/0", json!("a\u{7}"), "brands[0].aliases"),
        (
            "/brands/0/addresses/0/country",
            json!("usa"),
            "brands[0].addresses.country",
        ),
        ("/brands/1/part_of", json!("elsewhere"), "brands[1].part_of"),
        ("/brands/0/part_of", json!("clinic"), "brands[0].part_of"),
        (
            "/brands/0/portals/0/url",
            json!("javascript:x"),
            "brands[0].portals[0].url",
        ),
        (
            "/brands/0/portals/0/endpoints/0",
            json!("nowhere"),
            "brands[0].portals[0].endpoints",
        ),
        ("/brands/0/endpoints", json!(["nowhere"]), "endpoints[0]"),
        (
            "/brands/0/logos",
            json!(["http://x.example/logo.svg"]),
            "brands[0].logos",
        ),
        ("/developer_url", Value::Null, "developer_url"),
        (
            "/endpoints",
            json!([{ "id": "other", "address": "https://lakeside.example/r4" }]),
            "endpoints[0].address",
        ),
        (
            "/endpoints",
            json!([{ "id": "fhir", "address": "https://fhir.example/r4", "fhir_versions": ["R4"] }]),
            "endpoints[0].fhir_versions",
        ),
    ];
    for (pointer, value, member) in table {
        let mut document = written();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = document.pointer_mut(parent).unwrap();
        match name.parse::<usize>() {
            Ok(position) => parent[position] = value,
            Err(_) => parent[name] = value,
        }
        let error = complete(&document).unwrap_err();
        assert_eq!(error.member, member, "{pointer}: {error}");
    }
}

#[test]
fn an_identifier_means_one_brand() {
    let mut document = written();
    document["brands"][1]["identifiers"] = document["brands"][0]["identifiers"].clone();
    assert_eq!(complete(&document).unwrap_err().member, "brands[1].identifiers");
}

#[test]
fn a_portals_endpoint_is_one_of_the_brands() {
    let mut document = written();
    document["brands"][0]["endpoints"] = json!(["fhir-2"]);
    document["brands"][1]["endpoints"] = json!(["fhir"]);
    assert_eq!(
        complete(&document).unwrap_err().member,
        "brands[0].portals[0].endpoints"
    );
}

#[test]
fn the_identifier_of_a_server_is_that_of_its_brand() {
    let mut document = written();
    document["brands"][0]["endpoints"] = json!(["fhir"]);
    document["brands"][1]["endpoints"] = json!(["fhir-2"]);
    document["brands"][1]["identifiers"] = json!([{ "value": "clinic" }]);
    let document = complete(&document).unwrap();
    let value = |base: &FhirBase| document.identifier_for(base, None).unwrap().value.clone();
    let values: Vec<_> = bases().iter().map(value).collect();
    assert_eq!(values, ["https://northside.example", "clinic"]);
}

#[test]
fn every_reference_is_relative_and_found_in_the_bundle() {
    let document = complete(&written()).unwrap();
    let publisher = Publisher {
        address: "https://auth.example/northside/brands",
        changed_at: Timestamp::from_seconds(1_800_000_000),
    };
    let entries = entries(&document, publisher);
    let bundle: Value = serde_json::from_str(&bundle([entries.as_str()], publisher.changed_at)).unwrap();
    let held: Vec<String> = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let resource = &entry["resource"];
            let name = format!(
                "{}/{}",
                resource["resourceType"].as_str().unwrap(),
                resource["id"].as_str().unwrap()
            );
            assert!(entry["fullUrl"].as_str().unwrap().ends_with(&name));
            name
        })
        .collect();
    let text = bundle.to_string();
    let references: Vec<_> = text
        .split("\"reference\":\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(references.len() >= 5);
    assert!(
        references
            .iter()
            .all(|reference| held.contains(&(*reference).to_owned()))
    );
}

#[test]
fn a_bundle_without_entries_has_no_list_of_them() {
    let empty: Value = serde_json::from_str(&bundle(["", ""], Timestamp::EPOCH)).unwrap();
    assert!(empty.get("entry").is_none());
    assert_eq!(empty["type"], "collection");
}
