//! The tenant's own credentials at other systems, sealed, by name.

use crate::kernel::{Entropy, Secret, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

const fn place(name: &str) -> Place<'_> {
    Place {
        table: "tenant_secrets",
        column: "sealed_value",
        row: name.as_bytes(),
    }
}

impl TenantTx {
    /// The credential stored under `name`.
    pub async fn find_tenant_secret(&mut self, name: &str) -> Result<Option<Secret<Vec<u8>>>, StoreError> {
        let tenant = self.tenant;
        let sealed = on_tx!(self, |connection| sqlx::query_scalar::<_, Vec<u8>>(
            "SELECT sealed_value FROM tenant_secrets WHERE tenant_id = $1 AND name = $2",
        )
        .bind(tenant)
        .bind(name)
        .fetch_optional(connection)
        .await)?;
        Ok(sealed
            .map(|sealed| self.keyring.open(place(name), &Sealed::from_bytes(sealed)))
            .transpose()?)
    }

    /// Forgets the credential stored under `name`.
    pub async fn delete_tenant_secret(&mut self, name: &str) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM tenant_secrets WHERE tenant_id = $1 AND name = $2",
        )
        .bind(tenant)
        .bind(name)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Stores a credential under `name`, replacing the one before.
    pub async fn save_tenant_secret(
        &mut self,
        name: &str,
        value: &Secret<Vec<u8>>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(name), value.expose(), entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO tenant_secrets (tenant_id, name, sealed_value, updated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant_id, name) DO UPDATE \
             SET sealed_value = excluded.sealed_value, updated_at = excluded.updated_at",
        )
        .bind(tenant)
        .bind(name)
        .bind(&sealed)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
