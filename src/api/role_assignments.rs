//! Who has which role.

use super::answer::{Answer, done, page, status_of, with_members, with_status};
use super::entry::Admin;
use super::input::{Paging, Query, Segments};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use crate::tenant::roles::{Permission, Role};
use serde::Deserialize;
use serde_json::json;

const LIST: &str = "/api/v1/tenants/{tenant}/role-assignments";
const ONE: &str = "/api/v1/tenants/{tenant}/role-assignments/{principal}/{role}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listRoleAssignments", "List who has which role")
                .needs(Permission::ReadRoles)
                .says(
                    "Roles that were given to single users and services. Those that users have by a rule about their roles at an \
                     identity provider are in the settings, `administrators`. Operators of the platform are at the tenant \
                     `platform`.",
                )
                .query("principal", "Principal", "Only this user or service.")
                .paged("RoleAssignmentPage"),
            list,
        )
        .on(
            Operation::put(ONE, "assignRole", "Give a role")
                .needs(Permission::ManageRoles)
                .says("To a user (`acc_...`) or to a client that acts for itself. Nobody gives more than they have.")
                .answers(200, Some("RoleAssignment"), "It was given before.")
                .answers(201, Some("RoleAssignment"), "It is given."),
            assign,
        )
        .on(
            Operation::delete(ONE, "withdrawRole", "Take a role away")
                .needs(Permission::ManageRoles)
                .says("The last owner of a tenant and the last operator of the platform stay."),
            withdraw,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    principal: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list(Admin(admin): Admin, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let after: (String, String) = paging.after()?;
    let assignments = admin
        .list_role_assignments(filter.principal.as_deref(), (&after.0, &after.1), limit + 1)
        .await?;
    page(assignments, limit, |one| (one.principal.clone(), one.role.clone()))
}

#[derive(Deserialize)]
struct OneAssignment {
    principal: String,
    role: String,
}

impl OneAssignment {
    fn role(&self) -> Result<Role, Problem> {
        Role::parse(&self.role).ok_or_else(|| Problem::not_found("there is no such role; docs/roles.md lists them"))
    }
}

async fn assign(Admin(admin): Admin, Segments(path): Segments<OneAssignment>) -> Answer {
    let (assignment, change) = admin.assign_role(&path.principal, path.role()?).await?;
    with_status(
        status_of(change),
        &with_members(&assignment, &json!({ "change": change }))?,
    )
}

async fn withdraw(Admin(admin): Admin, Segments(path): Segments<OneAssignment>) -> Answer {
    admin.withdraw_role(&path.principal, path.role()?).await?;
    Ok(done())
}
