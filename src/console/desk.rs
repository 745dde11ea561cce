//! Whoever sets up ways to sign in: somebody at the tenant's console, or the holder of a setup link, who sees one connection and
//! nothing else. The pages are the same, and so are the functions of administration below them, which know the difference.

use super::Visit;
use super::respond::{ConsoleFault, page as console_page};
use crate::control::setup_links::SetupVisit;
use crate::control::{Platform, TenantAdmin};
use crate::interaction::respond::see_other;
use crate::interaction::storage_page;
use crate::kernel::Secret;
use crate::oauth::Parameters;
use crate::store::StoreError;
use crate::store::tenant::{ResourceKind, ResourceName, StoredSetupLink};
use crate::tenant::roles::Permission;
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::cookies::CookiePurpose;
use crate::web::pages::console::{ConsoleFrame, Section, SetupWelcome, SetupWelcomeState, UndoOffer};
use crate::web::request_body;
use crate::web::{Chrome, Csrf, Href, Page, csrf};
use axum::extract::{FromRef, FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

/// Longest form, in bytes: metadata may be pasted.
const LONGEST_FORM: usize = 1024 * 1024;

/// Somebody who sets up ways to sign in, with one request.
pub(super) struct Desk {
    way: Way,
    alias: Option<String>,
}

enum Way {
    Console(Box<Visit>),
    Link(Box<Holder>),
}

/// Somebody with a setup link.
struct Holder {
    visit: SetupVisit,
    secret: Secret<String>,
    is_get: bool,
    path: String,
}

impl Desk {
    /// The tenant.
    pub(super) fn cx(&self) -> &TenantCx {
        match &self.way {
            Way::Console(visit) => &visit.cx,
            Way::Link(holder) => holder.visit.admin.cx(),
        }
    }

    /// Its administration, by them.
    pub(super) fn admin(&self) -> &TenantAdmin {
        match &self.way {
            Way::Console(visit) => &visit.admin,
            Way::Link(holder) => &holder.visit.admin,
        }
    }

    /// The link with which they are here, if it is one.
    pub(super) fn link(&self) -> Option<&StoredSetupLink> {
        match &self.way {
            Way::Console(_) => None,
            Way::Link(holder) => Some(&holder.visit.link),
        }
    }

    /// The connection that the address or the link names; empty at a list or for a new one.
    pub(super) fn alias(&self) -> &str {
        self.alias.as_deref().unwrap_or_default()
    }

    /// The list of ways to sign in, for those who may see it.
    pub(super) fn list(&self) -> Option<Href> {
        match &self.way {
            Way::Console(visit) => Some(visit.href("sign-in-methods")),
            Way::Link(_) => None,
        }
    }

    /// The path of a step of the connection `alias`; empty for its overview.
    pub(super) fn path(&self, alias: &str, step: &str) -> String {
        let base = match &self.way {
            Way::Console(visit) => visit.path(&format!("sign-in-methods/{alias}")),
            Way::Link(_) => format!("{}/connection", self.cx().urls().path()),
        };
        if step.is_empty() {
            base
        } else {
            format!("{base}/{step}")
        }
    }

    /// The same as a link.
    pub(super) fn href(&self, alias: &str, step: &str) -> Href {
        Href::local(&self.path(alias, step))
    }

    /// The path of the step that makes a connection.
    pub(super) fn new_path(&self) -> String {
        match &self.way {
            Way::Console(visit) => visit.path("sign-in-methods/new"),
            Way::Link(_) => format!("{}/connection/new", self.cx().urls().path()),
        }
    }

    /// What surrounds a page.
    pub(super) fn frame(&self) -> ConsoleFrame {
        match &self.way {
            Way::Console(visit) => visit.frame(Section::SignIn),
            Way::Link(holder) => ConsoleFrame {
                chrome: Chrome {
                    language_switch: holder.is_get.then(|| Href::local(&holder.path)),
                    ..self.cx().chrome(None)
                },
                navigation: Vec::new(),
                person: holder.visit.link.label.clone(),
                roles: Vec::new(),
                sign_out_csrf: self.csrf("leave"),
                sign_out: Href::local(&format!("{}/connection/leave", self.cx().urls().path())),
                account: Href::local(&holder.path),
            },
        }
    }

    /// The anti-forgery token of one form.
    pub(super) fn csrf(&self, purpose: &str) -> Csrf {
        match &self.way {
            Way::Console(visit) => visit.csrf(purpose),
            Way::Link(holder) => Csrf::derive(&holder.secret, purpose),
        }
    }

    /// Checks the anti-forgery token of one form, or gives the page that says it is outdated.
    pub(super) fn check_csrf(&self, purpose: &str, form: &Fields) -> Result<(), ConsoleFault> {
        let presented = form.get(csrf::FIELD);
        let fits = match &self.way {
            Way::Console(visit) => visit.verifies(purpose, presented),
            Way::Link(holder) => Csrf::verify(&holder.secret, purpose, presented).is_ok(),
        };
        if fits {
            return Ok(());
        }
        let back = match &self.alias {
            Some(alias) => self.href(alias, ""),
            None => self.list().unwrap_or_else(|| Href::local("/")),
        };
        Err(super::respond::form_outdated(self.cx(), Some(back)).into())
    }

    /// A page.
    pub(super) fn page(&self, shown: &impl Page) -> Response {
        match &self.way {
            Way::Console(visit) => visit.page(shown),
            Way::Link(_) => self.cx().remember_language(console_page(self.cx(), shown)),
        }
    }

    /// The overview of the connection after a change of it, with what can be taken back at the console.
    pub(super) async fn after_change(&self, alias: &str, done: &str) -> Result<Response, ConsoleFault> {
        match &self.way {
            Way::Console(visit) => {
                let place = format!("sign-in-methods/{alias}");
                let resource = ResourceName::of(ResourceKind::IdentityProvider, alias);
                Ok(Box::pin(visit.after_change(&place, done, &resource)).await?)
            }
            Way::Link(_) => Ok(then(&format!("{}?done={done}", self.path(alias, "")))),
        }
    }

    /// The offer to take a change of the connection back, at the console.
    pub(super) async fn undo_offer(&self, alias: &str, undo: &str) -> Result<Option<UndoOffer>, ConsoleFault> {
        let Way::Console(visit) = &self.way else {
            return Ok(None);
        };
        if !visit.may(Permission::ManageIdentityProviders) {
            return Ok(None);
        }
        let place = format!("sign-in-methods/{alias}");
        let resource = ResourceName::of(ResourceKind::IdentityProvider, alias);
        Ok(visit.undo_offer(&place, undo, &resource).await?)
    }

    /// A page that says what is wrong with what was sent.
    pub(super) fn faulty_page(&self, shown: &impl Page) -> Response {
        let mut response = self.page(shown);
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response
    }

    /// What a handler came to, or the page that says why not.
    pub(super) fn answer(&self, outcome: Result<Response, ConsoleFault>) -> Response {
        match (&self.way, outcome) {
            (_, Ok(response)) => response,
            (_, Err(ConsoleFault::Answer(response))) => *response,
            (Way::Console(visit), refused) => visit.answer(refused),
            (Way::Link(_), Err(ConsoleFault::Control(error))) => {
                super::respond::refusal(self.cx(), &error, self.href("", ""))
            }
        }
    }

    async fn by_link(cx: TenantCx, parts: &Parts, platform: Platform) -> Result<Self, Response> {
        let sent = cx.cookies().find(&parts.headers, CookiePurpose::Setup);
        let Some(secret) = sent else {
            return Err(gone(&cx));
        };
        let visit = TenantAdmin::by_setup_link(cx.clone(), &platform, &secret)
            .await
            .map_err(|error| match error {
                crate::control::ControlError::Store(error) => storage_page(&cx, &error),
                _ => gone(&cx),
            })?
            .ok_or_else(|| gone(&cx))?;
        Ok(Self {
            alias: Some(visit.link.alias.clone()),
            way: Way::Link(Box::new(Holder {
                visit,
                secret: Secret::new(secret),
                is_get: parts.method == axum::http::Method::GET,
                path: parts.uri.path().to_owned(),
            })),
        })
    }
}

/// A link that is unknown, used, revoked or too old: one page.
pub(super) fn gone(cx: &TenantCx) -> Response {
    let page = SetupWelcome {
        chrome: cx.chrome(None),
        state: SetupWelcomeState::Gone,
    };
    let mut response = console_page(cx, &page);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

impl<S> FromRequestParts<S> for Desk
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
        if parts.uri.path().starts_with(&format!("{}/", cx.urls().path())) {
            return Self::by_link(cx, parts, Platform::from_ref(state)).await;
        }
        let params = RawPathParams::from_request_parts(parts, state).await.ok();
        let alias = params
            .as_ref()
            .and_then(|params| params.iter().find(|(name, _)| *name == "alias"))
            .map(|(_, value)| value.to_owned());
        let visit = Visit::from_request_parts(parts, state).await?;
        Ok(Self {
            way: Way::Console(Box::new(visit)),
            alias,
        })
    }
}

/// What was typed into a field of a form; empty when it is not there.
pub(super) fn field<'a>(form: &'a Parameters, name: &str) -> &'a str {
    form.one(name).ok().flatten().unwrap_or_default()
}

/// The fields of a form that may be long.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field's first value without the space around it; empty when it is not there.
    pub(super) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// Every value of a field.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether a box is ticked.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// From a query.
    pub(super) fn of_query(query: Option<&str>) -> Self {
        Self(
            url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
        )
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Response> {
        let body = request_body::read(request.into_body(), LONGEST_FORM)
            .await
            .map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
        Ok(Self(url::form_urlencoded::parse(&body).into_owned().collect()))
    }
}

/// After something was done: a page that can be reloaded.
pub(super) fn then(path: &str) -> Response {
    see_other(path)
}

/// A failure of the store, as a page.
pub(super) fn broken(cx: &TenantCx, error: &StoreError) -> Response {
    storage_page(cx, error)
}
