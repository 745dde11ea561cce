//! Verifying an ID token (OpenID Connect Core 1.0 sections 2 and 3.1.3.7).
//!
//! Signature, `iss`, `aud`, `exp` and `nonce` are checked by the `openidconnect` crate with our algorithm list and our
//! clock; what it leaves to its callers (`azp`, `iat`, `nbf`, `sub`, `at_hash`, `auth_time`, `acr`) is checked here.

use super::CLOCK_SKEW;
use super::config::OidcProviderConfig;
use super::directory::Provider;
use super::failure::{Check, SignInFailure};
use super::pending::PendingSignIn;
use crate::kernel::{Secret, Timestamp};
use aws_lc_rs::constant_time;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, EmptyAdditionalClaims, IdToken, IdTokenVerifier,
    IssuerUrl, Nonce, SignatureVerificationError,
};
use serde_json::{Map, Value};
use std::time::Duration;

/// Oldest `iat` accepted: the token was made for this sign-in, moments ago.
pub(super) const MAX_AGE: Duration = Duration::from_mins(10);
/// Longest `sub` in bytes (section 2).
pub(super) const MAX_SUBJECT: usize = 255;

type Token =
    IdToken<EmptyAdditionalClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What the token must fit.
pub(super) struct Expected<'a> {
    pub(super) config: &'a OidcProviderConfig,
    pub(super) pending: &'a PendingSignIn,
    pub(super) access_token: &'a Secret<String>,
    pub(super) now: Timestamp,
}

/// The claims of a token that passed every check.
#[derive(Clone)]
pub(super) struct VerifiedToken {
    pub(super) claims: Map<String, Value>,
}

impl VerifiedToken {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let items = self
            .claims
            .get(name)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        numeric_date(&self.claims, name)
    }
}

/// Whether the token says by which key it is signed.
pub(super) fn names_its_key(raw: &str) -> bool {
    raw.split('.')
        .next()
        .and_then(object)
        .is_some_and(|header| header.get("kid").is_some_and(Value::is_string))
}

/// Runs every check.
pub(super) fn verify(provider: &Provider, expected: &Expected<'_>, raw: &str) -> Result<VerifiedToken, SignInFailure> {
    let (header, claims) = split(raw)?;
    check_algorithm(&header, expected.config)?;
    check_presence(&claims)?;
    let token: Token = raw.parse().map_err(|_| {
        SignInFailure::new(
            Check::IdTokenForm,
            "a standard claim or header member has a type that is not allowed",
        )
    })?;

    let verifier = verifier(provider, expected)?;
    let nonce = |sent_back: Option<&Nonce>| {
        let sent_back = sent_back.map(|nonce| nonce.secret().as_bytes()).unwrap_or_default();
        if expected.pending.nonce.ct_eq(sent_back) {
            Ok(())
        } else {
            Err(String::new())
        }
    };
    token.claims(&verifier, nonce).map_err(|error| failed(&error))?;

    check_authorized_party(&claims, &expected.config.client_id)?;
    check_times(&claims, expected.now)?;
    check_subject(&claims)?;
    check_access_token_hash(&claims, &token, &verifier, expected.access_token)?;
    check_authentication(&claims, expected)?;
    Ok(VerifiedToken { claims })
}

fn object(segment: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).ok()?).ok()
}

pub(super) type Header = Map<String, Value>;
pub(super) type Claims = Map<String, Value>;

/// Compact JWS form: three segments, of which two are JSON objects (RFC 7515 section 7.1).
pub(super) fn split(raw: &str) -> Result<(Header, Claims), SignInFailure> {
    let form = |detail: &'static str| SignInFailure::new(Check::IdTokenForm, detail);
    let segments: Vec<&str> = raw.split('.').collect();
    match segments.as_slice() {
        [header, claims, _signature] => object(header)
            .zip(object(claims))
            .ok_or_else(|| form("the ID token is not a JWT: header and claims must be base64url of JSON objects")),
        [_, _, _, _, _] => Err(form(
            "the ID token is encrypted; switch that off for this client at the provider",
        )),
        _ => Err(form("the ID token is not a signed JWT of three parts")),
    }
}

/// The list is the tenant's, never the provider's own (RFC 8725 section 3.1).
pub(super) fn check_algorithm(header: &Map<String, Value>, config: &OidcProviderConfig) -> Result<(), SignInFailure> {
    let algorithm = header.get("alg").and_then(Value::as_str);
    if config
        .id_token_algorithms
        .iter()
        .any(|allowed| Some(allowed.as_str()) == algorithm)
    {
        return Ok(());
    }
    let allowed: Vec<&str> = config
        .id_token_algorithms
        .iter()
        .map(|allowed| allowed.as_str())
        .collect();
    Err(SignInFailure::new(
        Check::IdTokenAlgorithm,
        format!(
            "the ID token is not signed with an accepted algorithm ({})",
            allowed.join(", ")
        ),
    ))
}

