//! Request objects: an authorization request as a JWT that its client signed (RFC 9101, OpenID Connect Core section 6).

use super::jose::verify::Expiry;
use super::jose::{Audience, JwtError, Rules, SigningAlgorithm, UnverifiedJwt, VerificationKeys};
use super::profile::ProfileRules;
use super::{Client, ErrorCode, OAuthError, Parameters, limits};
use crate::kernel::Timestamp;
use serde_json::{Map, Value};
use thiserror::Error;

/// The `typ` that RFC 9101 section 10.8 recommends.
const TYPE: &str = "oauth-authz-req+jwt";
/// Claims of the JWT itself (RFC 7519 section 4.1), which are no parameters.
const OF_THE_JWT: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// Which rule a request object breaks.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum RequestObjectError {
    /// A rule of every JWT.
    #[error("{0}")]
    Jwt(#[from] JwtError),
    /// Five parts: it is encrypted, and nobody here has a key for it.
    #[error("it is encrypted, which is not supported; send it signed")]
    Encrypted,
    /// `sub` is there: with it the object could pass for a client assertion (RFC 9101 section 10.8).
    #[error("it must not have a sub")]
    Subject,
    /// It refers to another one (RFC 9101 section 4).
    #[error("it must not contain request or request_uri")]
    Nested,
    /// Its `client_id` is not that of the request (RFC 9101 section 5).
    #[error("its client_id is not the client_id beside it")]
    Client,
    /// Its `response_type` is not that of the request (OpenID Connect Core section 6.1).
    #[error("its response_type is not the response_type beside it")]
    ResponseType,
    /// `nbf` or `exp` is missing, or they lie too far apart (FAPI 2.0 Message Signing section 5.3.1).
    #[error("it needs nbf and exp, at most an hour apart")]
    Window,
    /// A parameter has a type that no parameter has.
    #[error("a parameter is null or nested where a text is expected")]
    Parameter,
}

impl RequestObjectError {
    /// The stable short name of the rule.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Jwt(error) => error.reason(),
            Self::Encrypted => "request_object_encrypted",
            Self::Subject => "request_object_sub",
            Self::Nested => "request_object_nested",
            Self::Client => "request_object_client",
            Self::ResponseType => "request_object_response_type",
            Self::Window => "request_object_window",
            Self::Parameter => "request_object_parameter",
        }
    }
}

impl From<RequestObjectError> for OAuthError {
    fn from(error: RequestObjectError) -> Self {
        let description = format!("The request object is not accepted: {error}.");
        Self::new(ErrorCode::InvalidRequestObject, error.reason(), description)
    }
}

/// What is asked of a request object.
#[derive(Clone, Copy, Debug)]
pub struct RequestObjectRules<'a> {
    /// The client, whose id is `iss`.
    pub client: &'a Client,
    /// The issuer, which has to be among `aud` (RFC 9101 section 4).
    pub issuer: &'a str,
    /// The algorithms accepted of this client.
    pub algorithms: &'a [SigningAlgorithm],
    /// Its profile.
    pub profile: &'static ProfileRules,
}

