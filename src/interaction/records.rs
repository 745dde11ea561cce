//! Whose records a user may open.

use crate::smart::{FhirId, FhirUser, Reference};
use crate::store::tenant::Account;

/// The records a user may open, as far as their account says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    /// This one: their own, or the only one they act for.
    One(FhirId),
    /// One of these, of their choice.
    Several(Vec<FhirId>),
    /// Those of the patients for whom this person acts at the FHIR server, of their choice.
    LookUp(Reference),
    /// Any that the tenant's rule lets them choose.
    Choice,
    /// None.
    None,
}

/// Decides it. What the identity provider says of a user's records counts before everything else.
pub fn records(account: &Account, picker_roles: &[String]) -> Records {
    let mut known: Vec<FhirId> = Vec::new();
    for id in own_record(account).into_iter().chain(proxied(account)) {
        if !known.contains(&id) {
            known.push(id);
        }
    }
    match known.len() {
        0 => {}
        1 => return known.pop().map_or(Records::None, Records::One),
        _ => return Records::Several(known),
    }
    let user = account.profile.fhir_user.as_deref();
    let user = user.and_then(|user| Reference::parse(user).ok());
    match user {
        Some(user) if matches!(user.resource.as_str(), "RelatedPerson" | "Person") => Records::LookUp(user),
        _ if may_choose(account, picker_roles) => Records::Choice,
        _ => Records::None,
    }
}

/// The patient record that is the user's own, or the one they act for.
pub fn own_record(account: &Account) -> Option<FhirId> {
    let from_user = || {
        let (kind, id) = account.profile.fhir_user.as_deref()?.split_once('/')?;
        (kind == "Patient").then_some(id)
    };
    FhirId::parse(account.profile.patient.as_deref().or_else(from_user)?).ok()
}

/// Whether a record is about the user, and not about somebody for whom they act.
pub fn is_self(account: &Account, record: &FhirId) -> bool {
    let kind = account
        .profile
        .fhir_user
        .as_deref()
        .and_then(|user| user.split_once('/'));
    match kind {
        Some(("Patient", id)) => id == record.as_str(),
        Some(("RelatedPerson", _)) => false,
        _ => own_record(account).as_ref() == Some(record),
    }
}

fn proxied(account: &Account) -> impl Iterator<Item = FhirId> {
    account.profile.patients.iter().filter_map(|id| FhirId::parse(id).ok())
}

/// Whether the user may choose among the tenant's patients.
fn may_choose(account: &Account, picker_roles: &[String]) -> bool {
    let profile = &account.profile;
    if picker_roles.is_empty() {
        let user = profile.fhir_user.as_deref();
        let user = user.and_then(|user| FhirUser::parse_relative(user).ok());
        return user.is_some_and(|user| user.to_string().starts_with("Practitioner"));
    }
    profile.roles.iter().any(|role| picker_roles.contains(role))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededEntropy;
    use crate::kernel::Timestamp;
    use crate::kernel::id::{AccountId, IdentityProviderId};
    use crate::store::tenant::AccountProfile;

    fn account(fhir_user: &str, patient: Option<&str>, patients: &[&str], roles: &[&str]) -> Account {
        let (now, entropy) = (Timestamp::from_seconds(1), SeededEntropy::new(1));
        Account {
            id: AccountId::new(now, &entropy),
            identity_provider: IdentityProviderId::new(now, &entropy),
            profile: AccountProfile {
                fhir_user: (!fhir_user.is_empty()).then(|| fhir_user.to_owned()),
                patient: patient.map(str::to_owned),
                patients: patients.iter().map(ToString::to_string).collect(),
                roles: roles.iter().map(ToString::to_string).collect(),
                ..AccountProfile::default()
            },
            password_hash: None,
            disabled_at: None,
        }
    }

    fn id(text: &str) -> FhirId {
        FhirId::parse(text).unwrap()
    }

    #[test]
    fn one_record_needs_no_choice_and_several_need_one() {
        assert_eq!(
            records(&account("Patient/a", None, &[], &[]), &[]),
            Records::One(id("a"))
        );
        assert_eq!(
            records(&account("RelatedPerson/r", Some("a"), &[], &[]), &[]),
            Records::One(id("a"))
        );
        assert_eq!(
            records(&account("RelatedPerson/r", None, &["a"], &[]), &[]),
            Records::One(id("a"))
        );
        let several = Records::Several(vec![id("a"), id("b")]);
        assert_eq!(records(&account("Patient/a", None, &["b", "a"], &[]), &[]), several);
        assert_eq!(records(&account("", None, &["a", "b"], &[]), &[]), several);
    }

    #[test]
    fn somebody_with_records_of_their_own_never_chooses_among_all() {
        let roles = ["physician".to_owned()];
        let parent = account("RelatedPerson/r", None, &["a", "b"], &["physician"]);
        assert!(matches!(records(&parent, &roles), Records::Several(_)));
        let related = account("RelatedPerson/r", None, &[], &["physician"]);
        assert!(matches!(records(&related, &roles), Records::LookUp(_)));
    }

    #[test]
    fn practitioners_choose_unless_roles_are_named() {
        let ada = account("Practitioner/ada", None, &[], &["physician"]);
        assert_eq!(records(&ada, &[]), Records::Choice);
        assert_eq!(records(&ada, &["physician".to_owned()]), Records::Choice);
        assert_eq!(records(&ada, &["registrar".to_owned()]), Records::None);
        assert_eq!(records(&account("", None, &[], &[]), &[]), Records::None);
    }

    #[test]
    fn a_child_is_not_the_parent() {
        assert!(is_self(&account("Patient/a", None, &["b"], &[]), &id("a")));
        assert!(!is_self(&account("Patient/a", None, &["b"], &[]), &id("b")));
        assert!(!is_self(&account("RelatedPerson/r", Some("a"), &[], &[]), &id("a")));
        assert!(is_self(&account("", Some("a"), &[], &[]), &id("a")));
    }
}
