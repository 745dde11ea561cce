//! What the rows of a directory's users and groups have in common: details that are sealed, and keys that are found by their hash
//! within one connection.

use crate::kernel::id::IdentityProviderId;
use crate::kernel::{Entropy, Secret, Sha256Hash};
use crate::keys::{Place, Sealed, TenantKeyring};
use crate::store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Where the details are.
pub(super) const COLUMN: &str = "sealed_details";

const fn place<'a>(table: &'static str, row: &'a [u8]) -> Place<'a> {
    Place {
        table,
        column: COLUMN,
        row,
    }
}

/// The hash by which a row is found. The connection is part of it: two of them can use one name.
pub(super) fn index(
    keyring: &TenantKeyring,
    label: &'static str,
    provider: IdentityProviderId,
    text: &str,
) -> Sha256Hash {
    let mut value = provider.uuid().as_bytes().to_vec();
    value.extend_from_slice(text.as_bytes());
    keyring.blind_index(label, &value)
}

/// Seals the details of one row.
pub(super) fn seal(
    keyring: &TenantKeyring,
    table: &'static str,
    row: &[u8],
    details: &impl Serialize,
    entropy: &dyn Entropy,
) -> Result<Sealed, StoreError> {
    let plain = serde_json::to_vec(details)
        .map(Secret::new)
        .map_err(|error| StoreError::corrupt(table, COLUMN, error))?;
    Ok(keyring.seal(place(table, row), plain.expose(), entropy)?)
}

/// Opens the details of one row.
pub(super) fn open<D: DeserializeOwned>(
    keyring: &TenantKeyring,
    table: &'static str,
    row: &[u8],
    sealed: Vec<u8>,
) -> Result<D, StoreError> {
    let plain = keyring.open(place(table, row), &Sealed::from_bytes(sealed))?;
    serde_json::from_slice(plain.expose())
        .map_err(|_| StoreError::corrupt(table, COLUMN, "not the details of a resource"))
}
