//! Encryption of tokens to the client that gets them (RFC 7516, compact form). One way only: nothing is ever decrypted here, so
//! there is no oracle to ask.

use super::{Jwk, JwkSet, decode, encode};
use crate::kernel::{Entropy, entropy};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::digest;
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::RsaPublicKeyComponents;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;
use zeroize::Zeroizing;

/// How the content key reaches the recipient (RFC 7518 section 4.1). RSA1_5 is left out: it has been broken time and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyEncryption {
    /// RSAES-OAEP with SHA-256.
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
    /// Agreement with a key made for this one message, on P-256 or P-384; the agreed key encrypts the content.
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
}

/// How the content is encrypted (RFC 7518 section 5.1): authenticated, and by AWS-LC in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentEncryption {
    /// AES-GCM with 128 bits.
    #[serde(rename = "A128GCM")]
    A128Gcm,
    /// AES-GCM with 256 bits.
    #[serde(rename = "A256GCM")]
    A256Gcm,
}

impl KeyEncryption {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::RsaOaep256, Self::EcdhEs];

    /// The name in headers and metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
        }
    }

    fn fits(self, key: &Jwk) -> bool {
        let encrypts = key.public_key_use.as_deref().is_none_or(|purpose| purpose == "enc");
        let named = key.alg.as_deref().is_none_or(|alg| alg == self.as_str());
        let operations: &[&str] = match self {
            Self::RsaOaep256 => &["encrypt", "wrapKey"],
            Self::EcdhEs => &["deriveKey", "deriveBits"],
        };
        // RFC 7517 section 4.3. A public key of an agreement has no operation of its own.
        let may = key
            .key_ops
            .as_ref()
            .is_none_or(|own| own.is_empty() || own.iter().any(|operation| operations.contains(&operation.as_str())));
        let of_its_kind = match self {
            Self::RsaOaep256 => key.kty == "RSA",
            Self::EcdhEs => key.kty == "EC" && matches!(key.crv.as_deref(), Some("P-256" | "P-384")),
        };
        encrypts && named && may && of_its_kind
    }
}

impl ContentEncryption {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::A128Gcm, Self::A256Gcm];

    /// The name in headers and metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::A128Gcm => &AES_128_GCM,
            Self::A256Gcm => &AES_256_GCM,
        }
    }
}

/// Why nothing could be encrypted.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum EncryptionError {
    /// The recipient has no key of this kind.
    #[error("the client has no key that fits its encryption algorithm")]
    NoKey,
    /// The recipient's key is damaged, or too short.
    #[error("the client's encryption key is not usable")]
    BadKey,
    /// AWS-LC could not do it.
    #[error("a token could not be encrypted")]
    Failed,
}

/// The keys of a recipient to which can be encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncryptionKeys(Vec<Jwk>);

impl EncryptionKeys {
    /// Takes those keys of a set.
    pub fn from_jwk_set(set: &JwkSet) -> Self {
        let fits = |key: &&Jwk| KeyEncryption::ALL.iter().any(|algorithm| algorithm.fits(key));
        Self(set.keys.iter().filter(fits).cloned().collect())
    }

    /// Whether one of them is for `algorithm`.
    pub fn can(&self, algorithm: KeyEncryption) -> bool {
        self.key(algorithm).is_some()
    }

    /// The key that says it is for encryption, else the first that does not say what it is for.
    fn key(&self, algorithm: KeyEncryption) -> Option<&Jwk> {
        let mut fitting = self.0.iter().filter(|key| algorithm.fits(key));
        let marked = fitting.clone().find(|key| key.public_key_use.is_some());
        marked.or_else(|| fitting.next())
    }

