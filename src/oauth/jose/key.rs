//! Signing keys, parsed once, and the JWTs they sign.

use super::algorithm::KeyType;
use super::{Jwk, SigningAlgorithm, encode};
use crate::kernel::Secret;
use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use serde::Serialize;
use std::fmt::{self, Write as _};
use thiserror::Error;

/// The kinds of JWT this server signs, told apart by the `typ` header (RFC 8725 section 3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwtType {
    /// Access token (RFC 9068 section 2.1).
    AccessToken,
    /// ID token (OpenID Connect Core section 2).
    IdToken,
    /// Logout token (OpenID Connect Back-Channel Logout section 2.4).
    LogoutToken,
    /// Introspection answer (RFC 9701 section 5).
    Introspection,
    /// Our own client assertion at an upstream provider (RFC 7523).
    ClientAssertion,
    /// Our own client assertion at a SMART server, which asks for `typ` JWT (SMART App Launch 2.2, "Authenticating to the
    /// Token endpoint").
    SmartClientAssertion,
    /// A signed authorization response (JARM section 2.1), which has no `typ` of its own.
    AuthorizationResponse,
    /// Signed userinfo (OpenID Connect Core section 5.3.2), which has none either.
    UserInfo,
    /// Our request to a tenant's own page for choosing a patient.
    PickerRequest,
    /// The answer of a tenant's own page for choosing a patient. We verify these.
    PickerAnswer,
    /// An EHR's assertion of its user, see [`crate::oauth::user_assertion`]. We verify these; the demonstration makes some.
    UserAssertion,
}

impl JwtType {
    /// All kinds, in the order of their cached headers.
    const ALL: [Self; 11] = [
        Self::AccessToken,
        Self::IdToken,
        Self::LogoutToken,
        Self::Introspection,
        Self::ClientAssertion,
        Self::SmartClientAssertion,
        Self::AuthorizationResponse,
        Self::UserInfo,
        Self::PickerRequest,
        Self::PickerAnswer,
        Self::UserAssertion,
    ];

    /// The `typ` header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "at+jwt",
            Self::IdToken | Self::SmartClientAssertion | Self::AuthorizationResponse | Self::UserInfo => "JWT",
            Self::LogoutToken => "logout+jwt",
            Self::Introspection => "token-introspection+jwt",
            Self::ClientAssertion => "client-authentication+jwt",
            Self::PickerRequest => "patient-picker-request+jwt",
            Self::PickerAnswer => "patient-picker-response+jwt",
            Self::UserAssertion => "user-assertion+jwt",
        }
    }
}

/// Size of a new RSA key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaSize {
    /// 2048 bits: three times faster than 3072.
    #[default]
    Bits2048,
    /// 3072 bits.
    Bits3072,
}

/// Why a key cannot be made, read or used.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum KeyError {
    /// AWS-LC could not generate a key.
    #[error("a key could not be generated")]
    Generation,
    /// The PKCS#8 document is damaged, of another key type, or its size is not allowed.
    #[error("the private key is not a valid PKCS#8 key for its algorithm")]
    Rejected,
    /// AWS-LC could not sign, or the claims cannot be written as JSON.
    #[error("a token could not be signed")]
    Signing,
}

enum Parsed {
    Rsa {
        key: RsaKeyPair,
        encoding: &'static dyn RsaEncoding,
        size: usize,
    },
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A private key bound to one algorithm, parsed once, with its JOSE headers written out once.
///
/// Parsing an RSA key costs half as much as signing with it; keep this value behind an `Arc`, never rebuild it per request.
pub struct SigningKeyPair {
    algorithm: SigningAlgorithm,
    parsed: Parsed,
    public: Jwk,
    kid: String,
    headers: [String; JwtType::ALL.len()],
}

/// The same JSON in characters whose base64url is base64 as well. Apps read ID tokens with `window.atob`, which knows
/// neither `-` and `_` nor UTF-8; among ASCII bytes only `>`, `?`, `~` and DEL encode to those two.
fn plain_for_browsers(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() && !matches!(character, '>' | '?' | '~' | '\u{7f}') {
            plain.push(character);
        } else {
            // Such characters stand inside of strings only, where RFC 8259 section 7 has an escape for each.
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(plain, "\\u{unit:04x}"); // a String takes everything
            }
        }
    }
    plain
}

fn curve_signing(algorithm: SigningAlgorithm) -> &'static EcdsaSigningAlgorithm {
    match algorithm {
        SigningAlgorithm::ES384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => &ECDSA_P256_SHA256_FIXED_SIGNING,
    }
}

fn rsa_encoding(algorithm: SigningAlgorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        SigningAlgorithm::PS256 => &RSA_PSS_SHA256,
        SigningAlgorithm::RS384 => &RSA_PKCS1_SHA384,
        _ => &RSA_PKCS1_SHA256,
    }
}

