//! Roles that were given to single accounts and clients.

use crate::kernel::Timestamp;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// One role of one principal.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct RoleAssignment {
    /// An account or a client, as `sub` names it.
    pub principal: String,
    /// The role's name. Its meaning belongs to `control::roles`.
    pub role: String,
    /// Who gave it.
    pub assigned_by: String,
    /// When.
    pub assigned_at: Timestamp,
}

impl TenantTx {
    /// The roles of one principal.
    pub async fn list_roles_of(&mut self, principal: &str) -> Result<Vec<String>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, String>(
            "SELECT role FROM role_assignments WHERE tenant_id = $1 AND principal = $2 ORDER BY role"
        )
        .bind(tenant)
        .bind(principal)
        .fetch_all(connection)
        .await)?)
    }

    /// Up to `limit` assignments in order of principal and role, after `after`, of one principal or of all.
    pub async fn list_role_assignments(
        &mut self,
        principal: Option<&str>,
        after: (&str, &str),
        limit: u32,
    ) -> Result<Vec<RoleAssignment>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, RoleAssignment>(
            "SELECT principal, role, assigned_by, assigned_at FROM role_assignments \
             WHERE tenant_id = $1 AND ($2 IS NULL OR principal = $2) \
             AND (principal > $3 OR (principal = $3 AND role > $4)) ORDER BY principal, role LIMIT $5"
        )
        .bind(tenant)
        .bind(principal)
        .bind(after.0)
        .bind(after.1)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?)
    }

    /// Gives a role. False when the principal has it already.
    pub async fn insert_role_assignment(&mut self, assignment: &RoleAssignment) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let inserted = on_tx!(self, |connection| sqlx::query(
            "INSERT INTO role_assignments (tenant_id, principal, role, assigned_by, assigned_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, principal, role) DO NOTHING",
        )
        .bind(tenant)
        .bind(&assignment.principal)
        .bind(&assignment.role)
        .bind(&assignment.assigned_by)
        .bind(assignment.assigned_at)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(inserted == 1)
    }

    /// Takes a role away. False when the principal did not have it.
    pub async fn delete_role_assignment(&mut self, principal: &str, role: &str) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM role_assignments WHERE tenant_id = $1 AND principal = $2 AND role = $3"
        )
        .bind(tenant)
        .bind(principal)
        .bind(role)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(deleted == 1)
    }

    /// Takes every role from a principal that is removed.
    pub async fn delete_roles_of(&mut self, principal: &str) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query(
            "DELETE FROM role_assignments WHERE tenant_id = $1 AND principal = $2"
        )
        .bind(tenant)
        .bind(principal)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?)
    }

    /// Whether somebody of the platform has to be announced: true once in `not_since`..now for each of them, also when
    /// several requests ask at the same time.
    pub async fn note_operator_visit(
        &mut self,
        principal: &str,
        not_since: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let noted = on_tx!(self, |connection| sqlx::query(
            "INSERT INTO operator_visits (tenant_id, principal, entered_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id, principal) DO UPDATE SET entered_at = excluded.entered_at \
             WHERE operator_visits.entered_at <= $4",
        )
        .bind(tenant)
        .bind(principal)
        .bind(now)
        .bind(not_since)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(noted == 1)
    }

    /// When this person of the platform was last announced.
    pub async fn find_operator_visit(&mut self, principal: &str) -> Result<Option<Timestamp>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, Timestamp>(
            "SELECT entered_at FROM operator_visits WHERE tenant_id = $1 AND principal = $2"
        )
        .bind(tenant)
        .bind(principal)
        .fetch_optional(connection)
        .await)?)
    }
}
