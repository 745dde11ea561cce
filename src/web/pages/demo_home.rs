//! The front page of the demonstration.

use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// What is in the demonstration and where to begin.
#[derive(Template)]
#[template(path = "pages/demo_home.html")]
pub struct DemoHome {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The hospitals.
    pub tenants: Vec<DemoTenant>,
}

/// One hospital of the demonstration.
#[derive(Clone)]
pub struct DemoTenant {
    /// Its name.
    pub name: String,
    /// A line about how people sign in there.
    pub note: Option<String>,
    /// Its issuer.
    pub issuer: String,
    /// Its FHIR base.
    pub fhir_base: String,
    /// Ways to start the sample app there.
    pub launches: Vec<DemoLaunch>,
    /// Who can sign in.
    pub users: Vec<DemoUser>,
}

/// A link that starts the sample app.
#[derive(Clone)]
pub struct DemoLaunch {
    /// What the link does.
    pub label: String,
    /// Where it leads.
    pub href: Href,
}

/// A made-up person with a password that everyone may know.
#[derive(Clone)]
pub struct DemoUser {
    /// Name and role, such as "Dr. Ana Ruiz, cardiologist".
    pub person: String,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

words! {
    DemoWords {
        title { "One app, several hospitals" "Una aplicación, varios hospitales" }
        intro {
            "Every hospital below has an authorization server of its own, and all of them run in this one process. Start the sample app at one hospital, sign in, and then try its token at the other."
            "Cada hospital de abajo tiene su propio servidor de autorización, y todos funcionan en este mismo proceso. Abra la aplicación de ejemplo en un hospital, inicie sesión y pruebe después su token en el otro."
        }
        made_up {
            "Everything here is made up: the hospitals, the people, the passwords. Do not enter real data."
            "Todo es inventado: los hospitales, las personas y las contraseñas. No introduzca datos reales."
        }
        people { "People" "Personas" }
        username { "User name" "Usuario" }
        password { "Password" "Contraseña" }
        addresses { "Addresses" "Direcciones" }
        issuer { "Issuer" "Emisor" }
        fhir_base { "FHIR base" "Base FHIR" }
    }
}

impl DemoHome {
    const fn words(&self) -> DemoWords {
        DemoWords(self.chrome.language)
    }
}

impl Page for DemoHome {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
