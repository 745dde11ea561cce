//! From the requested scope to the one that this user may be asked for.

use super::step::Facts;
use crate::oauth::OAuthError;
use crate::smart::scope::{Decision, UserRules};
use crate::smart::{FhirBase, FhirUser, ScopeSet};
use crate::store::tenant::Account;

/// The requested scope within every rule that holds for this user, and what each rule took.
///
/// SMART App Launch 2.2, "Scopes and Launch Context": a server may grant less than was asked for, and says so in `scope`.
/// What is granted whole keeps the client's spelling.
pub(super) fn negotiate(facts: &Facts<'_>, account: &Account) -> Result<(ScopeSet, Decision), OAuthError> {
    let stored = |_| OAuthError::server_error("stored_scope");
    let requested = &facts.interaction.request.scope;
    let rules = UserRules {
        offered: facts.granular_parameters,
        client_ceiling: &ScopeSet::parse(&facts.client.scope).map_err(stored)?.scopes,
        tenant_ceiling: facts.tenant_ceiling,
        user_ceiling: &facts.user_ceilings.of(&account.profile.roles, is_patient(account)),
        launched: facts.interaction.launch.is_some(),
        has_fhir_user: has_fhir_user(facts, account),
    };
    let (scope, removals) = rules.apply(ScopeSet::parse(requested).map_err(stored)?).into_parts();
    let requested = requested.clone();
    Ok((scope, Decision { requested, removals }))
}

/// Whether the user has a resource on the FHIR server that is asked for (SMART App Launch 2.2, `fhirUser`).
fn has_fhir_user(facts: &Facts<'_>, account: &Account) -> bool {
    let resource = account.profile.fhir_user.as_deref().unwrap_or_default();
    FhirBase::parse(&facts.interaction.request.audience).is_ok_and(|base| FhirUser::parse(resource, &base).is_ok())
}

/// Whether somebody is here as a patient or for one, not as staff who happen to have a record too.
fn is_patient(account: &Account) -> bool {
    // `Type/id`, or an absolute URL that ends so.
    let user = account.profile.fhir_user.as_deref().unwrap_or_default();
    match user.rsplit('/').nth(1) {
        Some("Patient" | "RelatedPerson") => true,
        Some("Practitioner" | "PractitionerRole") => false,
        _ => account.profile.patient.is_some(),
    }
}
