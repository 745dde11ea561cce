//! Pages that somebody comes to by themselves, without an app that asks: connected apps, their account, devices.

use super::respond::{problem_page, see_other};
use crate::tenant::TenantCx;
use crate::web::pages::{Action, Problem};
use crate::web::{AppLook, Chrome, Href, HtmlPage, Page, PagePolicy};
use axum::response::Response;

/// The pages below one step of the issuer.
pub(super) struct OwnPages(&'static str);

/// What apps may do.
pub(super) const APPS: OwnPages = OwnPages("apps");
/// The user's own account.
pub(super) const ACCOUNT: OwnPages = OwnPages("account");
/// The user's side of device authorization.
pub(super) const DEVICE: OwnPages = OwnPages("device");

impl OwnPages {
    /// The path of the first page, or of a step below it.
    pub(super) fn path(&self, cx: &TenantCx, step: &str) -> String {
        let base = format!("{}/{}", cx.urls().path(), self.0);
        if step.is_empty() {
            base
        } else {
            format!("{base}/{step}")
        }
    }

    /// What surrounds a page that a link can show again.
    pub(super) fn chrome(&self, cx: &TenantCx, step: &str, app: Option<AppLook>) -> Chrome {
        Chrome {
            language_switch: Some(Href::local(&self.path(cx, step))),
            ..cx.chrome(app)
        }
    }

    /// The form is from an earlier session, or forged.
    pub(super) fn outdated(&self, cx: &TenantCx) -> Response {
        let again = Action::TryAgain(Href::local(&self.path(cx, "")));
        problem_page(cx, Problem::FormOutdated, Some(again), None)
    }

    /// The first page, which begins with signing in when nobody is.
    pub(super) fn begin(&self, cx: &TenantCx) -> Response {
        see_other(&self.path(cx, ""))
    }
}

/// A page of the user's own. It is never shown in a frame, also where the tenant lets an EHR frame the sign-in: a click on it gives,
/// withdraws or protects something.
pub(super) fn page(cx: &TenantCx, page: &impl Page) -> HtmlPage {
    HtmlPage::new(page, PagePolicy::closed(cx.urls().base().is_https()))
}
