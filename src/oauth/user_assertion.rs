//! An EHR's word for who its user is: a JWT signed with the key that the EHR's client is registered with. There is no
//! standard for it; the form follows the assertions of RFC 7523 section 3, with a type of its own (RFC 8725 section 3.11).

use super::client::Client;
use super::jose::verify::Expiry;
use super::jose::{Audience, JwtError, JwtType, Rules, SigningAlgorithm, UnverifiedJwt, VerificationKeys};
use super::limits;
use crate::kernel::Timestamp;
use serde::Deserialize;
use thiserror::Error;

/// Longest text in a claim, in bytes.
const MAX_TEXT: usize = 256;
/// Most authentication methods in `amr`.
const MAX_METHODS: usize = 10;

/// How the user is named. Every way leads to one account of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssertedUser {
    /// `sub` is the account's id.
    Account(String),
    /// `idp` is the alias of an identity provider of the tenant, `sub` the user's subject there.
    Upstream {
        /// The alias.
        provider: String,
        /// The subject.
        subject: String,
    },
    /// `fhirUser` is the user's FHIR resource; `sub` may then be the EHR's own name for the user and is not looked at.
    FhirUser(String),
}

/// A verified assertion. Its `jti` must not have been seen before; that is for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAssertion {
    /// Who is meant.
    pub user: AssertedUser,
    /// The assertion's own id.
    pub jti: String,
    /// Until when the id has to be remembered.
    pub remember_until: Timestamp,
    /// When the user proved to the EHR who they are; when the assertion was made, if the EHR does not say.
    pub authenticated_at: Timestamp,
    /// Authentication context class.
    pub acr: Option<String>,
    /// Authentication methods (RFC 8176).
    pub amr: Vec<String>,
}

/// Why an assertion is refused. The texts hold nothing of it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum InvalidUserAssertion {
    /// Form, signature, issuer, audience or time.
    #[error("{0}")]
    Jwt(#[from] JwtError),
    /// `jku` is not where the client is registered to publish its keys (SMART App Launch 2.2, asymmetric authentication).
    #[error("its `jku` is not the client's")]
    KeyUrl,
    /// The user is not named, or in two ways.
    #[error("the user has to be named in one way: `sub` with an account id, `idp` and `sub`, or `fhirUser`")]
    User,
    /// `jti` is empty or too long.
    #[error("`jti` has to be a text of 1 to 256 bytes")]
    Id,
    /// `auth_time` is later than the assertion.
    #[error("`auth_time` lies in the future")]
    AuthTime,
    /// `acr` or `amr`.
    #[error("`acr` has to be a text, `amr` a list of at most 10 texts, each of 1 to 256 bytes")]
    Methods,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    exp: i64,
    iat: i64,
    sub: Option<String>,
    idp: Option<String>,
    #[serde(rename = "fhirUser")]
    fhir_user: Option<String>,
    auth_time: Option<i64>,
    acr: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
}

