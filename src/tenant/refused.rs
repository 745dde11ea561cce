//! What an answer says, inside the server, about why it is a refusal: a mark that the outermost layer reads.

use super::Tenant;
use crate::oauth::OAuthError;
use crate::oauth::error::ErrorBody;
use crate::web::pages::Problem;
use axum::body::Body;
use axum::http::header;
use axum::response::Response;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// What is known of a request by the time it is answered: whose it is, and which client it named.
#[derive(Clone, Debug, Default)]
pub struct AboutRequest(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    tenant: OnceLock<Arc<Tenant>>,
    client_id: OnceLock<String>,
    upstream_check: OnceLock<&'static str>,
    signed_in: AtomicBool,
    gave_tokens: AtomicBool,
}

impl AboutRequest {
    /// Remembers the tenant.
    pub(super) fn is_of(&self, tenant: &Arc<Tenant>) {
        self.0.tenant.get_or_init(|| Arc::clone(tenant));
    }

    /// Remembers the first registered client that the request names.
    pub(super) fn names(&self, client_id: &str) {
        self.0.client_id.get_or_init(|| client_id.to_owned());
    }

    /// Remembers the check of an upstream sign-in that failed.
    pub(super) fn failed_upstream(&self, check: &'static str) {
        self.0.upstream_check.get_or_init(|| check);
    }

    /// Remembers that somebody signed in with it.
    pub(super) fn signs_in(&self) {
        self.0.signed_in.store(true, Ordering::Relaxed);
    }

    /// Remembers that it was answered with tokens.
    pub(super) fn gives_tokens(&self) {
        self.0.gave_tokens.store(true, Ordering::Relaxed);
    }

    pub(super) fn signed_in(&self) -> bool {
        self.0.signed_in.load(Ordering::Relaxed)
    }

    pub(super) fn gave_tokens(&self) -> bool {
        self.0.gave_tokens.load(Ordering::Relaxed)
    }

    pub(super) fn tenant(&self) -> Option<&Arc<Tenant>> {
        self.0.tenant.get()
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        self.0.client_id.get().map(String::as_str)
    }

    pub(super) fn upstream_check(&self) -> Option<&'static str> {
        self.0.upstream_check.get().copied()
    }
}

/// The mark of a refusal on its answer.
#[derive(Clone, Debug)]
pub struct RefusalMark {
    /// The check that failed, by its short code.
    pub(super) failed_check: &'static str,
    /// The short code that the caller is shown.
    pub(super) shown: &'static str,
    /// The error of the protocol, if it is one.
    pub(super) error: Option<&'static str>,
    /// The JSON body, which still lacks the address of the code's page.
    pub(super) body: Option<ErrorBody>,
}

impl RefusalMark {
    /// An error that travels by redirect or stands on a page.
    pub fn by(error: &OAuthError) -> Self {
        Self {
            failed_check: error.reason,
            shown: error.shown,
            error: Some(error.code.as_str()),
            body: None,
        }
    }

    /// An error whose JSON body is to get the address of the code's page.
    pub fn with_body(error: &OAuthError) -> Self {
        Self {
            body: Some(error.body(None)),
            ..Self::by(error)
        }
    }

    /// A refusal at a resource, in words of its own.
    pub fn with_body_of(reason: &'static str, shown: &'static str, body: ErrorBody) -> Self {
        Self {
            failed_check: reason,
            shown,
            error: Some(body.error),
            body: Some(body),
        }
    }

    /// A page that no error of the protocol stands behind.
    pub const fn on_page(problem: Problem) -> Self {
        Self {
            failed_check: problem.code(),
            shown: problem.code(),
            error: None,
            body: None,
        }
    }

    /// The same for a check of ours that has a code of its own, which is not shown.
    #[must_use]
    pub const fn because(mut self, reason: &'static str) -> Self {
        self.failed_check = reason;
        self
    }

    /// The same for an answer whose body is not this error's.
    #[must_use]
    pub fn without_body(self) -> Self {
        Self { body: None, ..self }
    }

    /// Puts the mark on an answer.
    pub fn mark(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }

    /// The answer with the address of the code's page in its body, if it has one of ours.
    pub fn complete(self, response: Response, error_uri: impl Fn(&str) -> String) -> Response {
        let Some(body) = self.body else { return response };
        let body = ErrorBody {
            error_uri: Some(error_uri(self.shown)),
            ..body
        };
        let Ok(body) = serde_json::to_vec(&body) else {
            return response;
        };
        let (mut parts, _) = response.into_parts();
        // The body has grown.
        parts.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(body))
    }
}

/// What the checks of upstream sign-ins are called by, so that they cannot be taken for checks of ours.
pub const UPSTREAM: &str = "upstream/";
