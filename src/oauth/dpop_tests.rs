use super::*;
use crate::oauth::jose::{RsaSize, SigningKeyPair};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const URL: &str = "https://host/t/auth/token";

/// A client's key, which writes whatever header and claims a test wants.
struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) })
    }

    #[expect(clippy::disallowed_types, reason = "an ECDSA signature needs randomness of its own")]
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = self
            .0
            .sign(&aws_lc_rs::rand::SystemRandom::new(), signed.as_bytes())
            .unwrap();
        format!("{signed}.{}", encode(signature.as_ref()))
    }

    fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() })
    }
}

fn claims() -> Value {
    json!({ "jti": "1", "htm": "POST", "htu": URL, "iat": NOW.seconds() })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

fn target() -> Target<'static> {
    Target {
        method: "POST",
        url: URL,
        access_token: None,
    }
}

fn check(proof: &str, target: Target<'_>) -> Result<Proof, DpopError> {
    verify(proof, target, NoncePolicy::Optional, |nonce| nonce == "fresh", NOW)
}

fn check_claims(claims: &Value) -> Result<Proof, DpopError> {
    let key = Key::new();
    check(&key.sign(&key.header(), claims), target())
}

fn check_header(change: impl FnOnce(Value) -> Value) -> Result<Proof, DpopError> {
    let key = Key::new();
    check(&key.sign(&change(key.header()), &claims()), target())
}

#[test]
fn a_proof_yields_the_thumbprint_of_its_key() {
    let key = Key::new();
    let proof = check(&key.sign(&key.header(), &claims()), target()).unwrap();
    let jwk: crate::oauth::jose::Jwk = serde_json::from_value(key.jwk()).unwrap();
    assert_eq!(proof.thumbprint, jwk.thumbprint().unwrap());
}

#[test]
fn the_same_jti_under_another_key_is_another_proof() {
    let (one, other) = (check_claims(&claims()).unwrap(), check_claims(&claims()).unwrap());
    assert_ne!(one.id, other.id);
}

#[test]
fn the_type_is_dpop_jwt() {
    assert_eq!(
        check_header(|header| with(header, "typ", json!("JWT"))),
        Err(JwtError::WrongType.into())
    );
    assert_eq!(
        check_header(|header| without(header, "typ")),
        Err(JwtError::WrongType.into())
    );
}

#[test]
fn symmetric_unsigned_and_rs256_proofs_are_refused() {
    for algorithm in ["none", "HS256", "RS256"] {
        let refused = check_header(|header| with(header, "alg", json!(algorithm)));
        assert_eq!(refused, Err(JwtError::AlgorithmNotAllowed.into()), "{algorithm}");
    }
}

#[test]
fn the_key_is_in_the_header_and_public() {
    assert_eq!(
        check_header(|header| without(header, "jwk")),
        Err(JwtError::UnknownKey.into())
    );
    let private = |mut header: Value| {
        header["jwk"]["d"] = json!("AAAA");
        header
    };
    assert_eq!(check_header(private), Err(JwtError::PrivateKeySent.into()));
}

#[test]
fn the_signature_is_by_the_key_in_the_header() {
    let other = Key::new();
    assert_eq!(
        check_header(|header| with(header, "jwk", other.jwk())),
        Err(JwtError::Signature.into())
    );
}

#[test]
fn every_claim_is_needed() {
    for name in ["jti", "htm", "htu", "iat"] {
        assert!(check_claims(&without(claims(), name)).is_err(), "{name}");
    }
}

#[test]
fn unknown_members_are_tolerated() {
    let further = with(with(claims(), "nbf", json!(1)), "exp", json!(2));
    assert!(check_claims(&further).is_ok());
    assert!(check_header(|header| with(header, "x", json!(1))).is_ok());
}

#[test]
fn the_method_is_the_one_of_the_request() {
    assert_eq!(
        check_claims(&with(claims(), "htm", json!("PUT"))),
        Err(DpopError::Method)
    );
    assert_eq!(
        check_claims(&with(claims(), "htm", json!("post"))),
        Err(DpopError::Method)
    );
}

