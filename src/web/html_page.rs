//! A rendered page as an HTTP answer.

use super::{Chrome, Language, PagePolicy};
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A page of [`crate::web::pages`].
pub trait Page: Template {
    /// What surrounds the page: tenant, app, language.
    fn chrome(&self) -> &Chrome;

    /// The status this page is sent with.
    fn status(&self) -> StatusCode {
        StatusCode::OK
    }
}

/// A page, rendered, with its status and security headers.
#[derive(Debug)]
pub struct HtmlPage {
    status: StatusCode,
    language: Language,
    body: Result<String, askama::Error>,
    policy: PagePolicy,
}

impl HtmlPage {
    /// Renders `page`, to be sent under `policy`.
    pub fn new(page: &impl Page, policy: PagePolicy) -> Self {
        Self {
            status: page.status(),
            language: page.chrome().language,
            body: page.render(),
            policy,
        }
    }

    /// The same page with another status.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for HtmlPage {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Ok(body) => {
                let mut response = (self.status, body).into_response();
                response.headers_mut().insert(
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("text/html; charset=utf-8"),
                );
                response
                    .headers_mut()
                    .insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
                response
            }
            Err(error) => {
                // Templates are checked when they are compiled; what is left is a formatter that refused to write.
                tracing::error!(%error, "a page could not be rendered");
                let words = match self.language {
                    Language::English => "This page could not be shown. Please try again.",
                    Language::Spanish => "No se ha podido mostrar esta página. Inténtelo de nuevo.",
                };
                (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
            }
        };
        self.policy.apply(response.headers_mut());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::pages::{NotFound, samples};

    #[test]
    fn a_page_is_sent_with_its_status_type_language_and_policy() {
        let page = NotFound {
            chrome: samples::platform_chrome(Language::Spanish),
        };
        let response = HtmlPage::new(&page, PagePolicy::closed(false)).into_response();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert_eq!(header("content-language"), "es");
        assert!(header("content-security-policy").starts_with("default-src 'none'"));
    }
}
