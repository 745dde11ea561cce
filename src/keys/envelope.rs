//! Envelope encryption: the master key wraps one data key per tenant, the data key seals that tenant's values.
//!
//! A sealed value is bound to its tenant, table, column and row through the associated data of AES-256-GCM
//! (NIST SP 800-38D): moved anywhere else it does not open.

use crate::kernel::id::{DataKeyId, TenantId};
use crate::kernel::{Entropy, Secret, Sha256Hash, entropy};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;
use uuid::Uuid;

/// Version byte in front of every ciphertext, so that the format can change without guessing.
const FORMAT: u8 = 1;
const KEY_ID_LENGTH: usize = 16;

/// Why a value could not be sealed or opened. Says nothing about the content.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EnvelopeError {
    /// The bytes are not in the format of a sealed value.
    #[error("the sealed value is not in a known format")]
    Format,
    /// The key that sealed the value is not on the ring.
    #[error("the value was sealed with data key {0}, which is not available")]
    UnknownKey(DataKeyId),
    /// Authentication failed: wrong key, or a value moved from another tenant, table, column or row.
    #[error("the sealed value does not belong here")]
    Authentication,
    /// The tenant has no active data key.
    #[error("the tenant has no active data key")]
    NoActiveKey,
}

/// Ciphertext as stored: format, data key id, nonce, encrypted value with tag.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// From stored bytes.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Where a sealed value lives. Part of what is authenticated.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Table name.
    pub table: &'static str,
    /// Column name.
    pub column: &'static str,
    /// The row's key within the tenant.
    pub row: &'a [u8],
}

/// What a data key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKeyPurpose {
    /// Seals values; rotates.
    Sealing,
    /// Keys blind indexes and derived tokens; stays for the life of the tenant, since what it indexed must be found.
    Index,
}

/// A data key as the control database holds it.
#[derive(Clone, Debug)]
pub struct WrappedDataKey {
    /// The key's id; written into everything it seals.
    pub id: DataKeyId,
    /// What it is for.
    pub purpose: DataKeyPurpose,
    /// Which master key wrapped it.
    pub master_key_id: String,
    /// The wrapped key: nonce and ciphertext.
    pub wrapped: Vec<u8>,
    /// Retired keys open but do not seal.
    pub retired: bool,
}

/// Length-prefixed fields, so that no two different field lists give the same bytes.
fn associated_data(fields: &[&[u8]]) -> Vec<u8> {
    let mut data = Vec::with_capacity(fields.iter().map(|field| field.len() + 4).sum());
    for field in fields {
        data.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        data.extend_from_slice(field);
    }
    data
}

/// An AES-256-GCM key with the two operations used here.
pub(super) struct AeadKey(LessSafeKey);

impl AeadKey {
    pub(super) fn new(key: &[u8; 32]) -> Result<Self, EnvelopeError> {
        UnboundKey::new(&AES_256_GCM, key)
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| EnvelopeError::Format)
    }

    /// Nonce, then ciphertext and tag. The nonce is random: 96 bits, and a data key seals far fewer than 2^32 values.
    pub(super) fn seal(&self, aad: &[u8], plaintext: &[u8], source: &dyn Entropy) -> Result<Vec<u8>, EnvelopeError> {
        let nonce: [u8; NONCE_LEN] = entropy::bytes(source);
        let mut buffer = plaintext.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut buffer)
            .map_err(|_| EnvelopeError::Authentication)?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut buffer);
        Ok(sealed)
    }

    pub(super) fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Secret<Vec<u8>>, EnvelopeError> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(EnvelopeError::Format)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| EnvelopeError::Format)?;
        let mut buffer = ciphertext.to_vec();
        let length = self
            .0
            .open_in_place(nonce, Aad::from(aad), &mut buffer)
            .map_err(|_| EnvelopeError::Authentication)?
            .len();
        buffer.truncate(length);
        Ok(Secret::new(buffer))
    }
}

/// One tenant's unwrapped data keys. The only way to seal or open that tenant's values.
pub struct TenantKeyring {
    tenant: TenantId,
    active: DataKeyId,
    sealing: BTreeMap<DataKeyId, AeadKey>,
    index: hmac::Key,
}

