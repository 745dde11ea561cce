//! What a client or a kind of request is required to send.

use crate::oauth::dpop;
use crate::oauth::grant_type::GrantType;
use crate::oauth::pkce::CodeChallenge;
use crate::oauth::{Client, OAuthError, Parameters};
use crate::smart::{Scope, ScopeSet};
use crate::tenant::TenantCx;

/// Whether the request is a SMART one: it asks for FHIR data or for launch context. Plain OpenID Connect relying parties
/// are not held to SMART's own demands.
pub(super) fn is_smart(scope: &ScopeSet) -> bool {
    scope
        .iter()
        .any(|scope| matches!(scope, Scope::Resource(_) | Scope::Launch | Scope::LaunchContext { .. }))
}

/// RFC 9126 section 6: this client's or tenant's requests have to be pushed, and this one was not.
pub(super) fn check_pushed(cx: &TenantCx, client: &Client) -> Result<(), OAuthError> {
    let document = cx.document();
    let required = client.require_pushed_authorization_requests
        || document.require_pushed_authorization_requests
        || document.rules_of(client).pushed_requests;
    if required {
        return Err(OAuthError::invalid_request(
            "push_required",
            "The client has to push its authorization requests.",
        ));
    }
    Ok(())
}

/// RFC 9101 section 10.5: this client's requests have to be signed, so that nobody can change them on the way.
pub(super) fn check_signed(client: &Client, signed: bool) -> Result<(), OAuthError> {
    if signed || !client.openid.require_signed_request_object {
        return Ok(());
    }
    let description = "The client has to send its authorization requests as signed request objects.";
    Err(OAuthError::invalid_request("request_object_required", description))
}

/// RFC 7591 section 2: a client uses the grants that it registered.
pub(super) fn check_grant(client: &Client) -> Result<(), OAuthError> {
    if client.may_use(GrantType::AuthorizationCode) {
        return Ok(());
    }
    let description = "The client is not registered for the authorization code grant.";
    Err(OAuthError::unauthorized_client("code_grant_not_allowed", description))
}

/// SMART App Launch 2.2, "Obtain authorization code": `state` is required.
pub(super) fn check_state(scope: &ScopeSet, state: Option<&str>) -> Result<(), OAuthError> {
    if state.is_some() || !is_smart(scope) {
        return Ok(());
    }
    Err(OAuthError::invalid_request(
        "state_missing",
        "Parameter state is missing. SMART apps have to send it.",
    ))
}

/// RFC 9700 section 2.1.1 and SMART App Launch 2.2, "Considerations for PKCE Support". Only a confidential client that
/// asks for no FHIR data can be let off, by its registration or by its profile.
pub(super) fn check_pkce(
    cx: &TenantCx,
    client: &Client,
    scope: &ScopeSet,
    challenge: Option<&CodeChallenge>,
) -> Result<(), OAuthError> {
    let chosen = client
        .require_pkce
        .unwrap_or(cx.document().rules_of(client).pkce_for_all);
    let required = client.is_public() || chosen || is_smart(scope);
    if challenge.is_some() || !required {
        return Ok(());
    }
    Err(OAuthError::invalid_request(
        "pkce_missing",
        "Parameter code_challenge is missing. Use PKCE with S256.",
    ))
}

/// The scope `launch` asks for the context of an EHR launch, which only a handle leads to.
pub(super) fn check_launch(scope: &ScopeSet, handle: Option<&str>) -> Result<(), OAuthError> {
    if handle.is_none() && scope.iter().any(|scope| matches!(scope, Scope::Launch)) {
        let description = "Scope launch needs the launch parameter of an EHR launch.";
        return Err(OAuthError::invalid_request("launch_missing", description));
    }
    Ok(())
}

/// The key that has to redeem the code (RFC 9449 section 10).
pub(super) fn dpop_key(parameters: &Parameters) -> Result<Option<String>, OAuthError> {
    let thumbprint = parameters.one("dpop_jkt")?;
    thumbprint.map(dpop::check_thumbprint).transpose()?;
    Ok(thumbprint.map(str::to_owned))
}
