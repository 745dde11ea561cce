//! The body of a page's form.

use super::respond::problem_page;
use crate::oauth::{OAuthError, Parameters, limits};
use crate::tenant::TenantCx;
use crate::web::pages::Problem;
use crate::web::request_body::{self, BodyFault};
use axum::extract::{FromRequest, Request};
use axum::response::Response;

/// The fields of a form that one of our pages sent. Repeated fields are kept: checkboxes share a name.
pub struct PageForm(pub Parameters);

impl<S> FromRequest<S> for PageForm
where
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Response> {
        // The tenant was resolved before any handler of these routes runs.
        let cx = request.extensions().get::<TenantCx>().cloned();
        let body = request_body::read(request.into_body(), limits::FORM_BODY).await;
        let form = match body {
            Ok(body) => Parameters::parse_page_form(&body).map_err(OAuthError::from),
            Err(fault @ BodyFault::TooLarge) => Err(OAuthError::invalid_request("body_too_large", fault.to_string())),
            Err(fault @ BodyFault::TooSlow) => Err(OAuthError::invalid_request("body_too_slow", fault.to_string())),
        };
        form.map(Self).map_err(|error| match &cx {
            Some(cx) => problem_page(cx, Problem::AppRequest, None, Some(&error)),
            None => axum::response::IntoResponse::into_response(error.status()),
        })
    }
}
