//! Local accounts.

use super::{Change, ControlError, TenantAdmin};
use crate::federation::local::links::{self, NewLink};
use crate::federation::local::outbox;
use crate::federation::local::password::{PasswordPool, Verification};
use crate::kernel::Secret;
use crate::kernel::id::AccountId;
use crate::mail::Mailer;
use crate::session;
use crate::smart::FhirId;
use crate::smart::fhir_user::FhirUser;
use crate::store::tenant::{Account, AccountProfile, AuditEvent, LinkPurpose};
use crate::tenant::local_accounts::is_address;
use crate::tenant::roles::{Permission, Permissions};
use crate::web::Language;
use crate::web::letters::SecurityChange;
use serde::Serialize;

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

/// What a local account has and may do, for administrators.
#[derive(Clone, Debug, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other, printed as such"
)]
pub struct LocalAccountFacts {
    /// Its id.
    pub id: AccountId,
    /// Whether it may no longer sign in.
    pub disabled: bool,
    /// Whether it is named for emergencies.
    pub break_glass: bool,
    /// Whether it has a password.
    pub password: bool,
    /// Whether an authenticator app is set up.
    pub authenticator: bool,
    /// Passkeys.
    pub passkeys: u32,
    /// Recovery codes left.
    pub recovery_codes: u32,
}

impl TenantAdmin {
    /// The account, for somebody who may change how it signs in.
    async fn managed_account(&self, alias: &str, username: &str) -> Result<Account, ControlError> {
        self.require(Permission::ManageUsers)?;
        let account = self.local_account(alias, username).await?;
        self.check_reach_of_account(&mut self.cx.read().await?, &account)
            .await?;
        Ok(account)
    }

    async fn local_account(&self, alias: &str, username: &str) -> Result<Account, ControlError> {
        let provider = self.get_local_provider(alias).await?;
        let account = self
            .cx
            .read()
            .await?
            .find_account_by_subject(provider, username)
            .await?;
        account.ok_or_else(|| ControlError::NotFound {
            what: "account",
            name: username.to_owned(),
        })
    }

    /// Makes an account without a password, or brings the one with this user name up to the description.
    pub async fn save_invited_account(
        &self,
        alias: &str,
        profile: &AccountProfile,
    ) -> Result<(AccountId, Change), ControlError> {
        self.require(Permission::ManageUsers)?;
        check_profile(profile)?;
        let provider = self.get_local_provider(alias).await?;
        let known = self
            .cx
            .read()
            .await?
            .find_account_by_subject(provider, &profile.subject)
            .await?;
        self.check_reach_of_profile(alias, known.as_ref(), profile).await?;
        let mut rows = self.cx.begin().await?;
        let existing = rows.find_account_by_subject(provider, &profile.subject).await?;
        let change = match existing {
            None => Change::Created,
            Some(account) if account.profile == *profile => return Ok((account.id, Change::Unchanged)),
            Some(_) => Change::Updated,
        };
        let account = rows
            .save_account(provider, profile, None, self.cx.now(), self.cx.entropy())
            .await?;
        let event = AuditEvent {
            event: "user.saved",
            outcome: "success",
            account: Some(account.id),
            detail: Some(change.as_str()),
            ..AuditEvent::default()
        };
        self.record_event(&mut rows, event).await?;
        rows.commit().await?;
        Ok((account.id, change))
    }

    /// Makes a one-time link with which the account's holder chooses the first password. With `by_mail` it goes to the
    /// account's address.
    pub async fn invite(
        &self,
        alias: &str,
        username: &str,
        language: Language,
        by_mail: bool,
    ) -> Result<NewLink, ControlError> {
        self.link(alias, username, language, by_mail, LinkPurpose::Invitation)
            .await
    }

    /// Makes a one-time link with which the account's holder chooses another password. The present one works until then.
    pub async fn reset_password(
        &self,
        alias: &str,
        username: &str,
        language: Language,
        by_mail: bool,
    ) -> Result<NewLink, ControlError> {
        self.link(alias, username, language, by_mail, LinkPurpose::Reset).await
    }