    /// A signed JWT, encrypted (RFC 7519 section 11.2: signed first, then encrypted).
    pub fn encrypt(
        &self,
        jwt: &str,
        algorithm: KeyEncryption,
        content: ContentEncryption,
        source: &dyn Entropy,
    ) -> Result<String, EncryptionError> {
        let recipient = self.key(algorithm).ok_or(EncryptionError::NoKey)?;
        let mut header = json!({ "alg": algorithm.as_str(), "enc": content.as_str(), "cty": "JWT" });
        if let (Some(kid), Some(members)) = (&recipient.kid, header.as_object_mut()) {
            members.insert("kid".into(), json!(kid));
        }
        let (key, encrypted_key) = match algorithm {
            KeyEncryption::RsaOaep256 => {
                let mut key = Zeroizing::new(vec![0; content.algorithm().key_len()]);
                source.fill(&mut key);
                let encrypted = rsa_oaep(recipient, &key)?;
                (key, encrypted)
            }
            KeyEncryption::EcdhEs => {
                let (ephemeral, key) = ecdh_es(recipient, content)?;
                if let Some(members) = header.as_object_mut() {
                    members.insert("epk".into(), ephemeral);
                }
                (key, Vec::new())
            }
        };
        let header = encode(header.to_string());
        let nonce: [u8; NONCE_LEN] = entropy::bytes(source);
        let key = UnboundKey::new(content.algorithm(), &key).map_err(|_| EncryptionError::Failed)?;
        let mut text = jwt.as_bytes().to_vec();
        // RFC 7516 section 5.1: the header is authenticated with the content. The key is used for this message alone.
        let tag = LessSafeKey::new(key)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(header.as_bytes()),
                &mut text,
            )
            .map_err(|_| EncryptionError::Failed)?;
        let parts = [encode(encrypted_key), encode(nonce), encode(text), encode(tag.as_ref())];
        Ok(format!("{header}.{}", parts.join(".")))
    }
}

/// RFC 7518 section 4.3, with keys of at least 2048 bits.
fn rsa_oaep(recipient: &Jwk, key: &[u8]) -> Result<Vec<u8>, EncryptionError> {
    let member = |text: &Option<String>| text.as_deref().and_then(decode).ok_or(EncryptionError::BadKey);
    let (n, e) = (member(&recipient.n)?, member(&recipient.e)?);
    // RFC 7518 section 6.3.1.1 forbids leading zeros, but encoders that write a sign byte exist.
    let n = n.strip_prefix(&[0]).unwrap_or(&n);
    if !(2048..=8192).contains(&(n.len() * 8)) {
        return Err(EncryptionError::BadKey);
    }
    let components = RsaPublicKeyComponents { n, e: e.as_slice() };
    let public: PublicEncryptingKey = components.try_into().map_err(|_| EncryptionError::BadKey)?;
    let public = OaepPublicEncryptingKey::new(public).map_err(|_| EncryptionError::BadKey)?;
    let mut buffer = vec![0; public.ciphertext_size()];
    let encrypted = public
        .encrypt(&OAEP_SHA256_MGF1SHA256, key, &mut buffer, None)
        .map_err(|_| EncryptionError::Failed)?;
    Ok(encrypted.to_vec())
}

/// RFC 7518 section 4.6: the public half of a new key, and what both sides derive from it.
fn ecdh_es(recipient: &Jwk, content: ContentEncryption) -> Result<(Value, Zeroizing<Vec<u8>>), EncryptionError> {
    let curve = recipient.crv.as_deref().unwrap_or_default();
    let (algorithm, size) = if curve == "P-384" {
        (&ECDH_P384, 48)
    } else {
        (&ECDH_P256, 32)
    };
    let member = |text: &Option<String>| {
        let bytes = text.as_deref().and_then(decode).ok_or(EncryptionError::BadKey)?;
        // RFC 7518 section 6.2.1.2: the curve's full length.
        if bytes.len() == size {
            Ok(bytes)
        } else {
            Err(EncryptionError::BadKey)
        }
    };
    let point = [&[4][..], &member(&recipient.x)?, &member(&recipient.y)?].concat();
    let own = PrivateKey::generate(algorithm).map_err(|_| EncryptionError::Failed)?;
    let public = own.compute_public_key().map_err(|_| EncryptionError::Failed)?;
    let (x, y) = public
        .as_ref()
        .get(1..)
        .and_then(|point| point.split_at_checked(size))
        .ok_or(EncryptionError::Failed)?;
    let ephemeral = json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) });
    // AWS-LC refuses points that are not on the curve.
    let key = agreement::agree(
        &own,
        UnparsedPublicKey::new(algorithm, point),
        EncryptionError::BadKey,
        |shared| Ok(derive(shared, content)),
    )?;
    Ok((ephemeral, key))
}

