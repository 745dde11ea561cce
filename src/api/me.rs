//! Who asks, and what they may do.

use super::answer::{Answer, ok};
use super::entry::Entry;
use super::operation::{Operation, OperationTable};
use serde_json::json;

pub(super) fn operations() -> OperationTable {
    OperationTable::default().on(
        Operation::get("/api/v1/me", "getMe", "Who you are and what you may do")
            .says("The issuer of the access token decides where your roles count: at one tenant, or on the platform.")
            .gives("Me"),
        get,
    )
}

async fn get(entry: Entry) -> Answer {
    let tenant = entry.issuer.tenant();
    ok(&json!({
        "issuer": entry.issuer.issuer(),
        "tenant": (!tenant.slug.is_platform()).then(|| tenant.slug.as_str()),
        "actor": entry.actor,
    }))
}
