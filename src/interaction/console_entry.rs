//! Signing in to enter a console: the same steps as for an app, for another purpose, below the path of the session's cookie.
//!
//! Here is only who it is. What they may do, and the console's own session, is decided by the console.

use super::apps::{Owner, Visitor};
use super::choose_provider;
use super::form::PageForm;
use super::open::{Closed, storage_page};
use super::respond::problem_page;
use super::sign_in::{SignInFor, at, with_password};
use crate::federation::Federation;
use crate::kernel::Sha256Hash;
use crate::oauth::Parameters;
use crate::session::{Session, SignedIn};
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::pages::{Action, Problem};
use crate::web::route_table::RouteTable;
use crate::web::{Chrome, Href, HtmlPage, Page, PagePolicy};
use axum::extract::{FromRef, FromRequestParts, Path, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;

/// A sign-in is recent enough for dangerous acts for this time.
pub const RECENT: Duration = Duration::from_mins(15);

/// Longest path of a console's page that one is led back to.
const LONGEST_PLACE: usize = 300;

/// Whether somebody who is signed in has to sign in once more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepUp {
    /// No.
    #[default]
    No,
    /// If that was not just now.
    Ask,
    /// They were asked. Whoever then is not recently signed in was let through without being asked again.
    Asked,
}

/// Where in the console somebody wants to go, and what for. Nothing in it is secret.
#[derive(Clone, Debug, Default)]
pub struct Destination {
    /// The page below the console's path; anything else leads to its beginning.
    to: String,
    /// Whether a recent sign-in is needed there.
    step_up: StepUp,
}

impl Destination {
    /// A page of the console.
    pub fn page(to: &str) -> Self {
        Self {
            to: to.to_owned(),
            step_up: StepUp::No,
        }
    }

    /// A page of the console that needs a recent sign-in.
    pub fn fresh(to: &str) -> Self {
        Self {
            step_up: StepUp::Ask,
            ..Self::page(to)
        }
    }

    /// The page, as a path below the console's; empty for its beginning. Characters that could lead elsewhere are in none.
    pub fn place(&self) -> &str {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/:%".contains(&byte);
        let leads_elsewhere = self.to.starts_with('/') || self.to.contains("//") || self.to.contains("..");
        if self.to.len() <= LONGEST_PLACE && self.to.bytes().all(plain) && !leads_elsewhere {
            &self.to
        } else {
            ""
        }
    }

    /// The address of the entry, or of a step below it, that leads there.
    pub fn entry(&self, cx: &TenantCx, step: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !self.place().is_empty() {
            query.append_pair("to", self.place());
        }
        match self.step_up {
            StepUp::No => {}
            StepUp::Ask => drop(query.append_pair("step_up", "ask")),
            StepUp::Asked => drop(query.append_pair("step_up", "asked")),
        }
        let (path, query) = (cx.urls().path(), query.finish());
        let separator = if query.is_empty() { "" } else { "?" };
        format!("{path}/admin-entry{step}{separator}{query}")
    }

    /// Where one comes back to after signing in.
    fn after(&self) -> Self {
        Self {
            to: self.to.clone(),
            step_up: match self.step_up {
                StepUp::No => StepUp::No,
                StepUp::Ask | StepUp::Asked => StepUp::Asked,
            },
        }
    }
}

/// From the address. Whatever cannot be read leads to the beginning of the console.
impl<S: Send + Sync> FromRequestParts<S> for Destination {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let mut destination = Self::default();
        let query = parts.uri.query().unwrap_or_default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match (name.as_ref(), value.as_ref()) {
                ("to", to) => to.clone_into(&mut destination.to),
                ("step_up", "ask") => destination.step_up = StepUp::Ask,
                ("step_up", "asked") => destination.step_up = StepUp::Asked,
                _ => {}
            }
        }
        Ok(destination)
    }
}

/// A sign-in on the way to a console.
pub(super) struct Entering {
    /// The browser.
    pub(super) visitor: Visitor,
    /// Where to.
    pub(super) destination: Destination,
}

impl Entering {
    /// Where the browser goes on once somebody is signed in.
    pub(super) fn home(&self, cx: &TenantCx) -> String {
        self.destination.after().entry(cx, "")
    }

    /// The address of a step of the sign-in.
    pub(super) fn step(&self, cx: &TenantCx, step: &str) -> String {
        self.destination.entry(cx, step)
    }

    /// Whether somebody who is signed in has to prove it again, so that the provider's own session must not do.
    pub(super) fn again(&self) -> bool {
        self.destination.step_up != StepUp::No
    }

    /// What surrounds a page.
    pub(super) fn chrome(&self, cx: &TenantCx) -> Chrome {
        Chrome {
            language_switch: Some(Href::local(&self.destination.entry(cx, ""))),
            ..cx.chrome(None)
        }
    }

