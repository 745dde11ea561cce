//! Looking at a set of public keys as whoever verifies with them: which can be used, and what is wrong with the others.

use super::{Jwk, JwkSet, SigningAlgorithm, VerificationKeys, decode};
use serde::Serialize;
use std::fmt;

/// RSA keys have at least this many bits (RFC 7518 section 3.3).
const SHORTEST_RSA: usize = 2048;
/// And at most this many: longer ones cost more to verify than they are worth.
const LONGEST_RSA: usize = 8192;

/// One key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InspectedKey {
    /// `kid`.
    pub kid: Option<String>,
    /// `kty`.
    pub kty: String,
    /// How strong: bits of RSA, the curve of the others.
    pub size: Option<String>,
    /// Algorithms of assertions that are accepted here and that it can sign.
    pub algorithms: Vec<&'static str>,
    /// Whether an assertion signed with it is accepted.
    pub usable: bool,
    /// What is wrong with it, or should be mended.
    pub faults: Vec<KeyFault>,
    /// The same in words.
    pub faults_in_words: Vec<String>,
}

/// Why there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySetFault {
    /// The app registered neither keys nor where they are.
    NoneRegistered,
    /// The address could not be reached.
    Unreachable,
    /// It answered something else than 200.
    NotFound,
    /// What it answered is no JWK Set.
    NotAKeySet,
    /// The set is empty.
    Empty,
}

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyFault {
    /// Its private half stands beside it.
    Private,
    /// It is a shared secret.
    Symmetric,
    /// Its type is none that is used here.
    UnknownType,
    /// A member is missing or not base64url.
    Malformed,
    /// RSA below 2048 bits.
    TooShort,
    /// RSA above 8192 bits.
    TooLong,
    /// It is marked for encryption.
    NotForSignatures,
    /// No algorithm that this tenant accepts can be used with it.
    AlgorithmNotAccepted,
    /// It has no `kid`.
    NoKeyId,
    /// Another key has the same `kid`.
    SameKeyId,
}

impl KeyFault {
    /// All of them, the gravest first.
    pub const ALL: [Self; 10] = [
        Self::Private,
        Self::Symmetric,
        Self::UnknownType,
        Self::Malformed,
        Self::TooShort,
        Self::TooLong,
        Self::NotForSignatures,
        Self::AlgorithmNotAccepted,
        Self::SameKeyId,
        Self::NoKeyId,
    ];
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => {
                "its private half is published: whoever reads it can pose as the app; the app's maker has to replace the key now"
            }
            Self::Symmetric => "it is a shared secret, not a public key; the app's maker publishes a key of type RSA, EC or OKP",
            Self::UnknownType => "its type is not used here; RSA, EC (P-256, P-384) and OKP (Ed25519) are",
            Self::Malformed => "a member of the key is missing or not base64url",
            Self::TooShort => "RSA keys have at least 2048 bits (RFC 7518 section 3.3)",
            Self::TooLong => "RSA keys have at most 8192 bits here",
            Self::NotForSignatures => "it is marked for encryption (`use` or `key_ops`), so it signs nothing",
            Self::AlgorithmNotAccepted => {
                "this tenant accepts none of its algorithms; RS384 and ES384 are always accepted, others are a setting of the tenant"
            }
            Self::SameKeyId => "another key has the same `kid`, so neither can be told apart",
            Self::NoKeyId => "it has no `kid`; SMART App Launch 2.2 demands one, and beside other keys it cannot be chosen",
        })
    }
}

impl KeySetFault {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoneRegistered => "the app registered no keys",
            Self::Unreachable => "the address could not be reached",
            Self::NotFound => "the address did not answer with 200",
            Self::NotAKeySet => "what is there is no JWK Set (a JSON object with a list `keys`)",
            Self::Empty => "the set holds no key",
        }
    }
}

/// Bits of an RSA modulus, as it is written.
fn bits(key: &Jwk) -> Option<usize> {
    let modulus = decode(key.n.as_deref()?)?;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let leading = modulus.get(zeros).map_or(0, |first| first.leading_zeros());
    Some((modulus.len() - zeros) * 8 - leading as usize)
}

fn faults_of(key: &Jwk, others: &[&Jwk], accepted: &[SigningAlgorithm]) -> Vec<KeyFault> {
    let mut faults = Vec::new();
    let readable = !VerificationKeys::from_jwks([key]).is_empty();
    let signs = key.is_for_signatures();
    match key.kty.as_str() {
        "oct" => faults.push(KeyFault::Symmetric),
        "RSA" => match bits(key) {
            None => faults.push(KeyFault::Malformed),
            Some(bits) if bits < SHORTEST_RSA => faults.push(KeyFault::TooShort),
            Some(bits) if bits > LONGEST_RSA => faults.push(KeyFault::TooLong),
            Some(_) if !readable && signs && !key.algorithms().is_empty() => faults.push(KeyFault::Malformed),
            Some(_) => {}
        },
        "EC" | "OKP" => {
            let known = matches!(key.crv.as_deref(), Some("P-256" | "P-384" | "Ed25519"));
            if !known {
                faults.push(KeyFault::UnknownType);
            } else if !readable && signs && !key.algorithms().is_empty() {
                faults.push(KeyFault::Malformed);
            }
        }
        _ => faults.push(KeyFault::UnknownType),
    }
    // A shared secret is private by its nature, and said to be one already.
    if key.held_private_material && key.kty != "oct" {
        faults.push(KeyFault::Private);
    }
    if !signs {
        faults.push(KeyFault::NotForSignatures);
    } else if faults.is_empty() && !key.algorithms().iter().any(|algorithm| accepted.contains(algorithm)) {
        faults.push(KeyFault::AlgorithmNotAccepted);
    }
    match &key.kid {
        None => faults.push(KeyFault::NoKeyId),
        // Keys of two types may share a name: an assertion's algorithm tells them apart.
        Some(kid)
            if others
                .iter()
                .filter(|other| other.kid.as_ref() == Some(kid))
                .any(|other| {
                    other
                        .algorithms()
                        .iter()
                        .any(|algorithm| key.algorithms().contains(algorithm))
                }) =>
        {
            faults.push(KeyFault::SameKeyId);
        }
        Some(_) => {}
    }
    faults.sort();
    faults
}

