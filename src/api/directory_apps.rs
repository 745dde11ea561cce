//! The platform's catalogue of apps, and a tenant's approval of one.

use super::answer::{Answer, ok, page, shown, status_of, tagged, with_members, with_status};
use super::apps::registered;
use super::entry::{Admin, Entry, Operator};
use super::input::{Body, Paging, Preconditions, Query, Segments};
use super::operation::{Operation, OperationTable};
use crate::control::app_directory::{Approval, NewDirectoryApp};
use crate::store::control::DirectoryState;
use crate::tenant::roles::Permission;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

const LIST: &str = "/api/v1/directory-apps";
const ONE: &str = "/api/v1/directory-apps/{directory_app}";
const STATE: &str = "/api/v1/directory-apps/{directory_app}/state";
const APPROVAL: &str = "/api/v1/tenants/{tenant}/directory-approvals/{directory_app}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listDirectoryApps", "Search the platform's directory of apps")
                .needs(Permission::ReadApps)
                .says("In order of id. Tenants see what is published; the platform sees all, and asks by `state`.")
                .query("q", "SearchText", "Part of the id or the name, whatever the case.")
                .query("state", "DirectoryState", "Only apps in this state; for the platform.")
                .paged("DirectoryAppPage"),
            list,
        )
        .on(
            Operation::get(ONE, "getDirectoryApp", "Show an app of the directory")
                .needs(Permission::ReadApps)
                .gives("DirectoryApp")
                .tagged(),
            get,
        )
        .on(
            Operation::put(ONE, "replaceDirectoryApp", "Publish an app in the directory, or replace it")
                .needs(Permission::ManageDirectory)
                .says(
                    "`registration` is client metadata (RFC 7591 section 2), without what each tenant decides. Tenants that \
                     approved it keep what they approved until they approve it again.",
                )
                .takes(
                    "NewDirectoryApp",
                    json!({
                        "summary": "Shows how a child grows.",
                        "registration": {
                            "client_name": "Growth curves", "token_endpoint_auth_method": "none",
                            "redirect_uris": ["https://growth.example/callback"],
                            "scope": "openid fhirUser launch/patient patient/Observation.rs",
                        },
                    }),
                )
                .answers(200, Some("DirectoryApp"), "It is as described.")
                .answers(201, Some("DirectoryApp"), "It was published.")
                .tagged(),
            replace,
        )
        .on(
            Operation::put(STATE, "reviewDirectoryApp", "Publish, reject or withdraw an app of the directory")
                .needs(Permission::ManageDirectory)
                .says(
                    "`note` is for its developer; a rejection needs one. A withdrawn app stops working wherever it was approved. Send \
                     the `ETag` of what you have looked at as `If-Match`: until it is published, its developer can revise it.",
                )
                .takes("DirectoryReview", json!({ "state": "published" }))
                .gives("DirectoryApp")
                .tagged(),
            review,
        )
        .on(
            Operation::put(APPROVAL, "approveDirectoryApp", "Approve an app of the directory")
                .needs(Permission::ManageApps)
                .says(
                    "It works at once under the same client id, as far as `scope`, for holders of `user_roles`, until \
                     `client_expires_at` (seconds since 1970). What is left out restricts nothing. Approved again, the terms and \
                     the registration are those of now. To end it, switch the app off or remove it.",
                )
                .takes(
                    "DirectoryApproval",
                    json!({ "scope": "openid fhirUser launch/patient patient/Observation.rs", "user_roles": ["physician"] }),
                )
                .answers(200, Some("App"), "It is approved as described.")
                .answers(201, Some("App"), "It is approved. A new secret is in the answer, this once."),
            approve,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    q: Option<String>,
    state: Option<DirectoryState>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list(entry: Entry, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let after: String = paging.after()?;
    let apps = entry
        .platform
        .search_directory(&entry.actor, filter.q.as_deref(), filter.state, &after, limit + 1)
        .await?;
    page(apps, limit, |app| app.client_id.clone())
}

#[derive(Deserialize)]
struct OneApp {
    directory_app: String,
}

async fn get(entry: Entry, headers: HeaderMap, Segments(path): Segments<OneApp>) -> Answer {
    let app = entry
        .platform
        .get_directory_app(&entry.actor, &path.directory_app)
        .await?;
    shown(&headers, &app, &app)
}

async fn replace(
    Operator(entry): Operator,
    Segments(path): Segments<OneApp>,
    Preconditions(precondition): Preconditions,
    Body(new): Body<NewDirectoryApp>,
) -> Answer {
    if entry.dry_run {
        let change = entry
            .platform
            .check_directory_app(&entry.actor, &path.directory_app, &new, &precondition);
        return ok(&json!({ "client_id": path.directory_app, "change": change.await? }));
    }
    let (app, change) = entry
        .platform
        .save_directory_app(&entry.actor, &path.directory_app, &new, &precondition)
        .await?;
    tagged(
        status_of(change),
        &with_members(&app, &json!({ "change": change }))?,
        &app,
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Review {
    state: DirectoryState,
    note: Option<String>,
}

async fn review(
    Operator(entry): Operator,
    Segments(path): Segments<OneApp>,
    Preconditions(precondition): Preconditions,
    Body(review): Body<Review>,
) -> Answer {
    let (platform, actor) = (&entry.platform, &entry.actor);
    let (id, note) = (&path.directory_app, review.note.as_deref());
    let (app, change) = platform
        .review_directory_app(actor, id, review.state, note, &precondition, entry.dry_run)
        .await?;
    tagged(StatusCode::OK, &with_members(&app, &json!({ "change": change }))?, &app)
}

#[derive(Deserialize)]
struct OneApproval {
    directory_app: String,
}

async fn approve(Admin(admin): Admin, Segments(path): Segments<OneApproval>, Body(approval): Body<Approval>) -> Answer {
    let made = admin.approve_directory_app(&path.directory_app, &approval).await?;
    let status = status_of(made.change);
    with_status(status, &registered(&made)?)
}
