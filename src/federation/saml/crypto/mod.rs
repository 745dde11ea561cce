//! The only module that calls the XML security crates, so that they can be exchanged.

mod decryption;
mod keys;
mod signature;

pub(super) use decryption::{decrypt_assertion, decrypt_name_id};
pub use keys::{KeyFault, PrivateKey, TrustedKey, TrustedKeys, end_of_certificate};
pub use signature::sign_enveloped;
pub(super) use signature::{Proven, Signed, prove_decrypted, prove_verified_text, verify};
