//! The master key (key-encryption key): where it comes from and what it wraps.

pub mod environment;
pub mod file;

use super::envelope::{AeadKey, DataKeyPurpose, EnvelopeError, WrappedDataKey, wrapping_data};
use crate::kernel::id::{DataKeyId, TenantId};
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp, entropy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// The key that wraps every tenant's data keys. It encrypts nothing else but dedicated database URLs.
pub struct MasterKey {
    id: String,
    key: AeadKey,
    bytes: Secret<[u8; 32]>,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

impl MasterKey {
    /// From 32 key bytes. The id is the start of a hash of the key, so that the same key has the same id everywhere.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, EnvelopeError> {
        let mut labelled = b"wardkey-master-key-id".to_vec();
        labelled.extend_from_slice(&bytes);
        let id = Sha256Hash::of(&labelled).to_base64url().chars().take(16).collect();
        Ok(Self {
            id,
            key: AeadKey::new(&bytes)?,
            bytes: Secret::new(bytes),
        })
    }

    /// A new random master key.
    pub fn generate(source: &dyn Entropy) -> Result<Self, EnvelopeError> {
        Self::from_bytes(entropy::bytes(source))
    }

    /// From the written form: base64 of 32 bytes, surrounding white space ignored.
    pub fn from_text(text: &str) -> Result<Self, EnvelopeError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| EnvelopeError::Format)?;
        Self::from_bytes(bytes.try_into().map_err(|_| EnvelopeError::Format)?)
    }

    /// The written form, for the key file.
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(STANDARD.encode(self.bytes.expose()))
    }

    /// Names the key without revealing it; stored beside what it wrapped.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// New data keys for a tenant: one for sealing, one for indexes.
    pub fn new_data_keys(
        &self,
        tenant: TenantId,
        now: Timestamp,
        source: &dyn Entropy,
    ) -> Result<Vec<WrappedDataKey>, EnvelopeError> {
        [DataKeyPurpose::Sealing, DataKeyPurpose::Index]
            .into_iter()
            .map(|purpose| {
                let id = DataKeyId::new(now, source);
                let plain = Secret::new(entropy::bytes::<32>(source));
                let wrapped = self
                    .key
                    .seal(&wrapping_data(tenant, id, purpose), plain.expose(), source)?;
                Ok(WrappedDataKey {
                    id,
                    purpose,
                    master_key_id: self.id.clone(),
                    wrapped,
                    retired: false,
                })
            })
            .collect()
    }

    /// Unwraps a data key. Fails for another tenant's key, another purpose, or another master key.
    pub fn unwrap_data_key(&self, tenant: TenantId, key: &WrappedDataKey) -> Result<Secret<[u8; 32]>, EnvelopeError> {
        let plain = self
            .key
            .open(&wrapping_data(tenant, key.id, key.purpose), &key.wrapped)?;
        let bytes: [u8; 32] = plain
            .expose()
            .as_slice()
            .try_into()
            .map_err(|_| EnvelopeError::Format)?;
        Ok(Secret::new(bytes))
    }

    /// Seals a dedicated store's URL, which may hold a password, for the control database.
    pub fn seal_database_url(
        &self,
        tenant: TenantId,
        url: &str,
        source: &dyn Entropy,
    ) -> Result<Vec<u8>, EnvelopeError> {
        self.key.seal(&database_url_data(tenant), url.as_bytes(), source)
    }

    /// Opens a dedicated store's URL.
    pub fn open_database_url(&self, tenant: TenantId, sealed: &[u8]) -> Result<Secret<String>, EnvelopeError> {
        let plain = self.key.open(&database_url_data(tenant), sealed)?;
        String::from_utf8(plain.expose().clone())
            .map(Secret::new)
            .map_err(|_| EnvelopeError::Format)
    }
}

fn database_url_data(tenant: TenantId) -> Vec<u8> {
    let mut data = b"wardkey-database-url".to_vec();
    data.extend_from_slice(tenant.uuid().as_bytes());
    data
}
