//! Access tokens of our own, presented back to us: at userinfo, and by callers of introspection (RFC 6750).

use super::token::token_id_of;
use crate::kernel::Timestamp;
use crate::oauth::access_token::AccessTokenClaims;
use crate::oauth::jose::verify::Expiry;
use crate::oauth::jose::{Audience, Rules, SigningAlgorithm, UnverifiedJwt};
use crate::oauth::limits;
use crate::store::StoreError;
use crate::store::tenant::Grant;
use crate::tenant::TenantCx;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A token of this tenant that is signed, unexpired and not revoked, with the grant it came from.
pub struct VerifiedAccessToken {
    /// What the token says.
    pub claims: AccessTokenClaims,
    /// The live grant behind it; `None` for a client that acts for itself.
    pub grant: Option<Grant>,
}

/// Why a bearer token was not accepted (RFC 6750 section 3.1).
#[derive(Debug)]
pub enum BearerRefusal {
    /// No token was sent: a challenge without an error.
    Missing,
    /// The header or form is malformed, or the token came in two places.
    Malformed(&'static str),
    /// Unknown, expired, revoked, or not meant for us.
    Invalid,
    /// The token says that it belongs to another tenant.
    TenantMismatch,
    /// The token lacks this scope.
    InsufficientScope(&'static str),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for BearerRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for BearerRefusal {
    fn into_response(self) -> Response {
        let (status, error, extra, description) = match self {
            Self::Missing => (StatusCode::UNAUTHORIZED, "", String::new(), ""),
            Self::Malformed(description) => (StatusCode::BAD_REQUEST, "invalid_request", String::new(), description),
            Self::Invalid => (
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                String::new(),
                "The access token is expired, revoked or unknown.",
            ),
            Self::TenantMismatch => (
                StatusCode::FORBIDDEN,
                "tenant_mismatch",
                String::new(),
                "The access token belongs to another tenant.",
            ),
            Self::InsufficientScope(scope) => (
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                format!(", scope=\"{scope}\""),
                "The access token lacks a scope.",
            ),
            Self::Store(error) => return super::Refusal::from(error).into_response(),
        };
        // RFC 6750 section 3.1: without a token the challenge has no error.
        let challenge = if error.is_empty() {
            "Bearer realm=\"wardkey\"".to_owned()
        } else {
            format!("Bearer realm=\"wardkey\", error=\"{error}\", error_description=\"{description}\"{extra}")
        };
        let body = if error.is_empty() {
            status.into_response()
        } else {
            let body = serde_json::json!({ "error": error, "error_description": description });
            (status, axum::Json(body)).into_response()
        };
        let mut response = super::reply::do_not_store(body);
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750 section 2.1); `None` when the header is absent.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, BearerRefusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(BearerRefusal::Malformed("Send one Authorization header."));
    }
    let text = value
        .to_str()
        .map_err(|_| BearerRefusal::Malformed("The Authorization header is not readable."))?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
            Ok(Some(token.trim()))
        }
        _ => Err(BearerRefusal::Malformed(
            "The Authorization header has to be: Bearer, a space, and the access token.",
        )),
    }
}

/// Whether the token itself claims to be of another tenant of this server. The claim proves nothing, so a made-up token
/// that says so is answered alike.
fn names_another_tenant(cx: &TenantCx, jwt: &UnverifiedJwt<'_>) -> bool {
    let base = cx.urls().base().as_str();
    jwt.unverified_claim("iss").is_some_and(|issuer| {
        issuer != cx.issuer()
            && issuer
                .strip_prefix(base)
                .is_some_and(|path| path.starts_with('/') && path.ends_with("/auth"))
    })
}

/// Verifies an access token of this tenant: form, signature, time, then the grant behind it.
pub async fn verify(cx: &TenantCx, token: &str) -> Result<VerifiedAccessToken, BearerRefusal> {
    let jwt = UnverifiedJwt::parse(token).map_err(|_| BearerRefusal::Invalid)?;
    if names_another_tenant(cx, &jwt) {
        return Err(BearerRefusal::TenantMismatch);
    }
    let audiences: Vec<&str> = cx
        .tenant()
        .fhir_bases
        .iter()
        .map(crate::smart::FhirBase::as_str)
        .collect();
    let rules = Rules {
        algorithms: &SigningAlgorithm::ALL,
        // RFC 9068 section 4: an ID token or any other JWT of ours is not an access token.
        types: &["at+jwt"],
        type_may_be_absent: false,
        issuer: cx.issuer(),
        audience: Audience::StringOf(&audiences),
        expiry: Expiry::Required,
        // Our own clock signed it.
        skew: std::time::Duration::ZERO,
    };
    let claims: AccessTokenClaims = jwt
        .verify(cx.keys().verification(), &rules, cx.now())
        .map_err(|_| BearerRefusal::Invalid)?;
    if claims.tenant_id != cx.id() {
        return Err(BearerRefusal::TenantMismatch);
    }
    let mut rows = cx.read().await?;
    if rows.is_access_token_revoked(&claims.jti).await? {
        return Err(BearerRefusal::Invalid);
    }
    let grant = match token_id_of(&claims.jti) {
        Some(grant) => Some(
            rows.find_live_grant(grant, cx.now())
                .await?
                .ok_or(BearerRefusal::Invalid)?,
        ),
        None => None,
    };
    rows.commit().await?;
    // A client that acts for itself has no grant to revoke; switching it off ends its tokens.
    if grant.is_none() && cx.find_client(claims.client_id.as_str()).await?.is_none() {
        return Err(BearerRefusal::Invalid);
    }
    Ok(VerifiedAccessToken { claims, grant })
}

/// When a token ends, for keeping its revocation until then.
pub(super) fn ends_at(claims: &AccessTokenClaims) -> Timestamp {
    Timestamp::from_seconds(claims.exp) + limits::CLOCK_SKEW
}
