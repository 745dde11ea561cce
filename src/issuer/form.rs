//! The body of form endpoints, read strictly.

use super::reply::Refusal;
use crate::oauth::{OAuthError, Parameters, limits};
use crate::web::request_body::{self, BodyFault};
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

/// The refusal of a body that could not be read, with the error that the endpoint's standard has for bad requests.
pub(super) fn body_refusal(fault: BodyFault, error: impl FnOnce(&'static str, String) -> OAuthError) -> Refusal {
    let (reason, status) = match fault {
        BodyFault::TooLarge => ("body_too_large", StatusCode::PAYLOAD_TOO_LARGE),
        BodyFault::TooSlow => ("body_too_slow", StatusCode::REQUEST_TIMEOUT),
    };
    Refusal::from(error(reason, fault.to_string())).with_status(status)
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        if !is_form(request.headers()) {
            let description = "The body has to be application/x-www-form-urlencoded.";
            return Err(OAuthError::invalid_request("content_type", description).into());
        }
        let body = request_body::read(request.into_body(), limits::FORM_BODY)
            .await
            .map_err(|fault| body_refusal(fault, OAuthError::invalid_request))?;
        let parameters = Parameters::parse_form(&body).map_err(OAuthError::from)?;
        // RFC 6749 section 3.2: parameters must not be included more than once.
        parameters
            .check_no_repeats(&["resource", "audience"])
            .map_err(OAuthError::from)?;
        Ok(Self(parameters))
    }
}
