//! An in-memory FHIR R4 server per hospital, with the checks that a resource server has to make.

mod data;
mod server;

pub use server::routes;

use crate::kernel::Secret;
use serde_json::Value;
use std::collections::HashMap;

/// One hospital's resources.
pub struct Records {
    resources: Vec<Value>,
    /// Opens patient search to the hospital's own patient picker.
    directory_token: Secret<String>,
}

/// Every hospital's resources, by slug.
#[derive(Default)]
pub struct FhirWorld {
    hospitals: HashMap<String, Records>,
}

impl FhirWorld {
    /// Adds a hospital with its made-up patients.
    pub fn add(&mut self, slug: &str, directory_token: Secret<String>) {
        self.hospitals.insert(
            slug.to_owned(),
            Records {
                resources: data::resources(slug),
                directory_token,
            },
        );
    }

    /// A hospital's records.
    pub(super) fn find(&self, slug: &str) -> Option<&Records> {
        self.hospitals.get(slug)
    }
}

impl Records {
    /// Whether this is the credential of the hospital's own patient picker.
    fn is_directory_token(&self, token: &str) -> bool {
        self.directory_token.ct_eq(token.as_bytes())
    }
}
