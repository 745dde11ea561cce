//! Verification of JWTs, with every rule that applies stated by the caller and none left to a default.
//!
//! RFC 8725 is the background: the algorithm comes from our list and the key, never from the header alone; `typ` keeps
//! one kind of token from passing for another; keys sent inside the header are ignored.

use super::{Jwk, JwkSet, SigningAlgorithm, decode};
use crate::kernel::Timestamp;
use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents};
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// Longest JWT that is looked at, in bytes.
pub const LENGTH_LIMIT: usize = super::super::parameters::LONG_VALUE_LIMIT;
/// Longest `kid` that is looked up, in bytes.
pub const KID_LIMIT: usize = 256;

/// Why a JWT is refused. The texts hold nothing of the token.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum JwtError {
    /// Longer than [`LENGTH_LIMIT`].
    #[error("the JWT is longer than {LENGTH_LIMIT} bytes")]
    TooLong,
    /// Not three parts of strict base64url holding JSON objects with unique members.
    #[error("the JWT is not a JWS in compact form")]
    Malformed,
    /// `alg` is `none`, symmetric, unknown, or not allowed here.
    #[error("the JWT's algorithm is not allowed")]
    AlgorithmNotAllowed,
    /// `typ` says that this is another kind of token, or is absent where it has to be present.
    #[error("the JWT has the wrong typ")]
    WrongType,
    /// A `crit` header: we implement no extension (RFC 7515 section 4.1.11).
    #[error("the JWT demands an extension that is not supported")]
    CriticalHeader,
    /// No key with this `kid`, or none fit for the algorithm. Fetching the keys again may help.
    #[error("no key is known that could have signed the JWT")]
    UnknownKey,
    /// Several keys could have signed it.
    #[error("several keys could have signed the JWT; it needs a kid, and each kid one key")]
    AmbiguousKey,
    /// The signature is wrong.
    #[error("the JWT's signature does not match")]
    Signature,
    /// `exp` is missing.
    #[error("the JWT has no exp")]
    ExpiryMissing,
    /// `exp` has passed.
    #[error("the JWT has expired")]
    Expired,
    /// `exp` lies further ahead than allowed.
    #[error("the JWT is valid for longer than allowed")]
    LifetimeTooLong,
    /// `nbf` or `iat` lies in the future.
    #[error("the JWT is not valid yet")]
    NotYetValid,
    /// `exp`, `nbf` or `iat` is not an integer.
    #[error("a time in the JWT is not an integer")]
    TimeNotAnInteger,
    /// `iss` is missing or another.
    #[error("the JWT has the wrong issuer")]
    WrongIssuer,
    /// `aud` is missing or does not satisfy the rule.
    #[error("the JWT is meant for another audience")]
    WrongAudience,
    /// A claim is missing or has the wrong type.
    #[error("the JWT lacks a claim, or one has the wrong type")]
    Claims,
    /// The key in the header holds its private half, which is no secret from now on.
    #[error("the JWT's header holds a private key")]
    PrivateKeySent,
}

impl JwtError {
    /// The stable short name of the check.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "jwt_too_long",
            Self::Malformed => "jwt_malformed",
            Self::AlgorithmNotAllowed => "jwt_algorithm",
            Self::WrongType => "jwt_type",
            Self::CriticalHeader => "jwt_crit",
            Self::UnknownKey => "jwt_unknown_key",
            Self::AmbiguousKey => "jwt_ambiguous_key",
            Self::Signature => "jwt_signature",
            Self::ExpiryMissing => "jwt_exp_missing",
            Self::Expired => "jwt_expired",
            Self::LifetimeTooLong => "jwt_lifetime",
            Self::NotYetValid => "jwt_not_yet_valid",
            Self::TimeNotAnInteger => "jwt_time_format",
            Self::WrongIssuer => "jwt_issuer",
            Self::WrongAudience => "jwt_audience",
            Self::Claims => "jwt_claims",
            Self::PrivateKeySent => "jwt_private_key",
        }
    }
}

/// A public key ready for use, bound to the algorithms it may verify.
struct VerificationKey {
    kid: Option<String>,
    parsed: Vec<(SigningAlgorithm, ParsedPublicKey)>,
}

impl VerificationKey {
    /// `None` when the key is not for signatures, of a type we do not know, or damaged.
    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        if !jwk.is_for_signatures() {
            return None;
        }
        let parse = |algorithm| Some((algorithm, parse_public_key(jwk, algorithm)?));
        let parsed: Vec<_> = jwk.algorithms().into_iter().filter_map(parse).collect();
        (!parsed.is_empty()).then(|| Self {
            kid: jwk.kid.clone(),
            parsed,
        })
    }

    fn for_algorithm(&self, algorithm: SigningAlgorithm) -> Option<&ParsedPublicKey> {
        self.parsed
            .iter()
            .find(|(known, _)| *known == algorithm)
            .map(|(_, key)| key)
    }
}

