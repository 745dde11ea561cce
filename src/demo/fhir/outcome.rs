//! Answers of the FHIR server: resources, and OperationOutcomes for everything that went wrong.

use crate::issuer::BearerRefusal;
use crate::tenant::RefusalMark;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A resource or Bundle.
pub(super) fn fhir_json(body: &Value) -> Response {
    let version = body.pointer("/meta/versionId").and_then(Value::as_str);
    let etag = version.map(|version| format!("W/\"{version}\""));
    let mut response = with_body(StatusCode::OK, body);
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

fn with_body(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/fhir+json"),
        // Health data stays out of every cache.
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}

/// Why the FHIR server does not do what was asked.
pub(super) enum Refused {
    /// There is nothing here, or nothing that this caller may know of.
    NotFound,
    /// It is FHIR, and not offered here.
    NotOffered,
    /// The request cannot be understood.
    Invalid(String),
    /// The token is good and does not reach this far.
    InsufficientScope(String),
    /// The token is not good.
    Token(BearerRefusal),
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => outcome(StatusCode::NOT_FOUND, "not-found", "There is nothing at this address."),
            Self::NotOffered => {
                let text = "The demonstration reads and searches only.";
                outcome(StatusCode::METHOD_NOT_ALLOWED, "not-supported", text)
            }
            Self::Invalid(problem) => outcome(StatusCode::BAD_REQUEST, "invalid", &problem),
            Self::InsufficientScope(reason) => insufficient_scope(&reason),
            Self::Token(refusal) => bad_token(refusal),
        }
    }
}

/// An OperationOutcome with one issue. `code` is of FHIR's issue types, `diagnostics` says what to do.
fn outcome(status: StatusCode, code: &str, diagnostics: &str) -> Response {
    let issue = json!({ "severity": "error", "code": code, "diagnostics": diagnostics });
    with_body(status, &json!({ "resourceType": "OperationOutcome", "issue": [issue] }))
}

/// RFC 6750 section 3.1: 403 `insufficient_scope`.
fn insufficient_scope(diagnostics: &str) -> Response {
    let mut response = outcome(StatusCode::FORBIDDEN, "forbidden", diagnostics);
    let challenge = HeaderValue::from_static("Bearer realm=\"fhir\", error=\"insufficient_scope\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// Status and challenge as at every protected resource, the body as FHIR writes it.
fn bad_token(refusal: BearerRefusal) -> Response {
    let (code, error, diagnostics) = match &refusal {
        BearerRefusal::Missing => ("login", None, "Send an access token: Authorization: Bearer."),
        BearerRefusal::Malformed(problem) => ("invalid", Some("invalid_request"), *problem),
        BearerRefusal::Invalid(_) => (
            "login",
            Some("invalid_token"),
            "The access token is expired, revoked, unknown, or meant for another FHIR server.",
        ),
        BearerRefusal::NotProven => (
            "login",
            Some("invalid_token"),
            "The access token is bound to a key: send it with the scheme DPoP and a proof.",
        ),
        BearerRefusal::Proof { error, .. } => ("login", Some(error.code.as_str()), error.description.as_ref()),
        BearerRefusal::TenantMismatch => (
            "forbidden",
            Some("tenant_mismatch"),
            "The access token belongs to another tenant.",
        ),
        BearerRefusal::InsufficientScope(_) => (
            "forbidden",
            Some("insufficient_scope"),
            "The access token lacks a scope.",
        ),
        BearerRefusal::Store(_) => ("transient", None, "The server is busy. Try again later."),
    };
    let mut issue = json!({ "severity": "error", "code": code, "diagnostics": diagnostics });
    if let (Some(error), Some(object)) = (error, issue.as_object_mut()) {
        object.insert("details".into(), json!({ "coding": [{ "code": error }] }));
    }
    let body = json!({ "resourceType": "OperationOutcome", "issue": [issue] });
    let answer = refusal.into_response();
    let mut response = with_body(answer.status(), &body);
    let nonce = HeaderName::from_static("dpop-nonce");
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER, nonce] {
        for value in answer.headers().get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    // The body is FHIR's; that it is a refusal, and why, is known all the same.
    if let Some(refused) = answer.extensions().get::<RefusalMark>() {
        return refused.clone().without_body().mark(response);
    }
    response
}

/// SMART App Launch 2.2, "Considerations for CORS support": readable for browser apps, on errors too. Any origin: the
/// token is the only credential, and no browser adds it by itself.
pub(in crate::demo) async fn with_cors(mut response: Response) -> Response {
    let fields = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, HEAD, POST, PUT, PATCH, DELETE",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, dpop, content-type, accept, if-match, if-none-match, prefer",
        ),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "ETag, Location, Content-Location, WWW-Authenticate, DPoP-Nonce",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    for (name, value) in fields {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
