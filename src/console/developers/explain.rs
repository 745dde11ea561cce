//! `/developers/explain`: what an error means. Nothing that is pasted is kept, and no tenant is asked: what a check found beyond what
//! the caller was told is for that tenant's administrators.

use super::error_text::findings;
use super::{PlatformCx, chrome};
use crate::interaction::PageForm;
use crate::web::Href;
use crate::web::pages::{DeveloperExplain, Finding};
use axum::http::StatusCode;
use axum::response::Response;

const PATH: &str = "/developers/explain";

fn show(cx: &PlatformCx, text: String, found: Option<Vec<Finding>>) -> Response {
    let page = DeveloperExplain {
        chrome: chrome(&cx.0, found.is_none().then_some(PATH)),
        action: Href::local(PATH),
        text,
        findings: found,
    };
    cx.page(&page, StatusCode::OK)
}

/// The form.
pub(super) async fn get(cx: PlatformCx) -> Response {
    show(&cx, String::new(), None)
}

/// What there is to say.
pub(super) async fn post(cx: PlatformCx, PageForm(form): PageForm) -> Response {
    let text = form.one("text").ok().flatten().unwrap_or_default().to_owned();
    let found = findings(&text);
    show(&cx, text, Some(found))
}
