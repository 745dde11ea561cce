//! The rules of a client assertion (RFC 7523 section 3, RFC 10070, SMART App Launch 2.2 asymmetric authentication).

use super::client::{AssertionAudience, Client};
use super::error::{ErrorCode, OAuthError};
use super::jose::verify::Expiry;
use super::jose::{Audience, JwtError, Rules, SigningAlgorithm, UnverifiedJwt, VerificationKeys};
use super::limits;
use crate::kernel::Timestamp;
use serde::Deserialize;

/// The newer `typ` of an assertion, which always demands the strict audience (RFC 10070).
const NEW_TYPE: &str = "client-authentication+jwt";
/// Longest `jti` in bytes: it is kept until the assertion ends.
const JTI_LIMIT: usize = 256;

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

/// Which rule an assertion breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionError {
    /// A rule of every JWT.
    Jwt(JwtError),
    /// `sub` is missing or another than `iss`.
    Subject,
    /// `kid` is missing (SMART App Launch 2.2: it selects the key).
    KidMissing,
    /// `jku` is not the registered key set URL.
    KeySetUrl,
    /// `jti` is missing, empty or too long.
    Jti,
    /// `jti` was used before.
    Replayed,
}

impl From<JwtError> for AssertionError {
    fn from(error: JwtError) -> Self {
        Self::Jwt(error)
    }
}

impl AssertionError {
    /// The stable short name of the rule, for the log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Jwt(error) => error.reason(),
            Self::Subject => "client_assertion_sub",
            Self::KidMissing => "client_assertion_kid",
            Self::KeySetUrl => "client_assertion_jku",
            Self::Jti => "client_assertion_jti",
            Self::Replayed => "client_assertion_replayed",
        }
    }
}

/// What is asked of an assertion, by the client's registration and by the tenant.
#[derive(Clone, Debug)]
pub struct AssertionRules<'a> {
    client_id: &'a str,
    algorithms: Vec<SigningAlgorithm>,
    audience: AssertionAudience,
    key_set_url: Option<&'a str>,
    recipient: Recipient<'a>,
}

impl<'a> AssertionRules<'a> {
    /// The rules for `client` at a tenant that accepts `algorithms`.
    pub fn of(client: &'a Client, algorithms: &[SigningAlgorithm], recipient: Recipient<'a>) -> Self {
        let registered = client.token_endpoint_auth_signing_alg;
        Self {
            client_id: client.client_id.as_str(),
            algorithms: algorithms
                .iter()
                .copied()
                .filter(|algorithm| registered.is_none_or(|registered| registered == *algorithm))
                .collect(),
            audience: client.assertion_audience,
            key_set_url: client.jwks_uri.as_deref(),
            recipient,
        }
    }

    /// The same rules with the issuer as the only audience, whatever is registered (FAPI 2.0 Security Profile section 5.3.2.1).
    #[must_use]
    pub fn for_issuer_only(self) -> Self {
        Self {
            audience: AssertionAudience::IssuerOnly,
            ..self
        }
    }

    /// The rules for a name that no client with keys has. Such an assertion fails in any case; measured by the rules of most
    /// clients, it is told the same as one of a client whose key does not fit.
    pub fn of_stranger(client_id: &'a str, algorithms: &[SigningAlgorithm], recipient: Recipient<'a>) -> Self {
        Self {
            client_id,
            algorithms: algorithms.to_vec(),
            audience: AssertionAudience::IssuerOrTokenEndpoint,
            key_set_url: None,
            recipient,
        }
    }

    /// Whether the client keeps the profile of SMART App Launch 2.2.
    fn is_smart(&self) -> bool {
        self.audience == AssertionAudience::IssuerOrTokenEndpoint
    }

