//! Where users are signed in, and signing them out.

use super::users::{OPENED_AT_ONCE, matches, no_user};
use super::{ControlError, TenantAdmin};
use crate::kernel::id::AccountId;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::session;
use crate::store::tenant::{AuditEvent, IdentityProviderRecord, ListedSession};
use crate::store::{StoreError, TenantTx};
use crate::tenant::roles::Permission;
use serde::Serialize;
use std::collections::HashMap;

/// Why, in the audit log and on the grants that end with a session.
const BECAUSE: &str = "ended_by_administrator";

/// A session, as administration shows it. It names nobody: who is signed in is an id.
#[derive(Clone, Debug, Serialize)]
pub struct SessionSummary {
    /// Its id here, which is not what the browser has: nobody gets in with it.
    pub id: String,
    /// Who is signed in.
    pub account: AccountId,
    /// Where they signed in: the alias of the identity provider; `None` when it was removed.
    pub identity_provider: Option<String>,
    /// Since when, RFC 3339.
    pub started_at: String,
    /// When they last proved who they are, RFC 3339.
    pub authenticated_at: Option<String>,
    /// When it was last used, give or take a minute, RFC 3339.
    pub last_used_at: Option<String>,
    /// When it ends unless it is used, RFC 3339.
    pub expires_at: String,
    /// How they proved who they are (RFC 8176).
    pub methods: Vec<String>,
}

/// Where a list of sessions goes on: the start and the id of the last one of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfterSession(pub Timestamp, pub Sha256Hash);

/// Which sessions are wanted. What is not given restricts nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionFilter<'a> {
    /// Of this user.
    pub account: Option<AccountId>,
    /// Of users whose user name, name or e-mail address contains this, whatever the case.
    pub search: Option<&'a str>,
    /// Only those after this one.
    pub after: Option<AfterSession>,
}

/// What signing somebody out ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SignedOut {
    /// Sessions.
    pub sessions: usize,
    /// Grants beyond those that ended with the sessions: of sessions at an EHR, and for offline use if that was asked for.
    pub grants: u64,
    /// Whether apps are to be told at their back-channel addresses.
    #[serde(skip)]
    pub has_notices: bool,
}

impl TenantAdmin {
    /// Up to `limit` sessions in which somebody is signed in, the newest first. The second value leads on; with a search, a
    /// page may be short of `limit` and still have a next one.
    ///
    /// # Errors
    /// [`ControlError::Forbidden`] for a search by somebody who may not see names.
    pub async fn list_sessions(
        &self,
        filter: &SessionFilter<'_>,
        limit: u32,
    ) -> Result<(Vec<SessionSummary>, Option<AfterSession>), ControlError> {
        self.require(Permission::ReadSessions)?;
        let wanted = filter.search.map(str::to_lowercase);
        if wanted.is_some() {
            self.require(Permission::ReadUsers)?;
        }
        let mut rows = self.cx.read().await?;
        let providers = rows.list_identity_providers().await?;
        let read = if wanted.is_some() { OPENED_AT_ONCE } else { limit };
        let after = filter.after.map(|AfterSession(started_at, id)| (started_at, id));
        let sessions = rows
            .list_signed_in_sessions(filter.account, after, self.cx.now(), read)
            .await?;
        let whole = sessions.len() < usize::try_from(read).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut fits: HashMap<AccountId, bool> = HashMap::new();
        let (mut found, mut last, mut cut) = (Vec::new(), None, false);
        for session in sessions {
            if found.len() == limit {
                cut = true;
                break;
            }
            last = Some(AfterSession(session.started_at, session.id));
            let fit = match &wanted {
                None => true,
                Some(wanted) => is_wanted(&mut rows, &mut fits, session.account, wanted).await?,
            };
            if fit {
                found.push(summary(&session, &providers)?);
            }
        }
        Ok((found, last.filter(|_| cut || !whole)))
    }

    /// One session, by the id that administration has for it, and the apps that got anything in it.
    pub async fn get_session(&self, id: &str) -> Result<(SessionSummary, Vec<String>), ControlError> {
        self.require(Permission::ReadSessions)?;
        let mut rows = self.cx.read().await?;
        let session = self.find_session(&mut rows, id).await?;
        let providers = rows.list_identity_providers().await?;
        let mut apps = Vec::new();
        if let Some(key) = session.key {
            let clients = rows.list_clients_of_session(key).await?;
            apps.extend(clients.into_iter().map(|client| client.client_id));
            apps.sort();
        }
        Ok((summary(&session, &providers)?, apps))
    }