impl RequestObjectRules<'_> {
    /// The parameters in a request object. Nothing of `outer` is added to them (RFC 9101 section 6.3).
    pub fn verify(
        &self,
        object: &str,
        outer: &Parameters,
        keys: &VerificationKeys,
        now: Timestamp,
    ) -> Result<Parameters, RequestObjectError> {
        if object.matches('.').count() == 4 {
            return Err(RequestObjectError::Encrypted);
        }
        let registered = self.client.openid.request_object_signing_alg;
        let algorithms: Vec<SigningAlgorithm> = match registered {
            Some(one) => self.algorithms.iter().copied().filter(|known| *known == one).collect(),
            None => self.algorithms.to_vec(),
        };
        let rules = Rules {
            algorithms: &algorithms,
            types: &["jwt", TYPE],
            type_may_be_absent: true,
            issuer: self.client.client_id.as_str(),
            audience: Audience::Contains(self.issuer),
            expiry: Expiry::IfPresent,
            skew: limits::CLOCK_SKEW,
        };
        let claims: Map<String, Value> = UnverifiedJwt::parse(object)?.verify(keys, &rules, now)?;
        self.check(&claims, outer)?;
        // Who asks is said by the signature; inside, it may be left out.
        let client_id = ("client_id".to_owned(), self.client.client_id.to_string());
        Ok(parameters(claims, self.issuer)?
            .into_iter()
            .chain([client_id])
            .collect())
    }

    fn check(&self, claims: &Map<String, Value>, outer: &Parameters) -> Result<(), RequestObjectError> {
        if claims.contains_key("sub") {
            return Err(RequestObjectError::Subject);
        }
        if claims.contains_key("request") || claims.contains_key("request_uri") {
            return Err(RequestObjectError::Nested);
        }
        let text = |name: &str| claims.get(name).map(|value| value.as_str().unwrap_or_default());
        if text("client_id").is_some_and(|inner| inner != self.client.client_id.as_str()) {
            return Err(RequestObjectError::Client);
        }
        let beside = outer.one("response_type").ok().flatten();
        if let (Some(inner), Some(beside)) = (text("response_type"), beside)
            && inner != beside
        {
            return Err(RequestObjectError::ResponseType);
        }
        let Some(longest) = self.profile.request_object_window else {
            return Ok(());
        };
        let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
        match (seconds("nbf"), seconds("exp")) {
            (Some(start), Some(end)) if Timestamp::from_seconds(end) <= Timestamp::from_seconds(start) + longest => {
                Ok(())
            }
            _ => Err(RequestObjectError::Window),
        }
    }
}

