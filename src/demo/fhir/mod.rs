//! An in-memory FHIR R4 server per hospital, with the checks that a resource server has to make.

mod access;
mod capability_statement;
mod data;
mod outcome;
mod parameters;
mod search;
mod server;

pub(in crate::demo) use outcome::with_cors;
pub use server::routes;

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// One hospital's resources.
pub struct Records {
    /// By type, in the order of entry.
    resources: BTreeMap<String, Vec<Value>>,
}

/// Every hospital's resources, by slug.
#[derive(Default)]
pub struct FhirWorld {
    hospitals: HashMap<String, Records>,
}

impl FhirWorld {
    /// Adds a hospital with its made-up patients.
    pub fn add(&mut self, slug: &str, name: &str) {
        let mut resources: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for resource in data::resources(slug, name) {
            resources
                .entry(text(&resource, "resourceType").to_owned())
                .or_default()
                .push(resource);
        }
        self.hospitals.insert(slug.to_owned(), Records { resources });
    }

    /// A hospital's patients, by id: name and birth date.
    pub fn list_patients(&self, slug: &str) -> Vec<(String, String)> {
        let records = self.find(slug).map(|records| records.of_type("Patient"));
        let label = |patient: &Value| {
            let name = |member: &str| patient.pointer(&format!("/name/0/{member}"));
            let given = name("given").and_then(Value::as_array).into_iter().flatten();
            let words: Vec<&str> = given.chain(name("family")).filter_map(Value::as_str).collect();
            (
                text(patient, "id").to_owned(),
                format!("{}, {}", words.join(" "), text(patient, "birthDate")),
            )
        };
        records.unwrap_or_default().iter().map(label).collect()
    }

    /// A hospital's records.
    fn find(&self, slug: &str) -> Option<&Records> {
        self.hospitals.get(slug)
    }
}

impl Records {
    /// The types there are.
    fn types(&self) -> impl Iterator<Item = &str> {
        self.resources.keys().map(String::as_str)
    }

    /// All resources of a type.
    fn of_type(&self, name: &str) -> &[Value] {
        self.resources.get(name).map_or(&[], Vec::as_slice)
    }

    /// One resource.
    fn get(&self, name: &str, id: &str) -> Option<&Value> {
        self.of_type(name).iter().find(|resource| text(resource, "id") == id)
    }
}

/// A member that is a string.
fn text<'a>(resource: &'a Value, member: &str) -> &'a str {
    resource.get(member).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
