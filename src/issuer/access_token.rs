//! Access tokens of our own, presented back to us: at userinfo, at FHIR endpoints, and by callers of introspection
//! (RFC 6750, RFC 9449 section 7).

use super::dpop::{self, ProofRefusal};
use super::token::token_id_of;
use crate::kernel::Timestamp;
use crate::kernel::credential::{Kind, recognise};
use crate::oauth::access_token::AccessTokenClaims;
use crate::oauth::dpop::{ALGORITHMS, Target};
use crate::oauth::error::{ErrorBody, ErrorCode};
use crate::oauth::jose::verify::Expiry;
use crate::oauth::jose::{Audience, Rules, SigningAlgorithm, UnverifiedJwt};
use crate::oauth::{ClientCertificate, OAuthError, limits};
use crate::patient_directory::is_own_client;
use crate::store::StoreError;
use crate::store::tenant::Grant;
use crate::tenant::{RefusalMark, TenantCx};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A token of this tenant that is signed, unexpired and not revoked, with the grant it came from.
pub struct VerifiedAccessToken {
    /// What the token says.
    pub claims: AccessTokenClaims,
    /// The live grant behind it; `None` for a client that acts for itself.
    pub grant: Option<Grant>,
}

/// Why an access token was not accepted (RFC 6750 section 3.1, RFC 9449 section 7.1).
#[derive(Debug)]
pub enum BearerRefusal {
    /// No token was sent: a challenge without an error.
    Missing,
    /// The header or form is malformed, or the token came in two places.
    Malformed(&'static str),
    /// Unknown, expired, revoked, or not meant for us; by the check that failed, which the caller does not learn.
    Invalid(&'static str),
    /// The token says that it belongs to another tenant.
    TenantMismatch,
    /// The token lacks this scope.
    InsufficientScope(&'static str),
    /// The token is bound to a key, and came without a proof of it, or as a bearer token.
    NotProven,
    /// The proof was not accepted; the nonce is the one to use.
    Proof {
        /// `invalid_dpop_proof` or `use_dpop_nonce`.
        error: OAuthError,
        /// The current nonce.
        nonce: String,
    },
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for BearerRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl BearerRefusal {
    /// The check that failed.
    const fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(reason) => reason,
            Self::Proof { error, .. } => error.reason,
            _ => self.shown(),
        }
    }

    /// The short code that the caller is shown: one for every token that is not good, so that a guess teaches nothing.
    pub const fn shown(&self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Malformed(_) => "token_malformed",
            Self::Invalid(_) => "token_invalid",
            Self::TenantMismatch => "tenant_mismatch",
            Self::InsufficientScope(_) => "scope_insufficient",
            Self::NotProven => "token_not_proven",
            Self::Proof { error, .. } => error.shown,
            Self::Store(_) => "store_unavailable",
        }
    }

    /// Status, error code, further challenge parameters, description.
    fn wire(&self) -> (StatusCode, &'static str, String, &'static str) {
        let unauthorized = |error, description| (StatusCode::UNAUTHORIZED, error, String::new(), description);
        match self {
            Self::Missing | Self::Store(_) => unauthorized("", ""),
            Self::Malformed(description) => (StatusCode::BAD_REQUEST, "invalid_request", String::new(), description),
            Self::Invalid(_) => unauthorized("invalid_token", "The access token is expired, revoked or unknown."),
            Self::NotProven => unauthorized(
                "invalid_token",
                "The access token is bound to a key: send it with the scheme DPoP and a proof.",
            ),
            // RFC 9449 section 7.1: at a resource the status of both is 401.
            Self::Proof { error, .. } if error.code == ErrorCode::UseDpopNonce => unauthorized(
                "use_dpop_nonce",
                "The DPoP proof needs the nonce of the header DPoP-Nonce.",
            ),
            Self::Proof { .. } => unauthorized("invalid_dpop_proof", "The DPoP proof is not accepted."),
            Self::TenantMismatch => {
                let description = "The access token belongs to another tenant.";
                (StatusCode::FORBIDDEN, "tenant_mismatch", String::new(), description)
            }
            Self::InsufficientScope(scope) => (
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                format!(", scope=\"{scope}\""),
                "The access token lacks a scope.",
            ),
        }
    }

    /// Status, error code and description, for answers in another form than OAuth's own. The code is empty where no token was
    /// sent.
    pub fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        let (status, code, _, description) = self.wire();
        (status, code, description)
    }

