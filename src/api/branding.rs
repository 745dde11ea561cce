//! Colours and logo.

use super::answer::{Answer, shown, tagged, with_members};
use super::entry::Admin;
use super::input::{Body, Preconditions};
use super::operation::{Operation, OperationTable};
use crate::tenant::document::BrandingDocument;
use crate::tenant::roles::Permission;
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;

const PATH: &str = "/api/v1/tenants/{tenant}/branding";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(PATH, "getBranding", "Show colours and logo")
                .needs(Permission::ReadSettings)
                .gives("Branding")
                .tagged(),
            get,
        )
        .on(
            Operation::put(PATH, "replaceBranding", "Replace colours and logo")
                .needs(Permission::ManageBranding)
                .says("Colours on which text cannot be read are refused with the contrast that they have (WCAG 2.2).")
                .takes("Branding", json!({ "primary_colour": "#0b5fa5" }))
                .gives("ChangedBranding")
                .tagged(),
            replace,
        )
}

async fn get(Admin(admin): Admin, headers: HeaderMap) -> Answer {
    let branding = admin.get_settings().await?.branding;
    shown(&headers, &branding, &branding)
}

async fn replace(
    Admin(admin): Admin,
    Preconditions(precondition): Preconditions,
    Body(document): Body<BrandingDocument>,
) -> Answer {
    let (branding, change) = admin.set_branding(document, &precondition).await?;
    let body = with_members(&branding, &json!({ "change": change }))?;
    tagged(StatusCode::OK, &body, &branding)
}
