//! The FHIR gateway: what a token's scopes allow at the FHIR server.

pub mod compartment;
pub mod decision;
pub mod interaction;
pub mod resource_token;
