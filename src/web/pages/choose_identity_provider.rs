//! Choosing among several ways to sign in.

use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
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
}

/// One way to sign in.
#[derive(Clone, Debug)]
pub struct IdentityProviderChoice {
    /// The hospital's word for it, such as "Staff account".
    pub label: String,
    /// A line below, such as "Badge number and network password".
    pub hint: Option<String>,
    /// Where it begins.
    pub href: Href,
}

words! {
    ChooseWords {
        title { "How do you want to sign in?" "¿Cómo desea iniciar sesión?" }
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
