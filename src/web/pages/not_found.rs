//! An address with nothing behind it.

use crate::web::language::words;
use crate::web::{Chrome, Page};
use askama::Template;
use axum::http::StatusCode;

/// Nothing is here. Says the same for an unknown and a deleted tenant, and nothing about which exist.
#[derive(Template)]
#[template(path = "pages/not_found.html")]
pub struct NotFound {
    /// What surrounds the page; the platform's look unless the tenant is known.
    pub chrome: Chrome,
}

words! {
    NotFoundWords {
        title { "Page not found" "Página no encontrada" }
        text {
            "There is nothing at this address. If you followed a link, it may be mistyped or out of date."
            "No hay nada en esta dirección. Si siguió un enlace, puede estar mal escrito o no ser actual."
        }
        advice { "Go back to the app and start again from there." "Vuelva a la aplicación y empiece de nuevo desde allí." }
    }
}

impl NotFound {
    const fn words(&self) -> NotFoundWords {
        NotFoundWords(self.chrome.language)
    }
}

impl Page for NotFound {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        StatusCode::NOT_FOUND
    }
}
