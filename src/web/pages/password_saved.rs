//! The end of a one-time link: the password is chosen, and where to go now.

use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// Says that it worked, and leads on. Nobody is signed in by it.
#[derive(Template)]
#[template(path = "pages/password_saved.html")]
pub struct PasswordSaved {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Whose password it is: what they type when they sign in.
    pub username: String,
    /// The console, for who administers something here.
    pub console: Option<Href>,
    /// The account page.
    pub account: Href,
}

words! {
    PasswordSavedWords {
        title { "Your password is saved" "Su contraseña está guardada" }
        user(username: &str) { "For the account {username}" "Para la cuenta {username}" }
        lead {
            "Sign in with it from now on. You were signed out everywhere else."
            "A partir de ahora, inicie sesión con ella. Se ha cerrado su sesión en todos los demás lugares."
        }
        app_first {
            "If you came from an app, go back to it and sign in there."
            "Si venía de una aplicación, vuelva a ella e inicie sesión allí."
        }
        to_console { "Sign in to administration" "Entrar en la administración" }
        to_account { "Sign in to your account" "Entrar en su cuenta" }
    }
}

impl PasswordSaved {
    const fn words(&self) -> PasswordSavedWords {
        PasswordSavedWords(self.chrome.language)
    }
}

impl Page for PasswordSaved {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
