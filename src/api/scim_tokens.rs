//! Tokens with which the directory of an identity provider provisions its users (RFC 7644).

use super::answer::{Answer, done, ok, with_status};
use super::entry::Admin;
use super::input::{Body, Segments};
use super::operation::{Operation, OperationTable};
use crate::tenant::roles::Permission;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

const LIST: &str = "/api/v1/tenants/{tenant}/identity-providers/{alias}/scim-tokens";
const ONE: &str = "/api/v1/tenants/{tenant}/identity-providers/{alias}/scim-tokens/{scim_token_id}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listScimTokens", "List tokens with which a directory provisions users")
                .needs(Permission::ReadIdentityProviders)
                .says("A handful, in one page.")
                .gives("ScimTokenList"),
            list,
        )
        .on(
            Operation::post(LIST, "createScimToken", "Make a token with which a directory provisions users")
                .needs(Permission::ManageIdentityProviders)
                .says(
                    "The token is in the answer, this once. With `overlap`, the tokens before it end after so many seconds at the \
                     latest. Who signs in through the provider must not be able to do more than you.",
                )
                .takes(
                    "NewScimToken",
                    json!({ "label": "Entra ID", "lifetime": 31_536_000, "overlap": 86_400 }),
                )
                .answers(201, Some("ScimTokenSecret"), "The token, and the address to enter with it."),
            create,
        )
        .on(
            Operation::delete(ONE, "deleteScimToken", "Take back a token with which a directory provisions users")
                .needs(Permission::ManageIdentityProviders),
            delete,
        )
}

#[derive(Deserialize)]
struct OneProvider {
    alias: String,
}

async fn list(Admin(admin): Admin, Segments(path): Segments<OneProvider>) -> Answer {
    ok(&json!({ "items": admin.list_scim_tokens(&path.alias).await? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    label: String,
    #[serde(default = "year")]
    lifetime: u32,
    overlap: Option<u32>,
}

const fn year() -> u32 {
    365 * 24 * 3600
}

async fn create(Admin(admin): Admin, Segments(path): Segments<OneProvider>, Body(new): Body<NewToken>) -> Answer {
    let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
    let token = admin
        .create_scim_token(&path.alias, &new.label, seconds(new.lifetime), new.overlap.map(seconds))
        .await?;
    let body = json!({
        "id": token.id, "label": new.label, "token": token.token.expose(), "base_url": token.base_url,
        "expires_at": token.expires_at,
    });
    with_status(StatusCode::CREATED, &body)
}

#[derive(Deserialize)]
struct OneToken {
    alias: String,
    scim_token_id: String,
}

async fn delete(Admin(admin): Admin, Segments(path): Segments<OneToken>) -> Answer {
    admin.delete_scim_token(&path.alias, &path.scim_token_id).await?;
    Ok(done())
}
