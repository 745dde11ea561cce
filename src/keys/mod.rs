//! Keys: the master key, the data keys it wraps, sealing under a tenant's data key, and the tenant's signing keys.

pub mod envelope;
pub mod master;
pub mod signing;

pub use envelope::{DataKeyPurpose, EnvelopeError, Place, Sealed, TenantKeyring, WrappedDataKey};
pub use master::MasterKey;
pub use signing::{SigningKeyRecord, SigningKeyState, SigningKeys, SigningKeysError};