/// The claims as parameters. A list is a repeated parameter, an object is JSON, as in the query (RFC 9101 section 4).
fn parameters(claims: Map<String, Value>, issuer: &str) -> Result<Vec<(String, String)>, RequestObjectError> {
    // SMART names the FHIR server `aud` as well. What the JWT is meant for beside this server can be nothing else.
    let servers: Vec<(String, String)> = match claims.get("aud") {
        Some(Value::Array(audiences)) => audiences
            .iter()
            .filter_map(Value::as_str)
            .filter(|audience| *audience != issuer)
            .map(|audience| ("aud".to_owned(), audience.to_owned()))
            .collect(),
        _ => Vec::new(),
    };
    let mut pairs = Vec::new();
    for (name, value) in claims {
        match value {
            _ if name == "client_id" || OF_THE_JWT.contains(&name.as_str()) => {}
            Value::String(text) => pairs.push((name, text)),
            Value::Number(number) => pairs.push((name, number.to_string())),
            Value::Bool(flag) => pairs.push((name, flag.to_string())),
            Value::Array(values) if name == "resource" => {
                for value in values {
                    let text = value.as_str().ok_or(RequestObjectError::Parameter)?;
                    pairs.push((name.clone(), text.to_owned()));
                }
            }
            json @ (Value::Array(_) | Value::Object(_)) => pairs.push((name, json.to_string())),
            Value::Null => return Err(RequestObjectError::Parameter),
        }
    }
    pairs.extend(servers);
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::client::ClientId;
    use crate::oauth::client_registration::ClientRegistration;
    use crate::oauth::jose::{JwtType, RsaSize, SigningKeyPair};
    use crate::oauth::profile::SecurityProfile;
    use crate::oauth::redirect_uri::RegisteredBy;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const ISSUER: &str = "https://host/t/auth";

    fn client() -> Client {
        let registration: ClientRegistration = serde_json::from_value(json!({
            "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://app.example/jwks"
        }))
        .unwrap();
        registration
            .validate(ClientId::parse("app").unwrap(), RegisteredBy::Administrator)
            .unwrap()
    }

    fn rules(client: &Client, profile: SecurityProfile) -> RequestObjectRules<'_> {
        RequestObjectRules {
            client,
            issuer: ISSUER,
            algorithms: &[SigningAlgorithm::ES256],
            profile: profile.rules(),
        }
    }

    fn outcome(profile: SecurityProfile, typ: JwtType, change: &Value) -> Result<Parameters, RequestObjectError> {
        let client = client();
        let mut claims = json!({
            "iss": "app", "aud": ISSUER, "client_id": "app", "response_type": "code", "scope": "openid", "state": "s",
            "max_age": 60, "claims": {"userinfo": {"name": null}}, "resource": ["https://f/1", "https://f/2"]
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let key = SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::default()).unwrap();
        let outer = Parameters::from_iter([("client_id", "app"), ("response_type", "code"), ("nonce", "outer")]);
        let keys = VerificationKeys::from_jwks([key.public_jwk()]);
        rules(&client, profile).verify(&key.sign(typ, &claims).unwrap(), &outer, &keys, NOW)
    }

    fn plain(change: &Value) -> Result<Parameters, RequestObjectError> {
        outcome(SecurityProfile::Smart, JwtType::IdToken, change)
    }

    #[test]
    fn what_is_inside_counts_and_nothing_beside_it() {
        let parameters = plain(&json!({})).unwrap();
        assert_eq!(parameters.one("state"), Ok(Some("s")));
        assert_eq!(parameters.one("max_age"), Ok(Some("60")));
        assert_eq!(parameters.one("claims"), Ok(Some(r#"{"userinfo":{"name":null}}"#)));
        assert_eq!(parameters.many("resource").count(), 2);
        for absent in ["nonce", "iss", "aud"] {
            assert!(!parameters.contains(absent), "{absent}");
        }
    }

    #[test]
    fn the_fhir_server_may_stand_among_the_audiences() {
        let parameters = plain(&json!({ "aud": [ISSUER, "https://host/t/fhir"] })).unwrap();
        assert_eq!(parameters.one("aud"), Ok(Some("https://host/t/fhir")));
    }

    #[test]
    fn each_rule_has_its_refusal() {
        use RequestObjectError as E;
        for (change, error) in [
            (json!({ "iss": "other" }), E::Jwt(JwtError::WrongIssuer)),
            (
                json!({ "aud": "https://host/other/auth" }),
                E::Jwt(JwtError::WrongAudience),
            ),
            (json!({ "exp": 1_799_999_000 }), E::Jwt(JwtError::Expired)),
            (json!({ "nbf": 1_800_000_062 }), E::Jwt(JwtError::NotYetValid)),
            (json!({ "sub": "app" }), E::Subject),
            (json!({ "request_uri": "urn:x" }), E::Nested),
            (json!({ "request": "x" }), E::Nested),
            (json!({ "client_id": "other" }), E::Client),
            (json!({ "client_id": 7 }), E::Client),
            (json!({ "response_type": "token" }), E::ResponseType),
            (json!({ "state": null }), E::Parameter),
        ] {
            assert_eq!(plain(&change).unwrap_err(), error, "{change}");
        }
    }

    #[test]
    fn other_kinds_of_token_are_refused() {
        for typ in [JwtType::AccessToken, JwtType::ClientAssertion, JwtType::LogoutToken] {
            assert_eq!(
                outcome(SecurityProfile::Smart, typ, &json!({})).unwrap_err(),
                RequestObjectError::Jwt(JwtError::WrongType)
            );
        }
    }

    #[test]
    fn fapi_wants_a_window_of_an_hour() {
        let fapi = |change: Value| outcome(SecurityProfile::Fapi2, JwtType::IdToken, &change);
        for change in [
            json!({}),
            json!({ "exp": 1_800_000_300 }),
            json!({ "nbf": 1_800_000_000 }),
            json!({ "nbf": 1_800_000_000, "exp": 1_800_003_601 }),
        ] {
            assert_eq!(
                fapi(change.clone()).unwrap_err(),
                RequestObjectError::Window,
                "{change}"
            );
        }
        assert!(fapi(json!({ "nbf": 1_800_000_008, "exp": 1_800_003_600 })).is_ok());
        assert!(fapi(json!({ "nbf": 1_800_000_000, "exp": 1_800_000_300, "aud": ["https://x", ISSUER] })).is_ok());
    }

    #[test]
    fn an_encrypted_object_is_told_apart() {
        let client = client();
        let (outer, keys) = (Parameters::default(), VerificationKeys::default());
        let error = rules(&client, SecurityProfile::Smart)
            .verify("a.b.c.d.e", &outer, &keys, NOW)
            .unwrap_err();
        let told: OAuthError = error.into();
        assert_eq!(
            (error, told.code),
            (RequestObjectError::Encrypted, ErrorCode::InvalidRequestObject)
        );
    }
}