/// Verifies an assertion of `client` with `keys` and one of `algorithms`, meant for `issuer`: five minutes at most, issued by the client, with the
/// type that no client assertion and no token has.
pub fn verify(
    jwt: UnverifiedJwt<'_>,
    client: &Client,
    keys: &VerificationKeys,
    algorithms: &[SigningAlgorithm],
    issuer: &str,
    now: Timestamp,
) -> Result<UserAssertion, InvalidUserAssertion> {
    if jwt.key_url().is_some_and(|url| client.jwks_uri.as_deref() != Some(url)) {
        return Err(InvalidUserAssertion::KeyUrl);
    }
    let allowed: Vec<SigningAlgorithm> = algorithms
        .iter()
        .copied()
        .filter(|algorithm| {
            client
                .token_endpoint_auth_signing_alg
                .is_none_or(|one| one == *algorithm)
        })
        .collect();
    let rules = Rules {
        algorithms: &allowed,
        types: &[JwtType::UserAssertion.as_str()],
        type_may_be_absent: false,
        issuer: client.client_id.as_str(),
        audience: Audience::StringOf(&[issuer]),
        expiry: Expiry::Within(limits::CLIENT_ASSERTION),
        skew: limits::CLIENT_ASSERTION_SKEW,
    };
    let claims: Claims = jwt.verify(keys, &rules, now)?;
    let fits = |text: &str| (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control);
    if !fits(&claims.jti) {
        return Err(InvalidUserAssertion::Id);
    }
    let authenticated_at = Timestamp::from_seconds(claims.auth_time.unwrap_or(claims.iat));
    if authenticated_at > now + limits::CLIENT_ASSERTION_SKEW {
        return Err(InvalidUserAssertion::AuthTime);
    }
    let methods_fit = claims.amr.len() <= MAX_METHODS && claims.amr.iter().chain(&claims.acr).all(|text| fits(text));
    if !methods_fit {
        return Err(InvalidUserAssertion::Methods);
    }
    let user = match (claims.sub, claims.idp, claims.fhir_user) {
        (_, None, Some(user)) => AssertedUser::FhirUser(user),
        (Some(subject), Some(provider), None) => AssertedUser::Upstream { provider, subject },
        (Some(account), None, None) => AssertedUser::Account(account),
        _ => return Err(InvalidUserAssertion::User),
    };
    Ok(UserAssertion {
        user,
        jti: claims.jti,
        remember_until: Timestamp::from_seconds(claims.exp) + limits::CLIENT_ASSERTION_SKEW,
        // A clock that runs a little ahead must not make a sign-in of the future.
        authenticated_at: authenticated_at.min(now),
        acr: claims.acr,
        amr: claims.amr,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::ClientId;
    use crate::oauth::client_registration::ClientRegistration;
    use crate::oauth::jose::{RsaSize, SigningKeyPair};
    use crate::oauth::redirect_uri::RegisteredBy;
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const ISSUER: &str = "https://host/t/auth";

    fn outcome_as(typ: JwtType, change: &Value) -> Result<UserAssertion, InvalidUserAssertion> {
        let registration: ClientRegistration = serde_json::from_value(json!({
            "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://ehr.example/jwks"
        }))
        .unwrap();
        let client = registration
            .validate(ClientId::parse("ehr").unwrap(), RegisteredBy::Administrator)
            .unwrap();
        let mut claims = json!({
            "iss": "ehr", "sub": "acc_1", "aud": ISSUER, "jti": "1", "iat": 1_800_000_000, "exp": 1_800_000_300,
        });
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
            &client,
            &keys,
            &SigningAlgorithm::ALL,
            ISSUER,
            NOW,
        )
    }

    fn outcome(change: &Value) -> Result<UserAssertion, InvalidUserAssertion> {
        outcome_as(JwtType::UserAssertion, change)
    }

    #[test]
    fn a_user_is_named_in_exactly_one_way() {
        let user = |change: Value| outcome(&change).map(|assertion| assertion.user);
        assert_eq!(user(json!({})), Ok(AssertedUser::Account("acc_1".to_owned())));
        let upstream = AssertedUser::Upstream {
            provider: "staff".to_owned(),
            subject: "7".to_owned(),
        };
        assert_eq!(user(json!({"idp": "staff", "sub": "7"})), Ok(upstream));
        let resource = AssertedUser::FhirUser("Practitioner/7".to_owned());
        assert_eq!(user(json!({"fhirUser": "Practitioner/7"})), Ok(resource.clone()));
        assert_eq!(user(json!({"fhirUser": "Practitioner/7", "sub": null})), Ok(resource));
        for change in [
            json!({"sub": null}),
            json!({"sub": null, "idp": "staff"}),
            json!({"idp": "staff", "fhirUser": "Practitioner/7"}),
        ] {
            assert_eq!(user(change), Err(InvalidUserAssertion::User));
        }
    }

    #[test]
    fn no_other_kind_of_token_passes_for_one() {
        for typ in [JwtType::IdToken, JwtType::ClientAssertion, JwtType::AccessToken] {
            assert_eq!(
                outcome_as(typ, &json!({})),
                Err(InvalidUserAssertion::Jwt(JwtError::WrongType))
            );
        }
    }

    #[test]
    fn it_is_for_this_issuer_by_this_client_and_lives_five_minutes() {
        let refused = |change: Value| outcome(&change).unwrap_err();
        let jwt = InvalidUserAssertion::Jwt;
        assert_eq!(refused(json!({"iss": "other"})), jwt(JwtError::WrongIssuer));
        for audience in [json!("https://host/other/auth"), json!([ISSUER]), Value::Null] {
            assert_eq!(refused(json!({"aud": audience})), jwt(JwtError::WrongAudience));
        }
        assert_eq!(refused(json!({"exp": 1_800_000_301})), jwt(JwtError::LifetimeTooLong));
        assert_eq!(
            refused(json!({"exp": 1_799_999_900, "iat": 1_799_999_800})),
            jwt(JwtError::Expired)
        );
        assert_eq!(refused(json!({"exp": null})), jwt(JwtError::ExpiryMissing));
        assert_eq!(refused(json!({"iat": null})), jwt(JwtError::Claims));
        assert_eq!(refused(json!({"jti": null})), jwt(JwtError::Claims));
        assert_eq!(refused(json!({"jti": ""})), InvalidUserAssertion::Id);
    }

    #[test]
    fn the_sign_in_is_as_old_as_the_ehr_says_and_never_in_the_future() {
        let at = |change: Value| outcome(&change).map(|assertion| assertion.authenticated_at);
        assert_eq!(
            at(json!({"auth_time": 1_799_990_000})),
            Ok(Timestamp::from_seconds(1_799_990_000))
        );
        assert_eq!(at(json!({})), Ok(NOW));
        assert_eq!(at(json!({"auth_time": 1_800_000_005})), Ok(NOW));
        assert_eq!(
            at(json!({"auth_time": 1_800_000_061})),
            Err(InvalidUserAssertion::AuthTime)
        );
    }

    #[test]
    fn methods_are_a_short_list_of_short_texts() {
        let good = outcome(&json!({"acr": "phr", "amr": ["hwk", "pin"]})).unwrap();
        assert_eq!((good.acr.as_deref(), good.amr.len()), (Some("phr"), 2));
        for change in [json!({"acr": ""}), json!({"amr": [""]}), json!({"amr": vec!["x"; 11]})] {
            assert_eq!(outcome(&change), Err(InvalidUserAssertion::Methods));
        }
        assert_eq!(
            outcome(&json!({"amr": "pwd"})),
            Err(InvalidUserAssertion::Jwt(JwtError::Claims))
        );
    }
}
