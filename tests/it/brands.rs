//! User-access brands (SMART App Launch 2.2, "User-access Brands and Endpoints").

use crate::support::app::{TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::Router;
use axum::http::Request;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::Change;
use wardkey::store::control::TenantStatus;

const EVERYBODYS: &str = "/brands.json";
const PROFILES: &str = "http://hl7.org/fhir/smart-app-launch/StructureDefinition";

fn written(name: &str) -> Value {
    json!({
        "developer_url": format!("https://developers.{name}.example"),
        "brands": [
            {
                "id": "main", "name": format!("Hospital {name}"), "website": format!("https://www.{name}.example"),
                "identifiers": [{ "system": "urn:ietf:rfc:3986", "value": format!("https://{name}.example") }],
                "aliases": ["The old name"], "types": ["prov"],
                "addresses": [{ "line": ["1 Main Street"], "city": "Madison", "state": "WI", "postal_code": "53703", "country": "US" }],
                "logos": ["https://www.north.example/logo.svg"], "logo_license": "https://www.north.example/terms",
                "portals": [{
                    "name": "MyChart", "description": "See *your* results", "url": "https://my.north.example",
                    "endpoints": ["fhir"],
                }],
            },
            { "id": "clinic", "name": "The clinic", "website": "https://clinic.example", "part_of": "main" },
        ],
    })
}

async fn publish(tenant: &TestTenant<'_>, document: Value) -> Change {
    let document = serde_json::from_value(document).unwrap();
    tenant.admin().await.save_brands(document).await.unwrap().1
}

async fn fetch(router: &Router, path: &str) -> Response {
    // As the test kit asks: without an origin.
    let request = Request::get(path).header("accept", "application/json, application/fhir+json");
    router.send(request.empty()).await.assert_status(200)
}

/// The resources of a type in a bundle.
fn of_type(bundle: &Value, name: &str) -> Vec<Value> {
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let resources = entries.into_iter().map(|entry| entry["resource"].clone());
    resources.filter(|resource| resource["resourceType"] == name).collect()
}

fn names(bundle: &Value) -> Vec<String> {
    let names = of_type(bundle, "Organization")
        .into_iter()
        .map(|brand| brand["name"].as_str().unwrap().to_owned());
    names.collect()
}

/// The rules of the profiles that a machine can check.
fn check(bundle: &Value) {
    assert_eq!(bundle["resourceType"], "Bundle");
    assert_eq!(bundle["type"], "collection");
    assert!(bundle["timestamp"].is_string() && bundle["meta"]["lastUpdated"].is_string());
    assert_eq!(
        bundle["meta"]["profile"][0],
        format!("{PROFILES}/user-access-brands-bundle")
    );
    let (brands, endpoints) = (of_type(bundle, "Organization"), of_type(bundle, "Endpoint"));
    let id = |resource: &Value| {
        format!(
            "{}/{}",
            resource["resourceType"].as_str().unwrap(),
            resource["id"].as_str().unwrap()
        )
    };
    let held: Vec<String> = brands.iter().chain(&endpoints).map(id).collect();
    for brand in &brands {
        assert_eq!(brand["meta"]["profile"][0], format!("{PROFILES}/user-access-brand"));
        let telecom = brand["telecom"].as_array().unwrap();
        assert_eq!((telecom.len(), &telecom[0]["system"]), (1, &json!("url")));
        let own: Vec<&str> = brand["endpoint"].as_array().unwrap().iter().map(reference).collect();
        assert!(own.iter().all(|endpoint| held.iter().any(|one| one == endpoint)));
        for extension in brand["extension"].as_array().into_iter().flatten() {
            for part in extension["extension"].as_array().unwrap() {
                if part["url"] == "portalEndpoint" {
                    assert!(own.contains(&reference(&part["valueReference"])));
                }
            }
        }
        if brand.get("partOf").is_some() {
            assert!(held.iter().any(|one| one == reference(&brand["partOf"])));
        }
    }
    for endpoint in &endpoints {
        assert_eq!(
            endpoint["meta"]["profile"][0],
            format!("{PROFILES}/user-access-endpoint")
        );
        assert_eq!(endpoint["status"], "active");
        assert_eq!(endpoint["connectionType"]["code"], "hl7-fhir-rest");
        assert_eq!(endpoint["payloadType"].as_array().unwrap().len(), 1);
        assert_eq!(endpoint["payloadType"][0]["coding"][0]["code"], "none");
        assert_eq!(endpoint["contact"][0]["system"], "url");
        assert!(
            endpoint["contact"][0]["value"]
                .as_str()
                .unwrap()
                .starts_with("https://")
        );
        let version = &endpoint["extension"][0];
        assert_eq!(
            version["url"],
            "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version"
        );
        assert_eq!(version["valueCode"], "4.0.1");
        let name = id(endpoint);
        let referenced = |brand: &Value| {
            brand["endpoint"]
                .as_array()
                .unwrap()
                .iter()
                .any(|one| reference(one) == name)
        };
        assert!(brands.iter().any(referenced), "{name} belongs to no brand");
    }
    no_empty_member(bundle);
}

fn reference(value: &Value) -> &str {
    value["reference"].as_str().unwrap()
}

/// FHIR R4, "JSON Representation of Resources": nothing is null and no list is empty.
fn no_empty_member(value: &Value) {
    match value {
        Value::Null => panic!("a null"),
        Value::Array(list) => {
            assert!(!list.is_empty());
            list.iter().for_each(no_empty_member);
        }
        Value::Object(members) => members.values().for_each(no_empty_member),
        _ => {}
    }
}

#[tokio::test]
async fn the_bundle_of_a_tenant_keeps_the_rules_of_the_profiles() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    assert_eq!(publish(&tenant, written("north")).await, Change::Created);
    let answer = fetch(&app.router, "/northside/brands.json").await;
    assert_eq!(answer.header("content-type"), Some("application/fhir+json"));
    let bundle = answer.json();
    check(&bundle);
    assert_eq!(names(&bundle), ["Hospital north", "The clinic"]);
    assert_eq!(of_type(&bundle, "Endpoint")[0]["address"], tenant.fhir());
    let main = &of_type(&bundle, "Organization")[0];
    let extensions: Vec<_> = main["extension"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["url"])
        .collect();
    assert_eq!(
        extensions,
        [
            "http://hl7.org/fhir/StructureDefinition/organization-brand",
            "http://hl7.org/fhir/StructureDefinition/organization-portal"
        ]
    );
    assert_eq!(main["address"][0]["postalCode"], "53703");
}

