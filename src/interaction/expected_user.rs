//! The user that an EHR launch is for.

use crate::kernel::id::AccountId;
use crate::smart::FhirUser;
use crate::store::tenant::Account;
use serde::{Deserialize, Serialize};

/// Whom an EHR launched the app for. Nobody else gets the launch's context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedUser {
    /// The account.
    Account(AccountId),
    /// Whoever has this FHIR resource.
    FhirUser(FhirUser),
}

impl ExpectedUser {
    /// Whether `account` is the expected user's.
    pub fn is(&self, account: &Account) -> bool {
        match self {
            Self::Account(id) => *id == account.id,
            Self::FhirUser(expected) => account
                .profile
                .fhir_user
                .as_deref()
                .and_then(|user| FhirUser::parse_relative(user).ok())
                .is_some_and(|user| user == *expected),
        }
    }
}
