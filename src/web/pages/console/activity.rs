//! The audit log: who did what, filtered, and as a file.

use super::frame::ConsoleFrame;
use super::home::ActivityRow;
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// What happened.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/activity.html")]
pub struct ConsoleActivity {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Where the filters go.
    pub action: Href,
    /// The filters as they are.
    pub filter: ActivityFilter,
    /// What was found, newest first.
    pub rows: Vec<ActivityRow>,
    /// More of it.
    pub next: Option<Href>,
    /// The same as a file.
    pub export: Href,
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct ActivityFilter {
    /// The event, or the beginning of its name.
    pub event: String,
    /// The app.
    pub client_id: String,
    /// Who administered.
    pub actor: String,
    /// Who did it, or to whom it was done.
    pub person: String,
    /// That is no id of a person.
    pub unknown_person: bool,
    /// Not before this day.
    pub since: String,
    /// Until this day, inclusive.
    pub until: String,
    /// A day could not be read.
    pub unreadable_day: bool,
}

words! {
    /// This page's words.
    ActivityWords {
        title { "Activity" "Actividad" }
        lead {
            "Who did what here. It holds ids and codes, never names or patients, and nothing in it can be changed."
            "Quién hizo qué aquí. Contiene identificadores y códigos, nunca nombres ni pacientes, y nada se puede cambiar."
        }
        kind { "What" "Qué" }
        everything { "Everything" "Todo" }
        sign_ins { "Sign-ins" "Inicios de sesión" }
        access { "Access of apps" "Acceso de aplicaciones" }
        tokens { "Tokens" "Tokens" }
        apps { "Changes of apps" "Cambios de aplicaciones" }
        providers { "Changes of sign-in methods" "Cambios de métodos de acceso" }
        people { "Changes of people" "Cambios de personas" }
        roles { "Roles" "Roles" }
        settings { "Settings" "Ajustes" }
        console { "Entries into this console" "Entradas en esta consola" }
        app { "App (client id)" "Aplicación (identificador)" }
        actor { "Administrator (id)" "Administrador (identificador)" }
        person { "Person (id)" "Persona (identificador)" }
        bad_person { "The id of a person begins with acc_; it stands on their page." "El identificador de una persona empieza por acc_; está en su página." }
        since { "From" "Desde" }
        until { "To" "Hasta" }
        find { "Show" "Mostrar" }
        bad_day { "Write days as 2026-01-31." "Escriba los días como 2026-01-31." }
        export { "Download as CSV" "Descargar como CSV" }
        none { "Nothing was found" "No se encontró nada" }
        none_text { "Choose other filters, or fewer." "Elija otros filtros, o menos." }
        more { "Older" "Anteriores" }
        when { "When" "Cuándo" }
        who { "Who" "Quién" }
        about { "About" "Sobre" }
        outcome { "Outcome" "Resultado" }
        succeeded { "Done" "Hecho" }
    }
}

impl ConsoleActivity {
    const fn words(&self) -> ActivityWords {
        ActivityWords(self.frame.chrome.language)
    }

    /// The kinds of events to choose from: name, words, whether it is chosen.
    fn kinds(&self) -> Vec<(&'static str, &'static str, bool)> {
        let words = self.words();
        [
            ("", words.everything()),
            ("sign_in", words.sign_ins()),
            ("authorization", words.access()),
            ("token", words.tokens()),
            ("client", words.apps()),
            ("identity_provider", words.providers()),
            ("user", words.people()),
            ("role", words.roles()),
            ("settings", words.settings()),
            ("console", words.console()),
        ]
        .into_iter()
        .map(|(name, text)| (name, text, name == self.filter.event))
        .collect()
    }
}

impl Page for ConsoleActivity {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
