//! Choosing among the records that are the user's: a parent's children, somebody's own and the one they look after.

use super::finish;
use super::form::PageForm;
use super::open::{OpenInteraction, field, storage_page};
use super::patient::{problem, refuse, remember};
use super::patient_rows::rows;
use super::records::Records;
use super::respond::{see_other, sign_in_page};
use super::show::{InteractionPath, Present};
use super::step::{Step, no_patient};
use crate::patient_directory::{DirectoryError, FoundPatient, PatientDirectory};
use crate::session::Session;
use crate::smart::FhirId;
use crate::store::tenant::Account;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::pages::{PickerProblem, PickerState, RecordChoice, RecordChoiceState};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

const CSRF_PURPOSE: &str = "record";

/// The user's records, with what is shown of them.
async fn found(
    cx: &TenantCx,
    directory: &PatientDirectory,
    records: &Records,
) -> Result<Vec<FoundPatient>, DirectoryError> {
    let ids: Vec<FhirId> = match records {
        Records::One(id) => vec![id.clone()],
        Records::Several(ids) => ids.clone(),
        Records::LookUp(user) => Box::pin(directory.records_of(cx, user)).await?,
        Records::Choice | Records::None => Vec::new(),
    };
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Box::pin(directory.patients(cx, &ids)).await
}

/// The page. Somebody who turns out to act for one patient only has nothing to choose.
pub(super) async fn show(
    cx: &TenantCx,
    directory: &PatientDirectory,
    open: &OpenInteraction,
    account: &Account,
    present: &Present,
    records: &Records,
) -> Response {
    let mut found = match found(cx, directory, records).await {
        Ok(found) => found,
        Err(error) => return page(cx, open, RecordChoiceState::Problem(problem(&error))),
    };
    match (found.len(), records) {
        (0, _) => {
            let decision = present.decision(cx, open);
            finish::with_error(cx, open, &no_patient(), decision).await
        }
        (1, Records::LookUp(_)) => match found.pop() {
            Some(only) => match remember(cx, open, account.id, only, None).await {
                Ok(()) => see_other(&open.path(cx, "")),
                Err(error) => storage_page(cx, &error),
            },
            None => see_other(&open.path(cx, "")),
        },
        _ => page(cx, open, RecordChoiceState::Choice(rows(&found, cx.now()))),
    }
}

fn page(cx: &TenantCx, open: &OpenInteraction, state: RecordChoiceState) -> Response {
    let page = RecordChoice {
        chrome: cx.chrome(Some(open.app())),
        csrf: open.csrf(CSRF_PURPOSE),
        action: Href::local(&open.path(cx, "record")),
        again: Href::local(&open.path(cx, "")),
        state,
    };
    sign_in_page(cx, &open.interaction.request.redirect_uri, &page).into_response()
}

/// `POST I/interact/{interaction}/record`: one of the user's own records; any other is refused, whoever's it is.
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
    let (Step::ChooseRecord(records), Some(account)) = (present.next_step(&cx, &open), &present.account) else {
        return see_other(&open.path(&cx, ""));
    };
    let found = match found(&cx, &directory, &records).await {
        Ok(found) => found,
        Err(error) => return page(&cx, &open, RecordChoiceState::Problem(problem(&error))),
    };
    let wanted = field(&form, "patient").unwrap_or_default();
    if let Some(chosen) = found.into_iter().find(|patient| patient.id.as_str() == wanted) {
        return match remember(&cx, &open, account.id, chosen, None).await {
            Ok(()) => see_other(&open.path(&cx, "")),
            Err(error) => storage_page(&cx, &error),
        };
    }
    match refuse(&cx, &open, account.id).await {
        Ok(PickerState::Problem(problem)) => page(&cx, &open, RecordChoiceState::Problem(problem)),
        Ok(_) => page(&cx, &open, RecordChoiceState::Problem(PickerProblem::NotAllowed)),
        Err(error) => storage_page(&cx, &error),
    }
}