impl SigningKeyPair {
    /// Makes a new key. RSA takes about 50 ms of processor time: call it on a blocking thread.
    pub fn generate(algorithm: SigningAlgorithm, rsa: RsaSize) -> Result<Self, KeyError> {
        let parsed = match algorithm.key_type() {
            KeyType::Rsa => {
                let size = match rsa {
                    RsaSize::Bits2048 => KeySize::Rsa2048,
                    RsaSize::Bits3072 => KeySize::Rsa3072,
                };
                let key = RsaKeyPair::generate(size).map_err(|_| KeyError::Generation)?;
                Parsed::rsa(key, algorithm)
            }
            KeyType::EllipticCurve(_) => {
                Parsed::Ecdsa(EcdsaKeyPair::generate(curve_signing(algorithm)).map_err(|_| KeyError::Generation)?)
            }
            KeyType::Ed25519 => Parsed::Ed25519(Ed25519KeyPair::generate().map_err(|_| KeyError::Generation)?),
        };
        Self::from_parsed(algorithm, parsed)
    }

    /// Reads a stored key. RSA outside 2048 to 8192 bits, another curve or another key type is refused.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, pkcs8: &Secret<Vec<u8>>) -> Result<Self, KeyError> {
        let der = pkcs8.expose();
        let parsed = match algorithm.key_type() {
            KeyType::Rsa => Parsed::rsa(RsaKeyPair::from_pkcs8(der).map_err(|_| KeyError::Rejected)?, algorithm),
            KeyType::EllipticCurve(_) => {
                Parsed::Ecdsa(EcdsaKeyPair::from_pkcs8(curve_signing(algorithm), der).map_err(|_| KeyError::Rejected)?)
            }
            KeyType::Ed25519 => Parsed::Ed25519(Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyError::Rejected)?),
        };
        Self::from_parsed(algorithm, parsed)
    }

    fn from_parsed(algorithm: SigningAlgorithm, parsed: Parsed) -> Result<Self, KeyError> {
        let mut public = parsed.public_jwk(algorithm)?;
        let kid = public.thumbprint().ok_or(KeyError::Rejected)?;
        public.kid = Some(kid.clone());
        let header = |typ: JwtType| {
            encode(format!(
                r#"{{"alg":"{algorithm}","typ":"{}","kid":"{kid}"}}"#,
                typ.as_str()
            ))
        };
        Ok(Self {
            algorithm,
            parsed,
            headers: JwtType::ALL.map(header),
            kid,
            public,
        })
    }

    /// The key as PKCS#8, for sealing and storing.
    pub fn to_pkcs8(&self) -> Result<Secret<Vec<u8>>, KeyError> {
        let bytes = match &self.parsed {
            Parsed::Rsa { key, .. } => AsDer::<Pkcs8V1Der<'_>>::as_der(key)
                .map_err(|_| KeyError::Rejected)?
                .as_ref()
                .to_vec(),
            Parsed::Ecdsa(key) => key.to_pkcs8v1().map_err(|_| KeyError::Rejected)?.as_ref().to_vec(),
            Parsed::Ed25519(key) => key.to_pkcs8().map_err(|_| KeyError::Rejected)?.as_ref().to_vec(),
        };
        Ok(Secret::new(bytes))
    }

    /// The one algorithm the key signs with.
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The key id: the RFC 7638 thumbprint, so it is unique across tenants and cannot be reused.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key with `kid`, `use` and `alg`.
    pub const fn public_jwk(&self) -> &Jwk {
        &self.public
    }

    /// Signs `claims` as a JWT in compact form (RFC 7515 section 3.1).
    pub fn sign(&self, typ: JwtType, claims: &impl Serialize) -> Result<String, KeyError> {
        let header = self.headers.get(typ as usize).ok_or(KeyError::Signing)?;
        let claims = serde_json::to_string(claims).map_err(|_| KeyError::Signing)?;
        let claims = if typ == JwtType::IdToken {
            plain_for_browsers(&claims)
        } else {
            claims
        };
        let mut token = String::with_capacity(header.len() + claims.len() * 4 / 3 + 360);
        token.push_str(header);
        token.push('.');
        token.push_str(&encode(claims));
        let signature = self.sign_bytes(token.as_bytes())?;
        token.push('.');
        token.push_str(&encode(signature));
        Ok(token)
    }

    /// The raw signature over `message`, for a JWS whose header holds more than [`Self::sign`] writes.
    pub fn sign_raw(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.sign_bytes(message)
    }

    /// The raw signature over `message`. Digests are computed here, which spares AWS-LC's unused randomness argument.
    fn sign_bytes(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let digest = || digest::digest(self.algorithm.hash(), message);
        let signed = match &self.parsed {
            Parsed::Rsa { key, encoding, size } => {
                let mut signature = vec![0; *size];
                key.sign_digest(*encoding, &digest(), &mut signature)
                    .map(|()| signature)
            }
            Parsed::Ecdsa(key) => key.sign_digest(&digest()).map(|signature| signature.as_ref().to_vec()),
            Parsed::Ed25519(key) => key.try_sign(message).map(|signature| signature.as_ref().to_vec()),
        };
        signed.map_err(|_| KeyError::Signing)
    }

    /// The signature over any text, so that tests can sign headers this type would never write.
    #[cfg(test)]
    pub(super) fn sign_raw_for_tests(&self, message: &[u8]) -> Vec<u8> {
        self.sign_bytes(message).unwrap()
    }
}

