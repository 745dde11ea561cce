//! A browser that nobody is signed in with yet.

use super::outdated;
use crate::interaction::open::Closed;
use crate::kernel::credential::{self, Kind, recognise};
use crate::kernel::{Secret, Sha256Hash};
use crate::oauth::Parameters;
use crate::tenant::TenantCx;
use crate::web::Csrf;
use crate::web::cookies::CookiePurpose;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// A browser, known by the cookie that binds interactions; it gets one if it has none. The cookie is a secret that only this
/// browser has, so it keys the anti-forgery token of the password form.
pub(in crate::interaction) struct Visitor {
    /// Hash of the cookie.
    pub(in crate::interaction) binding: Sha256Hash,
    secret: Secret<String>,
    is_new: bool,
}

impl Visitor {
    /// The visitor who sent these headers.
    pub(in crate::interaction) fn of(cx: &TenantCx, headers: &HeaderMap) -> Self {
        let sent = cx.cookies().find(headers, CookiePurpose::Interaction);
        let known = sent.and_then(|value| Some((recognise(Kind::BrowserBinding, &value)?, value)));
        if let Some((binding, value)) = known {
            return Self {
                binding,
                secret: Secret::new(value),
                is_new: false,
            };
        }
        let secret = credential::generate(Kind::BrowserBinding, cx.entropy());
        Self {
            binding: Sha256Hash::of(secret.expose().as_bytes()),
            secret,
            is_new: true,
        }
    }

    /// The anti-forgery token of one form.
    pub(in crate::interaction) fn csrf(&self, purpose: &str) -> Csrf {
        Csrf::derive(&self.secret, &format!("apps {purpose}"))
    }

    /// Checks the anti-forgery token of one form.
    pub(in crate::interaction) fn check_csrf(
        &self,
        cx: &TenantCx,
        purpose: &str,
        form: &Parameters,
    ) -> Result<(), Closed> {
        self.checks(purpose, form)
            .then_some(())
            .ok_or_else(|| outdated(cx).into())
    }

    /// Whether the anti-forgery token of one form fits.
    pub(in crate::interaction) fn checks(&self, purpose: &str, form: &Parameters) -> bool {
        Csrf::check(&self.secret, &format!("apps {purpose}"), form).is_ok()
    }

    /// Adds the cookie, if it is new.
    pub(in crate::interaction) fn with_cookie(&self, cx: &TenantCx, mut response: Response) -> Response {
        if self.is_new {
            let cookie = cx
                .cookies()
                .set(CookiePurpose::Interaction, self.secret.expose().clone(), None);
            if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        response
    }
}
