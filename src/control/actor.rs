//! Who administers, and what they may do: decided here, from roles, for every face of administration.

use super::{Author, ControlError, TenantAdmin};
use crate::kernel::id::{AccountId, SetupLinkId};
use crate::smart::{Scope, ScopeSet};
use crate::store::tenant::{Account, AuditEvent, ChangeSource, IdentityProviderRecord};
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use crate::tenant::roles::{Permission, Permissions, Role};
use serde::Serialize;
use std::time::Duration;

/// Somebody of the platform who works at a tenant is announced there again after this time.
const ANNOUNCE_AGAIN: Duration = Duration::from_hours(1);

/// Methods of RFC 8176 that prove more than a password: a key on a device, a one-time code, a smart card, or several at once.
const SECOND_FACTORS: [&str; 8] = ["mfa", "otp", "hwk", "swk", "pop", "sc", "fpt", "face"];

/// Who vouches for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nobody: they can run the program beside the database and the master key, and so do anything anyway.
    Machine,
    /// The platform's own issuer.
    Platform,
    /// The tenant's issuer.
    Tenant,
    /// A link that somebody of the tenant or the platform made and handed on.
    SetupLink,
}

impl Origin {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Platform => "platform",
            Self::Tenant => "tenant",
            Self::SetupLink => "setup_link",
        }
    }
}

/// What a verified token or session says of its holder.
#[derive(Clone, Debug)]
pub struct Caller<'a> {
    /// The user, or the client that acts for itself: `sub`.
    pub principal: &'a str,
    /// The user, if there is one.
    pub account: Option<AccountId>,
    /// The app or service.
    pub client_id: Option<&'a str>,
    /// What the token is good for at most; everything for somebody at a page of ours.
    pub reach: Permissions,
    /// How the user signed in (RFC 8176).
    pub amr: &'a [String],
}

/// Somebody who administers, with everything decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    origin: Origin,
    principal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    roles: Vec<Role>,
    permissions: Permissions,
    /// The one connection that they may see and change; all of the tenant's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
}

/// The permissions that a token's scope opens, before any role is asked.
pub fn reach_of(scope: &str) -> Permissions {
    let scopes = ScopeSet::parse(scope).map(|parsed| parsed.scopes).unwrap_or_default();
    let has = |name: &str| scopes.contains(&Scope::Extension(name.to_owned()));
    if has(Scope::ADMIN) {
        Permissions::of(&Permission::ALL)
    } else if has(Scope::ADMIN_READ) {
        Permission::reading()
    } else {
        Permissions::default()
    }
}

impl Actor {
    /// Whoever can run the program on the machine.
    pub fn machine() -> Self {
        Self {
            origin: Origin::Machine,
            principal: "machine".to_owned(),
            client_id: None,
            roles: Vec::new(),
            permissions: Permissions::of(&Permission::ALL),
            connection: None,
        }
    }

    /// Whoever has a setup link: the one connection, and nothing else of the tenant.
    pub(super) fn by_setup_link(link: SetupLinkId, alias: &str) -> Self {
        Self {
            origin: Origin::SetupLink,
            principal: link.to_string(),
            client_id: None,
            roles: Vec::new(),
            permissions: Permissions::of(&[Permission::ReadIdentityProviders, Permission::ManageIdentityProviders]),
            connection: Some(alias.to_owned()),
        }
    }

    /// Decides what `caller`, whom the issuer of `cx` vouches for, may do: by roles that were given to them and, for users of
    /// a tenant, by rules about their roles at an identity provider. Roles of the platform count at the platform's issuer
    /// only, and only after more than a password.
    ///
    /// # Errors
    /// [`ControlError::NoRole`] for somebody without any; [`ControlError::SecondFactor`] for an operator who signed in with
    /// a password alone.
    pub async fn decide(cx: &TenantCx, caller: &Caller<'_>) -> Result<Self, ControlError> {
        let platform = cx.tenant().slug.is_platform();
        let mut rows = cx.read().await?;
        let given = rows.list_roles_of(caller.principal).await?;
        let mut roles: Vec<Role> = given.iter().filter_map(|name| Role::parse(name)).collect();
        if !platform && let Some(account) = caller.account {
            roles.extend(mapped_roles(cx, &mut rows, account).await?);
        }
        drop(rows);
        roles.retain(|role| role.is_of_platform() == platform);
        roles.sort_unstable();
        roles.dedup();
        if roles.is_empty() {
            return Err(ControlError::NoRole);
        }
        let strong = caller
            .amr
            .iter()
            .any(|method| SECOND_FACTORS.contains(&method.as_str()));
        // A service proves who it is with a key each time (RFC 7523).
        if platform && caller.account.is_some() && !strong {
            return Err(ControlError::SecondFactor);
        }
        let permissions = permissions_of(&roles).within(caller.reach);
        Ok(Self {
            origin: if platform { Origin::Platform } else { Origin::Tenant },
            principal: caller.principal.to_owned(),
            client_id: caller.client_id.map(str::to_owned),
            roles,
            permissions,
            connection: None,
        })
    }