impl Parsed {
    fn rsa(key: RsaKeyPair, algorithm: SigningAlgorithm) -> Self {
        let size = key.public_modulus_len();
        Self::Rsa {
            key,
            encoding: rsa_encoding(algorithm),
            size,
        }
    }

    fn public_jwk(&self, algorithm: SigningAlgorithm) -> Result<Jwk, KeyError> {
        let mut jwk = Jwk {
            public_key_use: Some("sig".to_owned()),
            alg: Some(algorithm.as_str().to_owned()),
            ..Jwk::default()
        };
        match self {
            Self::Rsa { key, .. } => {
                let public = key.public_key();
                "RSA".clone_into(&mut jwk.kty);
                jwk.n = Some(encode(public.modulus().big_endian_without_leading_zero()));
                jwk.e = Some(encode(public.exponent().big_endian_without_leading_zero()));
            }
            Self::Ecdsa(key) => {
                // SEC 1 section 2.3.3: 04, then both coordinates in full length.
                let point = key
                    .public_key()
                    .as_ref()
                    .split_first()
                    .map(|(_, point)| point)
                    .ok_or(KeyError::Rejected)?;
                let (x, y) = point.split_at_checked(point.len() / 2).ok_or(KeyError::Rejected)?;
                let KeyType::EllipticCurve(curve) = algorithm.key_type() else {
                    return Err(KeyError::Rejected);
                };
                "EC".clone_into(&mut jwk.kty);
                jwk.crv = Some(curve.to_owned());
                jwk.x = Some(encode(x));
                jwk.y = Some(encode(y));
            }
            Self::Ed25519(key) => {
                "OKP".clone_into(&mut jwk.kty);
                jwk.crv = Some("Ed25519".to_owned());
                jwk.x = Some(encode(key.public_key()));
            }
        }
        Ok(jwk)
    }
}

impl fmt::Debug for SigningKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeyPair")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn generate(algorithm: SigningAlgorithm) -> SigningKeyPair {
        SigningKeyPair::generate(algorithm, RsaSize::Bits2048).unwrap()
    }

    fn header_of(token: &str) -> Value {
        serde_json::from_slice(&super::super::decode(token.split('.').next().unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn a_stored_key_is_the_same_key() {
        for algorithm in SigningAlgorithm::ALL {
            let key = generate(algorithm);
            let again = SigningKeyPair::from_pkcs8(algorithm, &key.to_pkcs8().unwrap()).unwrap();
            assert_eq!(again.public_jwk(), key.public_jwk());
        }
    }

    #[test]
    fn a_key_of_another_type_or_curve_is_refused() {
        let p256 = generate(SigningAlgorithm::ES256).to_pkcs8().unwrap();
        for algorithm in [
            SigningAlgorithm::ES384,
            SigningAlgorithm::RS256,
            SigningAlgorithm::EdDSA,
        ] {
            assert_eq!(
                SigningKeyPair::from_pkcs8(algorithm, &p256).unwrap_err(),
                KeyError::Rejected
            );
        }
    }

    #[test]
    fn the_header_names_algorithm_type_and_key() {
        for typ in JwtType::ALL {
            let key = generate(SigningAlgorithm::ES256);
            let token = key.sign(typ, &json!({"a": 1})).unwrap();
            assert_eq!(
                header_of(&token),
                json!({"alg": "ES256", "typ": typ.as_str(), "kid": key.kid()})
            );
        }
    }

    #[test]
    fn the_public_jwk_has_exactly_the_public_members() {
        let members = |algorithm| {
            let value = serde_json::to_value(generate(algorithm).public_jwk()).unwrap();
            let mut names: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
            names.sort();
            names.join(" ")
        };
        assert_eq!(members(SigningAlgorithm::RS256), "alg e kid kty n use");
        assert_eq!(members(SigningAlgorithm::ES384), "alg crv kid kty use x y");
        assert_eq!(members(SigningAlgorithm::EdDSA), "alg crv kid kty use x");
    }

    #[test]
    fn an_id_token_can_be_read_with_plain_base64_and_without_utf_8() {
        let claims = json!({"nonce": "~~~>>>???\u{7f}", "acr": "größe-日本-🏥", "sub": "a~b?c>d"});
        let key = generate(SigningAlgorithm::ES256);
        let token = key.sign(JwtType::IdToken, &claims).unwrap();
        let payload = token.split('.').nth(1).unwrap();
        assert!(payload.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{payload}");
        let bytes = crate::oauth::jose::decode(payload).unwrap();
        assert!(bytes.is_ascii());
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap(), claims);
    }

    #[test]
    fn the_kid_is_the_thumbprint() {
        let key = generate(SigningAlgorithm::EdDSA);
        assert_eq!(key.public_jwk().thumbprint().as_deref(), Some(key.kid()));
    }

    #[test]
    fn debug_output_shows_no_key_material() {
        let key = generate(SigningAlgorithm::ES256);
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKeyPair {{ algorithm: ES256, kid: {:?}, .. }}", key.kid())
        );
    }
}
