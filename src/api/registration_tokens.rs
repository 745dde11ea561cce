//! Tokens with which somebody can register apps (RFC 7591 section 3).

use super::answer::{Answer, done, page, with_status};
use super::entry::Admin;
use super::input::{Body, Paging, Query, Segments};
use super::operation::{Operation, OperationTable};
use crate::tenant::roles::Permission;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

const LIST: &str = "/api/v1/tenants/{tenant}/registration-tokens";
const ONE: &str = "/api/v1/tenants/{tenant}/registration-tokens/{token_id}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listRegistrationTokens", "List tokens that register apps")
                .needs(Permission::ReadApps)
                .paged("RegistrationTokenPage"),
            list,
        )
        .on(
            Operation::post(LIST, "createRegistrationToken", "Make a token that registers apps")
                .needs(Permission::ManageApps)
                .says("The token is in the answer, this once.")
                .takes(
                    "NewRegistrationToken",
                    json!({ "label": "Vendor A", "uses": 1, "lifetime": 604_800 }),
                )
                .answers(201, Some("RegistrationTokenSecret"), "The token."),
            create,
        )
        .on(
            Operation::delete(ONE, "deleteRegistrationToken", "Take back a token that registers apps")
                .needs(Permission::ManageApps),
            delete,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list(Admin(admin): Admin, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let after: String = paging.after()?;
    let tokens = admin.list_initial_access_tokens(&after, limit + 1).await?;
    page(tokens, limit, |token| token.id.clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    label: String,
    #[serde(default = "once")]
    uses: u32,
    #[serde(default = "week")]
    lifetime: u32,
}

const fn once() -> u32 {
    1
}

const fn week() -> u32 {
    7 * 24 * 3600
}

async fn create(Admin(admin): Admin, Body(new): Body<NewToken>) -> Answer {
    let lifetime = Duration::from_secs(u64::from(new.lifetime));
    let token = admin
        .create_initial_access_token(&new.label, new.uses, lifetime)
        .await?;
    let body = json!({
        "label": new.label, "uses": new.uses, "initial_access_token": token.expose(),
        "expires_at": (admin.cx().now() + lifetime).to_rfc3339(),
    });
    with_status(StatusCode::CREATED, &body)
}

#[derive(Deserialize)]
struct OneToken {
    token_id: String,
}

async fn delete(Admin(admin): Admin, Segments(path): Segments<OneToken>) -> Answer {
    admin.delete_initial_access_token(&path.token_id).await?;
    Ok(done())
}
