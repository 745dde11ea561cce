//! What answers look like: JSON, pages of lists, entity tags.

use super::input::{cursor, entity_tags};
use super::problem::Problem;
use crate::control::{Change, version_of};
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

/// What handlers return.
pub(super) type Answer = Result<Response, Problem>;

/// A JSON document with a status.
pub(super) fn with_status(status: StatusCode, body: &impl Serialize) -> Answer {
    let value = serde_json::to_value(body).map_err(crate::control::ControlError::from)?;
    let mut response = (status, Json(value)).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A JSON document.
pub(super) fn ok(body: &impl Serialize) -> Answer {
    with_status(StatusCode::OK, body)
}

/// Done, and there is nothing to show.
pub(super) fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// 201 for what is new, 200 for what was there.
pub(super) const fn status_of(change: Change) -> StatusCode {
    match change {
        Change::Created => StatusCode::CREATED,
        Change::Updated | Change::Unchanged => StatusCode::OK,
    }
}

/// A document that can be changed, with the entity tag of `versioned`, which is what it is made from.
pub(super) fn tagged(status: StatusCode, body: &impl Serialize, versioned: &impl Serialize) -> Answer {
    let version = version_of(versioned)?;
    let mut response = with_status(status, body)?;
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// The same for reading: 304 when the caller has it already (RFC 9110 section 13.1.2).
pub(super) fn shown(headers: &HeaderMap, body: &impl Serialize, versioned: &impl Serialize) -> Answer {
    let response = tagged(StatusCode::OK, body, versioned)?;
    let held = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let held = held.and_then(|text| entity_tags(&text.replace("W/", "")));
    let version = version_of(versioned)?;
    if held.is_some_and(|tags| tags.contains(&version)) {
        let tag = response.headers().get(header::ETAG).cloned();
        let mut unchanged = StatusCode::NOT_MODIFIED.into_response();
        if let Some(tag) = tag {
            unchanged.headers_mut().insert(header::ETAG, tag);
        }
        return Ok(unchanged);
    }
    Ok(response)
}

/// A page of a list. `items` has one more than `limit` when there are more; `key` is what the cursor holds of the last.
pub(super) fn page<T: Serialize, K: Serialize>(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> K) -> Answer {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).and_then(|last| cursor(&key(last)));
    ok(&json!({ "items": items, "next_cursor": next }))
}

/// `value` with further members.
pub(super) fn with_members(value: &impl Serialize, members: &Value) -> Result<Value, Problem> {
    let mut value = serde_json::to_value(value).map_err(crate::control::ControlError::from)?;
    if let (Some(object), Some(members)) = (value.as_object_mut(), members.as_object()) {
        object.extend(members.clone());
    }
    Ok(value)
}