/// The one-step key derivation of NIST SP 800-56A with SHA-256, as RFC 7518 section 4.6.2 fills it in. One round is enough for keys of
/// up to 256 bits.
fn derive(shared: &[u8], content: ContentEncryption) -> Zeroizing<Vec<u8>> {
    let length = content.algorithm().key_len();
    let name = content.as_str().as_bytes();
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes();
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [
        &number(1)[..],
        shared,
        &number(name.len()),
        name,
        &number(0), // no apu
        &number(0), // no apv
        &number(length * 8),
    ] {
        context.update(part);
    }
    let hash = context.finish();
    Zeroizing::new(hash.as_ref().iter().copied().take(length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SystemEntropy;

    fn set(value: &Value) -> EncryptionKeys {
        EncryptionKeys::from_jwk_set(&serde_json::from_value(json!({ "keys": [value] })).unwrap())
    }

    #[test]
    fn the_name_of_the_encryption_counts_in_the_derived_key() {
        let shared = [7; 32];
        let (short, long) = (
            derive(&shared, ContentEncryption::A128Gcm),
            derive(&shared, ContentEncryption::A256Gcm),
        );
        assert_eq!((short.len(), long.len()), (16, 32));
        assert_ne!(short[..], long[..16]);
    }

    #[test]
    fn a_key_for_signatures_is_not_encrypted_to() {
        let mut key = json!({ "kty": "EC", "crv": "P-256", "x": "a", "y": "b" });
        assert!(set(&key).can(KeyEncryption::EcdhEs));
        assert!(!set(&key).can(KeyEncryption::RsaOaep256));
        key["use"] = json!("sig");
        assert!(!set(&key).can(KeyEncryption::EcdhEs));
        key["use"] = json!("enc");
        key["alg"] = json!("ECDH-ES+A128KW");
        assert!(!set(&key).can(KeyEncryption::EcdhEs));
    }

    #[test]
    fn a_point_off_the_curve_and_a_short_modulus_are_refused() {
        let zero = encode([0; 32]);
        let keys = set(&json!({ "kty": "EC", "crv": "P-256", "x": zero, "y": zero }));
        let encrypt = |keys: &EncryptionKeys, algorithm| {
            keys.encrypt("a.b.c", algorithm, ContentEncryption::A128Gcm, &SystemEntropy)
        };
        assert_eq!(encrypt(&keys, KeyEncryption::EcdhEs), Err(EncryptionError::BadKey));
        let short = encode([255; 128]);
        let keys = set(&json!({ "kty": "RSA", "n": short, "e": "AQAB" }));
        assert_eq!(encrypt(&keys, KeyEncryption::RsaOaep256), Err(EncryptionError::BadKey));
        assert_eq!(encrypt(&keys, KeyEncryption::EcdhEs), Err(EncryptionError::NoKey));
    }

    #[test]
    fn what_is_agreed_opens_the_content() {
        let own = PrivateKey::generate(&ECDH_P384).unwrap();
        let public = own.compute_public_key().unwrap();
        let (x, y) = (&public.as_ref()[1..49], &public.as_ref()[49..]);
        let keys =
            set(&json!({ "kty": "EC", "crv": "P-384", "kid": "k", "use": "enc", "x": encode(x), "y": encode(y) }));
        let token = keys
            .encrypt(
                "a.b.c",
                KeyEncryption::EcdhEs,
                ContentEncryption::A256Gcm,
                &SystemEntropy,
            )
            .unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!((parts.len(), parts[1]), (5, ""));
        let header: Value = serde_json::from_slice(&decode(parts[0]).unwrap()).unwrap();
        assert_eq!((&header["kid"], &header["cty"]), (&json!("k"), &json!("JWT")));
        let coordinate = |name: &str| decode(header["epk"][name].as_str().unwrap()).unwrap();
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let key = agreement::agree(&own, UnparsedPublicKey::new(&ECDH_P384, point), (), |shared| {
            Ok(derive(shared, ContentEncryption::A256Gcm))
        })
        .unwrap();
        let nonce = Nonce::try_assume_unique_for_key(&decode(parts[2]).unwrap()).unwrap();
        let mut text = [decode(parts[3]).unwrap(), decode(parts[4]).unwrap()].concat();
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
        let text = key
            .open_in_place(nonce, Aad::from(parts[0].as_bytes()), &mut text)
            .unwrap();
        assert_eq!(text, b"a.b.c");
    }
}
