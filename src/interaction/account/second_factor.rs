//! After the password: a code or a passkey, or setting one up where the hospital demands it. And passkeys without a password.

use super::authenticator::{self, Proven};
use super::pending::{Destination, PendingSignIn};
use super::{outdated, path, to_overview};
use crate::federation::local::outbox;
use crate::federation::local::passkey::{self, Dialogue, PasskeyRefusal, Wanted};
use crate::federation::{Federation, IdentityProvider, LocalProof};
use crate::interaction::apps::Visitor;
use crate::interaction::form::PageForm;
use crate::interaction::open::{field, storage_page};
use crate::interaction::respond::{internal_page, see_other};
use crate::interaction::sign_in::SignInFor;
use crate::kernel::id::{AccountId, IdentityProviderId};
use crate::session::{self, Session};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::cookies::CookiePurpose;
use crate::web::pages::{CodeProblem, PasskeyPage, RecoveryCodes, RecoveryCodesState, SecondFactor};
use crate::web::{Csrf, Href};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a browser remembers which passkeys were used in it: as long as browsers keep any cookie.
const REMEMBER: Duration = Duration::from_hours(400 * 24);

/// The password was right, and more is needed: remembers that, and goes on to the next page.
pub(in crate::interaction) async fn begin_second_factor(
    cx: &TenantCx,
    session: &Session,
    purpose: &SignInFor<'_>,
    provider: &IdentityProvider,
    account: AccountId,
    enrols: bool,
) -> Response {
    let destination = Destination::of(cx, purpose);
    let pending = PendingSignIn::new(cx, account, provider.id, enrols, destination);
    match pending.keep(session).await {
        Ok(()) => see_other(&path(cx, "second-factor")),
        Err(error) => {
            tracing::error!(%error, "session");
            internal_page(cx, "pending_not_kept")
        }
    }
}

/// The pending sign-in of this browser; without one, the account page, where signing in begins anew.
async fn pending(cx: &TenantCx, session: &Session) -> Result<PendingSignIn, Response> {
    match PendingSignIn::find(cx, session).await {
        Ok(Some(pending)) => Ok(pending),
        Ok(None) => Err(to_overview(cx)),
        Err(error) => {
            tracing::error!(%error, "session");
            Err(internal_page(cx, "pending_not_read"))
        }
    }
}

/// `GET I/account/second-factor`.
pub(super) async fn get(cx: TenantCx, session: Session) -> Response {
    let pending = match pending(&cx, &session).await {
        Ok(pending) => pending,
        Err(elsewhere) => return elsewhere,
    };
    show(&cx, &pending, None)
        .await
        .unwrap_or_else(|error| storage_page(&cx, &error))
}

async fn show(cx: &TenantCx, pending: &PendingSignIn, problem: Option<CodeProblem>) -> Result<Response, StoreError> {
    let destination = &pending.destination;
    let mut rows = cx.read().await?;
    let Some(account) = rows.find_account(pending.account).await? else {
        return Ok(to_overview(cx));
    };
    let security = rows.find_account_security(pending.account).await?;
    rows.commit().await?;
    if pending.is_overtaken(&security) {
        return Ok(to_overview(cx));
    }
    if pending.enrols && !security.has_second_factor() {
        let mut page = authenticator::begin(cx, &account, pending.csrf()).await?;
        page.chrome = destination.chrome(cx);
        page.action = Href::local(&path(cx, "second-factor"));
        page.demanded = true;
        page.back = Href::local(&destination.return_to);
        return Ok(destination.page(cx, &page).into_response());
    }
    let page = SecondFactor {
        chrome: destination.chrome(cx),
        csrf: pending.csrf(),
        action: Href::local(&path(cx, "second-factor")),
        has_app: security.totp.is_some(),
        has_recovery_codes: security.recovery_codes > 0,
        passkey: (security.passkeys > 0).then(|| Href::local(&path(cx, "second-factor/passkey"))),
        problem,
        start_again: Href::local(&destination.return_to),
    };
    Ok(destination.page(cx, &page).into_response())
}

