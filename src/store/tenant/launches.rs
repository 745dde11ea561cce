//! EHR launches, taken at most once (SMART App Launch 2.2, "EHR launch").

use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "launches",
        column: "sealed_context",
        row,
    }
}

impl TenantTx {
    /// Stores a launch; with `client_id` it is for that app alone.
    pub async fn insert_launch(
        &mut self,
        launch: Sha256Hash,
        client_id: Option<&str>,
        context: &[u8],
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(launch.as_bytes()), context, entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO launches (tenant_id, launch_hash, client_id, sealed_context, expires_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(tenant)
        .bind(launch)
        .bind(client_id)
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Takes a launch for `client_id`, once: unknown, taken, expired and another app's all give `None`, and another app's
    /// attempt does not use it up.
    pub async fn take_launch(
        &mut self,
        launch: Sha256Hash,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Option<Secret<Vec<u8>>>, StoreError> {
        let tenant = self.tenant;
        let sealed = on_tx!(self, |connection| {
            sqlx::query_scalar::<_, Vec<u8>>(
            "UPDATE launches SET taken_at = $4 WHERE tenant_id = $1 AND launch_hash = $2 \
             AND (client_id IS NULL OR client_id = $3) AND taken_at IS NULL AND expires_at > $4 RETURNING sealed_context",
        )
        .bind(tenant)
        .bind(launch)
        .bind(client_id)
        .bind(now)
        .fetch_optional(connection)
        .await
        })?;
        Ok(sealed
            .map(|sealed| self.keyring.open(place(launch.as_bytes()), &Sealed::from_bytes(sealed)))
            .transpose()?)
    }
}
