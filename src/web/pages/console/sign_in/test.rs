//! Testing one connection: links, and what came of them.

use super::super::frame::ConsoleFrame;
use super::MethodHead;
use super::words::MethodWords;
use crate::web::pages::TraceLook;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// A test.
#[derive(Clone, Debug)]
pub struct TestRow {
    /// When it was made, RFC 3339.
    pub at: String,
    /// `waiting`, `started`, `finished` or `expired`.
    pub state: &'static str,
    /// How it ended.
    pub outcome: Option<String>,
    /// Whether the settings are still those that were tested.
    pub current: bool,
}

/// The tests of one connection.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/sign_in/test.html")]
pub struct TestPage {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The connection.
    pub head: MethodHead,
    /// A link that was made just now.
    pub made: Option<(String, Href)>,
    /// The tests, the newest first.
    pub tests: Vec<TestRow>,
    /// What came of the newest that is over, masked.
    pub trace: Option<TraceLook>,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// Why no link was made.
    pub error: Option<String>,
}

impl TestPage {
    const fn words(&self) -> MethodWords {
        MethodWords(self.frame.chrome.language)
    }

    fn state_of(&self, row: &TestRow) -> (&'static str, &'static str) {
        let words = self.words();
        match (row.state, row.outcome.as_deref()) {
            ("finished", Some("completed")) => ("badge good", words.test_passed()),
            ("finished", _) => ("badge danger", words.test_refused()),
            ("started", _) => ("badge plain", words.test_started()),
            ("expired", _) => ("badge plain", words.test_expired()),
            _ => ("badge plain", words.test_waiting()),
        }
    }
}

impl Page for TestPage {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
