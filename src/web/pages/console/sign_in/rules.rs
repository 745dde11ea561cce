//! The rules of one connection, tried out on what somebody pastes.

use super::super::frame::ConsoleFrame;
use super::MethodHead;
use super::words::MethodWords;
use crate::web::pages::TraceLook;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// A rule.
#[derive(Clone, Debug)]
pub struct RuleField {
    /// Its name in settings.
    pub name: &'static str,
    /// The expression.
    pub expression: String,
    /// Whether it must yield something.
    pub required: bool,
}

/// The rules.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/sign_in/rules.html")]
pub struct RulesPage {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The connection.
    pub head: MethodHead,
    /// The rules.
    pub rules: Vec<RuleField>,
    /// Groups and the roles they give, one per line.
    pub group_roles: String,
    /// Whether there are rules that this page does not show.
    pub has_more: bool,
    /// What the rules are tried on.
    pub sample: String,
    /// Of a pasted response: whether it is the provider's.
    pub verified: Option<bool>,
    /// What came of it.
    pub trace: Option<TraceLook>,
    /// Templates: product and its name.
    pub templates: Vec<(String, String)>,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// Whether it was saved just now.
    pub saved: bool,
    /// What is wrong with what was sent.
    pub error: Option<String>,
}

impl RulesPage {
    const fn words(&self) -> MethodWords {
        MethodWords(self.frame.chrome.language)
    }
}

impl Page for RulesPage {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
