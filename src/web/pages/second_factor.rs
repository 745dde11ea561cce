//! The second factor: a code, or a passkey.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// The form for a code. Posts `csrf` and `code` to `action`; posts `csrf` alone to `passkey`.
#[derive(Template)]
#[template(path = "pages/second_factor.html")]
pub struct SecondFactor {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The forms' token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// Whether an authenticator app is set up.
    pub has_app: bool,
    /// Whether there are recovery codes.
    pub has_recovery_codes: bool,
    /// Where the passkey is asked for, if there is one.
    pub passkey: Option<Href>,
    /// What went wrong at the last attempt.
    pub problem: Option<CodeProblem>,
    /// Back to user name and password.
    pub start_again: Href,
}

/// Why the last code was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    /// Nothing was typed.
    Missing,
    /// It is wrong, too old, or was used before.
    Wrong,
    /// The passkey did not work.
    Passkey,
    /// Too many attempts; the next one is accepted after these minutes.
    TooManyAttempts {
        /// Whole minutes, rounded up.
        minutes: u16,
    },
}

words! {
    SecondFactorWords {
        title { "Is it you?" "¿Es usted?" }
        lead_app {
            "Open your authenticator app and type the code it shows for this hospital."
            "Abra su aplicación de autenticación y escriba el código que muestra para este hospital."
        }
        lead_recovery { "Type one of your recovery codes." "Escriba uno de sus códigos de recuperación." }
        code { "Code" "Código" }
        recovery {
            "Without your phone? Type one of your recovery codes instead."
            "¿No tiene su teléfono? Escriba en su lugar uno de sus códigos de recuperación."
        }
        submit { "Continue" "Continuar" }
        use_passkey { "Use a passkey" "Usar una llave de acceso" }
        again { "Sign in as somebody else" "Iniciar sesión como otra persona" }
        missing { "Type the code." "Escriba el código." }
        wrong {
            "This code is wrong, or was used before. Wait for the next one, then type it."
            "Este código no es correcto o ya se usó. Espere al siguiente y escríbalo."
        }
        passkey_failed {
            "The passkey did not work. Try again, or use a code."
            "La llave de acceso no ha funcionado. Inténtelo de nuevo o use un código."
        }
        too_many(minutes: &str) {
            "There were too many attempts. Try again in {minutes} min."
            "Ha habido demasiados intentos. Vuelva a intentarlo en {minutes} min."
        }
    }
}

impl SecondFactor {
    const fn words(&self) -> SecondFactorWords {
        SecondFactorWords(self.chrome.language)
    }

    fn problem_in_words(&self) -> Option<String> {
        let words = self.words();
        Some(match self.problem? {
            CodeProblem::Missing => words.missing().to_owned(),
            CodeProblem::Wrong => words.wrong().to_owned(),
            CodeProblem::Passkey => words.passkey_failed().to_owned(),
            CodeProblem::TooManyAttempts { minutes } => words.too_many(&minutes.to_string()),
        })
    }
}

impl Page for SecondFactor {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        match self.problem {
            None => StatusCode::OK,
            Some(CodeProblem::TooManyAttempts { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Some(_) => StatusCode::BAD_REQUEST,
        }
    }
}
