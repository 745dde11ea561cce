//! The history of the configuration: who changed what, what differs, and taking it back.

use super::frame::ConsoleFrame;
use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The history.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/changes.html")]
pub struct ConsoleChanges {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Where the search goes.
    pub action: Href,
    /// The kind of thing that is asked for; `None` for all.
    pub kind: Option<ChangedThing>,
    /// The kinds to choose from, with their addresses.
    pub kinds: Vec<(Option<ChangedThing>, Href)>,
    /// The name that is asked for.
    pub name: String,
    /// What was found, the newest first.
    pub rows: Vec<ChangeRow>,
    /// More of it.
    pub next: Option<Href>,
}

/// A kind of thing that is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedThing {
    /// The settings, branding among them.
    Settings,
    /// A sign-in method.
    SignInMethod,
    /// An app.
    App,
    /// What is published for patients' apps.
    Brands,
}

impl ChangedThing {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Settings, Self::SignInMethod, Self::App, Self::Brands];

    /// The name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::SignInMethod => "identity_provider",
            Self::App => "app",
            Self::Brands => "brands",
        }
    }
}

/// One change.
#[derive(Clone, Debug)]
pub struct ChangeRow {
    /// When.
    pub at: Timestamp,
    /// Who: a user's id, a client id, or a name given at the command line.
    pub who: String,
    /// Whether that is who looks at it.
    pub own: bool,
    /// By which way, by its stored name.
    pub source: String,
    /// What kind of thing.
    pub kind: ChangedThing,
    /// Its name.
    pub name: String,
    /// `created`, `updated` or `removed`.
    pub action: &'static str,
    /// Why.
    pub reason: Option<String>,
    /// The change in full.
    pub href: Href,
}

/// One change in full.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/change.html")]
pub struct ConsoleChange {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The history.
    pub back: Href,
    /// The change.
    pub row: ChangeRow,
    /// The thing that was changed, for those who may see it.
    pub thing: Option<Href>,
    /// All changes of the same thing.
    pub others: Href,
    /// What differs.
    pub members: Vec<MemberRow>,
    /// Taking it back, for those who may.
    pub undo: Option<ChangeUndo>,
    /// Whether this is what taking another one back just did.
    pub undone: bool,
}

/// One member that differs: what of it went, and what came.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// The member, with a dot between levels.
    pub member: String,
    /// What was there and is not any more.
    pub before: Vec<String>,
    /// What was not there before.
    pub after: Vec<String>,
}

/// The form that takes a change back.
#[derive(Clone, Debug)]
pub struct ChangeUndo {
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// Whether the same thing was changed again since.
    pub changed_since: bool,
    /// Whether taking it back removes the thing.
    pub removes: bool,
    /// Why it was not done.
    pub problem: Option<String>,
}

/// The offer to take back what was done a moment ago.
#[derive(Clone, Debug)]
pub struct UndoOffer {
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// The page to come back to.
    pub to: String,
    /// What exactly changed.
    pub change: Href,
}

words! {
    /// Words of the history that several pages share.
    ChangeWords {
        title { "Change history" "Historial de cambios" }
        lead {
            "Every change of the settings, sign-in methods, apps and published brands, by whichever way it was made. Any of them can be taken back."
            "Todos los cambios de ajustes, métodos de acceso, aplicaciones y marcas publicadas, sea cual sea la vía. Cualquiera se puede deshacer."
        }
        change_of(thing: &str) { "Change: {thing}" "Cambio: {thing}" }
        back { "Change history" "Historial de cambios" }
        every_kind { "All" "Todos" }
        kind { "Kind" "Tipo" }
        name { "Client id or alias" "Identificador o alias" }
        find { "Search" "Buscar" }
        settings { "Settings" "Ajustes" }
        sign_in_method { "Sign-in method" "Método de acceso" }
        app { "App" "Aplicación" }
        brands { "Published brands" "Marcas publicadas" }
        when { "When" "Cuándo" }
        what { "What" "Qué" }
        who { "Who" "Quién" }
        you { "You" "Usted" }
        how { "How" "Cómo" }
        why { "Why" "Por qué" }
        created { "Added" "Añadido" }
        updated { "Changed" "Cambiado" }
        removed { "Removed" "Eliminado" }
        by_command_line { "Command line" "Línea de órdenes" }
        by_api { "API" "API" }
        by_console { "Console" "Consola" }
        by_apply { "Configuration as code" "Configuración como código" }
        by_rollback { "Undo" "Deshacer" }
        by_registration { "The app itself" "La propia aplicación" }
        by_setup { "Setting up the tenant" "Puesta en marcha" }
        none { "Nothing was changed" "No se ha cambiado nada" }
        none_text {
            "No change fits this search. Choose another kind or leave the name empty."
            "Ningún cambio coincide con esta búsqueda. Elija otro tipo o deje el nombre vacío."
        }
        more { "Next page" "Página siguiente" }
        differences { "What differs" "Qué cambia" }
        no_differences { "Only secrets or times differ, which are not shown." "Solo cambian secretos o fechas, que no se muestran." }
        undo { "Take this change back" "Deshacer este cambio" }
        undo_text {
            "What was changed becomes what it was before. That is a change of its own, and can be taken back too."
            "Lo que se cambió vuelve a ser como antes. Es a su vez un cambio y también se puede deshacer."
        }
        undo_removes {
            "This added something, so taking it back removes it: what it was given stops working."
            "Este cambio añadió algo; deshacerlo lo elimina, y lo que se le concedió deja de funcionar."
        }
        reason { "Why (optional, for the history)" "Por qué (opcional, para el historial)" }
        changed_since {
            "It was changed again since. Taking this back loses the later changes."
            "Se volvió a cambiar después. Deshacer este cambio pierde los posteriores."
        }
        even_so { "Lose the later changes" "Perder los cambios posteriores" }
        not_undone { "This was not taken back" "No se ha deshecho" }
        undone { "Taken back. This is the change that did it." "Deshecho. Este es el cambio que lo hizo." }
        open { "Open" "Abrir" }
        others { "All changes of this" "Todos los cambios de esto" }
    }
}

