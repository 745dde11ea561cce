//! Which of the FHIR servers of a grant an access token is for, and with what (RFC 8707 section 2.2, RFC 9396 section 6).

use crate::issuer::authorization_details;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::smart::ScopeSet;
use crate::store::tenant::Grant;
use crate::tenant::TenantCx;

/// The grant for the one server that the request names; as it is when it names none. A token is for one server, so that one of
/// them cannot use it at another, and never for a server that was not named when the user was asked.
///
/// Where `authorization_details` say what holds at which server, the scope becomes that of this server.
pub(super) fn narrowed(cx: &TenantCx, form: &Parameters, mut grant: Grant) -> Result<Grant, OAuthError> {
    let refused = |reason, description| OAuthError::new(ErrorCode::InvalidTarget, reason, description);
    let chosen = authorization_details::read(cx, form, ScopeSet::default())?;
    let described = authorization_details::only_location(&chosen)?;
    let mut named = form.many("resource");
    let resource = named.next();
    if named.next().is_some() {
        let description = "Name one resource: an access token is for one FHIR server.";
        return Err(refused("resource_several", description));
    }
    if let Some(address) = resource.or(described) {
        let base = cx.find_fhir_base(address).map(|base| base.as_str().to_owned());
        let granted = |base: &String| *base == grant.audience || grant.context.resources.contains(base);
        grant.audience = base.filter(granted).ok_or_else(|| {
            let description = "Parameter resource is not among those of the authorization request.";
            refused("resource_beyond_grant", description)
        })?;
    }
    if described.is_some_and(|described| described != grant.audience) {
        let description = "Parameters resource and authorization_details name different FHIR servers.";
        return Err(refused("resource_differs", description));
    }
    if chosen.is_empty() && grant.context.authorization_details.is_empty() {
        return Ok(grant);
    }
    let granted = ScopeSet::parse_strictly(&grant.scope).map_err(|_| OAuthError::server_error("stored_scope"))?;
    let of_grant = std::mem::take(&mut grant.context.authorization_details);
    let (scope, details) = authorization_details::narrowed(&grant.audience, &granted, of_grant, chosen)?;
    if scope.is_empty() {
        let description = "Nothing was granted at this FHIR server.";
        return Err(refused("resource_without_scope", description));
    }
    grant.scope = scope.print();
    grant.context.authorization_details = details;
    Ok(grant)
}
