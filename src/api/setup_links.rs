//! Links with which somebody outside sets up one identity provider.

use super::answer::{Answer, done, ok, with_status};
use super::entry::Admin;
use super::input::{Body, Segments};
use super::operation::{Operation, OperationTable};
use crate::control::setup_links::{SetupLinkRequest, USUAL_LIFETIME};
use crate::federation::products::Product;
use crate::tenant::roles::Permission;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

const LIST: &str = "/api/v1/tenants/{tenant}/setup-links";
const ONE: &str = "/api/v1/tenants/{tenant}/setup-links/{link_id}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listSetupLinks", "List setup links")
                .needs(Permission::ReadIdentityProviders)
                .says("The newest first, two hundred at most, and for thirty days after their end; without their addresses.")
                .gives("SetupLinkList"),
            list,
        )
        .on(
            Operation::post(LIST, "createSetupLink", "Make a setup link")
                .needs(Permission::ManageIdentityProviders)
                .says(
                    "For who runs the identity provider: with the link they set up that one connection, see and do nothing \
                     else, and everything is recorded under the link's id. It ends when the connection is switched on with it. \
                     The address is in the answer, this once.",
                )
                .takes(
                    "NewSetupLink",
                    json!({ "alias": "hospital", "label": "Network team", "product": "entra", "lifetime": 604_800 }),
                )
                .answers(201, Some("SetupLinkAddress"), "The address."),
            create,
        )
        .on(
            Operation::delete(ONE, "revokeSetupLink", "Take back a setup link")
                .needs(Permission::ManageIdentityProviders)
                .says("Also where it is open: from then on it does nothing."),
            delete,
        )
}

async fn list(Admin(admin): Admin) -> Answer {
    ok(&json!({ "items": admin.list_setup_links().await? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLink {
    alias: String,
    label: String,
    product: Option<Product>,
    lifetime: Option<u32>,
}

async fn create(Admin(admin): Admin, Body(new): Body<NewLink>) -> Answer {
    let lifetime = new
        .lifetime
        .map_or(USUAL_LIFETIME, |seconds| Duration::from_secs(u64::from(seconds)));
    let link = admin
        .create_setup_link(&SetupLinkRequest {
            alias: &new.alias,
            label: &new.label,
            product: new.product,
            lifetime,
        })
        .await?;
    let body = json!({
        "id": link.id, "address": link.address.expose(), "expires_at": link.expires_at.to_rfc3339(),
    });
    with_status(StatusCode::CREATED, &body)
}

#[derive(Deserialize)]
struct OneLink {
    link_id: String,
}

async fn delete(Admin(admin): Admin, Segments(path): Segments<OneLink>) -> Answer {
    admin.revoke_setup_link(&path.link_id).await?;
    Ok(done())
}
