//! An app that an EHR opened for one person, in front of another.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;
use axum::http::StatusCode;

/// Says so, and offers to sign in as somebody else or to go back.
#[derive(Template)]
#[template(path = "pages/wrong_user.html")]
pub struct WrongUser {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who is signed in.
    pub person: String,
    /// Where another person signs in.
    pub sign_in: Href,
    /// The token of the form that gives up.
    pub csrf: Csrf,
    /// Where it posts to.
    pub give_up: Href,
}

words! {
    WrongUserWords {
        title { "This app was opened for someone else" "Esta aplicación se abrió para otra persona" }
        what(person: &str) {
            "You are signed in as {person}, but the record system opened the app for another user. So it gets no access with your account."
            "Su sesión está iniciada como {person}, pero el sistema de historias clínicas abrió la aplicación para otro usuario. Por eso no obtiene acceso con su cuenta."
        }
        advice {
            "If the other account is yours too, sign in with it. Otherwise go back and open the app from your own screen."
            "Si la otra cuenta también es suya, inicie sesión con ella. Si no, vuelva y abra la aplicación desde su propia pantalla."
        }
        sign_in { "Sign in with another account" "Iniciar sesión con otra cuenta" }
        give_up { "Back to the app without access" "Volver a la aplicación sin acceso" }
    }
}

impl WrongUser {
    const fn words(&self) -> WrongUserWords {
        WrongUserWords(self.chrome.language)
    }
}

impl Page for WrongUser {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    fn status(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }
}
