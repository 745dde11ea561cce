//! What would come of a launch: the steps and the rules of a real one, with a person who does not exist, and nothing stored.

use super::finish::{granted, launch_context};
use super::state::{ChosenEncounter, ChosenPatient, EhrLaunch, Interaction};
use super::step::{Facts, Proposal, RememberedConsent, Step, decision, next_step};
use crate::kernel::id::{AccountId, GrantId, IdentityProviderId};
use crate::oauth::prompt::Prompt;
use crate::oauth::response_type::ResponseMode;
use crate::oauth::{AuthorizationRequest, Client, ErrorCode, OAuthError, RedirectUri};
use crate::session::SignedIn;
use crate::smart::authorization_details::AuthorizationDetails;
use crate::smart::scope::Decision;
use crate::smart::{LaunchContext, ScopeSet};
use crate::store::tenant::{Account, AccountProfile, Grant, GrantContext};
use crate::tenant::TenantCx;

/// What is tried.
pub struct Rehearsal<'a> {
    /// The app.
    pub client: &'a Client,
    /// What it would ask for.
    pub scope: &'a str,
    /// The FHIR server.
    pub audience: &'a str,
    /// What is open in the EHR; in a standalone launch, what the person would choose.
    pub context: LaunchContext,
    /// Whether an EHR launches the app.
    pub launched: bool,
    /// The person's FHIR resource, `Practitioner/123`.
    pub fhir_user: Option<String>,
    /// Their own record.
    pub patient: Option<String>,
    /// Their roles.
    pub roles: Vec<String>,
}

/// What would come of it.
pub struct Rehearsed {
    /// What was asked for, and what each rule took; none when that cannot be read.
    pub decision: Option<Decision>,
    /// Whether the person would be asked for consent.
    pub asks_consent: bool,
    /// The end.
    pub ending: RehearsedEnding,
}

/// How it would end.
pub enum RehearsedEnding {
    /// With a code, and this grant behind it.
    Granted(Box<Grant>),
    /// The person would have to choose first.
    Choice(RehearsedChoice),
    /// With an error for the app.
    Refused(OAuthError),
}

/// What a person would have to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RehearsedChoice {
    /// A patient.
    Patient,
    /// An encounter, or none in particular.
    Encounter,
}

/// Goes through the steps of a launch as far as they go without a person.
pub fn rehearse(cx: &TenantCx, rehearsal: &Rehearsal<'_>) -> Rehearsed {
    let account = person(cx, rehearsal);
    let signed_in = signed_in(cx, &account);
    let Some(interaction) = interaction(cx, rehearsal, &account) else {
        let error = OAuthError::new(
            ErrorCode::InvalidRequest,
            "redirect_uri_missing",
            "The app has no redirect URI, so nobody can sign in with it.",
        );
        return Rehearsed {
            decision: None,
            asks_consent: false,
            ending: RehearsedEnding::Refused(error),
        };
    };
    let remembered: Option<&RememberedConsent> = None;
    let facts = Facts {
        interaction: &interaction,
        client: rehearsal.client,
        tenant_ceiling: &cx.tenant().scope_ceiling,
        user_ceilings: &cx.tenant().user_ceilings,
        granular_parameters: &cx.tenant().granular_parameters,
        picker_roles: &cx.document().patient_picker_roles,
        offers_encounters: cx.offers_encounter_choice(),
        signed_in: Some(&signed_in),
        account: Some(&account),
        ask_consent: rehearsal.client.ask_consent.unwrap_or(cx.document().ask_consent),
        subject: None,
        remembered,
        may_use_client: true,
        now: cx.now(),
    };
    let ended = |ending| Rehearsed {
        decision: decision(&facts),
        asks_consent: false,
        ending,
    };
    let (proposal, asks_consent) = match next_step(&facts) {
        Step::AskConsent(proposal) => (proposal, true),
        Step::Done(proposal) => (proposal, false),
        Step::ChoosePatient | Step::ChooseRecord(_) => return ended(RehearsedEnding::Choice(RehearsedChoice::Patient)),
        Step::ChooseEncounter(_) => return ended(RehearsedEnding::Choice(RehearsedChoice::Encounter)),
        Step::Refuse(error) => return ended(RehearsedEnding::Refused(error)),
        // Nobody signs in here, and the launch is for nobody in particular: neither step can come.
        Step::SignIn { .. } | Step::WrongUser => {
            return ended(RehearsedEnding::Refused(OAuthError::server_error("rehearsal_step")));
        }
    };
    let (grant, decision) = grant(cx, &interaction, rehearsal, &account, &signed_in, &proposal);
    Rehearsed {
        decision: Some(decision),
        asks_consent,
        ending: RehearsedEnding::Granted(Box::new(grant)),
    }
}

