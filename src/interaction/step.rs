//! What comes next between an authorization request and its code. Pure: facts in, step out.

use super::negotiation::negotiate;
use super::state::Interaction;
use crate::kernel::Timestamp;
use crate::oauth::{Client, ErrorCode, OAuthError};
use crate::session::SignedIn;
use crate::smart::scope::{Decision, GranularParameters, Level, UserCeilings};
use crate::smart::{FhirId, FhirUser, Narrowing, Reason, Scope, ScopeSet};
use crate::store::tenant::Account;

/// Everything a step is decided by.
pub struct Facts<'a> {
    /// The interaction.
    pub interaction: &'a Interaction,
    /// The client that asks.
    pub client: &'a Client,
    /// The widest scope of any app of the tenant.
    pub tenant_ceiling: &'a ScopeSet,
    /// The widest access to data by role.
    pub user_ceilings: &'a UserCeilings,
    /// The search parameters that may restrict a scope.
    pub granular_parameters: &'a GranularParameters,
    /// Roles that may choose any patient; empty for every practitioner.
    pub picker_roles: &'a [String],
    /// Who is signed in with this browser.
    pub signed_in: Option<&'a SignedIn>,
    /// Their account, if it may sign in.
    pub account: Option<&'a Account>,
    /// What they answered this client before.
    pub remembered: Option<&'a RememberedConsent>,
    /// The time of the request.
    pub now: Timestamp,
}

/// The answer a user gave an app before.
#[derive(Clone, Debug)]
pub struct RememberedConsent {
    /// What they were asked for.
    pub asked: ScopeSet,
    /// What they allowed of it.
    pub allowed: ScopeSet,
    /// When.
    pub granted_at: Timestamp,
}

/// The next step.
#[derive(Debug)]
pub enum Step {
    /// Somebody has to prove who they are.
    SignIn {
        /// Also when they did so before.
        again: bool,
    },
    /// Somebody is signed in, but the EHR launched the app for another user.
    WrongUser,
    /// A patient has to be chosen.
    ChoosePatient,
    /// The user has to be asked.
    AskConsent(Proposal),
    /// Nothing is left to ask.
    Done(Proposal),
    /// The request ends here.
    Refuse(OAuthError),
}

/// What would be granted.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The scope.
    pub scope: ScopeSet,
    /// What was requested, and what each rule took of it.
    pub decision: Decision,
    /// The patient in context.
    pub patient: Option<FhirId>,
    /// Whether that is the user's own record.
    pub own_record: bool,
}

impl Proposal {
    /// What the user allows of it: each data scope and the access while they are away within `allowed`. Everything else is not theirs
    /// to choose here. Never more than was proposed.
    #[must_use]
    pub fn narrowed_to(mut self, allowed: &ScopeSet) -> Self {
        let chosen = |scope: &Scope| matches!(scope, Scope::Resource(_) | Scope::OfflineAccess);
        let (scope, removals) = Narrowing::of(self.scope)
            .with_data_within(allowed, Reason::Consent)
            .keeping(Reason::Consent, |scope| !chosen(scope) || allowed.covers_scope(scope))
            .into_parts();
        self.decision.removals.extend(removals);
        // The patient is told to the app only for a reason that is left.
        let reason =
            scope.has_level(Level::Patient) || scope.asks_for_context("patient") || scope.contains(&Scope::Launch);
        self.patient = self.patient.filter(|_| reason);
        self.scope = scope;
        self
    }

    /// Whether it opens health data.
    pub fn opens_data(&self) -> bool {
        self.scope.resources().next().is_some()
    }
}

