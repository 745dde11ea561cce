//! What a FHIR endpoint on this server does with an access token (SMART App Launch 2.2, "Access token validation").

use crate::gateway::decision::{Decision, Granted, decide};
use crate::gateway::interaction::Interaction;
use crate::issuer::{BearerRefusal, VerifiedAccessToken, authorise_request};
use crate::smart::{FhirBase, FhirId, FhirUser, ScopeSet};
use crate::tenant::TenantCx;
use axum::http::HeaderMap;

/// What the bearer of a valid token was granted.
pub struct Authorised {
    /// The scopes of the token.
    pub scopes: ScopeSet,
    /// The patient in context.
    pub patient: Option<FhirId>,
    /// The user's own resource.
    pub fhir_user: Option<FhirUser>,
}

/// Verifies the token of a request to `path` below `base`: of this tenant, for this very FHIR server, unexpired, not
/// revoked, and presented by the holder of its key if it is bound to one.
pub async fn authorise(
    cx: &TenantCx,
    headers: &HeaderMap,
    base: &FhirBase,
    method: &str,
    path: &str,
) -> Result<Authorised, BearerRefusal> {
    let VerifiedAccessToken { claims, .. } = authorise_request(cx, headers, method, &base.join(path)).await?;
    if !base.names(&claims.aud) {
        return Err(BearerRefusal::Invalid("token_for_another_server"));
    }
    let scopes = ScopeSet::parse(&claims.scope)
        .map_err(|_| BearerRefusal::Invalid("stored_scope"))?
        .scopes;
    Ok(Authorised {
        scopes,
        patient: claims.patient.as_deref().and_then(|id| FhirId::parse(id).ok()),
        fhir_user: claims
            .fhir_user
            .as_deref()
            .and_then(|user| FhirUser::parse(user, base).ok()),
    })
}

impl Authorised {
    /// Decides one interaction. No operations are opened.
    pub fn decide(&self, interaction: &Interaction) -> Decision {
        let granted = Granted {
            scopes: &self.scopes,
            patient: self.patient.as_ref(),
            fhir_user: self.fhir_user.as_ref(),
        };
        decide(&granted, interaction, &[])
    }
}
