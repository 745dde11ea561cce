//! What comes next between an authorization request and its code. Pure: facts in, step out.

use super::state::Interaction;
use crate::kernel::Timestamp;
use crate::oauth::{Client, ErrorCode, OAuthError};
use crate::session::SignedIn;
use crate::smart::scope::Level;
use crate::smart::{FhirBase, FhirId, FhirUser, Narrowing, Reason, Scope, ScopeSet};
use crate::store::tenant::Account;

/// Everything a step is decided by.
pub struct Facts<'a> {
    /// The interaction.
    pub interaction: &'a Interaction,
    /// The client that asks.
    pub client: &'a Client,
    /// The widest scope of any app of the tenant.
    pub tenant_ceiling: &'a ScopeSet,
    /// Roles that may choose any patient; empty for every practitioner.
    pub picker_roles: &'a [String],
    /// Who is signed in with this browser.
    pub signed_in: Option<&'a SignedIn>,
    /// Their account, if it may sign in.
    pub account: Option<&'a Account>,
    /// What they allowed this client before.
    pub remembered: Option<&'a ScopeSet>,
    /// The time of the request.
    pub now: Timestamp,
}

/// The next step.
#[derive(Debug)]
pub enum Step {
    /// Somebody has to prove who they are.
    SignIn {
        /// Also when they did so before.
        again: bool,
    },
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
    /// The patient in context.
    pub patient: Option<FhirId>,
    /// Whether that is the user's own record.
    pub own_record: bool,
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
    let scope = match grantable(facts, account) {
        Ok(scope) => scope,
        Err(error) => return Step::Refuse(error),
    };
    let proposal = match patient_of(facts, account, &scope) {
        Patient::NotNeeded => Proposal {
            scope,
            patient: None,
            own_record: false,
        },
        Patient::Known { id, own_record } => Proposal {
            scope,
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
    let allowed_before = facts
        .remembered
        .is_some_and(|remembered| remembered.covers(&proposal.scope));
    match (allowed_before && !request.prompt.consent, request.prompt.none) {
        (true, _) => Step::Done(proposal),
        // OpenID Connect Core section 3.1.2.6.
        (false, true) => {
            let description = "The user has to be asked for consent.";
            Step::Refuse(OAuthError::new(
                ErrorCode::ConsentRequired,
                "consent_required",
                description,
            ))
        }
        (false, false) => Step::AskConsent(proposal),
    }
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

/// The requested scope within every ceiling that holds for this user.
fn grantable(facts: &Facts<'_>, account: &Account) -> Result<ScopeSet, OAuthError> {
    let stored = |_| OAuthError::server_error("stored_scope");
    let requested = ScopeSet::parse(&facts.interaction.request.scope)
        .map_err(stored)?
        .scopes;
    let client_ceiling = ScopeSet::parse(&facts.client.scope).map_err(stored)?.scopes;
    let (scope, _removals) = Narrowing::of(requested)
        .within(&client_ceiling, Reason::ClientCeiling)
        .within(facts.tenant_ceiling, Reason::TenantCeiling)
        // A user acts for patients and for themselves, never for the system or with a service's powers.
        .keeping(Reason::GrantType, |scope| {
            !scope.is_service_power()
                && !matches!(scope, Scope::Resource(resource) if resource.level() == Level::System)
        })
        .with_identity_rules(has_fhir_user(facts, account))
        .into_parts();
    if scope.is_empty() {
        return Err(OAuthError::access_denied(
            "nothing_grantable",
            "Nothing of the scope can be granted for this user.",
        ));
    }
    Ok(scope)
}

/// Whether the user has a resource on the FHIR server that is asked for (SMART App Launch 2.2, `fhirUser`).
fn has_fhir_user(facts: &Facts<'_>, account: &Account) -> bool {
    let resource = account.profile.fhir_user.as_deref().unwrap_or_default();
    FhirBase::parse(&facts.interaction.request.audience).is_ok_and(|base| FhirUser::parse(resource, &base).is_ok())
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
