//! The consoles: administration in the browser, over the functions of `control`. A tenant's is at `/<tenant>/admin`, the
//! operators' at `/admin`; both are entered below the issuer of their people and share session, layout and rules.
//!
//! A screen is a file here with its page in `web/pages/console`. [`Visit`] is the door: a handler that has one knows who
//! administers, and reaches rows through [`crate::control`] only. Whatever changes something is a form with its own token;
//! dangerous acts ask [`Visit::require_recent`] too.

mod activity;
mod app_edit;
mod app_form;
mod app_keys;
mod apps;
mod branding;
mod changes;
mod desk;
mod developers;
mod directory_approval;
mod directory_form;
mod entry;
mod fhir_server;
mod home;
mod keys;
mod launch;
mod operator_directory;
mod operator_health;
mod operator_home;
mod operator_new_tenant;
mod operator_settings;
mod operator_tenant;
mod operator_tenants;
mod operators;
mod people;
mod respond;
mod setup_link;
mod sign_in;
mod sign_out;
mod usage;
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

/// The pages of who has a setup link, below the issuer.
pub fn setup_link_routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
    Platform: FromRef<S>,
{
    sign_in::link_routes()
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
        .merge(sign_in::routes())
        .merge(developers::routes())
        .get("/{tenant}/admin/apps", apps::list)
        .get("/{tenant}/admin/apps/new", app_form::kinds)
        .get("/{tenant}/admin/apps/new/{kind}", app_form::get)
        .post("/{tenant}/admin/apps/new/{kind}", app_form::post)
        .get("/{tenant}/admin/apps/{client}", apps::get)
        .get("/{tenant}/admin/apps/{client}/edit", app_edit::get)
        .post("/{tenant}/admin/apps/{client}/edit", app_edit::post)
        .get("/{tenant}/admin/apps/{client}/keys", app_keys::get)
        .post("/{tenant}/admin/apps/{client}/status", apps::post_status)
        .post("/{tenant}/admin/apps/{client}/secret", apps::post_secret)
        .post("/{tenant}/admin/apps/{client}/delete", apps::post_delete)
        .get("/{tenant}/admin/app-directory", directory_approval::list)
        .get("/{tenant}/admin/app-directory/{app}", directory_approval::get)
        .post("/{tenant}/admin/app-directory/{app}", directory_approval::post)
        .merge(people::routes())
        .get("/{tenant}/admin/activity", activity::list)
        .get("/{tenant}/admin/activity.csv", activity::export)
        .get("/{tenant}/admin/branding", branding::get)
        .post("/{tenant}/admin/branding", branding::post)
        .get("/{tenant}/admin/branding/preview.css", branding::stylesheet)
        .get("/{tenant}/admin/branding/preview/{page}", branding::get_preview)
        .post("/{tenant}/admin/branding/preview/{page}", branding::post_preview)
        .get("/{tenant}/admin/fhir-server", fhir_server::get)
        .post("/{tenant}/admin/fhir-server", fhir_server::post)
        .get("/{tenant}/admin/changes", changes::list)
        .get("/{tenant}/admin/changes/{change}", changes::get)
        .post("/{tenant}/admin/changes/{change}/undo", changes::undo)
        .get("/{tenant}/admin/usage", usage::get)
        .get("/{tenant}/admin/usage.csv", usage::export)
        .get("/{tenant}/admin/keys", keys::get)
        .post("/{tenant}/admin/keys/rotate", keys::rotate)
        .get("/{tenant}/admin/launch", launch::get)
        .post("/{tenant}/admin/launch", launch::post)
        .post("/{tenant}/admin/launch/start", launch::start)
        .post("/{tenant}/admin/sign-out", sign_out::post)
        .get("/admin", operator_home::get)
        .get("/admin/tenants", operator_tenants::search)
        .get("/admin/tenants/{slug}", operator_tenant::get)
        .post("/admin/tenants/{slug}/suspend", operator_tenant::suspend)
        .post("/admin/tenants/{slug}/resume", operator_tenant::resume)
        .post("/admin/tenants/{slug}/continue", operator_tenant::continue_onboarding)
        .post("/admin/tenants/{slug}/contract", operator_tenant::contract)
        .get("/admin/directory", operator_directory::list)
        .get("/admin/directory/{app}", operator_directory::get)
        .post("/admin/directory/{app}/review", operator_directory::review)
        .get("/admin/directory/{app}/edit", operator_directory::get_edit)
        .post("/admin/directory/{app}/edit", operator_directory::post_edit)
        .get("/admin/new-directory-app", operator_directory::get_new)
        .post("/admin/new-directory-app", operator_directory::post_new)
        .get("/admin/health", operator_health::get)
        .get("/admin/operators", operators::get)
        .post("/admin/operators", operators::invite)
        .post("/admin/operators/withdraw", operators::withdraw)
        .post("/admin/operators/assign", operators::assign)
        .post("/admin/operators/link", operators::link)
        .get("/admin/settings", operator_settings::get)
        .post("/admin/settings", operator_settings::post)
        .get("/admin/new-tenant", operator_new_tenant::get)
        .post("/admin/new-tenant", operator_new_tenant::post)
        .post("/admin/sign-out", sign_out::post_operator)
}
