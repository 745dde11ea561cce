//! Our keys at identity providers, SAML and OpenID Connect alike: what signs what we send there, and what decrypts what they send. The
//! table is named for the first of them, `saml_keys`.

use crate::kernel::id::{FederationKeyId, IdentityProviderId};
use crate::kernel::{Entropy, Secret, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// What a key is for. Never both: who can make us decrypt must not thereby make us sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FederationKeyPurpose {
    /// Signs requests, logout messages and metadata; at OpenID Connect providers, the assertion that says who we are.
    Signing,
    /// Decrypts assertions.
    Encryption,
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FederationKeyState {
    /// Published and used.
    Current,
    /// Published, not used to sign yet.
    Next,
    /// Not published any more; still decrypts, and says who we are where the provider has not taken in the current one.
    Previous,
}

impl FederationKeyPurpose {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Encryption => "encryption",
        }
    }
}

impl FederationKeyState {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Next => "next",
            Self::Previous => "previous",
        }
    }
}

/// A key as stored.
pub struct FederationKeyRecord {
    /// The row's id.
    pub id: FederationKeyId,
    /// What it is for.
    pub purpose: FederationKeyPurpose,
    /// Where it is in its life.
    pub state: FederationKeyState,
    /// The self-signed certificate that carries its public part, DER.
    pub certificate: Vec<u8>,
    /// PKCS#8 DER.
    pub private_key: Secret<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is in this state.
    pub state_since: Timestamp,
    /// When it takes over; only of a next key, and only when somebody fixed a date.
    pub switch_at: Option<Timestamp>,
    /// When the provider was last seen to use it, to the day. Not noted of current keys.
    pub used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    saml_key_id: FederationKeyId,
    purpose: String,
    state: String,
    certificate: Vec<u8>,
    sealed_private_key: Vec<u8>,
    created_at: Timestamp,
    state_since: Timestamp,
    switch_at: Option<Timestamp>,
    used_at: Option<Timestamp>,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "saml_keys",
        column: "sealed_private_key",
        row,
    }
}

