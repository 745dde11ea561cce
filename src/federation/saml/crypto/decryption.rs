//! Encrypted assertions and names (SAML Core 2.0 sections 2.2.4 and 2.3.4, XML Encryption 1.1).
//!
//! Whatever goes wrong with the ciphertext is one refusal with one text: an attacker who sends altered ciphertexts must not
//! learn from the answers how they decrypt.

use super::super::failure::{Check, Refusal, refuse};
use super::super::names::{ASSERTION, DSIG, XENC, XENC11};
use super::super::policy::{self, Cipher, KeyTransport};
use super::super::xml::{Node, escape, is_space};
use super::keys::PrivateKey;
use super::signature::Proven;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_crypto::keytransport::{OaepParams, from_uri_with_params};
use zeroize::Zeroizing;

/// The element around a decrypted assertion: carries the namespaces that were in force where the ciphertext stood.
const WRAPPER: &str = "decrypted";

fn failed() -> Refusal {
    Refusal::new(Check::Decryption, "the assertion or its NameID could not be decrypted")
}

/// Decrypts `{assertion}EncryptedAssertion` to the text of a document whose root wraps what was inside. With which of the keys, by
/// its place among them.
///
/// `authenticated`: the ciphertext itself is signed. Without, only ciphers that notice changes are used.
pub(in super::super) fn decrypt_assertion(
    encrypted: Node<'_>,
    keys: &[PrivateKey],
    authenticated: bool,
) -> Result<(Zeroizing<String>, usize), Refusal> {
    decrypt(encrypted, "EncryptedAssertion", keys, authenticated)
}

/// Decrypts `{assertion}EncryptedID` likewise. The ciphertext lies in what was signed, so every cipher may be used.
pub(in super::super) fn decrypt_name_id(
    encrypted: Proven<'_>,
    keys: &[PrivateKey],
) -> Result<Zeroizing<String>, Refusal> {
    decrypt(encrypted.node(), "EncryptedID", keys, true).map(|(text, _)| text)
}

fn decrypt(
    encrypted: Node<'_>,
    name: &str,
    keys: &[PrivateKey],
    authenticated: bool,
) -> Result<(Zeroizing<String>, usize), Refusal> {
    let parts = Parts::read(encrypted, name)?;
    if !parts.cipher.authenticated && !authenticated {
        return refuse(
            Check::UnauthenticatedCipher,
            "encrypted with CBC and the response is not signed: let the provider sign the response, or encrypt with GCM",
        );
    }
    let mut tried = keys.iter().enumerate();
    let (plaintext, which) = tried
        .find_map(|(which, key)| Some((parts.decrypt(key)?, which)))
        .ok_or_else(failed)?;
    let text = std::str::from_utf8(&plaintext).map_err(|_| failed())?;
    let mut wrapped = Zeroizing::new(format!("<{WRAPPER}"));
    for (prefix, namespace) in encrypted.namespaces_in_scope() {
        let declaration = if prefix.is_empty() {
            format!(" xmlns=\"{}\"", escape(namespace))
        } else {
            format!(" xmlns:{prefix}=\"{}\"", escape(namespace))
        };
        wrapped.push_str(&declaration);
    }
    wrapped.push('>');
    wrapped.push_str(text.trim_matches(is_space));
    wrapped.push_str("</");
    wrapped.push_str(WRAPPER);
    wrapped.push('>');
    Ok((wrapped, which))
}

struct Parts {
    cipher: Cipher,
    transport: KeyTransport,
    wrapped_key: Vec<u8>,
    ciphertext: Vec<u8>,
}

