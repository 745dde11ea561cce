//! The end of a session: signed out here, with everything that was promised to last no longer, and its apps told.

use super::{Session, SessionError, find_signed_in, key, store};
use crate::kernel::Sha256Hash;
use crate::kernel::id::{AccountId, IdentityProviderId, LogoutNoticeId};
use crate::oauth::ClientId;
use crate::store::tenant::{AuditEvent, SessionOfAccount, UpstreamSession, UpstreamSessions};
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::Duration;
use url::Url;

/// A notice that no app took in this time is of no use any more.
const NOTICE_LIFE: Duration = Duration::from_hours(24);

/// A session that was ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// Who was signed in.
    pub account: Option<AccountId>,
    /// Whether apps are to be told at their back-channel addresses.
    pub has_notices: bool,
    /// The addresses that the browser has to load, so that apps end their own sessions in it (OpenID Connect Front-Channel
    /// Logout 1.0 section 2).
    pub front_channel: Vec<String>,
    /// The session at the identity provider that this one came from. It goes on until the provider is told.
    pub upstream: Option<UpstreamSession>,
}

/// The session as one client knows it: the same for the whole session, of no meaning to any other client (OpenID Connect
/// Back-Channel Logout 1.0 section 2.1).
pub fn sid(cx: &TenantCx, session: &Sha256Hash, client: &ClientId) -> String {
    let name = [session.as_bytes().as_slice(), client.as_str().as_bytes()].concat();
    let derived = cx.store().keyring().derive("logout-sid", &name);
    URL_SAFE_NO_PAD.encode(derived.get(..16).unwrap_or_default())
}

/// Ends the session of this browser, in one transaction with the grants that were given in it and not for offline use:
/// their refresh tokens and access tokens are refused from then on (SMART App Launch 2.2, "Scopes for requesting a
/// refresh token": `online_access` lasts while the user is online), and with the notices to its apps. Ending no session is no
/// error.
///
/// `because` goes into the audit log and onto the grants, such as `signed_out`.
pub async fn end(cx: &TenantCx, session: &Session, because: &'static str) -> Result<Ended, SessionError> {
    let mut ended = Ended {
        account: find_signed_in(cx, session).await?.map(|signed_in| signed_in.account),
        ..Ended::default()
    };
    let key = key(session).await?;
    if let (Some(id), Some(key)) = (session.id(), key) {
        let mut tx = cx.begin().await?;
        tx.delete_session(store::hash_of(id)).await?;
        notify(cx, &mut tx, &key.hash(), &mut ended).await?;
        tx.revoke_grants_of_session(key.hash(), because, cx.now()).await?;
        ended.upstream = tx.take_upstream_session(key.hash()).await?;
        let request_id = cx.request_id().to_string();
        let event = AuditEvent {
            event: "session.ended",
            outcome: because,
            account: ended.account,
            request_id: Some(&request_id),
            ..AuditEvent::default()
        };
        tx.record(&event, cx.now(), cx.entropy()).await?;
        tx.commit().await?;
    }
    if session.id().is_some() {
        // The row is gone; this makes the browser forget its cookie.
        session.flush().await?;
    }
    Ok(ended)
}

/// Ends every session of an account at this tenant except the one whose key hashes to `except`, each as [`end`] does, within
/// the caller's transaction. Returns how many, and whether apps are to be told.
pub async fn end_all(
    cx: &TenantCx,
    tx: &mut TenantTx,
    account: AccountId,
    except: Option<Sha256Hash>,
    because: &'static str,
) -> Result<EndedSessions, StoreError> {
    let mut ended = EndedSessions::default();
    for session in tx.delete_sessions_of_account(account, except).await? {
        settle(cx, tx, account, &session, because, &mut ended).await?;
    }
    Ok(ended)
}

