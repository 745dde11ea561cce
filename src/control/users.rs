//! Users of a tenant, for those who look after them: searched, shown, changed, disabled.

use super::{Change, ControlError, Origin, Precondition, TenantAdmin};
use crate::federation::local::attempts;
use crate::federation::provider;
use crate::kernel::Timestamp;
use crate::kernel::id::AccountId;
use crate::oauth::Client;
use crate::store::tenant::{Account, AccountProfile, AuditEvent, IdentityProviderRecord, ListedAccount};
use crate::store::{StoreError, TenantTx};
use crate::tenant::roles::{Permission, Role};
use serde::Serialize;

/// Accounts that are opened for one search, which is on sealed values: what is not found among them is looked for with the
/// next page.
pub(super) const OPENED_AT_ONCE: u32 = 2_000;

/// A user, as administration shows them.
#[derive(Clone, Serialize)]
pub struct UserSummary {
    /// The account; `sub` in tokens.
    pub id: AccountId,
    /// The alias of the identity provider; `None` when it was removed.
    pub identity_provider: Option<String>,
    /// The subject there, or the user name.
    pub username: String,
    /// Full name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The user's FHIR resource.
    pub fhir_user: Option<String>,
    /// The patient record that is the user's own.
    pub patient: Option<String>,
    /// Further records that the user may open.
    pub patients: Vec<String>,
    /// National Provider Identifier.
    pub npi: Option<String>,
    /// Roles by the tenant's mapping.
    pub roles: Vec<String>,
    /// Roles in administration, given and by rule.
    pub admin_roles: Vec<Role>,
    /// Whether they may no longer sign in.
    pub disabled: bool,
    /// Since when they are known, RFC 3339.
    pub created_at: String,
    /// When they last signed in, RFC 3339.
    pub last_sign_in_at: Option<String>,
}

/// A user with how they sign in.
#[derive(Clone, Serialize)]
pub struct UserDetail {
    /// Who they are.
    #[serde(flatten)]
    pub summary: UserSummary,
    /// What an account of the tenant's own has; `None` for those who sign in elsewhere.
    pub local_account: Option<LocalAccountFacts>,
    /// Until when they may have to wait after wrong passwords or codes, RFC 3339.
    pub locked_until: Option<String>,
}

impl UserDetail {
    /// What changes with every change by somebody, and not with attempts to sign in.
    pub const fn versioned(&self) -> (&UserSummary, Option<&LocalAccountFacts>) {
        (&self.summary, self.local_account.as_ref())
    }
}

/// What an account of the tenant's own has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocalAccountFacts {
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

impl LocalAccountFacts {
    /// Whether there is a second factor, or a code that stands in for one.
    pub const fn has_second_factor(&self) -> bool {
        self.authenticator || self.passkeys > 0 || self.recovery_codes > 0
    }
}

/// What is to be different about a user. What is not given stays; a member that is given as `None` is removed.
#[derive(Clone, Default)]
pub struct UserChange {
    /// Whether they may no longer sign in.
    pub disabled: Option<bool>,
    /// Whether the account is named for emergencies.
    pub break_glass: Option<bool>,
    /// Full name.
    pub name: Option<Option<String>>,
    /// E-mail address.
    pub email: Option<Option<String>>,
    /// The user's FHIR resource.
    pub fhir_user: Option<Option<String>>,
    /// The patient record that is the user's own.
    pub patient: Option<Option<String>>,
    /// Further records that the user may open.
    pub patients: Option<Vec<String>>,
    /// National Provider Identifier.
    pub npi: Option<Option<String>>,
    /// Roles.
    pub roles: Option<Vec<String>>,
}

impl UserChange {
    /// What is known of the user afterwards.
    fn apply(&self, old: &AccountProfile) -> AccountProfile {
        let text = |new: &Option<Option<String>>, old: &Option<String>| new.clone().unwrap_or_else(|| old.clone());
        AccountProfile {
            subject: old.subject.clone(),
            name: text(&self.name, &old.name),
            email: text(&self.email, &old.email),
            fhir_user: text(&self.fhir_user, &old.fhir_user),
            patient: text(&self.patient, &old.patient),
            patients: self.patients.clone().unwrap_or_else(|| old.patients.clone()),
            npi: text(&self.npi, &old.npi),
            roles: self.roles.clone().unwrap_or_else(|| old.roles.clone()),
        }
    }
}

/// What changing a user came to.
pub struct ChangedUser {
    /// The user as they are now.
    pub user: UserDetail,
    /// What changed.
    pub change: Change,
    /// Whether apps are to be told, at their back-channel addresses, of sessions that ended.
    pub has_notices: bool,
}

pub(super) fn no_user(account: AccountId) -> ControlError {
    ControlError::NotFound {
        what: "user",
        name: account.to_string(),
    }
}

