//! The user's own account: password, authenticator app, passkeys, recovery codes, sessions; and the steps of a local sign-in
//! that come after the password.

mod authenticator;
mod forgot;
mod link;
mod overview;
mod passkeys;
mod password;
mod pending;
mod recovery_codes;
mod second_factor;
mod sessions;
mod sign_in;

pub(super) use second_factor::{begin_passkey, begin_second_factor};

use super::apps::{Owner, Visitor};
use super::choose_provider;
use super::own_page::ACCOUNT;
pub(super) use super::own_page::page;
use super::sign_in::SignInFor;
use crate::federation::{Federation, IdentityProvider, ProviderKind};
use crate::session::Session;
use crate::store::StoreError;
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::Chrome;
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;
use std::time::Duration;

/// What proves who somebody is can be changed for so long after they proved it.
const FRESH: Duration = Duration::from_mins(10);

/// The routes. They need the session layer.
pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/auth/account", overview::get)
        .post("/{tenant}/auth/account/sign-in", choose_provider::post_account)
        .get("/{tenant}/auth/account/sign-in/{provider}", sign_in::get)
        .post("/{tenant}/auth/account/sign-in/{provider}", sign_in::post)
        .get("/{tenant}/auth/account/second-factor", second_factor::get)
        .post("/{tenant}/auth/account/second-factor", second_factor::post)
        .post(
            "/{tenant}/auth/account/second-factor/passkey",
            second_factor::ask_passkey,
        )
        .post("/{tenant}/auth/account/passkey", second_factor::post_passkey)
        .get("/{tenant}/auth/account/password", password::get)
        .post("/{tenant}/auth/account/password", password::post)
        .get("/{tenant}/auth/account/authenticator", authenticator::get)
        .post("/{tenant}/auth/account/authenticator", authenticator::post)
        .post("/{tenant}/auth/account/authenticator/remove", authenticator::remove)
        .get("/{tenant}/auth/account/passkeys", passkeys::get)
        .post("/{tenant}/auth/account/passkeys", passkeys::post)
        .post("/{tenant}/auth/account/passkeys/remove", passkeys::remove)
        .get("/{tenant}/auth/account/recovery-codes", recovery_codes::get)
        .post("/{tenant}/auth/account/recovery-codes", recovery_codes::post)
        .post("/{tenant}/auth/account/sessions", sessions::post)
        .get("/{tenant}/auth/account/forgot", forgot::get)
        .post("/{tenant}/auth/account/forgot", forgot::post)
        .get("/{tenant}/auth/account/link/{token}", link::get)
        .post("/{tenant}/auth/account/link/{token}", link::post)
}

/// The path of the overview, or of a step below it.
pub(super) fn path(cx: &TenantCx, step: &str) -> String {
    ACCOUNT.path(cx, step)
}

/// What surrounds a page that a link can show again.
pub(super) fn chrome(cx: &TenantCx, step: &str) -> Chrome {
    ACCOUNT.chrome(cx, step, None)
}

fn outdated(cx: &TenantCx) -> Response {
    ACCOUNT.outdated(cx)
}

/// The overview, which begins with signing in when nobody is.
fn to_overview(cx: &TenantCx) -> Response {
    ACCOUNT.begin(cx)
}

/// The tenant's own accounts that the owner's belongs to; none when they sign in somewhere else.
async fn local_provider(
    cx: &TenantCx,
    federation: &Federation,
    owner: &Owner,
) -> Result<Option<Arc<IdentityProvider>>, StoreError> {
    let providers = federation.providers(cx).await?;
    Ok(providers
        .iter()
        .find(|provider| provider.id == owner.account.identity_provider && matches!(provider.kind, ProviderKind::Local))
        .cloned())
}

/// Somebody who may change what protects their account: signed in at the tenant's own accounts, and lately. Everybody else is
/// shown where to go first.
async fn fresh_owner(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
    headers: &HeaderMap,
) -> Result<Owner, Response> {
    let fault = |error: StoreError| super::open::storage_page(cx, &error);
    let Some(owner) = Owner::find(cx, session).await.map_err(fault)? else {
        return Err(to_overview(cx));
    };
    let Some(provider) = local_provider(cx, federation, &owner).await.map_err(fault)? else {
        return Err(to_overview(cx));
    };
    if cx.now().since(owner.signed_in.authenticated_at) > FRESH {
        let visitor = Visitor::of(cx, headers);
        let again = super::sign_in::at(
            cx,
            federation,
            session,
            &SignInFor::OwnAccount(&visitor),
            &provider.alias,
        )
        .await;
        return Err(visitor.with_cookie(cx, again));
    }
    Ok(owner)
}
