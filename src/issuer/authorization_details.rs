//! The parameter `authorization_details` (RFC 9396), wherever a scope may be asked for: at the authorization endpoint, pushed, in
//! request objects, by devices, and at the token endpoint.

use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::smart::authorization_details::{FhirLocation, InvalidAuthorizationDetails as Invalid};
use crate::smart::{AuthorizationDetails, ScopeSet};
use crate::tenant::TenantCx;

/// The details of a request with the scope that it asks for in all.
pub(super) struct Asked {
    /// The scope: the parameter `scope`, and the scopes of the details. `None` when neither says anything.
    pub(super) scope: Option<String>,
    /// The details; empty when there are none.
    pub(super) details: AuthorizationDetails,
}

impl Asked {
    /// Reads both parameters (RFC 9396 section 3: they may stand together, and what each asks for is asked for).
    pub(super) fn read(cx: &TenantCx, parameters: &Parameters) -> Result<Self, OAuthError> {
        let scope = parameters.one("scope")?;
        // What is wrong with the scope is said where the scope is checked.
        let beside = ScopeSet::parse(scope.unwrap_or_default()).map(|parsed| parsed.scopes);
        let details = read(cx, parameters, beside.unwrap_or_default())?;
        if details.is_empty() {
            let scope = scope.map(str::to_owned);
            return Ok(Self { scope, details });
        }
        let sent: Vec<&str> = scope.unwrap_or_default().split(' ').collect();
        let requested = details.requested();
        let added = requested.iter().map(ToString::to_string);
        let added = added.filter(|text| !sent.contains(&text.as_str()));
        let all: Vec<String> = scope.map(str::to_owned).into_iter().chain(added).collect();
        Ok(Self {
            scope: (!all.is_empty()).then(|| all.join(" ")),
            details,
        })
    }
}

/// Reads the details alone; `scope` is what holds where a detail names no scope.
pub(super) fn read(
    cx: &TenantCx,
    parameters: &Parameters,
    scope: ScopeSet,
) -> Result<AuthorizationDetails, OAuthError> {
    let Some(text) = parameters.one("authorization_details")? else {
        return Ok(AuthorizationDetails::default());
    };
    // Ignoring them could give more than the app wants to have (RFC 9396 section 5).
    if !cx.document().offers.authorization_details {
        let description = "Parameter authorization_details is not offered here.";
        return Err(refused("authorization_details_off", description));
    }
    let find = |address: &str| cx.find_fhir_location(address);
    AuthorizationDetails::read(text, scope, &find).map_err(|invalid| {
        let description = invalid.to_string();
        match invalid {
            Invalid::Form => OAuthError::new(
                ErrorCode::InvalidAuthorizationDetails,
                "authorization_details_form",
                description,
            ),
            Invalid::Type(_) => OAuthError::new(
                ErrorCode::InvalidAuthorizationDetails,
                "authorization_details_type",
                description,
            ),
            Invalid::Member { .. } => OAuthError::new(
                ErrorCode::InvalidAuthorizationDetails,
                "authorization_details_member",
                description,
            ),
            Invalid::Location(_) => OAuthError::new(
                ErrorCode::InvalidAuthorizationDetails,
                "authorization_details_location",
                description,
            ),
            Invalid::Version(_) => OAuthError::new(
                ErrorCode::InvalidAuthorizationDetails,
                "authorization_details_version",
                description,
            ),
        }
    })
}

/// A refusal with the code of RFC 9396 section 5.
fn refused(reason: &'static str, description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidAuthorizationDetails, reason, description)
}

/// The FHIR server that the details of a token request are for. A token is for one.
pub(super) fn only_location(details: &AuthorizationDetails) -> Result<Option<&str>, OAuthError> {
    match *details.locations() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => {
            let description = "Name one FHIR server in authorization_details: an access token is for one.";
            Err(refused("authorization_details_several", description))
        }
    }
}

/// What an access token for `location` carries: of `granted`, what the details of the grant give there, and of that what the
/// details of the token request choose (RFC 9396 section 6).
pub(super) fn narrowed(
    location: &str,
    granted: &ScopeSet,
    of_grant: AuthorizationDetails,
    chosen: AuthorizationDetails,
) -> Result<(ScopeSet, AuthorizationDetails), OAuthError> {
    let there = of_grant.scope_at(location, granted);
    if chosen.is_empty() {
        return Ok((there, of_grant));
    }
    if !chosen.are_within(&there) {
        let description = "The scope in authorization_details is not within what was granted at this FHIR server.";
        return Err(refused("authorization_details_beyond_grant", description));
    }
    let chosen = chosen.beside(there.clone());
    Ok((chosen.scope_at(location, &there), chosen))
}

/// What of a server is told in answers. Its base is one of the tenant's, or was when the grant was given.
pub(super) fn location(cx: &TenantCx, base: &str) -> FhirLocation {
    cx.find_fhir_location(base).unwrap_or_else(|| FhirLocation {
        base: base.to_owned(),
        versions: Vec::new(),
    })
}
