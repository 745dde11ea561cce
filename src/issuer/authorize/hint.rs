//! `id_token_hint` (OpenID Connect Core section 3.1.2.1).

use crate::oauth::jose::verify::Expiry;
use crate::oauth::jose::{Audience, Rules, SigningAlgorithm, UnverifiedJwt};
use crate::oauth::{Client, ErrorCode, OAuthError, limits};
use crate::tenant::TenantCx;
use serde::Deserialize;

#[derive(Deserialize)]
struct Hint {
    sub: String,
}

/// The subject of an ID token that this issuer gave this client; it may have expired.
pub(super) fn check(cx: &TenantCx, client: &Client, hint: Option<&str>) -> Result<Option<String>, OAuthError> {
    let Some(hint) = hint else { return Ok(None) };
    let rules = Rules {
        algorithms: &SigningAlgorithm::ALL,
        types: &["jwt"],
        type_may_be_absent: false,
        issuer: cx.issuer(),
        audience: Audience::Contains(client.client_id.as_str()),
        expiry: Expiry::Ignored,
        skew: limits::CLOCK_SKEW,
    };
    let refused = || {
        OAuthError::invalid_request(
            "id_token_hint",
            "Parameter id_token_hint is not an ID token of this client.",
        )
    };
    let claims: Hint = UnverifiedJwt::parse(hint)
        .and_then(|jwt| jwt.verify(cx.keys().verification(), &rules, cx.now()))
        .map_err(|_| refused())?;
    Ok(Some(claims.sub))
}

/// The one subject that the request accepts. Two that differ can be satisfied by nobody (OpenID Connect Core sections 3.1.2.1
/// and 5.5.1).
pub(super) fn agreed(hinted: Option<String>, demanded: Option<String>) -> Result<Option<String>, OAuthError> {
    match (hinted, demanded) {
        (Some(hinted), Some(demanded)) if hinted != demanded => Err(OAuthError::new(
            ErrorCode::LoginRequired,
            "subjects_differ",
            "Parameters id_token_hint and claims name different users.",
        )),
        (hinted, demanded) => Ok(hinted.or(demanded)),
    }
}