impl Parts {
    /// One EncryptedData with one EncryptedKey, inside its KeyInfo or beside it; nothing that points elsewhere.
    fn read(encrypted: Node<'_>, name: &str) -> Result<Self, Refusal> {
        let shape = Check::EncryptionShape;
        let foreign = encrypted
            .children()
            .any(|child| !child.is(XENC, "EncryptedData") && !child.is(XENC, "EncryptedKey"));
        if !encrypted.is(ASSERTION, name) || foreign {
            return refuse(shape, format!("not an {name} with EncryptedData and EncryptedKey"));
        }
        let keys: Vec<Node<'_>> = encrypted
            .descendants()
            .into_iter()
            .filter(|node| node.local_name() == "EncryptedKey")
            .collect();
        let [key] = keys.as_slice() else {
            return refuse(shape, "not exactly one EncryptedKey");
        };
        let data = encrypted.one(XENC, "EncryptedData", shape)?;
        let key_info = data.at_most_one(DSIG, "KeyInfo", shape)?;
        let inside = key_info.is_some_and(|info| info.children().any(|child| child.id() == key.id()));
        if !key.is(XENC, "EncryptedKey") || !(inside || key.parent() == Some(encrypted.id())) {
            return refuse(shape, "the EncryptedKey is not in its place");
        }
        let method = data.one(XENC, "EncryptionMethod", shape)?;
        let cipher = method
            .attribute("Algorithm")
            .and_then(policy::find_cipher)
            .ok_or_else(|| Refusal::new(Check::EncryptionAlgorithm, "the content cipher is not accepted"))?;
        Ok(Self {
            cipher,
            transport: transport(*key)?,
            wrapped_key: cipher_value(*key)?,
            ciphertext: cipher_value(data)?,
        })
    }

    /// Tries one key. The same work is done whether unwrapping succeeds or not, up to the cipher itself.
    fn decrypt(&self, key: &PrivateKey) -> Option<Zeroizing<Vec<u8>>> {
        let (uri, digest, mask) = match self.transport {
            KeyTransport::OaepSha1 => (policy::OAEP_MGF1P, None, None),
            KeyTransport::OaepSha256 => (
                policy::OAEP,
                Some(policy::SHA256.to_owned()),
                Some("http://www.w3.org/2009/xmlenc11#mgf1sha256".to_owned()),
            ),
        };
        let params = OaepParams {
            digest_uri: digest,
            mgf_uri: mask,
            oaep_params: None,
        };
        let content_key = from_uri_with_params(uri, params)
            .ok()?
            .decrypt(key.software_key(), &self.wrapped_key)
            .map(Zeroizing::new)
            .ok()?;
        if content_key.len() != self.cipher.key_bytes {
            return None;
        }
        bergshamra_crypto::cipher::from_uri(self.cipher.uri)
            .ok()?
            .decrypt(&content_key, &self.ciphertext)
            .map(Zeroizing::new)
            .ok()
    }
}

fn transport(key: Node<'_>) -> Result<KeyTransport, Refusal> {
    let check = Check::EncryptionAlgorithm;
    let method = key.one(XENC, "EncryptionMethod", Check::EncryptionShape)?;
    let known = method.children().all(|child| {
        child.is(DSIG, "DigestMethod") || child.is(XENC11, "MGF") // OAEPparams would be a label, which nobody uses
    });
    if !known {
        return refuse(check, "the key transport has parameters that are not accepted");
    }
    let algorithm =
        |node: Option<Node<'_>>| node.map(|node| node.attribute("Algorithm").unwrap_or_default().to_owned());
    let digest = algorithm(method.at_most_one(DSIG, "DigestMethod", check)?);
    let mask = algorithm(method.at_most_one(XENC11, "MGF", check)?);
    policy::find_key_transport(
        method.attribute("Algorithm").unwrap_or_default(),
        digest.as_deref(),
        mask.as_deref(),
    )
    .ok_or_else(|| {
        Refusal::new(
            check,
            "the key transport is not accepted: RSA-OAEP with SHA-1, or with SHA-256 for digest and mask",
        )
    })
}

/// `CipherData` with a `CipherValue`: a `CipherReference` would be fetched.
fn cipher_value(node: Node<'_>) -> Result<Vec<u8>, Refusal> {
    let shape = Check::EncryptionShape;
    let data = node.one(XENC, "CipherData", shape)?;
    let value = data.one(XENC, "CipherValue", shape)?;
    if data.children().count() != 1 {
        return refuse(shape, "CipherData holds more than a CipherValue");
    }
    let mut text = value.text(shape)?;
    text.retain(|character| !is_space(character));
    STANDARD.decode(text).map_err(|_| failed())
}
