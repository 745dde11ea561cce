//! Why a tenant does not answer, and how that looks.

use super::RefusalMark;
use crate::kernel::Timestamp;
use crate::oauth::{ErrorCode, OAuthError};
use crate::store::StoreError;
use crate::web::pages::{NotFound, Suspended};
use crate::web::static_files::StaticBase;
use crate::web::{Chrome, HtmlPage, Language, PagePolicy, TenantLook};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use thiserror::Error;

/// Why no tenant context could be made.
#[derive(Debug, Error)]
pub enum TenantRefusal {
    /// There is no such tenant, or there never was one, or it was deleted: one answer for all three, so that tenants
    /// cannot be enumerated.
    #[error("no such tenant")]
    Unknown,
    /// The tenant is suspended.
    #[error("the tenant is suspended")]
    Suspended {
        /// The name and contact to show.
        look: Box<TenantLook>,
    },
    /// The tenant's database does not answer.
    #[error("the tenant's store is unavailable: {0}")]
    Unavailable(#[source] StoreError),
    /// A fault of ours.
    #[error("the tenant could not be loaded: {0}")]
    Fault(String),
}

impl From<StoreError> for TenantRefusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}

impl TenantRefusal {
    /// The same refusal for another request that waited for the same load.
    pub(super) fn copy_of(other: &Self) -> Self {
        match other {
            Self::Unknown => Self::Unknown,
            Self::Suspended { look } => Self::Suspended { look: look.clone() },
            Self::Unavailable(error) => Self::Unavailable(StoreError::Unfit(error.to_string())),
            Self::Fault(reason) => Self::Fault(reason.clone()),
        }
    }
}

/// A refusal with what is needed to show it.
#[derive(Debug)]
pub struct RefusedRequest {
    /// Why.
    pub refusal: TenantRefusal,
    /// Whether the caller is a person at a browser.
    pub wants_page: bool,
    /// The language of that person.
    pub language: Language,
    /// Whether the public URL is https.
    pub https: bool,
    /// Where stylesheets are.
    pub static_base: StaticBase,
    /// The time of the request.
    pub at: Timestamp,
    /// The request's id.
    pub request_id: String,
}

impl RefusedRequest {
    fn chrome(&self, tenant: TenantLook) -> Chrome {
        Chrome {
            tenant,
            app: None,
            language: self.language,
            static_base: self.static_base.clone(),
            request_id: self.request_id.clone(),
            language_switch: None,
        }
    }
}

impl IntoResponse for RefusedRequest {
    fn into_response(self) -> Response {
        let policy = PagePolicy::closed(self.https);
        match &self.refusal {
            TenantRefusal::Unknown if self.wants_page => HtmlPage::new(
                &NotFound {
                    chrome: self.chrome(TenantLook::platform()),
                },
                policy,
            )
            .into_response(),
            TenantRefusal::Unknown => StatusCode::NOT_FOUND.into_response(),
            TenantRefusal::Suspended { look } if self.wants_page => {
                let page = Suspended {
                    chrome: self.chrome(look.as_ref().clone()),
                    at: self.at,
                };
                HtmlPage::new(&page, policy).into_response()
            }
            TenantRefusal::Suspended { .. } => {
                let description =
                    "This organisation's sign-in service is suspended. Ask the organisation's administrator.";
                let error = OAuthError::new(ErrorCode::TemporarilyUnavailable, "tenant_suspended", description);
                unavailable(&error)
            }
            TenantRefusal::Unavailable(error) => {
                tracing::error!(%error, "tenant store unavailable");
                unavailable(&OAuthError::temporarily_unavailable("store_unavailable"))
            }
            TenantRefusal::Fault(reason) => {
                tracing::error!(%reason, "tenant could not be loaded");
                json(&OAuthError::server_error("tenant_not_loaded"))
            }
        }
    }
}

fn unavailable(error: &OAuthError) -> Response {
    let mut response = json(error);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    response
}

fn json(error: &OAuthError) -> Response {
    let mut response = (error.status(), Json(error.body(None))).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    RefusalMark::with_body(error).mark(response)
}
