//! Local accounts.

use super::{Change, ControlError, TenantAdmin};
use crate::federation::local::password::{PasswordPool, Verification};
use crate::kernel::Secret;
use crate::kernel::id::AccountId;
use crate::smart::FhirId;
use crate::smart::fhir_user::FhirUser;
use crate::store::tenant::AccountProfile;

/// Longest user name, in bytes.
const LONGEST_USERNAME: usize = 255;

impl TenantAdmin {
    /// Creates a local account at the provider `alias`, or brings the one with this user name up to the description.
    pub async fn save_local_account(
        &self,
        alias: &str,
        profile: &AccountProfile,
        password: &Secret<String>,
        passwords: &PasswordPool,
    ) -> Result<(AccountId, Change), ControlError> {
        check_profile(profile)?;
        let provider = self.get_local_provider(alias).await?;
        let existing = self
            .cx
            .read()
            .await?
            .find_account_by_subject(provider, &profile.subject)
            .await?;
        let tenant = self.cx.id().to_string();
        let change = match &existing {
            None => Change::Created,
            Some(account) => {
                let stored = account.password_hash.as_deref();
                let verification = passwords.verify(&tenant, stored, password).await?;
                let same_password = verification == Verification::Match { rehash: false };
                if same_password && account.profile == *profile {
                    return Ok((account.id, Change::Unchanged));
                }
                Change::Updated
            }
        };
        let hash = passwords.hash(&tenant, password, self.cx.entropy()).await?;
        let mut rows = self.cx.begin().await?;
        let account = rows
            .save_account(provider, profile, Some(&hash), self.cx.now(), self.cx.entropy())
            .await?;
        rows.commit().await?;
        Ok((account.id, change))
    }
}

fn check_profile(profile: &AccountProfile) -> Result<(), ControlError> {
    let username = &profile.subject;
    if username.is_empty() || username.len() > LONGEST_USERNAME || username.chars().any(char::is_control) {
        return Err(ControlError::invalid(
            "username",
            "has 1 to 255 bytes and no control characters",
        ));
    }
    if let Some(user) = &profile.fhir_user {
        FhirUser::parse_relative(user).map_err(|error| ControlError::invalid("fhirUser", error.to_string()))?;
    }
    for patient in profile.patient.iter().chain(&profile.patients) {
        FhirId::parse(patient).map_err(|error| ControlError::invalid("patient", error.to_string()))?;
    }
    Ok(())
}