/// Decides the next step. The order is the order in which a user meets the steps.
pub fn next_step(facts: &Facts<'_>) -> Step {
    let request = &facts.interaction.request;
    let (Some(signed_in), Some(account)) = (facts.signed_in, facts.account) else {
        return sign_in(facts, false);
    };
    if must_sign_in_again(facts, signed_in) {
        return sign_in(facts, true);
    }
    if !is_expected(facts, account) {
        return if request.prompt.none {
            sign_in(facts, true)
        } else {
            Step::WrongUser
        };
    }
    let (scope, decision) = match negotiate(facts, account) {
        Ok((scope, _)) if scope.is_empty() => return Step::Refuse(nothing_grantable()),
        Ok(negotiated) => negotiated,
        Err(error) => return Step::Refuse(error),
    };
    let proposal = match patient_of(facts, account, &scope) {
        Patient::NotNeeded => Proposal {
            scope,
            decision,
            patient: None,
            own_record: false,
        },
        Patient::Known { id, own_record } => Proposal {
            scope,
            decision,
            patient: Some(id),
            own_record,
        },
        // SMART App Launch 2.2: a standalone launch with launch/patient gives the user a choice.
        Patient::ToBeChosen if request.prompt.none => return Step::Refuse(interaction_required()),
        Patient::ToBeChosen => return Step::ChoosePatient,
        Patient::NotAllowed => {
            let description = "There is no patient record that this user may open in this app.";
            return Step::Refuse(OAuthError::access_denied("no_patient", description));
        }
    };
    match (answered_before(facts, account, &proposal), request.prompt.none) {
        (Some(allowed), _) => Step::Done(allowed),
        // OpenID Connect Core section 3.1.2.6.
        (None, true) => {
            let description = "The user has to be asked for consent.";
            Step::Refuse(OAuthError::new(
                ErrorCode::ConsentRequired,
                "consent_required",
                description,
            ))
        }
        (None, false) => Step::AskConsent(proposal),
    }
}

/// What was asked for and decided so far, whoever is signed in: for the record of an interaction that ends in a refusal.
pub fn decision(facts: &Facts<'_>) -> Option<Decision> {
    negotiate(facts, facts.account?).ok().map(|(_, decision)| decision)
}

/// The proposal as the user answered it before, when that answer still counts.
///
/// An answer counts for everything that is within what was asked then; what was left out then stays left out. It does not
/// count when all that is asked for now was left out, when the app or its registration wants the user asked each time, and for
/// people who open their own record from outside the EHR: to them the page is the place where they choose what to share, so it
/// comes with each launch. An answer given since this request began was given to it, in another tab.
fn answered_before(facts: &Facts<'_>, account: &Account, proposal: &Proposal) -> Option<Proposal> {
    let request = &facts.interaction.request;
    let remembered = facts.remembered?;
    let just_now = remembered.granted_at >= facts.interaction.started_at;
    let chooses_each_time = proposal.opens_data()
        && own_record(account).is_some()
        && facts.interaction.launch.is_none()
        && !request.prompt.none;
    let ask = request.prompt.consent || (!just_now && (facts.client.always_ask_consent || chooses_each_time));
    if ask || !remembered.asked.covers(&proposal.scope) {
        return None;
    }
    let allowed = proposal.clone().narrowed_to(&remembered.allowed);
    (allowed.opens_data() == proposal.opens_data()).then_some(allowed)
}

fn nothing_grantable() -> OAuthError {
    OAuthError::access_denied(
        "nothing_grantable",
        "Nothing of the scope can be granted for this user.",
    )
}

/// OpenID Connect Core section 3.1.2.6: with `prompt=none` no page is shown.
fn sign_in(facts: &Facts<'_>, again: bool) -> Step {
    if facts.interaction.request.prompt.none {
        let description = "The user is not signed in, or not recently enough.";
        return Step::Refuse(OAuthError::new(ErrorCode::LoginRequired, "login_required", description));
    }
    Step::SignIn { again }
}

fn interaction_required() -> OAuthError {
    OAuthError::new(
        ErrorCode::InteractionRequired,
        "interaction_required",
        "The user has to choose a patient.",
    )
}

