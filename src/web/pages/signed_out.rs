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
    /// The upstream sign-in service.
    pub upstream: SignedOutUpstream,
    /// Where to go next: the sign-in service's logout, the app's home or its post-logout address.
    pub next: Option<Href>,
    /// Addresses of apps that end their own sessions in this browser when they are loaded.
    pub frames: Vec<String>,
}

/// What is left at the sign-in service where the person had signed in, named in the hospital's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedOutUpstream {
    /// Nothing: there was none, or the session there is over too.
    Nothing,
    /// The person may still be signed in there.
    StillSignedIn(String),
    /// The browser goes there next to sign out; at once, unless apps are being told by this page.
    Leaving(String),
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
        leaving(provider: &str) {
            "Next you are signed out at “{provider}” too."
            "A continuación se cerrará también su sesión en «{provider}»."
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

    /// The address to go on to without a word. Where apps are being told by this page, the person says when.
    fn at_once(&self) -> Option<&Href> {
        let leaving = matches!(self.upstream, SignedOutUpstream::Leaving(_));
        self.next.as_ref().filter(|_| leaving && self.frames.is_empty())
    }

    fn remark(&self) -> String {
        let words = self.words();
        match &self.upstream {
            SignedOutUpstream::Nothing => words.shared().to_owned(),
            SignedOutUpstream::StillSignedIn(provider) => words.still(provider),
            SignedOutUpstream::Leaving(provider) => words.leaving(provider),
        }
    }
}

impl Page for SignedOut {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
