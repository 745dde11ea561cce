//! The master key from an environment variable, for platforms that inject secrets that way.

use super::MasterKey;
use crate::kernel::Secret;
use crate::keys::envelope::EnvelopeError;

/// The variable's name.
pub const VARIABLE: &str = "WARDKEY_MASTER_KEY";

/// Reads the key if the variable is set.
pub fn read() -> Option<Result<MasterKey, EnvelopeError>> {
    let text = Secret::new(std::env::var(VARIABLE).ok()?);
    Some(MasterKey::from_text(text.expose()))
}
