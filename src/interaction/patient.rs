//! Choosing the patient (SMART App Launch 2.2, scope `launch/patient` in a standalone launch).

use super::form::PageForm;
use super::open::{OpenInteraction, field, storage_page};
use super::patient_rows::rows;
use super::respond::{see_other, sign_in_page};
use super::show::{InteractionPath, Present};
use super::state::{ChosenEncounter, ChosenPatient, encode};
use super::step::Step;
use crate::kernel::id::AccountId;
use crate::oauth::Parameters;
use crate::patient_directory::{DirectoryError, Found, FoundPatient, PageOf, PatientDirectory, PatientSearch};
use crate::session::Session;
use crate::smart::FhirId;
use crate::smart::search_restriction::Asker;
use crate::store::StoreError;
use crate::store::tenant::{Account, AuditEvent};
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::dates::PartialDate;
use crate::web::pages::{PatientPicker, PickerProblem, PickerState};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

const CSRF_PURPOSE: &str = "patient";
/// Fewer letters than this match too much of a hospital.
const SHORTEST_NAME: usize = 2;
/// Longest text of a field, in characters.
const LONGEST_TEXT: usize = 100;

/// The page before anything was searched.
pub(super) fn first_page(cx: &TenantCx, open: &OpenInteraction) -> PatientPicker {
    page(cx, open, &Fields::default(), PickerState::FirstVisit)
}

/// The page with something to say before anything was searched.
pub(super) fn page_saying(cx: &TenantCx, open: &OpenInteraction, state: PickerState) -> PatientPicker {
    page(cx, open, &Fields::default(), state)
}

/// What was typed.
#[derive(Default)]
struct Fields {
    name: String,
    birth_date: String,
    identifier: String,
}

impl Fields {
    fn of(form: &Parameters) -> Self {
        let text = |name: &str| {
            let text = field(form, name).unwrap_or_default().trim();
            text.chars().take(LONGEST_TEXT).collect::<String>()
        };
        Self {
            name: text("query"),
            birth_date: text("birthdate"),
            identifier: text("identifier"),
        }
    }

    /// What to search for, if it is enough.
    fn search(&self) -> Option<PatientSearch> {
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        let mut search = PatientSearch {
            name: given(&self.name),
            birth_date: given(&self.birth_date).filter(|date| PartialDate::parse(date).is_some()),
            identifier: given(&self.identifier),
        };
        // Names have no digits: whoever types a number into the first field means the record number.
        if search.identifier.is_none() && self.name.bytes().any(|byte| byte.is_ascii_digit()) {
            search.identifier = search.name.take();
        }
        let name_suffices = search.name.as_ref().map(|name| name.chars().count() >= SHORTEST_NAME);
        let number_suffices = search
            .identifier
            .as_ref()
            .map(|number| number.chars().count() >= SHORTEST_NAME);
        let other = search.birth_date.is_some() || number_suffices == Some(true);
        (name_suffices.unwrap_or(other) && number_suffices.unwrap_or(true)).then_some(search)
    }
}

fn page(cx: &TenantCx, open: &OpenInteraction, fields: &Fields, state: PickerState) -> PatientPicker {
    PatientPicker {
        chrome: cx.chrome(Some(open.app())),
        csrf: open.csrf(CSRF_PURPOSE),
        action: Href::local(&open.path(cx, "patient")),
        query: fields.name.clone(),
        birth_date: fields.birth_date.clone(),
        identifier: fields.identifier.clone(),
        state,
    }
}

/// Who is asking, for the tenant's restriction.
pub(super) fn asker(account: &Account) -> Asker<'_> {
    Asker {
        fhir_user: account.profile.fhir_user.as_deref(),
        npi: account.profile.npi.as_deref(),
    }
}

/// `POST I/interact/{interaction}/patient`: a search, a further page, or a choice. All are POST, so that names stay out of
/// addresses.
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
    // Searching and choosing are for whom the rules would show the picker, now, and where it is not the tenant's own page.
    if cx.document().directory().picker_page.is_some() {
        return see_other(&open.path(&cx, ""));
    }
    let (Step::ChoosePatient, Some(account)) = (present.next_step(&cx, &open), &present.account) else {
        return see_other(&open.path(&cx, ""));
    };
    let fields = Fields::of(&form);
    let state = match field(&form, "step") {
        Ok("choose") => match choose(&cx, &directory, &open, account, &form).await {
            Ok(Some(state)) => state,
            Ok(None) => return see_other(&open.path(&cx, "")),
            Err(error) => return storage_page(&cx, &error),
        },
        _ => search(&cx, &directory, &open, account, &form, &fields).await,
    };
    let page = page(&cx, &open, &fields, state);
    sign_in_page(&cx, &open.interaction.request.redirect_uri, &page).into_response()
}

