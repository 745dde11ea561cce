//! Wardkey: a multi-tenant SMART on FHIR authorization server.

pub mod kernel;
/// Pages, their words, a tenant's look, and the browser rules around them.
pub mod web;
