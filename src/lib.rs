//! Wardkey: a multi-tenant SMART on FHIR authorization server.

pub mod federation;
pub mod kernel;
pub mod outbound;