/// Required claims are there and have their type, so that a fault is reported under its own name.
fn check_presence(claims: &Map<String, Value>) -> Result<(), SignInFailure> {
    for (name, check) in [("iss", Check::Issuer), ("sub", Check::Subject), ("nonce", Check::Nonce)] {
        if !claims.get(name).is_some_and(Value::is_string) {
            return Err(SignInFailure::new(check, format!("{name} is missing or no string")));
        }
    }
    for (name, check) in [("exp", Check::Expiry), ("iat", Check::IssuedAt)] {
        if numeric_date(claims, name).is_none() {
            return Err(SignInFailure::new(
                check,
                format!("{name} is missing or no number of seconds"),
            ));
        }
    }
    match claims.get("aud") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(items)) if !items.is_empty() && items.iter().all(Value::is_string) => Ok(()),
        _ => Err(SignInFailure::new(
            Check::Audience,
            "aud is missing, or neither a string nor a list of strings",
        )),
    }
}

fn verifier<'a>(
    provider: &Provider,
    expected: &Expected<'a>,
) -> Result<IdTokenVerifier<'a, CoreJsonWebKey>, SignInFailure> {
    let config = expected.config;
    let issuer = IssuerUrl::new(config.issuer.clone())
        .map_err(|_| SignInFailure::new(Check::Configuration, "the issuer is not a URL"))?;
    // A token is good until `exp` plus skew, so the library's clock is set back by the skew.
    let moment = DateTime::from_timestamp_micros((expected.now - CLOCK_SKEW).micros())
        .ok_or_else(|| SignInFailure::new(Check::Configuration, "the server's clock is out of range"))?;
    let client = ClientId::new(config.client_id.clone());
    Ok(
        IdTokenVerifier::new_public_client(client, issuer, provider.keys.clone())
            .set_allowed_algs(config.id_token_algorithms.iter().map(|algorithm| algorithm.core()))
            .set_other_audience_verifier_fn(|other| {
                config.trusted_audiences.iter().any(|trusted| trusted == other.as_str())
            })
            .set_time_fn(move || moment),
    )
}

/// The library's texts quote the token, so only the kind of error is taken over.
fn failed(error: &ClaimsVerificationError) -> SignInFailure {
    use SignatureVerificationError as Signature;
    let (check, detail) = match error {
        ClaimsVerificationError::InvalidIssuer(_) => (Check::Issuer, "iss is not the pinned issuer"),
        ClaimsVerificationError::InvalidAudience(_) => (
            Check::Audience,
            "aud lacks our client id, or holds another audience that is not trusted",
        ),
        ClaimsVerificationError::Expired(_) => (Check::Expiry, "the ID token has expired; compare the clocks"),
        ClaimsVerificationError::InvalidNonce(_) => (Check::Nonce, "nonce is not the one that was sent"),
        ClaimsVerificationError::SignatureVerification(Signature::NoMatchingKey) => (
            Check::IdTokenKey,
            "no key of the provider fits kid and alg of the ID token, after fetching them again",
        ),
        ClaimsVerificationError::SignatureVerification(Signature::AmbiguousKeyId(_)) => (
            Check::IdTokenKey,
            "several keys of the provider fit the ID token; it must name one by kid",
        ),
        ClaimsVerificationError::SignatureVerification(Signature::InvalidKey(_)) => {
            (Check::IdTokenKey, "the provider's key is damaged")
        }
        ClaimsVerificationError::SignatureVerification(Signature::CryptoError(_)) => {
            (Check::IdTokenSignature, "the signature is wrong")
        }
        ClaimsVerificationError::SignatureVerification(_) => (
            Check::IdTokenAlgorithm,
            "the ID token is not signed with an accepted algorithm",
        ),
        _ => (
            Check::IdTokenForm,
            "typ, cty or crit of the ID token's header is not understood",
        ),
    };
    SignInFailure::new(check, detail)
}

/// Section 3.1.3.7, items 4 and 5.
fn check_authorized_party(claims: &Map<String, Value>, client_id: &str) -> Result<(), SignInFailure> {
    let several = claims
        .get("aud")
        .and_then(Value::as_array)
        .is_some_and(|audiences| audiences.len() > 1);
    match claims.get("azp") {
        Some(party) if party.as_str() == Some(client_id) => Ok(()),
        Some(_) => Err(SignInFailure::new(Check::AuthorizedParty, "azp is not our client id")),
        None if several => Err(SignInFailure::new(
            Check::AuthorizedParty,
            "there are several audiences and no azp",
        )),
        None => Ok(()),
    }
}

fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<(), SignInFailure> {
    let issued = numeric_date(claims, "iat")
        .ok_or_else(|| SignInFailure::new(Check::IssuedAt, "iat is missing or no number of seconds"))?;
    if issued > now + CLOCK_SKEW {
        let ahead = issued.since(now).as_secs();
        return Err(SignInFailure::new(
            Check::IssuedAt,
            format!("the provider's clock is {ahead} s ahead of ours; at most 60 s are accepted"),
        ));
    }
    if now.since(issued) > MAX_AGE {
        return Err(SignInFailure::new(
            Check::IssuedAt,
            "the ID token was issued more than 10 minutes ago",
        ));
    }
    match claims.get("nbf").map(|_| numeric_date(claims, "nbf")) {
        None => Ok(()),
        Some(Some(not_before)) if not_before <= now + CLOCK_SKEW => Ok(()),
        Some(_) => Err(SignInFailure::new(
            Check::NotBefore,
            "nbf lies in the future or is no number of seconds",
        )),
    }
}

fn check_subject(claims: &Map<String, Value>) -> Result<(), SignInFailure> {
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    if (1..=MAX_SUBJECT).contains(&subject.len()) {
        Ok(())
    } else {
        Err(SignInFailure::new(Check::Subject, "sub must have 1 to 255 bytes"))
    }
}

/// Section 3.1.3.8: binds the access token to the ID token, where the provider offers it.
fn check_access_token_hash(
    claims: &Map<String, Value>,
    token: &Token,
    verifier: &IdTokenVerifier<'_, CoreJsonWebKey>,
    access_token: &Secret<String>,
) -> Result<(), SignInFailure> {
    let Some(hash) = claims.get("at_hash") else {
        return Ok(());
    };
    let computed = token
        .signing_alg()
        .ok()
        .zip(token.signing_key(verifier).ok())
        .and_then(|(algorithm, key)| {
            AccessTokenHash::from_token(&AccessToken::new(access_token.expose().clone()), algorithm, key).ok()
        });
    let equal = hash.as_str().zip(computed).is_some_and(|(hash, computed)| {
        constant_time::verify_slices_are_equal(hash.as_bytes(), computed.as_bytes()).is_ok()
    });
    if equal {
        Ok(())
    } else {
        Err(SignInFailure::new(
            Check::AccessTokenHash,
            "at_hash does not belong to the access token",
        ))
    }
}

/// Section 3.1.3.7, items 12 and 13: what was asked for is what was done.
fn check_authentication(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), SignInFailure> {
    let pending = expected.pending;
    if !pending.required_acr.is_empty() {
        let reached = claims.get("acr").and_then(Value::as_str).unwrap_or_default();
        if !pending.required_acr.iter().any(|required| required == reached) {
            return Err(SignInFailure::new(
                Check::AuthenticationContext,
                "acr is missing or not among those required",
            ));
        }
    }
    let Some(max_age) = pending.max_age else { return Ok(()) };
    let wrong = |detail: &'static str| Err(SignInFailure::new(Check::AuthenticationTime, detail));
    match (claims.get("auth_time"), numeric_date(claims, "auth_time")) {
        (None, _) if expected.config.waive_auth_time => Ok(()),
        (None, _) => wrong("max_age was sent, and auth_time is missing"),
        (Some(_), None) => wrong("auth_time is no number of seconds"),
        (Some(_), Some(at)) if at > expected.now + CLOCK_SKEW => wrong("auth_time lies in the future"),
        // Counted from the start of this sign-in: for a forced one, the proof must have come after it.
        (Some(_), Some(at)) if at < pending.started_at - Duration::from_secs(max_age) - CLOCK_SKEW => {
            wrong("the user last proved who they are longer ago than max_age allows")
        }
        (Some(_), Some(_)) => Ok(()),
    }
}

/// NumericDate (RFC 7519 section 2): seconds, possibly with a fraction.
pub(super) fn numeric_date(claims: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    let value = claims.get(name)?;
    if let Some(seconds) = value.as_i64() {
        return Some(Timestamp::from_seconds(seconds));
    }
    let seconds = value.as_f64().filter(|seconds| seconds.abs() < 1e11)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below 1e11 s, microseconds fit an i64 with room to spare"
    )]
    Some(Timestamp::from_micros((seconds * 1e6) as i64))
}