impl TenantTx {
    /// Every key at `provider`, in order of creation.
    pub async fn list_federation_keys(
        &mut self,
        provider: IdentityProviderId,
    ) -> Result<Vec<FederationKeyRecord>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
            "SELECT saml_key_id, purpose, state, certificate, sealed_private_key, created_at, \
             COALESCE(state_since, created_at) AS state_since, switch_at, used_at FROM saml_keys WHERE tenant_id = $1 AND identity_provider_id = $2 ORDER BY saml_key_id",
        )
        .bind(tenant)
        .bind(provider)
        .fetch_all(connection)
        .await
        })?;
        rows.into_iter()
            .map(|row| {
                let id = row.saml_key_id.uuid();
                let private_key = self
                    .keyring
                    .open(place(id.as_bytes()), &Sealed::from_bytes(row.sealed_private_key))?;
                let purpose = [FederationKeyPurpose::Signing, FederationKeyPurpose::Encryption]
                    .into_iter()
                    .find(|purpose| purpose.as_str() == row.purpose)
                    .ok_or_else(|| StoreError::corrupt("saml_keys", "purpose", "unknown"))?;
                let state = [
                    FederationKeyState::Current,
                    FederationKeyState::Next,
                    FederationKeyState::Previous,
                ]
                .into_iter()
                .find(|state| state.as_str() == row.state)
                .ok_or_else(|| StoreError::corrupt("saml_keys", "state", "unknown"))?;
                Ok(FederationKeyRecord {
                    id: row.saml_key_id,
                    purpose,
                    state,
                    certificate: row.certificate,
                    private_key,
                    created_at: row.created_at,
                    state_since: row.state_since,
                    switch_at: row.switch_at,
                    used_at: row.used_at,
                })
            })
            .collect()
    }

    /// Adds a key. [`StoreError::Exists`] when one of its purpose is current or next already.
    pub async fn insert_federation_key(
        &mut self,
        provider: IdentityProviderId,
        key: &FederationKeyRecord,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let row = key.id.uuid();
        let sealed = self
            .keyring
            .seal(place(row.as_bytes()), key.private_key.expose(), entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO saml_keys (tenant_id, saml_key_id, identity_provider_id, purpose, state, certificate, \
             sealed_private_key, created_at, state_since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        )
        .bind(tenant)
        .bind(key.id)
        .bind(provider)
        .bind(key.purpose.as_str())
        .bind(key.state.as_str())
        .bind(&key.certificate)
        .bind(&sealed)
        .bind(key.created_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Moves the key of `provider` that is `from` to `to`. How many moved: none or one of each purpose.
    async fn move_federation_keys(
        &mut self,
        provider: IdentityProviderId,
        from: FederationKeyState,
        to: FederationKeyState,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query(
            "UPDATE saml_keys SET state = $4, state_since = $5, switch_at = NULL, used_at = NULL \
             WHERE tenant_id = $1 AND identity_provider_id = $2 AND state = $3",
        )
        .bind(tenant)
        .bind(provider)
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?)
    }

    /// The next keys take over, and the current ones only decrypt. False when there are no next ones: then nothing may be committed.
    pub async fn switch_federation_keys(
        &mut self,
        provider: IdentityProviderId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.move_federation_keys(provider, FederationKeyState::Current, FederationKeyState::Previous, now)
            .await?;
        let moved = self
            .move_federation_keys(provider, FederationKeyState::Next, FederationKeyState::Current, now)
            .await?;
        Ok(moved > 0)
    }

    /// Removes the keys that are previous since before `since` and were not used since `used`. Returns how many there were.
    pub async fn delete_disused_federation_keys(
        &mut self,
        provider: IdentityProviderId,
        since: Timestamp,
        used: Timestamp,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query(
            "DELETE FROM saml_keys WHERE tenant_id = $1 AND identity_provider_id = $2 AND state = 'previous' \
             AND state_since <= $3 AND (used_at IS NULL OR used_at <= $4)",
        )
        .bind(tenant)
        .bind(provider)
        .bind(since)
        .bind(used)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?)
    }

    /// Fixes when the next keys take over; none for the usual date. False when there are none.
    pub async fn set_switch_of_federation_keys(
        &mut self,
        provider: IdentityProviderId,
        switch_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| {
            sqlx::query(
            "UPDATE saml_keys SET switch_at = $3 WHERE tenant_id = $1 AND identity_provider_id = $2 AND state = 'next'",
        )
        .bind(tenant)
        .bind(provider)
        .bind(switch_at)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        Ok(changed > 0)
    }

    /// Notes that the provider encrypted to the key with this certificate, or knew us by it, if it is in `state` and that was not
    /// noted within the day before. False when nothing was noted.
    pub async fn note_use_of_federation_key(
        &mut self,
        provider: IdentityProviderId,
        certificate: &[u8],
        state: FederationKeyState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let a_day_ago = now - std::time::Duration::from_hours(24);
        let noted = on_tx!(self, |connection| {
            sqlx::query(
            "UPDATE saml_keys SET used_at = $5 WHERE tenant_id = $1 AND identity_provider_id = $2 AND certificate = $3 \
             AND state = $4 AND (used_at IS NULL OR used_at <= $6)",
        )
        .bind(tenant)
        .bind(provider)
        .bind(certificate)
        .bind(state.as_str())
        .bind(now)
        .bind(a_day_ago)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        Ok(noted == 1)
    }

    /// Removes the keys that are not published any more. Returns how many there were.
    pub async fn delete_previous_federation_keys(&mut self, provider: IdentityProviderId) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query(
            "DELETE FROM saml_keys WHERE tenant_id = $1 AND identity_provider_id = $2 AND state = 'previous'",
        )
        .bind(tenant)
        .bind(provider)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?)
    }
}
