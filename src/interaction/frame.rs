//! Whether cookies work where the page is shown, asked before the interaction belongs to a browser.
//!
//! At a tenant whose sign-in may be framed, a browser can keep cookies from working inside the frame. If it met the sign-in form
//! there, the interaction would belong to a cookie that never comes back, and nothing could be done about it any more.

use super::respond::{problem_page, see_other};
use super::state;
use crate::kernel::credential::{self, Kind, recognise};
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::cookies::CookiePurpose;
use crate::web::pages::{Action, Problem};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// Marks the second visit.
const MARK: &str = "cookie_set";

/// At a tenant whose sign-in may be framed, a browser without our cookie is given one and sent here once more. If it still has
/// none, a page offers to go on in a window of its own, where the interaction is still nobody's. `None`: go on here.
pub(super) fn probe(cx: &TenantCx, handle: &str, query: Option<&str>, headers: &HeaderMap) -> Option<Response> {
    let cookies = cx.cookies();
    let sent = cookies
        .find(headers, CookiePurpose::Interaction)
        .and_then(|value| recognise(Kind::BrowserBinding, &value));
    if !cookies.work_in_frames() || sent.is_some() {
        return None;
    }
    let path = state::path(cx, handle);
    let query = query.unwrap_or_default();
    if query.split('&').any(|pair| pair == MARK) {
        return Some(blocked(cx, &path, headers));
    }
    let separator = if query.is_empty() { "" } else { "&" };
    let mut response = see_other(&format!("{path}?{query}{separator}{MARK}"));
    let value = credential::generate(Kind::BrowserBinding, cx.entropy());
    let cookie = cookies.set(CookiePurpose::Interaction, value.expose().clone(), None);
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Some(response)
}

/// A browser that says it shows the page in a window of its own (Fetch Metadata, `Sec-Fetch-Dest`) has no use for another one.
fn blocked(cx: &TenantCx, path: &str, headers: &HeaderMap) -> Response {
    let in_window = headers
        .get("sec-fetch-dest")
        .is_some_and(|destination| destination == "document");
    if in_window {
        let again = Action::TryAgain(Href::local(path));
        return problem_page(cx, Problem::CookieMissing, Some(again), None);
    }
    let window = Action::OpenWindow(Href::local(path));
    problem_page(cx, Problem::CookieBlocked, Some(window), None)
}
