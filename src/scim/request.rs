//! Reading requests: bodies, lists, preconditions.

use super::LONGEST_BODY;
use super::error::{MEDIA_TYPE, ScimError, ScimType};
use super::projection::Projection;
use super::schema::ResourceKind;
use crate::web::request_body::{self, BodyFault};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

/// `urn` of a search in a body (RFC 7644 section 3.4.3).
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Reads a body that is one JSON object.
pub(super) async fn read(request: Request) -> Result<Map<String, Value>, ScimError> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    // RFC 7644 section 3.1: application/json is taken too.
    if !kind.eq_ignore_ascii_case(MEDIA_TYPE) && !kind.eq_ignore_ascii_case("application/json") {
        return Err(ScimError::media_type());
    }
    let body = request_body::read(request.into_body(), LONGEST_BODY).await;
    let body = body.map_err(|fault| match fault {
        BodyFault::TooLarge => ScimError::too_large(),
        BodyFault::TooSlow => ScimError::too_slow(),
    })?;
    serde_json::from_slice(&body)
        .map_err(|_| ScimError::bad(ScimType::InvalidSyntax, "The body has to be one JSON object."))
}

/// Whether the body says that it is of this schema (RFC 7643 section 3, `schemas`).
pub(super) fn check_schema(body: &Map<String, Value>, urn: &str) -> Result<(), ScimError> {
    let schemas = member(body, "schemas").and_then(Value::as_array);
    let mut schemas = schemas.into_iter().flatten().filter_map(Value::as_str);
    if schemas.any(|schema| schema.eq_ignore_ascii_case(urn)) {
        Ok(())
    } else {
        let detail = format!("schemas has to contain {urn}.");
        Err(ScimError::bad(ScimType::InvalidSyntax, detail))
    }
}

/// A member by its name, whatever the case (RFC 7643 section 2.1).
pub(super) fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = members.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// What a list is asked for (RFC 7644 section 3.4.2).
pub(super) struct ListRequest {
    /// The filter.
    pub(super) filter: Option<String>,
    /// The first one wanted, counted from 1.
    pub(super) start_index: u64,
    /// How many.
    pub(super) count: Option<u64>,
    /// Which attributes.
    pub(super) projection: Projection,
}

impl ListRequest {
    /// From a query.
    pub(super) fn of_query(kind: ResourceKind, query: &str) -> Result<Self, ScimError> {
        let mut filter = None;
        let (mut start_index, mut count) = (None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "filter" => filter = Some(value.into_owned()),
                "startIndex" => start_index = Some(number(&name, value.trim().parse().ok())?),
                "count" => count = Some(number(&name, value.trim().parse().ok())?),
                // Sorting is not offered, and RFC 7644 section 3.4.2.3 leaves it to the server.
                _ => {}
            }
        }
        let projection = Projection::of_query(kind, query)?;
        Ok(Self::new(filter, start_index, count, projection))
    }

    /// From the body of a search (RFC 7644 section 3.4.3).
    pub(super) fn of_body(kind: ResourceKind, body: &Map<String, Value>) -> Result<Self, ScimError> {
        check_schema(body, SEARCH)?;
        let whole = |name: &str| {
            let value = member(body, name).filter(|value| !value.is_null());
            value.map(|value| number(name, value.as_i64())).transpose()
        };
        let filter = match member(body, "filter") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => return Err(ScimError::bad(ScimType::InvalidFilter, "The filter is a text.")),
        };
        let projection = Projection::of_body(kind, body)?;
        Ok(Self::new(filter, whole("startIndex")?, whole("count")?, projection))
    }

    fn new(filter: Option<String>, start_index: Option<i64>, count: Option<i64>, projection: Projection) -> Self {
        Self {
            filter,
            // RFC 7644 section 3.4.2.4: less than 1 is 1, a negative count is 0.
            start_index: start_index.map_or(1, |start| u64::try_from(start).unwrap_or(1).max(1)),
            count: count.map(|count| u64::try_from(count).unwrap_or(0)),
            projection,
        }
    }
}

fn number(name: &str, value: Option<i64>) -> Result<i64, ScimError> {
    value.ok_or_else(|| ScimError::bad(ScimType::InvalidValue, format!("{name} is a whole number.")))
}

/// The entity tag of a version (RFC 7644 section 3.14).
pub(super) fn tag(version: i64) -> String {
    format!("W/\"{version}\"")
}

fn names(headers: &HeaderMap, header: header::HeaderName, version: i64) -> Option<bool> {
    let mut lists = headers.get_all(header).iter().peekable();
    lists.peek()?;
    let own = tag(version);
    // Weak comparison (RFC 9110 section 8.8.3.2): a version counts every change.
    let own = own.trim_start_matches("W/");
    Some(lists.filter_map(|list| list.to_str().ok()).any(|list| {
        list.split(',')
            .map(str::trim)
            .any(|one| one == "*" || one.trim_start_matches("W/") == own)
    }))
}

/// Whether what is to be changed is still what the client has seen.
pub(super) fn check_precondition(headers: &HeaderMap, version: i64) -> Result<(), ScimError> {
    let outdated = names(headers, header::IF_MATCH, version) == Some(false)
        || names(headers, header::IF_NONE_MATCH, version) == Some(true);
    if outdated { Err(ScimError::outdated()) } else { Ok(()) }
}

/// Whether the client has this version already.
pub(super) fn is_known(headers: &HeaderMap, version: i64) -> bool {
    names(headers, header::IF_NONE_MATCH, version) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn places_and_numbers_below_the_first_are_brought_up() {
        let list = ListRequest::of_query(ResourceKind::User, "startIndex=-5&count=-1").unwrap();
        assert_eq!((list.start_index, list.count), (1, Some(0)));
        assert!(ListRequest::of_query(ResourceKind::User, "count=many").is_err());
        let usual = ListRequest::of_query(ResourceKind::User, "").unwrap();
        assert_eq!((usual.start_index, usual.count), (1, None));
    }

    #[test]
    fn a_precondition_names_the_version_weak_or_strong() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, HeaderValue::from_static(value));
            check_precondition(&headers, 3).is_ok()
        };
        assert!(with("W/\"3\"") && with("\"3\"") && with("*") && with("W/\"1\", W/\"3\""));
        assert!(!with("W/\"2\"") && !with("3"));
        assert!(check_precondition(&HeaderMap::new(), 3).is_ok());
    }
}
