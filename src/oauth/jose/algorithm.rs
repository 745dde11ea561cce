//! The signature algorithms of this server. There is no `none` and nothing symmetric to confuse a public key with.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA256, RsaParameters, VerificationAlgorithm,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// A JWS algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// Ed25519; the newer name `Ed25519` (RFC 9864 section 2.2) is read as the same.
    #[serde(alias = "Ed25519")]
    EdDSA,
}

/// The text names no algorithm of [`SigningAlgorithm::ALL`].
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the signature algorithm is not one of RS256, RS384, PS256, ES256, ES384, EdDSA")]
pub struct UnknownAlgorithm;

/// Key type of an algorithm (RFC 7518 section 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// RSA.
    Rsa,
    /// Elliptic curve with its JWK curve name.
    EllipticCurve(&'static str),
    /// Octet key pair, Ed25519 (RFC 8037).
    Ed25519,
}

impl SigningAlgorithm {
    /// All algorithms, strongest claim to interoperability first.
    pub const ALL: [Self; 6] = [
        Self::RS256,
        Self::RS384,
        Self::PS256,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];

    /// The name in headers and metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    /// The key type the algorithm works with.
    pub const fn key_type(self) -> KeyType {
        match self {
            Self::RS256 | Self::RS384 | Self::PS256 => KeyType::Rsa,
            Self::ES256 => KeyType::EllipticCurve("P-256"),
            Self::ES384 => KeyType::EllipticCurve("P-384"),
            Self::EdDSA => KeyType::Ed25519,
        }
    }

    /// The hash of `at_hash` (OpenID Connect Core section 3.1.3.6); Ed25519 hashes with SHA-512.
    pub fn hash(self) -> &'static digest::Algorithm {
        match self {
            Self::RS256 | Self::PS256 | Self::ES256 => &digest::SHA256,
            Self::RS384 | Self::ES384 => &digest::SHA384,
            Self::EdDSA => &digest::SHA512,
        }
    }

    /// AWS-LC's RSA parameters; `None` for the other key types. RSA below 2048 bits is refused by them.
    pub(super) fn rsa_parameters(self) -> Option<&'static RsaParameters> {
        match self {
            Self::RS256 => Some(&RSA_PKCS1_2048_8192_SHA256),
            Self::RS384 => Some(&RSA_PKCS1_2048_8192_SHA384),
            Self::PS256 => Some(&RSA_PSS_2048_8192_SHA256),
            Self::ES256 | Self::ES384 | Self::EdDSA => None,
        }
    }

    /// AWS-LC's verification for keys given as raw bytes; `None` for RSA.
    pub(super) fn raw_key_verification(self) -> Option<&'static dyn VerificationAlgorithm> {
        match self {
            Self::ES256 => Some(&ECDSA_P256_SHA256_FIXED),
            Self::ES384 => Some(&ECDSA_P384_SHA384_FIXED),
            Self::EdDSA => Some(&ED25519),
            Self::RS256 | Self::RS384 | Self::PS256 => None,
        }
    }
}

impl std::str::FromStr for SigningAlgorithm {
    type Err = UnknownAlgorithm;
    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        let known = Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text);
        known
            .or((text == "Ed25519").then_some(Self::EdDSA))
            .ok_or(UnknownAlgorithm)
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_through_text_and_json() {
        for algorithm in SigningAlgorithm::ALL {
            assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
            assert_eq!(serde_json::to_value(algorithm).unwrap(), algorithm.as_str());
        }
    }

    #[test]
    fn ed25519_is_another_name_of_eddsa() {
        assert_eq!("Ed25519".parse(), Ok(SigningAlgorithm::EdDSA));
        assert_eq!(
            serde_json::from_str::<SigningAlgorithm>("\"Ed25519\"").unwrap(),
            SigningAlgorithm::EdDSA
        );
    }

    #[test]
    fn none_symmetric_and_misspelt_algorithms_do_not_exist() {
        for text in ["none", "None", "HS256", "HS512", "rs256", "RS256 ", "RS512", ""] {
            assert_eq!(text.parse::<SigningAlgorithm>(), Err(UnknownAlgorithm), "{text}");
        }
    }
}
