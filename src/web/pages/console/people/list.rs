//! Searching people.

use super::super::frame::ConsoleFrame;
use super::super::role_words::role_in_words;
use super::words::PersonWords;
use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::language::words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// The search for people, and what it found.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/people/list.html")]
pub struct ConsolePeople {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// Where the search goes. It is sent as a form: names do not belong into addresses.
    pub action: Href,
    /// Protects it.
    pub csrf: Csrf,
    /// What is searched for.
    pub search: String,
    /// Whom else to show.
    pub filter: Option<PeopleFilter>,
    /// The filters to choose from, with their addresses.
    pub filters: Vec<(PeopleFilter, Href)>,
    /// What was found; `None` as long as nothing was asked.
    pub rows: Option<Vec<PersonRow>>,
    /// More of a search: the last person that was looked at.
    pub after: Option<String>,
    /// More of what a filter shows.
    pub next: Option<Href>,
    /// Somebody was deleted just now.
    pub deleted: bool,
    /// Inviting somebody, for those who may.
    pub invite: Option<Href>,
}

/// Whom to show without a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeopleFilter {
    /// Those to whom a role in administration was given.
    Administrators,
    /// Everybody.
    Everybody,
}

impl PeopleFilter {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Administrators, Self::Everybody];

    /// The name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrators => "administrators",
            Self::Everybody => "everybody",
        }
    }

    /// The filter with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.as_str() == name)
    }
}

/// One person in the list. Personal data.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Full name, else what they sign in as.
    pub name: String,
    /// What they sign in as.
    pub username: String,
    /// Where they sign in; `None` when that was removed.
    pub provider: Option<String>,
    /// Their roles in administration.
    pub roles: Vec<&'static str>,
    /// Whether they may no longer sign in.
    pub disabled: bool,
    /// When they last signed in.
    pub last_sign_in: Option<Timestamp>,
    /// Everything about them.
    pub href: Href,
}

words! {
    /// This page's words.
    PeopleWords {
        deleted { "The person was deleted." "La persona se ha eliminado." }
        invite { "Invite somebody" "Invitar a alguien" }
        search { "Name, user name or e-mail" "Nombre, usuario o correo" }
        find { "Search" "Buscar" }
        lead {
            "Look for somebody by part of their name. What is known of people is kept sealed, and whoever opens it is recorded."
            "Busque a alguien por una parte de su nombre. Los datos de las personas se guardan sellados y queda constancia de quién los abre."
        }
        filters { "Show without a search" "Mostrar sin buscar" }
        administrators { "People with a role here" "Personas con un rol aquí" }
        everybody { "Everybody" "Todas" }
        none { "Nobody was found" "No se encontró a nadie" }
        none_text {
            "Nobody fits this search. People of your hospital's sign-in service appear after their first sign-in."
            "Nadie coincide con esta búsqueda. Las personas del servicio de acceso de su hospital aparecen tras su primer acceso."
        }
        none_yet { "Nobody was found so far" "De momento no se encontró a nadie" }
        none_yet_text {
            "Not everybody was looked at yet. Go on to search further."
            "Todavía no se ha mirado en todas las personas. Continúe para seguir buscando."
        }
        more { "Next page" "Página siguiente" }
        further { "Search further" "Seguir buscando" }
    }
}

impl ConsolePeople {
    const fn words(&self) -> PeopleWords {
        PeopleWords(self.frame.chrome.language)
    }

    const fn person_words(&self) -> PersonWords {
        PersonWords(self.frame.chrome.language)
    }

    fn choices(&self) -> Vec<(&'static str, &Href, bool)> {
        let words = self.words();
        self.filters
            .iter()
            .map(|(filter, href)| {
                let text = match filter {
                    PeopleFilter::Administrators => words.administrators(),
                    PeopleFilter::Everybody => words.everybody(),
                };
                (text, href, self.filter == Some(*filter))
            })
            .collect()
    }

    fn roles(&self, row: &PersonRow) -> String {
        let language = self.frame.chrome.language;
        let words: Vec<_> = row.roles.iter().map(|role| role_in_words(role, language)).collect();
        words.join(", ")
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    fn moment(&self, at: &Timestamp) -> String {
        moment_in_words(*at, self.frame.chrome.language)
    }
}

impl Page for ConsolePeople {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
