use super::*;
use crate::oauth::jose::{JwtType, RsaSize, SigningKeyPair, encode};
use proptest::prelude::*;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://host/t/auth";
const AUDIENCE: &str = "https://host/t/fhir";

fn key(algorithm: SigningAlgorithm) -> SigningKeyPair {
    SigningKeyPair::generate(algorithm, RsaSize::Bits2048).unwrap()
}

fn keys(pairs: &[&SigningKeyPair]) -> VerificationKeys {
    VerificationKeys::from_jwks(pairs.iter().map(|pair| pair.public_jwk()))
}

fn rules() -> Rules<'static> {
    Rules {
        algorithms: &SigningAlgorithm::ALL,
        types: &["at+jwt"],
        type_may_be_absent: false,
        issuer: ISSUER,
        audience: Audience::Contains(AUDIENCE),
        expiry: Expiry::Required,
        skew: Duration::from_mins(1),
    }
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "acc_1", "exp": 1_800_000_300, "iat": 1_800_000_000})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn verify(token: &str, keys: &VerificationKeys, rules: &Rules<'_>) -> Result<Value, JwtError> {
    UnverifiedJwt::parse(token)?.verify(keys, rules, NOW)
}

/// Signs `claims` as an access token and verifies it under `rules`.
fn outcome(claims: &Value, rules: &Rules<'_>) -> Result<Value, JwtError> {
    let key = key(SigningAlgorithm::ES256);
    verify(&key.sign(JwtType::AccessToken, claims).unwrap(), &keys(&[&key]), rules)
}

/// A token with any header, signed for real over whatever the header says.
fn forge(key: &SigningKeyPair, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = key.sign_raw_for_tests(signed.as_bytes());
    format!("{signed}.{}", encode(signature))
}

#[test]
fn a_token_of_every_algorithm_verifies() {
    for algorithm in SigningAlgorithm::ALL {
        let key = key(algorithm);
        let token = key.sign(JwtType::AccessToken, &claims()).unwrap();
        assert_eq!(verify(&token, &keys(&[&key]), &rules()), Ok(claims()), "{algorithm}");
    }
}

