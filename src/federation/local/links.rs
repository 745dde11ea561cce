//! Invitations and password resets by one-time link.
//!
//! Whoever asks for a reset learns nothing of whether there is such an account: the answer is the same, and so is the work.

use super::outbox;
use super::password::{PasswordError, PasswordPool};
use super::password_rules::{self, PasswordFault};
use crate::kernel::credential::{self, Kind, recognise};
use crate::kernel::id::{AccountId, IdentityProviderId};
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::quota::Budget;
use crate::session::{self, EndedSessions};
use crate::store::tenant::{Account, AccountLink, AccountProfile, AuditEvent, LinkPurpose};
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use crate::web::Language;
use crate::web::letters::{self, ForHolder, Letter, SecurityChange};
use std::time::Duration;

/// How long an invitation works.
const INVITATION: Duration = Duration::from_hours(7 * 24);
/// How long a reset works.
const RESET: Duration = Duration::from_mins(30);

/// A link that was made just now. Whoever has it chooses the password.
pub struct NewLink {
    /// The address.
    pub address: Secret<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Makes a link in the caller's transaction.
pub async fn make(
    cx: &TenantCx,
    tx: &mut TenantTx,
    account: AccountId,
    purpose: LinkPurpose,
) -> Result<NewLink, StoreError> {
    make_for(cx, tx, account, purpose, None).await
}

/// The same, for another time than is usual.
pub async fn make_for(
    cx: &TenantCx,
    tx: &mut TenantTx,
    account: AccountId,
    purpose: LinkPurpose,
    lifetime: Option<Duration>,
) -> Result<NewLink, StoreError> {
    let token = credential::generate(Kind::AccountLink, cx.entropy());
    let usual = match purpose {
        LinkPurpose::Invitation => INVITATION,
        LinkPurpose::Reset => RESET,
    };
    let expires_at = cx.now() + lifetime.unwrap_or(usual);
    let hash = Sha256Hash::of(token.expose().as_bytes());
    let link = AccountLink { account, purpose };
    tx.insert_account_link(hash, link, cx.now(), expires_at).await?;
    let address = cx.urls().endpoint(&format!("account/link/{}", token.expose()));
    Ok(NewLink {
        address: Secret::new(address),
        expires_at,
    })
}

/// The letter that carries a link.
pub fn letter(
    cx: &TenantCx,
    language: Language,
    profile: &AccountProfile,
    purpose: LinkPurpose,
    link: &NewLink,
) -> Letter {
    let to = for_holder(cx, profile);
    let address = link.address.expose();
    match purpose {
        LinkPurpose::Invitation => letters::invitation(language, to, address, INVITATION.as_secs() / 86_400),
        LinkPurpose::Reset => letters::reset(language, to, address, RESET.as_secs() / 60),
    }
}

fn for_holder<'a>(cx: &'a TenantCx, profile: &'a AccountProfile) -> ForHolder<'a> {
    ForHolder {
        hospital: &cx.tenant().look.name,
        person: profile.name.as_deref().unwrap_or(&profile.subject),
        username: &profile.subject,
    }
}

/// Tells an account's holder, by mail if there is an address, that its security changed.
pub async fn announce_change(
    cx: &TenantCx,
    tx: &mut TenantTx,
    account: &Account,
    change: SecurityChange,
) -> Result<(), StoreError> {
    let Some(to) = &account.profile.email else {
        return Ok(());
    };
    let letter = letters::changed(cx.language(), for_holder(cx, &account.profile), change);
    outbox::enqueue(cx, tx, Some(to), letter).await
}

/// Sends a reset link to the address of the account, if there is one that may get it. `everyone` says whether every
/// account may sign in with a password, or emergency accounts alone.
pub async fn request_reset(
    cx: &TenantCx,
    provider: IdentityProviderId,
    username: &str,
    everyone: bool,
) -> Result<(), StoreError> {
    // Out of budget looks like everything else.
    let subject = [provider.uuid().as_bytes().as_slice(), username.as_bytes()].concat();
    let in_budget = match cx.spend_shared(&[(Budget::SignInMailPerAccount, &subject)]).await? {
        Ok(spending) => {
            spending.keep();
            true
        }
        Err(_) => false,
    };
    let mut tx = cx.begin().await?;
    let account = tx.find_account_by_subject(provider, username).await?;
    // Asked for whoever it is: the same statements run for a name that nobody has.
    let nobody = AccountId::new(cx.now(), cx.entropy());
    let id = account.as_ref().map_or(nobody, |account| account.id);
    let security = tx.find_account_security(id).await?;
    let entitled = account.filter(|account| {
        in_budget && account.disabled_at.is_none() && (everyone || security.break_glass_since.is_some())
    });
    let link = make(
        cx,
        &mut tx,
        entitled.as_ref().map_or(nobody, |account| account.id),
        LinkPurpose::Reset,
    )
    .await?;
    let profile = entitled.map(|account| account.profile).unwrap_or_default();
    let letter = letter(cx, cx.language(), &profile, LinkPurpose::Reset, &link);
    outbox::enqueue(cx, &mut tx, profile.email.as_deref(), letter).await?;
    record(cx, &mut tx, "password.reset_requested", "success", None).await?;
    tx.commit().await
}

/// Why a password was not taken.
#[derive(Debug)]
pub enum ChooseRefusal {
    /// The link is unknown, used or too old.
    LinkGone,
    /// The password breaks a rule.
    Fault(PasswordFault),
    /// It could not be hashed now.
    Busy,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for ChooseRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PasswordError> for ChooseRefusal {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooLong => Self::Fault(PasswordFault::TooLong),
            _ => Self::Busy,
        }
    }
}

