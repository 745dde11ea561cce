//! The browser's own dialogue for passkeys, begun by a script; without script the page says what else there is.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// The page. Posts `csrf`, `ceremony`, `credential` and, for a new passkey, `label` to `action`.
#[derive(Template)]
#[template(path = "pages/passkey.html")]
pub struct PasskeyPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// What the server keeps the challenge under.
    pub ceremony: String,
    /// The options of the dialogue as JSON (WebAuthn Level 3 sections 5.4 and 5.5), binary members in base64url.
    pub options: String,
    /// Whether a passkey is made, else used.
    pub creates: bool,
    /// Whether the last attempt failed.
    pub failed: bool,
    /// The other ways.
    pub back: Href,
}

words! {
    PasskeyWords {
        title { "Sign in with a passkey" "Iniciar sesión con una llave de acceso" }
        title_new { "Add a passkey" "Añadir una llave de acceso" }
        lead {
            "Your browser asks you for your finger, face, PIN or security key."
            "Su navegador le pedirá su dedo, su cara, un PIN o su llave de seguridad."
        }
        label { "Name of this passkey" "Nombre de esta llave de acceso" }
        label_hint { "So that you know it again, such as “Phone” or “Ward computer”." "Para reconocerla después, como «Teléfono» u «Ordenador de planta»." }
        label_default { "Passkey" "Llave de acceso" }
        submit { "Use passkey" "Usar la llave de acceso" }
        submit_new { "Add passkey" "Añadir la llave de acceso" }
        failed {
            "The passkey did not work, or the dialogue was closed. Try again, or choose another way."
            "La llave de acceso no ha funcionado o se cerró el diálogo. Inténtelo de nuevo o elija otra forma."
        }
        unsupported {
            "Passkeys need a browser that knows them, with JavaScript switched on. Choose another way."
            "Las llaves de acceso necesitan un navegador compatible con JavaScript activado. Elija otra forma."
        }
        back { "Choose another way" "Elegir otra forma" }
        back_new { "Back" "Volver" }
    }
}

impl PasskeyPage {
    const fn words(&self) -> PasskeyWords {
        PasskeyWords(self.chrome.language)
    }

    const fn title(&self) -> &'static str {
        if self.creates {
            self.words().title_new()
        } else {
            self.words().title()
        }
    }
}

impl Page for PasskeyPage {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        if self.failed {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::OK
        }
    }
}