impl fmt::Debug for TenantKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantKeyring({}, {} keys)", self.tenant, self.sealing.len())
    }
}

impl TenantKeyring {
    /// Unwraps a tenant's data keys with the master key.
    ///
    /// # Errors
    /// When a key does not unwrap for this tenant, or no active sealing key or no index key is among them.
    pub fn unwrap(tenant: TenantId, keys: &[WrappedDataKey], master: &super::MasterKey) -> Result<Self, EnvelopeError> {
        let mut sealing = BTreeMap::new();
        let mut active = None;
        let mut index = None;
        for key in keys {
            let plain = master.unwrap_data_key(tenant, key)?;
            match key.purpose {
                DataKeyPurpose::Sealing => {
                    sealing.insert(key.id, AeadKey::new(plain.expose())?);
                    if !key.retired {
                        active = active.max(Some(key.id));
                    }
                }
                DataKeyPurpose::Index => index = Some(hmac::Key::new(hmac::HMAC_SHA256, plain.expose())),
            }
        }
        match (active, index) {
            (Some(active), Some(index)) => Ok(Self {
                tenant,
                active,
                sealing,
                index,
            }),
            _ => Err(EnvelopeError::NoActiveKey),
        }
    }

    /// The tenant whose keys these are.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    fn associated_data(&self, place: Place<'_>, key: DataKeyId) -> Vec<u8> {
        associated_data(&[
            b"wardkey-sealed",
            self.tenant.uuid().as_bytes(),
            place.table.as_bytes(),
            place.column.as_bytes(),
            place.row,
            key.uuid().as_bytes(),
        ])
    }

    /// Seals `plaintext` for `place` under the active data key.
    pub fn seal(&self, place: Place<'_>, plaintext: &[u8], source: &dyn Entropy) -> Result<Sealed, EnvelopeError> {
        let key = self.sealing.get(&self.active).ok_or(EnvelopeError::NoActiveKey)?;
        let body = key.seal(&self.associated_data(place, self.active), plaintext, source)?;
        let mut bytes = Vec::with_capacity(1 + KEY_ID_LENGTH + body.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(self.active.uuid().as_bytes());
        bytes.extend_from_slice(&body);
        Ok(Sealed(bytes))
    }

    /// Opens what was sealed for `place`, with whichever data key sealed it.
    pub fn open(&self, place: Place<'_>, sealed: &Sealed) -> Result<Secret<Vec<u8>>, EnvelopeError> {
        let (format, rest) = sealed.0.split_first().ok_or(EnvelopeError::Format)?;
        if *format != FORMAT {
            return Err(EnvelopeError::Format);
        }
        let (id, body) = rest.split_at_checked(KEY_ID_LENGTH).ok_or(EnvelopeError::Format)?;
        let id = DataKeyId::from_uuid(Uuid::from_slice(id).map_err(|_| EnvelopeError::Format)?);
        let key = self.sealing.get(&id).ok_or(EnvelopeError::UnknownKey(id))?;
        key.open(&self.associated_data(place, id), body)
    }

    /// A keyed hash under which a value can be found without being readable: HMAC-SHA-256 (RFC 2104) over domain and value.
    pub fn blind_index(&self, domain: &str, value: &[u8]) -> Sha256Hash {
        Sha256Hash::of(&self.derive(domain, value))
    }

    /// 32 bytes that only the holder of this tenant's index key and `value` can compute.
    pub fn derive(&self, domain: &str, value: &[u8]) -> [u8; 32] {
        let message = associated_data(&[domain.as_bytes(), self.tenant.uuid().as_bytes(), value]);
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(hmac::sign(&self.index, &message).as_ref()) {
            *to = *from;
        }
        bytes
    }
}

/// The associated data under which a data key is wrapped.
pub(super) fn wrapping_data(tenant: TenantId, id: DataKeyId, purpose: DataKeyPurpose) -> Vec<u8> {
    let purpose: &[u8] = match purpose {
        DataKeyPurpose::Sealing => b"sealing",
        DataKeyPurpose::Index => b"index",
    };
    associated_data(&[
        b"wardkey-data-key",
        tenant.uuid().as_bytes(),
        id.uuid().as_bytes(),
        purpose,
    ])
}

#[cfg(test)]
mod tests;
