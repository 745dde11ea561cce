//! A link to choose a password. It is on this page and nowhere else.

use super::super::frame::ConsoleFrame;
use crate::kernel::{Secret, Timestamp};
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// A link that was made just now.
#[derive(Clone, Template)]
#[template(path = "pages/console/people/link.html")]
pub struct ConsoleUserLink {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Whose it is.
    pub person: String,
    /// What they sign in as.
    pub username: String,
    /// Whether it is for the first password.
    pub invitation: bool,
    /// The link.
    pub link: Secret<String>,
    /// Until when it works.
    pub until: Timestamp,
    /// The person.
    pub next: Href,
}

words! {
    /// This page's words.
    LinkWords {
        title { "Copy the link now" "Copie ahora el enlace" }
        about {
            "This is the only time it is shown. Whoever has it chooses the password, so hand it over on a safe way."
            "Solo se muestra esta vez. Quien lo tenga elige la contraseña, así que entréguelo por una vía segura."
        }
        invited { "The account is ready." "La cuenta está lista." }
        person { "Person" "Persona" }
        username { "Signs in as" "Inicia sesión como" }
        link { "Link" "Enlace" }
        until { "Works once, until" "Funciona una vez, hasta" }
        next { "I have copied it" "Lo he copiado" }
    }
}

impl ConsoleUserLink {
    const fn words(&self) -> LinkWords {
        LinkWords(self.frame.chrome.language)
    }

    fn moment(&self) -> String {
        moment_in_words(self.until, self.frame.chrome.language)
    }
}

impl Page for ConsoleUserLink {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
