//! DPoP proofs of requests to this server (RFC 9449): checked by the rules in `oauth::dpop`, and used at most once.

use crate::oauth::dpop::{self, DpopError, NoncePolicy, Proof, Target, nonce};
use crate::oauth::jose::JwtError;
use crate::oauth::{ErrorCode, OAuthError};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

/// The header of proofs.
const HEADER: HeaderName = HeaderName::from_static("dpop");
/// The header of the server's nonce (RFC 9449 section 8.1).
const NONCE_HEADER: HeaderName = HeaderName::from_static("dpop-nonce");

/// Why a proof was not accepted.
#[derive(Debug)]
pub enum ProofRefusal {
    /// It breaks a rule.
    Rule(DpopError),
    /// There are several.
    Several,
    /// It was used before.
    Replayed,
    /// The store failed.
    Store(StoreError),
}

impl From<DpopError> for ProofRefusal {
    fn from(error: DpopError) -> Self {
        Self::Rule(error)
    }
}

impl From<StoreError> for ProofRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl ProofRefusal {
    /// The error of token-like endpoints; `Err` holds a failing store.
    pub(super) fn into_oauth_error(self) -> Result<OAuthError, StoreError> {
        let refused =
            |reason, description: &'static str| OAuthError::new(ErrorCode::InvalidDpopProof, reason, description);
        match self {
            Self::Rule(error) => Ok(error.into()),
            Self::Several => Ok(refused("dpop_several", "Send one DPoP header.")),
            Self::Replayed => Ok(refused(
                "dpop_replayed",
                "The DPoP proof was used before. Make a new one for each request.",
            )),
            Self::Store(error) => Err(error),
        }
    }
}

/// The proof of a request to `target`, if it carries one. It is used up by this call, so call it once, before anything that
/// can be used only once: a client that is asked for a nonce comes again with the same code (RFC 9449 section 8).
pub(super) async fn find_proof(
    cx: &TenantCx,
    headers: &HeaderMap,
    target: Target<'_>,
) -> Result<Option<Proof>, ProofRefusal> {
    let mut sent = headers.get_all(HEADER).iter();
    let Some(proof) = sent.next() else { return Ok(None) };
    // RFC 9449 section 4.3, check 1.
    if sent.next().is_some() {
        return Err(ProofRefusal::Several);
    }
    let proof = proof.to_str().map_err(|_| DpopError::Jwt(JwtError::Malformed))?;
    let policy = nonce_policy(cx);
    let is_current = |presented: &str| nonce::is_current(presented, cx.now(), |step| derive(cx, step));
    let proof = dpop::verify(proof, target, policy, is_current, cx.now())?;
    let mut tx = cx.begin().await?;
    let first = tx.remember_dpop_proof(proof.id, proof.remember_until).await?;
    tx.commit().await?;
    if first {
        Ok(Some(proof))
    } else {
        Err(ProofRefusal::Replayed)
    }
}

fn nonce_policy(cx: &TenantCx) -> NoncePolicy {
    cx.document().dpop_nonce
}

fn derive(cx: &TenantCx, step: &[u8]) -> [u8; 32] {
    cx.store().keyring().derive("dpop-nonce", step)
}

/// The nonce to hand out now.
pub(super) fn current_nonce(cx: &TenantCx) -> String {
    nonce::current(cx.now(), |step| derive(cx, step))
}

/// Adds the nonce where the client needs it: with every answer to a proof at a tenant that demands nonces, so that the next
/// proof has one, and with every demand for one.
pub(super) fn with_nonce(cx: &TenantCx, request: &HeaderMap, demanded: bool, mut response: Response) -> Response {
    let wanted = demanded || (nonce_policy(cx) == NoncePolicy::Required && request.contains_key(HEADER));
    if wanted && let Ok(value) = HeaderValue::from_str(&current_nonce(cx)) {
        response.headers_mut().insert(NONCE_HEADER, value);
    }
    response
}
