//! The tenant's OAuth 2, OpenID Connect and SMART endpoints, one file each. This file lists the routes.

mod access_token;
pub mod authorize;
mod brand;
mod client_auth;
mod client_keys;
mod cors;
mod discovery;
mod form;
mod introspect;
mod jwks;
mod launch;
mod reply;
mod revoke;
pub mod token;
mod userinfo;

pub use access_token::{BearerRefusal, VerifiedAccessToken, bearer, verify as verify_access_token};
pub use client_keys::ClientKeys;
pub use discovery::smart_configuration;
pub use reply::{Refusal, store_failure};

use crate::tenant::TenantDirectory;
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;

/// Every route of the issuer, with what it answers.
pub fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    ClientKeys: FromRef<S>,
{
    RouteTable::new()
        // Discovery: OpenID Connect Discovery section 4, RFC 8414 sections 3 and 5, SMART App Launch 2.2 "Conformance".
        .get("/{tenant}/auth/.well-known/openid-configuration", discovery::metadata)
        .get(
            "/{tenant}/auth/.well-known/oauth-authorization-server",
            discovery::metadata,
        )
        .get(
            "/.well-known/oauth-authorization-server/{tenant}/auth",
            discovery::metadata,
        )
        .get("/.well-known/openid-configuration/{tenant}/auth", discovery::metadata)
        .get("/{tenant}/fhir/.well-known/smart-configuration", discovery::smart)
        .get("/{tenant}/auth/.well-known/smart-configuration", discovery::smart)
        .get("/{tenant}/auth/jwks", jwks::get)
        .get("/{tenant}/auth/backend-jwks", jwks::backend)
        // Authorization: RFC 6749 section 4.1, SMART App Launch 2.2 "Obtain authorization code".
        .get("/{tenant}/auth/authorize", authorize::get)
        .post("/{tenant}/auth/authorize", authorize::post)
        // EHR launch, the EHR's side.
        .post("/{tenant}/auth/launch", launch::post)
        // Tokens: RFC 6749 sections 4 to 6, RFC 7662, RFC 7009, OpenID Connect Core section 5.3.
        .post("/{tenant}/auth/token", token::post)
        .options("/{tenant}/auth/token", cors::preflight)
        .post("/{tenant}/auth/introspect", introspect::post)
        .options("/{tenant}/auth/introspect", cors::preflight)
        .post("/{tenant}/auth/revoke", revoke::post)
        .options("/{tenant}/auth/revoke", cors::preflight)
        .get("/{tenant}/auth/userinfo", userinfo::get)
        .post("/{tenant}/auth/userinfo", userinfo::post)
        .options("/{tenant}/auth/userinfo", cors::preflight)
        // The tenant's look, for its pages.
        .get("/{tenant}/auth/brand/{version}/style.css", brand::stylesheet)
        .get("/{tenant}/auth/brand/{version}/logo", brand::logo)
}
