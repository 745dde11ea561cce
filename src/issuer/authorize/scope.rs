//! The requested scope, as far as it can be judged without knowing the user.

use crate::oauth::{Client, OAuthError};
use crate::smart::{Narrowing, Reason, ScopeSet};
use crate::tenant::TenantCx;

/// Reads the scope, drops what nobody offers, and refuses the request when nothing is left.
///
/// RFC 6749 section 3.3 lets a server ignore part of a scope. What is returned is the request after that, before any
/// ceiling, so that the user's own limits are measured against what was asked for.
pub(super) fn check(cx: &TenantCx, client: &Client, scope: Option<&str>) -> Result<ScopeSet, OAuthError> {
    let text = scope.ok_or_else(|| OAuthError::invalid_scope("scope_missing", "Parameter scope is missing."))?;
    let parsed = ScopeSet::parse(text)
        .map_err(|error| OAuthError::invalid_scope("scope_malformed", format!("The scope cannot be read: {error}.")))?;
    let within = Narrowing::of(parsed.scopes.clone())
        .with_parameters(&cx.tenant().granular_parameters)
        .within(&ceiling_of(client)?, Reason::ClientCeiling)
        .within(&cx.tenant().scope_ceiling, Reason::TenantCeiling);
    if within.granted().is_empty() {
        let description = "Nothing of the scope can be granted to this client.";
        return Err(OAuthError::invalid_scope("scope_not_grantable", description));
    }
    Ok(parsed.scopes)
}

/// The widest scope the client is registered for.
fn ceiling_of(client: &Client) -> Result<ScopeSet, OAuthError> {
    Ok(ScopeSet::parse(&client.scope)
        .map_err(|_| OAuthError::server_error("stored_scope"))?
        .scopes)
}
