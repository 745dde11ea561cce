//! Users, and what they allowed to apps.

use super::answer::{Answer, done, ok, page, shown, tagged, with_members};
use super::entry::Admin;
use super::input::{Body, Paging, Preconditions, Query, Segments, cursor};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use crate::kernel::id::AccountId;
use crate::tenant::roles::Permission;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

const LIST: &str = "/api/v1/tenants/{tenant}/users";
const ONE: &str = "/api/v1/tenants/{tenant}/users/{account}";
const CONSENTS: &str = "/api/v1/tenants/{tenant}/consents";
const CONSENT: &str = "/api/v1/tenants/{tenant}/consents/{account}/{client_id}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listUsers", "Search users")
                .needs(Permission::ReadUsers)
                .says(
                    "In order of age. What is known of users is sealed at rest: a search opens a part of them at a time, so a page \
                     can be short, even empty, and still have a `next_cursor`.",
                )
                .query("q", "SearchText", "Part of the user name, name or e-mail address, whatever the case.")
                .paged("UserPage"),
            list,
        )
        .on(
            Operation::get(ONE, "getUser", "Show a user")
                .needs(Permission::ReadUsers)
                .gives("User")
                .tagged(),
            get,
        )
        .on(
            Operation::patch(ONE, "updateUser", "Disable a user, or let them sign in again")
                .needs(Permission::ManageUsers)
                .says("Disabled, their tokens stop working at once.")
                .takes("UserPatch", json!({ "disabled": true }))
                .gives("User")
                .tagged(),
            update,
        )
        .on(
            Operation::get(CONSENTS, "listConsents", "List what users allowed to apps")
                .needs(Permission::ReadConsents)
                .query("account", "AccountId", "Only of this user.")
                .query("client_id", "ClientId", "Only to this app.")
                .paged("ConsentPage"),
            list_consents,
        )
        .on(
            Operation::delete(CONSENT, "withdrawConsent", "Withdraw what a user allowed an app")
                .needs(Permission::WithdrawConsents)
                .says("The app's tokens stop working at once, and the user is asked anew."),
            withdraw_consent,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    q: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list(Admin(admin): Admin, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let after: Option<AccountId> = paging.after()?;
    let (users, next) = admin.search_users(filter.q.as_deref(), after, paging.limit()?).await?;
    ok(&json!({ "items": users, "next_cursor": next.and_then(|next| cursor(&next)) }))
}

#[derive(Deserialize)]
struct OneUser {
    account: AccountId,
}

async fn get(Admin(admin): Admin, headers: HeaderMap, Segments(path): Segments<OneUser>) -> Answer {
    let user = admin.get_user(path.account).await?;
    shown(&headers, &user, &user)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    disabled: bool,
}

async fn update(
    Admin(admin): Admin,
    Segments(path): Segments<OneUser>,
    Preconditions(precondition): Preconditions,
    Body(patch): Body<Patch>,
) -> Answer {
    let change = admin
        .set_user_disabled(path.account, patch.disabled, &precondition)
        .await?;
    let user = admin.get_user(path.account).await?;
    let body = with_members(&user, &json!({ "change": change }))?;
    tagged(StatusCode::OK, &body, &user)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentFilter {
    account: Option<String>,
    client_id: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list_consents(Admin(admin): Admin, Query(filter): Query<ConsentFilter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let account = filter
        .account
        .as_deref()
        .map(|text| {
            text.parse::<AccountId>()
                .map_err(|_| Problem::malformed_parameter("account", "is the id of a user, `acc_...`"))
        })
        .transpose()?;
    let after: Option<(AccountId, String)> = paging.after()?;
    let consents = admin
        .list_consents(account, filter.client_id.as_deref(), after.as_ref(), limit + 1)
        .await?;
    page(consents, limit, |one| (one.account, one.client_id.clone()))
}

#[derive(Deserialize)]
struct OneConsent {
    account: AccountId,
    client_id: String,
}

async fn withdraw_consent(Admin(admin): Admin, Segments(path): Segments<OneConsent>) -> Answer {
    admin.withdraw_consent(path.account, &path.client_id).await?;
    Ok(done())
}