    /// Verifies an assertion with `keys`; the key and the signature come last. Replay of `jti` is for the caller, after this
    /// has passed.
    ///
    /// The audience is the issuer alone unless the client is registered for more: an assertion that names an endpoint can
    /// be collected by a dishonest server and replayed here (RFC 10070). The newer `typ` always demands the strict rule.
    pub fn verify(
        &self,
        jwt: UnverifiedJwt<'_>,
        keys: &VerificationKeys,
        now: Timestamp,
    ) -> Result<AssertionClaims, AssertionError> {
        // SMART App Launch 2.2: a `jku` has to be the registered key set URL; it is never an address to fetch from.
        if jwt.key_url().is_some_and(|url| self.key_set_url != Some(url)) {
            return Err(AssertionError::KeySetUrl);
        }
        // SMART App Launch 2.2: the header names the key. Elsewhere the only key of a set needs no name (OpenID Connect Core
        // section 10.1).
        if self.is_smart() && jwt.kid().is_none() {
            return Err(AssertionError::KidMissing);
        }
        // RFC 7523 section 3: iss and sub are both the client. Without sub it could be a signed request object.
        if jwt.unverified_claim("sub") != Some(self.client_id) {
            return Err(AssertionError::Subject);
        }
        let jti = jwt.unverified_claim("jti").unwrap_or_default();
        if jti.is_empty() || jti.len() > JTI_LIMIT {
            return Err(AssertionError::Jti);
        }
        let issuer_only = [self.recipient.issuer];
        let either = [self.recipient.issuer, self.recipient.token_endpoint];
        let strict = !self.is_smart() || jwt.has_type(NEW_TYPE);
        let rules = Rules {
            algorithms: &self.algorithms,
            types: &["jwt", NEW_TYPE],
            type_may_be_absent: true,
            issuer: self.client_id,
            audience: if strict {
                Audience::StringOf(&issuer_only)
            } else {
                Audience::SingleOf(&either)
            },
            expiry: Expiry::Within(self.longest_life()),
            skew: limits::CLIENT_ASSERTION_SKEW,
        };
        Ok(jwt.verify(keys, &rules, now)?)
    }

    const fn longest_life(&self) -> std::time::Duration {
        match self.audience {
            AssertionAudience::IssuerOrTokenEndpoint => limits::CLIENT_ASSERTION,
            AssertionAudience::IssuerOnly => limits::CLIENT_ASSERTION_ELSEWHERE,
        }
    }

    /// The answer to an assertion that breaks a rule: always `invalid_client` (RFC 7521 section 4.2.1), in words that say which
    /// one. Whether the client exists, and what is wrong with key or signature, is not told apart.
    pub fn refuse(&self, error: AssertionError) -> OAuthError {
        let refusal = OAuthError::new(ErrorCode::InvalidClient, error.reason(), self.describe(error));
        match error {
            AssertionError::Jwt(JwtError::UnknownKey | JwtError::AmbiguousKey | JwtError::Signature) => {
                refusal.showing("client_assertion_key")
            }
            _ => refusal,
        }
    }

