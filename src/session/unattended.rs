//! Sessions without a browser of ours: the user is online somewhere else, at an EHR that vouched for them.

use super::SessionKey;
use crate::kernel::Sha256Hash;
use crate::store::tenant::NewSession;
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;

/// Stores a session that no browser has a cookie for, and returns the hash of its key. Nobody's use of it is seen, so it
/// lasts its full time.
pub async fn begin_unattended(cx: &TenantCx, tx: &mut TenantTx) -> Result<Sha256Hash, StoreError> {
    let key = SessionKey::new(cx).hash();
    // Hash of nothing that anybody holds: this row cannot be reached by a cookie.
    let unreachable = SessionKey::new(cx).hash();
    let until = cx.now() + cx.document().lifetimes.session_absolute;
    let row = NewSession {
        key: Some(key),
        record: b"{}",
        expires_at: until,
        account: None,
        started_at: None,
    };
    tx.insert_session(unreachable, row, cx.entropy()).await?;
    Ok(key)
}
