//! The page between two steps, and after a step that cannot be repeated.

use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// One sentence and one button that leads on.
///
/// The button is a link, so a redirect to another origin after it is not bound by `form-action`.
#[derive(Template)]
#[template(path = "pages/continue_sign_in.html")]
pub struct ContinueSignIn {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Why the person sees this page.
    pub reason: ContinueReason,
    /// Where the button leads. `None` when only the app itself can begin again.
    pub href: Option<Href>,
}

/// Why a person has to press a button to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContinueReason {
    /// The next step is at the hospital's sign-in service, named in the hospital's words.
    AtSignInService(String),
    /// The step was done already: Back button, reload, or the same form sent twice.
    StepDone,
    /// The sign-in moved on in another tab.
    OtherTab,
    /// The sign-in waited too long.
    Expired,
}

words! {
    ContinueWords {
        service { "Continue at your hospital's sign-in service" "Continúe en el servicio de acceso de su hospital" }
        service_text(provider: &str) {
            "Next you sign in with “{provider}”. You come back here afterwards."
            "A continuación iniciará sesión con «{provider}». Después volverá aquí."
        }
        service_button { "Continue" "Continuar" }
        done { "This step is already done" "Este paso ya está hecho" }
        done_text {
            "You went back or loaded the page again. Nothing is lost: continue where you were."
            "Ha vuelto atrás o ha recargado la página. No se ha perdido nada: continúe donde estaba."
        }
        done_button { "Continue signing in" "Continuar el inicio de sesión" }
        tab { "You went on in another tab" "Ha continuado en otra pestaña" }
        tab_text {
            "This sign-in has moved on there. You can close this tab, or continue here."
            "El inicio de sesión ha avanzado en la otra pestaña. Puede cerrar esta o continuar aquí."
        }
        tab_button { "Continue here" "Continuar aquí" }
        expired { "This sign-in waited too long" "Este inicio de sesión ha esperado demasiado" }
        expired_text {
            "For your safety it has ended. Nothing was changed."
            "Por su seguridad ha terminado. No se ha cambiado nada."
        }
        expired_button { "Start again" "Empezar de nuevo" }
        begin_in_the_app { "Go back to the app and start again from there." "Vuelva a la aplicación y empiece de nuevo desde allí." }
    }
}

struct ContinueText {
    title: &'static str,
    text: String,
    button: &'static str,
}

impl ContinueSignIn {
    const fn words(&self) -> ContinueWords {
        ContinueWords(self.chrome.language)
    }

    /// The address to go on to without a word: people just said where they sign in.
    fn at_once(&self) -> Option<&Href> {
        let said = matches!(self.reason, ContinueReason::AtSignInService(_));
        self.href.as_ref().filter(|_| said)
    }

    fn text(&self) -> ContinueText {
        let words = self.words();
        let (title, text, button) = match &self.reason {
            ContinueReason::AtSignInService(provider) => {
                (words.service(), words.service_text(provider), words.service_button())
            }
            ContinueReason::StepDone => (words.done(), words.done_text().to_owned(), words.done_button()),
            ContinueReason::OtherTab => (words.tab(), words.tab_text().to_owned(), words.tab_button()),
            ContinueReason::Expired => (words.expired(), words.expired_text().to_owned(), words.expired_button()),
        };
        ContinueText { title, text, button }
    }
}

impl Page for ContinueSignIn {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        match self.reason {
            ContinueReason::AtSignInService(_) => StatusCode::OK,
            ContinueReason::StepDone | ContinueReason::OtherTab => StatusCode::CONFLICT,
            ContinueReason::Expired => StatusCode::GONE,
        }
    }
}
