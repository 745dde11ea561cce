//! What this server can do (RFC 7644 section 4, RFC 7643 sections 5 to 7). The same for everybody, and for everybody: a client
//! reads it before it has a token.

use super::error::{ScimError, json_response};
use super::listing::{LONGEST_PAGE, list_response};
use super::schema::ResourceKind;
use crate::tenant::TenantCx;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

/// `GET ServiceProviderConfig`.
pub(super) async fn configuration(cx: TenantCx) -> Response {
    let supported = |supported: bool| json!({ "supported": supported });
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": supported(true),
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": LONGEST_PAGE },
        "changePassword": supported(false),
        "sort": supported(false),
        "etag": supported(true),
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token of the connection, made by an administrator, in the header Authorization (RFC 6750).",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{}/ServiceProviderConfig", super::base_url(&cx)),
        },
    });
    json_response(StatusCode::OK, &body)
}

/// RFC 7644 section 4: a filter of these lists is refused.
fn is_filtered(query: Option<&str>) -> bool {
    let query = query.unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "filter")
}

fn list(query: Option<&str>, resources: Vec<Value>) -> Response {
    if is_filtered(query) {
        return ScimError::no_filter_here().into_response();
    }
    let resources: Vec<Map<String, Value>> = resources
        .into_iter()
        .filter_map(|resource| resource.as_object().cloned())
        .collect();
    list_response(u64::try_from(resources.len()).unwrap_or(u64::MAX), 1, &resources)
}

fn one(found: Option<Value>) -> Response {
    found.map_or_else(
        || ScimError::not_found().into_response(),
        |body| json_response(StatusCode::OK, &body),
    )
}

fn described(kind: ResourceKind, base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": kind.as_str(),
        "name": kind.as_str(),
        "endpoint": format!("/{}", kind.endpoint()),
        "description": kind.words(),
        "schema": kind.schema(),
        "schemaExtensions": [],
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", kind.as_str()) },
    })
}

/// `GET ResourceTypes`.
pub(super) async fn resource_types(cx: TenantCx, RawQuery(query): RawQuery) -> Response {
    let base = super::base_url(&cx);
    let all = ResourceKind::ALL.map(|kind| described(kind, &base));
    list(query.as_deref(), all.to_vec())
}

#[derive(serde::Deserialize)]
pub(super) struct Named {
    name: String,
}

/// `GET ResourceTypes/{name}`.
pub(super) async fn resource_type(cx: TenantCx, Path(path): Path<Named>) -> Response {
    let found = ResourceKind::ALL.into_iter().find(|kind| kind.as_str() == path.name);
    one(found.map(|kind| described(kind, &super::base_url(&cx))))
}

/// `GET Schemas`.
pub(super) async fn schemas(cx: TenantCx, RawQuery(query): RawQuery) -> Response {
    let base = super::base_url(&cx);
    let all = ResourceKind::ALL.map(|kind| kind.described(&base));
    list(query.as_deref(), all.to_vec())
}

/// `GET Schemas/{name}`.
pub(super) async fn schema(cx: TenantCx, Path(path): Path<Named>) -> Response {
    let found = ResourceKind::ALL
        .into_iter()
        .find(|kind| kind.schema().eq_ignore_ascii_case(&path.name));
    one(found.map(|kind| kind.described(&super::base_url(&cx))))
}
