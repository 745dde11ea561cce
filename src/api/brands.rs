//! What the tenant publishes of itself for patients' apps (SMART App Launch 2.2, "User-access Brands").

use super::answer::{Answer, shown, tagged, with_members};
use super::entry::Admin;
use super::input::{Body, Preconditions};
use super::operation::{Operation, OperationTable};
use crate::smart::brands::BrandsDocument;
use crate::tenant::roles::Permission;
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;

const PATH: &str = "/api/v1/tenants/{tenant}/brands";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(PATH, "getBrands", "Show what is published for patients' apps")
                .needs(Permission::ReadSettings)
                .gives("Brands")
                .tagged(),
            get,
        )
        .on(
            Operation::put(PATH, "replaceBrands", "Publish brands for patients' apps")
                .needs(Permission::ManageSettings)
                .says("A document without brands takes everything back.")
                .takes("Brands", json!({ "brands": [] }))
                .gives("ChangedBrands")
                .tagged(),
            replace,
        )
}

async fn get(Admin(admin): Admin, headers: HeaderMap) -> Answer {
    let brands = admin.get_brands().await?;
    shown(&headers, &brands, &brands)
}

async fn replace(
    Admin(admin): Admin,
    Preconditions(precondition): Preconditions,
    Body(document): Body<BrandsDocument>,
) -> Answer {
    let (brands, change) = admin.save_brands_if(document, &precondition).await?;
    let body = with_members(&brands, &json!({ "change": change }))?;
    tagged(StatusCode::OK, &body, &brands)
}
