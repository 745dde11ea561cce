//! What the server keeps between one page and the next: a challenge, a secret that is not set up yet. Sealed, taken once.

use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "ceremonies",
        column: "sealed_state",
        row,
    }
}

impl TenantTx {
    /// Keeps `state` until `expires_at`.
    pub async fn insert_ceremony(
        &mut self,
        ceremony: Sha256Hash,
        state: &Secret<Vec<u8>>,
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(ceremony.as_bytes()), state.expose(), entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO ceremonies (tenant_id, ceremony_hash, sealed_state, expires_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(tenant)
        .bind(ceremony)
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Takes what was kept: the first who asks gets it, nobody after that.
    pub async fn take_ceremony(
        &mut self,
        ceremony: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<Secret<Vec<u8>>>, StoreError> {
        let tenant = self.tenant;
        let sealed = on_tx!(self, |connection| sqlx::query_scalar::<_, Vec<u8>>(
            "DELETE FROM ceremonies WHERE tenant_id = $1 AND ceremony_hash = $2 AND expires_at > $3 \
             RETURNING sealed_state",
        )
        .bind(tenant)
        .bind(ceremony)
        .bind(now)
        .fetch_optional(connection)
        .await)?;
        Ok(sealed
            .map(|sealed| {
                self.keyring
                    .open(place(ceremony.as_bytes()), &Sealed::from_bytes(sealed))
            })
            .transpose()?)
    }
}
