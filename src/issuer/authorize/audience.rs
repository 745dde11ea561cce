//! Which FHIR server the token is for (SMART App Launch 2.2, parameter `aud`; RFC 8707, parameter `resource`).

use super::requirements::is_smart;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::smart::{AuthorizationDetails, Scope, ScopeSet};
use crate::tenant::TenantCx;

/// The FHIR servers of this tenant that a request names, as the tenant spells them.
pub(super) struct Audience {
    /// The one that access tokens are for unless the client says otherwise when it asks for them.
    pub(super) first: String,
    /// All of them.
    pub(super) all: Vec<String>,
}

/// The FHIR bases of this tenant that the request names. Several may be named by `resource` (RFC 8707 section 2); `aud` is one.
///
/// A wrong or missing `aud` is never overlooked: it keeps an app that was lured to a counterfeit server from handing
/// that server a real token. Requests without FHIR scopes may leave it out.
pub(super) fn check(
    cx: &TenantCx,
    scope: &ScopeSet,
    parameters: &Parameters,
    details: &AuthorizationDetails,
) -> Result<Audience, OAuthError> {
    let admin_api = cx.urls().admin_api();
    let known = |value: &str| {
        let base = cx.find_fhir_base(value).map(|base| base.as_str().to_owned());
        base.or_else(|| (value == admin_api).then(|| admin_api.clone()))
    };
    let mut all = Vec::new();
    if let Some(aud) = parameters.one("aud")? {
        all.push(known(aud).ok_or_else(|| {
            let description = "Parameter aud does not name a FHIR server of this tenant.";
            OAuthError::invalid_request("aud_unknown", description)
        })?);
    }
    for resource in parameters.many("resource") {
        let base = known(resource).ok_or_else(|| {
            let description = "Parameter resource does not name a FHIR server of this tenant.";
            OAuthError::new(ErrorCode::InvalidTarget, "resource_unknown", description)
        })?;
        if !all.contains(&base) {
            all.push(base);
        }
    }
    // RFC 9396 section 3.1: what a detail describes is named by it.
    for location in details.locations() {
        if !all.iter().any(|named| named == location) {
            all.push(location.to_owned());
        }
    }
    let first = match all.first() {
        Some(first) => Ok(first.clone()),
        None if is_smart(scope) => Err(OAuthError::invalid_request(
            "aud_missing",
            "Parameter aud is missing. Send the base URL of the FHIR server.",
        )),
        // A token that administers is for the admin API alone: a FHIR server that it were shown to could use it there.
        None if scope.iter().any(Scope::is_administrative) => Ok(admin_api),
        None => cx
            .tenant()
            .fhir_bases
            .first()
            .map(|base| base.as_str().to_owned())
            .ok_or_else(|| OAuthError::server_error("no_fhir_base")),
    };
    first.map(|first| Audience { first, all })
}
