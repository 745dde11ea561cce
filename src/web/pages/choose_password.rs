//! Choosing a password: at the end of a one-time link, or at one's own account page.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// The form. Posts `csrf`, `password`, and at the account page `current`, to `action`.
#[derive(Template)]
#[template(path = "pages/choose_password.html")]
pub struct ChoosePassword {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// Whose password it is, for the browser's own list of passwords.
    pub username: String,
    /// Whether the present password is asked for.
    pub asks_current: bool,
    /// Fewest characters.
    pub least: usize,
    /// What went wrong at the last attempt.
    pub problem: Option<PasswordProblem>,
    /// Back, where there is a way back.
    pub back: Option<Href>,
}

/// Why the password was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    /// The present password is wrong.
    WrongCurrent,
    /// Too short.
    TooShort,
    /// Too long.
    TooLong,
    /// Guessed first.
    Guessable,
    /// Too many attempts; the next one is accepted after these minutes.
    TooManyAttempts {
        /// Whole minutes, rounded up.
        minutes: u16,
    },
    /// The server is too busy.
    Busy,
}

words! {
    ChoosePasswordWords {
        title { "Choose a password" "Elija una contraseña" }
        user(username: &str) { "For the account {username}" "Para la cuenta {username}" }
        username { "User name" "Nombre de usuario" }
        current { "Present password" "Contraseña actual" }
        new_one { "New password" "Contraseña nueva" }
        advice(least: &str) {
            "At least {least} characters. Four or five words that do not belong together are easy to remember and hard to guess. Any characters will do, spaces too."
            "Al menos {least} caracteres. Cuatro o cinco palabras sin relación entre sí son fáciles de recordar y difíciles de adivinar. Sirve cualquier carácter, también los espacios."
        }
        show { "Show" "Mostrar" }
        hide { "Hide" "Ocultar" }
        show_password { "Show password" "Mostrar la contraseña" }
        submit { "Save password" "Guardar la contraseña" }
        back { "Back" "Volver" }
        ends { "You will be signed out everywhere else." "Se cerrarán sus demás sesiones." }
        wrong_current {
            "The present password is wrong. Type it again."
            "La contraseña actual no es correcta. Escríbala de nuevo."
        }
        too_short(least: &str) {
            "This password is too short: use at least {least} characters."
            "Esta contraseña es demasiado corta: use al menos {least} caracteres."
        }
        too_long { "This password is too long." "Esta contraseña es demasiado larga." }
        guessable {
            "This password is easy to guess, or is known from a leak. Choose another one, without your name and without common words in a row."
            "Esta contraseña es fácil de adivinar o se conoce por una filtración. Elija otra, sin su nombre y sin palabras habituales seguidas."
        }
        too_many(minutes: &str) {
            "There were too many attempts. Try again in {minutes} min."
            "Ha habido demasiados intentos. Vuelva a intentarlo en {minutes} min."
        }
        busy {
            "The server is busy right now. Wait a moment, then try again."
            "El servidor está ocupado en este momento. Espere un poco e inténtelo de nuevo."
        }
    }
}

impl ChoosePassword {
    const fn words(&self) -> ChoosePasswordWords {
        ChoosePasswordWords(self.chrome.language)
    }

    fn problem_in_words(&self) -> Option<String> {
        let words = self.words();
        Some(match self.problem? {
            PasswordProblem::WrongCurrent => words.wrong_current().to_owned(),
            PasswordProblem::TooShort => words.too_short(&self.least.to_string()),
            PasswordProblem::TooLong => words.too_long().to_owned(),
            PasswordProblem::Guessable => words.guessable().to_owned(),
            PasswordProblem::TooManyAttempts { minutes } => words.too_many(&minutes.to_string()),
            PasswordProblem::Busy => words.busy().to_owned(),
        })
    }

    fn least_in_words(&self) -> String {
        self.least.to_string()
    }

    const fn current_in_question(&self) -> bool {
        matches!(self.problem, Some(PasswordProblem::WrongCurrent))
    }

    const fn new_in_question(&self) -> bool {
        matches!(
            self.problem,
            Some(PasswordProblem::TooShort | PasswordProblem::TooLong | PasswordProblem::Guessable)
        )
    }
}

impl Page for ChoosePassword {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        match self.problem {
            None => StatusCode::OK,
            Some(PasswordProblem::TooManyAttempts { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Some(PasswordProblem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
            Some(_) => StatusCode::BAD_REQUEST,
        }
    }
}
