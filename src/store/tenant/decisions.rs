//! Why a token has the scope it has. Scopes can hold anything a client writes into them, so decisions are sealed.

use crate::kernel::{Entropy, Secret, Timestamp};
use crate::keys::{Place, Sealed, TenantKeyring};
use crate::smart::scope::Decision;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

/// Seals a decision for the row of a table.
pub(super) fn seal(
    keyring: &TenantKeyring,
    place: Place<'_>,
    decision: &Decision,
    entropy: &dyn Entropy,
) -> Result<Sealed, StoreError> {
    let text = serde_json::to_vec(decision).map_err(|error| StoreError::corrupt(place.table, place.column, error))?;
    Ok(keyring.seal(place, Secret::new(text).expose(), entropy)?)
}

/// Opens a decision; rows written by earlier versions have none.
pub(super) fn open(
    keyring: &TenantKeyring,
    place: Place<'_>,
    sealed: Option<Vec<u8>>,
) -> Result<Option<Decision>, StoreError> {
    let Some(sealed) = sealed else { return Ok(None) };
    let (table, column) = (place.table, place.column);
    let plain = keyring.open(place, &Sealed::from_bytes(sealed))?;
    serde_json::from_slice(plain.expose())
        .map(Some)
        .map_err(|_| StoreError::corrupt(table, column, "not a decision"))
}

const fn place(jti: &[u8]) -> Place<'_> {
    Place {
        table: "token_decisions",
        column: "sealed_decision",
        row: jti,
    }
}

impl TenantTx {
    /// Keeps the decision behind one backend service's token until that token expires.
    pub async fn insert_token_decision(
        &mut self,
        jti: &str,
        decision: &Decision,
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = seal(&self.keyring, place(jti.as_bytes()), decision, entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO token_decisions (tenant_id, jti, sealed_decision, expires_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(tenant)
        .bind(jti)
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The decision behind a backend service's token, if it got less than it asked for.
    pub async fn find_token_decision(&mut self, jti: &str) -> Result<Option<Decision>, StoreError> {
        let tenant = self.tenant;
        let sealed = on_tx!(self, |connection| sqlx::query_scalar::<_, Vec<u8>>(
            "SELECT sealed_decision FROM token_decisions WHERE tenant_id = $1 AND jti = $2",
        )
        .bind(tenant)
        .bind(jti)
        .fetch_optional(connection)
        .await)?;
        open(&self.keyring, place(jti.as_bytes()), sealed)
    }
}
