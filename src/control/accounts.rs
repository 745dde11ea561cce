//! Local accounts.

use super::user_help::{Delivery, MadeLink, WantedLink};
use super::users::{UserChange, UserDetail, no_user};
use super::{Change, ControlError, Precondition, TenantAdmin};
use crate::federation::local::links::{self, ChooseRefusal};
use crate::federation::local::password::{PasswordError, PasswordPool, Verification};
use crate::kernel::Secret;
use crate::kernel::id::{AccountId, IdentityProviderId};
use crate::smart::FhirId;
use crate::smart::fhir_user::FhirUser;
use crate::store::TenantTx;
use crate::store::tenant::{Account, AccountProfile};
use crate::tenant::local_accounts::{LONGEST_USERNAME, is_address};
use crate::tenant::roles::{Permission, Permissions};
use crate::web::Language;
use crate::web::letters::SecurityChange;

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
        let hash = self.hash_if_new(existing.as_ref(), password, passwords).await?;
        self.write_account(alias, profile, hash.as_deref()).await
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
        let (id, change) = self
            .put_account(&mut rows, (provider, alias), existing, profile, password_hash)
            .await?;
        if change != Change::Unchanged {
            self.finish(rows).await?;
        }
        Ok((id, change))
    }

    async fn put_account(
        &self,
        rows: &mut TenantTx,
        (provider, alias): (IdentityProviderId, &str),
        existing: Option<Account>,
        profile: &AccountProfile,
        password_hash: Option<&str>,
    ) -> Result<(AccountId, Change), ControlError> {
        self.check_reach_of_profile(rows, alias, existing.as_ref(), profile)
            .await?;
        let change = match &existing {
            None => Change::Created,
            Some(account) if password_hash.is_none() && account.profile == *profile => {
                return Ok((account.id, Change::Unchanged));
            }
            Some(_) => Change::Updated,
        };
        let (now, entropy) = (self.cx.now(), self.cx.entropy());
        let account = match existing {
            Some(account) => account,
            None => rows.provision_account(provider, &profile.subject, now, entropy).await?,
        };
        rows.replace_account_profile(&account, profile, entropy).await?;
        if let Some(hash) = password_hash {
            rows.set_password(account.id, hash, now).await?;
        }
        self.record_account(rows, "user.saved", Some(change.as_str()), account.id)
            .await?;
        Ok((account.id, change))
    }

    /// Creates an account of the tenant's own, or brings the one with this user name up to the description; with a link, if
    /// one is wanted, with which its holder chooses the password. All of it or nothing.
    ///
    /// # Errors
    /// [`ControlError::Outdated`] when the account is there and `precondition` says that it is not.
    pub async fn create_user(
        &self,
        new: &NewUser,
        precondition: &Precondition,
        passwords: &PasswordPool,
    ) -> Result<CreatedUser, ControlError> {
        self.require(Permission::ManageUsers)?;
        check_profile(&new.profile)?;
        let alias = new.identity_provider.as_str();
        let provider = self.get_local_provider(alias).await?;
        let mut reading = self.cx.read().await?;
        let known = reading.find_account_by_subject(provider, &new.profile.subject).await?;
        self.check_reach_of_profile(&mut reading, alias, known.as_ref(), &new.profile)
            .await?;
        drop(reading);
        let hash = match &new.password {
            Some(password) => {
                let hash = self.hash_if_new(known.as_ref(), password, passwords).await?;
                if hash.is_some() {
                    self.check_password(&new.profile, known.as_ref(), password).await?;
                }
                hash
            }
            None => None,
        };
        let mut rows = self.begin_change().await?;
        let existing = rows.find_account_by_subject(provider, &new.profile.subject).await?;
        match &existing {
            Some(account) => {
                let seen = self.user_detail(&mut rows, account.id).await?;
                precondition.check(Some(&seen.versioned()))?;
            }
            None => precondition.check(None::<&()>)?,
        }
        let is_new = existing.is_none();
        let (account, mut change) = self
            .put_account(&mut rows, (provider, alias), existing, &new.profile, hash.as_deref())
            .await?;
        if new.break_glass.is_some() {
            let seen = self.user_detail(&mut rows, account).await?;
            change = change.and(self.change_break_glass(&mut rows, &seen, new.break_glass).await?);
        }
        let mut has_notices = false;
        if hash.is_some() && !is_new {
            // As if its holder had chosen another: open links are void, sessions end, and the holder is told.
            rows.void_account_links(account, self.cx.now()).await?;
            let ended = self
                .end_everything(&mut rows, account, false, "password_changed")
                .await?;
            has_notices = ended.has_notices;
            if let Some(account) = rows.find_account(account).await? {
                links::announce_change(&self.cx, &mut rows, &account, SecurityChange::Password).await?;
            }
        }
        let mut link = None;
        if let Some(wanted) = new.link {
            let stored = rows.find_account(account).await?.ok_or_else(|| no_user(account))?;
            link = Some(self.make_link(&mut rows, &stored, wanted).await?);
            change = change.and(Change::Updated);
        }
        let user = self.user_detail(&mut rows, account).await?;
        if change != Change::Unchanged {
            self.finish(rows).await?;
        }
        Ok(CreatedUser {
            user,
            change,
            link,
            has_notices,
        })
    }

    /// Whoever sets a password for somebody obeys the same rules (NIST SP 800-63B-4 section 3.1.1.2).
    async fn check_password(
        &self,
        profile: &AccountProfile,
        known: Option<&Account>,
        password: &Secret<String>,
    ) -> Result<(), ControlError> {
        let checked = links::check(&self.cx, profile, known.map(|account| account.id), password).await;
        checked.map_err(|refusal| match refusal {
            ChooseRefusal::Fault(fault) => ControlError::invalid("password", fault.to_string()),
            ChooseRefusal::Store(error) => error.into(),
            ChooseRefusal::LinkGone | ChooseRefusal::Busy => PasswordError::Busy.into(),
        })
    }

    /// The hash of a password, unless the account has this very one.
    async fn hash_if_new(
        &self,
        known: Option<&Account>,
        password: &Secret<String>,
        passwords: &PasswordPool,
    ) -> Result<Option<String>, ControlError> {
        let tenant = self.cx.id().to_string();
        // A dry run leaves no trace: it would tell whether a guess is right, as often as somebody likes.
        if let Some(account) = known.filter(|_| !self.is_dry_run()) {
            let stored = account.password_hash.as_deref();
            let verification = passwords.verify(&tenant, stored, password).await?;
            if verification == (Verification::Match { rehash: false }) {
                return Ok(None);
            }
        }
        Ok(Some(passwords.hash(&tenant, password, self.cx.entropy()).await?))
    }

    /// Whoever sets a user's password or roles could act as them: only who covers what the user may do, before and after.
    pub(super) async fn check_reach_of_profile(
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
}

