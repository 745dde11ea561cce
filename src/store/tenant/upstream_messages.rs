//! Messages of identity providers, accepted at most once (SAML Profiles 2.0 section 4.1.4.5, OpenID Connect Back-Channel Logout
//! 1.0 section 2.6).

use crate::kernel::id::IdentityProviderId;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

impl TenantTx {
    /// Remembers a message of `provider` until it could not be presented again. False when it was accepted before. One
    /// guarded statement, so that of two nodes one says yes.
    pub async fn remember_upstream_message(
        &mut self,
        provider: IdentityProviderId,
        message: Sha256Hash,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let inserted = on_tx!(self, |connection| sqlx::query(
            "INSERT INTO saml_replays (tenant_id, identity_provider_id, message_hash, expires_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, identity_provider_id, message_hash) DO NOTHING",
        )
        .bind(tenant)
        .bind(provider)
        .bind(message)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(inserted == 1)
    }
}
