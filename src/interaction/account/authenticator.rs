//! `I/account/authenticator`: setting up an authenticator app, and removing it.

use super::overview::after;
use super::{Owner, chrome, fresh_owner, outdated, page, path};
use crate::federation::Federation;
use crate::federation::local::links::{announce_change, record};
use crate::federation::local::{outbox, recovery_code, totp};
use crate::interaction::form::PageForm;
use crate::interaction::open::{field, storage_page};
use crate::kernel::credential::{self, Kind, recognise};
use crate::kernel::id::AccountId;
use crate::kernel::{Secret, Sha256Hash};
use crate::session::Session;
use crate::store::tenant::Account;
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use crate::web::letters::SecurityChange;
use crate::web::pages::{AccountDone, QrPicture, RecoveryCodes, RecoveryCodesState, SetUpApp};
use crate::web::{Csrf, Href};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use qrcode::{Color, EcLevel, QrCode};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the picture is good for.
const PATIENCE: Duration = Duration::from_mins(15);

/// A secret that was shown and is not proven yet.
#[derive(Serialize, Deserialize)]
struct Shown {
    authenticator_of: AccountId,
    secret: String,
}

/// What became of a code that was to prove an app.
pub(super) enum Proven {
    /// The picture is too old, or was used.
    Gone,
    /// The code does not fit; the same picture again.
    Wrong(Box<SetUpApp>),
    /// It is set up. With the recovery codes that were made along with it, if there were none.
    SetUp(Vec<String>),
}

/// Draws a secret and shows it.
pub(super) async fn begin(cx: &TenantCx, account: &Account, csrf: Csrf) -> Result<SetUpApp, StoreError> {
    show(cx, account, &totp::generate(cx.entropy()), csrf, false).await
}

async fn show(
    cx: &TenantCx,
    account: &Account,
    secret: &Secret<Vec<u8>>,
    csrf: Csrf,
    wrong_code: bool,
) -> Result<SetUpApp, StoreError> {
    let shown = Shown {
        authenticator_of: account.id,
        secret: URL_SAFE_NO_PAD.encode(secret.expose()),
    };
    let state = serde_json::to_vec(&shown)
        .map(Secret::new)
        .map_err(|error| StoreError::corrupt("ceremonies", "sealed_state", error))?;
    let handle = credential::generate(Kind::Ceremony, cx.entropy());
    let mut tx = cx.begin().await?;
    let hash = Sha256Hash::of(handle.expose().as_bytes());
    tx.insert_ceremony(hash, &state, cx.now() + PATIENCE, cx.entropy())
        .await?;
    tx.commit().await?;
    let address = totp::address(secret, &cx.tenant().look.name, &account.profile.subject);
    Ok(SetUpApp {
        chrome: chrome(cx, "authenticator"),
        csrf,
        action: Href::local(&path(cx, "authenticator")),
        ceremony: handle.expose().clone(),
        picture: picture(&address),
        key: in_groups(&totp::to_text(secret)),
        wrong_code,
        demanded: false,
        back: Href::local(&path(cx, "")),
    })
}

fn picture(address: &str) -> QrPicture {
    // A name so long that nothing fits leaves an empty picture; the key as text is beside it.
    match QrCode::with_error_correction_level(address, EcLevel::M) {
        Ok(code) => QrPicture::new(
            code.width(),
            code.to_colors().into_iter().map(|color| color == Color::Dark),
        ),
        Err(_) => QrPicture::new(1, std::iter::empty()),
    }
}

