//! The page that carries a message to another server in a form.

use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// A form that sends itself (OAuth 2.0 Form Post Response Mode; SAML Bindings 2.0 section 3.5). Without script its button does the same.
///
/// The form belongs to whoever takes it, not to us, so it carries the response's parameters and no anti-forgery token. Its policy must
/// allow that origin in `form_action`.
#[derive(Template)]
#[template(path = "pages/form_post.html")]
pub struct FormPost {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who takes the form.
    pub target: FormPostTarget,
    /// Where the form goes.
    pub redirect_uri: Href,
    /// The response's parameters, in order.
    pub parameters: Vec<(String, String)>,
}

/// Who takes a form that sends itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormPostTarget {
    /// The app that asked.
    App,
    /// The hospital's sign-in service.
    SignInService,
}

words! {
    FormPostWords {
        service_title { "On to your hospital's sign-in service" "Al servicio de acceso de su hospital" }
        service_text { "You are being sent on." "Le estamos dirigiendo allí." }
        service_button { "Continue" "Continuar" }
        title { "Back to the app" "De vuelta a la aplicación" }
        text { "You are being sent back to the app." "Le estamos devolviendo a la aplicación." }
        button { "Continue to the app" "Continuar a la aplicación" }
    }
}

impl FormPost {
    const fn words(&self) -> FormPostWords {
        FormPostWords(self.chrome.language)
    }

    fn title(&self) -> &'static str {
        match self.target {
            FormPostTarget::App => self.words().title(),
            FormPostTarget::SignInService => self.words().service_title(),
        }
    }

    fn text(&self) -> &'static str {
        match self.target {
            FormPostTarget::App => self.words().text(),
            FormPostTarget::SignInService => self.words().service_text(),
        }
    }

    fn button(&self) -> &'static str {
        match self.target {
            FormPostTarget::App => self.words().button(),
            FormPostTarget::SignInService => self.words().service_button(),
        }
    }
}

impl Page for FormPost {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
