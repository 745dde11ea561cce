//! The page behind a setup link.

use super::words::MethodWords;
use crate::kernel::Timestamp;
use crate::web::dates::moment_in_words;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// Where a link stands.
#[derive(Clone, Debug)]
pub enum SetupWelcomeState {
    /// It works.
    Ready {
        /// Protects the form.
        csrf: Csrf,
        /// Where it goes.
        action: Href,
        /// Whom the link is for.
        label: String,
        /// Until when it works.
        until: Timestamp,
    },
    /// It is used, taken back, too old or none.
    Gone,
}

/// What a setup link is for.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/sign_in/welcome.html")]
pub struct SetupWelcome {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Where the link stands.
    pub state: SetupWelcomeState,
}

impl SetupWelcome {
    const fn words(&self) -> MethodWords {
        MethodWords(self.chrome.language)
    }

    fn title(&self) -> &'static str {
        match self.state {
            SetupWelcomeState::Ready { .. } => self.words().welcome(),
            SetupWelcomeState::Gone => self.words().gone_title(),
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    fn moment(&self, at: &Timestamp) -> String {
        moment_in_words(*at, self.chrome.language)
    }
}

impl Page for SetupWelcome {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
