//! Choosing the encounter (SMART App Launch 2.2, scope `launch/encounter` in a standalone launch).

use super::form::PageForm;
use super::open::{OpenInteraction, field, storage_page};
use super::patient::problem;
use super::respond::{see_other, sign_in_page};
use super::show::{InteractionPath, Present};
use super::state::{ChosenEncounter, encode};
use super::step::Step;
use crate::kernel::id::AccountId;
use crate::patient_directory::{DirectoryError, FoundEncounter, PageOf, PatientDirectory};
use crate::session::Session;
use crate::smart::FhirId;
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::dates::PartialDate;
use crate::web::pages::{EncounterPicker, EncounterPickerState, EncounterRow, PickerProblem};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

const CSRF_PURPOSE: &str = "encounter";

/// The first page of the patient's encounters.
pub(super) async fn show(
    cx: &TenantCx,
    directory: &PatientDirectory,
    open: &OpenInteraction,
    patient: &FhirId,
) -> Response {
    let state = list(cx, directory, open, patient, None).await;
    page(cx, open, state)
}

async fn list(
    cx: &TenantCx,
    directory: &PatientDirectory,
    open: &OpenInteraction,
    patient: &FhirId,
    further: Option<&str>,
) -> EncounterPickerState {
    // The patient is part of what a page is a page of: another's encounters do not open here.
    let what = format!("encounters of {}", patient.as_str());
    let of = PageOf {
        what: &what,
        interaction: open.hash.as_bytes(),
    };
    match Box::pin(directory.encounters(cx, patient, further, of)).await {
        Ok((found, pages)) => EncounterPickerState::Results {
            rows: found.iter().map(row).collect(),
            next: pages.next,
            previous: pages.previous,
        },
        Err(error) => EncounterPickerState::Problem(problem(&error)),
    }
}

fn row(encounter: &FoundEncounter) -> EncounterRow {
    let day = |moment: &Option<String>| {
        let moment = moment.as_deref()?;
        PartialDate::parse(moment.split('T').next().unwrap_or(moment))
    };
    // The clock at the place of the encounter, as it was recorded.
    let time = encounter.start.as_deref().and_then(|start| {
        let (_, time) = start.split_once('T')?;
        time.get(..5).map(str::to_owned)
    });
    EncounterRow {
        id: encounter.id.as_str().to_owned(),
        kind: encounter.kind.clone(),
        class: encounter.class.clone(),
        class_words: encounter.class_words.clone(),
        status: encounter.status.clone(),
        in_progress: encounter.is_in_progress(),
        start: day(&encounter.start),
        time,
        end: day(&encounter.end),
        place: encounter.place.clone(),
    }
}

fn page(cx: &TenantCx, open: &OpenInteraction, state: EncounterPickerState) -> Response {
    let page = EncounterPicker {
        chrome: cx.chrome(Some(open.app())),
        csrf: open.csrf(CSRF_PURPOSE),
        action: Href::local(&open.path(cx, "encounter")),
        again: Href::local(&open.path(cx, "")),
        patient: open.interaction.patient.as_ref().map(|patient| patient.name.clone()),
        state,
    };
    sign_in_page(cx, &open.interaction.request.redirect_uri, &page).into_response()
}

/// `POST I/interact/{interaction}/encounter`: a further page, a choice, or none in particular.
pub(super) async fn post(
    cx: TenantCx,
    State(directory): State<PatientDirectory>,
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
    let (Step::ChooseEncounter(patient), Some(account)) = (present.next_step(&cx, &open), &present.account) else {
        return see_other(&open.path(&cx, ""));
    };
    let chosen = match field(&form, "step") {
        Ok("none") => None,
        Ok("choose") => {
            let wanted = FhirId::parse(field(&form, "encounter").unwrap_or_default());
            match find(&cx, &directory, &patient, wanted.ok()).await {
                Ok(id) => Some(id),
                Err(problem) => return page(&cx, &open, EncounterPickerState::Problem(problem)),
            }
        }
        _ => {
            let further = field(&form, "page").ok().filter(|page| !page.is_empty());
            let state = list(&cx, &directory, &open, &patient, further).await;
            return page(&cx, &open, state);
        }
    };
    match remember(&cx, &open, account.id, patient, chosen).await {
        Ok(()) => see_other(&open.path(&cx, "")),
        Err(error) => storage_page(&cx, &error),
    }
}

/// The encounter, read from the tenant's server: only one that exists there and is this patient's can come into context.
async fn find(
    cx: &TenantCx,
    directory: &PatientDirectory,
    patient: &FhirId,
    wanted: Option<FhirId>,
) -> Result<FhirId, PickerProblem> {
    let wanted = wanted.ok_or(PickerProblem::Gone)?;
    let found = Box::pin(directory.find_encounter(cx, patient, &wanted)).await;
    match found.map_err(|error: DirectoryError| problem(&error))? {
        Some(found) => Ok(found.id),
        None => Err(PickerProblem::Gone),
    }
}

async fn remember(
    cx: &TenantCx,
    open: &OpenInteraction,
    account: AccountId,
    patient: FhirId,
    id: Option<FhirId>,
) -> Result<(), StoreError> {
    let mut interaction = open.interaction.clone();
    interaction.encounter = Some(ChosenEncounter { account, patient, id });
    let state = encode(&interaction)?;
    let mut tx = cx.begin().await?;
    // Another tab may have gone on meanwhile; then its choice stands, and the next page shows it.
    tx.advance_interaction(open.hash, open.version, state.expose(), cx.now(), cx.entropy())
        .await?;
    tx.commit().await
}
