//! DPoP proofs, accepted at most once (RFC 9449 section 11.1).

use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

impl TenantTx {
    /// Remembers a proof until it would be too old. False when it was used before. One guarded statement, so that of two
    /// nodes one says yes.
    pub async fn remember_dpop_proof(&mut self, proof: Sha256Hash, expires_at: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let inserted = on_tx!(self, |connection| sqlx::query(
            "INSERT INTO dpop_proofs (tenant_id, proof_hash, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id, proof_hash) DO NOTHING",
        )
        .bind(tenant)
        .bind(proof)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(inserted == 1)
    }
}
