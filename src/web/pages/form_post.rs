//! The page that carries an authorization response to the app in a form.

use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// A form that sends itself (OAuth 2.0 Form Post Response Mode). Without script its button does the same.
///
/// The form belongs to the app, not to us, so it carries the response's parameters and no anti-forgery token. Its policy must
/// allow the app's origin in `form_action`.
#[derive(Template)]
#[template(path = "pages/form_post.html")]
pub struct FormPost {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The app's redirect URI.
    pub redirect_uri: Href,
    /// The response's parameters, in order.
    pub parameters: Vec<(String, String)>,
}

words! {
    FormPostWords {
        title { "Back to the app" "De vuelta a la aplicación" }
        text { "You are being sent back to the app." "Le estamos devolviendo a la aplicación." }
        button { "Continue to the app" "Continuar a la aplicación" }
    }
}

impl FormPost {
    const fn words(&self) -> FormPostWords {
        FormPostWords(self.chrome.language)
    }
}

impl Page for FormPost {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
