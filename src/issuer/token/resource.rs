//! Which of the FHIR servers of a grant an access token is for (RFC 8707 section 2.2).

use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::store::tenant::Grant;
use crate::tenant::TenantCx;

/// The grant for the one server that the request names; as it is when it names none. A token is for one server, so that one of
/// them cannot use it at another, and never for a server that was not named when the user was asked.
pub(super) fn narrowed(cx: &TenantCx, form: &Parameters, mut grant: Grant) -> Result<Grant, OAuthError> {
    let refused = |reason, description| OAuthError::new(ErrorCode::InvalidTarget, reason, description);
    let mut named = form.many("resource");
    let Some(resource) = named.next() else { return Ok(grant) };
    if named.next().is_some() {
        let description = "Name one resource: an access token is for one FHIR server.";
        return Err(refused("resource_several", description));
    }
    let base = cx.find_fhir_base(resource).map(|base| base.as_str().to_owned());
    let granted = |base: &String| *base == grant.audience || grant.context.resources.contains(base);
    grant.audience = base.filter(granted).ok_or_else(|| {
        let description = "Parameter resource is not among those of the authorization request.";
        refused("resource_beyond_grant", description)
    })?;
    Ok(grant)
}