fn in_groups(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// Checks the code, and sets the app up with it. With `first`, which the password alone proves, only for somebody who has no
/// second factor yet.
pub(super) async fn finish(
    cx: &TenantCx,
    account: &Account,
    ceremony: &str,
    code: &str,
    csrf: Csrf,
    first: bool,
) -> Result<Proven, StoreError> {
    let Some(hash) = recognise(Kind::Ceremony, ceremony) else {
        return Ok(Proven::Gone);
    };
    let mut tx = cx.begin().await?;
    let state = tx.take_ceremony(hash, cx.now()).await?;
    let shown = state.and_then(|state| serde_json::from_slice::<Shown>(state.expose()).ok());
    let Some(shown) = shown.filter(|shown| shown.authenticator_of == account.id) else {
        return Ok(Proven::Gone);
    };
    let Ok(secret) = URL_SAFE_NO_PAD.decode(&shown.secret).map(Secret::new) else {
        return Ok(Proven::Gone);
    };
    let Some(step) = totp::matching_step(&secret, code, cx.now()) else {
        tx.commit().await?;
        return Ok(Proven::Wrong(Box::new(show(cx, account, &secret, csrf, true).await?)));
    };
    if first {
        if !tx.save_first_totp(account.id, &secret, step, cx.entropy()).await? {
            return Ok(Proven::Gone);
        }
    } else {
        tx.save_totp(account.id, &secret, step, cx.entropy()).await?;
    }
    record(cx, &mut tx, "authenticator.added", "success", Some(account.id)).await?;
    announce_change(cx, &mut tx, account, SecurityChange::FactorAdded).await?;
    let codes = first_codes(cx, &mut tx, account.id).await?;
    tx.commit().await?;
    Ok(Proven::SetUp(codes))
}

/// Recovery codes, for somebody who has none left.
pub(super) async fn first_codes(
    cx: &TenantCx,
    tx: &mut TenantTx,
    account: AccountId,
) -> Result<Vec<String>, StoreError> {
    if tx.find_account_security(account).await?.recovery_codes > 0 {
        return Ok(Vec::new());
    }
    new_codes(cx, tx, account).await
}

/// New recovery codes in place of those before.
pub(super) async fn new_codes(cx: &TenantCx, tx: &mut TenantTx, account: AccountId) -> Result<Vec<String>, StoreError> {
    let codes: Vec<String> = recovery_code::generate(cx.entropy())
        .iter()
        .map(|code| code.expose().clone())
        .collect();
    let hashes: Vec<Sha256Hash> = codes
        .iter()
        .filter_map(|code| recovery_code::recognise(account, code))
        .collect();
    tx.replace_recovery_codes(account, &hashes, cx.now()).await?;
    record(cx, tx, "recovery_codes.made", "success", Some(account)).await?;
    Ok(codes)
}

/// The page that shows new codes once, and then leads to the overview.
pub(super) fn codes_page(cx: &TenantCx, codes: Vec<String>, done: Option<AccountDone>) -> Response {
    let next = match done {
        Some(done) => format!("{}?done={}", path(cx, ""), done.as_str()),
        None => path(cx, ""),
    };
    let codes = RecoveryCodes {
        chrome: cx.chrome(None),
        state: RecoveryCodesState::Codes(codes),
        next: Href::local(&next),
    };
    page(cx, &codes).into_response()
}

/// `GET I/account/authenticator`.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    headers: HeaderMap,
) -> Response {
    let owner = match fresh_owner(&cx, &federation, &session, &headers).await {
        Ok(owner) => owner,
        Err(elsewhere) => return elsewhere,
    };
    match begin(&cx, &owner.account, owner.csrf("account")).await {
        Ok(set_up) => page(&cx, &set_up).into_response(),
        Err(error) => storage_page(&cx, &error),
    }
}

/// `POST I/account/authenticator`: the code that proves it.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let owner = match fresh_owner(&cx, &federation, &session, &headers).await {
        Ok(owner) => owner,
        Err(elsewhere) => return elsewhere,
    };
    if !owner.checks("account", &form) {
        return outdated(&cx);
    }
    let ceremony = field(&form, "ceremony").unwrap_or_default();
    let code = field(&form, "code").unwrap_or_default();
    let proven = finish(&cx, &owner.account, ceremony, code, owner.csrf("account"), false).await;
    outbox::deliver_soon(&cx, federation.mailer());
    match proven {
        Ok(Proven::Gone) => crate::interaction::respond::see_other(&path(&cx, "authenticator")),
        Ok(Proven::Wrong(set_up)) => page(&cx, &*set_up).into_response(),
        Ok(Proven::SetUp(codes)) if codes.is_empty() => after(&cx, AccountDone::AppAdded),
        Ok(Proven::SetUp(codes)) => codes_page(&cx, codes, Some(AccountDone::AppAdded)),
        Err(error) => storage_page(&cx, &error),
    }
}

/// `POST I/account/authenticator/remove`.
pub(super) async fn remove(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let owner = match fresh_owner(&cx, &federation, &session, &headers).await {
        Ok(owner) => owner,
        Err(elsewhere) => return elsewhere,
    };
    if !owner.checks("account", &form) {
        return outdated(&cx);
    }
    match forget(&cx, &owner).await {
        Ok(()) => {
            outbox::deliver_soon(&cx, federation.mailer());
            after(&cx, AccountDone::AppRemoved)
        }
        Err(error) => storage_page(&cx, &error),
    }
}

async fn forget(cx: &TenantCx, owner: &Owner) -> Result<(), StoreError> {
    let mut tx = cx.begin().await?;
    if !tx.delete_totp(owner.account.id).await? {
        return Ok(());
    }
    record(cx, &mut tx, "authenticator.removed", "success", Some(owner.account.id)).await?;
    announce_change(cx, &mut tx, &owner.account, SecurityChange::FactorRemoved).await?;
    tx.commit().await
}