    async fn link(
        &self,
        alias: &str,
        username: &str,
        language: Language,
        by_mail: bool,
        purpose: LinkPurpose,
    ) -> Result<NewLink, ControlError> {
        let account = self.managed_account(alias, username).await?;
        let mut tx = self.cx.begin().await?;
        let link = links::make(&self.cx, &mut tx, account.id, purpose).await?;
        if by_mail {
            let Some(to) = &account.profile.email else {
                return Err(ControlError::invalid(
                    "email",
                    "the account has no address to send a link to",
                ));
            };
            let letter = links::letter(&self.cx, language, &account.profile, purpose, &link);
            outbox::enqueue(&self.cx, &mut tx, Some(to), letter).await?;
        }
        links::record(
            &self.cx,
            &mut tx,
            "account.link_made",
            purpose.as_str(),
            Some(account.id),
        )
        .await?;
        tx.commit().await?;
        Ok(link)
    }

    /// Sends the mail that waits at this tenant.
    pub async fn deliver_mail(&self, mailer: &Mailer) {
        outbox::deliver(&self.cx, mailer).await;
    }

    /// Names an account for emergencies, or no longer.
    pub async fn set_break_glass(&self, alias: &str, username: &str, on: bool) -> Result<Change, ControlError> {
        let account = self.managed_account(alias, username).await?;
        let mut tx = self.cx.begin().await?;
        let is = tx.find_account_security(account.id).await?.break_glass_since.is_some();
        if is == on {
            return Ok(Change::Unchanged);
        }
        tx.set_break_glass(account.id, on.then(|| self.cx.now())).await?;
        let outcome = if on { "named" } else { "withdrawn" };
        links::record(&self.cx, &mut tx, "break_glass.changed", outcome, Some(account.id)).await?;
        tx.commit().await?;
        Ok(Change::Updated)
    }

    /// Takes every second factor from an account whose holder lost them all, and ends its sessions. The password stays; where a
    /// second factor is demanded, another one is set up at the next sign-in.
    pub async fn remove_second_factors(&self, alias: &str, username: &str) -> Result<Change, ControlError> {
        let account = self.managed_account(alias, username).await?;
        let mut tx = self.cx.begin().await?;
        let security = tx.find_account_security(account.id).await?;
        if !security.has_second_factor() && security.recovery_codes == 0 {
            return Ok(Change::Unchanged);
        }
        tx.delete_totp(account.id).await?;
        tx.replace_recovery_codes(account.id, &[], self.cx.now()).await?;
        for passkey in tx.list_passkeys(account.id).await? {
            tx.delete_passkey(account.id, passkey.hash).await?;
        }
        session::end_all(&self.cx, &mut tx, account.id, None, "second_factors_removed").await?;
        links::record(&self.cx, &mut tx, "second_factors.removed", "success", Some(account.id)).await?;
        links::announce_change(&self.cx, &mut tx, &account, SecurityChange::FactorRemoved).await?;
        tx.commit().await?;
        Ok(Change::Updated)
    }

    /// What a local account has and may do.
    pub async fn show_local_account(&self, alias: &str, username: &str) -> Result<LocalAccountFacts, ControlError> {
        self.require(Permission::ManageUsers)?;
        let account = self.local_account(alias, username).await?;
        let security = self.cx.read().await?.find_account_security(account.id).await?;
        Ok(LocalAccountFacts {
            id: account.id,
            disabled: account.disabled_at.is_some(),
            break_glass: security.break_glass_since.is_some(),
            password: account.password_hash.is_some(),
            authenticator: security.totp.is_some(),
            passkeys: security.passkeys,
            recovery_codes: security.recovery_codes,
        })
    }
}

pub(super) fn check_profile(profile: &AccountProfile) -> Result<(), ControlError> {
    let username = &profile.subject;
    if username.is_empty() || username.len() > LONGEST_USERNAME || username.chars().any(char::is_control) {
        return Err(ControlError::invalid(
            "username",
            "has 1 to 255 bytes and no control characters",
        ));
    }
    if let Some(email) = &profile.email
        && !is_address(email)
    {
        return Err(ControlError::invalid("email", "is not an e-mail address"));
    }
    if let Some(user) = &profile.fhir_user {
        FhirUser::parse_relative(user).map_err(|error| ControlError::invalid("fhirUser", error.to_string()))?;
    }
    for patient in profile.patient.iter().chain(&profile.patients) {
        FhirId::parse(patient).map_err(|error| ControlError::invalid("patient", error.to_string()))?;
    }
    Ok(())
}
