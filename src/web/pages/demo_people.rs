//! The sign-in page of the demonstration's clinic: choose who to be.

use super::IdentityProviderChoice;
use crate::web::language::words;
use crate::web::{Chrome, Page};
use askama::Template;

/// A list of made-up people, without passwords.
#[derive(Template)]
#[template(path = "pages/demo_people.html")]
pub struct DemoPeople {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The people.
    pub choices: Vec<IdentityProviderChoice>,
}

words! {
    DemoPeopleWords {
        title { "Who are you today?" "¿Quién es usted hoy?" }
        text {
            "This is the sign-in service of a made-up clinic. It speaks SAML with the clinic's own server."
            "Este es el servicio de acceso de una clínica inventada. Habla SAML con el servidor de la clínica."
        }
    }
}

impl DemoPeople {
    const fn words(&self) -> DemoPeopleWords {
        DemoPeopleWords(self.chrome.language)
    }
}

impl Page for DemoPeople {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
