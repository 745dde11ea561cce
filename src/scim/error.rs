//! Refusals, in the form of RFC 7644 section 3.12.

use crate::quota::Spent;
use crate::store::StoreError;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The media type of everything that is sent (RFC 7644 section 8.1).
pub(super) const MEDIA_TYPE: &str = "application/scim+json";

/// What is wrong with a request (RFC 7644 section 3.12, table 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScimType {
    /// The filter cannot be read, or asks for what cannot be compared.
    InvalidFilter,
    /// More is asked for than is looked through.
    TooMany,
    /// Another resource has this value.
    Uniqueness,
    /// The server alone writes this.
    Mutability,
    /// The body cannot be read.
    InvalidSyntax,
    /// The path of a change cannot be read, or names nothing.
    InvalidPath,
    /// The path of a change names no value that is there.
    NoTarget,
    /// A value is missing or wrong.
    InvalidValue,
}

impl ScimType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
        }
    }
}

/// A refusal. Its words name attributes, never their values.
#[derive(Debug)]
pub(super) struct ScimError {
    status: StatusCode,
    kind: Option<ScimType>,
    detail: Cow<'static, str>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl ScimError {
    fn new(status: StatusCode, kind: Option<ScimType>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            kind,
            detail: detail.into(),
            header: None,
        }
    }

    /// The request is wrong.
    pub(super) fn bad(kind: ScimType, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some(kind), detail)
    }

    /// Another resource has this value.
    pub(super) fn taken(attribute: &str) -> Self {
        let detail = format!("Another resource has this {attribute}.");
        Self::new(StatusCode::CONFLICT, Some(ScimType::Uniqueness), detail)
    }

    /// There is nothing at this address. One answer for what was never there, what is gone, and what is another's.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, None, "There is no such resource.")
    }

    /// The token is missing or not good: one answer for all.
    pub(super) fn unauthorized() -> Self {
        let challenge = HeaderValue::from_static("Bearer realm=\"scim\"");
        Self {
            header: Some((header::WWW_AUTHENTICATE, challenge)),
            ..Self::new(
                StatusCode::UNAUTHORIZED,
                None,
                "Send the connection's token: Authorization: Bearer wkm_... It is missing, unknown or expired.",
            )
        }
    }

    /// It is not any more what the client has seen (RFC 7644 section 3.14).
    pub(super) fn outdated() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            None,
            "The resource was changed meanwhile; read it again.",
        )
    }

    /// The address does not take this method.
    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            None,
            "This address does not take this method.",
        )
    }

    /// RFC 7644 section 3.12: an operation that is optional, and not offered.
    pub(super) fn not_offered() -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            None,
            "This is not offered: search Users or Groups, and send changes one by one.",
        )
    }

    /// RFC 7644 section 4: discovery is not filtered.
    pub(super) fn no_filter_here() -> Self {
        Self::new(StatusCode::FORBIDDEN, None, "This list cannot be filtered.")
    }

    /// The body is too long.
    pub(super) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            None,
            "The body is too large; send fewer members at a time.",
        )
    }

    /// The body is not JSON by its own word.
    pub(super) fn media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            None,
            "The body has to be application/scim+json.",
        )
    }

    /// The body did not arrive.
    pub(super) fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, None, "The body did not arrive in time.")
    }

    /// The budget of the connection or of the address is spent (RFC 6585 section 4).
    pub(super) fn too_many_requests(spent: Spent) -> Self {
        Self {
            header: Some((header::RETRY_AFTER, HeaderValue::from(spent.seconds()))),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, None, "Too many requests; wait a while.")
        }
    }

    /// The short code.
    fn reason(&self) -> &'static str {
        match self.kind {
            Some(ScimType::InvalidFilter) => "scim_filter",
            Some(ScimType::TooMany) => "scim_too_many",
            Some(ScimType::Uniqueness) => "scim_uniqueness",
            Some(ScimType::Mutability) => "scim_mutability",
            Some(ScimType::InvalidSyntax) => "scim_syntax",
            Some(ScimType::InvalidPath) => "scim_path",
            Some(ScimType::NoTarget) => "scim_no_target",
            Some(ScimType::InvalidValue) => "scim_value",
            None => match self.status {
                StatusCode::UNAUTHORIZED => "scim_token",
                StatusCode::FORBIDDEN => "scim_no_filter",
                StatusCode::NOT_FOUND => "scim_not_found",
                StatusCode::METHOD_NOT_ALLOWED => "scim_method",
                StatusCode::REQUEST_TIMEOUT => "scim_too_slow",
                StatusCode::PRECONDITION_FAILED => "scim_outdated",
                StatusCode::PAYLOAD_TOO_LARGE => "scim_too_large",
                StatusCode::UNSUPPORTED_MEDIA_TYPE => "scim_media_type",
                StatusCode::TOO_MANY_REQUESTS => "scim_budget",
                StatusCode::NOT_IMPLEMENTED => "scim_not_offered",
                StatusCode::SERVICE_UNAVAILABLE => "scim_unavailable",
                _ => "scim_internal",
            },
        }
    }

    fn body(&self) -> Value {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            // RFC 7644 section 3.12: the status as a string.
            "status": self.status.as_str(),
            "detail": format!("{} ({})", self.detail, self.reason()),
        });
        if let (Some(kind), Some(members)) = (self.kind, body.as_object_mut()) {
            members.insert("scimType".to_owned(), json!(kind.as_str()));
        }
        body
    }

    #[cfg(test)]
    pub(super) const fn kind(&self) -> Option<ScimType> {
        self.kind
    }
}

impl From<StoreError> for ScimError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Exists) {
            // Two of the same came at the same time, and the other one was first.
            return Self::taken("name");
        }
        tracing::error!(%error, "storage failed");
        if error.is_transient() {
            Self {
                header: Some((header::RETRY_AFTER, HeaderValue::from_static("5"))),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    None,
                    "The store does not answer; try again.",
                )
            }
        } else {
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, None, "Something went wrong here.")
        }
    }
}

impl IntoResponse for ScimError {
    fn into_response(self) -> Response {
        tracing::info!(
            status = self.status.as_u16(),
            scim_type = self.kind.map(ScimType::as_str),
            reason = self.reason(),
            "refused"
        );
        let mut response = json_response(self.status, &self.body());
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// An answer that nobody keeps: it may be about people.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