/// What can be said of each key of a set, given the algorithms of assertions that are accepted.
pub fn inspect(set: &JwkSet, accepted: &[SigningAlgorithm]) -> Vec<InspectedKey> {
    let alone = set.keys.len() == 1;
    set.keys
        .iter()
        .enumerate()
        .map(|(index, key)| {
            let others: Vec<&Jwk> = set
                .keys
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index)
                .map(|(_, other)| other)
                .collect();
            let faults = faults_of(key, &others, accepted);
            let usable = faults.iter().all(|fault| match fault {
                // A key without a name is found when there is no other.
                KeyFault::NoKeyId => alone,
                KeyFault::Private => true,
                _ => false,
            });
            let size = match key.kty.as_str() {
                "RSA" => bits(key).map(|bits| format!("{bits} bits")),
                _ => key.crv.clone(),
            };
            let algorithms = key
                .algorithms()
                .into_iter()
                .filter(|algorithm| accepted.contains(algorithm));
            InspectedKey {
                kid: key.kid.clone(),
                kty: key.kty.clone(),
                size,
                algorithms: if usable {
                    algorithms.map(SigningAlgorithm::as_str).collect()
                } else {
                    Vec::new()
                },
                usable,
                faults_in_words: faults.iter().map(ToString::to_string).collect(),
                faults,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::jose::{RsaSize, SigningKeyPair};
    use serde_json::{Value, json};

    const ACCEPTED: [SigningAlgorithm; 2] = [SigningAlgorithm::RS384, SigningAlgorithm::ES384];

    fn key(algorithm: SigningAlgorithm) -> Value {
        let pair = SigningKeyPair::generate(algorithm, RsaSize::Bits2048).unwrap();
        let mut value = serde_json::to_value(pair.public_jwk()).unwrap();
        value["kid"] = json!("one");
        value.as_object_mut().unwrap().remove("alg");
        value
    }

    fn look(keys: &[Value]) -> Vec<InspectedKey> {
        let set: JwkSet = serde_json::from_value(json!({ "keys": keys })).unwrap();
        inspect(&set, &ACCEPTED)
    }

    fn with(mut value: Value, name: &str, member: Value) -> Value {
        value[name] = member;
        value
    }

    #[test]
    fn a_good_key_has_its_size_and_the_algorithms_of_the_tenant() {
        let found = look(&[key(SigningAlgorithm::RS384)]);
        assert_eq!((found[0].size.as_deref(), found[0].usable), (Some("2048 bits"), true));
        assert_eq!(found[0].algorithms, ["RS384"]);
        assert!(found[0].faults.is_empty());
        let found = look(&[key(SigningAlgorithm::ES384)]);
        assert_eq!(found[0].size.as_deref(), Some("P-384"));
        assert_eq!(found[0].algorithms, ["ES384"]);
    }

    #[test]
    fn each_fault_is_named() {
        let good = key(SigningAlgorithm::ES384);
        for (broken, fault) in [
            (with(good.clone(), "d", json!("AAAA")), KeyFault::Private),
            (json!({ "kty": "oct", "k": "AAAA", "kid": "one" }), KeyFault::Symmetric),
            (json!({ "kty": "AKP", "kid": "one" }), KeyFault::UnknownType),
            (with(good.clone(), "crv", json!("secp256k1")), KeyFault::UnknownType),
            (with(good.clone(), "x", json!("!")), KeyFault::Malformed),
            (
                json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "one" }),
                KeyFault::TooShort,
            ),
            (json!({ "kty": "RSA", "e": "AQAB", "kid": "one" }), KeyFault::Malformed),
            (with(good.clone(), "use", json!("enc")), KeyFault::NotForSignatures),
            (key(SigningAlgorithm::ES256), KeyFault::AlgorithmNotAccepted),
            (with(good, "kid", Value::Null), KeyFault::NoKeyId),
        ] {
            let found = look(std::slice::from_ref(&broken));
            assert_eq!(found[0].faults, [fault], "{broken}");
        }
    }

    #[test]
    fn a_nameless_key_is_good_alone_and_not_beside_others() {
        let nameless = with(key(SigningAlgorithm::ES384), "kid", Value::Null);
        assert!(look(std::slice::from_ref(&nameless))[0].usable);
        let both = look(&[nameless, key(SigningAlgorithm::RS384)]);
        assert!(!both[0].usable && both[1].usable);
    }

    #[test]
    fn two_keys_of_one_name_and_type_are_both_useless() {
        let both = look(&[key(SigningAlgorithm::ES384), key(SigningAlgorithm::ES384)]);
        let useless = |key: &InspectedKey| !key.usable && key.faults == [KeyFault::SameKeyId];
        assert!(both.iter().all(useless), "{both:?}");
        // Of two types, the algorithm chooses.
        let both = look(&[key(SigningAlgorithm::ES384), key(SigningAlgorithm::RS384)]);
        assert!(both.iter().all(|key| key.usable), "{both:?}");
    }
}
