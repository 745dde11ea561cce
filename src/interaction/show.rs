//! `GET I/interact/{interaction}`: wherever the browser is on its way, this shows or does what comes next.

use super::finish;
use super::open::{OpenInteraction, storage_page};
use super::respond::{ReturnPath, internal_page, sign_in_page};
use super::sign_in::SignInFor;
use super::step::{Facts, RememberedConsent, Step, decision, next_step};
use super::{choose_provider, consent, encounter, frame, other_user, patient, picker_page, record};
use crate::federation::Federation;
use crate::federation::choice::is_offered;
use crate::patient_directory::PatientDirectory;
use crate::session::{self, Session, SignedIn};
use crate::smart::ScopeSet;
use crate::smart::scope::Decision;
use crate::store::StoreError;
use crate::store::tenant::Account;
use crate::tenant::TenantCx;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// Path parameters of an interaction's routes.
#[derive(serde::Deserialize)]
pub(super) struct InteractionPath {
    /// The handle.
    pub(super) interaction: String,
}

/// Who is at the browser, as far as the next step needs to know.
pub(super) struct Present {
    /// The session.
    pub(super) signed_in: Option<SignedIn>,
    /// Their account, unless it is disabled or gone.
    pub(super) account: Option<Account>,
    /// What they answered the client before.
    pub(super) remembered: Option<RememberedConsent>,
    /// Whether the client is for those who signed in where they did.
    pub(super) may_use_client: bool,
}

impl Present {
    /// Reads who the EHR vouches for, else the session, with account and remembered consent.
    pub(super) async fn read(cx: &TenantCx, session: &Session, open: &OpenInteraction) -> Result<Self, StoreError> {
        let client_id = open.client.client_id.as_str();
        let mut rows = cx.read().await?;
        let enabled = |account: Option<Account>| account.filter(|account| account.disabled_at.is_none());
        let vouched = match open.interaction.asserted_sign_in() {
            // Disabled since the EHR's word: then the word is worth nothing, and somebody has to sign in.
            Some(asserted) => enabled(rows.find_account(asserted.account).await?).map(|account| (asserted, account)),
            None => None,
        };
        let mut may_use_client = true;
        let (signed_in, account) = if let Some((asserted, account)) = vouched {
            (asserted.clone(), Some(account))
        } else {
            let found = session::find_signed_in(cx, session)
                .await
                .map_err(|error| StoreError::Unfit(error.to_string()))?;
            let Some(signed_in) = found else {
                return Ok(Self {
                    signed_in: None,
                    account: None,
                    remembered: None,
                    may_use_client: true,
                });
            };
            let account = enabled(rows.find_account(signed_in.account).await?);
            if !open.client.identity_providers.is_empty() {
                let alias = rows.find_identity_provider_alias(signed_in.identity_provider).await?;
                may_use_client = alias.is_some_and(|alias| is_offered(&open.client.identity_providers, &alias));
            }
            (signed_in, account)
        };
        let consent = rows.find_consent(signed_in.account, client_id).await?;
        rows.commit().await?;
        let scopes = |text: &str| ScopeSet::parse(text).ok().map(|parsed| parsed.scopes);
        let remembered = consent.and_then(|consent| {
            Some(RememberedConsent {
                asked: scopes(consent.asked.as_deref().unwrap_or(&consent.scope))?,
                allowed: scopes(&consent.scope)?,
                granted_at: consent.granted_at,
            })
        });
        Ok(Self {
            signed_in: Some(signed_in),
            account,
            remembered,
            may_use_client,
        })
    }

    fn facts<'a>(&'a self, cx: &'a TenantCx, open: &'a OpenInteraction) -> Facts<'a> {
        Facts {
            interaction: &open.interaction,
            client: &open.client,
            tenant_ceiling: &cx.tenant().scope_ceiling,
            user_ceilings: &cx.tenant().user_ceilings,
            granular_parameters: &cx.tenant().granular_parameters,
            picker_roles: &cx.document().patient_picker_roles,
            offers_encounters: cx.offers_encounter_choice(),
            signed_in: self.signed_in.as_ref(),
            account: self.account.as_ref(),
            subject: self
                .account
                .as_ref()
                .map(|account| cx.subject(&open.client, account.id)),
            ask_consent: open.client.ask_consent.unwrap_or(cx.document().ask_consent),
            remembered: self.remembered.as_ref(),
            may_use_client: self.may_use_client,
            now: cx.now(),
        }
    }

    /// The next step for them.
    pub(super) fn next_step(&self, cx: &TenantCx, open: &OpenInteraction) -> Step {
        next_step(&self.facts(cx, open))
    }

    /// What was decided about the scope so far.
    pub(super) fn decision(&self, cx: &TenantCx, open: &OpenInteraction) -> Option<Decision> {
        decision(&self.facts(cx, open))
    }
}

/// Shows the next step, or does it.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    State(directory): State<PatientDirectory>,
    session: Session,
    Path(path): Path<InteractionPath>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = frame::probe(&cx, &path.interaction, query.as_deref(), &headers) {
        return response;
    }
    let open = match OpenInteraction::open(&cx, &path.interaction, &headers).await {
        Ok(open) => open,
        Err(closed) => return closed.into_response(),
    };
    let present = match Present::read(&cx, &session, &open).await {
        Ok(present) => present,
        Err(error) => return storage_page(&cx, &error),
    };
    let response = match present.next_step(&cx, &open) {
        Step::SignIn { again } => {
            choose_provider::show(&cx, &federation, &SignInFor::App(&open), again, &headers).await
        }
        Step::WrongUser => match &present.account {
            Some(account) => other_user::show(&cx, &open, account),
            None => internal_page(&cx, "wrong_user_without_account"),
        },
        Step::ChoosePatient => match (&cx.document().directory().picker_page, &present.account) {
            (Some(page), Some(account)) => picker_page::send(&cx, &open, account, page).await,
            _ => sign_in_page(
                &cx,
                &open.interaction.request.redirect_uri,
                &patient::first_page(&cx, &open),
            )
            .into_response(),
        },
        Step::ChooseRecord(records) => match &present.account {
            Some(account) => record::show(&cx, &directory, &open, account, &present, &records).await,
            None => internal_page(&cx, "record_without_account"),
        },
        Step::ChooseEncounter(patient) => encounter::show(&cx, &directory, &open, &patient).await,
        Step::AskConsent(proposal) => match &present.account {
            Some(account) => consent::show(&cx, &open, account, &proposal, present.remembered.as_ref()),
            None => internal_page(&cx, "consent_without_account"),
        },
        Step::Done(proposal) => match (&present.signed_in, &present.account) {
            (Some(signed_in), Some(account)) => {
                finish::with_code(&cx, &open, &session, signed_in, account, &proposal, None).await
            }
            _ => internal_page(&cx, "done_without_account"),
        },
        Step::Refuse(error) => finish::with_error(&cx, &open, &error, present.decision(&cx, &open)).await,
    };
    cx.remember_language(open.with_cookie(&cx, response))
}

/// The path on which an interaction's answer travels.
pub(super) fn return_path(open: &OpenInteraction) -> ReturnPath {
    ReturnPath::from(&open.interaction.request)
}
