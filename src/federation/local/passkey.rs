//! Passkeys (WebAuthn Level 3), several tenants on one host.
//!
//! The relying party's id is the host of this deployment, so a browser holds the passkeys of all its tenants under one name.
//! Therefore no dialogue is ever opened without a list of the credentials it is about, and the list holds credentials of
//! this tenant only: a passkey of another tenant is never offered. Ids and user handles are the tenant's own: a passkey of
//! another tenant that answers all the same is unknown here.

use crate::kernel::credential::{self, Kind, recognise};
use crate::kernel::id::{AccountId, IdentityProviderId};
use crate::kernel::{Secret, Sha256Hash};
use crate::store::tenant::{Account, NewPasskey, StoredPasskey};
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use url::{Host, Url};
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Webauthn, WebauthnBuilder,
};

/// How long a dialogue may stay open.
const PATIENCE: Duration = Duration::from_mins(5);
/// Longest answer of a browser.
const LONGEST_ANSWER: usize = 16 * 1024;
/// Longest name of a passkey, in characters.
const LONGEST_LABEL: usize = 60;

/// A dialogue that is to be opened.
pub struct Dialogue {
    /// What the challenge is kept under.
    pub ceremony: Secret<String>,
    /// The options, as JSON.
    pub options: String,
}

/// Why a passkey was not accepted. The browser is told that it did not work.
#[derive(Debug)]
pub enum PasskeyRefusal {
    /// The challenge is unknown, used or too old.
    CeremonyGone,
    /// The answer does not prove anything: which check failed.
    Unproven(&'static str),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for PasskeyRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Whose passkey is asked for.
#[derive(Clone, Copy)]
pub enum Wanted<'a> {
    /// That of a user name, whether there is such an account or not.
    Username(&'a str),
    /// That of an account that proved its password.
    Account(AccountId),
    /// One of those that were used in this browser.
    Remembered(&'a str),
}

#[derive(Serialize, Deserialize)]
struct Registering {
    account: AccountId,
    state: PasskeyRegistration,
}

#[derive(Serialize, Deserialize)]
struct Authenticating<T> {
    provider: IdentityProviderId,
    /// Whose passkey it must be, when that is known.
    account: Option<AccountId>,
    /// The ids that were offered.
    offered: Vec<String>,
    state: DiscoverableAuthentication,
    /// What the caller wants back.
    context: T,
}

/// The relying party, unless the public URL has no name: passkeys need one (WebAuthn Level 3 section 5.1.2).
fn relying_party(cx: &TenantCx) -> Option<Webauthn> {
    let origin = Url::parse(cx.urls().base().as_str()).ok()?;
    let Host::Domain(host) = origin.host()? else {
        return None;
    };
    WebauthnBuilder::new(host, &origin)
        .ok()?
        .rp_name(&cx.tenant().look.name)
        .timeout(PATIENCE)
        .build()
        .ok()
}

/// Whether this deployment's address allows passkeys.
pub fn are_available(cx: &TenantCx) -> bool {
    relying_party(cx).is_some()
}

/// The user handle: the tenant's own, and of no meaning to anybody else (WebAuthn Level 3 section 14.6.1).
fn user_handle(cx: &TenantCx, account: AccountId) -> Uuid {
    let derived = cx
        .store()
        .keyring()
        .derive("passkey-user-handle", account.uuid().as_bytes());
    Uuid::from_bytes(derived.first_chunk::<16>().copied().unwrap_or_default())
}

fn id_text(passkey: &StoredPasskey) -> Result<String, StoreError> {
    Ok(URL_SAFE_NO_PAD.encode(read(passkey)?.cred_id()))
}

fn read(passkey: &StoredPasskey) -> Result<Passkey, StoreError> {
    serde_json::from_slice(passkey.credential.expose())
        .map_err(|_| StoreError::corrupt("passkeys", "sealed_credential", "not a passkey"))
}

fn unproven(check: &'static str) -> impl Fn(webauthn_rs::prelude::WebauthnError) -> PasskeyRefusal {
    move |error| {
        tracing::info!(%error, check, "passkey refused");
        PasskeyRefusal::Unproven(check)
    }
}

async fn keep(cx: &TenantCx, state: &impl Serialize) -> Result<Secret<String>, StoreError> {
    let bytes = serde_json::to_vec(state)
        .map(Secret::new)
        .map_err(|error| StoreError::corrupt("ceremonies", "sealed_state", error))?;
    let handle = credential::generate(Kind::Ceremony, cx.entropy());
    let hash = Sha256Hash::of(handle.expose().as_bytes());
    let mut tx = cx.begin().await?;
    tx.insert_ceremony(hash, &bytes, cx.now() + PATIENCE, cx.entropy())
        .await?;
    tx.commit().await?;
    Ok(handle)
}

async fn take<T: DeserializeOwned>(cx: &TenantCx, ceremony: &str) -> Result<T, PasskeyRefusal> {
    let hash = recognise(Kind::Ceremony, ceremony).ok_or(PasskeyRefusal::CeremonyGone)?;
    let mut tx = cx.begin().await?;
    let state = tx.take_ceremony(hash, cx.now()).await?;
    tx.commit().await?;
    let state = state.ok_or(PasskeyRefusal::CeremonyGone)?;
    // A ceremony of another kind is as unknown as none.
    serde_json::from_slice(state.expose()).map_err(|_| PasskeyRefusal::CeremonyGone)
}

/// Begins adding a passkey to an account.
pub async fn begin_registration(cx: &TenantCx, account: &Account) -> Result<Dialogue, PasskeyRefusal> {
    let webauthn = relying_party(cx).ok_or(PasskeyRefusal::Unproven("no relying party"))?;
    let mut existing = Vec::new();
    for passkey in cx.read().await?.list_passkeys(account.id).await? {
        existing.push(read(&passkey)?.cred_id().clone());
    }
    let profile = &account.profile;
    let (challenge, state) = webauthn
        .start_passkey_registration(
            user_handle(cx, account.id),
            &profile.subject,
            profile.name.as_deref().unwrap_or(&profile.subject),
            Some(existing),
        )
        .map_err(unproven("registration"))?;
    let mut options = public_key(&challenge)?;
    // The passkey stays on the device under the hospital's name, where people find and remove it.
    if let Some(selection) = options
        .pointer_mut("/authenticatorSelection")
        .and_then(Value::as_object_mut)
    {
        selection.insert("residentKey".to_owned(), json!("preferred"));
    }
    let registering = Registering {
        account: account.id,
        state,
    };
    Ok(Dialogue {
        ceremony: keep(cx, &registering).await?,
        options: options.to_string(),
    })
}

fn public_key(challenge: &impl Serialize) -> Result<Value, PasskeyRefusal> {
    let mut options =
        serde_json::to_value(challenge).map_err(|error| StoreError::corrupt("ceremonies", "options", error))?;
    Ok(options.get_mut("publicKey").map(Value::take).unwrap_or_default())
}

/// Adds the passkey that the browser made. Returns the text of its id.
pub async fn finish_registration(
    cx: &TenantCx,
    tx: &mut TenantTx,
    account: AccountId,
    registered: Registered,
    label: &str,
) -> Result<String, PasskeyRefusal> {
    if registered.account != account {
        return Err(PasskeyRefusal::CeremonyGone);
    }
    let credential = serde_json::to_vec(&registered.passkey)
        .map(Secret::new)
        .map_err(|error| StoreError::corrupt("passkeys", "sealed_credential", error))?;
    let label: String = label
        .chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_LABEL)
        .collect();
    let label = label.trim();
    let new = NewPasskey {
        hash: Sha256Hash::of(registered.passkey.cred_id().as_ref()),
        account,
        credential: &credential,
        label: if label.is_empty() { "Passkey" } else { label },
        sign_count: 0,
    };
    if !tx.insert_passkey(&new, cx.now(), cx.entropy()).await? {
        return Err(PasskeyRefusal::Unproven("the id is taken"));
    }
    Ok(URL_SAFE_NO_PAD.encode(registered.passkey.cred_id()))
}

/// A passkey that was made and proven.
pub struct Registered {
    account: AccountId,
    passkey: Passkey,
}

/// Checks what the browser made (WebAuthn Level 3 section 7.1).
pub async fn check_registration(cx: &TenantCx, ceremony: &str, answer: &str) -> Result<Registered, PasskeyRefusal> {
    let webauthn = relying_party(cx).ok_or(PasskeyRefusal::Unproven("no relying party"))?;
    let registering: Registering = take(cx, ceremony).await?;
    let credential: RegisterPublicKeyCredential = parse(answer)?;
    let passkey = webauthn
        .finish_passkey_registration(&credential, &registering.state)
        .map_err(unproven("attestation"))?;
    Ok(Registered {
        account: registering.account,
        passkey,
    })
}

fn parse<T: DeserializeOwned>(answer: &str) -> Result<T, PasskeyRefusal> {
    if answer.len() > LONGEST_ANSWER {
        return Err(PasskeyRefusal::Unproven("too long"));
    }
    serde_json::from_str(answer).map_err(|_| PasskeyRefusal::Unproven("not a credential"))
}

/// Begins a sign-in. `None` when nothing is remembered in this browser.
///
/// A user name that nobody has, or whose account has no passkey, gets ids that are made up, always the same ones, so that
/// the answer does not tell.
pub async fn begin_authentication<T: Serialize>(
    cx: &TenantCx,
    provider: IdentityProviderId,
    wanted: Wanted<'_>,
    context: T,
) -> Result<Option<Dialogue>, PasskeyRefusal> {
    let webauthn = relying_party(cx).ok_or(PasskeyRefusal::Unproven("no relying party"))?;
    let mut rows = cx.read().await?;
    let (account, offered) = match wanted {
        Wanted::Username(username) => {
            let account = rows.find_account_by_subject(provider, username).await?;
            let mut ids = Vec::new();
            if let Some(account) = account {
                for passkey in rows.list_passkeys(account.id).await? {
                    ids.push(id_text(&passkey)?);
                }
            }
            if ids.is_empty() {
                ids = made_up(cx, provider, username);
            }
            (None, ids)
        }
        Wanted::Account(account) => {
            let mut ids = Vec::new();
            for passkey in rows.list_passkeys(account).await? {
                ids.push(id_text(&passkey)?);
            }
            (Some(account), ids)
        }
        Wanted::Remembered(cookie) => {
            let mut ids = Vec::new();
            for id in remembered(cookie) {
                let Ok(bytes) = URL_SAFE_NO_PAD.decode(&id) else {
                    continue;
                };
                // Whatever the cookie holds, what is not of this tenant and this provider is not offered.
                let Some(passkey) = rows.find_passkey(Sha256Hash::of(&bytes)).await? else {
                    continue;
                };
                let account = rows.find_account(passkey.account).await?;
                if account.is_some_and(|account| account.identity_provider == provider) {
                    ids.push(id);
                }
            }
            (None, ids)
        }
    };
    rows.commit().await?;
    if offered.is_empty() {
        return Ok(None);
    }
    let (challenge, state) = webauthn
        .start_discoverable_authentication()
        .map_err(unproven("authentication"))?;
    let mut options = public_key(&challenge)?;
    if let Some(options) = options.as_object_mut() {
        let allowed: Vec<Value> = offered
            .iter()
            .map(|id| json!({ "type": "public-key", "id": id }))
            .collect();
        options.insert("allowCredentials".to_owned(), Value::Array(allowed));
    }
    let authenticating = Authenticating {
        provider,
        account,
        offered,
        state,
        context,
    };
    Ok(Some(Dialogue {
        ceremony: keep(cx, &authenticating).await?,
        options: options.to_string(),
    }))
}

/// Ids that nobody has: as many and as long as real ones may be.
fn made_up(cx: &TenantCx, provider: IdentityProviderId, username: &str) -> Vec<String> {
    const LENGTHS: [usize; 4] = [16, 20, 32, 32];
    let draw = |index: u8| {
        let value = [provider.uuid().as_bytes().as_slice(), &[index], username.as_bytes()].concat();
        cx.store().keyring().derive("passkey-made-up", &value)
    };
    let length = LENGTHS
        .get(usize::from(draw(0).first().copied().unwrap_or_default() % 4))
        .copied()
        .unwrap_or(32);
    let id = draw(1);
    vec![URL_SAFE_NO_PAD.encode(id.get(..length).unwrap_or(&id))]
}

/// What a ceremony was begun with, also when its answer proves nothing, and what came of it.
pub type Answered<T> = (T, Result<(AccountId, String), PasskeyRefusal>);

/// Checks the browser's answer (WebAuthn Level 3 section 7.2) and uses the challenge up.
pub async fn finish_authentication<T: DeserializeOwned>(
    cx: &TenantCx,
    ceremony: &str,
    answer: &str,
) -> Result<(IdentityProviderId, Answered<T>), PasskeyRefusal> {
    let authenticating: Authenticating<T> = take(cx, ceremony).await?;
    let Authenticating {
        provider,
        account,
        offered,
        state,
        context,
    } = authenticating;
    let proven = prove(cx, account, &offered, state, answer).await;
    Ok((provider, (context, proven)))
}

async fn prove(
    cx: &TenantCx,
    expected: Option<AccountId>,
    offered: &[String],
    state: DiscoverableAuthentication,
    answer: &str,
) -> Result<(AccountId, String), PasskeyRefusal> {
    let webauthn = relying_party(cx).ok_or(PasskeyRefusal::Unproven("no relying party"))?;
    let credential: PublicKeyCredential = parse(answer)?;
    let id = URL_SAFE_NO_PAD.encode(credential.get_credential_id());
    if !offered.contains(&id) {
        return Err(PasskeyRefusal::Unproven("not one that was offered"));
    }
    let hash = Sha256Hash::of(credential.get_credential_id());
    let Some(stored) = cx.read().await?.find_passkey(hash).await? else {
        return Err(PasskeyRefusal::Unproven("unknown"));
    };
    if expected.is_some_and(|expected| expected != stored.account) {
        return Err(PasskeyRefusal::Unproven("another account's"));
    }
    let handle = user_handle(cx, stored.account);
    if credential
        .get_user_unique_id()
        .is_some_and(|presented| !presented.is_empty() && presented != handle.as_bytes())
    {
        return Err(PasskeyRefusal::Unproven("another user handle"));
    }
    let key = DiscoverableKey::from(&read(&stored)?);
    let result = webauthn
        .finish_discoverable_authentication_v2(&credential, state, &key)
        .map_err(unproven("assertion"))?;
    if !result.user_verified() {
        return Err(PasskeyRefusal::Unproven("user not verified"));
    }
    let mut tx = cx.begin().await?;
    if !tx.use_passkey(hash, result.counter(), cx.now()).await? {
        super::links::record(cx, &mut tx, "passkey.refused", "counter", Some(stored.account)).await?;
        tx.commit().await?;
        return Err(PasskeyRefusal::Unproven("counter"));
    }
    tx.commit().await?;
    Ok((stored.account, id))
}

/// Passkeys that a browser remembers.
const REMEMBERED: usize = 4;

/// The ids in the cookie.
fn remembered(cookie: &str) -> Vec<String> {
    cookie
        .split('.')
        .filter(|id| !id.is_empty() && id.len() <= 700)
        .take(REMEMBERED)
        .map(str::to_owned)
        .collect()
}

/// The cookie with one more id in front.
pub fn remember(cookie: Option<&str>, id: &str) -> String {
    let mut ids = vec![id.to_owned()];
    ids.extend(
        remembered(cookie.unwrap_or_default())
            .into_iter()
            .filter(|known| known != id),
    );
    ids.truncate(REMEMBERED);
    ids.join(".")
}
