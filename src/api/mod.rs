//! The admin API at `/api/v1`: administration over HTTP, for programs. Its document is at `/api/v1/openapi.json`.
//!
//! Every operation is declared once, with its handler, in the file of its resource: the router, the OpenAPI document and the
//! tests are made from that one list. What may be done is decided in `control`; here it is only put into HTTP.

mod answer;
mod apps;
mod branding;
mod brands;
mod budget;
mod changes;
mod consents;
mod directory_apps;
mod entry;
mod events;
mod fleet;
mod idempotency;
mod identity_providers;
mod input;
mod launches;
mod mapping;
mod me;
pub mod openapi;
mod operation;
mod problem;
mod registration_tokens;
mod role_assignments;
mod schemas;
mod scim_tokens;
mod sessions;
mod settings;
mod setup_links;
mod signing_keys;
mod tenants;
mod usage;
mod user_help;
mod users;

pub use entry::MachineCaller;
pub use operation::{Operation, Parameter};

use crate::control::Platform;
use crate::federation::Federation;
use crate::web::route_table::RouteTable;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use operation::OperationTable;

/// Longest body, in bytes: a tenant document with a logo.
const LONGEST_BODY: usize = 1024 * 1024;

/// What the handlers get at.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// Administration.
    pub platform: Platform,
    /// Sign-in from upstream, for its outbound client and its password pool.
    pub federation: Federation,
}

/// Every operation, with its handler.
fn table() -> OperationTable {
    OperationTable::default()
        .merge(openapi::operations())
        .merge(me::operations())
        .merge(tenants::operations())
        .merge(fleet::operations())
        .merge(settings::operations())
        .merge(branding::operations())
        .merge(brands::operations())
        .merge(changes::operations())
        .merge(apps::operations())
        .merge(directory_apps::operations())
        .merge(registration_tokens::operations())
        .merge(identity_providers::operations())
        .merge(scim_tokens::operations())
        .merge(setup_links::operations())
        .merge(mapping::operations())
        .merge(users::operations())
        .merge(user_help::operations())
        .merge(sessions::operations())
        .merge(consents::operations())
        .merge(role_assignments::operations())
        .merge(launches::operations())
        .merge(signing_keys::operations())
        .merge(events::operations())
        .merge(usage::operations())
}

/// Every operation, for the document and for tests.
pub fn operations() -> Vec<Operation> {
    table().into_parts().1
}

/// The routes.
pub fn routes<S: Clone + Send + Sync + 'static>(state: ApiState) -> RouteTable<S> {
    let (routes, _) = table().into_parts();
    routes
        .map(|router| {
            router
                .method_not_allowed_fallback(problem::method_not_allowed)
                .route_layer(from_fn_with_state(state.clone(), idempotency::once))
                .route_layer(from_fn_with_state(state.clone(), budget::spend))
                .layer(DefaultBodyLimit::max(LONGEST_BODY))
        })
        .with_state(state)
}
