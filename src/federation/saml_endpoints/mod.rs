//! The endpoints of a SAML service provider, one set per tenant and identity provider.
//!
//! A response comes as a cross-site POST, on which browsers send no `SameSite=Lax` cookie, so it cannot be known there whose
//! browser it is. It is checked, kept, and the browser sent on to `resume` on this site, where the cookie comes along; only
//! there is anybody signed in. No cookie is weakened for this, and it works without script.

mod acs;
mod logout;
mod metadata;
mod pending;
mod resume;
mod start;

use super::callback;
use super::provider::SamlProvider;
use super::saml::{Check, Refusal};
use super::saml_directory::PartyFailure;
use super::{Federation, IdentityProvider, ProviderKind, SignInTrace};
use crate::store::StoreError;
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::pages::{FormPost, FormPostTarget, Problem};
use crate::web::route_table::RouteTable;
use crate::web::{CspSource, Href, HtmlPage, Opener, PagePolicy};
use axum::body::{Body, to_bytes};
use axum::extract::FromRef;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;

/// Longest form that carries a message: the parameter, escaped.
const LONGEST_FORM: usize = 512 * 1024;

pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new()
        .post("/{tenant}/auth/federation/{provider}/acs", acs::post)
        .get("/{tenant}/auth/federation/{provider}/resume", resume::get)
        .post("/{tenant}/auth/federation/{provider}/resume", resume::post)
        .get("/{tenant}/auth/federation/{provider}/metadata", metadata::get)
        .get("/{tenant}/auth/federation/{provider}/slo", logout::get)
        .post("/{tenant}/auth/federation/{provider}/slo", logout::post)
}

/// Why a message leads nowhere.
enum Stopped {
    /// It belongs to nothing that is open here: no such provider, request or browser.
    NotOurs,
    /// A check failed.
    Refused(Refusal),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<PartyFailure> for Stopped {
    fn from(failure: PartyFailure) -> Self {
        match failure {
            PartyFailure::Refused(refusal) => Self::Refused(refusal),
            PartyFailure::Store(error) => Self::Store(error),
        }
    }
}

impl Stopped {
    /// The page for it; a refusal is logged and recorded by its check, which the browser never learns.
    async fn answer(self, cx: &TenantCx, provider: Option<&IdentityProvider>, return_to: Option<&str>) -> Response {
        let error = match self {
            Self::NotOurs => return callback::page(cx, Problem::SignInExpired, None),
            Self::Refused(refusal) => match note(cx, provider, &refusal).await {
                Ok(()) => return callback::page(cx, callback::problem_of(refusal.user), return_to),
                Err(error) => error,
            },
            Self::Store(error) => error,
        };
        tracing::error!(%error, "storage failed");
        let problem = if error.is_transient() {
            Problem::Overloaded
        } else {
            Problem::Internal
        };
        callback::page(cx, problem, None)
    }
}

/// Writes a refusal to the log and the audit trail.
async fn note(cx: &TenantCx, provider: Option<&IdentityProvider>, refusal: &Refusal) -> Result<(), StoreError> {
    tracing::warn!(check = %refusal.check, detail = %refusal.detail, "a SAML message was refused");
    match provider {
        Some(provider) => {
            let trace = SignInTrace::refused(refusal.detail.clone());
            callback::record(cx, provider, refusal.check.as_str(), trace).await
        }
        None => Ok(()),
    }
}

/// The SAML provider with this alias. The message never chooses it.
async fn find(
    cx: &TenantCx,
    federation: &Federation,
    alias: &str,
) -> Result<Option<Arc<IdentityProvider>>, StoreError> {
    let found = federation.find_provider(cx, alias).await?;
    Ok(found.filter(|provider| saml_of(provider).is_some()))
}

fn saml_of(provider: &IdentityProvider) -> Option<&SamlProvider> {
    match &provider.kind {
        ProviderKind::Saml(saml) => Some(saml),
        _ => None,
    }
}

/// The fields of a form that carries a message.
struct MessageForm(Vec<(String, String)>);

impl MessageForm {
    async fn read(body: Body) -> Result<Self, Refusal> {
        let body = to_bytes(body, LONGEST_FORM)
            .await
            .map_err(|_| Refusal::new(Check::Size, "the form is too long"))?;
        Ok(Self(url::form_urlencoded::parse(&body).into_owned().collect()))
    }

    /// A field that occurs at most once: of two, nobody could say which is meant.
    fn once(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        let mut found = self.0.iter().filter(|(field, _)| field == name);
        match (found.next(), found.next()) {
            (one, None) => Ok(one.map(|(_, value)| value.as_str())),
            _ => Err(Refusal::new(Check::Parameters, format!("{name} occurs twice"))),
        }
    }
}

/// Who may show a page that posts itself to the provider in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Nobody: the user is at it.
    Nobody,
    /// The provider: it logs the user out everywhere at once, each service in a frame of its page. There is nothing on the page
    /// that anybody could be made to click on to their harm.
    Provider,
}

/// A page whose form posts itself to the provider.
pub(super) fn post_page(cx: &TenantCx, action: &url::Url, fields: Vec<(String, String)>, framing: Framing) -> Response {
    let Some(target) = Href::external(action.as_str()) else {
        return callback::page(cx, Problem::Internal, None);
    };
    let page = FormPost {
        chrome: cx.chrome(None),
        target: FormPostTarget::SignInService,
        redirect_uri: target,
        parameters: fields,
    };
    let provider = CspSource::covering(action.as_str());
    let policy = PagePolicy {
        // Browsers hold the form's target and every redirect after it against this, and large providers have a door at one host and
        // the sign-in at another.
        form_action: vec![CspSource::any_host(action)],
        frame_ancestors: match framing {
            Framing::Nobody => Vec::new(),
            Framing::Provider => provider.into_iter().collect(),
        },
        opener: Opener::Kept,
        ..PagePolicy::closed(cx.urls().base().is_https())
    };
    HtmlPage::new(&page, policy).into_response()
}