/// Whether the EHR, if there is one, launched the app for this user or for nobody in particular.
fn is_expected(facts: &Facts<'_>, account: &Account) -> bool {
    let expected = facts
        .interaction
        .launch
        .as_ref()
        .and_then(|launch| launch.user.as_ref());
    expected.is_none_or(|expected| expected.is(account))
}

/// OpenID Connect Core section 3.1.2.1: `prompt=login` and `select_account` always, `max_age` when the sign-in is older,
/// `id_token_hint` when it names somebody else. A sign-in made for this very request satisfies all but the last.
fn must_sign_in_again(facts: &Facts<'_>, signed_in: &SignedIn) -> bool {
    let request = &facts.interaction.request;
    let for_this_request = signed_in.started_at >= facts.interaction.started_at;
    let forced = request.prompt.login || request.prompt.select_account;
    let too_old = request
        .max_age
        .is_some_and(|age| facts.now.since(signed_in.authenticated_at) > age);
    let somebody_else = request
        .hinted_subject
        .as_ref()
        .is_some_and(|subject| *subject != signed_in.account.to_string());
    somebody_else || (!for_this_request && (forced || too_old))
}

enum Patient {
    NotNeeded,
    Known { id: FhirId, own_record: bool },
    ToBeChosen,
    NotAllowed,
}

/// SMART App Launch 2.2, "Launch context": whenever a `patient/` scope is granted, a patient is in context.
fn patient_of(facts: &Facts<'_>, account: &Account, scope: &ScopeSet) -> Patient {
    if !wants_patient(facts, scope) {
        return Patient::NotNeeded;
    }
    let launched = facts
        .interaction
        .launch
        .as_ref()
        .and_then(|launch| launch.context.patient.clone());
    match (own_record(account), launched) {
        // Somebody with a record of their own opens that one, whatever a launch says.
        (Some(own), Some(launched)) if own != launched => return Patient::NotAllowed,
        (Some(id), _) => return Patient::Known { id, own_record: true },
        // The EHR says which patient is open; it checked that its user may see them.
        (None, Some(id)) => return Patient::Known { id, own_record: false },
        (None, None) => {}
    }
    let chosen = facts
        .interaction
        .patient
        .as_ref()
        .filter(|chosen| chosen.account == account.id);
    match chosen {
        Some(chosen) if may_choose(facts, account) => Patient::Known {
            id: chosen.id.clone(),
            own_record: false,
        },
        None if may_choose(facts, account) => Patient::ToBeChosen,
        _ => Patient::NotAllowed,
    }
}

/// Whether a patient has to be in context: for every `patient/` scope, when asked for, and when an EHR has one open.
fn wants_patient(facts: &Facts<'_>, scope: &ScopeSet) -> bool {
    let opened = facts
        .interaction
        .launch
        .as_ref()
        .is_some_and(|launch| launch.context.patient.is_some());
    scope.asks_for_context("patient") || scope.has_level(Level::Patient) || (opened && scope.contains(&Scope::Launch))
}

/// The patient record that is the user's own.
pub fn own_record(account: &Account) -> Option<FhirId> {
    let from_user = || {
        let (kind, id) = account.profile.fhir_user.as_deref()?.split_once('/')?;
        (kind == "Patient").then_some(id)
    };
    FhirId::parse(account.profile.patient.as_deref().or_else(from_user)?).ok()
}

/// Whether the user may choose among the tenant's patients.
fn may_choose(facts: &Facts<'_>, account: &Account) -> bool {
    if facts.picker_roles.is_empty() {
        let user = account
            .profile
            .fhir_user
            .as_deref()
            .and_then(|user| FhirUser::parse_relative(user).ok());
        return user.is_some_and(|user| user.to_string().starts_with("Practitioner"));
    }
    account
        .profile
        .roles
        .iter()
        .any(|role| facts.picker_roles.contains(role))
}

#[cfg(test)]
mod tests;