    fn describe(&self, error: AssertionError) -> String {
        let Recipient { issuer, token_endpoint } = self.recipient;
        let minutes = self.longest_life().as_secs() / 60;
        match error {
            AssertionError::Subject | AssertionError::Jwt(JwtError::WrongIssuer) => {
                "iss and sub of the client assertion both have to be the client_id.".to_owned()
            }
            AssertionError::KidMissing => "The header of the client assertion has to name its key with kid.".to_owned(),
            AssertionError::KeySetUrl => {
                "jku of the client assertion has to be the registered jwks_uri, or absent.".to_owned()
            }
            AssertionError::Jti => {
                format!("jti of the client assertion has to be a text of 1 to {JTI_LIMIT} bytes.")
            }
            AssertionError::Replayed => {
                "jti of the client assertion was used before. Sign a new assertion for every request.".to_owned()
            }
            AssertionError::Jwt(JwtError::WrongAudience) if self.is_smart() => {
                format!(
                    "aud of the client assertion has to be the token endpoint {token_endpoint} or the issuer {issuer}."
                )
            }
            AssertionError::Jwt(JwtError::WrongAudience) => {
                format!("aud of the client assertion has to be the issuer {issuer}, as a single text.")
            }
            AssertionError::Jwt(JwtError::AlgorithmNotAllowed) => {
                let names: Vec<_> = self.algorithms.iter().map(|algorithm| algorithm.as_str()).collect();
                format!("alg of the client assertion has to be one of: {}.", names.join(", "))
            }
            AssertionError::Jwt(JwtError::WrongType) => {
                format!("typ of the client assertion has to be JWT or {NEW_TYPE}, or absent.")
            }
            AssertionError::Jwt(JwtError::CriticalHeader) => {
                "The client assertion has a crit header, and no extension is supported.".to_owned()
            }
            AssertionError::Jwt(JwtError::ExpiryMissing) => "exp of the client assertion is missing.".to_owned(),
            AssertionError::Jwt(JwtError::Expired) => "The client assertion has expired. Check the clock.".to_owned(),
            AssertionError::Jwt(JwtError::LifetimeTooLong) => {
                format!("exp of the client assertion has to be at most {minutes} minutes ahead.")
            }
            AssertionError::Jwt(JwtError::NotYetValid) => {
                "iat or nbf of the client assertion lies in the future. Check the clock.".to_owned()
            }
            AssertionError::Jwt(JwtError::TimeNotAnInteger) => {
                "exp, nbf and iat of the client assertion have to be whole numbers.".to_owned()
            }
            AssertionError::Jwt(
                JwtError::TooLong | JwtError::Malformed | JwtError::Claims | JwtError::PrivateKeySent,
            ) => "The client assertion is not a signed JWT in compact form.".to_owned(),
            AssertionError::Jwt(JwtError::UnknownKey | JwtError::AmbiguousKey | JwtError::Signature) => {
                "The client is unknown, or no single key of it has the kid of the assertion, fits alg and verifies the \
                 signature."
                    .to_owned()
            }
        }
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

    fn outcome(typ: JwtType, audience: AssertionAudience, change: &Value) -> Result<AssertionClaims, AssertionError> {
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
        let client = client(audience);
        AssertionRules::of(&client, &SigningAlgorithm::ALL, HERE).verify(
            UnverifiedJwt::parse(&token).unwrap(),
            &keys,
            NOW,
        )
    }

    /// A rule of every JWT.
    fn jwt<T>(error: JwtError) -> Result<T, AssertionError> {
        Err(AssertionError::Jwt(error))
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
            jwt(JwtError::WrongAudience)
        );
        assert_eq!(
            outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &endpoint),
            jwt(JwtError::WrongAudience)
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
                jwt(JwtError::WrongAudience)
            );
        }
        let array = json!({"aud": [HERE.issuer]});
        assert_eq!(
            outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &array),
            jwt(JwtError::WrongAudience)
        );
    }

    #[test]
    fn other_kinds_of_token_are_refused() {
        for typ in [JwtType::AccessToken, JwtType::LogoutToken, JwtType::Introspection] {
            assert_eq!(
                outcome(typ, AssertionAudience::IssuerOnly, &json!({})),
                jwt(JwtError::WrongType)
            );
        }
    }

    #[test]
    fn issuer_and_subject_are_the_client_and_jti_is_there() {
        let refuse = |change: Value| outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &change).unwrap_err();
        assert_eq!(
            refuse(json!({"iss": "other"})),
            AssertionError::Jwt(JwtError::WrongIssuer)
        );
        for change in [json!({"sub": "other"}), json!({"sub": null})] {
            assert_eq!(refuse(change), AssertionError::Subject);
        }
        for change in [
            json!({"jti": null}),
            json!({"jti": ""}),
            json!({"jti": 1}),
            json!({"jti": "x".repeat(257)}),
        ] {
            assert_eq!(refuse(change), AssertionError::Jti);
        }
    }

    #[test]
    fn an_assertion_of_a_smart_client_lives_at_most_300_seconds() {
        let wide = AssertionAudience::IssuerOrTokenEndpoint;
        let at = |expiry: i64| outcome(JwtType::IdToken, wide, &json!({"exp": expiry}));
        assert!(at(1_800_000_300).is_ok());
        assert_eq!(at(1_800_000_301), jwt(JwtError::LifetimeTooLong));
        // Without iat the client's clock may be a minute ahead; test kits send exactly five minutes.
        let bare = |expiry: i64| outcome(JwtType::IdToken, wide, &json!({"exp": expiry, "iat": null}));
        assert!(bare(1_800_000_360).is_ok());
        assert_eq!(bare(1_800_000_361), jwt(JwtError::LifetimeTooLong));
    }

    #[test]
    fn an_assertion_of_another_client_lives_at_most_an_hour() {
        let at = |expiry: i64| outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &json!({"exp": expiry}));
        assert!(at(1_800_003_600).is_ok());
        assert_eq!(at(1_800_003_601), jwt(JwtError::LifetimeTooLong));
    }

    #[test]
    fn clocks_may_differ_by_a_minute() {
        let at = |change: &Value| outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, change);
        assert!(at(&json!({"exp": 1_799_999_941, "iat": null})).is_ok());
        assert_eq!(at(&json!({"exp": 1_799_999_940, "iat": null})), jwt(JwtError::Expired));
        for name in ["iat", "nbf"] {
            assert!(at(&json!({ name: 1_800_000_060 })).is_ok(), "{name}");
            assert_eq!(
                at(&json!({ name: 1_800_000_061 })),
                jwt(JwtError::NotYetValid),
                "{name}"
            );
        }
        let eternal = outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &json!({"exp": null}));
        assert_eq!(eternal, jwt(JwtError::ExpiryMissing));
    }

    #[test]
    fn a_registered_algorithm_excludes_the_others() {
        let key = SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::Bits2048).unwrap();
        let token = key.sign(JwtType::ClientAssertion, &claims()).unwrap();
        let keys = VerificationKeys::from_jwks([key.public_jwk()]);
        let mut client = client(AssertionAudience::IssuerOnly);
        client.token_endpoint_auth_signing_alg = Some(SigningAlgorithm::ES384);
        let rules = AssertionRules::of(&client, &SigningAlgorithm::ALL, HERE);
        let result = rules.verify(UnverifiedJwt::parse(&token).unwrap(), &keys, NOW);
        assert_eq!(result, jwt(JwtError::AlgorithmNotAllowed));
    }

    #[test]
    fn a_jti_is_remembered_as_long_as_the_assertion_would_be_accepted() {
        let claims = outcome(JwtType::IdToken, AssertionAudience::IssuerOnly, &json!({})).unwrap();
        assert_eq!(claims.remember_until(), Timestamp::from_seconds(1_800_000_360));
    }

    #[test]
    fn an_algorithm_that_the_tenant_does_not_accept_is_refused_by_name() {
        let key = SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::Bits2048).unwrap();
        let token = key.sign(JwtType::IdToken, &claims()).unwrap();
        let client = client(AssertionAudience::IssuerOrTokenEndpoint);
        let rules = AssertionRules::of(&client, &[SigningAlgorithm::RS384, SigningAlgorithm::ES384], HERE);
        let keys = VerificationKeys::from_jwks([key.public_jwk()]);
        let error = rules
            .verify(UnverifiedJwt::parse(&token).unwrap(), &keys, NOW)
            .unwrap_err();
        assert_eq!(error, AssertionError::Jwt(JwtError::AlgorithmNotAllowed));
        let answer = rules.refuse(error);
        assert_eq!(answer.code, ErrorCode::InvalidClient);
        assert!(answer.description.contains("RS384, ES384"));
    }

    #[test]
    fn a_stranger_is_told_the_same_as_a_client_whose_key_does_not_fit() {
        let key = SigningKeyPair::generate(SigningAlgorithm::ES384, RsaSize::Bits2048).unwrap();
        let token = key.sign(JwtType::IdToken, &claims()).unwrap();
        let client = client(AssertionAudience::IssuerOrTokenEndpoint);
        let answers = [
            AssertionRules::of(&client, &SigningAlgorithm::ALL, HERE),
            AssertionRules::of_stranger("app", &SigningAlgorithm::ALL, HERE),
        ]
        .map(|rules| {
            let jwt = UnverifiedJwt::parse(&token).unwrap();
            let error = rules.verify(jwt, &VerificationKeys::default(), NOW).unwrap_err();
            rules.refuse(error).description
        });
        assert_eq!(answers[0], answers[1]);
    }
}
