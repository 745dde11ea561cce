//! Typing in the code that a device shows (RFC 8628 section 3.3).

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// The form. Posts `csrf` and `user_code` to `action`.
#[derive(Template)]
#[template(path = "pages/device_code.html")]
pub struct DeviceCode {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// What was typed before, or came with the address.
    pub user_code: String,
    /// What went wrong at the last attempt.
    pub problem: Option<DeviceCodeProblem>,
}

/// Why the last attempt did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCodeProblem {
    /// Nobody was given this code, or it is too old, or it was used.
    Unknown,
    /// Too many wrong codes; the next one is looked at after these minutes.
    TooManyAttempts {
        /// Whole minutes, rounded up.
        minutes: u16,
    },
}

words! {
    DeviceCodeWords {
        title { "Connect a device" "Conectar un dispositivo" }
        what {
            "Enter the code that your device shows."
            "Escriba el código que muestra su dispositivo."
        }
        code { "Code" "Código" }
        hint { "Eight letters, such as BCDF-GHJK." "Ocho letras, como BCDF-GHJK." }
        submit { "Continue" "Continuar" }
        unknown {
            "This code is not known, or it has expired. Compare it with your device, or ask the device for a new code."
            "Este código no es conocido o ha caducado. Compárelo con el de su dispositivo o pida en él un código nuevo."
        }
        one_minute {
            "There were too many wrong codes. Wait one minute, then try again."
            "Ha habido demasiados códigos erróneos. Espere un minuto y vuelva a intentarlo."
        }
        some_minutes(minutes: &str) {
            "There were too many wrong codes. Wait {minutes} minutes, then try again."
            "Ha habido demasiados códigos erróneos. Espere {minutes} minutos y vuelva a intentarlo."
        }
    }
}

impl DeviceCode {
    const fn words(&self) -> DeviceCodeWords {
        DeviceCodeWords(self.chrome.language)
    }

    fn problem_in_words(&self) -> Option<String> {
        let words = self.words();
        Some(match self.problem? {
            DeviceCodeProblem::Unknown => words.unknown().to_owned(),
            DeviceCodeProblem::TooManyAttempts { minutes: 0 | 1 } => words.one_minute().to_owned(),
            DeviceCodeProblem::TooManyAttempts { minutes } => words.some_minutes(&minutes.to_string()),
        })
    }
}

impl Page for DeviceCode {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        match self.problem {
            None => StatusCode::OK,
            Some(DeviceCodeProblem::Unknown) => StatusCode::BAD_REQUEST,
            Some(DeviceCodeProblem::TooManyAttempts { .. }) => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}