/// A kind of thing in words.
pub(super) const fn kind_in_words(kind: ChangedThing, words: ChangeWords) -> &'static str {
    match kind {
        ChangedThing::Settings => words.settings(),
        ChangedThing::SignInMethod => words.sign_in_method(),
        ChangedThing::App => words.app(),
        ChangedThing::Brands => words.brands(),
    }
}

impl ChangeRow {
    /// What was changed, in words.
    fn thing(&self, words: ChangeWords) -> String {
        let kind = kind_in_words(self.kind, words);
        match self.kind {
            ChangedThing::Settings | ChangedThing::Brands => kind.to_owned(),
            ChangedThing::SignInMethod | ChangedThing::App => format!("{kind} {}", self.name),
        }
    }

    /// What was done, in words, and the class of its badge.
    fn done(&self, words: ChangeWords) -> (&'static str, &'static str) {
        match self.action {
            "created" => (words.created(), "good"),
            "removed" => (words.removed(), "danger"),
            _ => (words.updated(), "plain"),
        }
    }

    /// By which way, in words.
    fn way(&self, words: ChangeWords) -> String {
        match self.source.as_str() {
            "command_line" => words.by_command_line().to_owned(),
            "api" => words.by_api().to_owned(),
            "console" => words.by_console().to_owned(),
            "apply" => words.by_apply().to_owned(),
            "rollback" => words.by_rollback().to_owned(),
            "registration" => words.by_registration().to_owned(),
            "setup" => words.by_setup().to_owned(),
            other => other.to_owned(),
        }
    }
}

impl ConsoleChanges {
    const fn words(&self) -> ChangeWords {
        ChangeWords(self.frame.chrome.language)
    }

    /// The kinds to choose from: words, address, whether it is chosen.
    fn choices(&self) -> Vec<(&'static str, &Href, bool)> {
        let words = self.words();
        self.kinds
            .iter()
            .map(|(kind, href)| {
                let name = kind.map_or(words.every_kind(), |kind| kind_in_words(kind, words));
                (name, href, *kind == self.kind)
            })
            .collect()
    }

    fn moment(&self, row: &ChangeRow) -> String {
        moment_in_words(row.at, self.frame.chrome.language)
    }
}

impl Page for ConsoleChanges {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}

impl ConsoleChange {
    const fn words(&self) -> ChangeWords {
        ChangeWords(self.frame.chrome.language)
    }

    fn title(&self) -> String {
        self.words().change_of(&self.row.thing(self.words()))
    }

    fn moment(&self) -> String {
        moment_in_words(self.row.at, self.frame.chrome.language)
    }
}

impl Page for ConsoleChange {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }

    fn status(&self) -> axum::http::StatusCode {
        match &self.undo {
            Some(ChangeUndo { problem: Some(_), .. }) => axum::http::StatusCode::CONFLICT,
            _ => axum::http::StatusCode::OK,
        }
    }
}

words! {
    /// The words of the offer, and of what became of it.
    UndoWords {
        undo { "Undo" "Deshacer" }
        undone { "Taken back: it is as it was before." "Deshecho: vuelve a estar como antes." }
        changed { "What changed" "Qué ha cambiado" }
    }
}

/// The words of the offer, for the pages that make it.
pub(in crate::web) const fn undo_words(chrome: &Chrome) -> UndoWords {
    UndoWords(chrome.language)
}

words! {
    /// The words of a difference.
    DifferenceWords {
        member { "Member" "Campo" }
        before { "Before" "Antes" }
        after { "After" "Después" }
        nothing { "Nothing" "Nada" }
    }
}

/// The words of a difference, for the pages that show one.
pub(in crate::web) const fn difference_words(chrome: &Chrome) -> DifferenceWords {
    DifferenceWords(chrome.language)
}
