//! Opening an interaction: known, of this browser, and still under way. Everything else has a page of its own.

use super::respond::{internal_page, problem_page};
use super::state::{self, Interaction};
use crate::kernel::credential::{self, Kind, recognise};
use crate::kernel::{Secret, Sha256Hash};
use crate::oauth::{Client, OAuthError, Parameters, RedirectUri};
use crate::store::StoreError;
use crate::store::tenant::StoredInteraction;
use crate::tenant::TenantCx;
use crate::web::cookies::CookiePurpose;
use crate::web::pages::{Action, ContinueReason, ContinueSignIn, Problem};
use crate::web::{AppLook, Csrf, Href};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// An interaction that this browser may go on with.
pub(super) struct OpenInteraction {
    /// The handle, part of its address.
    pub(super) handle: String,
    /// The hash under which it is stored.
    pub(super) hash: Sha256Hash,
    /// The version read; a step that was overtaken is refused.
    pub(super) version: i64,
    /// The state.
    pub(super) interaction: Interaction,
    /// The client that asks.
    pub(super) client: Arc<Client>,
    /// Hash of this browser's cookie.
    pub(super) binding: Sha256Hash,
    /// The cookie, when it was made just now.
    new_cookie: Option<String>,
}

/// Why it cannot go on: a page.
pub(super) struct Closed(Box<Response>);

impl IntoResponse for Closed {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Response> for Closed {
    fn from(page: Response) -> Self {
        Self(Box::new(page))
    }
}

/// A storage failure as a page.
pub fn storage_page(cx: &TenantCx, error: &StoreError) -> Response {
    tracing::error!(%error, "storage failed");
    if error.is_transient() {
        problem_page(cx, Problem::Overloaded, None, None)
    } else {
        internal_page(cx, "store_failed")
    }
}

impl OpenInteraction {
    /// Opens the interaction that `handle` names. The first browser that comes is the one it belongs to from then on.
    pub(super) async fn open(cx: &TenantCx, handle: &str, headers: &HeaderMap) -> Result<Self, Closed> {
        Self::find(cx, handle, headers)
            .await
            .unwrap_or_else(|error| Err(storage_page(cx, &error).into()))
    }

    async fn find(cx: &TenantCx, handle: &str, headers: &HeaderMap) -> Result<Result<Self, Closed>, StoreError> {
        let gone = || problem_page(cx, Problem::SignInExpired, None, None).into();
        let Some(hash) = recognise(Kind::Interaction, handle) else {
            return Ok(Err(gone()));
        };
        let Some(stored) = cx.read().await?.find_interaction(hash).await? else {
            return Ok(Err(gone()));
        };
        let Some((cookie, binding)) = bound_browser(cx, hash, &stored, headers).await? else {
            let again = Action::TryAgain(Href::local(&state::path(cx, handle)));
            return Ok(Err(problem_page(cx, Problem::CookieMissing, Some(again), None).into()));
        };
        if let Some(reason) = over(cx, &stored) {
            let page = ContinueSignIn {
                chrome: cx.chrome(None),
                reason,
                href: None,
            };
            return Ok(Err(cx.closed_page(&page).into_response().into()));
        }
        let interaction = state::decode(&stored.state)?;
        let client = cx.find_client(interaction.request.client_id.as_str()).await?;
        Ok(match client {
            Some(client) => Ok(Self {
                handle: handle.to_owned(),
                hash,
                version: stored.version,
                interaction,
                client,
                binding,
                new_cookie: cookie,
            }),
            None => Err(problem_page(cx, Problem::AppDisabled, None, None).into()),
        })
    }

    /// The address of this interaction, or of a step in it.
    pub(super) fn path(&self, cx: &TenantCx, step: &str) -> String {
        let base = state::path(cx, &self.handle);
        if step.is_empty() {
            base
        } else {
            format!("{base}/{step}")
        }
    }

    /// How the app is shown on pages.
    pub(super) fn app(&self) -> AppLook {
        AppLook {
            name: self.client.client_name.clone(),
            publisher: self.client.publisher.clone(),
            verified: self.client.verified,
        }
    }

    /// The anti-forgery token of one form.
    pub(super) fn csrf(&self, purpose: &str) -> Csrf {
        Csrf::derive(&self.interaction.csrf_secret(), purpose)
    }

    /// Checks the anti-forgery token of one form.
    pub(super) fn check_csrf(&self, cx: &TenantCx, purpose: &str, form: &Parameters) -> Result<(), Closed> {
        Csrf::check(&self.interaction.csrf_secret(), purpose, form).map_err(|_| {
            let again = Action::TryAgain(Href::local(&self.path(cx, "")));
            problem_page(cx, Problem::FormOutdated, Some(again), None).into()
        })
    }

    /// Adds the cookie that binds this browser, if it is new.
    pub(super) fn with_cookie(&self, cx: &TenantCx, mut response: Response) -> Response {
        if let Some(value) = &self.new_cookie {
            let cookie = cx.cookies().set(CookiePurpose::Interaction, value.clone(), None);
            if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        response
    }
}

/// Where the interaction named by `handle` will end, without opening it: for a page that only passes something on.
pub(super) async fn redirect_uri_of(cx: &TenantCx, handle: &str) -> Result<Option<RedirectUri>, StoreError> {
    let Some(hash) = recognise(Kind::Interaction, handle) else {
        return Ok(None);
    };
    let Some(stored) = cx.read().await?.find_interaction(hash).await? else {
        return Ok(None);
    };
    let interaction = state::decode(&stored.state)?;
    Ok(over(cx, &stored).is_none().then_some(interaction.request.redirect_uri))
}

fn over(cx: &TenantCx, stored: &StoredInteraction) -> Option<ContinueReason> {
    if stored.completed_at.is_some() {
        return Some(ContinueReason::StepDone);
    }
    (stored.expires_at <= cx.now()).then_some(ContinueReason::Expired)
}

/// The browser's binding: a new cookie if it has none, and its hash. `None` when the interaction is another browser's.
///
/// All interactions of a browser at a tenant share one cookie, so that a second tab does not cut off the first.
async fn bound_browser(
    cx: &TenantCx,
    interaction: Sha256Hash,
    stored: &StoredInteraction,
    headers: &HeaderMap,
) -> Result<Option<(Option<String>, Sha256Hash)>, StoreError> {
    let sent = cx
        .cookies()
        .find(headers, CookiePurpose::Interaction)
        .and_then(|value| recognise(Kind::BrowserBinding, &value));
    match (stored.binding, sent) {
        (Some(bound), Some(sent)) if bound.ct_eq(&sent) => Ok(Some((None, sent))),
        (Some(_), _) => Ok(None),
        (None, sent) => {
            let (cookie, binding) = if let Some(binding) = sent {
                (None, binding)
            } else {
                let value: Secret<String> = credential::generate(Kind::BrowserBinding, cx.entropy());
                (Some(value.expose().clone()), Sha256Hash::of(value.expose().as_bytes()))
            };
            let mut tx = cx.begin().await?;
            let bound = tx.bind_interaction(interaction, binding).await?;
            tx.commit().await?;
            Ok(bound.then_some((cookie, binding)))
        }
    }
}

/// A form field that has to be there once.
pub(super) fn field<'a>(form: &'a Parameters, name: &str) -> Result<&'a str, OAuthError> {
    Ok(form.one(name)?.unwrap_or_default())
}
