//! Signing in with an account of the tenant's own.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// The form for user name and password. Posts `csrf`, `username` and `password` to `action`.
#[derive(Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignIn {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// What was typed before, or the app's `login_hint`.
    pub username: String,
    /// What went wrong at the last attempt.
    pub problem: Option<SignInProblem>,
    /// The page that offers the tenant's other ways to sign in.
    pub other_ways: Option<Href>,
    /// Where somebody who forgot the password asks for another.
    pub forgot: Option<Href>,
    /// Whether a passkey can be used: the form then has a second button, `way=passkey`.
    pub passkeys: bool,
    /// Whether only accounts for emergencies may sign in here.
    pub emergency: bool,
}

/// Why the last attempt did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// User name and password do not belong together. Which of the two is wrong is not told.
    WrongCredentials,
    /// The user name is empty.
    UsernameMissing,
    /// The password is empty.
    PasswordMissing,
    /// Too many attempts; the next one is accepted after these minutes.
    TooManyAttempts {
        /// Whole minutes, rounded up.
        minutes: u16,
    },
    /// The server is too busy to check a password now.
    Busy,
}

words! {
    SignInWords {
        title { "Sign in" "Inicio de sesión" }
        username { "User name" "Nombre de usuario" }
        password { "Password" "Contraseña" }
        show { "Show" "Mostrar" }
        hide { "Hide" "Ocultar" }
        show_password { "Show password" "Mostrar la contraseña" }
        submit { "Sign in" "Iniciar sesión" }
        other_ways { "Sign in another way" "Iniciar sesión de otra forma" }
        forgot { "Forgotten your password?" "¿Ha olvidado su contraseña?" }
        passkey { "Use a passkey" "Usar una llave de acceso" }
        emergency {
            "For emergency accounts only. Each use is recorded and told to the hospital's owners."
            "Solo para cuentas de emergencia. Cada uso se registra y se comunica a los responsables del hospital."
        }
        wrong {
            "The user name and password do not match. Check both and try again."
            "El nombre de usuario y la contraseña no coinciden. Revíselos e inténtelo de nuevo."
        }
        username_missing { "Enter your user name." "Escriba su nombre de usuario." }
        password_missing { "Enter your password." "Escriba su contraseña." }
        one_minute {
            "There were too many attempts. Wait one minute, then try again."
            "Ha habido demasiados intentos. Espere un minuto y vuelva a intentarlo."
        }
        some_minutes(minutes: &str) {
            "There were too many attempts. Wait {minutes} minutes, then try again."
            "Ha habido demasiados intentos. Espere {minutes} minutos y vuelva a intentarlo."
        }
        busy {
            "Many people are signing in right now. Wait a moment, then try again. Your user name is still filled in."
            "Muchas personas están iniciando sesión en este momento. Espere un poco e inténtelo de nuevo; su nombre de usuario sigue escrito."
        }
    }
}

impl SignIn {
    const fn words(&self) -> SignInWords {
        SignInWords(self.chrome.language)
    }

    fn problem_in_words(&self) -> Option<String> {
        let words = self.words();
        Some(match self.problem? {
            SignInProblem::WrongCredentials => words.wrong().to_owned(),
            SignInProblem::UsernameMissing => words.username_missing().to_owned(),
            SignInProblem::PasswordMissing => words.password_missing().to_owned(),
            SignInProblem::TooManyAttempts { minutes: 0 | 1 } => words.one_minute().to_owned(),
            SignInProblem::TooManyAttempts { minutes } => words.some_minutes(&minutes.to_string()),
            SignInProblem::Busy => words.busy().to_owned(),
        })
    }

    /// Whether the message is about the content of the user name field.
    const fn username_in_question(&self) -> bool {
        matches!(
            self.problem,
            Some(SignInProblem::WrongCredentials | SignInProblem::UsernameMissing)
        )
    }

    /// Whether the message is about the content of the password field.
    const fn password_in_question(&self) -> bool {
        matches!(
            self.problem,
            Some(SignInProblem::WrongCredentials | SignInProblem::PasswordMissing)
        )
    }
}

impl Page for SignIn {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        match self.problem {
            None => StatusCode::OK,
            // 401 would need a WWW-Authenticate challenge (RFC 9110 section 15.5.2), which a form is not.
            Some(SignInProblem::WrongCredentials | SignInProblem::UsernameMissing | SignInProblem::PasswordMissing) => {
                StatusCode::BAD_REQUEST
            }
            Some(SignInProblem::TooManyAttempts { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Some(SignInProblem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