/// Ends one session of an account, within the caller's transaction. Counts none when it was ended meanwhile.
pub async fn end_one(
    cx: &TenantCx,
    tx: &mut TenantTx,
    account: AccountId,
    session: &SessionOfAccount,
    because: &'static str,
) -> Result<EndedSessions, StoreError> {
    let mut ended = EndedSessions::default();
    // Of two that end it at once, one does.
    if !tx.delete_session(session.id).await? {
        return Ok(ended);
    }
    settle(cx, tx, account, session, because, &mut ended).await?;
    Ok(ended)
}

/// What goes with a session that is deleted: notices to its apps, what was given in it, what is known of it upstream.
async fn settle(
    cx: &TenantCx,
    tx: &mut TenantTx,
    account: AccountId,
    session: &SessionOfAccount,
    because: &'static str,
    ended: &mut EndedSessions,
) -> Result<(), StoreError> {
    if let Some(key) = session.key {
        let mut one = Ended::default();
        notify(cx, tx, &key, &mut one).await?;
        ended.has_notices |= one.has_notices;
        tx.revoke_grants_of_session(key, because, cx.now()).await?;
        // Its provider goes on with it; a logout from there finds nothing here any more.
        tx.take_upstream_session(key).await?;
    }
    ended.count += 1;
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: "session.ended",
        outcome: because,
        account: Some(account),
        request_id: Some(&request_id),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await
}

/// Sessions that were ended from elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct EndedSessions {
    /// How many.
    pub count: usize,
    /// Whether apps are to be told at their back-channel addresses.
    pub has_notices: bool,
}

/// Ends the sessions here that came from sessions at `provider`, as it asks, in the caller's transaction: with what was granted in
/// them and not for offline use, and with the notices to their apps. Send these when the transaction is done.
///
/// The browser is not here, so apps that are told through it alone find out when they ask next.
pub async fn end_from_upstream(
    cx: &TenantCx,
    tx: &mut TenantTx,
    provider: IdentityProviderId,
    alias: &str,
    which: UpstreamSessions<'_>,
) -> Result<EndedSessions, StoreError> {
    const BECAUSE: &str = "upstream_logout";
    let mut told = Ended::default();
    let keys = tx.end_upstream_sessions(provider, which).await?;
    // Anybody can ask for the end of sessions that are not there.
    if keys.is_empty() {
        return Ok(EndedSessions::default());
    }
    for key in &keys {
        notify(cx, tx, key, &mut told).await?;
        tx.revoke_grants_of_session(*key, BECAUSE, cx.now()).await?;
    }
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: "session.ended",
        outcome: BECAUSE,
        request_id: Some(&request_id),
        detail: Some(alias),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await?;
    tracing::info!(ended = keys.len(), "the provider ended sessions");
    Ok(EndedSessions {
        count: keys.len(),
        has_notices: told.has_notices,
    })
}

/// Writes down whom to tell. Offline access stays, and its app still learns that the session is over.
async fn notify(cx: &TenantCx, tx: &mut TenantTx, session: &Sha256Hash, ended: &mut Ended) -> Result<(), StoreError> {
    for to in tx.list_clients_of_session(*session).await? {
        let Some(client) = tx.find_client(&to.client_id).await? else {
            continue;
        };
        let sid = sid(cx, session, &client.client_id);
        if client.backchannel_logout_uri.is_some() {
            let id = LogoutNoticeId::new(cx.now(), cx.entropy());
            tx.insert_logout_notice(id, &to, &sid, cx.now(), cx.now() + NOTICE_LIFE)
                .await?;
            ended.has_notices = true;
        }
        let front = client
            .frontchannel_logout_uri
            .as_deref()
            .and_then(|uri| Url::parse(uri).ok());
        if let Some(mut address) = front {
            // OpenID Connect Front-Channel Logout 1.0 section 2: both or neither.
            if client.frontchannel_logout_session_required {
                address
                    .query_pairs_mut()
                    .append_pair("iss", cx.issuer())
                    .append_pair("sid", &sid);
            }
            ended.front_channel.push(address.into());
        }
    }
    Ok(())
}
