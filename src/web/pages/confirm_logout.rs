//! The question before a session is ended that an app asked to end.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// One question.
#[derive(Template)]
#[template(path = "pages/confirm_logout.html")]
pub struct ConfirmLogout {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// The app that asks, if it said who it is.
    pub app: Option<String>,
    /// What the form brings back.
    pub fields: Vec<(&'static str, String)>,
    /// Where to go without signing out.
    pub stay: Href,
}

words! {
    ConfirmLogoutWords {
        title { "Sign out?" "¿Cerrar la sesión?" }
        by_app(app: &str, hospital: &str) {
            "{app} asks to end your session at {hospital}. Other apps that you opened in this browser will be signed out too."
            "{app} pide cerrar su sesión en {hospital}. También se cerrará en las demás aplicaciones que abrió en este navegador."
        }
        anonymous(hospital: &str) {
            "Your session at {hospital} will end. Apps that you opened in this browser will be signed out too."
            "Se cerrará su sesión en {hospital}. También se cerrará en las aplicaciones que abrió en este navegador."
        }
        sign_out { "Sign out" "Cerrar la sesión" }
        stay { "Stay signed in" "Mantener la sesión" }
    }
}

impl ConfirmLogout {
    const fn words(&self) -> ConfirmLogoutWords {
        ConfirmLogoutWords(self.chrome.language)
    }
}

impl Page for ConfirmLogout {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
