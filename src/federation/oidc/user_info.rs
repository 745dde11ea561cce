//! UserInfo (OpenID Connect Core 1.0 section 5.3).

use super::config::OidcProviderConfig;
use super::directory::{Provider, UpstreamKey};
use super::failure::{Check, SignInFailure};
use super::id_token::split;
use super::signature::verifies;
use crate::kernel::Secret;
use crate::outbound::{Outbound, OutboundRequest};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value};

/// Asks for the claims of `subject`.
pub(super) async fn fetch(
    outbound: &Outbound,
    upstream: &UpstreamKey,
    config: &OidcProviderConfig,
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
        .send(&upstream.scope(), request)
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
    let claims = if kind.to_ascii_lowercase().starts_with("application/jwt") {
        signed(config, provider, &answer.body)?
    } else {
        serde_json::from_slice(&answer.body)
            .map_err(|_| SignInFailure::new(Check::UserInfo, "the answer is not a JSON object"))?
    };
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

/// Section 5.3.2: a signed answer names its issuer and is for us.
fn signed(config: &OidcProviderConfig, provider: &Provider, body: &[u8]) -> Result<Map<String, Value>, SignInFailure> {
    let refuse = |detail: &'static str| SignInFailure::new(Check::UserInfo, detail);
    let raw = std::str::from_utf8(body)
        .map_err(|_| refuse("the signed answer is not text"))?
        .trim();
    if raw.split('.').count() == 5 {
        return Err(refuse(
            "the answer is encrypted; switch that off for this client at the provider",
        ));
    }
    let (header, claims) = split(raw).map_err(|_| refuse("the signed answer is not a JWT"))?;
    if header.contains_key("crit") || !verifies(provider, config, &header, raw) {
        return Err(refuse(
            "no key of the provider verifies the answer's signature, or its algorithm is not accepted",
        ));
    }
    let for_us = match claims.get("aud") {
        Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == config.client_id.as_str()),
        Some(audience) => audience == config.client_id.as_str(),
        None => false,
    };
    if claims.get("iss").and_then(Value::as_str) != Some(&config.issuer) || !for_us {
        return Err(refuse(
            "the signed answer is not by the pinned issuer, or not for our client id",
        ));
    }
    Ok(claims)
}