#[test]
fn the_address_is_compared_without_query_and_with_normal_case_and_port() {
    for same in [
        "https://host/t/auth/token?x=1#y",
        "HTTPS://HOST/t/auth/token",
        "https://host:443/t/auth/token",
    ] {
        assert!(check_claims(&with(claims(), "htu", json!(same))).is_ok(), "{same}");
    }
    for other in [
        "https://host/u/auth/token",
        "https://host/t/auth/token/",
        "http://host/t/auth/token",
        "https://host:444/t/auth/token",
        "https://host.evil/t/auth/token",
        "/t/auth/token",
    ] {
        assert_eq!(
            check_claims(&with(claims(), "htu", json!(other))),
            Err(DpopError::Address),
            "{other}"
        );
    }
}

#[test]
fn a_proof_is_recent() {
    for (offset, accepted) in [(-300, true), (-301, false), (60, true), (61, false), (3600, false)] {
        let outcome = check_claims(&with(claims(), "iat", json!(NOW.seconds() + offset)));
        assert_eq!(outcome.is_ok(), accepted, "{offset}");
    }
}

#[test]
fn our_nonce_replaces_the_senders_clock() {
    let old = with(claims(), "iat", json!(NOW.seconds() - 3600));
    assert!(check_claims(&with(old.clone(), "nonce", json!("fresh"))).is_ok());
    assert_eq!(check_claims(&with(old, "nonce", json!("stale"))), Err(DpopError::Nonce));
}

#[test]
fn a_demanded_nonce_has_to_be_there() {
    let key = Key::new();
    let demand = |claims: &Value| {
        let proof = key.sign(&key.header(), claims);
        verify(&proof, target(), NoncePolicy::Required, |nonce| nonce == "fresh", NOW)
    };
    assert_eq!(demand(&claims()), Err(DpopError::Nonce));
    assert!(demand(&with(claims(), "nonce", json!("fresh"))).is_ok());
}

#[test]
fn at_a_resource_the_proof_names_the_access_token() {
    let key = Key::new();
    let at = |claims: &Value| {
        let target = Target {
            access_token: Some("token"),
            ..target()
        };
        check(&key.sign(&key.header(), claims), target)
    };
    let hash = Sha256Hash::of(b"token").to_base64url();
    assert!(at(&with(claims(), "ath", json!(hash))).is_ok());
    assert_eq!(at(&claims()), Err(DpopError::AccessToken));
    let other = Sha256Hash::of(b"another").to_base64url();
    assert_eq!(at(&with(claims(), "ath", json!(other))), Err(DpopError::AccessToken));
}

#[test]
fn an_endless_or_empty_jti_is_refused() {
    assert_eq!(
        check_claims(&with(claims(), "jti", json!(""))),
        Err(DpopError::Identifier)
    );
    assert_eq!(
        check_claims(&with(claims(), "jti", json!("x".repeat(257)))),
        Err(DpopError::Identifier)
    );
}

#[test]
fn another_kind_of_jwt_is_no_proof() {
    let key = SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::Bits2048).unwrap();
    let token = key.sign(crate::oauth::jose::JwtType::AccessToken, &claims()).unwrap();
    assert_eq!(check(&token, target()), Err(JwtError::WrongType.into()));
}

#[test]
fn a_thumbprint_has_32_bytes() {
    assert!(check_thumbprint(&encode([7; 32])).is_ok());
    assert!(check_thumbprint(&encode([7; 31])).is_err());
    assert!(check_thumbprint("not base64url!").is_err());
}

mod of_time {
    use super::nonce::{current, is_current};
    use super::*;

    fn key(tenant: u8) -> impl Fn(&[u8]) -> [u8; 32] + Copy {
        move |step: &[u8]| *Sha256Hash::of(&[&[tenant], step].concat()).as_bytes()
    }

    #[test]
    fn a_nonce_lives_for_five_to_ten_minutes() {
        let nonce = current(NOW, key(1));
        assert!(is_current(&nonce, NOW + Duration::from_mins(5), key(1)));
        assert!(!is_current(&nonce, NOW + Duration::from_mins(10), key(1)));
    }

    #[test]
    fn a_nonce_is_one_tenants() {
        assert!(!is_current(&current(NOW, key(1)), NOW, key(2)));
    }

    #[test]
    fn an_invented_nonce_is_refused() {
        assert!(!is_current("AAAA", NOW, key(1)));
    }
}
