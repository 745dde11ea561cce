//! Inviting those who begin: the owner of a new tenant, and operators of the platform.

use super::accounts::check_profile;
use super::{Change, ControlError, OPERATORS, Platform, Precondition, TenantAdmin};
use crate::federation::local::links::{self, NewLink};
use crate::federation::provider;
use crate::kernel::Timestamp;
use crate::kernel::id::AccountId;
use crate::store::tenant::{AccountProfile, LinkPurpose};
use crate::tenant::roles::{Permission, Role};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The alias of the accounts that a tenant gets for its owner when it has none of its own.
const ADMINISTRATORS: &str = "administrators";
/// How long a link works that the machine's owner makes for an operator, who is waiting for it.
const OPERATOR_LINK: Duration = Duration::from_hours(1);

/// Somebody who is to answer for a tenant.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOwner {
    /// The user name of their account, usually their e-mail address.
    pub username: String,
    /// Full name.
    #[serde(default)]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
}

impl NewOwner {
    fn profile(&self) -> AccountProfile {
        AccountProfile {
            subject: self.username.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            ..AccountProfile::default()
        }
    }

    /// Checks it before anything is made.
    pub(super) fn check(&self) -> Result<(), ControlError> {
        check_profile(&self.profile())
    }
}

/// An operator who was let in.
pub struct NewOperator {
    /// The issuer where they sign in.
    pub issuer: String,
    /// Their account.
    pub account: AccountId,
    /// Where they choose a password. Shown here and never again.
    pub link: NewLink,
    /// What changed.
    pub change: Change,
}

impl TenantAdmin {
    /// Makes the owner's account with its role, and a link with which they choose a password as long as they have none. Links
    /// from before end.
    pub(super) async fn invite_owner(&self, owner: &NewOwner) -> Result<(Change, Option<NewLink>), ControlError> {
        let alias = self.administrators_provider().await?;
        let (account, change) = self.save_invited_account(&alias, &owner.profile()).await?;
        let (_, given) = self.assign_role(&account.to_string(), Role::Owner).await?;
        // Once there is another identity provider, only accounts named for emergencies still sign in here.
        let named = self.set_break_glass(&alias, &owner.username, true).await?;
        let change = change.and(given).and(named);
        let stored = self.cx.read().await?.find_account(account).await?;
        if stored.is_some_and(|account| account.password_hash.is_some()) {
            return Ok((change, None));
        }
        let link = self.replace_link(account, LinkPurpose::Invitation, None).await?;
        Ok((change, Some(link)))
    }

    /// The tenant's own accounts.
    async fn administrators_provider(&self) -> Result<String, ControlError> {
        let providers = self.cx.read().await?.list_identity_providers().await?;
        if let Some(local) = providers.into_iter().find(|provider| provider.kind == provider::LOCAL) {
            return Ok(local.alias);
        }
        Box::pin(self.save_local_provider(ADMINISTRATORS, "Administrators")).await?;
        Ok(ADMINISTRATORS.to_owned())
    }

    /// A link in place of those before.
    async fn replace_link(
        &self,
        account: AccountId,
        purpose: LinkPurpose,
        lifetime: Option<Duration>,
    ) -> Result<NewLink, ControlError> {
        let now: Timestamp = self.cx.now();
        let mut rows = self.cx.begin().await?;
        rows.void_account_links(account, now).await?;
        let link = links::make_for(&self.cx, &mut rows, account, purpose, lifetime).await?;
        self.record(
            &mut rows,
            "account.link_made",
            Some(&account.to_string()),
            Some(purpose.as_str()),
        )
        .await?;
        rows.commit().await?;
        Ok(link)
    }
}

impl Platform {
    /// Makes the platform's own issuer, if there is none, with an operator who can sign in there, and a link with which they
    /// choose a password; the sign-in demands a second factor, or that one is set up. For whoever can run the program: run
    /// again it lets in an operator who was locked out. With `forget_second_factors` also one who lost their phone.
    pub async fn bootstrap_operator(
        &self,
        operator: &NewOwner,
        forget_second_factors: bool,
    ) -> Result<NewOperator, ControlError> {
        operator.check()?;
        let (admin, change) = Box::pin(self.provision_platform_tenant()).await?;
        let profile = operator.profile();
        let known = admin.find_operator(&operator.username).await?;
        let (account, saved) = match known {
            // What is not said now stays.
            Some(account) if operator.name.is_none() && operator.email.is_none() => (account, Change::Unchanged),
            _ => admin.save_invited_account(OPERATORS, &profile).await?,
        };
        let (_, given) = admin.assign_role(&account.to_string(), Role::PlatformOperator).await?;
        admin.set_user_disabled(account, false, &Precondition::None).await?;
        if forget_second_factors {
            admin.remove_second_factors(OPERATORS, &operator.username).await?;
        }
        let purpose = if known.is_some() {
            LinkPurpose::Reset
        } else {
            LinkPurpose::Invitation
        };
        let link = admin.replace_link(account, purpose, Some(OPERATOR_LINK)).await?;
        Ok(NewOperator {
            issuer: admin.cx.issuer().to_owned(),
            account,
            link,
            change: change.and(saved).and(given),
        })
    }
}

impl TenantAdmin {
    /// Lets somebody in at the platform with one of its roles, and makes the link with which they choose a password as long as
    /// they have none. The sign-in demands a second factor of them.
    ///
    /// # Errors
    /// [`ControlError::BeyondOwnRole`] for a role that allows something the one who asks may not do.
    pub async fn invite_operator(
        &self,
        operator: &NewOwner,
        role: Role,
    ) -> Result<(AccountId, Change, Option<NewLink>), ControlError> {
        self.require(Permission::ManageRoles)?;
        self.actor().require_cover(role.permissions())?;
        if !role.is_of_platform() {
            return Err(ControlError::invalid("role", format!("{role} is given at a tenant")));
        }
        let (account, change) = self.save_invited_account(OPERATORS, &operator.profile()).await?;
        let (_, given) = self.assign_role(&account.to_string(), role).await?;
        let stored = self.cx.read().await?.find_account(account).await?;
        let link = if stored.is_some_and(|account| account.password_hash.is_some()) {
            None
        } else {
            Some(self.replace_link(account, LinkPurpose::Invitation, None).await?)
        };
        Ok((account, change.and(given), link))
    }

    /// A new link for somebody of the platform who lost theirs, or their password. Those before end.
    pub async fn renew_operator_link(&self, account: AccountId) -> Result<NewLink, ControlError> {
        self.require(Permission::ManageUsers)?;
        let mut rows = self.cx.read().await?;
        let missing = || ControlError::NotFound {
            what: "user",
            name: account.to_string(),
        };
        let stored = rows.find_account(account).await?.ok_or_else(missing)?;
        self.check_reach_of_account(&mut rows, &stored).await?;
        drop(rows);
        let purpose = if stored.password_hash.is_some() {
            LinkPurpose::Reset
        } else {
            LinkPurpose::Invitation
        };
        self.replace_link(account, purpose, None).await
    }

    async fn find_operator(&self, username: &str) -> Result<Option<AccountId>, ControlError> {
        let Some(provider) = self.find_provider(OPERATORS).await? else {
            return Ok(None);
        };
        let mut rows = self.cx.read().await?;
        let account = rows.find_account_by_subject(provider.id, username).await?;
        Ok(account.map(|account| account.id))
    }
}
