//! Refusals as problem details (RFC 9457).

use crate::control::ControlError;
use crate::federation::InvalidProvider;
use crate::federation::local::password::PasswordError;
use crate::issuer::BearerRefusal;
use crate::quota::Spent;
use crate::store::StoreError;
use crate::tenant::TenantRefusal;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The media type of problem details.
const MEDIA_TYPE: &str = "application/problem+json";

/// One wrong member of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fault {
    /// The member of the body, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pointer: Option<String>,
    /// The parameter of the address, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameter: Option<String>,
    /// What is wrong and what to do.
    pub(super) detail: String,
}

/// A refusal. `type` is a stable name below the platform's own documentation.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Problem(Box<Details>);

#[derive(Debug, Serialize)]
struct Details {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    #[serde(skip)]
    headers: HeaderMap,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind: format!("urn:wardkey:problem:{code}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            headers: HeaderMap::new(),
        }))
    }

    fn with_errors(mut self, errors: Vec<Fault>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The request cannot be read.
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed_request",
            "The request cannot be read",
            detail,
        )
    }

    /// A member of the body cannot be read.
    pub(super) fn malformed_member(pointer: String, detail: String) -> Self {
        Self::malformed(format!("{}: {detail}", shown(&pointer))).with_errors(vec![Fault {
            pointer: Some(pointer),
            parameter: None,
            detail,
        }])
    }

    /// A parameter of the address cannot be read.
    pub(super) fn malformed_parameter(parameter: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::malformed(format!("{parameter}: {detail}")).with_errors(vec![Fault {
            pointer: None,
            parameter: Some(parameter.to_owned()),
            detail,
        }])
    }

    /// A parameter of the address can be read, and breaks a rule.
    pub(super) fn invalid_parameter(parameter: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Fault {
            pointer: None,
            parameter: Some(parameter.to_owned()),
            detail: detail.into(),
        }])
    }

    /// Members can be read, and break a rule.
    pub(super) fn invalid(errors: Vec<Fault>) -> Self {
        let detail: Vec<String> = errors
            .iter()
            .map(|fault| match &fault.pointer {
                Some(pointer) => format!("{}: {}", shown(pointer), fault.detail),
                None => match &fault.parameter {
                    Some(parameter) => format!("{parameter}: {}", fault.detail),
                    None => fault.detail.clone(),
                },
            })
            .collect();
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "A value breaks a rule",
            detail.join("; "),
        )
        .with_errors(errors)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing", detail)
    }

    fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "It contradicts what is there", detail)
    }

    fn forbidden(code: &'static str, detail: String) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, "You may not do this", detail)
    }

    fn fault(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "an administrative request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            "The server failed",
            "The server could not complete the request. Give whoever runs it the value of the header X-Request-Id.",
        )
    }

    /// A budget is spent (RFC 6585 section 4).
    pub(super) fn too_many(spent: Spent) -> Self {
        let mut problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many requests",
            format!(
                "This address, or all together, asked too often. Try again in {} seconds.",
                spent.seconds()
            ),
        );
        let headers = &mut problem.0.headers;
        headers.insert(header::RETRY_AFTER, HeaderValue::from(spent.seconds()));
        problem
    }

    fn unavailable(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "an administrative request could not reach its database");
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "The service is busy",
            "The service is busy or under maintenance. Try again later.",
        );
        problem
            .0
            .headers
            .insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        problem
    }
}

fn shown(pointer: &str) -> &str {
    if pointer.is_empty() { "the body" } else { pointer }
}

/// A member with dots between levels, as a JSON pointer.
fn pointer(member: &str) -> String {
    let steps = member
        .split('.')
        .map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")));
    steps.collect()
}

