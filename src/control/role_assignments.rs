//! Giving and taking roles. Nobody hands on more than they have, and no tenant is left without its last owner by accident.

use super::actor::roles_by_rules;
use super::{Change, ControlError, TenantAdmin, permissions_of};
use crate::kernel::id::AccountId;
use crate::store::tenant::{Account, IdentityProviderRecord, RoleAssignment};
use crate::store::{StoreError, TenantTx};
use crate::tenant::roles::{Permission, Role};
use serde::Serialize;

/// Assignments read at once where all are needed. Administrators are few.
const PAGE: u32 = 500;

/// A role of somebody, as administration shows it.
#[derive(Clone, Debug, Serialize)]
pub struct RoleAssignmentSummary {
    /// The account or client.
    pub principal: String,
    /// The role.
    pub role: String,
    /// Who gave it.
    pub assigned_by: String,
    /// When, RFC 3339.
    pub assigned_at: String,
}

impl From<RoleAssignment> for RoleAssignmentSummary {
    fn from(assignment: RoleAssignment) -> Self {
        Self {
            principal: assignment.principal,
            role: assignment.role,
            assigned_by: assignment.assigned_by,
            assigned_at: assignment.assigned_at.to_rfc3339(),
        }
    }
}

impl TenantAdmin {
    /// Up to `limit` assignments after `after` (principal and role), of one principal or of all.
    pub async fn list_role_assignments(
        &self,
        principal: Option<&str>,
        after: (&str, &str),
        limit: u32,
    ) -> Result<Vec<RoleAssignmentSummary>, ControlError> {
        self.require(Permission::ReadRoles)?;
        let mut rows = self.cx.read().await?;
        let assignments = rows.list_role_assignments(principal, after, limit).await?;
        Ok(assignments.into_iter().map(Into::into).collect())
    }

    /// Gives a role to an account (`acc_...`) or to a client of this tenant.
    ///
    /// # Errors
    /// [`ControlError::BeyondOwnRole`] for a role that allows something the actor may not do.
    pub async fn assign_role(
        &self,
        principal: &str,
        role: Role,
    ) -> Result<(RoleAssignmentSummary, Change), ControlError> {
        self.require(Permission::ManageRoles)?;
        self.check_place_of(role)?;
        self.actor().require_cover(role.permissions())?;
        let mut rows = self.begin_change().await?;
        check_principal(&mut rows, principal).await?;
        let assignment = RoleAssignment {
            principal: principal.to_owned(),
            role: role.as_str().to_owned(),
            assigned_by: self.actor().principal().to_owned(),
            assigned_at: self.cx.now(),
        };
        if !rows.insert_role_assignment(&assignment).await? {
            let stored = rows.list_role_assignments(Some(principal), ("", ""), PAGE).await?;
            let stored = stored.into_iter().find(|stored| stored.role == assignment.role);
            return Ok((stored.unwrap_or(assignment).into(), Change::Unchanged));
        }
        self.record(&mut rows, "role.assigned", Some(principal), Some(role.as_str()))
            .await?;
        self.finish(rows).await?;
        Ok((assignment.into(), Change::Created))
    }

    /// Takes a role away. The last owner of a tenant, and the last operator of the platform, stay: only who can run the
    /// program can leave it without one.
    pub async fn withdraw_role(&self, principal: &str, role: Role) -> Result<(), ControlError> {
        self.require(Permission::ManageRoles)?;
        self.actor().require_cover(role.permissions())?;
        let mut rows = self.begin_change().await?;
        if !rows.delete_role_assignment(principal, role.as_str()).await? {
            return Err(ControlError::NotFound {
                what: "role assignment",
                name: format!("{principal}/{role}"),
            });
        }
        self.check_not_last(&mut rows, principal, &[role]).await?;
        self.record(&mut rows, "role.withdrawn", Some(principal), Some(role.as_str()))
            .await?;
        self.finish(rows).await?;
        Ok(())
    }

    /// Refuses to take from `principal` one of `roles` that nobody else has and somebody must have.
    ///
    /// # Errors
    /// [`ControlError::Conflict`], except on the machine.
    pub(super) async fn check_not_last(
        &self,
        rows: &mut TenantTx,
        principal: &str,
        roles: &[Role],
    ) -> Result<(), ControlError> {
        if self.actor().origin() == super::Origin::Machine {
            return Ok(());
        }
        for role in roles {
            let indispensable = matches!(role, Role::Owner | Role::PlatformOperator);
            if indispensable && !self.has_another(rows, principal, *role).await? {
                let text = format!("{principal} is the last {role}; give the role to somebody else first");
                return Err(ControlError::Conflict(text));
            }
        }
        Ok(())
    }

