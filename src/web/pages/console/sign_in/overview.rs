//! One way to sign in: where it stands, and the next step.

use super::super::changes::{UndoOffer, UndoWords};
use super::super::frame::ConsoleFrame;
use super::MethodKind;
use super::words::MethodWords;
use crate::web::{Chrome, Csrf, Href, Page};
use askama::Template;

/// How something is that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// As it should be.
    Fine,
    /// To be looked at.
    Warning,
    /// Not working.
    Failed,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedThing {
    /// The settings of the connection.
    Settings,
    /// Whether an address answers.
    Reachability,
    /// The certificate of a host.
    Tls,
    /// What the provider publishes about itself.
    Metadata,
    /// The keys with which it signs.
    ProviderKeys,
    /// What both sides know.
    Algorithms,
    /// The difference between the clocks.
    Clock,
    /// Our keys at the provider.
    OurKeys,
    /// Whether requests are let through.
    Breaker,
}

/// A finding of the check.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was looked at.
    pub subject: CheckedThing,
    /// Which of several.
    pub of: Option<String>,
    /// How it is.
    pub worth: Worth,
    /// What was found.
    pub finding: String,
    /// What to do.
    pub mend: Option<String>,
}

/// Where the steps are, for those who may take them.
#[derive(Clone, Debug)]
pub struct MethodSteps {
    /// The connection.
    pub connect: Href,
    /// The check.
    pub check: Href,
    /// The rules.
    pub rules: Href,
    /// The test.
    pub test: Href,
    /// When it is offered; not for holders of links.
    pub offer: Option<Href>,
    /// Switching on and off.
    pub switch: Href,
    /// Whether the settings as they are were tested.
    pub tested: bool,
    /// Whether rules were written.
    pub has_rules: bool,
}

/// One way to sign in.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/sign_in/overview.html")]
pub struct MethodPage {
    /// Navigation and the rest.
    pub frame: ConsoleFrame,
    /// The list, for those who may see it.
    pub back: Option<Href>,
    /// The words on its button.
    pub name: String,
    /// Its name in addresses.
    pub alias: String,
    /// Its kind.
    pub kind: MethodKind,
    /// Whether people can sign in there.
    pub on: bool,
    /// The steps; `None` for those who only look, and for accounts of the tenant's own.
    pub steps: Option<MethodSteps>,
    /// What the check found, the worst first.
    pub findings: Option<Vec<Finding>>,
    /// Protects the forms.
    pub csrf: Csrf,
    /// Where accounts of the tenant's own are switched.
    pub switch: Option<Href>,
    /// What was done: `on`, `off`, `saved`.
    pub done: String,
    /// Taking that back.
    pub undo: Option<UndoOffer>,
    /// Why something could not be done.
    pub error: Option<String>,
}

impl MethodPage {
    const fn words(&self) -> MethodWords {
        MethodWords(self.frame.chrome.language)
    }

    fn done_in_words(&self) -> Option<&'static str> {
        match self.done.as_str() {
            "on" => Some(self.words().switched_on()),
            "off" => Some(self.words().switched_off()),
            "saved" => Some(self.words().saved()),
            "undone" => Some(UndoWords(self.frame.chrome.language).undone()),
            "link" => Some(self.words().link_done()),
            _ => None,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    const fn subject_in_words(&self, subject: &CheckedThing) -> &'static str {
        let words = self.words();
        match subject {
            CheckedThing::Settings => words.checked_settings(),
            CheckedThing::Reachability => words.checked_reachability(),
            CheckedThing::Tls => words.checked_tls(),
            CheckedThing::Metadata => words.checked_metadata(),
            CheckedThing::ProviderKeys => words.checked_provider_keys(),
            CheckedThing::Algorithms => words.checked_algorithms(),
            CheckedThing::Clock => words.checked_clock(),
            CheckedThing::OurKeys => words.checked_our_keys(),
            CheckedThing::Breaker => words.checked_breaker(),
        }
    }

    fn worst(&self) -> Worth {
        let findings = self.findings.iter().flatten();
        findings.fold(Worth::Fine, |worst, finding| match (worst, finding.worth) {
            (Worth::Failed, _) | (_, Worth::Failed) => Worth::Failed,
            (Worth::Warning, _) | (_, Worth::Warning) => Worth::Warning,
            _ => Worth::Fine,
        })
    }

    fn worst_in_words(&self) -> &'static str {
        self.worth_in_words(&self.worst())
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they loop over")]
    fn worth_in_words(&self, worth: &Worth) -> &'static str {
        let words = self.words();
        match worth {
            Worth::Fine => words.outcome_ok(),
            Worth::Warning => words.outcome_warning(),
            Worth::Failed => words.outcome_failed(),
        }
    }
}

impl Worth {
    pub(in crate::web) const fn badge(self) -> &'static str {
        match self {
            Self::Fine => "badge good",
            Self::Warning => "badge warning",
            Self::Failed => "badge danger",
        }
    }
}

impl Page for MethodPage {
    fn chrome(&self) -> &Chrome {
        &self.frame.chrome
    }
}
