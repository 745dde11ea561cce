//! WebAuthn credentials of a tenant's own accounts. They are looked up under the tenant, so that one of another tenant on the
//! same host is as unknown as any other.

use crate::kernel::id::AccountId;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed, TenantKeyring};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// A passkey.
pub struct StoredPasskey {
    /// The hash of the credential's id.
    pub hash: Sha256Hash,
    /// Whose it is.
    pub account: AccountId,
    /// The credential as it was registered.
    pub credential: Secret<Vec<u8>>,
    /// The name its owner gave it.
    pub label: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// A passkey to be stored.
pub struct NewPasskey<'a> {
    /// The hash of the credential's id.
    pub hash: Sha256Hash,
    /// Whose it is.
    pub account: AccountId,
    /// The credential.
    pub credential: &'a Secret<Vec<u8>>,
    /// The name its owner gives it.
    pub label: &'a str,
    /// Its signature counter.
    pub sign_count: u32,
}

#[derive(FromRow)]
struct Row {
    credential_hash: Sha256Hash,
    account_id: Uuid,
    sealed_credential: Vec<u8>,
    sealed_label: Vec<u8>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

const fn place<'a>(column: &'static str, row: &'a [u8]) -> Place<'a> {
    Place {
        table: "passkeys",
        column,
        row,
    }
}

impl Row {
    fn open(self, keyring: &TenantKeyring) -> Result<StoredPasskey, StoreError> {
        let row = self.credential_hash.as_bytes();
        let credential = keyring.open(
            place("sealed_credential", row),
            &Sealed::from_bytes(self.sealed_credential),
        )?;
        let label = keyring.open(place("sealed_label", row), &Sealed::from_bytes(self.sealed_label))?;
        Ok(StoredPasskey {
            hash: self.credential_hash,
            account: AccountId::from_uuid(self.account_id),
            credential,
            label: String::from_utf8_lossy(label.expose()).into_owned(),
            created_at: self.created_at,
            last_used_at: self.last_used_at,
        })
    }
}

impl TenantTx {
    /// Stores a passkey. False when its id is taken.
    pub async fn insert_passkey(
        &mut self,
        new: &NewPasskey<'_>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let row = new.hash.as_bytes();
        let credential = self
            .keyring
            .seal(place("sealed_credential", row), new.credential.expose(), entropy)?;
        let label = self
            .keyring
            .seal(place("sealed_label", row), new.label.as_bytes(), entropy)?;
        let inserted = on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO passkeys (tenant_id, credential_hash, account_id, sealed_credential, sealed_label, sign_count, \
             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(tenant)
        .bind(new.hash)
        .bind(new.account)
        .bind(&credential)
        .bind(&label)
        .bind(i64::from(new.sign_count))
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        Ok(inserted == 1)
    }

    /// The passkeys of an account, oldest first, fifty at most.
    pub async fn list_passkeys(&mut self, account: AccountId) -> Result<Vec<StoredPasskey>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT credential_hash, account_id, sealed_credential, sealed_label, created_at, last_used_at FROM passkeys \
             WHERE tenant_id = $1 AND account_id = $2 ORDER BY created_at LIMIT 50",
        )
        .bind(tenant)
        .bind(account)
        .fetch_all(connection)
        .await)?
        .into_iter()
        .map(|row| row.open(&self.keyring))
        .collect()
    }

    /// Forgets every passkey of an account.
    pub async fn delete_passkeys(&mut self, account: AccountId) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM passkeys WHERE tenant_id = $1 AND account_id = $2"
        )
        .bind(tenant)
        .bind(account)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The passkey with this hash.
    pub async fn find_passkey(&mut self, hash: Sha256Hash) -> Result<Option<StoredPasskey>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT credential_hash, account_id, sealed_credential, sealed_label, created_at, last_used_at FROM passkeys \
             WHERE tenant_id = $1 AND credential_hash = $2",
        )
        .bind(tenant)
        .bind(hash)
        .fetch_optional(connection)
        .await)?
        .map(|row| row.open(&self.keyring))
        .transpose()
    }

    /// Notes the use of a passkey whose counter is `sign_count` now. False when the counter did not grow since the last use,
    /// which means that there are two of it (WebAuthn Level 3 section 6.1.1); authenticators without a counter always send 0.
    pub async fn use_passkey(&mut self, hash: Sha256Hash, sign_count: u32, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE passkeys SET sign_count = $3, last_used_at = $4 WHERE tenant_id = $1 AND credential_hash = $2 \
             AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0))",
        )
        .bind(tenant)
        .bind(hash)
        .bind(i64::from(sign_count))
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Removes a passkey of an account. False when the account has no such passkey.
    pub async fn delete_passkey(&mut self, account: AccountId, hash: Sha256Hash) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let removed = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM passkeys WHERE tenant_id = $1 AND account_id = $2 AND credential_hash = $3",
        )
        .bind(tenant)
        .bind(account)
        .bind(hash)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(removed == 1)
    }
}
