//! Answers of the consoles.

use super::Visit;
use crate::control::ControlError;
use crate::interaction::respond::internal_page;
use crate::interaction::storage_page;
use crate::session::console;
use crate::store::StoreError;
use crate::store::tenant::Account;
use crate::tenant::{TenantCx, TenantRefusal};
use crate::web::pages::console::{ConsoleProblem, ConsoleProblemPage};
use crate::web::{Href, HtmlPage, Page, PagePolicy};
use axum::response::{IntoResponse, Response};

/// What to call somebody: the name, else what they signed in as.
pub(super) fn person_of(account: &Account) -> String {
    let profile = &account.profile;
    profile.name.clone().unwrap_or_else(|| profile.subject.clone())
}

/// A page of a console. It is never shown in a frame: a click on it changes something.
pub(super) fn page(cx: &TenantCx, page: &impl Page) -> Response {
    let page = HtmlPage::new(page, PagePolicy::closed(cx.urls().base().is_https()));
    let cookies = console::cookies(cx).in_frames(cx.cookies().work_in_frames());
    cx.remember_language_in(&cookies, page.into_response())
}

/// Something that cannot be shown or done.
pub(super) fn problem(
    cx: &TenantCx,
    problem: ConsoleProblem,
    person: Option<String>,
    detail: Option<String>,
    next: Option<Href>,
) -> Response {
    let answer = ConsoleProblemPage {
        chrome: cx.chrome(None),
        problem,
        person,
        detail,
        next,
    };
    page(cx, &answer)
}

/// The form is from an earlier session, or forged.
pub(super) fn form_outdated(cx: &TenantCx, next: Option<Href>) -> Response {
    problem(cx, ConsoleProblem::FormOutdated, None, None, next)
}

/// Why a screen could not be shown or its act not be done.
pub enum ConsoleFault {
    /// Administration refused.
    Control(Box<ControlError>),
    /// There is an answer already.
    Answer(Box<Response>),
}

impl From<ControlError> for ConsoleFault {
    fn from(error: ControlError) -> Self {
        Self::Control(Box::new(error))
    }
}

impl From<StoreError> for ConsoleFault {
    fn from(error: StoreError) -> Self {
        Self::from(ControlError::from(error))
    }
}

impl From<Response> for ConsoleFault {
    fn from(answer: Response) -> Self {
        Self::Answer(Box::new(answer))
    }
}

impl Visit {
    /// A page of this console.
    pub fn page(&self, shown: &impl Page) -> Response {
        page(&self.cx, shown)
    }

    /// The same under a policy of its own.
    pub(super) fn page_under(&self, shown: &impl Page, policy: PagePolicy) -> Response {
        let cookies = console::cookies(&self.cx).in_frames(self.cx.cookies().work_in_frames());
        let page = HtmlPage::new(shown, policy);
        self.cx.remember_language_in(&cookies, page.into_response())
    }

    /// What a handler came to, or the page that says why not.
    pub fn answer(&self, outcome: Result<Response, ConsoleFault>) -> Response {
        match outcome {
            Ok(response) => response,
            Err(ConsoleFault::Answer(response)) => *response,
            Err(ConsoleFault::Control(error)) => self.refusal(&error),
        }
    }

    fn refusal(&self, error: &ControlError) -> Response {
        refusal(&self.cx, error, self.href(""))
    }
}

/// The page for what administration refuses.
pub(super) fn refusal(cx: &TenantCx, error: &ControlError, next: Href) -> Response {
    let kind = match error {
        ControlError::NotFound { .. } | ControlError::Tenant(TenantRefusal::Unknown) => ConsoleProblem::NotFound,
        ControlError::Forbidden(_) | ControlError::BeyondOwnRole(_) | ControlError::NoRole => ConsoleProblem::Forbidden,
        ControlError::Outdated | ControlError::Store(StoreError::Exists) => ConsoleProblem::Changed,
        ControlError::Store(error) | ControlError::Tenant(TenantRefusal::Unavailable(error)) => {
            return storage_page(cx, error);
        }
        ControlError::Conflict(_)
        | ControlError::Invalid { .. }
        | ControlError::Client(_)
        | ControlError::ClientId(_)
        | ControlError::Slug(_)
        | ControlError::Provider(_)
        | ControlError::Tenant(TenantRefusal::Suspended { .. }) => ConsoleProblem::Conflict,
        other => {
            tracing::error!(error = %other, "a screen of the console failed");
            return internal_page(cx, "console_failed");
        }
    };
    // What is not there is named by what was asked for; the words of administration add nothing.
    let detail = (kind != ConsoleProblem::NotFound).then(|| error.to_string());
    problem(cx, kind, None, detail, Some(next))
}