impl TenantAdmin {
    /// Up to `limit` users in order of age, after `after`, whose user name, name or e-mail address contains `search`, whatever
    /// the case. The second value leads on; with a search, a page may be short of `limit` and still have a next one.
    ///
    /// Whoever sees names is recorded, with how many they saw.
    pub async fn search_users(
        &self,
        search: Option<&str>,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<(Vec<UserSummary>, Option<AccountId>), ControlError> {
        self.require(Permission::ReadUsers)?;
        let mut rows = self.cx.read().await?;
        let providers = rows.list_identity_providers().await?;
        let wanted = search.map(str::to_lowercase);
        let read = if wanted.is_some() { OPENED_AT_ONCE } else { limit };
        let accounts = rows.list_accounts(after, read).await?;
        let whole = accounts.len() < usize::try_from(read).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut found, mut last) = (Vec::new(), None);
        let mut cut = false;
        for listed in accounts {
            if found.len() == limit {
                cut = true;
                break;
            }
            last = Some(listed.account.id);
            if wanted.as_deref().is_none_or(|wanted| matches(&listed.account, wanted)) {
                found.push(self.user_summary(&mut rows, listed, &providers).await?);
            }
        }
        drop(rows);
        self.record_names_seen(found.len()).await?;
        Ok((found, last.filter(|_| cut || !whole)))
    }

    /// The user with this name at the identity provider with this alias.
    pub async fn find_user(&self, alias: &str, username: &str) -> Result<Option<UserDetail>, ControlError> {
        self.require(Permission::ReadUsers)?;
        let mut rows = self.cx.read().await?;
        let providers = rows.list_identity_providers().await?;
        let Some(provider) = providers.iter().find(|provider| provider.alias == alias) else {
            return Ok(None);
        };
        let Some(account) = rows.find_account_by_subject(provider.id, username).await? else {
            return Ok(None);
        };
        drop(rows);
        self.get_user(account.id).await.map(Some)
    }

