//! JSON Object Signing: algorithms, keys, JWKs, signing and verification of JWTs (RFC 7515, 7517, 7518, 7519, 8725).
//!
//! Signing and verifying work on AWS-LC keys that are parsed once. The JWT layer is ours because the checks that matter
//! here (`typ`, `crit`, `use`, exact audience, time against an injected clock, one key per `kid`) are exactly those a
//! general library leaves to its caller.

pub mod algorithm;
pub mod encryption;
pub mod inspection;
pub mod jwk;
pub mod key;
pub mod verify;

pub use algorithm::SigningAlgorithm;
pub use jwk::{Jwk, JwkSet};
pub use key::{JwtType, KeyError, RsaSize, SigningKeyPair};
pub use verify::{Audience, JwtError, Rules, UnverifiedJwt, VerificationKeys};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Base64url without padding (RFC 7515 section 2).
pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Strict base64url without padding; stray bits and characters are refused.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
