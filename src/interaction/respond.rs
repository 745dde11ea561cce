//! The answer to an authorization request, on its way to the app (RFC 6749 sections 4.1.2 and 4.1.2.1).

use crate::oauth::jose::{JwtType, SigningAlgorithm};
use crate::oauth::response_type::ResponseMode;
use crate::oauth::{AuthorizationRequest, ClientId, OAuthError, RedirectUri};
use crate::tenant::{RefusalMark, TenantCx};
use crate::web::pages::{self, ErrorPage};
use crate::web::{Href, HtmlPage, PagePolicy};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long a signed answer may be used (JARM section 2.1: ten minutes at most are recommended).
const SIGNED_ANSWER_LIFE: Duration = Duration::from_mins(10);

/// Where an answer goes: a registered redirect URI, proven to be one, and how it travels.
#[derive(Clone, Debug)]
pub struct ReturnPath {
    /// The redirect URI.
    pub redirect_uri: RedirectUri,
    /// Query or form, plain or signed.
    pub response_mode: ResponseMode,
    /// What a signed answer is signed with.
    pub signing_alg: SigningAlgorithm,
    /// Who a signed answer is for.
    pub client_id: ClientId,
    /// Echoed byte for byte (RFC 6749 section 4.1.2).
    pub state: Option<String>,
}

impl From<&AuthorizationRequest> for ReturnPath {
    fn from(request: &AuthorizationRequest) -> Self {
        Self {
            redirect_uri: request.redirect_uri.clone(),
            response_mode: request.response_mode,
            signing_alg: request.response_signing_alg,
            client_id: request.client_id.clone(),
            state: request.state.clone(),
        }
    }
}

impl ReturnPath {
    /// Sends a code.
    pub fn send_code(&self, cx: &TenantCx, code: &str) -> Response {
        self.send(cx, &[("code", code)])
    }

    /// Sends an error.
    pub fn send_error(&self, cx: &TenantCx, error: &OAuthError) -> Response {
        tracing::info!(error = %error.code, reason = error.reason, "authorization refused");
        let (description, uri) = (error.told(), cx.error_uri(error.shown));
        RefusalMark::by(error).mark(self.send(cx, &error_pairs(error, &description, &uri)))
    }

    /// The address that carries an error, for a link on a page. Always by query: a link cannot post.
    pub fn error_address(&self, cx: &TenantCx, error: &OAuthError) -> String {
        let (description, uri) = (error.told(), cx.error_uri(error.shown));
        let pairs = error_pairs(error, &description, &uri);
        let pairs = self.with_context(cx, &pairs);
        match self.signed(cx, &pairs) {
            Some(Ok(response)) => self.redirect_uri.authorization_response(&[("response", &response)]),
            // What cannot be signed is not said: the app learns that the user came back.
            Some(Err(())) => self.redirect_uri.authorization_response(&[]),
            None => self.redirect_uri.authorization_response(&pairs),
        }
    }

    /// The answer as one signed parameter, where the app asked for that (JARM section 2.1): `iss` and `aud` are in it, and so is no
    /// parameter beside it (RFC 9207 section 2.4).
    fn signed(&self, cx: &TenantCx, pairs: &[(&str, &str)]) -> Option<Result<String, ()>> {
        if !self.response_mode.is_signed() {
            return None;
        }
        let mut claims: Map<String, Value> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        claims.insert("aud".into(), json!(self.client_id));
        claims.insert("exp".into(), json!((cx.now() + SIGNED_ANSWER_LIFE).seconds()));
        let signed = cx.keys().signer(self.signing_alg).map_err(|error| error.to_string());
        let signed = signed.and_then(|key| {
            key.sign(JwtType::AuthorizationResponse, &claims)
                .map_err(|error| error.to_string())
        });
        Some(signed.map_err(|error| tracing::error!(error, "an authorization response could not be signed")))
    }

    /// Adds `state`, and `iss` so that a client of many servers knows which one answered (RFC 9207 section 2).
    fn with_context<'a>(&'a self, cx: &'a TenantCx, pairs: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let state = self.state.as_deref().map(|state| ("state", state));
        pairs
            .iter()
            .copied()
            .chain(state)
            .chain([("iss", cx.issuer())])
            .collect()
    }

    fn send(&self, cx: &TenantCx, pairs: &[(&str, &str)]) -> Response {
        let pairs = self.with_context(cx, pairs);
        let signed = match self.signed(cx, &pairs) {
            Some(Ok(response)) => Some(response),
            Some(Err(())) => return internal_page(cx, "response_signing"),
            None => None,
        };
        let pairs = signed.as_deref().map_or(pairs, |response| vec![("response", response)]);
        if self.response_mode.is_form() {
            self.post_form(cx, &pairs)
        } else {
            see_other(&self.redirect_uri.authorization_response(&pairs))
        }
    }

    /// OAuth 2.0 Form Post Response Mode section 2.
    fn post_form(&self, cx: &TenantCx, pairs: &[(&str, &str)]) -> Response {
        let form = self.redirect_uri.form_post(pairs);
        // Registration refuses the schemes that are no address, so this one is.
        let Some(target) = Href::external(&form.action) else {
            return internal_page(cx, "form_post_target");
        };
        let page = pages::FormPost {
            chrome: cx.chrome(None),
            target: pages::FormPostTarget::App,
            redirect_uri: target,
            parameters: form.fields,
        };
        sign_in_page(cx, &self.redirect_uri, &page).into_response()
    }
}

/// RFC 6749 section 4.1.2.1.
const fn error_pairs<'a>(error: &OAuthError, description: &'a str, uri: &'a str) -> [(&'static str, &'a str); 3] {
    [
        ("error", error.code.as_str()),
        ("error_description", description),
        ("error_uri", uri),
    ]
}

/// A redirect that never repeats a POST (RFC 9700 section 4.12 demands 303) and leaks no address.
pub fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A page on the way to `redirect_uri`: its forms may end there.
pub fn sign_in_page(cx: &TenantCx, redirect_uri: &RedirectUri, page: &impl crate::web::Page) -> HtmlPage {
    let policy = PagePolicy::sign_in(cx.urls().base().is_https(), redirect_uri.as_str());
    HtmlPage::new(page, cx.framed(policy))
}

/// The page for a fault of ours. The cause is in the log, under the request id that the page shows.
pub fn internal_page(cx: &TenantCx, reason: &'static str) -> Response {
    tracing::error!(reason, "a page could not be made");
    let page = problem_page(cx, pages::Problem::Internal, None, None);
    RefusalMark::on_page(pages::Problem::Internal)
        .because(reason)
        .mark(page)
}

/// An error page that leads nowhere by itself.
pub fn problem_page(
    cx: &TenantCx,
    problem: pages::Problem,
    action: Option<pages::Action>,
    technical: Option<&OAuthError>,
) -> Response {
    let refused = technical.map_or_else(|| RefusalMark::on_page(problem), RefusalMark::by);
    let page = cx.closed_page(&ErrorPage {
        chrome: cx.chrome(None),
        problem,
        action,
        technical: technical.map(|error| pages::Technical::of(error, Href::external(&cx.error_uri(error.shown)))),
        at: cx.now(),
    });
    refused.mark(page.into_response())
}
