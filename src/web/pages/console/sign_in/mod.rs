//! The pages about ways to sign in: the list, and the steps of one connection. Holders of setup links see the steps too.

mod certificates;
mod connect;
mod list;
mod offer;
mod overview;
mod rules;
mod test;
mod welcome;
mod words;

#[cfg(test)]
mod samples;

pub use certificates::{CertificateRow, CertificatesPage};
pub use connect::{BringBackForm, ConnectPage, FieldRow, NewMethodPage};
pub use list::{MethodRow, SetupLinkRow, SignInMethodsPage};
pub use offer::OfferPage;
pub use overview::{CheckedThing, Finding, MethodPage, MethodSteps, Worth};
pub use rules::{RuleField, RulesPage};
pub use test::{TestPage, TestRow};
pub use welcome::{SetupWelcome, SetupWelcomeState};

use crate::web::{Href, Language};
use words::MethodWords;

/// A choice in a list.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is sent.
    pub value: &'static str,
    /// What is read; the words for something not listed when absent.
    pub label: Option<&'static str>,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The kinds of ways to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// OpenID Connect.
    Oidc,
    /// SAML 2.0.
    Saml,
    /// Accounts of the tenant's own.
    Local,
}

impl MethodKind {
    pub(in crate::web) const fn words(self, language: Language) -> &'static str {
        let words = MethodWords(language);
        match self {
            Self::Oidc => words.oidc(),
            Self::Saml => words.saml(),
            Self::Local => words.local(),
        }
    }
}

/// The connection that a step belongs to.
#[derive(Clone, Debug)]
pub struct MethodHead {
    /// The words on its button.
    pub name: String,
    /// Its overview.
    pub overview: Href,
}
