//! Keys: those of identity providers, which verify, and our own, which sign and decrypt.

use super::super::policy;
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::oauth::jose::{RsaSize, SigningAlgorithm, SigningKeyPair};
use aws_lc_rs::rsa::PublicEncryptingKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_keys::loader::load_x509_cert_der;
use bergshamra_keys::{Key, KeyData, KeyUsage, KeysManager};
use kryptering::{EcCurve, KeyAlgorithm, SoftwareKey};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256};

use std::fmt;
use std::time::Duration;
use thiserror::Error;
use time::OffsetDateTime;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// How long our self-signed certificates say they are valid. Providers compare the key; some refuse an expired certificate.
const CERTIFICATE_LIFETIME: Duration = Duration::from_hours(24 * 365 * 3);

/// Why a key or certificate cannot be used.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum KeyFault {
    /// Not an X.509 certificate in DER.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// RSA below 2048 bits, a curve other than P-256 and P-384, or another kind of key.
    #[error("the key is neither RSA with at least 2048 bits nor ECDSA with P-256 or P-384")]
    Weak,
    /// A key or certificate of ours could not be made.
    #[error("a key could not be made")]
    Generation,
    /// Signing failed.
    #[error("the message could not be signed")]
    Signing,
}

/// A key of an identity provider. Its certificate is only the wrapping: trust comes from the metadata that named it, so
/// expiry is a warning and not a refusal.
#[derive(Clone)]
pub struct TrustedKey {
    pub(super) key: Key,
    fingerprint: Sha256Hash,
    spki: Sha256Hash,
    not_after: Timestamp,
}

impl TrustedKey {
    /// From a certificate in DER.
    pub fn from_certificate(der: &[u8]) -> Result<Self, KeyFault> {
        let not_after = end_of_certificate(der)?;
        let key = load_x509_cert_der(der).map_err(|_| KeyFault::Weak)?;
        let spki = key.to_spki_der().ok_or(KeyFault::Weak)?;
        let strong = match key.data.algorithm() {
            KeyAlgorithm::Rsa => PublicEncryptingKey::from_der(&spki).is_ok_and(|key| key.key_size_bits() >= 2048),
            KeyAlgorithm::Ec(curve) => matches!(curve, EcCurve::P256 | EcCurve::P384),
            _ => false,
        };
        if !strong {
            return Err(KeyFault::Weak);
        }
        Ok(Self {
            key,
            fingerprint: Sha256Hash::of(der),
            spki: Sha256Hash::of(&spki),
            not_after,
        })
    }

    /// SHA-256 of the certificate, in hexadecimal, as administrators compare it.
    pub fn fingerprint(&self) -> String {
        self.fingerprint.to_hexadecimal()
    }

    /// When the certificate says it ends.
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl PartialEq for TrustedKey {
    /// The same key, whatever certificate carries it.
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for TrustedKey {}

impl fmt::Debug for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedKey({})", self.fingerprint())
    }
}

/// The keys of which one must have signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedKeys(Vec<TrustedKey>);

impl TrustedKeys {
    /// Exactly these, each key once.
    pub fn new(keys: impl IntoIterator<Item = TrustedKey>) -> Self {
        let mut distinct: Vec<TrustedKey> = Vec::new();
        for key in keys {
            if !distinct.contains(&key) {
                distinct.push(key);
            }
        }
        Self(distinct)
    }

    /// The keys.
    pub fn iter(&self) -> impl Iterator<Item = &TrustedKey> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn manager(&self) -> KeysManager {
        let mut manager = KeysManager::new();
        manager.add_keys(self.0.iter().map(|trusted| trusted.key.clone()));
        manager
    }

    /// Whether one of them signed `message`, as it does for the redirect binding (SAML Bindings 2.0 section 3.4.4.1).
    pub fn verify(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        if !policy::accepts_signature(algorithm) {
            return false;
        }
        let Ok(algorithm) = bergshamra_crypto::sign::from_uri(algorithm) else {
            return false;
        };
        self.0.iter().any(|trusted| {
            trusted
                .key
                .to_signing_key()
                .ok()
                .flatten()
                .is_some_and(|key| algorithm.verify(&key, message, signature).unwrap_or(false))
        })
    }
}