    /// Up to `limit` users with a role in administration that was given to them, after `after`; the second value leads on.
    /// Those who have one by a rule are found by their names.
    pub async fn list_administrators(
        &self,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<(Vec<UserSummary>, Option<AccountId>), ControlError> {
        self.require(Permission::ReadUsers)?;
        self.require(Permission::ReadRoles)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut rows = self.cx.read().await?;
        let providers = rows.list_identity_providers().await?;
        let mut ids: Vec<AccountId> = self
            .administrators(&mut rows)
            .await?
            .iter()
            .map(|(account, _)| account.id)
            .collect();
        ids.retain(|id| after.is_none_or(|after| *id > after));
        ids.sort_unstable();
        let next = ids.get(limit.saturating_sub(1)).copied().filter(|_| ids.len() > limit);
        let mut found = Vec::new();
        for id in ids.into_iter().take(limit) {
            if let Some(listed) = rows.find_listed_account(id).await? {
                found.push(self.user_summary(&mut rows, listed, &providers).await?);
            }
        }
        drop(rows);
        self.record_names_seen(found.len()).await?;
        Ok((found, next))
    }

    /// One user. Whoever looks is recorded.
    pub async fn get_user(&self, account: AccountId) -> Result<UserDetail, ControlError> {
        self.require(Permission::ReadUsers)?;
        let mut rows = self.cx.read().await?;
        let user = self.user_detail(&mut rows, account).await?;
        drop(rows);
        self.record_seen("user.viewed", Some(account), None).await?;
        Ok(user)
    }

    async fn record_names_seen(&self, count: usize) -> Result<(), ControlError> {
        if count == 0 {
            return Ok(());
        }
        self.record_seen("users.searched", None, Some(&count.to_string())).await
    }

    /// Records that personal data was shown; also in a dry run, which shows them all the same. Whoever runs the program beside
    /// the database could look without it.
    async fn record_seen(
        &self,
        event: &'static str,
        account: Option<AccountId>,
        detail: Option<&str>,
    ) -> Result<(), ControlError> {
        if self.actor().origin() == Origin::Machine {
            return Ok(());
        }
        let mut rows = self.cx.begin().await?;
        let event = AuditEvent {
            event,
            outcome: "success",
            account,
            detail,
            ..AuditEvent::default()
        };
        self.record_event(&mut rows, event).await?;
        rows.commit().await?;
        Ok(())
    }

    /// One user, as the caller's transaction has them.
    pub(super) async fn user_detail(
        &self,
        rows: &mut TenantTx,
        account: AccountId,
    ) -> Result<UserDetail, ControlError> {
        let providers = rows.list_identity_providers().await?;
        let listed = rows.find_listed_account(account).await?;
        let listed = listed.ok_or_else(|| no_user(account))?;
        let local = local_provider_of(&providers, &listed.account);
        let (mut facts, mut locked_until) = (None, None);
        if let Some(local) = local {
            let security = rows.find_account_security(account).await?;
            facts = Some(LocalAccountFacts {
                break_glass: security.break_glass_since.is_some(),
                password: listed.account.password_hash.is_some(),
                authenticator: security.totp.is_some(),
                passkeys: security.passkeys,
                recovery_codes: security.recovery_codes,
            });
            locked_until = attempts::locked_until(&self.cx, rows, &local.alias, &listed.account).await?;
        }
        Ok(UserDetail {
            summary: self.user_summary(rows, listed, &providers).await?,
            local_account: facts,
            locked_until: locked_until.map(Timestamp::to_rfc3339),
        })
    }

    async fn user_summary(
        &self,
        rows: &mut TenantTx,
        listed: ListedAccount,
        providers: &[IdentityProviderRecord],
    ) -> Result<UserSummary, ControlError> {
        let admin_roles = self.roles_of(rows, providers, &listed.account).await?;
        let account = listed.account;
        let provider = providers
            .iter()
            .find(|provider| provider.id == account.identity_provider);
        Ok(UserSummary {
            id: account.id,
            identity_provider: provider.map(|provider| provider.alias.clone()),
            username: account.profile.subject,
            name: account.profile.name,
            email: account.profile.email,
            fhir_user: account.profile.fhir_user,
            patient: account.profile.patient,
            patients: account.profile.patients,
            npi: account.profile.npi,
            roles: account.profile.roles,
            admin_roles,
            disabled: account.disabled_at.is_some(),
            created_at: listed.created_at.to_rfc3339(),
            last_sign_in_at: listed.last_sign_in_at.map(Timestamp::to_rfc3339),
        })
    }

    /// Deletes a user: sessions, grants and what was allowed to apps end, and what is known of them is erased. What they did stays in
    /// the audit log under an id that nobody gets again. Whoever signs in from elsewhere later is somebody new. Returns whether apps
    /// are to be told, at their back-channel addresses, of sessions that ended.
    ///
    /// # Errors
    /// [`ControlError::Conflict`] for whoever asks and for the last owner or operator, [`ControlError::BeyondOwnRole`] for users
    /// who may do more than they.
    pub async fn delete_user(&self, account: AccountId, precondition: &Precondition) -> Result<bool, ControlError> {
        self.require(Permission::ManageUsers)?;
        let mut rows = self.begin_change().await?;
        let seen = self.user_detail(&mut rows, account).await?;
        precondition.check(Some(&seen.versioned()))?;
        let stored = rows.find_account(account).await?.ok_or_else(|| no_user(account))?;
        self.check_reach_of_account(&mut rows, &stored).await?;
        if self.actor().principal() == account.to_string() {
            return Err(ControlError::Conflict("you cannot delete yourself".into()));
        }
        let given = self.roles_given(&mut rows, &account.to_string()).await?;
        self.check_not_last(&mut rows, &account.to_string(), &given).await?;
        let ended = self.end_everything(&mut rows, account, true, "user_deleted").await?;
        if !rows.delete_account(account).await? {
            return Err(no_user(account));
        }
        self.record_account(&mut rows, "user.deleted", None, account).await?;
        self.finish(rows).await?;
        Ok(ended.has_notices)
    }

    /// Disables a user, whose sessions end and whose tokens stop working at once, or lets them sign in again.
    pub async fn set_user_disabled(
        &self,
        account: AccountId,
        disabled: bool,
        precondition: &Precondition,
    ) -> Result<Change, ControlError> {
        let change = UserChange {
            disabled: Some(disabled),
            ..UserChange::default()
        };
        Ok(self.update_user(account, &change, precondition).await?.change)
    }

    /// Changes a user; all of it or nothing.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] for members that an identity provider elsewhere decides.
    pub async fn update_user(
        &self,
        account: AccountId,
        change: &UserChange,
        precondition: &Precondition,
    ) -> Result<ChangedUser, ControlError> {
        self.require(Permission::ManageUsers)?;
        let mut rows = self.begin_change().await?;
        let seen = self.user_detail(&mut rows, account).await?;
        precondition.check(Some(&seen.versioned()))?;
        let stored = rows.find_account(account).await?.ok_or_else(|| no_user(account))?;
        self.check_reach_of_account(&mut rows, &stored).await?;
        let mut done = self.change_profile(&mut rows, &stored, &seen, change).await?;
        done = done.and(self.change_break_glass(&mut rows, &seen, change.break_glass).await?);
        let mut has_notices = false;
        if let Some(disabled) = change.disabled.filter(|disabled| *disabled != seen.summary.disabled) {
            if disabled && self.actor().principal() == account.to_string() {
                return Err(ControlError::Conflict("you cannot disable yourself".into()));
            }
            if disabled {
                let given = self.roles_given(&mut rows, &account.to_string()).await?;
                self.check_not_last(&mut rows, &account.to_string(), &given).await?;
            }
            rows.set_account_disabled(account, disabled.then(|| self.cx.now()))
                .await?;
            if disabled {
                has_notices = self
                    .end_everything(&mut rows, account, false, "user_disabled")
                    .await?
                    .has_notices;
            }
            let event = if disabled { "user.disabled" } else { "user.enabled" };
            self.record_account(&mut rows, event, None, account).await?;
            done = Change::Updated;
        }
        let user = self.user_detail(&mut rows, account).await?;
        if done == Change::Updated {
            self.finish(rows).await?;
        }
        Ok(ChangedUser {
            user,
            change: done,
            has_notices,
        })
    }

    async fn change_profile(
        &self,
        rows: &mut TenantTx,
        stored: &Account,
        seen: &UserDetail,
        change: &UserChange,
    ) -> Result<Change, ControlError> {
        let profile = change.apply(&stored.profile);
        if profile == stored.profile {
            return Ok(Change::Unchanged);
        }
        let alias = seen.summary.identity_provider.as_deref().unwrap_or_default();
        if seen.local_account.is_none() {
            return Err(ControlError::invalid(
                changed_member(&stored.profile, &profile),
                "is told by the user's identity provider with each sign-in; change it there, or in the mapping rules",
            ));
        }
        super::accounts::check_profile(&profile)?;
        self.check_reach_of_profile(rows, alias, Some(stored), &profile).await?;
        rows.replace_account_profile(stored, &profile, self.cx.entropy())
            .await?;
        self.record_account(rows, "user.saved", Some(Change::Updated.as_str()), stored.id)
            .await?;
        Ok(Change::Updated)
    }

    pub(super) async fn change_break_glass(
        &self,
        rows: &mut TenantTx,
        seen: &UserDetail,
        wanted: Option<bool>,
    ) -> Result<Change, ControlError> {
        let Some(on) = wanted else { return Ok(Change::Unchanged) };
        let account = seen.summary.id;
        match &seen.local_account {
            Some(facts) if facts.break_glass == on => Ok(Change::Unchanged),
            Some(_) => {
                rows.set_break_glass(account, on.then(|| self.cx.now())).await?;
                let detail = if on { "named" } else { "withdrawn" };
                self.record_account(rows, "break_glass.changed", Some(detail), account)
                    .await?;
                Ok(Change::Updated)
            }
            None if !on => Ok(Change::Unchanged),
            None => Err(ControlError::invalid(
                "break_glass",
                "is for accounts of the tenant's own: this user signs in elsewhere",
            )),
        }
    }

    /// Records who did what to which account.
    pub(super) async fn record_account(
        &self,
        rows: &mut TenantTx,
        event: &'static str,
        detail: Option<&'static str>,
        account: AccountId,
    ) -> Result<(), StoreError> {
        let event = AuditEvent {
            event,
            outcome: "success",
            account: Some(account),
            detail,
            ..AuditEvent::default()
        };
        self.record_event(rows, event).await
    }
}

/// The provider of an account of the tenant's own.
pub(super) fn local_provider_of<'a>(
    providers: &'a [IdentityProviderRecord],
    account: &Account,
) -> Option<&'a IdentityProviderRecord> {
    providers
        .iter()
        .find(|provider| provider.id == account.identity_provider && provider.kind == provider::LOCAL)
}

/// The first member that is different.
fn changed_member(old: &AccountProfile, new: &AccountProfile) -> &'static str {
    [
        ("name", old.name != new.name),
        ("email", old.email != new.email),
        ("fhir_user", old.fhir_user != new.fhir_user),
        ("patient", old.patient != new.patient),
        ("patients", old.patients != new.patients),
        ("npi", old.npi != new.npi),
    ]
    .into_iter()
    .find(|(_, differs)| *differs)
    .map_or("roles", |(member, _)| member)
}

/// Whether an app is the tenant's.
pub(super) async fn client_of(rows: &mut TenantTx, client_id: &str) -> Result<Client, ControlError> {
    rows.find_client(client_id)
        .await?
        .ok_or_else(|| ControlError::NotFound {
            what: "client",
            name: client_id.to_owned(),
        })
}

pub(super) fn matches(account: &Account, wanted: &str) -> bool {
    let profile = &account.profile;
    let texts = [Some(&profile.subject), profile.name.as_ref(), profile.email.as_ref()];
    account.id.to_string() == wanted
        || texts
            .into_iter()
            .flatten()
            .any(|text| text.to_lowercase().contains(wanted))
}
