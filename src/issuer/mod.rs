//! The tenant's OAuth 2, OpenID Connect and SMART endpoints, one file each. This file lists the routes.

mod access_token;
mod authorization_details;
pub mod authorize;
mod brand;
mod brands;
pub mod budgets;
mod client_auth;
mod client_certificate;
mod client_keys;
mod cors;
mod device_authorization;
mod discovery;
mod dpop;
mod errors;
mod form;
mod introspect;
mod jwks;
mod launch;
mod launch_user;
mod offer;
mod par;
mod protected_resource;
mod public_document;
mod register;
mod reply;
mod revoke;
pub mod token;
mod userinfo;

pub use access_token::{
    BearerRefusal, VerifiedAccessToken, authorise as authorise_request, claimed_issuer, presented as presented_token,
};
pub use client_keys::ClientKeys;
pub use discovery::{capability_statement_fragment, smart_configuration};
pub use reply::{Refusal, store_failure};

use crate::tenant::TenantDirectory;
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;
use axum::handler::Handler;
use axum::middleware::map_response;

/// The documents that are for everybody and every origin.
fn public_routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
{
    // A browser asks first where an app sends headers of its own.
    fn open<S, H, T>(table: RouteTable<S>, path: &'static str, handler: H) -> RouteTable<S>
    where
        S: Clone + Send + Sync + 'static,
        TenantDirectory: FromRef<S>,
        H: Handler<T, S>,
        T: 'static,
    {
        table.get(path, handler).options(path, cors::open_preflight)
    }
    // Discovery: OpenID Connect Discovery section 4, RFC 8414 sections 3 and 5.
    let metadata = [
        "/{tenant}/auth/.well-known/openid-configuration",
        "/{tenant}/auth/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/{tenant}/auth",
        "/.well-known/openid-configuration/{tenant}/auth",
    ];
    // SMART App Launch 2.2 "Conformance": below the FHIR base, and at the issuer for who runs a FHIR server elsewhere.
    let smart = [
        "/{tenant}/fhir/.well-known/smart-configuration",
        "/{tenant}/auth/.well-known/smart-configuration",
    ];
    let mut table = RouteTable::new();
    for path in metadata {
        table = open(table, path, discovery::metadata);
    }
    for path in smart {
        table = open(table, path, discovery::smart);
    }
    table = open(
        table,
        "/{tenant}/auth/fhir-servers/{server}/.well-known/smart-configuration",
        discovery::smart_of_server,
    );
    table = open(
        table,
        "/{tenant}/auth/.well-known/capability-statement",
        discovery::capability_statement,
    );
    table = open(
        table,
        "/{tenant}/auth/fhir-servers/{server}/.well-known/capability-statement",
        discovery::capability_statement_of_server,
    );
    table = open(
        table,
        "/.well-known/oauth-protected-resource/{tenant}/fhir",
        protected_resource::get,
    );
    table = open(table, "/{tenant}/auth/jwks", jwks::get);
    table = open(table, "/{tenant}/auth/backend-jwks", jwks::backend);
    // Apps show themselves in these colours, and lists of hospitals show the logo.
    table = open(table, "/{tenant}/auth/style/{version}/smart-style.json", brand::style);
    table = open(table, "/{tenant}/auth/brand/{version}/logo", brand::logo);
    table = open(table, "/{tenant}/brands.json", brands::of_tenant)
        .get("/brands.json", brands::of_all)
        .options("/brands.json", cors::open_preflight_of_all);
    table.map(|router| router.route_layer(map_response(cors::open_to_all)))
}

/// Every route of the issuer, with what it answers.
pub fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    ClientKeys: FromRef<S>,
{
    RouteTable::new()
        .merge(public_routes())
        // Authorization: RFC 6749 section 4.1, SMART App Launch 2.2 "Obtain authorization code".
        .get("/{tenant}/auth/authorize", authorize::get)
        .post("/{tenant}/auth/authorize", authorize::post)
        // RFC 9126 section 2.
        .post("/{tenant}/auth/par", par::post)
        .options("/{tenant}/auth/par", cors::preflight)
        // RFC 8628 section 3.1.
        .post("/{tenant}/auth/device_authorization", device_authorization::post)
        .options("/{tenant}/auth/device_authorization", cors::preflight)
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
        // Registration: RFC 7591 section 3, RFC 7592 section 2.
        .post("/{tenant}/auth/register", register::post)
        .options("/{tenant}/auth/register", cors::preflight)
        .get("/{tenant}/auth/register/{client_id}", register::get_registration)
        .put("/{tenant}/auth/register/{client_id}", register::put_registration)
        .delete("/{tenant}/auth/register/{client_id}", register::delete_registration)
        .options("/{tenant}/auth/register/{client_id}", cors::preflight_of_registration)
        // What short codes of refusals mean.
        .get("/errors", errors::list)
        .get("/errors/{code}", errors::one)
        // The tenant's look, for its pages.
        .get("/{tenant}/auth/brand/{version}/style.css", brand::stylesheet)
}