    /// The roles that were given to somebody.
    pub(super) async fn roles_given(&self, rows: &mut TenantTx, principal: &str) -> Result<Vec<Role>, StoreError> {
        let given = rows.list_roles_of(principal).await?;
        Ok(given.iter().filter_map(|name| Role::parse(name)).collect())
    }

    async fn has_another(&self, rows: &mut TenantTx, principal: &str, role: Role) -> Result<bool, StoreError> {
        let mut by_rule = self.cx.document().administrators.iter();
        if by_rule.any(|rule| rule.grants.contains(&role)) {
            return Ok(true);
        }
        let mut given = all_assignments(rows).await?;
        given.retain(|other| other.role == role.as_str() && other.principal != principal);
        for other in given {
            let Ok(account) = other.principal.parse::<AccountId>() else {
                return Ok(true);
            };
            // Who is shut out is nobody to turn to.
            let account = rows.find_account(account).await?;
            if account.is_some_and(|account| account.disabled_at.is_none()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Roles of the platform are given at the platform, those of a tenant at the tenant.
    fn check_place_of(&self, role: Role) -> Result<(), ControlError> {
        match (role.is_of_platform(), self.cx.tenant().slug.is_platform()) {
            (true, false) => Err(ControlError::invalid(
                "role",
                format!("{role} is given at the platform alone"),
            )),
            (false, true) => Err(ControlError::invalid("role", format!("{role} is given at a tenant"))),
            _ => Ok(()),
        }
    }

    /// Every account with a role that was given to it. Those that have one by a rule are found when they are looked at.
    pub(super) async fn administrators(&self, rows: &mut TenantTx) -> Result<Vec<(Account, Vec<Role>)>, StoreError> {
        let mut found: Vec<(Account, Vec<Role>)> = Vec::new();
        for assignment in all_assignments(rows).await? {
            let (Ok(id), Some(role)) = (assignment.principal.parse::<AccountId>(), Role::parse(&assignment.role))
            else {
                continue;
            };
            if let Some((_, roles)) = found.iter_mut().find(|(account, _)| account.id == id) {
                roles.push(role);
            } else if let Some(account) = rows.find_account(id).await? {
                found.push((account, vec![role]));
            }
        }
        Ok(found)
    }

    /// The roles of an account, given and by rule.
    pub(super) async fn roles_of(
        &self,
        rows: &mut TenantTx,
        providers: &[IdentityProviderRecord],
        account: &Account,
    ) -> Result<Vec<Role>, StoreError> {
        let mut roles = self.roles_given(rows, &account.id.to_string()).await?;
        roles.extend(roles_by_rules(&self.cx, providers, account));
        roles.sort_unstable();
        roles.dedup();
        Ok(roles)
    }

    /// Whoever can sign in as a user can do what they may do: changing how is for those who may do it all themselves.
    pub(super) async fn check_reach_of_account(
        &self,
        rows: &mut TenantTx,
        account: &Account,
    ) -> Result<(), ControlError> {
        let providers = rows.list_identity_providers().await?;
        let roles = self.roles_of(rows, &providers, account).await?;
        self.actor().require_cover(permissions_of(&roles))
    }
}

/// All assignments of the tenant.
async fn all_assignments(rows: &mut TenantTx) -> Result<Vec<RoleAssignment>, StoreError> {
    let mut all: Vec<RoleAssignment> = Vec::new();
    loop {
        let after = all.last().map(|last| (last.principal.clone(), last.role.clone()));
        let (principal, role) = after.unwrap_or_default();
        let page = rows.list_role_assignments(None, (&principal, &role), PAGE).await?;
        let whole = page.len() < PAGE as usize;
        all.extend(page);
        if whole {
            return Ok(all);
        }
    }
}

/// A role is given to somebody who is there.
async fn check_principal(rows: &mut TenantTx, principal: &str) -> Result<(), ControlError> {
    let missing = |what| ControlError::NotFound {
        what,
        name: principal.to_owned(),
    };
    match principal.parse::<AccountId>() {
        Ok(id) => rows.find_account(id).await?.map(drop).ok_or_else(|| missing("user")),
        Err(_) => rows
            .find_client(principal)
            .await?
            .map(drop)
            .ok_or_else(|| missing("user or client")),
    }
}
