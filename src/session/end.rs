//! The end of a session: signed out here, and with it everything that was promised to last no longer.

use super::{Session, SessionError, find_signed_in, key, store};
use crate::kernel::id::AccountId;
use crate::store::tenant::AuditEvent;
use crate::tenant::TenantCx;

/// Ends the session of this browser, in one transaction with the grants that were given in it and not for offline use:
/// their refresh tokens and access tokens are refused from then on (SMART App Launch 2.2, "Scopes for requesting a
/// refresh token": `online_access` lasts while the user is online). Returns who was signed in; ending no session is no error.
///
/// `because` goes into the audit log and onto the grants, such as `signed_out`.
pub async fn end(cx: &TenantCx, session: &Session, because: &'static str) -> Result<Option<AccountId>, SessionError> {
    let account = find_signed_in(cx, session).await?.map(|signed_in| signed_in.account);
    let key = key(session).await?;
    if let (Some(id), Some(key)) = (session.id(), key) {
        let mut tx = cx.begin().await?;
        tx.delete_session(store::hash_of(id)).await?;
        tx.revoke_grants_of_session(key.hash(), because, cx.now()).await?;
        let request_id = cx.request_id().to_string();
        let event = AuditEvent {
            event: "session.ended",
            outcome: because,
            account,
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
    Ok(account)
}
