//! What a FHIR server of the tenant says of itself to OAuth clients (RFC 9728).

use super::offer::{Limits, scopes_supported};
use super::public_document;
use crate::oauth::dpop;
use crate::oauth::jose::SigningAlgorithm;
use crate::tenant::TenantCx;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// RFC 9728 section 2. A client compares `resource` with the address it is about to use.
#[derive(Serialize)]
struct ProtectedResourceMetadata<'a> {
    resource: &'a str,
    authorization_servers: [&'a str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<String>,
    /// Never in a query, where logs would keep it (RFC 9700 section 4.3.2).
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'a str,
    dpop_signing_alg_values_supported: [SigningAlgorithm; dpop::ALGORITHMS.len()],
}

/// `GET /.well-known/oauth-protected-resource/<tenant>/fhir`: the well-known part stands between host and path (RFC 9728
/// section 3.1). A tenant whose FHIR servers are all elsewhere has none here.
pub(super) async fn get(cx: TenantCx, headers: HeaderMap) -> Response {
    let Some(base) = cx.find_fhir_base(&cx.urls().default_fhir_base()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let metadata = ProtectedResourceMetadata {
        resource: base.as_str(),
        authorization_servers: [cx.issuer()],
        scopes_supported: scopes_supported(cx.document(), Limits::of(&cx)),
        bearer_methods_supported: ["header"],
        resource_name: &cx.document().display_name,
        dpop_signing_alg_values_supported: dpop::ALGORITHMS,
    };
    public_document::json(&headers, &metadata)
}
