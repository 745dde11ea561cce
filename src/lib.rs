//! Wardkey: a multi-tenant SMART on FHIR authorization server.

pub mod gateway;
pub mod kernel;
pub mod oauth;
pub mod outbound;
pub mod smart;
