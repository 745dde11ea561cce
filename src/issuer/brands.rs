//! User-access brands: a bundle per tenant, and one of all tenants (SMART App Launch 2.2, "User-access Brands and Endpoints").

use super::cors;
use super::public_document::{self, FIVE_MINUTES};
use super::reply::Refusal;
use crate::kernel::Sha256Hash;
use crate::smart::brands;
use crate::tenant::{TenantCx, TenantDirectory};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

const FHIR_JSON: &str = "application/fhir+json";

/// `GET B/<tenant>/brands.json`.
pub(super) async fn of_tenant(cx: TenantCx, headers: HeaderMap) -> Response {
    let Some(brands) = &cx.tenant().brands else {
        return cors::open(StatusCode::NOT_FOUND.into_response());
    };
    let text = brands::bundle([brands.entries.as_str()], brands.updated_at);
    let hash = Sha256Hash::of(text.as_bytes()).to_base64url();
    public_document::with_tag(&headers, &format!("W/\"{hash}\""), FIVE_MINUTES, FHIR_JSON, || {
        Body::from(text)
    })
}

/// `GET B/brands.json`: also the public list of service base URLs that certified systems in the United States publish
/// (45 CFR 170.404(b)(2)).
pub(super) async fn of_all(State(directory): State<TenantDirectory>, headers: HeaderMap) -> Response {
    match directory.brand_bundle().await {
        Ok(bundle) => public_document::with_tag(&headers, &bundle.etag, FIVE_MINUTES, FHIR_JSON, || {
            Body::from(bundle.body.clone())
        }),
        Err(error) => Refusal::from(error).into_response(),
    }
}
