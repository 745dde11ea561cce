//! How far a tenant is set up, asked of all its rows and not of the first ones.

use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct SetupProgress {
    /// An enabled app that signs people in.
    pub has_app: bool,
    /// Somebody gave an app access.
    pub was_used: bool,
    /// Apps that await approval.
    pub waiting: i64,
}

impl TenantTx {
    /// How far the tenant is set up; the client `except`, which is no app of the tenant's, does not count.
    pub async fn find_setup_progress(&mut self, except: &str) -> Result<SetupProgress, StoreError> {
        let tenant = self.tenant;
        // State and grants stand in the document, as the serialiser writes them.
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, SetupProgress>(
            "SELECT EXISTS (SELECT 1 FROM clients WHERE tenant_id = $1 AND client_id <> $2 \
             AND document LIKE '%\"status\":\"enabled\"%' AND document LIKE '%\"authorization_code\"%') AS has_app, \
             EXISTS (SELECT 1 FROM audit_events WHERE tenant_id = $1 AND event = 'authorization.granted' \
             AND client_id <> $2) AS was_used, \
             (SELECT COUNT(*) FROM clients WHERE tenant_id = $1 \
             AND document LIKE '%\"status\":\"awaiting_approval\"%') AS waiting",
        )
        .bind(tenant)
        .bind(except)
        .fetch_one(connection)
        .await)?)
    }
}
