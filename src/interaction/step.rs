//! What comes next between an authorization request and its code. Pure: facts in, step out.

use super::negotiation::negotiate;
use super::records::{Records, is_self, own_record, records};
use super::state::Interaction;
use crate::kernel::Timestamp;
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::{AskConsent, Client, ErrorCode, OAuthError};
use crate::session::SignedIn;
use crate::smart::scope::{Decision, GranularParameters, Level, UserCeilings};
use crate::smart::{FhirId, Narrowing, Reason, Scope, ScopeSet};
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
    /// Whether encounters can be chosen.
    pub offers_encounters: bool,
    /// Who is signed in with this browser.
    pub signed_in: Option<&'a SignedIn>,
    /// Their account, if it may sign in.
    pub account: Option<&'a Account>,
    /// How often the client's users are asked.
    pub ask_consent: AskConsent,
    /// What the client calls them.
    pub subject: Option<String>,
    /// What they answered this client before.
    pub remembered: Option<&'a RememberedConsent>,
    /// Whether the client is for those who signed in where they did.
    pub may_use_client: bool,
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
    /// One of the user's own records has to be chosen.
    ChooseRecord(Records),
    /// An encounter of this patient has to be chosen, or none in particular.
    ChooseEncounter(FhirId),
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
    /// The encounter that the user chose.
    pub encounter: Option<FhirId>,
    /// Whether that is the user's own record.
    pub own_record: bool,
    /// Single claims about the user that the app gets beside those of the scope.
    pub claims: ClaimsRequest,
}

