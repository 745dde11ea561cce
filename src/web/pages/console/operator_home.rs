//! Where operators begin: find a tenant, see what needs them, see what happened.

use super::frame::ConsoleFrame;
use super::home::ActivityRow;
use super::tenant_words::{TenantWords, status_in_words};
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/operator_home.html")]
pub struct OperatorHome {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Where the search for tenants goes.
    pub search: Href,
    /// Where a tenant is created, for those who may.
    pub create: Option<Href>,
    /// How many tenants there are: the state's name in the API, how many, where they are listed.
    pub tenants: Vec<(&'static str, u64, Href)>,
    /// What needs somebody.
    pub attention: Vec<(Attention, Href)>,
    /// What happened lately at the platform, for those who may know.
    pub recent: Option<Vec<ActivityRow>>,
}

/// Something that needs somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    /// Servers that are left alone.
    Breakers(usize),
    /// Sign-in services whose data could not be fetched.
    Unreachable(usize),
    /// Certificates that end.
    Ending(usize),
    /// Apps that wait for a review.
    Apps(usize),
}

/// From so many on it is "or more".
const COUNTED: usize = 10;

words! {
    /// This page's words.
    OperatorHomeWords {
        title { "Home" "Inicio" }
        search_for { "Find a tenant by name or address part" "Buscar una organización por nombre o parte de la dirección" }
        search { "Search" "Buscar" }
        create { "Create a tenant" "Crear una organización" }
        tenants { "Tenants" "Organizaciones" }
        needs { "Needs you" "Requiere su atención" }
        nothing { "Nothing needs you." "Nada requiere su atención." }
        breakers(count: &str) { "Servers left alone because they keep failing: {count}" "Servidores que se dejan en paz porque siguen fallando: {count}" }
        unreachable(count: &str) { "Sign-in services whose data could not be fetched: {count}" "Servicios de acceso cuyos datos no se pudieron obtener: {count}" }
        ending(count: &str) { "Certificates and dates that end within 90 days: {count}" "Certificados y fechas que caducan en los próximos 90 días: {count}" }
        apps(count: &str) { "Apps that wait for your review: {count}" "Aplicaciones que esperan su revisión: {count}" }
        or_more(count: usize) { "{count} or more" "{count} o más" }
        recent { "What happened lately at the platform" "Lo más reciente en la plataforma" }
        recent_none { "Nothing has happened yet." "Todavía no ha ocurrido nada." }
    }
}

impl OperatorHome {
    const fn words(&self) -> OperatorHomeWords {
        OperatorHomeWords(self.frame.chrome.language)
    }

    fn state(&self, status: &str) -> &'static str {
        status_in_words(TenantWords(self.frame.chrome.language), status)
    }

    fn need(&self, attention: Attention) -> String {
        let words = self.words();
        let count = |count: usize| {
            if count >= COUNTED {
                words.or_more(COUNTED)
            } else {
                count.to_string()
            }
        };
        match attention {
            Attention::Breakers(found) => words.breakers(&count(found)),
            Attention::Unreachable(found) => words.unreachable(&count(found)),
            Attention::Ending(found) => words.ending(&count(found)),
            Attention::Apps(found) => words.apps(&count(found)),
        }
    }
}

impl Page for OperatorHome {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