#[tokio::test]
async fn the_smart_configuration_names_the_bundle_and_one_identifier_in_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let configuration = async || {
        tenant
            .get("/northside/fhir/.well-known/smart-configuration")
            .await
            .json()
    };
    assert!(configuration().await.get("user_access_brand_bundle").is_none());
    publish(&tenant, written("north")).await;
    let smart = configuration().await;
    assert_eq!(
        smart["user_access_brand_bundle"],
        format!("{}/northside/brands.json", app.base)
    );
    let identifier = &smart["user_access_brand_identifier"];
    let bundle = fetch(&app.router, "/northside/brands.json").await.json();
    let brands = of_type(&bundle, "Organization");
    let identifiers = brands
        .iter()
        .flat_map(|brand| brand["identifier"].as_array().cloned().unwrap_or_default());
    assert_eq!(identifiers.filter(|one| one == identifier).count(), 1);
}

#[tokio::test]
async fn bundles_are_open_to_every_origin_on_every_get() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    publish(&tenant, written("north")).await;
    for path in [EVERYBODYS, "/northside/brands.json"] {
        let answer = fetch(&app.router, path).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        let etag = answer.header("etag").unwrap();
        assert!(etag.starts_with("W/\""), "{path}: {etag}");
        let again = Request::get(path).header("if-none-match", etag).empty();
        let unchanged = app.router.send(again).await.assert_status(304);
        assert!(unchanged.body.is_empty());
        assert_eq!(unchanged.header("etag"), Some(etag));
        assert_eq!(unchanged.header("access-control-allow-origin"), Some("*"), "{path}");
        let asked = Request::builder()
            .method("OPTIONS")
            .uri(path)
            .header("origin", "https://x.test")
            .empty();
        assert_eq!(
            app.router
                .send(asked)
                .await
                .assert_status(204)
                .header("access-control-allow-origin"),
            Some("*")
        );
    }
    tenant.get("/nobody/brands.json").await.assert_status(404);
}

