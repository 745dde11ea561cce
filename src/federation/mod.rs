//! Sign-in from upstream: an identity provider says who somebody is, the tenant's rules say what that means here.

pub mod assertion;
mod callback;
pub mod local;
pub mod mapping;
pub mod oidc;
pub mod provider;
pub mod saml;
pub mod service;

pub use assertion::{Assertion, Protocol, UpstreamSubject};
pub use provider::{IdentityProvider, InvalidProvider, OidcDocument, ProviderKind};
pub use service::{Federation, LocalRefusal, UpstreamStart};

use crate::tenant::TenantDirectory;
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;

/// The routes that identity providers send browsers to. They need the session layer.
pub fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new().get("/{tenant}/auth/federation/{provider}/callback", callback::get)
}
