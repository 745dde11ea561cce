//! Wardkey: a multi-tenant SMART on FHIR authorization server.

pub mod kernel;
/// Rules of the wire: OAuth 2.0, OpenID Connect and JOSE, without I/O.
pub mod oauth;
