//! A tenant that is suspended.

use super::reference::Reference;
use crate::kernel::Timestamp;
use crate::web::language::words;
use crate::web::{Chrome, Page};
use askama::Template;
use axum::http::StatusCode;

/// Nobody can sign in at this tenant for now.
#[derive(Template)]
#[template(path = "pages/suspended.html")]
pub struct Suspended {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The time of the request.
    pub at: Timestamp,
}

words! {
    SuspendedWords {
        title { "Sign-in is paused" "El inicio de sesión está en pausa" }
        what(hospital: &str) {
            "{hospital} has paused signing in to apps. Your account and your records are not affected."
            "{hospital} ha pausado el inicio de sesión en aplicaciones. Su cuenta y sus historias clínicas no se ven afectadas."
        }
        advice { "Try again later." "Inténtelo más tarde." }
    }
}

impl Suspended {
    const fn words(&self) -> SuspendedWords {
        SuspendedWords(self.chrome.language)
    }

    fn reference(&self) -> Reference<'_> {
        Reference::new(&self.chrome, "tenant-suspended", self.at)
    }
}

impl Page for Suspended {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }
}
