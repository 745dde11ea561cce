//! `grant_type=client_credentials` (RFC 6749 section 4.4; SMART App Launch 2.2, "Backend Services").

use super::super::authorization_details::{self, Asked};
use super::super::client_auth::AuthenticatedClient;
use super::issue::{self, SystemIssuance};
use crate::oauth::client::TokenEndpointAuthMethod;
use crate::oauth::dpop::Proof;
use crate::oauth::{OAuthError, Parameters};
use crate::smart::scope::{Decision, Level};
use crate::smart::{FhirBase, Narrowing, Reason, Scope, ScopeSet};
use crate::store::StoreError;
use crate::tenant::TenantCx;

/// Decides what a backend service gets: what was asked for, within what was fixed at registration.
pub(super) async fn issue(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    form: &Parameters,
    proof: Option<&Proof>,
) -> Result<Result<SystemIssuance, OAuthError>, StoreError> {
    let (issuance, decision) = match decide(cx, client, form, proof) {
        Ok(decided) => decided,
        Err(error) => return Ok(Err(error)),
    };
    let mut tx = cx.begin().await?;
    // A token that is all that was asked for explains itself.
    if !decision.removals.is_empty() {
        let expires_at = cx.now() + cx.document().lifetimes.system_access_token;
        tx.insert_token_decision(&issuance.token_id, &decision, expires_at, cx.entropy())
            .await?;
    }
    issue::record_system(cx, client, &mut tx).await?;
    tx.commit().await?;
    Ok(Ok(issuance))
}

fn decide(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    form: &Parameters,
    proof: Option<&Proof>,
) -> Result<(SystemIssuance, Decision), OAuthError> {
    // SMART App Launch 2.2: a shared secret is not for backend services.
    let method = client.token_endpoint_auth_method;
    if method != TokenEndpointAuthMethod::PrivateKeyJwt && !method.uses_certificate() {
        let description = "The client credentials grant needs a client that authenticates with a key.";
        return Err(OAuthError::unauthorized_client("backend_without_key", description));
    }
    let asked = Asked::read(cx, form)?;
    let text = asked
        .scope
        .ok_or_else(|| OAuthError::invalid_scope("scope_missing", "Parameter scope is missing."))?;
    let requested = ScopeSet::parse(&text)
        .map_err(|error| OAuthError::invalid_scope("scope_malformed", format!("The scope cannot be read: {error}.")))?;
    let stored = |_| OAuthError::server_error("stored_scope");
    let ceiling = ScopeSet::parse(&client.scope).map_err(stored)?.scopes;
    let (scope, removals) = Narrowing::of_request(requested)
        .with_parameters(&cx.tenant().granular_parameters)
        .within(&ceiling, Reason::ClientCeiling)
        .within(&cx.tenant().scope_ceiling, Reason::TenantCeiling)
        // Without a user there is nobody's record and nobody's permission to act on.
        .keeping(Reason::GrantType, |scope| match scope {
            Scope::Resource(resource) => resource.level() == Level::System,
            Scope::Extension(_) => true,
            _ => false,
        })
        .into_parts();
    if scope.is_empty() {
        let description = "Nothing of the scope is within this client's authorization.";
        return Err(OAuthError::invalid_scope("scope_beyond_registration", description));
    }
    let admin_api = cx.urls().admin_api();
    let fhir_base = |base: &FhirBase| base.as_str().to_owned();
    let described = authorization_details::only_location(&asked.details)?;
    let audience = match form.many("resource").next().or(described) {
        Some(resource) if resource == admin_api => admin_api,
        Some(resource) => cx.find_fhir_base(resource).map(fhir_base).ok_or_else(|| {
            let description = "Parameter resource does not name a FHIR server of this tenant.";
            OAuthError::new(crate::oauth::ErrorCode::InvalidTarget, "resource_unknown", description)
        })?,
        // A token that administers is for the admin API, unless it is for data too.
        None if scope.iter().any(Scope::is_administrative) && !scope.has_level(Level::System) => admin_api,
        None => cx
            .tenant()
            .fhir_bases
            .first()
            .map(fhir_base)
            .ok_or_else(|| OAuthError::server_error("no_fhir_base"))?,
    };
    if described.is_some_and(|described| described != audience) {
        let description = "Parameters resource and authorization_details name different FHIR servers.";
        let code = crate::oauth::ErrorCode::InvalidTarget;
        return Err(OAuthError::new(code, "resource_differs", description));
    }
    let scope = asked.details.scope_at(&audience, &scope);
    if scope.is_empty() {
        let description = "Nothing of the scope is within this client's authorization.";
        return Err(OAuthError::invalid_scope("scope_beyond_registration", description));
    }
    let issuance = SystemIssuance {
        token_id: issue::new_system_token_id(cx),
        scope: scope.print(),
        audience,
        authorization_details: asked.details,
        confirmation: issue::confirmation(cx, client, proof),
    };
    Ok((
        issuance,
        Decision {
            requested: text,
            removals,
        },
    ))
}
