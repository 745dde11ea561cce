//! The operators' page for finding tenants. It asks first: a platform has more tenants than anybody reads.

use super::frame::ConsoleFrame;
use super::tenant_words::{TenantWords, status_class, status_in_words};
use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// A search, and what it found.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/operator_tenants.html")]
pub struct OperatorTenants {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Where the search goes.
    pub search: Href,
    /// What was typed.
    pub query: String,
    /// Shortcuts to states: the name in the API, where it leads, whether it is chosen.
    pub states: Vec<StateChip>,
    /// What was found; `None` when nothing was asked for yet.
    pub found: Option<Vec<TenantRow>>,
    /// The next page.
    pub next: Option<Href>,
    /// Where a tenant is created, for those who may.
    pub create: Option<Href>,
}

/// A shortcut to all tenants in a state.
#[derive(Clone, Debug)]
pub struct StateChip {
    /// The state's name in the API.
    pub status: &'static str,
    /// Where it leads.
    pub href: Href,
    /// Whether it is chosen.
    pub current: bool,
}

/// A tenant in a list.
#[derive(Clone, Debug)]
pub struct TenantRow {
    /// The address part.
    pub slug: String,
    /// The name.
    pub name: String,
    /// The state's name in the API.
    pub status: &'static str,
    /// The contract.
    pub tier: &'static str,
    /// Where the rows live.
    pub placement: &'static str,
    /// Its page.
    pub href: Href,
}

words! {
    /// This page's words.
    TenantsWords {
        title { "Tenants" "Organizaciones" }
        search_for { "Name or address part" "Nombre o parte de la dirección" }
        search { "Search" "Buscar" }
        ask_first {
            "Search by name or by the part of the address, such as northside. A platform's tenants are not listed all at once."
            "Busque por nombre o por la parte de la dirección, como northside. Las organizaciones de una plataforma no se muestran todas a la vez."
        }
        states { "By state" "Por estado" }
        create { "Create a tenant" "Crear una organización" }
        none { "No tenant was found. Try a part of its name." "No se encontró ninguna organización. Pruebe con una parte del nombre." }
        name { "Name" "Nombre" }
        address { "Address part" "Dirección" }
        state { "State" "Estado" }
        contract { "Contract" "Contrato" }
        place { "Data" "Datos" }
        next { "Next page" "Página siguiente" }
    }
}

impl OperatorTenants {
    const fn words(&self) -> TenantsWords {
        TenantsWords(self.frame.chrome.language)
    }

    const fn common(&self) -> TenantWords {
        TenantWords(self.frame.chrome.language)
    }

    fn status(&self, status: &str) -> &'static str {
        status_in_words(self.common(), status)
    }
}

impl TenantRow {
    fn class(&self) -> &'static str {
        status_class(self.status)
    }
}

impl Page for OperatorTenants {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