    /// The challenges: one per scheme that could work.
    pub fn challenges(&self) -> Vec<String> {
        let (_, error, extra, description) = self.wire();
        let algorithms = ALGORITHMS.map(crate::oauth::jose::SigningAlgorithm::as_str).join(" ");
        let details = if error.is_empty() {
            String::new() // RFC 6750 section 3.1: without a token the challenge has no error
        } else {
            let code = self.shown();
            format!(", error=\"{error}\", error_description=\"{description} ({code})\"{extra}")
        };
        let bearer = format!("Bearer realm=\"wardkey\"{details}");
        let dpop = format!("DPoP realm=\"wardkey\", algs=\"{algorithms}\"{details}");
        match self {
            Self::Missing => vec![bearer, dpop],
            Self::NotProven | Self::Proof { .. } => vec![dpop],
            _ => vec![bearer],
        }
    }
}

impl IntoResponse for BearerRefusal {
    fn into_response(self) -> Response {
        if let Self::Store(error) = self {
            return super::Refusal::from(error).into_response();
        }
        let (status, error, _, description) = self.wire();
        let body = if error.is_empty() {
            status.into_response()
        } else {
            let body = ErrorBody {
                error,
                error_description: format!("{description} ({})", self.shown()),
                error_uri: None,
            };
            let response = (status, axum::Json(&body)).into_response();
            RefusalMark::with_body_of(self.reason(), self.shown(), body).mark(response)
        };
        let mut response = super::reply::do_not_store(body);
        let headers = response.headers_mut();
        for challenge in self.challenges() {
            if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                headers.append(header::WWW_AUTHENTICATE, challenge);
            }
        }
        if let Self::Proof { nonce, .. } = &self
            && let Ok(nonce) = HeaderValue::from_str(nonce)
        {
            headers.insert("dpop-nonce", nonce);
        }
        response
    }
}

/// How a token was presented.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449 section 7.1.
    Dpop,
}

/// The token of the `Authorization` header with its scheme; `None` when the header is absent or of a scheme that is none of
/// ours, which lacks authentication information just so (RFC 6750 section 3.1).
pub fn presented(headers: &HeaderMap) -> Result<Option<(Scheme, &str)>, BearerRefusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(BearerRefusal::Malformed("Send one Authorization header."));
    }
    let text = value
        .to_str()
        .map_err(|_| BearerRefusal::Malformed("The Authorization header is not readable."))?;
    let (name, token) = text.split_once(' ').unwrap_or((text, ""));
    let scheme = match name {
        name if name.eq_ignore_ascii_case("bearer") => Scheme::Bearer,
        name if name.eq_ignore_ascii_case("dpop") => Scheme::Dpop,
        _ => return Ok(None),
    };
    match token.trim() {
        "" => Err(BearerRefusal::Malformed(
            "The Authorization header has to be: Bearer or DPoP, a space, and the access token.",
        )),
        token => Ok(Some((scheme, token))),
    }
}

/// Authorises a request to one of our resources: the token of its `Authorization` header, verified, and the proof that goes
/// with it when it is bound to a key (RFC 9449 section 7.1).
pub async fn authorise(
    cx: &TenantCx,
    headers: &HeaderMap,
    method: &str,
    url: &str,
) -> Result<VerifiedAccessToken, BearerRefusal> {
    let (scheme, token) = presented(headers)?.ok_or(BearerRefusal::Missing)?;
    let verified = verify(cx, token).await?;
    // RFC 8705 section 3: the certificate of this very connection.
    let certificate = verified.claims.cnf.as_ref().and_then(|key| key.certificate.as_ref());
    if certificate
        .is_some_and(|bound| cx.client_certificate().map(ClientCertificate::thumbprint).as_ref() != Some(bound))
    {
        return Err(BearerRefusal::Invalid("token_bound_to_another_certificate"));
    }
    let bound_to = verified.claims.cnf.as_ref().and_then(|key| key.jkt.as_deref());
    match (bound_to, scheme) {
        (None, Scheme::Bearer) => Ok(verified),
        // RFC 9449 section 7.2: a bound token is worth nothing as a bearer token.
        (Some(_), Scheme::Bearer) => Err(BearerRefusal::NotProven),
        // A proof adds nothing to a token that is not bound; the client believes it is.
        (None, Scheme::Dpop) => Err(BearerRefusal::Invalid("token_not_bound")),
        (Some(thumbprint), Scheme::Dpop) => {
            let target = Target {
                method,
                url,
                access_token: Some(token),
            };
            let proof = dpop::find_proof(cx, headers, target)
                .await
                .map_err(|refusal| proof_refusal(cx, refusal))?;
            match proof {
                Some(proof) if proof.thumbprint == thumbprint => Ok(verified),
                Some(_) => Err(BearerRefusal::Invalid("token_bound_to_another_key")),
                None => Err(BearerRefusal::NotProven),
            }
        }
    }
}

