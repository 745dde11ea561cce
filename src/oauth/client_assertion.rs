//! The rules of a client assertion (RFC 7523 section 3, RFC 10070, SMART App Launch 2.2 asymmetric authentication).

use super::client::{AssertionAudience, Client};
use super::jose::verify::Expiry;
use super::jose::{Audience, JwtError, Rules, SigningAlgorithm, UnverifiedJwt, VerificationKeys};
use super::limits;
use crate::kernel::Timestamp;
use serde::Deserialize;

/// What a verified assertion leaves to do: its `jti` must not have been seen until `exp` and the skew have passed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AssertionClaims {
    /// The client.
    pub sub: String,
    /// The assertion's own id, unique per client.
    pub jti: String,
    /// When it ends, in seconds.
    pub exp: i64,
}

impl AssertionClaims {
    /// Until when a second assertion with this `jti` has to be refused.
    pub fn remember_until(&self) -> Timestamp {
        Timestamp::from_seconds(self.exp) + limits::CLIENT_ASSERTION_SKEW
    }
}

/// The addresses of this tenant that an assertion may be meant for.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The token endpoint, as published.
    pub token_endpoint: &'a str,
}

/// Verifies an assertion of `client` with `keys`. Replay of `jti` is for the caller, after this has passed.
///
/// The audience is the issuer alone unless the client is registered for more: an assertion that names an endpoint can
/// be collected by a dishonest server and replayed here (RFC 10070). The newer `typ` always demands the strict rule.
pub fn verify(
    jwt: UnverifiedJwt<'_>,
    client: &Client,
    keys: &VerificationKeys,
    recipient: Recipient<'_>,
    now: Timestamp,
) -> Result<AssertionClaims, JwtError> {
    const NEW_TYPE: &str = "client-authentication+jwt";
    let issuer_only = [recipient.issuer];
    let either = [recipient.issuer, recipient.token_endpoint];
    let strict = client.assertion_audience == AssertionAudience::IssuerOnly || jwt.has_type(NEW_TYPE);
    let registered = client.token_endpoint_auth_signing_alg.map(|algorithm| [algorithm]);
    let rules = Rules {
        algorithms: registered.as_ref().map_or(&SigningAlgorithm::ALL[..], |one| &one[..]),
        types: &["jwt", NEW_TYPE],
        type_may_be_absent: true,
        issuer: client.client_id.as_str(),
        audience: if strict {
            Audience::StringOf(&issuer_only)
        } else {
            Audience::SingleOf(&either)
        },
        expiry: Expiry::Within(limits::CLIENT_ASSERTION),
        skew: limits::CLIENT_ASSERTION_SKEW,
    };
    let claims: AssertionClaims = jwt.verify(keys, &rules, now)?;
    // RFC 7523 section 3: iss and sub are both the client; jti is required here to refuse a replay.
    if claims.sub == client.client_id.as_str() && !claims.jti.is_empty() {
        Ok(claims)
    } else {
        Err(JwtError::Claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::ClientId;
    use crate::oauth::client_registration::ClientRegistration;
    use crate::oauth::jose::{JwtType, RsaSize, SigningKeyPair};
    use crate::oauth::redirect_uri::RegisteredBy;
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const HERE: Recipient<'_> = Recipient {
        issuer: "https://host/t/auth",
        token_endpoint: "https://host/t/auth/token",
    };

    fn client(audience: AssertionAudience) -> Client {
        let registration: ClientRegistration = serde_json::from_value(json!({
            "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://app.example/jwks"
        }))
        .unwrap();
        let registration = ClientRegistration {
            assertion_audience: Some(audience),
            ..registration
        };
        registration
            .validate(ClientId::parse("app").unwrap(), RegisteredBy::Administrator)
            .unwrap()
    }

    fn claims() -> Value {
        json!({"iss": "app", "sub": "app", "aud": HERE.issuer, "jti": "1", "iat": 1_800_000_000, "exp": 1_800_000_300})
    }

    fn outcome(typ: JwtType, audience: AssertionAudience, change: &Value) -> Result<AssertionClaims, JwtError> {
        let mut claims = claims();
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            }
        }
        let key = SigningKeyPair::generate(SigningAlgorithm::ES384, RsaSize::Bits2048).unwrap();
        let token = key.sign(typ, &claims).unwrap();
        let keys = VerificationKeys::from_jwks([key.public_jwk()]);
        verify(
            UnverifiedJwt::parse(&token).unwrap(),
            &client(audience),
            &keys,
            HERE,
            NOW,
        )
    }

    #[test]
    fn an_assertion_for_the_issuer_is_accepted_from_every_client() {
        for audience in [AssertionAudience::IssuerOnly, AssertionAudience::IssuerOrTokenEndpoint] {
            for typ in [JwtType::IdToken, JwtType::ClientAssertion] {
                assert!(outcome(typ, audience, &json!({})).is_ok());
            }
        }
    }

    #[test]
    fn the_token_endpoint_is_an_audience_only_where_registered_and_never_with_the_new_type() {
        let endpoint = json!({"aud": HERE.token_endpoint});
        let wide = AssertionAudience::IssuerOrTokenEndpoint;
        assert!(outcome(JwtType::IdToken, wide, &endpoint).is_ok());
        assert_eq!(
            outcome(JwtType::ClientAssertion, wide, &endpoint),
            Err(JwtError::WrongAudience)
        );
        assert_eq!(
            outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &endpoint),
            Err(JwtError::WrongAudience)
        );
    }

    #[test]
    fn other_audiences_are_refused() {
        let wide = AssertionAudience::IssuerOrTokenEndpoint;
        for audience in [
            json!("https://host/other/auth"),
            json!("https://host/other/auth/token"),
            json!("https://host/t/auth/par"),
            json!("https://host/t/auth/"),
            json!("https://host"),
            json!([HERE.issuer, HERE.token_endpoint]),
            json!(null),
        ] {
            assert_eq!(
                outcome(JwtType::IdToken, wide, &json!({"aud": audience})),
                Err(JwtError::WrongAudience)
            );
        }
        let array = json!({"aud": [HERE.issuer]});
        assert_eq!(
            outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &array),
            Err(JwtError::WrongAudience)
        );
    }

    #[test]
    fn other_kinds_of_token_are_refused() {
        for typ in [JwtType::AccessToken, JwtType::LogoutToken, JwtType::Introspection] {
            assert_eq!(
                outcome(typ, AssertionAudience::IssuerOnly, &json!({})),
                Err(JwtError::WrongType)
            );
        }
    }

    #[test]
    fn issuer_and_subject_are_the_client_and_jti_is_there() {
        let refuse = |change: Value| outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &change).unwrap_err();
        assert_eq!(refuse(json!({"iss": "other"})), JwtError::WrongIssuer);
        for change in [
            json!({"sub": "other"}),
            json!({"sub": null}),
            json!({"jti": null}),
            json!({"jti": ""}),
            json!({"jti": 1}),
        ] {
            assert_eq!(refuse(change), JwtError::Claims);
        }
    }

    #[test]
    fn an_assertion_lives_at_most_300_seconds() {
        let at = |expiry: i64| outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &json!({"exp": expiry}));
        assert!(at(1_800_000_300).is_ok());
        assert_eq!(at(1_800_000_301), Err(JwtError::LifetimeTooLong));
        assert_eq!(at(1_799_999_990), Err(JwtError::Expired));
        let eternal = outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &json!({"exp": null}));
        assert_eq!(eternal, Err(JwtError::ExpiryMissing));
    }

    #[test]
    fn a_registered_algorithm_excludes_the_others() {
        let key = SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::Bits2048).unwrap();
        let token = key.sign(JwtType::ClientAssertion, &claims()).unwrap();
        let keys = VerificationKeys::from_jwks([key.public_jwk()]);
        let mut client = client(AssertionAudience::IssuerOnly);
        client.token_endpoint_auth_signing_alg = Some(SigningAlgorithm::ES384);
        let result = verify(UnverifiedJwt::parse(&token).unwrap(), &client, &keys, HERE, NOW);
        assert_eq!(result, Err(JwtError::AlgorithmNotAllowed));
    }

    #[test]
    fn a_jti_is_remembered_as_long_as_the_assertion_would_be_accepted() {
        let claims = outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &json!({})).unwrap();
        assert_eq!(claims.remember_until(), Timestamp::from_seconds(1_800_000_310));
    }
}
