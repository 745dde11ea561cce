//! `B/errors` and `B/errors/{code}`: what short codes mean, where `error_uri` leads (RFC 6749 sections 4.1.2.1 and 5.2). The
//! same for every tenant, so that the address tells nothing of where a request was refused.

use crate::kernel::id::RequestId;
use crate::tenant::TenantDirectory;
use crate::web::pages::{ErrorCodePage, ErrorCodesPage, NotFound};
use crate::web::{Chrome, Href, HtmlPage, Language, PagePolicy, TenantLook, short_codes};
use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The language that the address asks for.
#[derive(serde::Deserialize)]
pub(super) struct Choice {
    ui_locales: Option<String>,
}

fn chrome(directory: &TenantDirectory, parts: &Parts, choice: &Choice) -> Chrome {
    let accepted = parts.headers.get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    Chrome {
        tenant: TenantLook::platform(),
        app: None,
        language: Language::negotiate(choice.ui_locales.as_deref(), accepted),
        static_base: directory.static_base().clone(),
        request_id: parts
            .extensions
            .get::<RequestId>()
            .map(ToString::to_string)
            .unwrap_or_default(),
        language_switch: Some(Href::local(parts.uri.path())),
    }
}

/// `GET B/errors`.
pub(super) async fn list(
    State(directory): State<TenantDirectory>,
    Query(choice): Query<Choice>,
    parts: Parts,
) -> Response {
    let page = ErrorCodesPage {
        chrome: chrome(&directory, &parts, &choice),
    };
    HtmlPage::new(&page, PagePolicy::closed(directory.public_url().is_https())).into_response()
}

/// `GET B/errors/{code}`.
pub(super) async fn one(
    State(directory): State<TenantDirectory>,
    Path(code): Path<String>,
    Query(choice): Query<Choice>,
    parts: Parts,
) -> Response {
    let chrome = chrome(&directory, &parts, &choice);
    let policy = PagePolicy::closed(directory.public_url().is_https());
    let Some(short) = short_codes::find(&code) else {
        // No link may carry what somebody wrote into the address.
        let chrome = Chrome {
            language_switch: None,
            ..chrome
        };
        return HtmlPage::new(&NotFound { chrome }, policy)
            .with_status(StatusCode::NOT_FOUND)
            .into_response();
    };
    let page = ErrorCodePage {
        chrome,
        short,
        all: Href::local("/errors"),
    };
    HtmlPage::new(&page, policy).into_response()
}
