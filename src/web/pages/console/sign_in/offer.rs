//! When a way to sign in is offered, and under which words.

use super::super::frame::ConsoleFrame;
use super::MethodHead;
use super::words::MethodWords;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// When a way to sign in is offered.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/sign_in/offer.html")]
pub struct OfferPage {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The way to sign in.
    pub head: MethodHead,
    /// The words on its button.
    pub name: String,
    /// The line below.
    pub remark: String,
    /// The e-mail domains, one per line.
    pub domains: String,
    /// Whether it has no button.
    pub hidden: bool,
    /// Protects the form.
    pub csrf: Csrf,
    /// Where it goes.
    pub action: Href,
    /// What is wrong with what was sent.
    pub error: Option<String>,
}

impl OfferPage {
    const fn words(&self) -> MethodWords {
        MethodWords(self.frame.chrome.language)
    }
}

impl Page for OfferPage {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
