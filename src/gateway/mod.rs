//! The FHIR gateway: what a token's scopes allow at the FHIR server.
