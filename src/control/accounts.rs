//! Local accounts.

use super::{Change, ControlError, TenantAdmin};
use crate::federation::local::password::{PasswordPool, Verification};
use crate::kernel::Secret;
use crate::kernel::id::AccountId;
use crate::smart::FhirId;
use crate::smart::fhir_user::FhirUser;
use crate::store::tenant::{Account, AccountProfile, AuditEvent};
use crate::tenant::roles::{Permission, Permissions};

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
        self.require(Permission::ManageUsers)?;
        check_profile(profile)?;
        let provider = self.get_local_provider(alias).await?;
        let existing = self
            .cx
            .read()
            .await?
            .find_account_by_subject(provider, &profile.subject)
            .await?;
        self.check_reach_of_profile(alias, existing.as_ref(), profile).await?;
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
        let event = AuditEvent {
            event: "user.saved",
            outcome: "success",
            account: Some(account.id),
            detail: Some(change.as_str()),
            ..AuditEvent::default()
        };
        self.record_event(&mut rows, event).await?;
        if self.is_dry_run() {
            drop(rows);
        } else {
            rows.commit().await?;
        }
        Ok((account.id, change))
    }

    /// Whoever sets a user's password or roles could act as them: only who covers what the user may do, before and after.
    async fn check_reach_of_profile(
        &self,
        alias: &str,
        existing: Option<&Account>,
        profile: &AccountProfile,
    ) -> Result<(), ControlError> {
        let rules = self.cx.document().administrators.iter();
        let by_rule = rules
            .filter(|rule| rule.identity_provider == alias && profile.roles.contains(&rule.role))
            .fold(Permissions::default(), |all, rule| all.union(rule.permissions()));
        self.actor().require_cover(by_rule)?;
        match existing {
            Some(account) => self.check_reach_of_account(&mut self.cx.read().await?, account).await,
            None => Ok(()),
        }
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
