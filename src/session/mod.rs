//! Browser sessions: one per tenant and browser, over [tower-sessions](tower_sessions) and our own store.
//!
//! Being signed in at one tenant says nothing at another: the cookie is scoped to the tenant's path, the row is the
//! tenant's, and the record names the tenant once more.

mod layer;
mod store;

pub use layer::sessions;
pub use tower_sessions::Session;

use crate::kernel::id::{AccountId, IdentityProviderId, TenantId};
use crate::kernel::{Sha256Hash, Timestamp};
use crate::tenant::TenantCx;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;

/// Under this key the record holds who is signed in.
const SIGNED_IN: &str = "signed_in";
/// The last use is written down no more often than this: a session costs no write per request.
const TOUCH_AFTER: Duration = Duration::from_mins(1);

/// The session could not be read or written.
#[derive(Debug, Error)]
#[error("the session store failed: {0}")]
pub struct SessionError(#[from] tower_sessions::session::Error);

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
}

impl SignedIn {
    fn is_live(&self, cx: &TenantCx) -> bool {
        let lifetimes = &cx.document().lifetimes;
        self.tenant == cx.id()
            && cx.now() < self.started_at + lifetimes.session_absolute
            && cx.now() < self.seen_at + lifetimes.session_idle
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
/// before (session fixation).
pub async fn sign_in(session: &Session, signed_in: &SignedIn) -> Result<(), SessionError> {
    session.cycle_id().await?;
    session.clear().await;
    session.insert(SIGNED_IN, signed_in).await?;
    Ok(())
}

/// Ends the session here and in the store.
pub async fn sign_out(session: &Session) -> Result<(), SessionError> {
    Ok(session.flush().await?)
}

/// The hash under which the session is stored, for grants that end with it.
pub fn stored_hash(session: &Session) -> Option<Sha256Hash> {
    session.id().map(store::hash_of)
}
