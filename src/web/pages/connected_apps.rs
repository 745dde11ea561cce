//! The user's own page: which apps may do what, since when, and how to stop it (SMART App Launch 2.2,
//! `management_endpoint`).

use crate::kernel::Timestamp;
use crate::web::dates::{PartialDate, moment_in_words};
use crate::web::language::words;
use crate::web::pages::ConsentServer;
use crate::web::{AppLook, Chrome, Csrf, Href, Page};
use askama::Template;

/// The list.
#[derive(Template)]
#[template(path = "pages/connected_apps.html")]
pub struct ConnectedApps {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The signed-in person's name.
    pub person: String,
    /// When they signed in.
    pub since: Timestamp,
    /// Whether access was withdrawn just now.
    pub withdrawn: bool,
    /// The apps of this page of the list, by name.
    pub apps: Vec<ConnectedAppItem>,
    /// The page before.
    pub previous: Option<Href>,
    /// The page after.
    pub next: Option<Href>,
    /// The token of the sign-out form.
    pub csrf: Csrf,
    /// Where it posts to.
    pub sign_out: Href,
}

/// One app.
#[derive(Clone, Debug)]
pub struct ConnectedAppItem {
    /// How it presents itself.
    pub app: AppLook,
    /// What it may do, in words, by kind.
    pub access: Vec<ConnectedAccess>,
    /// What of it at which server, when the app asked for that one by one.
    pub servers: Vec<ConsentServer>,
    /// When it was first allowed.
    pub first_allowed: Timestamp,
    /// When it last got a token.
    pub last_used: Timestamp,
    /// Whether it has access while the person is away.
    pub offline: bool,
    /// Where access is withdrawn, after a question.
    pub withdraw: Href,
}

/// What an app may do, of one kind.
#[derive(Clone, Debug)]
pub struct ConnectedAccess {
    /// Such as "See information in your record".
    pub heading: String,
    /// Such as "Lab results".
    pub items: Vec<String>,
}

words! {
    ConnectedAppsWords {
        title { "Apps with access" "Aplicaciones con acceso" }
        lead {
            "These apps may see or change health information with your sign-in. You can withdraw access at any time."
            "Estas aplicaciones pueden ver o modificar información de salud con su acceso. Puede retirarlo cuando quiera."
        }
        signed_in { "Signed in as" "Sesión iniciada como" }
        since { "Since" "Desde" }
        sign_out { "Sign out" "Cerrar sesión" }
        withdrawn {
            "Access is withdrawn. The app cannot get anything new; what it received before stays with it."
            "El acceso se ha retirado. La aplicación ya no puede obtener nada nuevo; conserva lo que recibió antes."
        }
        empty { "No app has access" "Ninguna aplicación tiene acceso" }
        empty_text {
            "When you allow an app something, it appears here."
            "Cuando permita algo a una aplicación, aparecerá aquí."
        }
        by(publisher: &str) { "by {publisher}" "de {publisher}" }
        first { "First allowed" "Permitida desde" }
        last { "Last used" "Último uso" }
        offline { "Also when you are away" "También cuando usted no esté" }
        may { "What it may do" "Qué puede hacer" }
        servers { "Where" "Dónde" }
        nothing { "Only sign you in." "Solo identificarle." }
        withdraw { "Withdraw access" "Retirar el acceso" }
        of_app(app: &str) { "of {app}" "de {app}" }
        pages { "Pages" "Páginas" }
        previous { "Previous" "Anterior" }
        next { "Next" "Siguiente" }
    }
}

impl ConnectedApps {
    const fn words(&self) -> ConnectedAppsWords {
        ConnectedAppsWords(self.chrome.language)
    }

    fn moment(&self, moment: Timestamp) -> String {
        moment_in_words(moment, self.chrome.language)
    }

    fn day(&self, moment: Timestamp) -> String {
        let digits = moment.to_rfc3339();
        PartialDate::parse(&digits).map_or(digits, |date| date.in_words(self.chrome.language))
    }
}

impl Page for ConnectedApps {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
