//! Provisioning by a directory: SCIM 2.0 (RFC 7643, RFC 7644) at `B/<tenant>/scim/v2`.
//!
//! A connection is an identity provider of the tenant: the users that its directory sends are the accounts that sign in there.
//! A bearer token opens one connection, and nothing of it says to whom another belongs.

mod connection;
mod discovery;
mod endpoints;
mod error;
mod filter;
mod group;
mod groups;
mod listing;
mod patch;
mod projection;
mod request;
mod resource;
mod schema;
mod user;
mod users;

use crate::federation::Federation;
use crate::store::tenant::{ScimGroup, ScimUser};
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;
use axum::response::{IntoResponse as _, Response};
use error::ScimError;

/// Longest body, in bytes.
const LONGEST_BODY: usize = 1024 * 1024;

/// The address that the directory is given.
pub fn base_url(cx: &TenantCx) -> String {
    cx.urls().scim()
}

/// The routes.
pub fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new()
        // RFC 7644 section 4.
        .get("/{tenant}/scim/v2/ServiceProviderConfig", discovery::configuration)
        .get("/{tenant}/scim/v2/ResourceTypes", discovery::resource_types)
        .get("/{tenant}/scim/v2/ResourceTypes/{name}", discovery::resource_type)
        .get("/{tenant}/scim/v2/Schemas", discovery::schemas)
        .get("/{tenant}/scim/v2/Schemas/{name}", discovery::schema)
        // RFC 7644 section 3.2.
        .get("/{tenant}/scim/v2/Users", endpoints::list::<ScimUser>)
        .post("/{tenant}/scim/v2/Users", endpoints::create::<ScimUser>)
        .post("/{tenant}/scim/v2/Users/.search", endpoints::search::<ScimUser>)
        .get("/{tenant}/scim/v2/Users/{id}", endpoints::get::<ScimUser>)
        .put("/{tenant}/scim/v2/Users/{id}", endpoints::replace::<ScimUser>)
        .patch("/{tenant}/scim/v2/Users/{id}", endpoints::change::<ScimUser>)
        .delete("/{tenant}/scim/v2/Users/{id}", endpoints::delete::<ScimUser>)
        .get("/{tenant}/scim/v2/Groups", endpoints::list::<ScimGroup>)
        .post("/{tenant}/scim/v2/Groups", endpoints::create::<ScimGroup>)
        .post("/{tenant}/scim/v2/Groups/.search", endpoints::search::<ScimGroup>)
        .get("/{tenant}/scim/v2/Groups/{id}", endpoints::get::<ScimGroup>)
        .put("/{tenant}/scim/v2/Groups/{id}", endpoints::replace::<ScimGroup>)
        .patch("/{tenant}/scim/v2/Groups/{id}", endpoints::change::<ScimGroup>)
        .delete("/{tenant}/scim/v2/Groups/{id}", endpoints::delete::<ScimGroup>)
        .post("/{tenant}/scim/v2/.search", not_offered)
        .post("/{tenant}/scim/v2/Bulk", not_offered)
        .get("/{tenant}/scim/v2/{*rest}", nothing)
        .map(|router| router.method_not_allowed_fallback(method_not_allowed))
}

/// A search of several kinds of resources at once (RFC 7644 section 3.4.3) and several changes at once (section 3.7), which a server
/// may offer.
async fn not_offered(_: connection::Connection) -> Response {
    ScimError::not_offered().into_response()
}

/// RFC 7644 section 3.12: also what is not there is answered in the standard's form.
async fn nothing(_: TenantCx) -> Response {
    ScimError::not_found().into_response()
}

async fn method_not_allowed() -> Response {
    ScimError::method_not_allowed().into_response()
}