fn parse_public_key(jwk: &Jwk, algorithm: SigningAlgorithm) -> Option<ParsedPublicKey> {
    if let Some(parameters) = algorithm.rsa_parameters() {
        let n = decode(jwk.n.as_deref()?)?;
        let e = decode(jwk.e.as_deref()?)?;
        // RFC 7518 section 6.3.1.1 forbids leading zeros, but encoders that write a sign byte exist.
        let n = n.strip_prefix(&[0]).unwrap_or(&n);
        let bits = n.len() * 8;
        if !(2048..=8192).contains(&bits) {
            return None;
        }
        return RsaPublicKeyComponents { n, e: e.as_slice() }
            .to_parsed_public_key(parameters)
            .ok();
    }
    let x = decode(jwk.x.as_deref()?)?;
    let raw = if algorithm == SigningAlgorithm::EdDSA {
        x
    } else {
        let y = decode(jwk.y.as_deref()?)?;
        if x.len() != y.len() {
            return None; // RFC 7518 section 6.2.1.2: both coordinates have the curve's full length
        }
        [&[4][..], &x, &y].concat() // SEC 1 section 2.3.3; AWS-LC checks the length and that the point is on the curve
    };
    ParsedPublicKey::new(algorithm.raw_key_verification()?, raw).ok()
}

/// The usable keys of a JWK Set, parsed once. Keep it behind an `Arc` beside its source.
#[derive(Default)]
pub struct VerificationKeys(Vec<VerificationKey>);

impl VerificationKeys {
    /// Takes the keys that can verify signatures and leaves the others out.
    pub fn from_jwk_set(set: &JwkSet) -> Self {
        Self(set.keys.iter().filter_map(VerificationKey::from_jwk).collect())
    }

    /// From single keys, such as our own.
    pub fn from_jwks<'a>(keys: impl IntoIterator<Item = &'a Jwk>) -> Self {
        Self(keys.into_iter().filter_map(VerificationKey::from_jwk).collect())
    }

    /// Number of usable keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no key is usable.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one key that fits: with a `kid` the key of that name, without one the only key for the algorithm.
    fn select(&self, kid: Option<&str>, algorithm: SigningAlgorithm) -> Result<&ParsedPublicKey, JwtError> {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| kid.is_none() || key.kid.as_deref() == kid)
            .filter_map(|key| key.for_algorithm(algorithm));
        let first = fitting.next().ok_or(JwtError::UnknownKey)?;
        if fitting.next().is_some() {
            Err(JwtError::AmbiguousKey)
        } else {
            Ok(first)
        }
    }
}

impl fmt::Debug for VerificationKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.kid)).finish()
    }
}

/// Who the token has to be meant for.
#[derive(Clone, Copy, Debug)]
pub enum Audience<'a> {
    /// A JSON string equal to one of these; no array, not even one with a single element (RFC 10070, FAPI 2.0).
    StringOf(&'a [&'a str]),
    /// A JSON string, or an array with one element, equal to one of these.
    SingleOf(&'a [&'a str]),
    /// A string or an array that contains this value (RFC 7519 section 4.1.3).
    Contains(&'a str),
}

impl Audience<'_> {
    fn accepts(&self, claim: Option<&Value>) -> bool {
        match (self, claim) {
            (Self::StringOf(list) | Self::SingleOf(list), Some(Value::String(audience))) => {
                list.contains(&audience.as_str())
            }
            (Self::SingleOf(list), Some(Value::Array(elements))) => {
                matches!(elements.as_slice(), [Value::String(audience)] if list.contains(&audience.as_str()))
            }
            (Self::Contains(own), Some(Value::String(audience))) => audience == own,
            (Self::Contains(own), Some(Value::Array(elements))) => {
                elements.iter().all(Value::is_string) && elements.iter().any(|element| element == own)
            }
            _ => false,
        }
    }
}

/// What `exp` has to satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Present and not past.
    Required,
    /// Present, not past, and at most this long after `iat` (after now when `iat` is absent).
    Within(Duration),
    /// Not past, if it is there (RFC 7519 section 4.1.4).
    IfPresent,
    /// Not looked at: an `id_token_hint` may have expired (OpenID Connect RP-Initiated Logout section 2).
    Ignored,
}

