//! The history of the configuration, and taking changes back.

use super::answer::{Answer, ok, page};
use super::entry::Admin;
use super::input::{Body, Paging, Query, Segments};
use super::operation::{Operation, OperationTable};
use crate::control::configuration::Rollback;
use crate::store::tenant::ResourceKind;
use crate::tenant::roles::Permission;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

const LIST: &str = "/api/v1/tenants/{tenant}/changes";
const ONE: &str = "/api/v1/tenants/{tenant}/changes/{change_id}";
const ROLLBACK: &str = "/api/v1/tenants/{tenant}/changes/{change_id}/rollback";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listChanges", "Search the history of the configuration")
                .needs(Permission::ReadSettings)
                .says("Newest first: settings, identity providers, apps and brands, those of them that you may see, by whichever way they were changed. Without secrets.")
                .query("kind", "ConfigurationKind", "Only changes of this kind of thing.")
                .query("name", "SearchText", "Only changes of the thing with this name: a client id, an alias.")
                .paged("ConfigurationChangePage"),
            list,
        )
        .on(
            Operation::get(ONE, "getChange", "Show a change of the configuration")
                .needs(Permission::ReadSettings)
                .says("And the permission to see what was changed.")
                .gives("ConfigurationChange"),
            get,
        )
        .on(
            Operation::post(ROLLBACK, "rollBackChange", "Take a change back")
                .needs(Permission::ReadSettings)
                .says(
                    "And the permission to change what was changed: it becomes what it was before. That is a change of its own, \
                     which can be taken back too. Refused when the same thing was changed again since, unless \
                     `even_if_changed_since` says that this may be lost.",
                )
                .takes(
                    "ChangeRollback",
                    json!({ "reason": "The old contact is right", "even_if_changed_since": true }),
                )
                .gives("ChangeRolledBack"),
            roll_back,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    kind: Option<ResourceKind>,
    name: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list(Admin(admin): Admin, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let before: Option<Uuid> = paging.after()?;
    let changes = admin
        .search_changes(filter.kind, filter.name.as_deref(), before, limit + 1)
        .await?;
    page(changes, limit, |change| change.id)
}

#[derive(Deserialize)]
struct OneChange {
    change_id: Uuid,
}

async fn get(Admin(admin): Admin, Segments(path): Segments<OneChange>) -> Answer {
    ok(&admin.get_change(path.change_id).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    reason: Option<String>,
    #[serde(default)]
    even_if_changed_since: bool,
}

async fn roll_back(Admin(admin): Admin, Segments(path): Segments<OneChange>, Body(wish): Body<Wish>) -> Answer {
    let how = Rollback {
        reason: wish.reason,
        even_if_changed_since: wish.even_if_changed_since,
    };
    let change = Box::pin(admin.roll_back(path.change_id, &how)).await?;
    ok(&json!({ "change": change }))
}
