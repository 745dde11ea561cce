use super::*;
use crate::kernel::SeededEntropy;
use crate::oauth::jose::{JwtType, RsaSize, SigningKeyPair};
use crate::smart::authorization_details::GrantedDetail;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://host/t/auth";
const AUDIENCE: &str = "https://host/t/fhir";

fn tenant(seed: u64) -> TenantId {
    TenantId::new(NOW, &SeededEntropy::new(seed))
}

fn minimal() -> AccessTokenClaims {
    AccessTokenClaims::new(Issuance {
        issuer: ISSUER,
        audience: AUDIENCE,
        subject: "backend",
        client_id: &ClientId::parse("backend").unwrap(),
        tenant_id: tenant(1),
        token_id: "tok_1".into(),
        scope: "system/Patient.rs",
        now: NOW,
        lifetime: Duration::from_mins(5),
    })
}

fn full() -> AccessTokenClaims {
    AccessTokenClaims {
        fhir_user: Some(format!("{AUDIENCE}/Practitioner/1")),
        roles: vec!["physician".into()],
        npi: Some("1234567893".into()),
        data_regions: vec!["eu-central".into()],
        patient: Some("p1".into()),
        encounter: Some("e1".into()),
        auth_time: Some(1_799_999_000),
        acr: Some("urn:example:mfa".into()),
        amr: vec!["pwd".into(), "otp".into()],
        cnf: Some(Confirmation {
            jkt: Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".into()),
            certificate: None,
        }),
        act: Some(Actor {
            sub: "report-service".into(),
            act: Some(Box::new(Actor {
                sub: "care-planner".into(),
                act: None,
            })),
        }),
        authorization_details: vec![GrantedDetail {
            kind: "smart_on_fhir".into(),
            locations: vec![AUDIENCE.into()],
            fhir_versions: vec!["4.0.1".into()],
            scope: "patient/Observation.rs".into(),
        }],
        ..minimal()
    }
}

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../docs/access-token.schema.json");
    let document: Value = serde_json::from_str(text).unwrap();
    jsonschema::meta::validate(&document).unwrap();
    jsonschema::validator_for(&document).unwrap()
}

fn value(claims: &AccessTokenClaims) -> Value {
    serde_json::to_value(claims).unwrap()
}

#[test]
fn sample_tokens_satisfy_the_schema() {
    let schema = schema();
    for claims in [minimal(), full()] {
        let document = value(&claims);
        let faults: Vec<_> = schema.iter_errors(&document).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}");
    }
}

#[test]
fn the_schema_demands_each_required_claim() {
    let schema = schema();
    for name in [
        "iss",
        "sub",
        "aud",
        "client_id",
        "scope",
        "iat",
        "exp",
        "jti",
        "tenant_id",
    ] {
        let mut document = value(&full());
        document.as_object_mut().unwrap().remove(name);
        assert!(!schema.is_valid(&document), "{name}");
    }
}

#[test]
fn the_schema_refuses_unknown_claims_arrays_of_audiences_and_wrong_types() {
    let schema = schema();
    for (name, wrong) in [
        ("email", json!("a@b.example")),
        ("name", json!("A B")),
        ("aud", json!([AUDIENCE])),
        ("exp", json!("1")),
        ("exp", json!(1.5)),
        ("tenant_id", json!("t")),
        ("fhirUser", json!("Practitioner/1")),
        ("fhirUser", json!(null)),
        ("roles", json!([])),
        ("npi", json!("123")),
        ("patient", json!("Patient/p1")),
        ("cnf", json!({})),
        ("act", json!({})),
    ] {
        let mut document = value(&full());
        document[name] = wrong;
        assert!(!schema.is_valid(&document), "{name}");
    }
}

#[test]
fn the_schema_names_every_claim_there_is() {
    let document: Value = serde_json::from_str(include_str!("../../docs/access-token.schema.json")).unwrap();
    let described: Vec<_> = document["properties"].as_object().unwrap().keys().cloned().collect();
    for name in value(&full()).as_object().unwrap().keys() {
        assert!(described.contains(name), "{name}");
    }
    assert_eq!(described.len(), value(&full()).as_object().unwrap().len());
}

#[test]
fn no_token_outlives_the_cap() {
    let client_id = ClientId::parse("a").unwrap();
    let claims = AccessTokenClaims::new(Issuance {
        issuer: ISSUER,
        audience: AUDIENCE,
        subject: "s",
        client_id: &client_id,
        tenant_id: tenant(1),
        token_id: "j".into(),
        scope: "",
        now: NOW,
        lifetime: Duration::from_hours(24),
    });
    assert_eq!(claims.expires_in(), 3600);
}

fn expected() -> Expected<'static> {
    Expected {
        issuer: ISSUER,
        audience: AUDIENCE,
        tenant_id: tenant(1),
    }
}

fn key() -> SigningKeyPair {
    SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::Bits2048).unwrap()
}

fn outcome(typ: JwtType, claims: &Value) -> Result<AccessTokenClaims, AccessTokenError> {
    let key = key();
    let keys = VerificationKeys::from_jwks([key.public_jwk()]);
    verify(&key.sign(typ, claims).unwrap(), &keys, expected(), NOW)
}

#[test]
fn what_was_issued_is_what_is_verified() {
    for claims in [minimal(), full()] {
        assert_eq!(outcome(JwtType::AccessToken, &value(&claims)), Ok(claims));
    }
}

#[test]
fn an_id_token_is_no_access_token() {
    assert_eq!(
        outcome(JwtType::IdToken, &value(&full())),
        Err(AccessTokenError::Jwt(JwtError::WrongType))
    );
}

#[test]
fn a_token_of_another_tenant_is_told_apart() {
    let mut claims = full();
    claims.tenant_id = tenant(2);
    assert_eq!(
        outcome(JwtType::AccessToken, &value(&claims)),
        Err(AccessTokenError::TenantMismatch)
    );
}

#[test]
fn missing_and_malformed_claims_are_refused() {
    for (name, wrong, cause) in [
        ("jti", json!(null), JwtError::Claims),
        ("tenant_id", json!("t"), JwtError::Claims),
        ("aud", json!(["https://host/other/fhir"]), JwtError::WrongAudience),
        ("exp", json!("1800000300"), JwtError::TimeNotAnInteger),
        ("exp", json!(1_800_000_300.5), JwtError::TimeNotAnInteger),
        ("iss", json!("https://host/other/auth"), JwtError::WrongIssuer),
    ] {
        let mut claims = value(&full());
        claims[name] = wrong;
        assert_eq!(outcome(JwtType::AccessToken, &claims), Err(cause.into()), "{name}");
    }
    for name in ["jti", "tenant_id", "client_id"] {
        let mut claims = value(&full());
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(
            outcome(JwtType::AccessToken, &claims),
            Err(JwtError::Claims.into()),
            "{name}"
        );
    }
}

#[test]
fn another_tenants_key_does_not_verify() {
    let (own, foreign) = (key(), key());
    let token = foreign.sign(JwtType::AccessToken, &full()).unwrap();
    let keys = VerificationKeys::from_jwks([own.public_jwk()]);
    assert_eq!(verify(&token, &keys, expected(), NOW), Err(JwtError::UnknownKey.into()));
}