/// `POST I/account/second-factor`: a code, or the code that proves a new authenticator app.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    PageForm(form): PageForm,
) -> Response {
    let pending = match pending(&cx, &session).await {
        Ok(pending) => pending,
        Err(elsewhere) => return elsewhere,
    };
    if !pending.checks(&form) {
        return outdated(&cx);
    }
    let code = field(&form, "code").unwrap_or_default();
    let done = async {
        let mut rows = cx.read().await?;
        let Some(account) = rows.find_account(pending.account).await? else {
            return Ok(to_overview(&cx));
        };
        let security = rows.find_account_security(account.id).await?;
        drop(rows);
        if pending.is_overtaken(&security) {
            return Ok(to_overview(&cx));
        }
        if pending.enrols && !security.has_second_factor() {
            let ceremony = field(&form, "ceremony").unwrap_or_default();
            return match authenticator::finish(&cx, &account, ceremony, code, pending.csrf(), true).await? {
                Proven::Gone => show(&cx, &pending, None).await,
                Proven::Wrong(mut page) => {
                    page.chrome = pending.destination.chrome(&cx);
                    page.action = Href::local(&path(&cx, "second-factor"));
                    page.demanded = true;
                    page.back = Href::local(&pending.destination.return_to);
                    Ok(pending.destination.page(&cx, &*page).into_response())
                }
                Proven::SetUp(codes) => enrolled(&cx, &federation, &session, &pending, codes).await,
            };
        }
        match federation.check_local_code(&cx, &account, code).await? {
            Ok(_) => {
                let (provider, to) = (pending.provider, &pending.destination.return_to);
                enter(
                    &cx,
                    &federation,
                    &session,
                    provider,
                    account.id,
                    LocalProof::PasswordAndCode,
                    to,
                )
                .await
            }
            Err(problem) => show(&cx, &pending, Some(problem)).await,
        }
    };
    let response = done.await.unwrap_or_else(|error: StoreError| storage_page(&cx, &error));
    outbox::deliver_soon(&cx, federation.mailer());
    response
}

/// The app is set up and proven in one: the user is signed in, and sees the recovery codes once.
async fn enrolled(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
    pending: &PendingSignIn,
    codes: Vec<String>,
) -> Result<Response, StoreError> {
    let (provider, to) = (pending.provider, &pending.destination.return_to);
    let proof = LocalProof::PasswordAndCode;
    let response = enter(cx, federation, session, provider, pending.account, proof, to).await?;
    if response.status() != axum::http::StatusCode::SEE_OTHER || codes.is_empty() {
        return Ok(response);
    }
    let page = RecoveryCodes {
        chrome: pending.destination.chrome(cx),
        state: RecoveryCodesState::Codes(codes),
        next: Href::local(to),
    };
    Ok(pending.destination.page(cx, &page).into_response())
}

/// Begins the session and goes on.
async fn enter(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
    provider: IdentityProviderId,
    account: AccountId,
    proof: LocalProof,
    return_to: &str,
) -> Result<Response, StoreError> {
    let providers = federation.providers(cx).await?;
    let Some(provider) = providers.iter().find(|known| known.id == provider) else {
        return Ok(to_overview(cx));
    };
    let Some(signed_in) = federation.admit_locally(cx, provider, account, proof).await? else {
        return Ok(see_other(return_to));
    };
    if let Err(error) = session::sign_in(cx, session, &signed_in).await {
        tracing::error!(%error, "session");
        return Ok(internal_page(cx, "session_not_begun"));
    }
    // 303 and GET: reloading the next page sends no code again.
    Ok(see_other(return_to))
}

/// What a passkey dialogue goes on with.
#[derive(Serialize, Deserialize)]
struct Going {
    destination: Destination,
    /// Whether the password came first.
    after_password: bool,
}

/// The page of a dialogue.
fn dialogue_page(cx: &TenantCx, destination: &Destination, csrf: Csrf, dialogue: &Dialogue) -> Response {
    let page = PasskeyPage {
        chrome: destination.chrome(cx),
        csrf,
        action: Href::local(&path(cx, "passkey")),
        ceremony: dialogue.ceremony.expose().clone(),
        options: dialogue.options.clone(),
        creates: false,
        failed: false,
        back: Href::local(&destination.return_to),
    };
    destination.page(cx, &page).into_response()
}

