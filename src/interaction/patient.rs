//! Choosing the patient (SMART App Launch 2.2, scope `launch/patient` in a standalone launch).

use super::form::PageForm;
use super::open::{OpenInteraction, field, storage_page};
use super::patient_directory::{self, FoundPatient};
use super::respond::{see_other, sign_in_page};
use super::show::{InteractionPath, Present};
use super::state::{ChosenPatient, encode};
use super::step::Step;
use crate::federation::Federation;
use crate::kernel::id::AccountId;
use crate::oauth::Parameters;
use crate::session::Session;
use crate::smart::FhirId;
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::pages::{PatientPicker, PickerState};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

const CSRF_PURPOSE: &str = "patient";
/// Fewer letters than this match too much of a hospital.
const SHORTEST_QUERY: usize = 2;

/// The page before anything was searched.
pub(super) fn first_page(cx: &TenantCx, open: &OpenInteraction) -> PatientPicker {
    page(cx, open, String::new(), String::new(), PickerState::FirstVisit)
}

fn page(cx: &TenantCx, open: &OpenInteraction, query: String, birth_date: String, state: PickerState) -> PatientPicker {
    PatientPicker {
        chrome: cx.chrome(Some(open.app())),
        csrf: open.csrf(CSRF_PURPOSE),
        action: Href::local(&open.path(cx, "patient")),
        query,
        birth_date,
        state,
    }
}

/// `POST I/interact/{interaction}/patient`: a search, or a choice. Both are POST, so that names stay out of addresses.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    Path(path): Path<InteractionPath>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let open = match OpenInteraction::open(&cx, &path.interaction, &headers).await {
        Ok(open) => open,
        Err(closed) => return closed.into_response(),
    };
    if let Err(closed) = open.check_csrf(&cx, CSRF_PURPOSE, &form) {
        return closed.into_response();
    }
    let present = match Present::read(&cx, &session, &open).await {
        Ok(present) => present,
        Err(error) => return storage_page(&cx, &error),
    };
    // Searching and choosing are for whom the rules would show the picker, now.
    let (Step::ChoosePatient, Some(account)) = (present.next_step(&cx, &open), &present.account) else {
        return see_other(&open.path(&cx, ""));
    };
    let state = match field(&form, "step") {
        Ok("choose") => match choose(&cx, &federation, &open, account.id, &form).await {
            Ok(Some(state)) => state,
            Ok(None) => return see_other(&open.path(&cx, "")),
            Err(error) => return storage_page(&cx, &error),
        },
        _ => search(&cx, &federation, &form).await,
    };
    let text = |name: &str| field(&form, name).unwrap_or_default().to_owned();
    let page = page(&cx, &open, text("query"), text("birthdate"), state);
    sign_in_page(&cx, &open.interaction.request.redirect_uri, &page).into_response()
}

async fn search(cx: &TenantCx, federation: &Federation, form: &Parameters) -> PickerState {
    let query = field(form, "query").unwrap_or_default().trim();
    let birth_date = field(form, "birthdate").unwrap_or_default().trim();
    if query.chars().count() < SHORTEST_QUERY {
        return PickerState::QueryTooShort;
    }
    match patient_directory::search(cx, federation.outbound(), query, birth_date).await {
        Ok(found) => {
            let rows = found.patients.iter().map(|patient| patient.row(cx.now())).collect();
            if found.more {
                PickerState::TooMany(rows)
            } else {
                PickerState::Results(rows)
            }
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &patient_directory::DirectoryError) -> PickerState {
    tracing::warn!(%error, "patient directory");
    match error {
        patient_directory::DirectoryError::NotAllowed => PickerState::NotAllowed,
        _ => PickerState::Failed,
    }
}

/// Remembers the choice. The patient is read from the tenant's own server, so that only one who exists there, under the
/// name shown there, can come into context. `None` when the choice is made.
async fn choose(
    cx: &TenantCx,
    federation: &Federation,
    open: &OpenInteraction,
    account: AccountId,
    form: &Parameters,
) -> Result<Option<PickerState>, StoreError> {
    let Ok(id) = FhirId::parse(field(form, "patient").unwrap_or_default()) else {
        return Ok(Some(PickerState::NotAllowed));
    };
    let found: FoundPatient = match patient_directory::read(cx, federation.outbound(), &id).await {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Some(PickerState::NotAllowed)),
        Err(error) => return Ok(Some(failed(&error))),
    };
    let mut interaction = open.interaction.clone();
    interaction.patient = Some(ChosenPatient {
        account,
        id,
        name: found.name,
        birth_date: found.birth_date,
    });
    let state = encode(&interaction)?;
    let mut tx = cx.begin().await?;
    // Another tab may have gone on meanwhile; then its choice stands, and the next page shows it.
    tx.advance_interaction(open.hash, open.version, state.expose(), cx.now(), cx.entropy())
        .await?;
    tx.commit().await?;
    Ok(None)
}
