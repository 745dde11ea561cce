//! Software statements: what somebody trusted says of a piece of software (RFC 7591 section 2.3).

use super::error::{ErrorCode, OAuthError};
use super::jose::{JwkSet, SigningAlgorithm, UnverifiedJwt, VerificationKeys};
use crate::kernel::Timestamp;
use serde_json::{Map, Value};

/// Claims that are about the statement and not about the software.
const ABOUT_THE_STATEMENT: [&str; 8] = ["iss", "sub", "aud", "iat", "exp", "nbf", "jti", "software_statement"];

fn refused(code: ErrorCode, reason: &'static str, description: &'static str) -> OAuthError {
    OAuthError::new(code, reason, description)
}

/// Verifies a statement with the keys of the issuer that it names, if that is one of `trusted`, and yields what it says of
/// the software. An `exp` counts when it is there.
pub fn verify<'a>(
    statement: &str,
    mut trusted: impl Iterator<Item = (&'a str, &'a JwkSet)>,
    now: Timestamp,
) -> Result<Map<String, Value>, OAuthError> {
    let invalid = |_| {
        let description = "The software statement is not a valid JWT, signed by its issuer and in force.";
        refused(ErrorCode::InvalidSoftwareStatement, "statement_invalid", description)
    };
    let jwt = UnverifiedJwt::parse(statement).map_err(invalid)?;
    let issuer = jwt.unverified_claim("iss").map(str::to_owned).unwrap_or_default();
    let (_, keys) = trusted.find(|(known, _)| *known == issuer).ok_or_else(|| {
        let description = "The issuer of the software statement is not trusted at this tenant.";
        refused(ErrorCode::UnapprovedSoftwareStatement, "statement_issuer", description)
    })?;
    let keys = VerificationKeys::from_jwk_set(keys);
    let claims: Map<String, Value> = jwt
        .verify_statement(&keys, &SigningAlgorithm::ALL, now)
        .map_err(invalid)?;
    Ok(claims
        .into_iter()
        .filter(|(name, _)| !ABOUT_THE_STATEMENT.contains(&name.as_str()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::jose::{JwtType, RsaSize, SigningKeyPair};
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn check(
        claims: &Value,
        signer: &SigningKeyPair,
        trusted: &SigningKeyPair,
    ) -> Result<Map<String, Value>, ErrorCode> {
        let statement = signer.sign(JwtType::IdToken, claims).unwrap();
        let keys = JwkSet {
            keys: vec![trusted.public_jwk().clone()],
        };
        verify(&statement, [("https://registry.example", &keys)].into_iter(), NOW).map_err(|error| error.code)
    }

    fn key() -> SigningKeyPair {
        SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::Bits2048).unwrap()
    }

    #[test]
    fn a_trusted_statement_yields_what_it_says_of_the_software() {
        let key = key();
        let claims = json!({ "iss": "https://registry.example", "iat": 1, "client_name": "Growth chart" });
        assert_eq!(
            Value::Object(check(&claims, &key, &key).unwrap()),
            json!({ "client_name": "Growth chart" })
        );
    }

    #[test]
    fn an_unknown_issuer_is_unapproved() {
        let key = key();
        let refused = check(&json!({ "iss": "https://elsewhere.example" }), &key, &key);
        assert_eq!(refused, Err(ErrorCode::UnapprovedSoftwareStatement));
    }

    #[test]
    fn a_foreign_signature_and_an_expired_statement_are_invalid() {
        let (own, other) = (key(), key());
        let claims = json!({ "iss": "https://registry.example" });
        assert_eq!(check(&claims, &other, &own), Err(ErrorCode::InvalidSoftwareStatement));
        let expired = json!({ "iss": "https://registry.example", "exp": NOW.seconds() - 3600 });
        assert_eq!(check(&expired, &own, &own), Err(ErrorCode::InvalidSoftwareStatement));
    }
}