/// The rules one kind of token has to pass.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Allowed algorithms; the key has to allow the algorithm too.
    pub algorithms: &'a [SigningAlgorithm],
    /// Allowed `typ` values, in lower case and without `application/`.
    pub types: &'a [&'a str],
    /// Whether a token without `typ` is accepted.
    pub type_may_be_absent: bool,
    /// The exact issuer.
    pub issuer: &'a str,
    /// The audience.
    pub audience: Audience<'a>,
    /// The expiry.
    pub expiry: Expiry,
    /// How far clocks may differ.
    pub skew: Duration,
}

/// The header members that matter. `x5u` and `x5c` are not among them on purpose, `jku` is compared, never followed
/// (RFC 8725 section 3.10), and `jwk` is looked at by [`UnverifiedJwt::verify_possession`] alone.
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    jku: Option<String>,
    jwk: Option<Value>,
    critical: bool,
}

/// A JWT that was taken apart but not verified. Its claims say what someone wants us to believe.
pub struct UnverifiedJwt<'a> {
    header: Header,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> UnverifiedJwt<'a> {
    /// Takes a compact JWS apart (RFC 7515 section 7.1).
    pub fn parse(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > LENGTH_LIMIT {
            return Err(JwtError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        if claims.contains('.') {
            return Err(JwtError::Malformed); // five parts are a JWE
        }
        let header = Header::from_object(&object(header)?)?;
        let claims = object(claims)?;
        let signature = decode(signature).ok_or(JwtError::Malformed)?;
        Ok(Self {
            header,
            claims,
            signed,
            signature,
        })
    }

    /// The key id of the header.
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// Whether the header's `typ` is this media type, compared without case; "application/" may be left out
    /// (RFC 7515 section 4.1.9).
    pub fn has_type(&self, typ: &str) -> bool {
        self.header.typ.as_ref().is_some_and(|own| {
            let own = own.to_ascii_lowercase();
            own.strip_prefix("application/")
                .unwrap_or(&own)
                .eq_ignore_ascii_case(typ)
        })
    }

    /// The key set URL of the header, to compare with the registered one.
    pub fn key_url(&self) -> Option<&str> {
        self.header.jku.as_deref()
    }

    /// A claim as text, only to find out whose keys to verify with.
    pub fn unverified_claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// Checks all rules and yields the claims. Cheap checks come first, so that junk costs no signature.
    pub fn verify<C: DeserializeOwned>(
        self,
        keys: &VerificationKeys,
        rules: &Rules<'_>,
        now: Timestamp,
    ) -> Result<C, JwtError> {
        let algorithm = self.check_header(rules)?;
        if self.claims.get("iss").and_then(Value::as_str) != Some(rules.issuer) {
            return Err(JwtError::WrongIssuer);
        }
        if !rules.audience.accepts(self.claims.get("aud")) {
            return Err(JwtError::WrongAudience);
        }
        self.check_times(rules, now)?;
        let key = keys.select(self.kid(), algorithm)?;
        key.verify_sig(self.signed.as_bytes(), &self.signature)
            .map_err(|_| JwtError::Signature)?;
        serde_json::from_value(Value::Object(self.claims)).map_err(|_| JwtError::Claims)
    }

    /// Verifies a signed statement that is for nobody in particular: form, signature, and the times it names (RFC 7591
    /// section 2.3). Whose keys these are is for the caller, who chose them by `iss`.
    pub fn verify_statement<C: DeserializeOwned>(
        self,
        keys: &VerificationKeys,
        algorithms: &[SigningAlgorithm],
        now: Timestamp,
    ) -> Result<C, JwtError> {
        let algorithm = self.check_form(algorithms, &["jwt"], true)?;
        let time = |name: &str| {
            self.claims
                .get(name)
                .map(|value| value.as_i64().ok_or(JwtError::TimeNotAnInteger))
        };
        if let Some(end) = time("exp").transpose()?
            && now >= Timestamp::from_seconds(end)
        {
            return Err(JwtError::Expired);
        }
        if let Some(start) = time("nbf").transpose()?
            && now < Timestamp::from_seconds(start)
        {
            return Err(JwtError::NotYetValid);
        }
        let key = keys.select(self.kid(), algorithm)?;
        key.verify_sig(self.signed.as_bytes(), &self.signature)
            .map_err(|_| JwtError::Signature)?;
        serde_json::from_value(Value::Object(self.claims)).map_err(|_| JwtError::Claims)
    }

    /// Verifies that whoever made the token holds the private half of the key in its header, and nothing else: who that
    /// is, and every claim, is for the caller to judge (RFC 9449 section 4.3). The key has to be a bare public key.
    pub fn verify_possession<C: DeserializeOwned>(
        self,
        typ: &str,
        algorithms: &[SigningAlgorithm],
    ) -> Result<(Jwk, C), JwtError> {
        let algorithm = self.check_form(algorithms, &[typ], false)?;
        let key = self.header.jwk.clone().ok_or(JwtError::UnknownKey)?;
        let key: Jwk = serde_json::from_value(key).map_err(|_| JwtError::Malformed)?;
        if key.held_private_material {
            return Err(JwtError::PrivateKeySent);
        }
        let own = VerificationKeys::from_jwks([&key]);
        own.select(None, algorithm)?
            .verify_sig(self.signed.as_bytes(), &self.signature)
            .map_err(|_| JwtError::Signature)?;
        let claims = serde_json::from_value(Value::Object(self.claims)).map_err(|_| JwtError::Claims)?;
        Ok((key, claims))
    }

    fn check_header(&self, rules: &Rules<'_>) -> Result<SigningAlgorithm, JwtError> {
        self.check_form(rules.algorithms, rules.types, rules.type_may_be_absent)
    }

    fn check_form(
        &self,
        algorithms: &[SigningAlgorithm],
        types: &[&str],
        type_may_be_absent: bool,
    ) -> Result<SigningAlgorithm, JwtError> {
        let algorithm = self.header.alg.parse().map_err(|_| JwtError::AlgorithmNotAllowed)?;
        if !algorithms.contains(&algorithm) {
            return Err(JwtError::AlgorithmNotAllowed);
        }
        if self.header.critical {
            return Err(JwtError::CriticalHeader);
        }
        let right_type = match self.header.typ {
            None => type_may_be_absent,
            Some(_) => types.iter().any(|allowed| self.has_type(allowed)),
        };
        if right_type {
            Ok(algorithm)
        } else {
            Err(JwtError::WrongType)
        }
    }

    fn check_times(&self, rules: &Rules<'_>, now: Timestamp) -> Result<(), JwtError> {
        let time = |name: &str| match self.claims.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_i64()
                .map(|s| Some(Timestamp::from_seconds(s)))
                .ok_or(JwtError::TimeNotAnInteger),
        };
        let (expiry, not_before, issued) = (time("exp")?, time("nbf")?, time("iat")?);
        // RFC 7519 section 4.1.4: no longer valid *on* the expiry time.
        let unexpired = |expiry: Option<Timestamp>| match expiry {
            None => Err(JwtError::ExpiryMissing),
            Some(end) if now >= end + rules.skew => Err(JwtError::Expired),
            Some(end) => Ok(end),
        };
        match rules.expiry {
            Expiry::Ignored => {}
            Expiry::IfPresent if expiry.is_none() => {}
            Expiry::Required | Expiry::IfPresent => {
                unexpired(expiry)?;
            }
            Expiry::Within(longest) => {
                let end = unexpired(expiry)?;
                let latest = issued.map_or(now + rules.skew + longest, |start| start + longest);
                if end > latest {
                    return Err(JwtError::LifetimeTooLong);
                }
            }
        }
        // `iat` in the future is not covered by RFC 7519; such a token was made to outlive its lifetime limit.
        if [not_before, issued]
            .into_iter()
            .flatten()
            .any(|start| start > now + rules.skew)
        {
            return Err(JwtError::NotYetValid);
        }
        Ok(())
    }
}

impl Header {
    fn from_object(object: &Map<String, Value>) -> Result<Self, JwtError> {
        let text = |name: &str| match object.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(JwtError::Malformed),
        };
        let kid = text("kid")?;
        if kid.as_ref().is_some_and(|kid| kid.len() > KID_LIMIT) {
            return Err(JwtError::Malformed);
        }
        Ok(Self {
            alg: text("alg")?.ok_or(JwtError::Malformed)?,
            typ: text("typ")?,
            kid,
            jku: text("jku")?,
            jwk: object.get("jwk").cloned(),
            critical: object.contains_key("crit"),
        })
    }
}

/// A JSON object whose top-level members are unique (RFC 7519 section 4): with repeated ones, two readers see two tokens.
struct UniqueMembers(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = UniqueMembers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<UniqueMembers, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member is repeated"));
                    }
                }
                Ok(UniqueMembers(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

fn object(part: &str) -> Result<Map<String, Value>, JwtError> {
    let bytes = decode(part).ok_or(JwtError::Malformed)?;
    serde_json::from_slice::<UniqueMembers>(&bytes)
        .map(|members| members.0)
        .map_err(|_| JwtError::Malformed)
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
