//! How endpoints answer: JSON that nobody stores, and errors in the form of RFC 6749 section 5.2.

use crate::oauth::{ErrorCode, OAuthError};
use crate::store::StoreError;
use crate::tenant::RefusalMark;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// JSON with the headers of RFC 6749 section 5.1. `Pragma` is obsolete, and still demanded there and by test kits.
pub(super) fn private_json(body: &impl Serialize) -> Response {
    do_not_store((StatusCode::OK, Json(body)).into_response())
}

/// Adds `Cache-Control: no-store` and `Pragma: no-cache`.
pub(super) fn do_not_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// An error on its way to a JSON client. Logged once, here, under its short reason.
#[derive(Debug)]
pub struct Refusal {
    error: OAuthError,
    status: StatusCode,
    /// Seconds.
    retry_after: Option<u64>,
}

impl Refusal {
    /// Whether it is this error.
    pub(super) fn is(&self, code: ErrorCode) -> bool {
        self.error.code == code
    }

    /// The same refusal with another status.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same refusal with the seconds after which to come again.
    #[must_use]
    pub fn with_retry_after(self, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Self {
            status: error.status(),
            error,
            retry_after: None,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let refusal = store_failure(&error);
        let status = if error.is_transient() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        Self {
            error: refusal,
            status,
            retry_after: None,
        }
    }
}

/// What a client is told of a storage failure; the log has the cause.
pub fn store_failure(error: &StoreError) -> OAuthError {
    tracing::error!(%error, "storage failed");
    if error.is_transient() {
        OAuthError::temporarily_unavailable("store_unavailable")
    } else {
        OAuthError::server_error("store_failed")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        tracing::info!(error = %self.error.code, reason = self.error.reason, "refused");
        let response = do_not_store((self.status, Json(self.error.body(None))).into_response());
        let mut response = RefusalMark::with_body(&self.error).mark(response);
        let headers = response.headers_mut();
        if self.error.authenticate_basic {
            // RFC 6749 section 5.2: with the scheme that the client used.
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"token\""),
            );
        }
        let unavailable = self.error.code == ErrorCode::TemporarilyUnavailable;
        if let Some(seconds) = self.retry_after.or(unavailable.then_some(5)) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