async fn search(
    cx: &TenantCx,
    directory: &PatientDirectory,
    open: &OpenInteraction,
    account: &Account,
    form: &Parameters,
    fields: &Fields,
) -> PickerState {
    let of = PageOf {
        what: "patients",
        interaction: open.hash.as_bytes(),
    };
    let further = field(form, "page").unwrap_or_default();
    let found = if further.is_empty() {
        let Some(search) = fields.search() else {
            return PickerState::QueryTooShort;
        };
        directory.search(cx, asker(account), &search, of).await
    } else {
        directory.page(cx, asker(account), further, of).await
    };
    match found {
        Ok(Found { patients, pages }) => PickerState::Results {
            rows: rows(&patients, cx.now()),
            next: pages.next,
            previous: pages.previous,
        },
        // A page that was sealed for somebody else, or before keys changed: the search can be made again.
        Err(DirectoryError::UnknownPage) => PickerState::FirstVisit,
        Err(error) => failed(&error),
    }
}

/// What to tell of a failure. The cause goes to the log, which says nothing of what was searched.
pub(super) fn problem(error: &DirectoryError) -> PickerProblem {
    tracing::warn!(%error, "patient directory");
    match error {
        DirectoryError::NobodyForUser => PickerProblem::NotAllowed,
        DirectoryError::Slow => PickerProblem::Slow,
        error if error.is_passing() => PickerProblem::Unreachable,
        _ => PickerProblem::OutOfOrder,
    }
}

fn failed(error: &DirectoryError) -> PickerState {
    PickerState::Problem(problem(error))
}

/// Remembers the choice. The patient is read from the tenant's own server, within the tenant's restriction, so that only one
/// whom the user may choose, under the name shown there, can come into context. `None` when the choice is made.
async fn choose(
    cx: &TenantCx,
    directory: &PatientDirectory,
    open: &OpenInteraction,
    account: &Account,
    form: &Parameters,
) -> Result<Option<PickerState>, StoreError> {
    let Ok(id) = FhirId::parse(field(form, "patient").unwrap_or_default()) else {
        return refuse(cx, open, account.id).await.map(Some);
    };
    let found: FoundPatient = match directory.choose(cx, asker(account), &id).await {
        Ok(Some(found)) => found,
        Ok(None) if cx.document().directory().restriction.is_none() => {
            return Ok(Some(PickerState::Problem(PickerProblem::Gone)));
        }
        Ok(None) | Err(DirectoryError::NobodyForUser) => return refuse(cx, open, account.id).await.map(Some),
        Err(error) => return Ok(Some(failed(&error))),
    };
    remember(cx, open, account.id, found, None).await?;
    Ok(None)
}

/// Puts the patient into the interaction. Another tab may have gone on meanwhile; then its choice stands, and the next page
/// shows it.
pub(super) async fn remember(
    cx: &TenantCx,
    open: &OpenInteraction,
    account: AccountId,
    found: FoundPatient,
    encounter: Option<ChosenEncounter>,
) -> Result<(), StoreError> {
    let mut interaction = open.interaction.clone();
    interaction.encounter = encounter;
    // An answer of the tenant's own page counts once.
    interaction.sent_to_picker = None;
    interaction.patient = Some(ChosenPatient {
        account,
        id: found.id,
        name: found.name,
        birth_date: found.birth_date,
    });
    let state = encode(&interaction)?;
    let mut tx = cx.begin().await?;
    tx.advance_interaction(open.hash, open.version, state.expose(), cx.now(), cx.entropy())
        .await?;
    tx.commit().await
}

/// Somebody asked for a patient whom they may not choose: the audit log knows that, and by whom; not which patient.
pub(super) async fn refuse(
    cx: &TenantCx,
    open: &OpenInteraction,
    account: AccountId,
) -> Result<PickerState, StoreError> {
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: "patient_choice.refused",
        outcome: "not_allowed",
        client_id: Some(open.client.client_id.as_str()),
        account: Some(account),
        request_id: Some(&request_id),
        ..AuditEvent::default()
    };
    let mut tx = cx.begin().await?;
    tx.record(&event, cx.now(), cx.entropy()).await?;
    tx.commit().await?;
    Ok(PickerState::Problem(PickerProblem::NotAllowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(name: &str, birth_date: &str, identifier: &str) -> Option<PatientSearch> {
        let fields = Fields {
            name: name.to_owned(),
            birth_date: birth_date.to_owned(),
            identifier: identifier.to_owned(),
        };
        fields.search()
    }

    #[test]
    fn each_of_the_three_ways_suffices() {
        assert!(search("lo", "", "").is_some());
        assert!(search("", "1984-03-12", "").is_some());
        assert!(search("", "", "urn:x|7").is_some());
    }

    #[test]
    fn too_little_is_not_searched() {
        for (name, birth_date, identifier) in [
            ("", "", ""),
            ("l", "", ""),
            ("l", "1984-03-12", ""),
            ("", "", "7"),
            ("", "x", ""),
        ] {
            assert!(
                search(name, birth_date, identifier).is_none(),
                "{name} {birth_date} {identifier}"
            );
        }
    }

    #[test]
    fn a_number_in_the_field_for_names_is_a_record_number() {
        let found = search("MRN-204100", "", "").unwrap();
        assert_eq!(
            (found.name.is_none(), found.identifier.as_deref()),
            (true, Some("MRN-204100"))
        );
    }
}
