//! The tenant's own page for choosing a patient: a signed request on the way there, a signed answer on the way back.
//!
//! The request names this interaction, its user and what is wanted. The answer counts once, in the browser that the
//! interaction belongs to, for the user who was sent, and only with the `state` that went along.

use super::form::PageForm;
use super::open::{OpenInteraction, field, redirect_uri_of, storage_page};
use super::patient::{asker, problem, refuse, remember};
use super::respond::{internal_page, problem_page, see_other, sign_in_page};
use super::show::{InteractionPath, Present};
use super::state::{ChosenEncounter, SentToPicker, encode};
use super::step::Step;
use super::{finish, patient};
use crate::kernel::{Sha256Hash, entropy};
use crate::oauth::OAuthError;
use crate::oauth::jose::{JwtType, SigningAlgorithm};
use crate::patient_directory::{FoundPatient, PatientDirectory, PickerAnswer};
use crate::session::Session;
use crate::smart::{FhirBase, FhirId, FhirUser, ScopeSet};
use crate::store::tenant::Account;
use crate::tenant::patient_directory::PickerPage;
use crate::tenant::{RefusalMark, TenantCx};
use crate::web::Href;
use crate::web::cookies::CookiePurpose;
use crate::web::pages::{Action, FormPost, FormPostTarget, PickerState, Problem};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use std::time::Duration;
use url::Url;

/// How long a user may take at the page.
const REQUEST_LIFETIME: Duration = Duration::from_mins(10);
/// Says that our own page passed the answer on.
const RELAYED: &str = "relayed";

/// Sends the browser to the page.
pub(super) async fn send(cx: &TenantCx, open: &OpenInteraction, account: &Account, page: &PickerPage) -> Response {
    let random = || URL_SAFE_NO_PAD.encode(entropy::bytes::<32>(cx.entropy()));
    let (state, jti) = (random(), random());
    let mut interaction = open.interaction.clone();
    interaction.sent_to_picker = Some(SentToPicker {
        account: account.id,
        state: Sha256Hash::of(state.as_bytes()).to_base64url(),
        expires_at: cx.now() + REQUEST_LIFETIME,
    });
    let stored = async {
        let encoded = encode(&interaction)?;
        let mut tx = cx.begin().await?;
        let first = tx
            .advance_interaction(open.hash, open.version, encoded.expose(), cx.now(), cx.entropy())
            .await?;
        tx.commit().await?;
        Ok(first)
    };
    match stored.await {
        Ok(true) => {}
        // Another tab was faster; what it did is looked at.
        Ok(false) => return see_other(&open.path(cx, "")),
        Err(error) => return storage_page(cx, &error),
    }
    let mut wanted = vec!["patient"];
    if wants_encounter(cx, open, page) {
        wanted.push("encounter");
    }
    let request = &open.interaction.request;
    let fhir_user = FhirBase::parse(&request.audience).ok().and_then(|base| {
        let user = FhirUser::parse(account.profile.fhir_user.as_deref()?, &base).ok()?;
        Some(user.absolute(&base))
    });
    let claims = json!({
        "iss": cx.issuer(),
        "aud": page.url,
        "iat": cx.now().seconds(),
        "exp": (cx.now() + REQUEST_LIFETIME).seconds(),
        "jti": jti,
        "state": state,
        "wanted": wanted,
        "sub": account.id.to_string(),
        "fhirUser": fhir_user,
        "client_id": open.client.client_id,
        "client_name": open.client.client_name,
        "return_uri": cx.urls().endpoint(&format!("interact/{}/picked", open.handle)),
        "ui_locales": cx.language().tag(),
    });
    let signed = cx
        .keys()
        .signer(SigningAlgorithm::ES256)
        .ok()
        .and_then(|key| key.sign(JwtType::PickerRequest, &claims).ok());
    let (Some(signed), Ok(mut address)) = (signed, Url::parse(&page.url)) else {
        return internal_page(cx, "picker_request");
    };
    address.query_pairs_mut().append_pair("request", &signed);
    see_other(address.as_str())
}

fn wants_encounter(cx: &TenantCx, open: &OpenInteraction, page: &PickerPage) -> bool {
    let asked = ScopeSet::parse(&open.interaction.request.scope);
    page.encounters
        && cx.offers_encounter_choice()
        && asked.is_ok_and(|asked| asked.scopes.asks_for_context("encounter"))
}

