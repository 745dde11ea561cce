//! Choosing among several ways to sign in.

use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// One large button for each way to sign in, in the hospital's own words.
///
/// The buttons are links. Browsers apply `form-action` to every redirect that follows a form, and where an upstream provider
/// sends people next is not ours to list.
#[derive(Template)]
#[template(path = "pages/choose_identity_provider.html")]
pub struct ChooseIdentityProvider {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The ways, in the hospital's order.
    pub choices: Vec<IdentityProviderChoice>,
    /// Where an e-mail address can tell which way is the right one.
    pub address: Option<AddressQuestion>,
}

/// The form for an e-mail address. Posts `csrf` and `email` to `action`.
pub struct AddressQuestion {
    /// The form's token.
    pub csrf: Csrf,
    /// Where the form posts to.
    pub action: Href,
    /// Whether what was typed before led nowhere.
    pub unknown: bool,
    /// What was typed before.
    pub value: String,
}

/// One way to sign in.
#[derive(Clone, Debug)]
pub struct IdentityProviderChoice {
    /// The hospital's word for it, such as "Staff account".
    pub label: String,
    /// A line below, such as "Badge number and network password".
    pub hint: Option<String>,
    /// Whether it was used last in this browser.
    pub used_last: bool,
    /// Where it begins.
    pub href: Href,
}

words! {
    ChooseWords {
        title { "How do you want to sign in?" "¿Cómo desea iniciar sesión?" }
        used_last { "You used this last time" "Lo usó la última vez" }
        email { "Your work e-mail address" "Su dirección de correo del trabajo" }
        find { "Continue" "Continuar" }
        or { "Or choose" "O elija" }
        unknown {
            "No sign-in service is known for this address. Check it, or choose below."
            "No se conoce ningún servicio de acceso para esta dirección. Revísela o elija abajo."
        }
        unknown_only {
            "No sign-in service is known for this address. Check it and try again."
            "No se conoce ningún servicio de acceso para esta dirección. Revísela e inténtelo de nuevo."
        }
        none {
            "This hospital has not set up a way to sign in yet."
            "Este hospital todavía no ha configurado ninguna forma de iniciar sesión."
        }
    }
}

impl ChooseIdentityProvider {
    const fn words(&self) -> ChooseWords {
        ChooseWords(self.chrome.language)
    }
}

impl Page for ChooseIdentityProvider {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
