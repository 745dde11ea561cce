//! EHR launches, taken at most once (SMART App Launch 2.2, "EHR launch").

use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "launches",
        column: "sealed_context",
        row,
    }
}

/// A launch that waits, without its context.
#[derive(Clone, Debug, FromRow)]
pub struct ListedLaunch {
    /// Hash of the handle: its id, from which nobody gets the handle.
    #[sqlx(rename = "launch_hash")]
    pub id: Vec<u8>,
    /// The app it is for; `None` for any.
    pub client_id: Option<String>,
    /// Until when it waits.
    pub expires_at: Timestamp,
    /// When it was taken.
    pub taken_at: Option<Timestamp>,
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

    /// Up to `limit` launches that have not expired, in order of id, after `after`: without their contexts.
    pub async fn list_launches(
        &mut self,
        after: &[u8],
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ListedLaunch>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, ListedLaunch>(
            "SELECT launch_hash, client_id, expires_at, taken_at FROM launches \
             WHERE tenant_id = $1 AND launch_hash > $2 AND expires_at > $3 ORDER BY launch_hash LIMIT $4",
        )
        .bind(tenant)
        .bind(after)
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?)
    }

    /// Takes back a launch. False when it is not there.
    pub async fn delete_launch(&mut self, launch: Sha256Hash) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM launches WHERE tenant_id = $1 AND launch_hash = $2"
        )
        .bind(tenant)
        .bind(launch)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(deleted == 1)
    }
}