/// The account of a link that works.
pub async fn open(cx: &TenantCx, token: &str) -> Result<Option<(Account, LinkPurpose)>, StoreError> {
    let Some(hash) = recognise(Kind::AccountLink, token) else {
        return Ok(None);
    };
    let mut rows = cx.read().await?;
    let Some(link) = rows.find_account_link(hash, cx.now()).await? else {
        return Ok(None);
    };
    let account = rows.find_account(link.account).await?;
    Ok(account
        .filter(|account| account.disabled_at.is_none())
        .map(|account| (account, link.purpose)))
}

/// Uses a link up: the password is chosen, and every session of the account ends. Says whose it is and what ended.
pub async fn choose(
    cx: &TenantCx,
    passwords: &PasswordPool,
    token: &str,
    password: &Secret<String>,
) -> Result<(Account, EndedSessions), ChooseRefusal> {
    let Some((account, _)) = open(cx, token).await? else {
        return Err(ChooseRefusal::LinkGone);
    };
    let hash = hash_checked(cx, passwords, &account, password).await?;
    let token = recognise(Kind::AccountLink, token).ok_or(ChooseRefusal::LinkGone)?;
    let mut tx = cx.begin().await?;
    let Some(link) = tx.use_account_link(token, cx.now()).await? else {
        return Err(ChooseRefusal::LinkGone);
    };
    let event = match link.purpose {
        LinkPurpose::Invitation => "invitation.accepted",
        LinkPurpose::Reset => "password.reset",
    };
    let ended = set(cx, &mut tx, &account, &hash, None, event).await?;
    tx.commit().await?;
    Ok((account, ended))
}

/// Checks a password by the rules and hashes it.
pub async fn hash_checked(
    cx: &TenantCx,
    passwords: &PasswordPool,
    account: &Account,
    password: &Secret<String>,
) -> Result<String, ChooseRefusal> {
    check(cx, &account.profile, Some(account.id), password).await?;
    Ok(passwords.hash(&cx.id().to_string(), password, cx.entropy()).await?)
}

/// Checks a password by the rules, for an account that is there or is to be made.
pub async fn check(
    cx: &TenantCx,
    profile: &AccountProfile,
    account: Option<AccountId>,
    password: &Secret<String>,
) -> Result<(), ChooseRefusal> {
    let mut has_second_factor = cx.document().local_accounts.needs_second_factor(&profile.roles);
    if let Some(account) = account {
        has_second_factor |= cx
            .read()
            .await?
            .find_account_security(account)
            .await?
            .has_second_factor();
    }
    let known = [
        profile.subject.as_str(),
        profile.name.as_deref().unwrap_or_default(),
        profile.email.as_deref().unwrap_or_default(),
        &cx.tenant().look.name,
        cx.tenant().slug.as_str(),
    ];
    password_rules::check(password.expose(), has_second_factor, &known).map_err(ChooseRefusal::Fault)
}

/// Gives an account a new password: open links are void, all sessions but `except` end, and its holder is
/// told.
pub async fn set(
    cx: &TenantCx,
    tx: &mut TenantTx,
    account: &Account,
    hash: &str,
    except: Option<Sha256Hash>,
    event: &'static str,
) -> Result<EndedSessions, StoreError> {
    tx.set_password(account.id, hash, cx.now()).await?;
    tx.void_account_links(account.id, cx.now()).await?;
    let ended = session::end_all(cx, tx, account.id, except, "password_changed").await?;
    record(cx, tx, event, "success", Some(account.id)).await?;
    announce_change(cx, tx, account, SecurityChange::Password).await?;
    Ok(ended)
}

/// An audit event about an account.
pub async fn record(
    cx: &TenantCx,
    tx: &mut TenantTx,
    event: &'static str,
    outcome: &str,
    account: Option<AccountId>,
) -> Result<(), StoreError> {
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event,
        outcome,
        account,
        request_id: Some(&request_id),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await
}