fn person(cx: &TenantCx, rehearsal: &Rehearsal<'_>) -> Account {
    Account {
        id: AccountId::new(cx.now(), cx.entropy()),
        identity_provider: IdentityProviderId::new(cx.now(), cx.entropy()),
        profile: AccountProfile {
            subject: "rehearsal".to_owned(),
            fhir_user: rehearsal.fhir_user.clone(),
            patient: rehearsal.patient.clone(),
            roles: rehearsal.roles.clone(),
            ..AccountProfile::default()
        },
        password_hash: None,
        disabled_at: None,
    }
}

fn signed_in(cx: &TenantCx, account: &Account) -> SignedIn {
    SignedIn {
        tenant: cx.id(),
        account: account.id,
        identity_provider: account.identity_provider,
        authenticated_at: cx.now(),
        acr: None,
        amr: Vec::new(),
        started_at: cx.now(),
        seen_at: cx.now(),
        upstream_ends: None,
    }
}

/// The interaction of such a request. None when the app has nowhere to get its answer.
fn interaction(cx: &TenantCx, rehearsal: &Rehearsal<'_>, account: &Account) -> Option<Interaction> {
    let client = rehearsal.client;
    let redirect_uri = client.redirect_uris.first()?;
    let redirect_uri: RedirectUri = client.redirect_uri(redirect_uri.as_str())?;
    let request = AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri,
        response_mode: ResponseMode::Query,
        response_signing_alg: client.id_token_signed_response_alg,
        state: None,
        scope: rehearsal.scope.to_owned(),
        code_challenge: None,
        nonce: None,
        dpop_jkt: None,
        audience: rehearsal.audience.to_owned(),
        resources: Vec::new(),
        authorization_details: AuthorizationDetails::default(),
        claims: crate::oauth::claims_request::ClaimsRequest::default(),
        prompt: Prompt::default(),
        max_age: None,
        login_hint: None,
        idp_hint: None,
        hinted_subject: None,
        acr_values: None,
        ui_locales: None,
        pushed: None,
    };
    let mut interaction = Interaction::of(request, cx);
    let context = &rehearsal.context;
    if rehearsal.launched {
        interaction.launch = Some(EhrLaunch {
            context: context.clone(),
            login_hint: None,
            user: None,
            signed_in: None,
        });
    } else if let Some(patient) = &context.patient {
        interaction.patient = Some(ChosenPatient {
            account: account.id,
            id: patient.clone(),
            name: String::new(),
            birth_date: None,
        });
        interaction.encounter = Some(ChosenEncounter {
            account: account.id,
            patient: patient.clone(),
            id: context.encounter.clone(),
        });
    }
    Some(interaction)
}

fn grant(
    cx: &TenantCx,
    interaction: &Interaction,
    rehearsal: &Rehearsal<'_>,
    account: &Account,
    signed_in: &SignedIn,
    proposal: &Proposal,
) -> (Grant, Decision) {
    let (scope, decision): (ScopeSet, Decision) = granted(proposal);
    let grant = Grant {
        id: GrantId::new(cx.now(), cx.entropy()),
        client_id: rehearsal.client.client_id.to_string(),
        account: account.id,
        scope: scope.print(),
        audience: rehearsal.audience.to_owned(),
        context: GrantContext {
            launch: launch_context(cx, interaction, proposal),
            fhir_user: account.profile.fhir_user.clone(),
            roles: account.profile.roles.clone(),
            npi: None,
            acr: None,
            amr: Vec::new(),
            claims: proposal.claims.clone(),
            resources: Vec::new(),
            authorization_details: AuthorizationDetails::default(),
        },
        authenticated_at: signed_in.authenticated_at,
        created_at: cx.now(),
        logout_session: None,
    };
    (grant, decision)
}
