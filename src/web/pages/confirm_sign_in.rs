//! The page before a sign-in that began at the hospital's sign-in service and not here.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// Asks whether the person at this browser wants to be signed in as the one that the service named. A page elsewhere may have
/// sent somebody else's sign-in here.
#[derive(Template)]
#[template(path = "pages/confirm_sign_in.html")]
pub struct ConfirmSignIn {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form goes.
    pub action: Href,
    /// The service, in the hospital's words.
    pub provider: String,
    /// Who would be signed in, when the service told a name.
    pub person: Option<String>,
}

words! {
    ConfirmSignInWords {
        title { "Sign in here?" "¿Iniciar sesión aquí?" }
        named(provider: &str, person: &str) {
            "“{provider}” wants to sign you in as {person}."
            "«{provider}» quiere iniciar su sesión como {person}."
        }
        unnamed(provider: &str) {
            "“{provider}” wants to sign you in."
            "«{provider}» quiere iniciar su sesión."
        }
        warning {
            "If you did not just come from there, or that is not you, close this page."
            "Si no viene de allí en este momento, o no es usted, cierre esta página."
        }
        button { "Continue" "Continuar" }
    }
}

impl ConfirmSignIn {
    const fn words(&self) -> ConfirmSignInWords {
        ConfirmSignInWords(self.chrome.language)
    }

    fn text(&self) -> String {
        match &self.person {
            Some(person) => self.words().named(&self.provider, person),
            None => self.words().unnamed(&self.provider),
        }
    }
}

impl Page for ConfirmSignIn {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