    /// Checks the anti-forgery token of the sign-in form.
    pub(super) fn check_csrf(&self, cx: &TenantCx, form: &Parameters) -> Result<(), Closed> {
        if self.visitor.checks("sign-in", form) {
            return Ok(());
        }
        let again = Action::TryAgain(Href::local(&self.destination.entry(cx, "")));
        Err(problem_page(cx, Problem::FormOutdated, Some(again), None).into())
    }

    /// A page that is never shown in a frame.
    pub(super) fn page(cx: &TenantCx, page: &impl Page) -> HtmlPage {
        HtmlPage::new(page, PagePolicy::closed(cx.urls().base().is_https()))
    }
}

/// Somebody at the door of a console.
pub struct Entrant {
    /// Who.
    pub signed_in: SignedIn,
    /// The key of their session, by which the console's ends with it.
    pub session_key: Sha256Hash,
    /// Whether the sign-in is as recent as the destination needs. It is not where the sign-in service was told to ask again
    /// and did not.
    pub recent: bool,
}

/// Who wants to enter, or the next page of signing in.
pub async fn find_entrant(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
    destination: &Destination,
    headers: &HeaderMap,
) -> Result<Entrant, Response> {
    let owner = Owner::find(cx, session)
        .await
        .map_err(|error| storage_page(cx, &error))?;
    if let Some(owner) = owner {
        let recent = cx.now().since(owner.signed_in.authenticated_at) <= RECENT;
        if recent || destination.step_up != StepUp::Ask {
            return Ok(Entrant {
                session_key: owner.key.hash(),
                signed_in: owner.signed_in,
                recent: recent || destination.step_up == StepUp::No,
            });
        }
        // Whoever proves it again does so where they signed in before: another way would be another person.
        let providers = federation
            .providers(cx)
            .await
            .map_err(|error| storage_page(cx, &error))?;
        let before = providers
            .iter()
            .find(|provider| provider.id == owner.signed_in.identity_provider);
        if let Some(provider) = before {
            let entering = entering(cx, destination, headers);
            let response = at(cx, federation, session, &SignInFor::Console(&entering), &provider.alias).await;
            return Err(entering.visitor.with_cookie(cx, response));
        }
    }
    let entering = entering(cx, destination, headers);
    let purpose = SignInFor::Console(&entering);
    let response = choose_provider::show(cx, federation, &purpose, false, headers).await;
    Err(entering.visitor.with_cookie(cx, response))
}

fn entering(cx: &TenantCx, destination: &Destination, headers: &HeaderMap) -> Entering {
    Entering {
        visitor: Visitor::of(cx, headers),
        destination: destination.clone(),
    }
}

/// The steps of the sign-in. They need the session layer.
pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new()
        .post("/{tenant}/auth/admin-entry/sign-in", post_address)
        .get("/{tenant}/auth/admin-entry/sign-in/{provider}", get)
        .post("/{tenant}/auth/admin-entry/sign-in/{provider}", post)
}

/// Path parameters.
#[derive(Deserialize)]
struct ProviderPath {
    provider: String,
}

/// `POST I/admin-entry/sign-in`: an e-mail address.
async fn post_address(
    cx: TenantCx,
    State(federation): State<Federation>,
    destination: Destination,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let entering = entering(&cx, &destination, &headers);
    choose_provider::by_address(&cx, &federation, &SignInFor::Console(&entering), &headers, &form)
        .await
        .unwrap_or_else(|error| storage_page(&cx, &error))
}

/// `GET I/admin-entry/sign-in/{provider}`: the choice was made.
async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    Path(path): Path<ProviderPath>,
    destination: Destination,
    headers: HeaderMap,
) -> Response {
    let entering = entering(&cx, &destination, &headers);
    let purpose = SignInFor::Console(&entering);
    let response = at(&cx, &federation, &session, &purpose, &path.provider).await;
    choose_provider::remember(&cx, entering.visitor.with_cookie(&cx, response), &path.provider)
}

/// `POST I/admin-entry/sign-in/{provider}`: user name and password.
async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    Path(path): Path<ProviderPath>,
    destination: Destination,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let entering = entering(&cx, &destination, &headers);
    let purpose = SignInFor::Console(&entering);
    with_password(&cx, &federation, &session, &purpose, &path.provider, &headers, &form).await
}

#[cfg(test)]
mod tests {
    use super::Destination;

    #[test]
    fn one_is_led_to_pages_of_the_console_only() {
        for to in ["", "apps", "apps/growth-chart", "people/acc_01j%7e"] {
            assert_eq!(Destination::page(to).place(), to);
        }
        for to in [
            "/etc",
            "//evil.example",
            "https://evil.example",
            "../auth/apps",
            "apps?x=1",
            "apps#x",
            "a\\b",
            "a b",
        ] {
            assert_eq!(Destination::page(to).place(), "", "{to}");
        }
    }
}
