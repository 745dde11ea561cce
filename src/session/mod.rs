//! Browser sessions: one per tenant and browser, over [tower-sessions](tower_sessions) and our own store.
//!
//! Being signed in at one tenant says nothing at another: the cookie is scoped to the tenant's path, the row is the
//! tenant's, and the record names the tenant once more.

pub mod backchannel_logout;
pub mod console;
mod end;
mod layer;
mod store;
mod unattended;

pub use end::{Ended, EndedSessions, end, end_all, end_from_upstream, end_one, sid};
pub use layer::sessions;
pub use tower_sessions::Session;
pub use unattended::begin_unattended;

use crate::kernel::credential::{self, Kind};
use crate::kernel::id::{AccountId, IdentityProviderId, TenantId};
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;

/// Under this key the record holds who is signed in.
const SIGNED_IN: &str = "signed_in";
/// Under this key the record holds the session's own secret.
const SESSION_KEY: &str = "key";
/// The last use is written down no more often than this: a session costs no write per request.
const TOUCH_AFTER: Duration = Duration::from_mins(1);

/// The session could not be read or written.
#[derive(Debug, Error)]
pub enum SessionError {
    /// Through the session layer.
    #[error("the session store failed: {0}")]
    Session(#[from] tower_sessions::session::Error),
    /// Beside it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored record cannot be read or written.
    #[error("a session's record: {0}")]
    Record(#[from] tower_sessions::session_store::Error),
}

/// A session's own secret. It stays the same when the same person proves once more who they are and the cookie changes,
/// so grants that end with the session name it by this, and its forms are protected by it.
pub struct SessionKey(Secret<String>);

impl SessionKey {
    fn new(cx: &TenantCx) -> Self {
        Self(credential::generate(Kind::BrowserBinding, cx.entropy()))
    }

    /// By this the store knows the session.
    pub fn hash(&self) -> Sha256Hash {
        Sha256Hash::of(self.0.expose().as_bytes())
    }

    /// Keys the anti-forgery tokens of forms that need somebody who is signed in.
    pub const fn csrf_secret(&self) -> &Secret<String> {
        &self.0
    }
}

/// Who signed in, when and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The tenant; checked at every use.
    pub tenant: TenantId,
    /// The account; `sub` in tokens.
    pub account: AccountId,
    /// Where the account signed in.
    pub identity_provider: IdentityProviderId,
    /// When the user proved who they are, at the upstream provider if there is one.
    pub authenticated_at: Timestamp,
    /// Authentication context class, as the provider said.
    pub acr: Option<String>,
    /// Authentication methods (RFC 8176), as the provider said.
    pub amr: Vec<String>,
    /// When this session began.
    pub started_at: Timestamp,
    /// When it was last used, give or take a minute.
    pub seen_at: Timestamp,
    /// When the session at the upstream provider ends: this one ends no later.
    #[serde(default)]
    pub upstream_ends: Option<Timestamp>,
}

impl SignedIn {
    fn is_live(&self, cx: &TenantCx) -> bool {
        self.tenant == cx.id() && cx.now() < self.ends_at(cx)
    }

    /// When the session ends unless it is used again.
    fn ends_at(&self, cx: &TenantCx) -> Timestamp {
        let lifetimes = &cx.document().lifetimes;
        let own = (self.started_at + lifetimes.session_absolute).min(self.seen_at + lifetimes.session_idle);
        self.upstream_ends.map_or(own, |upstream| own.min(upstream))
    }
}

/// Who is signed in at this tenant with this browser, if anybody still is.
pub async fn find_signed_in(cx: &TenantCx, session: &Session) -> Result<Option<SignedIn>, SessionError> {
    let Some(mut signed_in) = session.get::<SignedIn>(SIGNED_IN).await? else {
        return Ok(None);
    };
    if !signed_in.is_live(cx) {
        return Ok(None);
    }
    if cx.now().since(signed_in.seen_at) > TOUCH_AFTER {
        signed_in.seen_at = cx.now();
        session.insert(SIGNED_IN, &signed_in).await?;
    }
    Ok(Some(signed_in))
}

/// Begins a session for somebody who just proved who they are. The id changes, so that nobody can have planted it
/// before (session fixation). The key stays when the same person proved it again: what they allowed until now does not end.
pub async fn sign_in(cx: &TenantCx, session: &Session, signed_in: &SignedIn) -> Result<(), SessionError> {
    let before = find_signed_in(cx, session).await?.map(|before| before.account);
    if before != Some(signed_in.account) {
        end(cx, session, "another_sign_in").await?;
    }
    let key = key(session).await?.unwrap_or_else(|| SessionKey::new(cx));
    session.cycle_id().await?;
    session.clear().await;
    session.insert(SIGNED_IN, signed_in).await?;
    session.insert(SESSION_KEY, key.0.expose()).await?;
    Ok(())
}

/// Who is signed in, as the stored record of a session says; also when the session is over.
pub fn signed_in_of(record: &Secret<Vec<u8>>) -> Result<Option<SignedIn>, SessionError> {
    Ok(store::signed_in(&store::decode(record)?))
}

/// The key of a session in which somebody signed in.
pub async fn key(session: &Session) -> Result<Option<SessionKey>, SessionError> {
    Ok(session
        .get::<String>(SESSION_KEY)
        .await?
        .map(|key| SessionKey(Secret::new(key))))
}