/// `POST I/interact/{interaction}/picked`: the page's answer, as the form field `response`.
///
/// It comes from another site, and such a POST carries no cookies. A page of ours passes it on; only then is it looked at.
pub(super) async fn post(
    cx: TenantCx,
    State(directory): State<PatientDirectory>,
    session: Session,
    Path(path): Path<InteractionPath>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let response = field(&form, "response").unwrap_or_default();
    let cookie = cx.cookies().find(&headers, CookiePurpose::Interaction);
    if cookie.is_none() && !form.contains(RELAYED) {
        return relay(&cx, &path.interaction, response).await;
    }
    let open = match OpenInteraction::open(&cx, &path.interaction, &headers).await {
        Ok(open) => open,
        Err(closed) => return closed.into_response(),
    };
    let present = match Present::read(&cx, &session, &open).await {
        Ok(present) => present,
        Err(error) => return storage_page(&cx, &error),
    };
    let page = cx.document().directory().picker_page.clone();
    let (Step::ChoosePatient, Some(account), Some(page)) = (present.next_step(&cx, &open), &present.account, page)
    else {
        return see_other(&open.path(&cx, ""));
    };
    let Some(sent) = open.interaction.sent_to_picker.clone() else {
        return not_ours(&cx, &open, "picker_answer_unasked");
    };
    let answer = match directory.picker_answer(&cx, &page, response).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(%error, "an answer of the tenant's picker page was refused");
            return not_ours(&cx, &open, "picker_answer_unverified");
        }
    };
    let same_state = Sha256Hash::of(answer.state.as_bytes()).to_base64url() == sent.state;
    let same_user = answer.sub == account.id.to_string() && sent.account == account.id;
    if !same_state || !same_user || sent.expires_at <= cx.now() {
        return not_ours(&cx, &open, "picker_answer_of_another_request");
    }
    if answer.error.is_some() {
        // RFC 6749 section 4.1.2.1.
        let error = OAuthError::access_denied("no_patient_chosen", "The user chose no patient.");
        return finish::with_error(&cx, &open, &error, present.decision(&cx, &open)).await;
    }
    take(&cx, &directory, &open, account, &page, answer).await
}

/// Puts the answer's patient into the interaction, within the tenant's restriction.
async fn take(
    cx: &TenantCx,
    directory: &PatientDirectory,
    open: &OpenInteraction,
    account: &Account,
    page: &PickerPage,
    answer: PickerAnswer,
) -> Response {
    let shown = |state: PickerState| {
        let page = patient::page_saying(cx, open, state);
        sign_in_page(cx, &open.interaction.request.redirect_uri, &page).into_response()
    };
    let Some(id) = answer.patient.as_deref().and_then(|id| FhirId::parse(id).ok()) else {
        return not_ours(cx, open, "picker_answer_without_patient");
    };
    let restricted = cx.document().directory().restriction.is_some();
    let found = match answer.display {
        Some(display) if !restricted => FoundPatient::named(id, display.name, display.birth_date),
        _ => match Box::pin(directory.choose(cx, asker(account), &id)).await {
            Ok(Some(found)) => found,
            Ok(None) => {
                return match refuse(cx, open, account.id).await {
                    Ok(state) => shown(state),
                    Err(error) => storage_page(cx, &error),
                };
            }
            Err(error) => return shown(PickerState::Problem(problem(&error))),
        },
    };
    let encounter = wants_encounter(cx, open, page).then(|| ChosenEncounter {
        account: account.id,
        patient: found.id.clone(),
        id: answer.encounter.as_deref().and_then(|id| FhirId::parse(id).ok()),
    });
    match remember(cx, open, account.id, found, encounter).await {
        Ok(()) => see_other(&open.path(cx, "")),
        Err(error) => storage_page(cx, &error),
    }
}

/// A form that sends the answer once more, from this site, so that the browser's cookies come along.
async fn relay(cx: &TenantCx, handle: &str, response: &str) -> Response {
    match redirect_uri_of(cx, handle).await {
        Ok(Some(redirect_uri)) => {
            let page = FormPost {
                chrome: cx.chrome(None),
                target: FormPostTarget::App,
                redirect_uri: Href::local(&format!("{}/interact/{handle}/picked", cx.urls().path())),
                parameters: vec![
                    ("response".to_owned(), response.to_owned()),
                    (RELAYED.to_owned(), "1".to_owned()),
                ],
            };
            sign_in_page(cx, &redirect_uri, &page).into_response()
        }
        Ok(None) => problem_page(cx, Problem::SignInExpired, None, None),
        Err(error) => storage_page(cx, &error),
    }
}

/// An answer that is used up, of another request, another user's, or not the page's at all. Nothing is chosen; the user can go
/// to the page again.
fn not_ours(cx: &TenantCx, open: &OpenInteraction, reason: &'static str) -> Response {
    tracing::warn!(reason, "picker answer refused");
    let again = Action::TryAgain(Href::local(&open.path(cx, "")));
    let page = problem_page(cx, Problem::FormOutdated, Some(again), None);
    RefusalMark::on_page(Problem::FormOutdated).because(reason).mark(page)
}
