//! The OpenAPI 3.1 document, made from the operations.

use super::answer::Answer;
use super::operation::{Operation, OperationTable};
use super::schemas;
use super::table;
use axum::Json;
use axum::http::header;
use axum::response::IntoResponse as _;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

pub(super) fn operations() -> OperationTable {
    OperationTable::default().on(
        Operation::get("/api/v1/openapi.json", "getOpenApi", "This document")
            .for_everybody()
            .gives("Document"),
        get,
    )
}

async fn get() -> Answer {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
    let mut response = Json(&*DOCUMENT).into_response();
    let value = axum::http::HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    Ok(response)
}

/// The document.
pub fn document() -> Value {
    let (_, operations) = table().into_parts();
    let mut paths: Map<String, Value> = Map::new();
    for operation in &operations {
        let methods = paths.entry(operation.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(methods) = methods.as_object_mut() {
            methods.insert(operation.method.as_str().to_ascii_lowercase(), operation.document());
        }
    }
    let tags: BTreeSet<&str> = operations.iter().map(Operation::tag).collect();
    let tags: Vec<Value> = tags.into_iter().map(|name| json!({ "name": name })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Wardkey admin API", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "Administration of a Wardkey deployment and its tenants. Access tokens come from the tenant's own \
                            issuer or the platform's, with the scope `__admin` or `__admin.read` and this API as `resource`. \
                            Refusals are problem details (RFC 9457) that name the wrong member by a JSON pointer. Lists have \
                            pages: follow `next_cursor`. Send the `ETag` of what you have seen as `If-Match`, and an \
                            `Idempotency-Key` with `POST`. `?dry_run=true` checks everything and changes nothing.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }, { "dpop": [] }],
        "tags": tags,
        "paths": paths,
        "components": schemas::components(),
    })
}
