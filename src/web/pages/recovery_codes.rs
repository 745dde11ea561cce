//! Recovery codes: the question before new ones are made, and the one time they are shown.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The page.
#[derive(Template)]
#[template(path = "pages/recovery_codes.html")]
pub struct RecoveryCodes {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What it shows.
    pub state: RecoveryCodesState,
    /// On, or back.
    pub next: Href,
}

/// What the page shows.
pub enum RecoveryCodesState {
    /// The question. Posts the token to the address.
    Question(Csrf, Href),
    /// The new codes, never again.
    Codes(Vec<String>),
}

words! {
    RecoveryCodesWords {
        title { "Recovery codes" "Códigos de recuperación" }
        question {
            "You get ten new codes. Each lets you in once when your phone or key is lost. Codes you have from before stop working."
            "Recibirá diez códigos nuevos. Cada uno le permite entrar una vez si pierde su teléfono o su llave. Los códigos anteriores dejan de funcionar."
        }
        make { "Make new codes" "Crear códigos nuevos" }
        back { "Back" "Volver" }
        once {
            "These codes are shown now and never again. Print them or write them down, and keep them where nobody else looks."
            "Estos códigos se muestran ahora y nunca más. Imprímalos o anótelos y guárdelos donde nadie más mire."
        }
        list { "Your codes" "Sus códigos" }
        saved { "I have saved them" "Los he guardado" }
    }
}

impl RecoveryCodes {
    const fn words(&self) -> RecoveryCodesWords {
        RecoveryCodesWords(self.chrome.language)
    }
}

impl Page for RecoveryCodes {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
