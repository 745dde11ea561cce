//! The consoles: administration in the browser, over the functions of `control`. A tenant's is at `/<tenant>/admin`, the
//! operators' at `/admin`; both are entered below the issuer of their people and share session, layout and rules.
//!
//! A screen is a file here with its page in `web/pages/console`. [`Visit`] is the door: a handler that has one knows who
//! administers, and reaches rows through [`crate::control`] only. Whatever changes something is a form with its own token;
//! dangerous acts ask [`Visit::require_recent`] too.

mod entry;
mod home;
mod operator_home;
mod respond;
mod sign_out;
mod visit;

pub use respond::ConsoleFault;
pub use visit::{OperatorVisit, Visit};

use crate::control::Platform;
use crate::federation::Federation;
use crate::tenant::TenantDirectory;
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;

/// The entry, below the issuer. It needs the session layer.
pub fn entry_routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new().get("/{tenant}/auth/admin-entry", entry::get)
}

/// The screens.
pub fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
    Platform: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/admin", home::get)
        .post("/{tenant}/admin/sign-out", sign_out::post)
        .get("/admin", operator_home::get)
        .post("/admin/sign-out", sign_out::post_operator)
}