    async fn find_session(&self, rows: &mut TenantTx, id: &str) -> Result<ListedSession, ControlError> {
        let found = match Sha256Hash::from_base64url(id) {
            Some(hash) => rows.find_signed_in_session(hash, self.cx.now()).await?,
            None => None,
        };
        found.ok_or_else(|| no_session(id))
    }

    /// Ends one session, with what was given in it and not for offline use.
    pub async fn end_session(&self, id: &str) -> Result<SignedOut, ControlError> {
        self.require(Permission::EndSessions)?;
        let mut rows = self.begin_change().await?;
        let session = self.find_session(&mut rows, id).await?;
        let ended = session::end_one(&self.cx, &mut rows, session.account, &session.of_account(), BECAUSE).await?;
        if ended.count == 0 {
            return Err(no_session(id));
        }
        self.record_signed_out(&mut rows, session.account, "one_session")
            .await?;
        self.finish(rows).await?;
        Ok(SignedOut {
            sessions: ended.count,
            grants: 0,
            has_notices: ended.has_notices,
        })
    }

    /// Signs a user out everywhere: all their sessions end, with what was given in sessions and not for offline use. With
    /// `offline_access` what was given for offline use ends too, for good.
    pub async fn sign_user_out(&self, account: AccountId, offline_access: bool) -> Result<SignedOut, ControlError> {
        self.require(Permission::EndSessions)?;
        let mut rows = self.begin_change().await?;
        if rows.find_account(account).await?.is_none() {
            return Err(no_user(account));
        }
        let signed_out = self.end_everything(&mut rows, account, offline_access, BECAUSE).await?;
        let detail = if offline_access {
            "everywhere_and_offline"
        } else {
            "everywhere"
        };
        self.record_signed_out(&mut rows, account, detail).await?;
        self.finish(rows).await?;
        Ok(signed_out)
    }

    /// Ends the sessions of an account and what was given in them, in the caller's transaction.
    pub(super) async fn end_everything(
        &self,
        rows: &mut TenantTx,
        account: AccountId,
        offline_access: bool,
        because: &'static str,
    ) -> Result<SignedOut, StoreError> {
        let ended = session::end_all(&self.cx, rows, account, None, because).await?;
        let now = self.cx.now();
        let grants = if offline_access {
            rows.revoke_grants_of_account(account, because, now).await?
        } else {
            // Sessions at an EHR that vouched for the user name no account; what was given in them does.
            rows.revoke_session_grants_of_account(account, because, now).await?
        };
        Ok(SignedOut {
            sessions: ended.count,
            grants,
            has_notices: ended.has_notices,
        })
    }

    async fn record_signed_out(
        &self,
        rows: &mut TenantTx,
        account: AccountId,
        detail: &'static str,
    ) -> Result<(), StoreError> {
        let event = AuditEvent {
            event: "user.signed_out",
            outcome: "success",
            account: Some(account),
            detail: Some(detail),
            ..AuditEvent::default()
        };
        self.record_event(rows, event).await
    }
}

fn no_session(id: &str) -> ControlError {
    ControlError::NotFound {
        what: "session",
        name: id.to_owned(),
    }
}

async fn is_wanted(
    rows: &mut TenantTx,
    known: &mut HashMap<AccountId, bool>,
    account: AccountId,
    wanted: &str,
) -> Result<bool, StoreError> {
    if let Some(fit) = known.get(&account) {
        return Ok(*fit);
    }
    let found = rows.find_account(account).await?;
    let fit = found.is_some_and(|account| matches(&account, wanted));
    known.insert(account, fit);
    Ok(fit)
}

fn summary(session: &ListedSession, providers: &[IdentityProviderRecord]) -> Result<SessionSummary, StoreError> {
    let fault = |error: session::SessionError| StoreError::corrupt("sessions", "sealed_record", error);
    let signed_in = session::signed_in_of(&session.record).map_err(fault)?;
    let at = |time: fn(&session::SignedIn) -> Timestamp| signed_in.as_ref().map(|who| time(who).to_rfc3339());
    let provider = signed_in
        .as_ref()
        .and_then(|who| providers.iter().find(|provider| provider.id == who.identity_provider));
    Ok(SessionSummary {
        id: session.id.to_base64url(),
        account: session.account,
        identity_provider: provider.map(|provider| provider.alias.clone()),
        started_at: session.started_at.to_rfc3339(),
        authenticated_at: at(|who| who.authenticated_at),
        last_used_at: at(|who| who.seen_at),
        expires_at: session.expires_at.to_rfc3339(),
        methods: signed_in.map(|who| who.amr).unwrap_or_default(),
    })
}