    /// Who vouches for them.
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// Their `sub`.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// Their roles, the widest first.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// What they may do.
    pub const fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// Whether they may do something.
    pub const fn may(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// Whether the identity provider with this alias is within their reach.
    pub fn reaches(&self, alias: &str) -> bool {
        self.connection.as_deref().is_none_or(|connection| connection == alias)
    }

    /// The one connection that they may see and change, if it is one.
    pub fn connection(&self) -> Option<&str> {
        self.connection.as_deref()
    }

    /// Refuses what they may not do.
    pub const fn require(&self, permission: Permission) -> Result<(), ControlError> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(ControlError::Forbidden(permission))
        }
    }

    /// Refuses to hand on more than they have: nobody can raise anybody above themselves, themselves included.
    pub fn require_cover(&self, permissions: Permissions) -> Result<(), ControlError> {
        match permissions.iter().find(|permission| !self.may(*permission)) {
            None => Ok(()),
            Some(missing) => Err(ControlError::BeyondOwnRole(missing)),
        }
    }

    /// The role under which they act, with who vouches for it, as events name it.
    pub fn acting_as(&self) -> String {
        match self.roles.first() {
            Some(role) => format!("{}:{role}", self.origin.as_str()),
            None => self.origin.as_str().to_owned(),
        }
    }
}

/// What several roles allow together.
pub fn permissions_of(roles: &[Role]) -> Permissions {
    roles
        .iter()
        .fold(Permissions::default(), |all, role| all.union(role.permissions()))
}

/// The roles that a user has by the tenant's rules.
async fn mapped_roles(cx: &TenantCx, rows: &mut TenantTx, account: AccountId) -> Result<Vec<Role>, StoreError> {
    if cx.document().administrators.is_empty() {
        return Ok(Vec::new());
    }
    let Some(account) = rows.find_account(account).await? else {
        return Ok(Vec::new());
    };
    let providers = rows.list_identity_providers().await?;
    Ok(roles_by_rules(cx, &providers, &account))
}

/// The roles that an account has by the tenant's rules, as it last signed in.
pub(super) fn roles_by_rules(cx: &TenantCx, providers: &[IdentityProviderRecord], account: &Account) -> Vec<Role> {
    let provider = providers
        .iter()
        .find(|provider| provider.id == account.identity_provider);
    let rules = cx.document().administrators.iter();
    rules
        .filter(|rule| provider.is_some_and(|provider| provider.alias == rule.identity_provider))
        .filter(|rule| account.profile.roles.contains(&rule.role))
        .flat_map(|rule| rule.grants.iter().copied())
        .collect()
}

impl TenantAdmin {
    /// The same tenant, administered by `actor`. Somebody of the platform is announced in the tenant's audit log, at most
    /// once an hour.
    pub async fn entered_by(cx: TenantCx, platform: &super::Platform, actor: Actor) -> Result<Self, ControlError> {
        let admin = Self {
            cx,
            directory: platform.directory().clone(),
            actor,
            dry_run: false,
            author: Author::by_way_of(ChangeSource::Api),
            guard: None,
        };
        if admin.actor.origin == Origin::Platform && !admin.cx.tenant().slug.is_platform() {
            admin.announce_visit().await?;
        }
        Ok(admin)
    }

    async fn announce_visit(&self) -> Result<(), StoreError> {
        let now = self.cx.now();
        let last = self.cx.read().await?.find_operator_visit(&self.actor.principal).await?;
        if last.is_some_and(|last| now.since(last) < ANNOUNCE_AGAIN) {
            return Ok(());
        }
        let mut rows = self.cx.begin().await?;
        if rows
            .note_operator_visit(&self.actor.principal, now - ANNOUNCE_AGAIN, now)
            .await?
        {
            self.record(&mut rows, "operator.entered", None, None).await?;
        }
        rows.commit().await
    }

    /// The same, without changing anything: whatever is done is checked, and taken back.
    #[must_use]
    pub fn dry(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Who administers.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whether nothing is to be changed.
    pub const fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Refuses what the actor may not do.
    pub(super) const fn require(&self, permission: Permission) -> Result<(), ControlError> {
        self.actor.require(permission)
    }

    /// Records what is done, in the transaction that does it.
    pub(super) async fn record(
        &self,
        rows: &mut TenantTx,
        event: &'static str,
        target: Option<&str>,
        detail: Option<&str>,
    ) -> Result<(), StoreError> {
        let event = AuditEvent {
            event,
            outcome: "success",
            target,
            detail,
            ..AuditEvent::default()
        };
        self.record_event(rows, event).await
    }

    /// The same, for events with members of their own. Who, in which role and by which request is filled in here.
    pub(super) async fn record_event(&self, rows: &mut TenantTx, event: AuditEvent<'_>) -> Result<(), StoreError> {
        let role = self.actor.acting_as();
        let request_id = self.cx.request_id().to_string();
        let event = AuditEvent {
            actor: Some(&self.actor.principal),
            actor_role: Some(&role),
            request_id: Some(&request_id),
            client_id: event.client_id.or(self.actor.client_id.as_deref()),
            ..event
        };
        rows.record(&event, self.cx.now(), self.cx.entropy()).await
    }

    /// Makes a transaction durable and tells every cache; or takes it back, if nothing is to be changed.
    pub(super) async fn finish(&self, rows: TenantTx) -> Result<(), StoreError> {
        if self.dry_run {
            drop(rows);
            return Ok(());
        }
        rows.commit().await?;
        self.announce().await
    }
}