/// A user who is to have an account of the tenant's own.
pub struct NewUser {
    /// The alias of the tenant's own accounts.
    pub identity_provider: String,
    /// Who they are.
    pub profile: AccountProfile,
    /// Their password; none for those who choose it themselves.
    pub password: Option<Secret<String>>,
    /// The link with which they choose it.
    pub link: Option<WantedLink>,
    /// Whether the account is named for emergencies, so that it signs in also when only those do; `None` leaves it as it is.
    pub break_glass: Option<bool>,
}

/// What creating a user came to.
pub struct CreatedUser {
    /// The user.
    pub user: UserDetail,
    /// What changed.
    pub change: Change,
    /// The link that was asked for.
    pub link: Option<MadeLink>,
    /// Whether apps are to be told, at their back-channel addresses, of sessions that ended.
    pub has_notices: bool,
}

impl TenantAdmin {
    /// The account of this name, for whoever is to change it.
    async fn local_account_id(&self, alias: &str, username: &str) -> Result<AccountId, ControlError> {
        let provider = self.get_local_provider(alias).await?;
        let mut rows = self.cx.read().await?;
        Ok(local_account(&mut rows, provider, username).await?.id)
    }

    /// As [`Self::make_user_link`], for an account by its name.
    pub async fn invite(
        &self,
        alias: &str,
        username: &str,
        language: Language,
        delivery: Delivery,
    ) -> Result<MadeLink, ControlError> {
        self.require(delivery.needs())?;
        let account = self.local_account_id(alias, username).await?;
        self.make_user_link(account, WantedLink { language, delivery }).await
    }

    /// Names an account for emergencies, or no longer.
    pub async fn set_break_glass(&self, alias: &str, username: &str, on: bool) -> Result<Change, ControlError> {
        self.require(Permission::ManageUsers)?;
        let account = self.local_account_id(alias, username).await?;
        let change = UserChange {
            break_glass: Some(on),
            ..UserChange::default()
        };
        Ok(self.update_user(account, &change, &Precondition::None).await?.change)
    }

    /// As [`Self::remove_second_factors_of`], for an account by its name.
    pub async fn remove_second_factors(&self, alias: &str, username: &str) -> Result<Change, ControlError> {
        self.require(Permission::HelpUsers)?;
        let account = self.local_account_id(alias, username).await?;
        Ok(self.remove_second_factors_of(account).await?.change)
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
        FhirUser::parse_relative(user).map_err(|error| ControlError::invalid("fhir_user", error.to_string()))?;
    }
    for patient in profile.patient.iter().chain(&profile.patients) {
        FhirId::parse(patient).map_err(|error| ControlError::invalid("patient", error.to_string()))?;
    }
    Ok(())
}
