//! The apps of a tenant: found, told apart, approved.

use super::changes::UndoOffer;
use super::frame::ConsoleFrame;
use crate::oauth::client::ClientStatus;
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// The list of apps.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/apps.html")]
pub struct ConsoleApps {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Where the search goes.
    pub action: Href,
    /// What is searched for.
    pub search: String,
    /// The state that is asked for; `None` for all.
    pub state: Option<ClientStatus>,
    /// The states to choose from, with their addresses; `None` is all of them.
    pub states: Vec<(Option<ClientStatus>, Href)>,
    /// What was found.
    pub rows: Vec<AppRow>,
    /// More of it.
    pub next: Option<Href>,
    /// Registering one, for those who may.
    pub register: Option<Href>,
    /// The platform's directory.
    pub directory: Option<Href>,
    /// An app was just deleted.
    pub deleted: bool,
    /// Bringing it back.
    pub undo: Option<UndoOffer>,
}

/// One app in the list.
#[derive(Clone, Debug)]
pub struct AppRow {
    /// The name users see.
    pub name: String,
    /// Its id.
    pub client_id: String,
    /// What sort of app.
    pub kind: AppKind,
    /// Its state.
    pub status: ClientStatus,
    /// Everything about it.
    pub href: Href,
}

/// What sort of app something is, as far as registering goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppKind {
    /// In the browser or on a device: it cannot keep a secret.
    Browser,
    /// With a server of its own, which authenticates.
    Web,
    /// A service without users.
    Backend,
    /// An EHR, or whatever else launches apps.
    Ehr,
}

impl AppKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Browser, Self::Web, Self::Backend, Self::Ehr];

    /// The name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Web => "web",
            Self::Backend => "backend",
            Self::Ehr => "ehr",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The kind in words, and what it is.
    pub(super) const fn text(self, words: AppWords) -> (&'static str, &'static str) {
        match self {
            Self::Browser => (words.browser(), words.browser_text()),
            Self::Web => (words.web(), words.web_text()),
            Self::Backend => (words.backend(), words.backend_text()),
            Self::Ehr => (words.ehr(), words.ehr_text()),
        }
    }
}

words! {
    /// Words about apps that several pages share.
    AppWords {
        browser { "Browser or mobile app" "Aplicación de navegador o móvil" }
        browser_text {
            "Runs in the browser or on a device and cannot keep a secret. Protected by PKCE."
            "Funciona en el navegador o en un dispositivo y no puede guardar un secreto. Protegida con PKCE."
        }
        web { "Web app with a server" "Aplicación web con servidor" }
        web_text {
            "Has a server of its own, which proves who it is with a secret or a key."
            "Tiene un servidor propio, que demuestra su identidad con un secreto o una clave."
        }
        backend { "Backend service" "Servicio sin usuarios" }
        backend_text {
            "Works without users and proves who it is with a key (SMART backend services)."
            "Trabaja sin usuarios y demuestra su identidad con una clave (SMART backend services)."
        }
        ehr { "EHR that launches apps" "Historia clínica que lanza aplicaciones" }
        ehr_text {
            "Registers launch contexts: which patient an app is to open."
            "Registra contextos de lanzamiento: qué paciente debe abrir una aplicación."
        }
        enabled { "Enabled" "Activada" }
        disabled { "Switched off" "Desactivada" }
        awaiting { "Waiting for approval" "Espera aprobación" }
    }
}

/// A state in words, and the class of its badge.
pub(super) const fn status_text(status: ClientStatus, words: AppWords) -> (&'static str, &'static str) {
    match status {
        ClientStatus::Enabled => (words.enabled(), "good"),
        ClientStatus::Disabled => (words.disabled(), "plain"),
        ClientStatus::AwaitingApproval => (words.awaiting(), "warning"),
    }
}

words! {
    /// This page's words.
    AppsWords {
        title { "Apps" "Aplicaciones" }
        directory { "From the directory" "Del directorio" }
        register { "Register an app" "Registrar una aplicación" }
        search { "Name or client id" "Nombre o identificador" }
        find { "Search" "Buscar" }
        state { "State" "Estado" }
        every_state { "All" "Todas" }
        name { "Name" "Nombre" }
        client_id { "Client id" "Identificador" }
        kind { "Kind" "Tipo" }
        none { "No app was found" "No se encontró ninguna aplicación" }
        none_text {
            "Nothing fits this search. Look for part of the name, or choose another state."
            "Nada coincide con esta búsqueda. Busque una parte del nombre o elija otro estado."
        }
        empty { "There are no apps yet" "Todavía no hay aplicaciones" }
        empty_text {
            "Register the first one: you need its name and the address to which it wants its answers."
            "Registre la primera: necesita su nombre y la dirección a la que quiere recibir las respuestas."
        }
        more { "Next page" "Página siguiente" }
        deleted { "The app was deleted." "La aplicación se ha eliminado." }
    }
}

impl ConsoleApps {
    const fn words(&self) -> AppsWords {
        AppsWords(self.frame.chrome.language)
    }

    const fn app_words(&self) -> AppWords {
        AppWords(self.frame.chrome.language)
    }

    fn is_empty(&self) -> bool {
        self.search.is_empty() && self.state.is_none()
    }

    /// The states to choose from: words, address, whether it is chosen.
    fn choices(&self) -> Vec<(&'static str, &Href, bool)> {
        let all = self.words().every_state();
        self.states
            .iter()
            .map(|(state, href)| {
                let words = state.map_or(all, |state| status_text(state, self.app_words()).0);
                (words, href, *state == self.state)
            })
            .collect()
    }

    fn status(&self, row: &AppRow) -> (&'static str, &'static str) {
        status_text(row.status, self.app_words())
    }

    fn kind(&self, row: &AppRow) -> &'static str {
        row.kind.text(self.app_words()).0
    }
}

impl Page for ConsoleApps {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
