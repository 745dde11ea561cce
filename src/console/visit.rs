//! Somebody at a console, with one request: who they are, what they may do, and the only way to the tenant's rows.

use super::desk::Fields;
use super::entry::{decide, refused};
use super::respond::{ConsoleFault, form_outdated, person_of, problem};
use crate::control::{Actor, Author, ControlError, Platform, TenantAdmin};
use crate::interaction::console_entry::{Destination, RECENT};
use crate::interaction::respond::see_other;
use crate::interaction::storage_page;
use crate::kernel::{Secret, Sha256Hash};
use crate::oauth::Parameters;
use crate::session::SignedIn;
use crate::session::console::{self, ConsoleEntry};
use crate::store::StoreError;
use crate::store::tenant::ChangeSource;
use crate::tenant::roles::{Permission, Role};
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::pages::console::{ConsoleFrame, ConsoleProblem, NavigationItem, Section};
use crate::web::{Chrome, Csrf, Href, csrf};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

/// Somebody at the console of the tenant that the path names.
pub struct Visit {
    /// The tenant.
    pub cx: TenantCx,
    /// Its administration, by this person.
    pub admin: TenantAdmin,
    platform: Platform,
    person: String,
    entry: ConsoleEntry,
    place: String,
    is_get: bool,
}

/// Somebody of the platform at the operators' console.
pub struct OperatorVisit(pub Visit);

/// The parts of a tenant's console, with what one must be allowed to see them.
const OF_TENANTS: [(Section, &str, Option<Permission>); 11] = [
    (Section::Home, "", None),
    (
        Section::SignIn,
        "sign-in-methods",
        Some(Permission::ReadIdentityProviders),
    ),
    (Section::Apps, "apps", Some(Permission::ReadApps)),
    (Section::FhirServer, "fhir-server", Some(Permission::ReadSettings)),
    (Section::Launch, "launch", Some(Permission::ManageLaunches)),
    (Section::People, "people", Some(Permission::ReadUsers)),
    (Section::Branding, "branding", Some(Permission::ManageBranding)),
    (Section::Activity, "activity", Some(Permission::ReadEvents)),
    (Section::History, "changes", Some(Permission::ReadSettings)),
    (Section::Usage, "usage", Some(Permission::ReadUsage)),
    (Section::Keys, "keys", Some(Permission::ReadKeys)),
];

/// The parts of the operators' console.
const OF_OPERATORS: [(Section, &str, Option<Permission>); 6] = [
    (Section::Home, "", None),
    (Section::Tenants, "tenants", Some(Permission::ReadTenants)),
    (Section::Directory, "directory", Some(Permission::ReadApps)),
    (Section::Health, "health", Some(Permission::ReadTenants)),
    (Section::Operators, "operators", Some(Permission::ReadRoles)),
    (Section::Settings, "settings", Some(Permission::ReadSettings)),
];

impl Visit {
    /// Who administers.
    pub const fn actor(&self) -> &Actor {
        self.admin.actor()
    }

    /// Whether they may do something.
    pub const fn may(&self, permission: Permission) -> bool {
        self.actor().may(permission)
    }

    /// The platform's administration, for operators' screens.
    pub const fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Who is signed in.
    pub const fn signed_in(&self) -> &SignedIn {
        &self.entry.signed_in
    }

    /// The browser session behind the console's.
    pub(super) const fn session(&self) -> Sha256Hash {
        self.entry.session
    }

    /// The console's session.
    pub(super) const fn entry(&self) -> &ConsoleEntry {
        &self.entry
    }

    /// The path of a page of this console; empty for its beginning.
    pub fn path(&self, place: &str) -> String {
        let base = self.cx.urls().console_path();
        if place.is_empty() {
            base
        } else {
            format!("{base}/{place}")
        }
    }

    /// The same as a link.
    pub fn href(&self, place: &str) -> Href {
        Href::local(&self.path(place))
    }

    /// What surrounds a page of `section`.
    pub fn frame(&self, section: Section) -> ConsoleFrame {
        let sections: &[_] = if self.cx.tenant().slug.is_platform() {
            &OF_OPERATORS
        } else {
            &OF_TENANTS
        };
        let navigation = sections
            .iter()
            .filter(|(_, _, needs)| needs.is_none_or(|permission| self.may(permission)))
            .map(|(part, place, _)| NavigationItem {
                section: *part,
                href: self.href(place),
                current: *part == section,
            })
            .collect();
        ConsoleFrame {
            chrome: Chrome {
                language_switch: self.is_get.then(|| self.href(&self.place)),
                ..self.cx.chrome(None)
            },
            navigation,
            person: self.person.clone(),
            roles: self.actor().roles().iter().copied().map(Role::as_str).collect(),
            sign_out_csrf: self.csrf("sign-out"),
            sign_out: self.href("sign-out"),
            account: Href::local(&format!("{}/account", self.cx.urls().path())),
        }
    }

