//! The browser's way from authorization request to code: sign-in, choice of the patient, consent.
//!
//! The request is stored, sealed, under an unguessable address and belongs to the first browser that opens it. Every
//! visit asks [`step::next_step`] anew, so that Back, reload and a second tab meet a step that makes sense.

mod account;
mod apps;
mod choose_provider;
mod consent;
pub mod console_entry;
mod device;
mod encounter;
mod expected_user;
mod finish;
mod form;
mod frame;
mod leave;
mod logout;
mod negotiation;
mod open;
mod other_user;
mod own_page;
mod patient;
mod patient_rows;
mod picker_page;
mod record;
pub mod records;
pub mod rehearsal;
pub mod respond;
mod show;
mod sign_in;
mod state;
pub mod step;

pub use consent::preview as preview_consent;
pub use device::{DeviceRequest, DeviceSignIn};
pub use expected_user::ExpectedUser;
pub use form::PageForm;
pub use open::storage_page;
pub use respond::ReturnPath;
pub use state::{ChosenEncounter, ChosenPatient, EhrLaunch, Interaction, SentToPicker, begin, decode};

use crate::federation::Federation;
use crate::patient_directory::PatientDirectory;
use crate::tenant::TenantDirectory;
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;

/// The routes of an interaction. They need the session layer.
pub fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
    PatientDirectory: FromRef<S>,
{
    RouteTable::new()
        .merge(logout::routes())
        .get("/{tenant}/auth/interact/{interaction}", show::get)
        .get("/{tenant}/auth/interact/{interaction}/sign-in", other_user::sign_in)
        .post("/{tenant}/auth/interact/{interaction}/sign-in", choose_provider::post)
        .post("/{tenant}/auth/interact/{interaction}/decline", other_user::decline)
        .get(
            "/{tenant}/auth/interact/{interaction}/sign-in/{provider}",
            sign_in::begin,
        )
        .post(
            "/{tenant}/auth/interact/{interaction}/sign-in/{provider}",
            sign_in::post,
        )
        .post("/{tenant}/auth/interact/{interaction}/patient", patient::post)
        .post("/{tenant}/auth/interact/{interaction}/picked", picker_page::post)
        .post("/{tenant}/auth/interact/{interaction}/record", record::post)
        .post("/{tenant}/auth/interact/{interaction}/encounter", encounter::post)
        .post("/{tenant}/auth/interact/{interaction}/consent", consent::post)
        .merge(apps::routes())
        .merge(account::routes())
        .merge(console_entry::routes())
        .merge(device::routes())
}
