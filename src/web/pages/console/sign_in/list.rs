//! The list of ways to sign in, and of setup links.

use super::super::frame::ConsoleFrame;
use super::MethodKind;
use super::words::MethodWords;
use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// A way to sign in.
#[derive(Clone, Debug)]
pub struct MethodRow {
    /// The words on its button.
    pub name: String,
    /// Its name in addresses.
    pub alias: String,
    /// How people prove who they are there.
    pub kind: MethodKind,
    /// Whether people can sign in there.
    pub on: bool,
    /// When somebody last did, as far as is kept; `None` for those who may not know.
    pub last_sign_in: Option<Option<Timestamp>>,
    /// Its overview.
    pub href: Href,
}

/// A setup link.
#[derive(Clone, Debug)]
pub struct SetupLinkRow {
    /// Its id.
    pub id: String,
    /// Whom it is for.
    pub label: String,
    /// The connection.
    pub alias: String,
    /// `open`, `used`, `expired`, `revoked` or `removed`.
    pub state: String,
    /// Until when it works.
    pub until: String,
}

/// The ways to sign in.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/sign_in/list.html")]
pub struct SignInMethodsPage {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The ways, in the order in which people see them.
    pub methods: Vec<MethodRow>,
    /// Where one is connected; `None` for those who may not.
    pub add: Option<Href>,
    /// The certificates' dates.
    pub certificates: Href,
    /// The links.
    pub links: Vec<SetupLinkRow>,
    /// Protects the forms of links.
    pub csrf: Csrf,
    /// Where a link is made.
    pub make_link: Href,
    /// Where one is taken back.
    pub revoke_link: Href,
    /// A link that was made just now.
    pub made: Option<String>,
    /// Whether one was taken back just now.
    pub revoked: bool,
    /// What is wrong with what was sent.
    pub error: Option<String>,
    /// What was typed: for whom, and which connection.
    pub typed: (String, String),
}

impl SignInMethodsPage {
    const fn words(&self) -> MethodWords {
        MethodWords(self.frame.chrome.language)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    fn moment(&self, at: &Timestamp) -> String {
        moment_in_words(*at, self.frame.chrome.language)
    }

    fn state_of(&self, link: &SetupLinkRow) -> &'static str {
        let words = self.words();
        match link.state.as_str() {
            "open" => words.link_state_open(),
            "used" => words.link_state_used(),
            "revoked" => words.link_state_revoked(),
            "removed" => words.link_state_removed(),
            _ => words.link_state_expired(),
        }
    }
}

impl Page for SignInMethodsPage {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