fn proof_refusal(cx: &TenantCx, refusal: ProofRefusal) -> BearerRefusal {
    match refusal.into_oauth_error() {
        Ok(error) => {
            tracing::info!(reason = error.reason, "DPoP proof refused");
            BearerRefusal::Proof {
                error,
                nonce: dpop::current_nonce(cx),
            }
        }
        Err(error) => BearerRefusal::Store(error),
    }
}

/// The issuer that a JWT claims to be from, unverified: it decides whose keys are asked, and proves nothing.
pub fn claimed_issuer(token: &str) -> Option<String> {
    let jwt = UnverifiedJwt::parse(token).ok()?;
    jwt.unverified_claim("iss").map(str::to_owned)
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

/// Verifies an access token of this tenant: form, signature, time, then the grant behind it. Whether whoever presents it may
/// do so, for a token that is bound to a key, is for [`authorise`].
pub async fn verify(cx: &TenantCx, token: &str) -> Result<VerifiedAccessToken, BearerRefusal> {
    let claims = match recognise(Kind::AccessToken, token) {
        Some(hash) => {
            let claims = cx.read().await?.find_access_token(hash, cx.now()).await?;
            let claims = claims.ok_or(BearerRefusal::Invalid("token_unknown"))?;
            serde_json::from_slice(claims.expose())
                .map_err(|_| StoreError::corrupt("access_tokens", "sealed_claims", "not claims"))?
        }
        None => verify_jwt(cx, token)?,
    };
    check_revocation(cx, claims).await
}

fn verify_jwt(cx: &TenantCx, token: &str) -> Result<AccessTokenClaims, BearerRefusal> {
    let jwt = UnverifiedJwt::parse(token).map_err(|error| BearerRefusal::Invalid(error.reason()))?;
    if names_another_tenant(cx, &jwt) {
        return Err(BearerRefusal::TenantMismatch);
    }
    let admin_api = cx.urls().admin_api();
    let mut audiences: Vec<&str> = cx
        .tenant()
        .fhir_bases
        .iter()
        .map(crate::smart::FhirBase::as_str)
        .collect();
    // Each resource compares with its own; here it is enough that the token is for one of ours.
    audiences.push(&admin_api);
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
        .map_err(|error| BearerRefusal::Invalid(error.reason()))?;
    if claims.tenant_id == cx.id() {
        Ok(claims)
    } else {
        Err(BearerRefusal::TenantMismatch)
    }
}

async fn check_revocation(cx: &TenantCx, claims: AccessTokenClaims) -> Result<VerifiedAccessToken, BearerRefusal> {
    let mut rows = cx.read().await?;
    if rows.is_access_token_revoked(&claims.jti).await? {
        return Err(BearerRefusal::Invalid("token_revoked"));
    }
    let grant = match token_id_of(&claims.jti) {
        Some(grant) => Some(
            rows.find_live_grant(grant, cx.now())
                .await?
                .ok_or(BearerRefusal::Invalid("token_grant_ended"))?,
        ),
        None => None,
    };
    rows.commit().await?;
    // A client that acts for itself has no grant to revoke; switching it off ends its tokens.
    let client_id = claims.client_id.as_str();
    if grant.is_none() && !is_own_client(cx, client_id) && cx.find_client(client_id).await?.is_none() {
        return Err(BearerRefusal::Invalid("token_client_gone"));
    }
    Ok(VerifiedAccessToken { claims, grant })
}

/// When a token ends, for keeping its revocation until then.
pub(super) fn ends_at(claims: &AccessTokenClaims) -> Timestamp {
    Timestamp::from_seconds(claims.exp) + limits::CLOCK_SKEW
}
