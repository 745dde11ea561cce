//! The tenant's signing keys.

use crate::kernel::id::SigningKeyId;
use crate::kernel::{Entropy, Timestamp};
use crate::keys::{Place, Sealed, SigningKeyRecord, SigningKeyState};
use crate::oauth::jose::SigningAlgorithm;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    signing_key_id: Uuid,
    kid: String,
    algorithm: String,
    state: String,
    public_jwk: String,
    sealed_private_key: Vec<u8>,
    created_at: Timestamp,
    published_until: Option<Timestamp>,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "signing_keys",
        column: "sealed_private_key",
        row,
    }
}

impl TenantTx {
    /// Every key that is published at `now`, newest first.
    pub async fn list_signing_keys(&mut self, now: Timestamp) -> Result<Vec<SigningKeyRecord>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
            "SELECT signing_key_id, kid, algorithm, state, public_jwk, sealed_private_key, created_at, published_until \
             FROM signing_keys WHERE tenant_id = $1 AND (published_until IS NULL OR published_until > $2) \
             ORDER BY signing_key_id DESC",
        )
        .bind(tenant)
        .bind(now)
        .fetch_all(connection)
        .await
        })?;
        rows.into_iter()
            .map(|row| {
                let sealed = Sealed::from_bytes(row.sealed_private_key);
                Ok(SigningKeyRecord {
                    id: SigningKeyId::from_uuid(row.signing_key_id),
                    kid: row.kid,
                    algorithm: row
                        .algorithm
                        .parse()
                        .map_err(|_| StoreError::corrupt("signing_keys", "algorithm", "unknown algorithm"))?,
                    state: SigningKeyState::from_stored(&row.state)
                        .ok_or_else(|| StoreError::corrupt("signing_keys", "state", "unknown state"))?,
                    public_jwk: row.public_jwk,
                    private_key: self.keyring.open(place(row.signing_key_id.as_bytes()), &sealed)?,
                    created_at: row.created_at,
                    published_until: row.published_until,
                })
            })
            .collect()
    }

    /// Stores a new key, its private part sealed.
    pub async fn insert_signing_key(
        &mut self,
        key: &SigningKeyRecord,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self
            .keyring
            .seal(place(key.id.uuid().as_bytes()), key.private_key.expose(), entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO signing_keys (tenant_id, signing_key_id, kid, algorithm, state, public_jwk, \
             sealed_private_key, created_at, published_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(tenant)
        .bind(key.id)
        .bind(&key.kid)
        .bind(key.algorithm.as_str())
        .bind(key.state.as_str())
        .bind(&key.public_jwk)
        .bind(&sealed)
        .bind(key.created_at)
        .bind(key.published_until)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// This signer stops signing and stays published until `published_until`. False when it signs no more.
    pub async fn retire_signing_key(
        &mut self,
        key: SigningKeyId,
        published_until: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE signing_keys SET state = 'retiring', published_until = $3 \
             WHERE tenant_id = $1 AND signing_key_id = $2 AND state = 'active'",
        )
        .bind(tenant)
        .bind(key)
        .bind(published_until)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// An algorithm leaves the tenant's policy: its keys sign no more, and stay published until `published_until`. False when none
    /// was left to retire.
    pub async fn retire_signing_algorithm(
        &mut self,
        algorithm: SigningAlgorithm,
        published_until: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE signing_keys SET state = 'retiring', published_until = $3 \
             WHERE tenant_id = $1 AND algorithm = $2 AND state IN ('active', 'next')",
        )
        .bind(tenant)
        .bind(algorithm.as_str())
        .bind(published_until)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed > 0)
    }

    /// Withdraws every published key of `algorithm` at once: none signs and none is published from `now` on.
    pub async fn withdraw_signing_keys(
        &mut self,
        algorithm: SigningAlgorithm,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE signing_keys SET state = 'retiring', published_until = $3 \
             WHERE tenant_id = $1 AND algorithm = $2 AND (published_until IS NULL OR published_until > $3)",
        )
        .bind(tenant)
        .bind(algorithm.as_str())
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// This published successor becomes the signer. False when it is a successor no more.
    pub async fn activate_signing_key(&mut self, key: SigningKeyId) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE signing_keys SET state = 'active' \
             WHERE tenant_id = $1 AND signing_key_id = $2 AND state = 'next'",
        )
        .bind(tenant)
        .bind(key)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }
}