#[test]
fn a_changed_payload_header_or_signature_is_refused() {
    let key = key(SigningAlgorithm::ES256);
    let token = key.sign(JwtType::AccessToken, &claims()).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    let payload = encode(with("sub", json!("acc_2")).to_string());
    let zero = encode([0; 64]);
    for forged in [
        format!("{}.{payload}.{}", parts[0], parts[2]),
        format!("{}.{}.{zero}", parts[0], parts[1]),
    ] {
        assert_eq!(verify(&forged, &keys(&[&key]), &rules()), Err(JwtError::Signature));
    }
    let header = encode(format!(r#"{{"kid":"{}","alg":"ES256","typ":"at+jwt"}}"#, key.kid()));
    assert_eq!(
        verify(&format!("{header}.{}.{}", parts[1], parts[2]), &keys(&[&key]), &rules()),
        Err(JwtError::Signature)
    );
}

#[test]
fn unsigned_and_symmetric_tokens_are_refused() {
    let key = key(SigningAlgorithm::RS256);
    for alg in ["none", "None", "HS256", "HS384", ""] {
        let token = forge(
            &key,
            &json!({"alg": alg, "typ": "at+jwt", "kid": key.kid()}).to_string(),
            &claims().to_string(),
        );
        assert_eq!(
            verify(&token, &keys(&[&key]), &rules()),
            Err(JwtError::AlgorithmNotAllowed),
            "{alg}"
        );
    }
    let bare = format!(
        "{}.{}.",
        encode(r#"{"alg":"none","typ":"at+jwt"}"#),
        encode(claims().to_string())
    );
    assert_eq!(
        verify(&bare, &keys(&[&key]), &rules()),
        Err(JwtError::AlgorithmNotAllowed)
    );
}

#[test]
fn an_algorithm_outside_the_callers_list_is_refused() {
    let key = key(SigningAlgorithm::ES256);
    let token = key.sign(JwtType::AccessToken, &claims()).unwrap();
    let narrow = Rules {
        algorithms: &[SigningAlgorithm::RS256],
        ..rules()
    };
    assert_eq!(
        verify(&token, &keys(&[&key]), &narrow),
        Err(JwtError::AlgorithmNotAllowed)
    );
}

#[test]
fn the_key_decides_the_algorithm_not_the_header() {
    let key = key(SigningAlgorithm::RS256);
    let header = json!({"alg": "RS384", "typ": "at+jwt", "kid": key.kid()}).to_string();
    let token = forge(&key, &header, &claims().to_string());
    assert_eq!(verify(&token, &keys(&[&key]), &rules()), Err(JwtError::UnknownKey));
}

#[test]
fn every_other_kind_of_token_is_refused() {
    let key = key(SigningAlgorithm::ES256);
    for typ in [
        JwtType::IdToken,
        JwtType::LogoutToken,
        JwtType::Introspection,
        JwtType::ClientAssertion,
    ] {
        let token = key.sign(typ, &claims()).unwrap();
        assert_eq!(
            verify(&token, &keys(&[&key]), &rules()),
            Err(JwtError::WrongType),
            "{typ:?}"
        );
    }
}

#[test]
fn an_absent_typ_passes_only_where_allowed() {
    let key = key(SigningAlgorithm::ES256);
    let token = forge(
        &key,
        &json!({"alg": "ES256", "kid": key.kid()}).to_string(),
        &claims().to_string(),
    );
    assert_eq!(verify(&token, &keys(&[&key]), &rules()), Err(JwtError::WrongType));
    let lenient = Rules {
        type_may_be_absent: true,
        ..rules()
    };
    assert!(verify(&token, &keys(&[&key]), &lenient).is_ok());
}

#[test]
fn typ_is_a_media_type_without_case() {
    let key = key(SigningAlgorithm::ES256);
    for typ in ["application/at+jwt", "AT+JWT", "Application/At+Jwt"] {
        let header = json!({"alg": "ES256", "kid": key.kid(), "typ": typ}).to_string();
        assert!(
            verify(&forge(&key, &header, &claims().to_string()), &keys(&[&key]), &rules()).is_ok(),
            "{typ}"
        );
    }
}

#[test]
fn any_crit_header_is_refused() {
    let key = key(SigningAlgorithm::ES256);
    for crit in [json!(["exp"]), json!([]), json!(null)] {
        let header = json!({"alg": "ES256", "kid": key.kid(), "typ": "at+jwt", "crit": crit}).to_string();
        let token = forge(&key, &header, &claims().to_string());
        assert_eq!(verify(&token, &keys(&[&key]), &rules()), Err(JwtError::CriticalHeader));
    }
}

#[test]
fn keys_inside_the_header_are_ignored() {
    let (own, foreign) = (key(SigningAlgorithm::ES256), key(SigningAlgorithm::ES256));
    let header = json!({"alg": "ES256", "kid": own.kid(), "typ": "at+jwt", "jwk": foreign.public_jwk(), "jku": "https://evil/", "x5u": "https://evil/"});
    let token = forge(&foreign, &header.to_string(), &claims().to_string());
    assert_eq!(verify(&token, &keys(&[&own]), &rules()), Err(JwtError::Signature));
}

#[test]
fn an_encryption_key_verifies_nothing() {
    let key = key(SigningAlgorithm::RS256);
    let mut jwk = key.public_jwk().clone();
    jwk.public_key_use = Some("enc".into());
    assert!(VerificationKeys::from_jwks([&jwk]).is_empty());
    jwk.public_key_use = Some("sig".into());
    jwk.alg = Some("RSA-OAEP-256".into());
    assert!(VerificationKeys::from_jwks([&jwk]).is_empty());
}

#[test]
fn weak_damaged_and_unknown_keys_are_left_out() {
    let rsa = |n: Vec<u8>| json!({"kty": "RSA", "n": encode(n), "e": "AQAB"});
    let set: JwkSet = serde_json::from_value(json!({"keys": [
        rsa(vec![0xC1; 128]),
        rsa(vec![0xC1; 2048]),
        rsa(Vec::new()),
        {"kty": "EC", "crv": "P-256", "x": encode([1; 32]), "y": encode([1; 32])},
        {"kty": "EC", "crv": "secp256k1", "x": encode([1; 32]), "y": encode([1; 32])},
        {"kty": "OKP", "crv": "Ed25519", "x": encode([1; 31])},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "AKP"}
    ]}))
    .unwrap();
    assert!(
        VerificationKeys::from_jwk_set(&set).is_empty(),
        "{:?}",
        VerificationKeys::from_jwk_set(&set)
    );
}

#[test]
fn no_key_or_several_keys_for_a_kid_are_refused() {
    let (one, other) = (key(SigningAlgorithm::ES256), key(SigningAlgorithm::ES256));
    let token = one.sign(JwtType::AccessToken, &claims()).unwrap();
    assert_eq!(verify(&token, &keys(&[&other]), &rules()), Err(JwtError::UnknownKey));
    assert_eq!(verify(&token, &keys(&[]), &rules()), Err(JwtError::UnknownKey));
    assert_eq!(
        verify(&token, &keys(&[&one, &one]), &rules()),
        Err(JwtError::AmbiguousKey)
    );
    assert!(verify(&token, &keys(&[&one, &other]), &rules()).is_ok());
}

#[test]
fn without_a_kid_there_has_to_be_one_fitting_key() {
    let (one, other, rsa) = (
        key(SigningAlgorithm::ES256),
        key(SigningAlgorithm::ES256),
        key(SigningAlgorithm::RS256),
    );
    let token = forge(
        &one,
        &json!({"alg": "ES256", "typ": "at+jwt"}).to_string(),
        &claims().to_string(),
    );
    assert!(verify(&token, &keys(&[&one, &rsa]), &rules()).is_ok());
    assert_eq!(
        verify(&token, &keys(&[&one, &other]), &rules()),
        Err(JwtError::AmbiguousKey)
    );
}

#[test]
fn anothers_key_under_the_same_kid_is_refused() {
    let (own, foreign) = (key(SigningAlgorithm::ES256), key(SigningAlgorithm::ES256));
    let header = json!({"alg": "ES256", "kid": own.kid(), "typ": "at+jwt"}).to_string();
    assert_eq!(
        verify(
            &forge(&foreign, &header, &claims().to_string()),
            &keys(&[&own]),
            &rules()
        ),
        Err(JwtError::Signature)
    );
}

#[test]
fn a_kid_with_path_or_query_characters_is_only_a_name() {
    let key = key(SigningAlgorithm::ES256);
    for kid in ["../../etc/passwd", "' OR 1=1 --", "\u{0}", ""] {
        let header = json!({"alg": "ES256", "kid": kid, "typ": "at+jwt"}).to_string();
        let token = forge(&key, &header, &claims().to_string());
        assert_eq!(
            verify(&token, &keys(&[&key]), &rules()),
            Err(JwtError::UnknownKey),
            "{kid}"
        );
    }
    let header = json!({"alg": "ES256", "kid": "k".repeat(KID_LIMIT + 1), "typ": "at+jwt"}).to_string();
    assert_eq!(
        verify(&forge(&key, &header, &claims().to_string()), &keys(&[&key]), &rules()),
        Err(JwtError::Malformed)
    );
}

#[test]
fn issuer_is_required_and_compared_exactly() {
    for value in [
        json!("https://host/t2/auth"),
        json!("https://host/t/auth/"),
        json!("https://HOST/t/auth"),
        json!([ISSUER]),
        json!(null),
    ] {
        assert_eq!(outcome(&with("iss", value), &rules()), Err(JwtError::WrongIssuer));
    }
    assert_eq!(outcome(&without("iss"), &rules()), Err(JwtError::WrongIssuer));
}

#[test]
fn audience_is_required_and_compared_exactly() {
    assert!(outcome(&with("aud", json!(["x", AUDIENCE])), &rules()).is_ok());
    for value in [
        json!("x"),
        json!(["x", "y"]),
        json!([]),
        json!([AUDIENCE, 1]),
        json!(7),
        json!(format!("{AUDIENCE}/")),
    ] {
        assert_eq!(outcome(&with("aud", value), &rules()), Err(JwtError::WrongAudience));
    }
    assert_eq!(outcome(&without("aud"), &rules()), Err(JwtError::WrongAudience));
}

#[test]
fn a_string_audience_refuses_every_array() {
    let strict = Rules {
        audience: Audience::StringOf(&[AUDIENCE]),
        ..rules()
    };
    assert!(outcome(&claims(), &strict).is_ok());
    for value in [json!([AUDIENCE]), json!([AUDIENCE, "x"]), json!("x")] {
        assert_eq!(outcome(&with("aud", value), &strict), Err(JwtError::WrongAudience));
    }
}

#[test]
fn a_single_audience_accepts_an_array_of_one() {
    let single = Rules {
        audience: Audience::SingleOf(&[AUDIENCE, ISSUER]),
        ..rules()
    };
    assert!(outcome(&with("aud", json!([ISSUER])), &single).is_ok());
    assert!(outcome(&claims(), &single).is_ok());
    assert_eq!(
        outcome(&with("aud", json!([ISSUER, AUDIENCE])), &single),
        Err(JwtError::WrongAudience)
    );
}

#[test]
fn expiry_is_required_and_ends_on_the_second() {
    assert_eq!(outcome(&without("exp"), &rules()), Err(JwtError::ExpiryMissing));
    let at = |skew: u64, expiry: i64| {
        outcome(
            &with("exp", json!(expiry)),
            &Rules {
                skew: Duration::from_secs(skew),
                ..rules()
            },
        )
    };
    assert_eq!(at(0, 1_800_000_000), Err(JwtError::Expired));
    assert!(at(0, 1_800_000_001).is_ok());
    assert_eq!(at(60, 1_799_999_940), Err(JwtError::Expired));
    assert!(at(60, 1_799_999_941).is_ok());
}

#[test]
fn an_expired_hint_passes_only_when_expiry_is_ignored() {
    let hint = Rules {
        expiry: Expiry::Ignored,
        ..rules()
    };
    assert!(outcome(&with("exp", json!(1)), &hint).is_ok());
    assert!(outcome(&without("exp"), &hint).is_ok());
}

#[test]
fn lifetime_counts_from_iat_and_without_iat_from_now() {
    let short = Rules {
        expiry: Expiry::Within(Duration::from_mins(5)),
        skew: Duration::from_secs(10),
        ..rules()
    };
    assert!(outcome(&claims(), &short).is_ok());
    assert_eq!(
        outcome(&with("exp", json!(1_800_000_301)), &short),
        Err(JwtError::LifetimeTooLong)
    );
    let mut bare = without("iat");
    bare["exp"] = json!(1_800_000_310);
    assert!(outcome(&bare, &short).is_ok());
    bare["exp"] = json!(1_800_000_311);
    assert_eq!(outcome(&bare, &short), Err(JwtError::LifetimeTooLong));
    assert_eq!(outcome(&without("exp"), &short), Err(JwtError::ExpiryMissing));
}

#[test]
fn nbf_and_iat_in_the_future_are_refused_beyond_the_skew() {
    for name in ["nbf", "iat"] {
        assert!(outcome(&with(name, json!(1_800_000_060)), &rules()).is_ok(), "{name}");
        assert_eq!(
            outcome(&with(name, json!(1_800_000_061)), &rules()),
            Err(JwtError::NotYetValid),
            "{name}"
        );
    }
}

#[test]
fn times_are_integers() {
    for name in ["exp", "nbf", "iat"] {
        for value in [
            json!("1800000300"),
            json!(1_800_000_000.5),
            json!(1e30),
            json!(true),
            json!(null),
            json!(u64::MAX),
        ] {
            assert_eq!(
                outcome(&with(name, value), &rules()),
                Err(JwtError::TimeNotAnInteger),
                "{name}"
            );
        }
    }
}

#[test]
fn extreme_times_do_not_overflow() {
    assert!(outcome(&with("exp", json!(i64::MAX)), &rules()).is_ok());
    assert_eq!(outcome(&with("exp", json!(i64::MIN)), &rules()), Err(JwtError::Expired));
}

#[test]
fn a_claim_missing_from_the_wanted_type_is_refused() {
    #[derive(Debug, serde::Deserialize)]
    struct WithId {
        #[expect(dead_code, reason = "only its presence matters")]
        jti: String,
    }
    let key = key(SigningAlgorithm::ES256);
    let token = key.sign(JwtType::AccessToken, &claims()).unwrap();
    let result: Result<WithId, _> = UnverifiedJwt::parse(&token)
        .unwrap()
        .verify(&keys(&[&key]), &rules(), NOW);
    assert_eq!(result.unwrap_err(), JwtError::Claims);
}

#[test]
fn repeated_members_are_refused() {
    let key = key(SigningAlgorithm::ES256);
    let header = json!({"alg": "ES256", "kid": key.kid(), "typ": "at+jwt"}).to_string();
    let doubled = format!(r#"{{"sub":"admin",{}"#, &claims().to_string()[1..]);
    assert_eq!(
        UnverifiedJwt::parse(&forge(&key, &header, &doubled)).err(),
        Some(JwtError::Malformed)
    );
    let doubled = format!(r#"{{"alg":"none",{}"#, &header[1..]);
    assert_eq!(
        UnverifiedJwt::parse(&forge(&key, &doubled, &claims().to_string())).err(),
        Some(JwtError::Malformed)
    );
}

#[test]
fn text_that_is_not_a_compact_jws_is_refused() {
    let key = key(SigningAlgorithm::ES256);
    let token = key.sign(JwtType::AccessToken, &claims()).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    for text in [
        String::new(),
        "..".into(),
        "a.b".into(),
        format!("{token}."),
        format!("{token}.x.y"),
        format!("{token}="),
        format!("{}=.{}.{}", parts[0], parts[1], parts[2]),
        format!(" {token}"),
        format!("{}.{}.{}", encode("[]"), parts[1], parts[2]),
        format!("{}.{}.{}", encode(r#"{"alg":1}"#), parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], encode("7"), parts[2]),
    ] {
        assert_eq!(UnverifiedJwt::parse(&text).err(), Some(JwtError::Malformed), "{text}");
    }
}

#[test]
fn a_huge_token_is_refused_before_it_is_read() {
    assert_eq!(
        UnverifiedJwt::parse(&"a".repeat(1_000_000)).err(),
        Some(JwtError::TooLong)
    );
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _ = UnverifiedJwt::parse(&text);
    }

    #[test]
    fn arbitrary_json_in_the_parts_never_panics(header in "[{}\\[\\]\":,a-z0-9]{0,40}", claims in "[{}\\[\\]\":,a-z0-9]{0,40}") {
        let token = format!("{}.{}.AAAA", encode(header), encode(claims));
        if let Ok(jwt) = UnverifiedJwt::parse(&token) {
            prop_assert!(jwt.verify::<Value>(&VerificationKeys::default(), &rules(), NOW).is_err());
        }
    }
}
