//! Wardkey: a multi-tenant SMART on FHIR authorization server. This is the map; knowledge runs from the kernel outward.

/// The server, put together: one state, one router.
pub mod app;
/// The command line.
pub mod cli;
/// Configuration of the process.
pub mod config;
/// Administration: tenants, clients, identity providers, accounts, signing keys.
pub mod control;
/// The embedded demonstration world.
pub mod demo;
/// Sign-in from upstream: OpenID Connect, local accounts, mapping rules.
pub mod federation;
/// What a token's scopes allow at a FHIR server.
pub mod gateway;
/// The browser's way from authorization request to code.
pub mod interaction;
/// The tenant's OAuth, OpenID Connect and SMART endpoints.
pub mod issuer;
/// Time, randomness, identifiers, secrets, hashes.
pub mod kernel;
/// Master key, data keys, sealing, signing keys.
pub mod keys;
/// Rules of the wire, pure: OAuth, OpenID Connect, JOSE.
pub mod oauth;
/// Logs and metrics.
pub mod observe;
/// The only HTTP client.
pub mod outbound;
/// Browser sessions.
pub mod session;
/// Rules of SMART, pure: scopes, launch context, discovery.
pub mod smart;
/// All SQL.
pub mod store;
/// Who is asked: the path names a tenant, the tenant's context opens its rows and keys.
pub mod tenant;
/// What people see: pages, words, looks, browser rules.
pub mod web;
