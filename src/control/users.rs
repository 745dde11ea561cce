//! Users of a tenant, for those who look after them: searched, shown, disabled, signed out; and what they allowed to apps.

use super::{Change, ControlError, Precondition, TenantAdmin};
use crate::kernel::id::AccountId;
use crate::oauth::Client;
use crate::store::TenantTx;
use crate::store::tenant::{Account, AuditEvent, IdentityProviderRecord, ListedAccount, ListedConsent};
use crate::tenant::roles::{Permission, Role};
use serde::Serialize;

/// Accounts that are opened for one search, which is on sealed values: what is not found among them is looked for with the
/// next page.
const OPENED_AT_ONCE: u32 = 2_000;

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

/// What a user allowed an app.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentSummary {
    /// The user.
    pub account: AccountId,
    /// The app.
    pub client_id: String,
    /// The scopes.
    pub scope: String,
    /// When, RFC 3339.
    pub granted_at: String,
}

fn no_user(account: AccountId) -> ControlError {
    ControlError::NotFound {
        what: "user",
        name: account.to_string(),
    }
}

impl TenantAdmin {
    /// Up to `limit` users in order of age, after `after`, whose user name, name or e-mail address contains `search`, whatever
    /// the case. The second value leads on; with a search, a page may be short of `limit` and still have a next one.
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
        let next = last.filter(|_| cut || !whole);
        Ok((found, next))
    }

    /// One user.
    pub async fn get_user(&self, account: AccountId) -> Result<UserSummary, ControlError> {
        self.require(Permission::ReadUsers)?;
        let mut rows = self.cx.read().await?;
        let providers = rows.list_identity_providers().await?;
        let listed = rows
            .find_listed_account(account)
            .await?
            .ok_or_else(|| no_user(account))?;
        self.user_summary(&mut rows, listed, &providers).await
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
            roles: account.profile.roles,
            admin_roles,
            disabled: account.disabled_at.is_some(),
            created_at: listed.created_at.to_rfc3339(),
            last_sign_in_at: listed.last_sign_in_at.map(crate::kernel::Timestamp::to_rfc3339),
        })
    }

    /// Disables a user, whose tokens stop working at once, or lets them sign in again.
    pub async fn set_user_disabled(
        &self,
        account: AccountId,
        disabled: bool,
        precondition: &Precondition,
    ) -> Result<Change, ControlError> {
        self.require(Permission::ManageUsers)?;
        let mut rows = self.begin_change().await?;
        let listed = rows.find_listed_account(account).await?;
        let listed = listed.ok_or_else(|| no_user(account))?;
        let stored = listed.account.clone();
        let providers = rows.list_identity_providers().await?;
        precondition.check(Some(&self.user_summary(&mut rows, listed, &providers).await?))?;
        self.check_reach_of_account(&mut rows, &stored).await?;
        if disabled && self.actor().principal() == account.to_string() {
            return Err(ControlError::Conflict("you cannot disable yourself".into()));
        }
        if stored.disabled_at.is_some() == disabled {
            return Ok(Change::Unchanged);
        }
        rows.set_account_disabled(account, disabled.then(|| self.cx.now()))
            .await?;
        let event = AuditEvent {
            event: if disabled { "user.disabled" } else { "user.enabled" },
            outcome: "success",
            account: Some(account),
            ..AuditEvent::default()
        };
        self.record_event(&mut rows, event).await?;
        self.finish(rows).await?;
        Ok(Change::Updated)
    }

    /// Up to `limit` consents in order of user and app, after `after`; of one user, to one app, or all.
    pub async fn list_consents(
        &self,
        account: Option<AccountId>,
        client_id: Option<&str>,
        after: Option<&(AccountId, String)>,
        limit: u32,
    ) -> Result<Vec<ConsentSummary>, ControlError> {
        self.require(Permission::ReadConsents)?;
        let consents = self
            .cx
            .read()
            .await?
            .list_consents(account, client_id, after, limit)
            .await?;
        Ok(consents.into_iter().map(Into::into).collect())
    }

    /// Takes back what a user allowed an app: it is asked for anew, and the app's tokens stop working at once.
    pub async fn withdraw_consent(&self, account: AccountId, client_id: &str) -> Result<(), ControlError> {
        self.require(Permission::WithdrawConsents)?;
        let mut rows = self.begin_change().await?;
        let forgotten = rows.delete_consent(account, client_id).await?;
        let revoked = rows
            .revoke_grants_of_client(account, client_id, "withdrawn_by_administrator", self.cx.now())
            .await?;
        if !forgotten && revoked == 0 {
            return Err(ControlError::NotFound {
                what: "consent",
                name: format!("{account}/{client_id}"),
            });
        }
        let event = AuditEvent {
            event: "consent.withdrawn",
            outcome: "success",
            client_id: Some(client_id),
            account: Some(account),
            target: Some(client_id),
            ..AuditEvent::default()
        };
        self.record_event(&mut rows, event).await?;
        self.finish(rows).await?;
        Ok(())
    }
}

impl From<ListedConsent> for ConsentSummary {
    fn from(consent: ListedConsent) -> Self {
        Self {
            account: consent.account,
            client_id: consent.client_id,
            scope: consent.scope,
            granted_at: consent.granted_at.to_rfc3339(),
        }
    }
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

fn matches(account: &Account, wanted: &str) -> bool {
    let profile = &account.profile;
    let texts = [Some(&profile.subject), profile.name.as_ref(), profile.email.as_ref()];
    account.id.to_string() == wanted
        || texts
            .into_iter()
            .flatten()
            .any(|text| text.to_lowercase().contains(wanted))
}
