//! An app's keys: what was found, what can be used, what is wrong in words.

use super::frame::ConsoleFrame;
use crate::oauth::jose::inspection::{KeyFault, KeySetFault};
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// What was found.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/app_keys.html")]
pub struct ConsoleAppKeys {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The app.
    pub back: Href,
    /// Its name.
    pub name: String,
    /// Looking once more.
    pub again: Href,
    /// Changing where the keys are.
    pub edit: Href,
    /// Where they are; none when they are registered here.
    pub address: Option<String>,
    /// Whether the app can authenticate with one of them.
    pub usable: bool,
    /// Why there are no keys, and what exactly was said.
    pub problem: Option<(KeySetFault, String)>,
    /// The keys.
    pub rows: Vec<AppKeyRow>,
}

/// One key.
#[derive(Clone, Debug)]
pub struct AppKeyRow {
    /// Its id.
    pub kid: Option<String>,
    /// Its type.
    pub kty: String,
    /// Bits, or the curve.
    pub size: Option<String>,
    /// Algorithms for which it is accepted.
    pub algorithms: String,
    /// Whether an assertion signed with it is accepted.
    pub usable: bool,
    /// What is wrong with it.
    pub faults: Vec<KeyFault>,
}

words! {
    /// This page's words.
    AppKeyWords {
        title(name: &str) { "Keys of “{name}”" "Claves de «{name}»" }
        back { "The app" "La aplicación" }
        good { "The app can prove who it is with at least one of these keys." "La aplicación puede demostrar su identidad con al menos una de estas claves." }
        bad {
            "With these keys the app cannot prove who it is: it gets invalid_client. Tell its maker what is said below."
            "Con estas claves la aplicación no puede demostrar su identidad: recibe invalid_client. Indique a quien la hace lo que se dice abajo."
        }
        address { "Fetched just now from" "Obtenidas ahora mismo de" }
        registered { "Registered here, not published by the app" "Registradas aquí, no publicadas por la aplicación" }
        no_keys { "There are no keys" "No hay claves" }
        none_registered { "The app registered neither keys nor an address." "La aplicación no registró ni claves ni una dirección." }
        unreachable {
            "The address could not be reached. Ask the app's maker whether it is right, and whether it can be reached from the internet."
            "No se pudo acceder a la dirección. Pregunte a quien hace la aplicación si es correcta y accesible desde internet."
        }
        not_found { "The address did not answer with 200." "La dirección no respondió con 200." }
        not_a_set { "What is there is no JWK Set: a JSON object with a list “keys”." "Lo que hay no es un JWK Set: un objeto JSON con una lista «keys»." }
        empty { "The set is there, and holds no key." "El conjunto existe, pero no contiene ninguna clave." }
        detail { "In detail" "En detalle" }
        keys { "Keys" "Claves" }
        kid { "Key id" "Identificador" }
        kty { "Type and size" "Tipo y tamaño" }
        algorithms { "Accepted for" "Aceptada para" }
        state { "State" "Estado" }
        usable { "Can be used" "Se puede usar" }
        not_usable { "Not usable" "No se puede usar" }
        remarks { "Remarks" "Observaciones" }
        no_kid { "None" "Ninguno" }
        again { "Look again" "Comprobar de nuevo" }
        edit { "Change where they are" "Cambiar dónde están" }
        private {
            "Its private half is published: whoever reads it can pose as the app. The app's maker has to replace the key now."
            "Su mitad privada está publicada: quien la lea puede hacerse pasar por la aplicación. Quien la hace debe cambiar la clave ya."
        }
        symmetric { "A shared secret, not a public key." "Es un secreto compartido, no una clave pública." }
        unknown_type { "Its type is not used here: RSA, EC (P-256, P-384) and OKP (Ed25519) are." "Su tipo no se usa aquí: sí RSA, EC (P-256, P-384) y OKP (Ed25519)." }
        malformed { "A member of it is missing or not base64url." "Le falta un campo o no está en base64url." }
        too_short { "RSA keys have at least 2048 bits." "Las claves RSA tienen al menos 2048 bits." }
        too_long { "RSA keys have at most 8192 bits here." "Aquí las claves RSA tienen como máximo 8192 bits." }
        not_for_signatures { "It is marked for encryption, so it signs nothing." "Está marcada para cifrar, así que no firma nada." }
        not_accepted {
            "This hospital accepts none of its algorithms. RS384 and ES384 are always accepted; others are a setting."
            "Este hospital no acepta ninguno de sus algoritmos. RS384 y ES384 se aceptan siempre; otros son un ajuste."
        }
        same_kid { "Another key has the same key id, so neither can be told apart." "Otra clave tiene el mismo identificador y no se pueden distinguir." }
        nameless { "It has no key id (kid), which SMART demands; beside other keys it cannot be chosen." "No tiene identificador (kid), que SMART exige; junto a otras claves no se puede elegir." }
    }
}

impl ConsoleAppKeys {
    const fn words(&self) -> AppKeyWords {
        AppKeyWords(self.frame.chrome.language)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    const fn fault_in_words(&self, fault: &KeyFault) -> &'static str {
        let words = self.words();
        match fault {
            KeyFault::Private => words.private(),
            KeyFault::Symmetric => words.symmetric(),
            KeyFault::UnknownType => words.unknown_type(),
            KeyFault::Malformed => words.malformed(),
            KeyFault::TooShort => words.too_short(),
            KeyFault::TooLong => words.too_long(),
            KeyFault::NotForSignatures => words.not_for_signatures(),
            KeyFault::AlgorithmNotAccepted => words.not_accepted(),
            KeyFault::SameKeyId => words.same_kid(),
            KeyFault::NoKeyId => words.nameless(),
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    const fn problem_in_words(&self, fault: &KeySetFault) -> &'static str {
        let words = self.words();
        match fault {
            KeySetFault::NoneRegistered => words.none_registered(),
            KeySetFault::Unreachable => words.unreachable(),
            KeySetFault::NotFound => words.not_found(),
            KeySetFault::NotAKeySet => words.not_a_set(),
            KeySetFault::Empty => words.empty(),
        }
    }
}

impl Page for ConsoleAppKeys {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
