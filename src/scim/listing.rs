//! Lists in pages (RFC 7644 section 3.4.2).

use super::error::{ScimError, ScimType, json_response};
use super::filter::{Filter, parse_filter};
use super::request::ListRequest;
use super::schema::ResourceKind;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

/// Most resources of a page.
pub(super) const LONGEST_PAGE: u64 = 200;
/// Resources of a page for who does not say how many.
const USUAL_PAGE: u64 = 100;
/// Most resources that a filter without an index is evaluated on.
pub(super) const MOST_OPENED: u64 = 10_000;

impl ListRequest {
    /// How many resources the page has at most.
    pub(super) fn page(&self) -> u64 {
        self.count.unwrap_or(USUAL_PAGE).min(LONGEST_PAGE)
    }

    /// How many come before it.
    pub(super) const fn skip(&self) -> u64 {
        self.start_index.saturating_sub(1)
    }

    /// The filter, read.
    pub(super) fn filter(&self, kind: ResourceKind) -> Result<Option<Filter>, ScimError> {
        self.filter.as_deref().map(|text| parse_filter(kind, text)).transpose()
    }

    /// The page of what was found in memory.
    pub(super) fn page_of<T>(&self, found: Vec<T>) -> (u64, Vec<T>) {
        let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let skip = usize::try_from(self.skip()).unwrap_or(usize::MAX);
        let page = usize::try_from(self.page()).unwrap_or(usize::MAX);
        (total, found.into_iter().skip(skip).take(page).collect())
    }
}

/// More resources than a filter is evaluated on.
pub(super) fn too_many() -> ScimError {
    ScimError::bad(
        ScimType::TooMany,
        "This filter would look through too many resources; filter by id, userName, externalId, emails.value or displayName \
         with eq.",
    )
}

/// The answer.
pub(super) fn list_response(total: u64, start_index: u64, resources: &[Map<String, Value>]) -> Response {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
    });
    if let Some(members) = body.as_object_mut() {
        members.insert("Resources".to_owned(), json!(resources));
    }
    json_response(StatusCode::OK, &body)
}