impl Proposal {
    /// What the user is asked for: the scope, and the claims that are asked for one by one, under the scopes that stand for them.
    pub fn asked(&self) -> ScopeSet {
        let claims = ScopeSet::parse(&self.claims.scopes()).map(|parsed| parsed.scopes);
        claims.map_or_else(|_| self.scope.clone(), |claims| self.scope.union(&claims))
    }

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
        self.encounter = self.encounter.filter(|_| scope.asks_for_context("encounter"));
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
    if !facts.may_use_client || must_sign_in_again(facts, signed_in) {
        return sign_in(facts, true);
    }
    match strength(facts, signed_in) {
        Strength::Enough => {}
        Strength::Another => return sign_in(facts, true),
        Strength::OutOfReach => return Step::Refuse(too_weak()),
    }
    if !facts.client.is_for(&account.profile.roles) {
        return Step::Refuse(not_for_role());
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
            claims: claims(facts),
            scope,
            decision,
            patient: None,
            encounter: None,
            own_record: false,
        },
        Patient::Known { id, own_record } => Proposal {
            claims: claims(facts),
            scope,
            decision,
            patient: Some(id),
            encounter: None,
            own_record,
        },
        // SMART App Launch 2.2: a standalone launch with launch/patient gives the user a choice.
        Patient::ToBeChosen(_) if request.prompt.none => return Step::Refuse(interaction_required()),
        Patient::ToBeChosen(Records::Choice) => return Step::ChoosePatient,
        Patient::ToBeChosen(records) => return Step::ChooseRecord(records),
        Patient::NotAllowed => return Step::Refuse(no_patient()),
    };
    let proposal = match with_encounter(facts, account, proposal) {
        Ok(proposal) if proposal.scope.is_empty() => return Step::Refuse(nothing_grantable()),
        Ok(proposal) => proposal,
        Err(_) if request.prompt.none => return Step::Refuse(interaction_required()),
        Err(patient) => return Step::ChooseEncounter(patient),
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
/// count when all that is asked for now was left out, when the app wants the user asked, and when the tenant or the app's
/// registration has this user asked each time. For an app that nobody is asked about, everything proposed is the answer of whoever
/// gave none. An answer given since this request began was given to it, in another tab.
fn answered_before(facts: &Facts<'_>, account: &Account, proposal: &Proposal) -> Option<Proposal> {
    let request = &facts.interaction.request;
    let unasked = facts.ask_consent == AskConsent::Never && !request.prompt.consent;
    // What is remembered says nothing of single servers.
    let Some(remembered) = facts.remembered.filter(|_| request.authorization_details.is_empty()) else {
        return unasked.then(|| proposal.clone());
    };
    let just_now = remembered.granted_at >= facts.interaction.started_at;
    let each_time = match facts.ask_consent {
        AskConsent::Once | AskConsent::Never => false,
        AskConsent::OwnRecordEachTime => {
            proposal.opens_data()
                && own_record(account).is_some()
                && facts.interaction.launch.is_none()
                && !request.prompt.none
        }
        AskConsent::EachTime => true,
    };
    let ask = request.prompt.consent || (!just_now && each_time);
    if ask || !remembered.asked.covers(&proposal.asked()) {
        return unasked.then(|| proposal.clone());
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

/// The hospital lets other people use this app.
fn not_for_role() -> OAuthError {
    OAuthError::access_denied(
        "role_not_admitted",
        "This app is not for the roles that this user has here.",
    )
}

/// There is nobody whose record this user may open.
pub(super) fn no_patient() -> OAuthError {
    let description = "There is no patient record that this user may open in this app.";
    OAuthError::access_denied("no_patient", description)
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
        "The user has to choose a patient or an encounter.",
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
        .is_some_and(|subject| Some(subject) != facts.subject.as_ref());
    somebody_else || (!for_this_request && (forced || too_old))
}

/// How far a sign-in satisfies an `acr` that the app demands (OpenID Connect Core section 5.5.1.1).
enum Strength {
    Enough,
    Another,
    OutOfReach,
}

/// A sign-in made for this very request, and not strong enough, shows what the provider can reach; so does one that may not be
/// replaced.
fn strength(facts: &Facts<'_>, signed_in: &SignedIn) -> Strength {
    let request = &facts.interaction.request;
    let required = &request.claims.required_acr;
    let reached = signed_in.acr.as_ref().is_some_and(|acr| required.contains(acr));
    if required.is_empty() || reached {
        return Strength::Enough;
    }
    let for_this_request = signed_in.started_at >= facts.interaction.started_at;
    if for_this_request || request.prompt.none {
        Strength::OutOfReach
    } else {
        Strength::Another
    }
}

fn too_weak() -> OAuthError {
    let description = "The user cannot sign in here in a way that satisfies the acr that is demanded.";
    OAuthError::new(ErrorCode::UnmetAuthenticationRequirements, "acr_unmet", description)
}

/// The claims that the app may have: those whose scope it is registered for, and the tenant offers.
fn claims(facts: &Facts<'_>) -> ClaimsRequest {
    let ceiling = ScopeSet::parse(&facts.client.scope).map(|parsed| parsed.scopes);
    let allowed = |scope: &str| {
        Scope::parse(scope).is_ok_and(|scope| {
            facts.tenant_ceiling.covers_scope(&scope)
                && ceiling.as_ref().is_ok_and(|ceiling| ceiling.covers_scope(&scope))
        })
    };
    facts.interaction.request.claims.clone().within(allowed)
}

enum Patient {
    NotNeeded,
    Known { id: FhirId, own_record: bool },
    ToBeChosen(Records),
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
    let known = |id: FhirId| Patient::Known {
        own_record: is_self(account, &id),
        id,
    };
    let records = records(account, facts.picker_roles);
    match (&records, launched) {
        // Somebody with records of their own opens one of those, whatever a launch says.
        (Records::One(own), Some(launched)) if *own != launched => return Patient::NotAllowed,
        (Records::Several(own), Some(launched)) if !own.contains(&launched) => return Patient::NotAllowed,
        (Records::One(id), _) => return known(id.clone()),
        // The EHR says which patient is open; it checked that its user may see them.
        (_, Some(id)) => return known(id),
        (_, None) => {}
    }
    let chosen = facts
        .interaction
        .patient
        .as_ref()
        .filter(|chosen| chosen.account == account.id);
    match (records, chosen) {
        (Records::None, _) => Patient::NotAllowed,
        (Records::Several(own), Some(chosen)) if own.contains(&chosen.id) => known(chosen.id.clone()),
        (Records::LookUp(_) | Records::Choice, Some(chosen)) => known(chosen.id.clone()),
        (records, _) => Patient::ToBeChosen(records),
    }
}

/// Whether a patient has to be in context: for every `patient/` scope, when asked for, and when an EHR has one open.
fn wants_patient(facts: &Facts<'_>, scope: &ScopeSet) -> bool {
    let opened = facts
        .interaction
        .launch
        .as_ref()
        .is_some_and(|launch| launch.context.patient.is_some());
    // An encounter is somebody's.
    let encounter = facts.offers_encounters && asks_for_encounter(facts, scope);
    scope.asks_for_context("patient")
        || scope.has_level(Level::Patient)
        || encounter
        || (opened && scope.contains(&Scope::Launch))
}

/// Whether the user is to choose an encounter. In an EHR launch the EHR says which one is open.
fn asks_for_encounter(facts: &Facts<'_>, scope: &ScopeSet) -> bool {
    facts.interaction.launch.is_none() && scope.asks_for_context("encounter")
}

/// The proposal with the encounter that was chosen, or without the scope that asks for one. `Err` with the patient whose
/// encounter has to be chosen (SMART App Launch 2.2, "Requesting context with scopes").
fn with_encounter(facts: &Facts<'_>, account: &Account, mut proposal: Proposal) -> Result<Proposal, FhirId> {
    if !asks_for_encounter(facts, &proposal.scope) {
        return Ok(proposal);
    }
    let chosen = match proposal.patient.as_ref().filter(|_| facts.offers_encounters) {
        None => None,
        Some(patient) => {
            let chosen = facts.interaction.encounter.as_ref();
            let own = chosen.filter(|chosen| chosen.account == account.id && chosen.patient == *patient);
            own.ok_or_else(|| patient.clone())?.id.clone()
        }
    };
    if chosen.is_none() {
        let wanted = |scope: &Scope| !matches!(scope, Scope::LaunchContext { context, .. } if context == "encounter");
        let (scope, removals) = Narrowing::of(proposal.scope)
            .keeping(Reason::NoEncounter, wanted)
            .into_parts();
        proposal.scope = scope;
        proposal.decision.removals.extend(removals);
    }
    proposal.encounter = chosen;
    Ok(proposal)
}

#[cfg(test)]
mod tests;
