//! The tenant's signing keys, and rotating them.

use super::frame::ConsoleFrame;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The keys.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/keys.html")]
pub struct ConsoleKeys {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The keys.
    pub rows: Vec<KeyRow>,
    /// Rotating, for those who may.
    pub rotate: Option<KeyActions>,
    /// Whether they were just rotated.
    pub rotated: bool,
    /// Why they could not be.
    pub problem: Option<String>,
}

/// One key.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Its id.
    pub kid: String,
    /// Its algorithm.
    pub algorithm: String,
    /// `next`, `active`, `retiring`.
    pub state: &'static str,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Until when it is published, RFC 3339.
    pub published_until: Option<String>,
}

/// What can be done with the keys.
#[derive(Clone, Debug)]
pub struct KeyActions {
    /// Protects both forms.
    pub csrf: Csrf,
    /// Where both go.
    pub action: Href,
    /// What has to be typed to withdraw all keys.
    pub confirmation: String,
    /// What was typed was something else.
    pub not_confirmed: bool,
}

words! {
    /// This page's words.
    KeyWords {
        title { "Signing keys" "Claves de firma" }
        lead {
            "With these, this server signs tokens. They rotate by themselves, each published before it signs and for as long as a token may live afterwards."
            "Con ellas firma los tokens este servidor. Rotan por sí mismas: cada una se publica antes de firmar y mientras pueda vivir un token."
        }
        kid { "Key id" "Identificador" }
        algorithm { "Algorithm" "Algoritmo" }
        state { "State" "Estado" }
        created { "Made" "Creada" }
        until { "Published until" "Publicada hasta" }
        next { "Next" "Siguiente" }
        active { "Signs now" "Firma ahora" }
        retiring { "Still published" "Aún publicada" }
        rotate { "Rotate now" "Rotar ahora" }
        rotate_text {
            "The next keys begin to sign, and new ones are published. Nobody is signed out."
            "Las claves siguientes empiezan a firmar y se publican otras nuevas. Nadie pierde su sesión."
        }
        emergency { "Withdraw all keys" "Retirar todas las claves" }
        emergency_text {
            "Only if a key is in other hands: every token signed with these keys stops being accepted as soon as apps and servers look again."
            "Solo si una clave está en otras manos: los tokens firmados con ellas dejan de aceptarse en cuanto las aplicaciones y servidores vuelvan a mirar."
        }
        confirm(word: &str) { "Type {word} to confirm" "Escriba {word} para confirmar" }
        not_confirmed { "This is something else. No key was withdrawn." "No coincide. No se ha retirado ninguna clave." }
        done { "The keys were rotated." "Las claves se han rotado." }
        not_done { "The keys were not rotated" "Las claves no se han rotado" }
    }
}

impl KeyWords {
    /// A state as it is shown, with the class of its badge.
    pub(super) fn state_of(self, state: &str) -> (&'static str, &'static str) {
        match state {
            "active" => (self.active(), "good"),
            "next" => (self.next(), "plain"),
            _ => (self.retiring(), "warning"),
        }
    }
}

impl ConsoleKeys {
    const fn words(&self) -> KeyWords {
        KeyWords(self.frame.chrome.language)
    }

    fn state(&self, row: &KeyRow) -> (&'static str, &'static str) {
        self.words().state_of(row.state)
    }
}

impl Page for ConsoleKeys {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
