//! Local accounts.

use super::{Change, ControlError, TenantAdmin};
use crate::federation::local::links::{self, NewLink};
use crate::federation::local::outbox;
use crate::federation::local::password::{PasswordPool, Verification};
use crate::kernel::Secret;
use crate::kernel::id::{AccountId, IdentityProviderId};
use crate::mail::Mailer;
use crate::session;
use crate::smart::FhirId;
use crate::smart::fhir_user::FhirUser;
use crate::store::tenant::{Account, AccountProfile, AuditEvent, LinkPurpose};
use crate::store::{StoreError, TenantTx};
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
        let mut rows = self.cx.read().await?;
        let existing = rows.find_account_by_subject(provider, &profile.subject).await?;
        // Before the password is looked at: whoever may not set it does not learn whether it is this one either.
        self.check_reach_of_profile(&mut rows, alias, existing.as_ref(), profile)
            .await?;
        drop(rows);
        let tenant = self.cx.id().to_string();
        if let Some(account) = &existing
            && account.profile == *profile
        {
            let stored = account.password_hash.as_deref();
            let verification = passwords.verify(&tenant, stored, password).await?;
            if verification == (Verification::Match { rehash: false }) {
                return Ok((account.id, Change::Unchanged));
            }
        }
        let hash = passwords.hash(&tenant, password, self.cx.entropy()).await?;
        self.write_account(alias, profile, Some(&hash)).await
    }

    /// Makes an account without a password, or brings the one with this user name up to the description.
    pub async fn save_invited_account(
        &self,
        alias: &str,
        profile: &AccountProfile,
    ) -> Result<(AccountId, Change), ControlError> {
        self.require(Permission::ManageUsers)?;
        check_profile(profile)?;
        self.write_account(alias, profile, None).await
    }

    /// Writes what was checked. Without `password_hash` a known account keeps its password.
    async fn write_account(
        &self,
        alias: &str,
        profile: &AccountProfile,
        password_hash: Option<&str>,
    ) -> Result<(AccountId, Change), ControlError> {
        let provider = self.get_local_provider(alias).await?;
        let mut rows = self.begin_change().await?;
        let existing = rows.find_account_by_subject(provider, &profile.subject).await?;
        self.check_reach_of_profile(&mut rows, alias, existing.as_ref(), profile)
            .await?;
        let change = match &existing {
            None => Change::Created,
            Some(account) if password_hash.is_none() && account.profile == *profile => {
                return Ok((account.id, Change::Unchanged));
            }
            Some(_) => Change::Updated,
        };
        let account = rows
            .save_account(provider, profile, password_hash, self.cx.now(), self.cx.entropy())
            .await?;
        self.record_account(&mut rows, "user.saved", change.as_str(), account.id)
            .await?;
        self.finish(rows).await?;
        Ok((account.id, change))
    }

    /// Whoever sets a user's password or roles could act as them: only who covers what the user may do, before and after.
    async fn check_reach_of_profile(
        &self,
        rows: &mut TenantTx,
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
            Some(account) => self.check_reach_of_account(rows, account).await,
            None => Ok(()),
        }
    }

    /// Records who did what to which account.
    async fn record_account(
        &self,
        rows: &mut TenantTx,
        event: &'static str,
        detail: &'static str,
        account: AccountId,
    ) -> Result<(), StoreError> {
        let event = AuditEvent {
            event,
            outcome: "success",
            account: Some(account),
            detail: Some(detail),
            ..AuditEvent::default()
        };
        self.record_event(rows, event).await
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
    /// Begins a change of how somebody signs in, for whoever may do that to this account.
    async fn begin_account_change(&self, alias: &str, username: &str) -> Result<(TenantTx, Account), ControlError> {
        self.require(Permission::ManageUsers)?;
        let provider = self.get_local_provider(alias).await?;
        let mut rows = self.begin_change().await?;
        let account = local_account(&mut rows, provider, username).await?;
        self.check_reach_of_account(&mut rows, &account).await?;
        Ok((rows, account))
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
        let (mut rows, account) = self.begin_account_change(alias, username).await?;
        let link = links::make(&self.cx, &mut rows, account.id, purpose).await?;
        if by_mail {
            let Some(to) = &account.profile.email else {
                return Err(ControlError::invalid(
                    "email",
                    "the account has no address to send a link to",
                ));
            };
            let letter = links::letter(&self.cx, language, &account.profile, purpose, &link);
            outbox::enqueue(&self.cx, &mut rows, Some(to), letter).await?;
        }
        self.record_account(&mut rows, "account.link_made", purpose.as_str(), account.id)
            .await?;
        self.finish(rows).await?;
        Ok(link)
    }

    /// Sends the mail that waits at this tenant.
    pub async fn deliver_mail(&self, mailer: &Mailer) {
        outbox::deliver(&self.cx, mailer).await;
    }

    /// Names an account for emergencies, or no longer.
    pub async fn set_break_glass(&self, alias: &str, username: &str, on: bool) -> Result<Change, ControlError> {
        let (mut rows, account) = self.begin_account_change(alias, username).await?;
        let is = rows
            .find_account_security(account.id)
            .await?
            .break_glass_since
            .is_some();
        if is == on {
            return Ok(Change::Unchanged);
        }
        rows.set_break_glass(account.id, on.then(|| self.cx.now())).await?;
        let detail = if on { "named" } else { "withdrawn" };
        self.record_account(&mut rows, "break_glass.changed", detail, account.id)
            .await?;
        self.finish(rows).await?;
        Ok(Change::Updated)
    }

    /// Takes every second factor from an account whose holder lost them all, and ends its sessions. The password stays; where a
    /// second factor is demanded, another one is set up at the next sign-in.
    pub async fn remove_second_factors(&self, alias: &str, username: &str) -> Result<Change, ControlError> {
        let (mut rows, account) = self.begin_account_change(alias, username).await?;
        let security = rows.find_account_security(account.id).await?;
        if !security.has_second_factor() && security.recovery_codes == 0 {
            return Ok(Change::Unchanged);
        }
        rows.delete_totp(account.id).await?;
        rows.replace_recovery_codes(account.id, &[], self.cx.now()).await?;
        rows.delete_passkeys(account.id).await?;
        session::end_all(&self.cx, &mut rows, account.id, None, "second_factors_removed").await?;
        self.record_account(&mut rows, "second_factors.removed", "by_administrator", account.id)
            .await?;
        links::announce_change(&self.cx, &mut rows, &account, SecurityChange::FactorRemoved).await?;
        self.finish(rows).await?;
        Ok(Change::Updated)
    }

    /// What a local account has and may do.
    pub async fn show_local_account(&self, alias: &str, username: &str) -> Result<LocalAccountFacts, ControlError> {
        self.require(Permission::ManageUsers)?;
        let provider = self.get_local_provider(alias).await?;
        let mut rows = self.cx.read().await?;
        let account = local_account(&mut rows, provider, username).await?;
        let security = rows.find_account_security(account.id).await?;
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

async fn local_account(
    rows: &mut TenantTx,
    provider: IdentityProviderId,
    username: &str,
) -> Result<Account, ControlError> {
    let account = rows.find_account_by_subject(provider, username).await?;
    account.ok_or_else(|| ControlError::NotFound {
        what: "account",
        name: username.to_owned(),
    })
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
