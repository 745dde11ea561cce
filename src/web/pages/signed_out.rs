//! After signing out.

use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// The session at this tenant has ended.
#[derive(Template)]
#[template(path = "pages/signed_out.html")]
pub struct SignedOut {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The upstream sign-in service, in the hospital's words, where the person may still be signed in.
    pub still_signed_in_at: Option<String>,
    /// Where to go next: the app's home or its post-logout address.
    pub next: Option<Href>,
    /// Addresses of apps that end their own sessions in this browser when they are loaded.
    pub frames: Vec<String>,
}

words! {
    SignedOutWords {
        title { "You are signed out" "Ha cerrado la sesión" }
        done(hospital: &str) {
            "Your session at {hospital} has ended in this browser."
            "Su sesión en {hospital} ha terminado en este navegador."
        }
        still(provider: &str) {
            "You may still be signed in at “{provider}”. On a shared computer, sign out there too, or close the browser."
            "Es posible que su sesión siga abierta en «{provider}». En un equipo compartido, ciérrela también allí o cierre el navegador."
        }
        shared { "On a shared computer, close the browser too." "En un equipo compartido, cierre también el navegador." }
        frame { "An app is signing you out" "Una aplicación está cerrando su sesión" }
        next { "Continue" "Continuar" }
    }
}

impl SignedOut {
    const fn words(&self) -> SignedOutWords {
        SignedOutWords(self.chrome.language)
    }
}

impl Page for SignedOut {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