/// A private RSA key of ours and the self-signed certificate that carries its public part.
#[derive(Clone)]
pub struct PrivateKey {
    key: SoftwareKey,
    certificate: Vec<u8>,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.fingerprint())
    }
}

impl PrivateKey {
    /// Makes a key, as PKCS#8, and its certificate, as DER. Takes tens of milliseconds: call it where that may block.
    pub fn generate(common_name: &str, now: Timestamp) -> Result<(Secret<Vec<u8>>, Vec<u8>), KeyFault> {
        let pkcs8 = SigningKeyPair::generate(SigningAlgorithm::RS256, RsaSize::default())
            .and_then(|pair| pair.to_pkcs8())
            .map_err(|_| KeyFault::Generation)?;
        let certificate = self_signed(&pkcs8, common_name, now)?;
        Ok((pkcs8, certificate))
    }

    /// From PKCS#8 and the certificate.
    pub fn from_pkcs8(pkcs8: &Secret<Vec<u8>>, certificate: Vec<u8>) -> Result<Self, KeyFault> {
        let key = SoftwareKey::from_pkcs8_der(KeyAlgorithm::Rsa, pkcs8.expose()).map_err(|_| KeyFault::Unreadable)?;
        Ok(Self { key, certificate })
    }

    /// The certificate in DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The certificate in PEM (RFC 7468 section 5).
    pub fn certificate_pem(&self) -> String {
        let text = STANDARD.encode(&self.certificate);
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for (index, character) in text.chars().enumerate() {
            if index > 0 && index.is_multiple_of(64) {
                pem.push('\n');
            }
            pem.push(character);
        }
        pem.push_str("\n-----END CERTIFICATE-----\n");
        pem
    }

    /// When the certificate says it ends.
    pub fn not_after(&self) -> Result<Timestamp, KeyFault> {
        end_of_certificate(&self.certificate)
    }

    /// SHA-256 of the certificate, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        Sha256Hash::of(&self.certificate).to_hexadecimal()
    }

    /// RSA with SHA-256 over `message`, for the redirect binding.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        bergshamra_crypto::sign::from_uri(policy::RSA_SHA256)
            .and_then(|algorithm| algorithm.sign(&self.key, message))
            .map_err(|_| KeyFault::Signing)
    }

    pub(super) const fn software_key(&self) -> &SoftwareKey {
        &self.key
    }

    pub(super) fn manager(&self) -> KeysManager {
        let mut manager = KeysManager::new();
        manager.add_key(Key::new(KeyData::from_software_key(self.key.clone()), KeyUsage::Sign));
        manager
    }
}

/// When a certificate (DER) says it ends, whatever its key.
pub fn end_of_certificate(der: &[u8]) -> Result<Timestamp, KeyFault> {
    let certificate = Certificate::from_der(der).map_err(|_| KeyFault::Unreadable)?;
    let not_after = certificate.tbs_certificate.validity.not_after.to_unix_duration();
    Ok(Timestamp::from_seconds(
        i64::try_from(not_after.as_secs()).unwrap_or(i64::MAX),
    ))
}

fn self_signed(pkcs8: &Secret<Vec<u8>>, common_name: &str, now: Timestamp) -> Result<Vec<u8>, KeyFault> {
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.expose().as_slice().into(), &PKCS_RSA_SHA256)
        .map_err(|_| KeyFault::Generation)?;
    let moment = |at: Timestamp| OffsetDateTime::from_unix_timestamp(at.seconds()).map_err(|_| KeyFault::Generation);
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    params.distinguished_name = name;
    params.not_before = moment(now - Duration::from_hours(1))?;
    params.not_after = moment(now + CERTIFICATE_LIFETIME)?;
    params
        .self_signed(&key)
        .map(|certificate| certificate.der().to_vec())
        .map_err(|_| KeyFault::Generation)
}
