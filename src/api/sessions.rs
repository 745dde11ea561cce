//! Where users are signed in.

use super::ApiState;
use super::answer::{Answer, done, ok, with_members};
use super::entry::Admin;
use super::input::{Paging, Query, Segments, cursor};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use super::user_help::deliver;
use super::users::account_of;
use crate::control::sessions::{AfterSession, SessionFilter};
use crate::kernel::{Sha256Hash, Timestamp};
use crate::tenant::roles::Permission;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

const LIST: &str = "/api/v1/tenants/{tenant}/sessions";
const ONE: &str = "/api/v1/tenants/{tenant}/sessions/{session_id}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listSessions", "List where users are signed in")
                .needs(Permission::ReadSessions)
                .says(
                    "The newest first. Users are named by their ids. A search by name, which needs `users.read` too, opens a part of \
                     the sessions at a time, so a page can be short, even empty, and still have a `next_cursor`.",
                )
                .query("account", "AccountId", "Only of this user.")
                .query(
                    "q",
                    "SearchText",
                    "Only of users with this in their user name, name or e-mail address, whatever the case.",
                )
                .paged("SessionPage"),
            list,
        )
        .on(
            Operation::get(ONE, "getSession", "Show a session")
                .needs(Permission::ReadSessions)
                .says("With the apps that got anything in it.")
                .gives("Session"),
            get,
        )
        .on(
            Operation::delete(ONE, "endSession", "End a session")
                .needs(Permission::EndSessions)
                .says(
                    "With what apps were given in it; apps that asked for it are told. What was given for offline use stays: \
                     `signUserOut` and `withdrawConsent` end it.",
                ),
            end,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    account: Option<String>,
    q: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list(Admin(admin): Admin, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let after: Option<(i64, String)> = paging.after()?;
    let after = after
        .map(|(started_at, id)| {
            Sha256Hash::from_base64url(&id)
                .map(|id| AfterSession(Timestamp::from_micros(started_at), id))
                .ok_or_else(|| Problem::invalid_parameter("cursor", "is not the next_cursor of a page of this list"))
        })
        .transpose()?;
    let wanted = SessionFilter {
        account: account_of(filter.account.as_deref())?,
        search: filter.q.as_deref(),
        after,
    };
    let (sessions, next) = admin.list_sessions(&wanted, paging.limit()?).await?;
    let next = next.and_then(|AfterSession(started_at, id)| cursor(&(started_at.micros(), id.to_base64url())));
    ok(&json!({ "items": sessions, "next_cursor": next }))
}

#[derive(Deserialize)]
struct OneSession {
    session_id: String,
}

async fn get(Admin(admin): Admin, Segments(path): Segments<OneSession>) -> Answer {
    let (session, apps) = admin.get_session(&path.session_id).await?;
    ok(&with_members(&session, &json!({ "apps": apps }))?)
}

async fn end(State(state): State<ApiState>, Admin(admin): Admin, Segments(path): Segments<OneSession>) -> Answer {
    let ended = admin.end_session(&path.session_id).await?;
    deliver(&state, &admin, ended.has_notices);
    Ok(done())
}
