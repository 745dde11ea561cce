//! Wardkey: a multi-tenant SMART on FHIR authorization server. This is the map; knowledge runs from the kernel outward.

pub mod api; // The admin API: administration over HTTP.
pub mod app; // The server, put together: one state, one router.
pub mod cli; // The command line.
pub mod config; // Configuration of the process.
pub mod console; // The consoles: administration in the browser; the pages of developers.
pub mod control; // Administration, whoever asks: who may do what, and every change to tenants, apps, providers, accounts, keys.
pub mod demo; // The embedded demonstration world.
pub mod federation; // Sign-in: OpenID Connect and SAML providers, local accounts, the choice between them, mapping rules.
pub mod gateway; // What a token's scopes allow at a FHIR server.
pub mod interaction; // The browser's way from authorization request to code; devices; a user's own apps and account; logout.
pub mod issuer; // The tenant's OAuth, OpenID Connect and SMART endpoints.
pub mod kernel; // Time, randomness, identifiers, secrets, hashes.
pub mod keys; // Master key, data keys, sealing, signing keys.
pub mod mail; // Sending mail.
pub mod oauth; // Rules of the wire, pure: OAuth, OpenID Connect, JOSE.
pub mod observe; // Logs and metrics.
pub mod outbound; // The only HTTP client.
pub mod patient_directory; // The tenant's patients and encounters, asked at its FHIR server.
pub mod quota; // How much one tenant, address or account may ask for: budgets, and those kept in memory.
pub mod scim; // Provisioning by a directory: SCIM 2.0.
pub mod server; // Connections: accepting, and how long a client may take.
pub mod session; // Browser sessions.
pub mod smart; // Rules of SMART, pure: scopes, launch context, discovery.
pub mod store; // All SQL.
pub mod tenant; // Who is asked: the path names a tenant, the tenant's context opens its rows and keys.
pub mod web; // What people see: pages, words, looks, browser rules.
