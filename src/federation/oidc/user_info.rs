//! UserInfo (OpenID Connect Core 1.0 section 5.3).

use super::directory::{Provider, UpstreamKey};
use super::failure::{Check, SignInFailure};
use crate::kernel::Secret;
use crate::outbound::{Outbound, OutboundRequest};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value};

/// Asks for the claims of `subject`.
pub(super) async fn fetch(
    outbound: &Outbound,
    upstream: &UpstreamKey,
    provider: &Provider,
    access_token: &Secret<String>,
    subject: &str,
) -> Result<Map<String, Value>, SignInFailure> {
    let endpoint = provider.userinfo_endpoint().ok_or_else(|| {
        SignInFailure::new(
            Check::UserInfo,
            "the provider's metadata has no userinfo_endpoint; switch UserInfo off",
        )
    })?;
    let mut request = OutboundRequest::get_json(endpoint.clone());
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", access_token.expose()))
        .map_err(|_| SignInFailure::new(Check::TokenResponse, "the access token is not printable text"))?;
    bearer.set_sensitive(true);
    request.headers.insert(AUTHORIZATION, bearer);
    let answer = outbound
        .send(upstream.scope(), request)
        .await
        .map_err(|cause| SignInFailure::fetch(Check::UserInfo, &cause))?;
    if !answer.status.is_success() {
        return Err(SignInFailure::status(Check::UserInfo, answer.status.as_u16()));
    }
    let kind = answer
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if kind.to_ascii_lowercase().starts_with("application/jwt") {
        return Err(SignInFailure::new(
            Check::UserInfo,
            "the answer is a signed JWT; set the client's UserInfo answer at the provider to plain JSON",
        ));
    }
    let claims: Map<String, Value> = serde_json::from_slice(&answer.body)
        .map_err(|_| SignInFailure::new(Check::UserInfo, "the answer is not a JSON object"))?;
    // OpenID Connect Core 1.0 section 5.3.2: otherwise the access token was swapped for another user's.
    if claims.get("sub").and_then(Value::as_str) == Some(subject) {
        Ok(claims)
    } else {
        Err(SignInFailure::new(
            Check::UserInfoSubject,
            "sub is missing or differs from the ID token's",
        ))
    }
}
