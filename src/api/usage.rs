//! Usage by day, and why a code or token is what it is.

use super::answer::{Answer, ok};
use super::entry::Admin;
use super::events::time;
use super::input::{Body, Query, Segments};
use super::operation::{Operation, OperationTable};
use crate::kernel::id::RequestId;
use crate::tenant::roles::Permission;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(
                "/api/v1/tenants/{tenant}/usage",
                "getUsage",
                "Count what happened, by day",
            )
            .needs(Permission::ReadUsage)
            .says("By name of the event and day (UTC), over at most 31 days; the last thirty when none are named.")
            .query("since", "Time", "From then on.")
            .query("until", "Time", "Before then.")
            .gives("Usage"),
            usage,
        )
        .on(
            Operation::post(
                "/api/v1/tenants/{tenant}/explain",
                "explain",
                "Explain a code, token, interaction or grant",
            )
            .needs(Permission::ReadUsage)
            .says("Tells about scopes, rules and times; never who the user is or which patient is in context.")
            .takes(
                "ExplainRequest",
                json!({ "text": "gra_018f3d5e7c9a7b3c8d1e2f3a4b5c6d7e" }),
            )
            .gives("Explanation"),
            explain,
        )
        .on(
            Operation::get(
                "/api/v1/tenants/{tenant}/refusals/{request_id}",
                "explainRefusal",
                "Explain why a request was refused",
            )
            .needs(Permission::ReadUsage)
            .says(
                "By the value of the header `X-Request-Id`, which stands on every error page too. Kept for a week, the newest of each \
                 check. Codes, a route, a time and an app: nothing that the request said, and nobody's name.",
            )
            .gives("Refusal"),
            refusal,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Period {
    since: Option<String>,
    until: Option<String>,
}

async fn usage(Admin(admin): Admin, Query(period): Query<Period>) -> Answer {
    let until = time("until", period.until.as_deref())?.unwrap_or_else(|| admin.cx().now() + Duration::from_secs(1));
    let since = time("since", period.since.as_deref())?.unwrap_or_else(|| until - Duration::from_hours(30 * 24));
    let days = admin.usage(since, until).await?;
    ok(&json!({ "since": since.to_rfc3339(), "until": until.to_rfc3339(), "days": days }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    text: String,
}

#[derive(Deserialize)]
struct OneRequest {
    request_id: RequestId,
}

async fn refusal(Admin(admin): Admin, Segments(path): Segments<OneRequest>) -> Answer {
    ok(&admin.explain_refusal(path.request_id).await?)
}

async fn explain(Admin(admin): Admin, Body(wanted): Body<Wanted>) -> Answer {
    ok(&admin.explain(&wanted.text).await?)
}