/// A passkey instead of a password: the dialogue for the user name that was typed, or for the passkeys that this browser
/// remembers. `None` when there is neither.
pub(in crate::interaction) async fn begin_passkey(
    cx: &TenantCx,
    purpose: &SignInFor<'_>,
    provider: &IdentityProvider,
    username: &str,
    headers: &HeaderMap,
) -> Result<Option<Response>, PasskeyRefusal> {
    let remembered = cx.cookies().find(headers, CookiePurpose::Passkeys);
    let wanted = match (username, &remembered) {
        ("", Some(cookie)) => Wanted::Remembered(cookie),
        ("", None) => return Ok(None),
        (username, _) => Wanted::Username(username),
    };
    let destination = Destination::of(cx, purpose);
    let visitor = Visitor::of(cx, headers);
    let going = Going {
        destination: destination.clone(),
        after_password: false,
    };
    let dialogue = passkey::begin_authentication(cx, provider.id, wanted, going).await?;
    Ok(dialogue.map(|dialogue| {
        let page = dialogue_page(cx, &destination, visitor.csrf("passkey"), &dialogue);
        visitor.with_cookie(cx, page)
    }))
}

/// `POST I/account/second-factor/passkey`: the passkey as second factor.
pub(super) async fn ask_passkey(
    cx: TenantCx,
    session: Session,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let pending = match pending(&cx, &session).await {
        Ok(pending) => pending,
        Err(elsewhere) => return elsewhere,
    };
    if !pending.checks(&form) {
        return outdated(&cx);
    }
    let going = Going {
        destination: pending.destination.clone(),
        after_password: true,
    };
    let wanted = Wanted::Account(pending.account);
    let visitor = Visitor::of(&cx, &headers);
    match passkey::begin_authentication(&cx, pending.provider, wanted, going).await {
        Ok(Some(dialogue)) => {
            let page = dialogue_page(&cx, &pending.destination, visitor.csrf("passkey"), &dialogue);
            visitor.with_cookie(&cx, page)
        }
        Ok(None) | Err(PasskeyRefusal::CeremonyGone | PasskeyRefusal::Unproven(_)) => {
            see_other(&path(&cx, "second-factor"))
        }
        Err(PasskeyRefusal::Store(error)) => storage_page(&cx, &error),
    }
}

/// `POST I/account/passkey`: the browser's answer.
pub(super) async fn post_passkey(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let visitor = Visitor::of(&cx, &headers);
    if !visitor.checks("passkey", &form) {
        return outdated(&cx);
    }
    let ceremony = field(&form, "ceremony").unwrap_or_default();
    let answer = field(&form, "credential").unwrap_or_default();
    let finished = passkey::finish_authentication::<Going>(&cx, ceremony, answer).await;
    let (provider, (going, proven)) = match finished {
        Ok(finished) => finished,
        Err(PasskeyRefusal::Store(error)) => return storage_page(&cx, &error),
        Err(_) => return to_overview(&cx),
    };
    let (account, id) = match proven {
        Ok(proven) => proven,
        Err(PasskeyRefusal::Store(error)) => return storage_page(&cx, &error),
        Err(_) => return refused(&cx, &session, &going).await,
    };
    let to = &going.destination.return_to;
    let entered = enter(&cx, &federation, &session, provider, account, LocalProof::Passkey, to).await;
    outbox::deliver_soon(&cx, federation.mailer());
    match entered {
        Ok(response) => remember(&cx, &headers, &id, response),
        Err(error) => storage_page(&cx, &error),
    }
}

/// Back to where it can be tried again: the second factor, or the page with user name and password.
async fn refused(cx: &TenantCx, session: &Session, going: &Going) -> Response {
    let mut tx = match cx.begin().await {
        Ok(tx) => tx,
        Err(error) => return storage_page(cx, &error),
    };
    let recorded = crate::federation::local::links::record(cx, &mut tx, "sign_in.refused", "wrong_passkey", None).await;
    if let Err(error) = recorded {
        return storage_page(cx, &error);
    }
    if let Err(error) = tx.commit().await {
        return storage_page(cx, &error);
    }
    let again = if going.after_password {
        PendingSignIn::find(cx, session).await.ok().flatten()
    } else {
        None
    };
    match again {
        Some(pending) => show(cx, &pending, Some(CodeProblem::Passkey))
            .await
            .unwrap_or_else(|error| storage_page(cx, &error)),
        None => see_other(&going.destination.return_to),
    }
}

/// Adds the cookie that remembers a passkey's id in this browser, for this tenant.
pub(super) fn remember(cx: &TenantCx, headers: &HeaderMap, id: &str, mut response: Response) -> Response {
    let before = cx.cookies().find(headers, CookiePurpose::Passkeys);
    let value = passkey::remember(before.as_deref(), id);
    let cookie = cx.cookies().set(CookiePurpose::Passkeys, value, Some(REMEMBER));
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
