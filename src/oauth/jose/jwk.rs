//! JSON Web Keys (RFC 7517): public members only, read with tolerance, written without surprises.

use super::SigningAlgorithm;
use crate::kernel::Sha256Hash;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// A public JWK. Unknown members are dropped; private ones are dropped too, but noticed.
///
/// There is no field for private material, so this type cannot publish it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Jwk {
    /// Key type.
    pub kty: String,
    /// Key id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// `sig` or `enc`.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub public_key_use: Option<String>,
    /// The one algorithm the key is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// Permitted operations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
    /// Curve of an EC or OKP key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// X coordinate, or the public key of an OKP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Y coordinate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// RSA modulus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA public exponent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// Whether the document held private or symmetric key material, which a registration has to refuse.
    #[serde(skip)]
    pub held_private_material: bool,
}

/// Members that hold private or symmetric keys (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl Jwk {
    /// Reads one key; a member of an unexpected type counts as absent.
    fn from_object(object: &Map<String, Value>) -> Self {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let operations = object.get("key_ops").and_then(Value::as_array);
        Self {
            kty: text("kty").unwrap_or_default(),
            kid: text("kid"),
            public_key_use: text("use"),
            alg: text("alg"),
            key_ops: operations.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            crv: text("crv"),
            x: text("x"),
            y: text("y"),
            n: text("n"),
            e: text("e"),
            held_private_material: PRIVATE_MEMBERS.iter().any(|name| object.contains_key(*name)),
        }
    }

    /// Whether the key may verify signatures (RFC 7517 sections 4.2 and 4.3).
    pub fn is_for_signatures(&self) -> bool {
        self.public_key_use.as_deref().is_none_or(|purpose| purpose == "sig")
            && self
                .key_ops
                .as_ref()
                .is_none_or(|operations| operations.iter().any(|operation| operation == "verify"))
    }

    /// The algorithms the key can verify: the one it names, or all that fit its type and curve.
    pub fn algorithms(&self) -> Vec<SigningAlgorithm> {
        use super::algorithm::KeyType;
        let fits = |algorithm: &SigningAlgorithm| match algorithm.key_type() {
            KeyType::Rsa => self.kty == "RSA",
            KeyType::EllipticCurve(curve) => self.kty == "EC" && self.crv.as_deref() == Some(curve),
            KeyType::Ed25519 => self.kty == "OKP" && self.crv.as_deref() == Some("Ed25519"),
        };
        let named = self.alg.as_deref().map(str::parse::<SigningAlgorithm>);
        SigningAlgorithm::ALL
            .into_iter()
            .filter(fits)
            .filter(|algorithm| named.is_none_or(|named| named == Ok(*algorithm)))
            .collect()
    }

    /// The RFC 7638 thumbprint in base64url; `None` when a required member is missing.
    pub fn thumbprint(&self) -> Option<String> {
        // RFC 7638 section 3.2: the required members in lexicographic order, without white space.
        let quoted = |text: &str| serde_json::to_string(text).ok();
        let members = match self.kty.as_str() {
            "RSA" => vec![("e", self.e.as_deref()?), ("kty", "RSA"), ("n", self.n.as_deref()?)],
            "EC" => vec![
                ("crv", self.crv.as_deref()?),
                ("kty", "EC"),
                ("x", self.x.as_deref()?),
                ("y", self.y.as_deref()?),
            ],
            "OKP" => vec![("crv", self.crv.as_deref()?), ("kty", "OKP"), ("x", self.x.as_deref()?)],
            _ => return None,
        };
        let members: Option<Vec<String>> = members
            .into_iter()
            .map(|(name, value)| Some(format!("\"{name}\":{}", quoted(value)?)))
            .collect();
        Some(Sha256Hash::of(format!("{{{}}}", members?.join(",")).as_bytes()).to_base64url())
    }
}

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(|object| Self::from_object(&object))
    }
}

/// A JWK Set (RFC 7517 section 5). Reading skips entries that are not objects; unknown key types are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl<'de> Deserialize<'de> for JwkSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document = Document::deserialize(deserializer)?;
        let keys = document
            .keys
            .iter()
            .filter_map(Value::as_object)
            .map(Jwk::from_object)
            .collect();
        Ok(Self { keys })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn jwk(value: Value) -> Jwk {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_rfc_7638_example_has_its_thumbprint() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = jwk(json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}));
        assert_eq!(
            key.thumbprint().as_deref(),
            Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        );
    }

    #[test]
    fn private_members_are_noticed_and_never_written() {
        let key = jwk(json!({"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "secret"}));
        assert!(key.held_private_material);
        assert_eq!(
            serde_json::to_value(&key).unwrap(),
            json!({"kty": "EC", "crv": "P-256", "x": "a", "y": "b"})
        );
    }

    #[test]
    fn unknown_key_types_and_odd_entries_do_not_spoil_a_set() {
        let set: JwkSet = serde_json::from_value(json!({"keys": [
            {"kty": "AKP", "alg": "ML-DSA-44", "pub": "x"}, 7, {"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "x5c": [1]}
        ], "other": true}))
        .unwrap();
        assert_eq!(set.keys.len(), 2);
        assert!(set.keys[0].algorithms().is_empty());
        assert_eq!(set.keys[1].algorithms(), [SigningAlgorithm::ES256]);
    }

    #[test]
    fn a_key_marked_for_encryption_is_not_for_signatures() {
        assert!(!jwk(json!({"kty": "RSA", "use": "enc", "alg": "RSA-OAEP"})).is_for_signatures());
        assert!(!jwk(json!({"kty": "RSA", "key_ops": ["encrypt"]})).is_for_signatures());
        assert!(jwk(json!({"kty": "RSA", "key_ops": ["verify"]})).is_for_signatures());
        assert!(jwk(json!({"kty": "RSA"})).is_for_signatures());
    }

    #[test]
    fn a_named_algorithm_is_the_only_one_and_a_foreign_one_leaves_none() {
        assert_eq!(
            jwk(json!({"kty": "RSA", "alg": "PS256"})).algorithms(),
            [SigningAlgorithm::PS256]
        );
        assert!(jwk(json!({"kty": "RSA", "alg": "RSA-OAEP"})).algorithms().is_empty());
        assert!(jwk(json!({"kty": "RSA", "alg": "ES256"})).algorithms().is_empty());
        assert_eq!(jwk(json!({"kty": "RSA"})).algorithms().len(), 3);
    }
}