#[tokio::test]
async fn the_logo_of_the_tenants_pages_stands_in_and_is_served_to_every_origin() {
    let app = TestApp::new().await;
    let logo = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=";
    let document = serde_json::from_value(json!({ "branding": { "logo": logo } })).unwrap();
    let tenant = app
        .tenant_as(wardkey::control::tenants::NewTenant {
            slug: "northside".into(),
            display_name: "Northside".into(),
            tier: wardkey::store::control::Tier::Standard,
            placement: wardkey::control::tenants::NewPlacement::Shared,
            document,
        })
        .await;
    let mut brands = written("north");
    brands["brands"][0].as_object_mut().unwrap().remove("logos");
    publish(&tenant, brands).await;
    let bundle = fetch(&app.router, "/northside/brands.json").await.json();
    let part = &of_type(&bundle, "Organization")[0]["extension"][0]["extension"][0];
    assert_eq!(part["url"], "brandLogo");
    let path = part["valueUrl"].as_str().unwrap().strip_prefix(&app.base).unwrap();
    let image = tenant.get(path).await.assert_status(200);
    assert_eq!(image.header("content-type"), Some("image/svg+xml"));
    assert_eq!(image.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn a_tenant_speaks_for_its_own_fhir_servers_only() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let other = app.tenant("lakeside").await;
    let mut document = written("north");
    document["endpoints"] = json!([{ "id": "fhir", "address": other.fhir() }]);
    let refused = tenant
        .admin()
        .await
        .save_brands(serde_json::from_value(document).unwrap())
        .await;
    assert!(refused.unwrap_err().to_string().starts_with("endpoints[0].address"));
    tenant.get("/northside/brands.json").await.assert_status(404);
}

#[tokio::test]
async fn the_same_document_again_changes_neither_time_nor_tag() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    publish(&tenant, written("north")).await;
    let before = fetch(&app.router, "/northside/brands.json").await;
    app.wait(Duration::from_secs(100));
    assert_eq!(publish(&tenant, written("north")).await, Change::Unchanged);
    let after = fetch(&app.router, "/northside/brands.json").await;
    assert_eq!(
        (after.json(), after.header("etag")),
        (before.json(), before.header("etag"))
    );
    assert_eq!(publish(&tenant, written("south")).await, Change::Updated);
    let changed = fetch(&app.router, "/northside/brands.json").await;
    assert_ne!(changed.header("etag"), before.header("etag"));
    assert!(changed.json()["timestamp"].as_str() > before.json()["timestamp"].as_str());
}

on_each_database! {
    async fn the_bundle_of_all_tenants_follows_every_change_on_every_node(database: Database) {
        let app = TestApp::on(database).await;
        let (north, lake) = (app.tenant("northside").await, app.tenant("lakeside").await);
        let node = app.another_node().await;
        let shown = async || {
            app.wait(Duration::from_secs(2));
            let (here, there) = (fetch(&app.router, EVERYBODYS).await, fetch(&node, EVERYBODYS).await);
            assert_eq!(here.json(), there.json());
            assert_eq!(here.header("etag"), there.header("etag"));
            check(&here.json());
            let mut names = names(&here.json());
            names.retain(|name| name.starts_with("Hospital"));
            names.sort();
            names
        };
        assert!(shown().await.is_empty());
        publish(&north, written("north")).await;
        publish(&lake, written("lake")).await;
        assert_eq!(shown().await, ["Hospital lake", "Hospital north"]);
        let before = fetch(&app.router, EVERYBODYS).await;
        let time = |answer: &Response| answer.json()["timestamp"].as_str().unwrap().to_owned();
        // A tenant that is suspended is neither served nor listed.
        app.platform.set_tenant_status("northside", TenantStatus::Suspended).await.unwrap();
        assert_eq!(shown().await, ["Hospital lake"]);
        assert!(time(&fetch(&app.router, EVERYBODYS).await) > time(&before));
        app.platform.set_tenant_status("northside", TenantStatus::Active).await.unwrap();
        assert_eq!(shown().await.len(), 2);
        publish(&lake, written("shore")).await;
        assert_eq!(shown().await, ["Hospital north", "Hospital shore"]);
        // Without brands, nothing is published any more.
        publish(&lake, json!({ "brands": [] })).await;
        assert_eq!(shown().await, ["Hospital north"]);
        lake.get("/lakeside/brands.json").await.assert_status(404);
    }

    async fn the_last_of_several_changes_is_the_one_that_is_shown(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        // Every publication is a change; only the last state of each tenant counts.
        for round in 0..3 {
            publish(&tenant, written(&format!("north{round}"))).await;
        }
        app.wait(Duration::from_secs(2));
        let bundle = fetch(&app.router, EVERYBODYS).await.json();
        assert_eq!(names(&bundle), ["Hospital north2", "The clinic"]);
    }
}

#[tokio::test]
async fn ids_of_two_tenants_with_the_same_document_differ() {
    let app = TestApp::new().await;
    for slug in ["northside", "lakeside"] {
        publish(&app.tenant(slug).await, written("same")).await;
    }
    let bundle = fetch(&app.router, EVERYBODYS).await.json();
    let mut addresses: Vec<_> = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["fullUrl"].to_string(), entry["resource"]["id"].to_string()))
        .collect();
    let all = addresses.len();
    addresses.sort();
    addresses.dedup_by(|one, other| one.0 == other.0 || one.1 == other.1);
    assert_eq!((all, addresses.len()), (6, 6));
}