    /// The anti-forgery token of one form. `purpose` names what the form does, and to what.
    pub fn csrf(&self, purpose: &str) -> Csrf {
        Csrf::derive(self.secret(), purpose)
    }

    fn secret(&self) -> &Secret<String> {
        &self.entry.secret
    }

    /// Whether this is the anti-forgery token of one form.
    pub fn verifies(&self, purpose: &str, presented: &str) -> bool {
        Csrf::verify(self.secret(), purpose, presented).is_ok()
    }

    /// Checks the anti-forgery token of one form, or gives the page that says it is outdated.
    pub fn check_csrf(&self, purpose: &str, form: &Parameters) -> Result<(), ConsoleFault> {
        Csrf::check(self.secret(), purpose, form)
            .map_err(|_| form_outdated(&self.cx, Some(self.href(&self.place))).into())
    }

    /// The same for a form that is read as [`Fields`].
    pub(super) fn check_fields(&self, purpose: &str, form: &Fields) -> Result<(), ConsoleFault> {
        self.check_token(purpose, form.get(csrf::FIELD))
    }

    /// The same for a token that was found in the form.
    pub(super) fn check_token(&self, purpose: &str, presented: &str) -> Result<(), ConsoleFault> {
        if self.verifies(purpose, presented) {
            return Ok(());
        }
        Err(form_outdated(&self.cx, Some(self.href(&self.place))).into())
    }

    /// Lets pass whoever proved in the last quarter of an hour who they are; asks the others to do so, which leads to `place`.
    /// Asked before a dangerous act is shown, and again before it is done.
    pub fn require_recent(&self, place: &str) -> Result<(), ConsoleFault> {
        if self.cx.now().since(self.entry.signed_in.authenticated_at) <= RECENT {
            return Ok(());
        }
        // A page, not a redirect: browsers apply `form-action` to every redirect that follows a form, and this way may lead on
        // to the hospital's sign-in service.
        let again = Destination::fresh(place).entry(&self.cx, "");
        let person = Some(self.person.clone());
        let page = problem(
            &self.cx,
            ConsoleProblem::SignInAgain,
            person,
            None,
            Some(Href::local(&again)),
        );
        Err(page.into())
    }

    async fn of(cx: TenantCx, parts: &Parts, platform: Platform) -> Result<Self, Response> {
        let base = cx.urls().console_path();
        let place = parts.uri.path().strip_prefix(&base).unwrap_or_default();
        let place = place.trim_start_matches('/').to_owned();
        let is_get = parts.method == Method::GET;
        let found = console::find(&cx, &parts.headers)
            .await
            .map_err(|error| storage_page(&cx, &StoreError::Unfit(error.to_string())))?;
        let Some(entry) = found else {
            return Err(outside(&cx, is_get, &place));
        };
        let account = async { cx.read().await?.find_account(entry.signed_in.account).await };
        let account = account.await.map_err(|error| storage_page(&cx, &error))?;
        let Some(account) = account.filter(|account| account.disabled_at.is_none()) else {
            return Err(outside(&cx, is_get, &place));
        };
        let person = person_of(&account);
        let actor = match decide(&cx, account.id, &entry.signed_in.amr).await {
            Ok(actor) => actor,
            Err(ControlError::Store(error)) => return Err(storage_page(&cx, &error)),
            Err(refusal) => return Err(refused(&cx, &refusal, person)),
        };
        let admin = TenantAdmin::entered_by(cx.clone(), &platform, actor).await;
        let admin = admin.map_err(|error| match error {
            ControlError::Store(error) => storage_page(&cx, &error),
            refusal => refused(&cx, &refusal, person.clone()),
        })?;
        Ok(Self {
            cx,
            admin: admin.authored_by(Author::by_way_of(ChangeSource::Console)),
            platform,
            person,
            entry,
            place,
            is_get,
        })
    }
}

/// Nobody entered, or not any more.
fn outside(cx: &TenantCx, is_get: bool, place: &str) -> Response {
    let entry = Destination::page(place).entry(cx, "");
    if is_get {
        see_other(&entry)
    } else {
        // What was typed is still in the browser: going back shows it.
        form_outdated(cx, Some(Href::local(&Destination::page("").entry(cx, ""))))
    }
}

impl<S> FromRequestParts<S> for Visit
where
    S: Send + Sync,
    TenantDirectory: FromRef<S>,
    Platform: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let cx = TenantCx::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        if cx.tenant().slug.is_platform() {
            // The platform's own tenant is administered at its own console.
            return Err(see_other(&cx.urls().console_path()));
        }
        Self::of(cx, parts, Platform::from_ref(state)).await
    }
}

impl<S> FromRequestParts<S> for OperatorVisit
where
    S: Send + Sync,
    TenantDirectory: FromRef<S>,
    Platform: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let cx = TenantCx::of_platform(parts, TenantDirectory::from_ref(state))
            .await
            .map_err(IntoResponse::into_response)?;
        Visit::of(cx, parts, Platform::from_ref(state)).await.map(Self)
    }
}
