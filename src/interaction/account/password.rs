//! `I/account/password`: another password, chosen by somebody who knows the present one.

use super::overview::after;
use super::{Owner, chrome, local_provider, outdated, page, path, to_overview};
use crate::federation::local::links::{self, ChooseRefusal};
use crate::federation::local::outbox;
use crate::federation::local::password_rules::{PasswordFault, SHORTEST_ALONE, SHORTEST_BESIDE};
use crate::federation::{Federation, IdentityProvider, LocalRefusal};
use crate::interaction::form::PageForm;
use crate::interaction::open::{field, storage_page};
use crate::interaction::sign_in::attempt;
use crate::kernel::Secret;
use crate::session::Session;
use crate::session::backchannel_logout;
use crate::store::StoreError;
use crate::store::tenant::Account;
use crate::tenant::TenantCx;
use crate::web::pages::{AccountDone, ChoosePassword, PasswordProblem, SignInProblem};
use crate::web::{Csrf, Href};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Fewest characters of the account's password.
pub(super) async fn least(cx: &TenantCx, account: &Account) -> Result<usize, StoreError> {
    let security = cx.read().await?.find_account_security(account.id).await?;
    let second =
        security.has_second_factor() || cx.document().local_accounts.needs_second_factor(&account.profile.roles);
    Ok(if second { SHORTEST_BESIDE } else { SHORTEST_ALONE })
}

/// What to show of a refusal. `None` for what is no fault of the password.
pub(super) const fn shown(refusal: &ChooseRefusal) -> Option<PasswordProblem> {
    match refusal {
        ChooseRefusal::Fault(PasswordFault::TooShort { .. }) => Some(PasswordProblem::TooShort),
        ChooseRefusal::Fault(PasswordFault::TooLong) => Some(PasswordProblem::TooLong),
        ChooseRefusal::Fault(PasswordFault::Guessable) => Some(PasswordProblem::Guessable),
        ChooseRefusal::Busy => Some(PasswordProblem::Busy),
        ChooseRefusal::LinkGone | ChooseRefusal::Store(_) => None,
    }
}

async fn owner(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
) -> Result<(Owner, Arc<IdentityProvider>), Response> {
    let fault = |error: StoreError| storage_page(cx, &error);
    let Some(owner) = Owner::find(cx, session).await.map_err(fault)? else {
        return Err(to_overview(cx));
    };
    match local_provider(cx, federation, &owner).await.map_err(fault)? {
        Some(provider) if owner.account.password_hash.is_some() => Ok((owner, provider)),
        _ => Err(to_overview(cx)),
    }
}

/// The form.
pub(super) fn form(cx: &TenantCx, account: &Account, least: usize, csrf: Csrf, action: &str) -> ChoosePassword {
    ChoosePassword {
        chrome: chrome(cx, action),
        csrf,
        action: Href::local(&path(cx, action)),
        username: account.profile.subject.clone(),
        asks_current: false,
        least,
        problem: None,
        back: None,
    }
}

async fn show(cx: &TenantCx, owner: &Owner, problem: Option<PasswordProblem>) -> Result<Response, StoreError> {
    let least = least(cx, &owner.account).await?;
    let change = ChoosePassword {
        asks_current: true,
        problem,
        back: Some(Href::local(&path(cx, ""))),
        ..form(cx, &owner.account, least, owner.csrf("account"), "password")
    };
    Ok(page(cx, &change).into_response())
}

/// `GET I/account/password`.
pub(super) async fn get(cx: TenantCx, State(federation): State<Federation>, session: Session) -> Response {
    match owner(&cx, &federation, &session).await {
        Ok((owner, _)) => show(&cx, &owner, None)
            .await
            .unwrap_or_else(|error| storage_page(&cx, &error)),
        Err(elsewhere) => elsewhere,
    }
}

/// `POST I/account/password`. Every other session ends.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    PageForm(form): PageForm,
) -> Response {
    let (owner, provider) = match owner(&cx, &federation, &session).await {
        Ok(found) => found,
        Err(elsewhere) => return elsewhere,
    };
    if !owner.checks("account", &form) {
        return outdated(&cx);
    }
    let secret = |name| Secret::new(field(&form, name).unwrap_or_default().to_owned());
    let username = &owner.account.profile.subject;
    let spending = match attempt(&cx, &provider, username).await {
        Ok(Ok(spending)) => spending,
        Ok(Err(spent)) => {
            let minutes = u16::try_from(spent.seconds().div_ceil(60)).unwrap_or(u16::MAX);
            return show(&cx, &owner, Some(PasswordProblem::TooManyAttempts { minutes }))
                .await
                .unwrap_or_else(|error| storage_page(&cx, &error));
        }
        Err(error) => return storage_page(&cx, &error),
    };
    let proven = federation
        .check_local_password(&cx, &provider, username, &secret("current"))
        .await;
    if matches!(proven, Err(LocalRefusal::Shown(SignInProblem::WrongCredentials))) {
        spending.keep();
    } else if let Err(error) = spending.refund(&cx).await {
        return storage_page(&cx, &error);
    }
    let problem = match proven {
        Ok(_) => None,
        Err(LocalRefusal::Shown(SignInProblem::Busy)) => Some(PasswordProblem::Busy),
        Err(LocalRefusal::Shown(_)) => Some(PasswordProblem::WrongCurrent),
        Err(LocalRefusal::Store(error)) => return storage_page(&cx, &error),
    };
    let changed = match problem {
        Some(problem) => show(&cx, &owner, Some(problem)).await,
        None => change(&cx, &federation, &owner, &secret("password")).await,
    };
    changed.unwrap_or_else(|error| storage_page(&cx, &error))
}

async fn change(
    cx: &TenantCx,
    federation: &Federation,
    owner: &Owner,
    password: &Secret<String>,
) -> Result<Response, StoreError> {
    let account = &owner.account;
    let hash = match links::hash_checked(cx, federation.passwords(), account, password).await {
        Ok(hash) => hash,
        Err(ChooseRefusal::Store(error)) => return Err(error),
        Err(refusal) => return show(cx, owner, shown(&refusal)).await,
    };
    let mut tx = cx.begin().await?;
    let except = Some(owner.key.hash());
    let ended = links::set(cx, &mut tx, account, &hash, except, "password.changed").await?;
    tx.commit().await?;
    if ended.has_notices {
        backchannel_logout::deliver_soon(cx, federation.outbound());
    }
    outbox::deliver_soon(cx, federation.mailer());
    Ok(after(cx, AccountDone::Password))
}