fn fault(member: &str, detail: impl Into<String>) -> Fault {
    Fault {
        pointer: Some(pointer(member)),
        parameter: None,
        detail: detail.into(),
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        let text = error.to_string();
        match error {
            ControlError::NotFound { .. } => Self::not_found(text),
            ControlError::Conflict(_) => Self::conflict(text),
            ControlError::Outdated => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "outdated",
                "It was changed meanwhile",
                text,
            ),
            ControlError::NoRole => Self::forbidden("no_role", text),
            ControlError::SecondFactor => Self::forbidden("second_factor_required", text),
            ControlError::Forbidden(_) => Self::forbidden("forbidden", text),
            ControlError::BeyondOwnRole(_) => Self::forbidden("beyond_own_role", text),
            ControlError::Invalid { member, problem } => Self::invalid(vec![fault(&member, problem)]),
            ControlError::Password(PasswordError::TooLong) => Self::invalid(vec![fault("password", text)]),
            ControlError::Password(PasswordError::Busy | PasswordError::Stopping) => Self::unavailable(&text),
            ControlError::Slug(_) => Self::invalid(vec![fault("slug", text)]),
            ControlError::ClientId(_) => Self::invalid(vec![fault("client_id", text)]),
            ControlError::Client(faults) => Self::invalid(
                faults
                    .into_iter()
                    .map(|invalid| fault(invalid.member, invalid.problem))
                    .collect(),
            ),
            ControlError::Provider(InvalidProvider::Alias) => Self::invalid(vec![fault("alias", text)]),
            ControlError::Provider(InvalidProvider::Mapping(rules)) => {
                Self::invalid(rules.iter().map(|rule| fault("mapping", rule.to_string())).collect())
            }
            ControlError::Provider(_) => Self::invalid(vec![fault("provider", text)]),
            ControlError::Tenant(TenantRefusal::Unknown) => Self::not_found("there is no such tenant"),
            ControlError::Tenant(TenantRefusal::Suspended { .. }) => Self::conflict("the tenant is suspended"),
            ControlError::Tenant(TenantRefusal::Unavailable(error)) | ControlError::Store(error) => Self::from(error),
            other => Self::fault(&other),
        }
    }
}

impl From<TenantRefusal> for Problem {
    fn from(refusal: TenantRefusal) -> Self {
        ControlError::from(refusal).into()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Exists => Self::conflict("it was made by somebody else at the same moment; look at it"),
            error if error.is_transient() => Self::unavailable(&error),
            error => Self::fault(&error),
        }
    }
}

impl From<BearerRefusal> for Problem {
    fn from(refusal: BearerRefusal) -> Self {
        let (status, code, description) = refusal.parts();
        let challenges = refusal.challenges();
        let nonce = match &refusal {
            BearerRefusal::Proof { nonce, .. } => HeaderValue::from_str(nonce).ok(),
            _ => None,
        };
        let mut problem = match refusal {
            BearerRefusal::Store(error) => return error.into(),
            BearerRefusal::Missing => Self::new(
                status,
                "token_missing",
                "You are not signed in",
                "Send an access token in the header Authorization, with the scheme Bearer or DPoP.",
            ),
            _ => Self::new(status, code, "The access token is not accepted", description),
        };
        for challenge in challenges {
            if let Ok(value) = HeaderValue::from_str(&challenge) {
                problem.0.headers.append(header::WWW_AUTHENTICATE, value);
            }
        }
        if let Some(nonce) = nonce {
            problem.0.headers.insert("dpop-nonce", nonce);
        }
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = self.0.headers.clone();
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().extend(headers);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// Another method at an address that is there.
pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This cannot be done here",
        "The header Allow lists the methods of this address.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_become_json_pointers() {
        assert_eq!(pointer("lifetimes.access_token"), "/lifetimes/access_token");
        assert_eq!(pointer("a/b~c"), "/a~1b~0c");
    }

    #[test]
    fn a_failing_database_is_no_fault_of_the_caller_and_tells_nothing() {
        let problem = Problem::from(StoreError::Unfit("secret-host.example refused".into()));
        assert_eq!(problem.0.status, 500);
        assert!(!serde_json::to_string(&problem).unwrap().contains("secret-host"));
    }
}
