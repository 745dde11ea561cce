//! Pushed authorization requests: looked at until a code is issued, and good for one code (RFC 9126 sections 2.2 and 4).

use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "pushed_requests",
        column: "sealed_parameters",
        row,
    }
}

impl TenantTx {
    /// Stores the parameters that `client_id` pushed.
    pub async fn insert_pushed_request(
        &mut self,
        handle: Sha256Hash,
        client_id: &str,
        parameters: &[u8],
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(handle.as_bytes()), parameters, entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO pushed_requests (tenant_id, handle_hash, client_id, sealed_parameters, expires_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(tenant)
        .bind(handle)
        .bind(client_id)
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The parameters behind a handle, for the client that pushed them. Unknown, expired, completed and another client's all
    /// give `None`.
    pub async fn find_pushed_request(
        &mut self,
        handle: Sha256Hash,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Option<Secret<Vec<u8>>>, StoreError> {
        let tenant = self.tenant;
        let sealed = on_tx!(self, |connection| {
            sqlx::query_scalar::<_, Vec<u8>>(
            "SELECT sealed_parameters FROM pushed_requests WHERE tenant_id = $1 AND handle_hash = $2 AND client_id = $3 \
             AND consumed_at IS NULL AND expires_at > $4",
        )
        .bind(tenant)
        .bind(handle)
        .bind(client_id)
        .bind(now)
        .fetch_optional(connection)
        .await
        })?;
        Ok(sealed
            .map(|sealed| self.keyring.open(place(handle.as_bytes()), &Sealed::from_bytes(sealed)))
            .transpose()?)
    }

    /// Completes a pushed request, once: when its code is issued. The user may have taken longer than the handle lives.
    pub async fn consume_pushed_request(&mut self, handle: Sha256Hash, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let consumed = on_tx!(self, |connection| sqlx::query(
            "UPDATE pushed_requests SET consumed_at = $3 \
             WHERE tenant_id = $1 AND handle_hash = $2 AND consumed_at IS NULL",
        )
        .bind(tenant)
        .bind(handle)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(consumed == 1)
    }
}
