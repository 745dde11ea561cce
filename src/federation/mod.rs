//! Sign-in from upstream: an identity provider says who somebody is, the tenant's rules say what that means here.

pub mod assertion;
mod callback;
pub mod check;
pub mod choice;
pub mod key_rotation;
pub mod local;
pub mod mapping;
pub mod oidc;
mod oidc_endpoints;
mod pasted_response;
pub mod products;
pub mod provider;
pub mod provisioning;
pub mod saml;
mod saml_directory;
mod saml_endpoints;
pub mod service;
pub mod sign_in_test;
pub mod trace;
mod upkeep;
mod upstream_logout;

pub use assertion::{Assertion, Protocol, UpstreamSubject};
pub use choice::Offer;
pub use key_rotation::KeyRotation;
pub use local::sign_in::{LocalProof, LocalRefusal, ProvenPassword, StillNeeded, UsedCode};
pub use pasted_response::{NotInspected, inspect_response};
pub use provider::{
    IdentityProvider, InvalidProvider, LocalDocument, OidcDocument, ProviderKind, Provisioning, SamlDocument,
    SubjectAttribute,
};
pub use saml_directory::{SamlDirectory, SamlParty, fetch_metadata};
pub use service::{Federation, UpstreamFailure, UpstreamRedirect, UpstreamStart};
pub use trace::SignInTrace;
pub use upkeep::Refreshed;

use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;
use axum::response::Response;

/// The routes that identity providers send browsers to. They need the session layer.
pub fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/auth/federation/{provider}/callback", callback::get)
        .merge(oidc_endpoints::routes())
        .merge(sign_in_test::routes())
        .merge(saml_endpoints::routes())
}

/// Sends the browser to a provider, by redirect or by a form that posts itself.
pub fn send_upstream(cx: &TenantCx, way: UpstreamRedirect) -> Response {
    match way {
        UpstreamRedirect::Go(address) => callback::go_on(address.as_str()),
        UpstreamRedirect::Post { action, fields } => {
            saml_endpoints::post_page(cx, &action, fields, saml_endpoints::Framing::Nobody)
        }
    }
}
