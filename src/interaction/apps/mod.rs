//! The user's own page of connected apps (SMART App Launch 2.2, `management_endpoint`): what each may do, and withdrawing it.
//!
//! There is no authorization request here and no app that asks. A browser is known by the same cookie that binds
//! interactions, a signed-in user by the session; nothing is stored for a mere visit.

mod list;
mod sign_in;
mod sign_out;
mod visitor;
mod withdraw;

pub(super) use visitor::Visitor;

use super::choose_provider;
use super::own_page::APPS;
pub(super) use super::own_page::page;
use crate::federation::Federation;
use crate::oauth::Parameters;
use crate::session::{self, Session, SessionKey, SignedIn};
use crate::store::StoreError;
use crate::store::tenant::Account;
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::route_table::RouteTable;
use crate::web::{Chrome, Csrf};
use axum::extract::FromRef;
use axum::response::Response;

/// The routes. They need the session layer.
pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/auth/apps", list::get)
        .post("/{tenant}/auth/apps/sign-in", choose_provider::post_own)
        .get("/{tenant}/auth/apps/sign-in/{provider}", sign_in::get)
        .post("/{tenant}/auth/apps/sign-in/{provider}", sign_in::post)
        .get("/{tenant}/auth/apps/withdraw/{client}", withdraw::get)
        .post("/{tenant}/auth/apps/withdraw/{client}", withdraw::post)
        .post("/{tenant}/auth/sign-out", sign_out::post)
        .get("/{tenant}/auth/signed-out", sign_out::get)
}

/// The path of the list, or of a step below it.
pub(super) fn path(cx: &TenantCx, step: &str) -> String {
    APPS.path(cx, step)
}

/// What surrounds a page that a link can show again.
pub(super) fn chrome(cx: &TenantCx, step: &str) -> Chrome {
    APPS.chrome(cx, step, None)
}

/// Somebody who is signed in at their own page.
pub(in crate::interaction) struct Owner {
    /// The session.
    pub(in crate::interaction) signed_in: SignedIn,
    /// Their account.
    pub(in crate::interaction) account: Account,
    /// The session's key.
    pub(in crate::interaction) key: SessionKey,
}

impl Owner {
    /// Who is signed in with this browser, unless their account is disabled.
    pub(in crate::interaction) async fn find(cx: &TenantCx, session: &Session) -> Result<Option<Self>, StoreError> {
        let fault = |error: session::SessionError| StoreError::Unfit(error.to_string());
        let signed_in = session::find_signed_in(cx, session).await.map_err(fault)?;
        let key = session::key(session).await.map_err(fault)?;
        let (Some(signed_in), Some(key)) = (signed_in, key) else {
            return Ok(None);
        };
        let account = cx.read().await?.find_account(signed_in.account).await?;
        Ok(account
            .filter(|account| account.disabled_at.is_none())
            .map(|account| Self {
                signed_in,
                account,
                key,
            }))
    }

    /// What to call the user: the name, else what they signed in as.
    pub(in crate::interaction) fn person(&self) -> String {
        let profile = &self.account.profile;
        profile.name.clone().unwrap_or_else(|| profile.subject.clone())
    }

    /// The anti-forgery token of one form.
    pub(in crate::interaction) fn csrf(&self, purpose: &str) -> Csrf {
        Csrf::derive(self.key.csrf_secret(), purpose)
    }

    /// Checks the anti-forgery token of one form.
    pub(in crate::interaction) fn checks(&self, purpose: &str, form: &Parameters) -> bool {
        Csrf::check(self.key.csrf_secret(), purpose, form).is_ok()
    }
}

fn outdated(cx: &TenantCx) -> Response {
    APPS.outdated(cx)
}

/// Nobody is signed in: the list begins with signing in.
fn to_the_list(cx: &TenantCx) -> Response {
    APPS.begin(cx)
}
