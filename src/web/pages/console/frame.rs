//! What surrounds every page of a console: navigation, who is signed in, signing out.

use super::role_words::role_in_words;
use crate::kernel::Timestamp;
use crate::web::administration::Said;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Language};

/// Everything the consoles' layout needs.
#[derive(Clone, Debug)]
pub struct ConsoleFrame {
    /// Tenant, language, static files.
    pub chrome: Chrome,
    /// The parts of the console that this person may use.
    pub navigation: Vec<NavigationItem>,
    /// What to call them.
    pub person: String,
    /// Their roles, by the names that the API has for them.
    pub roles: Vec<&'static str>,
    /// Protects the form that signs out.
    pub sign_out_csrf: Csrf,
    /// Where that form goes.
    pub sign_out: Href,
    /// Their own account.
    pub account: Href,
}

/// A part of a console, in its navigation.
#[derive(Clone, Debug)]
pub struct NavigationItem {
    /// Which.
    pub section: Section,
    /// Its address.
    pub href: Href,
    /// Whether the page belongs to it.
    pub current: bool,
}

/// The parts of the consoles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// How things stand.
    Home,
    /// Ways to sign in.
    SignIn,
    /// Apps.
    Apps,
    /// The servers that tokens are for.
    FhirServer,
    /// People.
    People,
    /// Name, colours and logo.
    Branding,
    /// The audit log.
    Activity,
    /// The history of the configuration.
    History,
    /// How the tenant is used.
    Usage,
    /// Signing keys.
    Keys,
    /// Trying out a launch.
    Launch,
    /// Tenants, for operators.
    Tenants,
    /// The platform's catalogue of apps, for operators.
    Directory,
    /// How the platform fares, for operators.
    Health,
    /// Who runs the platform, for operators.
    Operators,
    /// The platform's settings, for operators.
    Settings,
}

words! {
    /// The layout's own words.
    FrameWords {
        administration { "Administration" "Administración" }
        navigation { "Administration pages" "Páginas de administración" }
        menu { "Menu" "Menú" }
        signed_in_as { "Signed in as" "Sesión iniciada como" }
        account { "Your account" "Su cuenta" }
        sign_out { "Sign out" "Cerrar sesión" }
        home { "Home" "Inicio" }
        sign_in { "Sign-in methods" "Métodos de acceso" }
        apps { "Apps" "Aplicaciones" }
        fhir_server { "FHIR server" "Servidor FHIR" }
        people { "People" "Personas" }
        branding { "Branding" "Imagen" }
        activity { "Activity" "Actividad" }
        history { "Change history" "Historial de cambios" }
        usage { "Usage" "Uso" }
        keys { "Signing keys" "Claves de firma" }
        launch { "Launch tester" "Probar un lanzamiento" }
        tenants { "Tenants" "Organizaciones" }
        directory { "App directory" "Directorio de aplicaciones" }
        health { "Health" "Estado" }
        operators { "Operators" "Personal" }
        settings { "Settings" "Ajustes" }
    }
}

impl Section {
    const fn label(self, words: FrameWords) -> &'static str {
        match self {
            Self::Home => words.home(),
            Self::SignIn => words.sign_in(),
            Self::Apps => words.apps(),
            Self::FhirServer => words.fhir_server(),
            Self::People => words.people(),
            Self::Branding => words.branding(),
            Self::Activity => words.activity(),
            Self::History => words.history(),
            Self::Usage => words.usage(),
            Self::Keys => words.keys(),
            Self::Launch => words.launch(),
            Self::Tenants => words.tenants(),
            Self::Directory => words.directory(),
            Self::Health => words.health(),
            Self::Operators => words.operators(),
            Self::Settings => words.settings(),
        }
    }
}

impl NavigationItem {
    pub(in crate::web) const fn label(&self, language: Language) -> &'static str {
        self.section.label(FrameWords(language))
    }
}

impl ConsoleFrame {
    /// A moment in words, from how administration writes it (RFC 3339).
    pub(in crate::web) fn moment_of(&self, written: &str) -> String {
        let language = self.chrome.language;
        Timestamp::from_rfc3339(written).map_or_else(|| written.to_owned(), |at| moment_in_words(at, language))
    }

    /// What administration said, in the reader's language where it has words in it.
    pub(in crate::web) fn said(&self, english: impl AsRef<str>) -> Said {
        Said::of(english, self.chrome.language)
    }

    pub(in crate::web) const fn words(&self) -> FrameWords {
        FrameWords(self.chrome.language)
    }

    pub(in crate::web) fn roles_in_words(&self) -> String {
        let words: Vec<_> = self
            .roles
            .iter()
            .map(|role| role_in_words(role, self.chrome.language))
            .collect();
        words.join(", ")
    }
}
