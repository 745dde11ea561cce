//! Asking for a link to choose another password.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// The form, or what comes after it. Posts `csrf` and `username` to `action`.
#[derive(Template)]
#[template(path = "pages/forgot_password.html")]
pub struct ForgotPassword {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What the page says.
    pub state: ForgotPasswordState,
    /// Back to signing in.
    pub back: Href,
}

/// What the page says.
#[derive(Clone, Debug)]
pub enum ForgotPasswordState {
    /// The form, with its token and where it posts to.
    Form(Csrf, Href),
    /// It was sent. The words are the same whether there is such an account or not.
    Sent,
    /// The hospital sends no mail.
    NoMail,
    /// The link was used, is too old, or never was one. With the way to another, where there is one.
    LinkGone(Option<Href>),
}

words! {
    ForgotPasswordWords {
        title { "Forgotten password" "Contraseña olvidada" }
        title_gone { "This link no longer works" "Este enlace ya no funciona" }
        lead {
            "Type your user name. If the account has an e-mail address, a link to choose a new password is sent to it."
            "Escriba su nombre de usuario. Si la cuenta tiene una dirección de correo, le enviaremos un enlace para elegir otra contraseña."
        }
        username { "User name" "Nombre de usuario" }
        submit { "Send the link" "Enviar el enlace" }
        sent {
            "If there is such an account with an e-mail address, a link is on its way. It works for 30 minutes."
            "Si existe esa cuenta y tiene dirección de correo, el enlace está en camino. Funciona durante 30 minutos."
        }
        sent_nothing {
            "Nothing came? Look into the folder for unwanted mail, then ask the help desk."
            "¿No ha llegado nada? Mire en la carpeta de correo no deseado y después pregunte al servicio de ayuda."
        }
        no_mail {
            "This hospital does not send passwords by mail. Ask its help desk for a new one."
            "Este hospital no envía contraseñas por correo. Pida una nueva a su servicio de ayuda."
        }
        gone {
            "It was used before, or it is too old. Each link works once."
            "Ya se usó o es demasiado antiguo. Cada enlace funciona una sola vez."
        }
        another { "Ask for another link" "Pedir otro enlace" }
        back { "Back to signing in" "Volver al inicio de sesión" }
    }
}

impl ForgotPassword {
    const fn words(&self) -> ForgotPasswordWords {
        ForgotPasswordWords(self.chrome.language)
    }

    const fn title(&self) -> &'static str {
        match self.state {
            ForgotPasswordState::LinkGone(_) => self.words().title_gone(),
            _ => self.words().title(),
        }
    }
}

impl Page for ForgotPassword {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        match self.state {
            ForgotPasswordState::LinkGone(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::OK,
        }
    }
}
