//! The body of form endpoints, read strictly.

use super::reply::Refusal;
use crate::oauth::{OAuthError, Parameters, limits};
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};

/// The parameters of an `application/x-www-form-urlencoded` body (RFC 6749 appendix B). A query string is not looked
/// at: a secret or code in an address must not work (RFC 6749 section 2.3.1).
pub(super) struct Form(pub(super) Parameters);

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        if !is_form(request.headers()) {
            let description = "The body has to be application/x-www-form-urlencoded.";
            return Err(OAuthError::invalid_request("content_type", description).into());
        }
        let body = to_bytes(request.into_body(), limits::FORM_BODY).await.map_err(|_| {
            let error = OAuthError::invalid_request("body_too_large", "The body is too large.");
            Refusal::from(error).with_status(StatusCode::PAYLOAD_TOO_LARGE)
        })?;
        let parameters = Parameters::parse_form(&body).map_err(OAuthError::from)?;
        // RFC 6749 section 3.2: parameters must not be included more than once.
        parameters
            .check_no_repeats(&["resource", "audience"])
            .map_err(OAuthError::from)?;
        Ok(Self(parameters))
    }
}
