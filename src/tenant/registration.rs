//! What a tenant asks of apps, and how they may register themselves (RFC 7591).

use super::TenantDocument;
use crate::oauth::Client;
use crate::oauth::client::{AssertionAudience, GrantType};
use crate::oauth::client_registration::{ClientRegistration, Invalid};
use crate::oauth::jose::JwkSet;
use crate::smart::{Scope, ScopeSet};
use serde::{Deserialize, Serialize};

/// Who may register an app without an administrator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationPolicy {
    /// Nobody: there is no registration endpoint.
    #[default]
    Closed,
    /// Who holds an initial access token that an administrator made (RFC 7591 section 3).
    InitialAccessToken,
    /// Who presents a software statement of a trusted issuer (RFC 7591 section 2.3).
    SoftwareStatement,
    /// Everybody.
    Open,
}

/// Somebody whose word about software counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftwareStatementIssuer {
    /// `iss` of its statements, exactly.
    pub issuer: String,
    /// Its public keys.
    pub jwks: JwkSet,
}

/// The tenant's rules for apps that register themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrationDocument {
    /// Who may.
    pub policy: RegistrationPolicy,
    /// Whether an administrator has to approve an app before it can be used.
    pub approval: bool,
    /// The widest scope such an app can be granted. An app that names none is registered with all of it.
    pub scope: String,
    /// Whose software statements are believed.
    pub software_statement_issuers: Vec<SoftwareStatementIssuer>,
    /// What the assertions of such apps may name as `aud`, for those that ask for no FHIR data.
    pub assertion_audience: AssertionAudience,
}

impl Default for RegistrationDocument {
    fn default() -> Self {
        Self {
            policy: RegistrationPolicy::default(),
            approval: true,
            scope: "openid fhirUser profile launch launch/patient offline_access patient/*.rs".to_owned(),
            software_statement_issuers: Vec::new(),
            assertion_audience: AssertionAudience::default(),
        }
    }
}

/// Whether a client is one of SMART App Launch 2.2: it asks for FHIR data or a launch context, or it is a backend service
/// with a key of its own, whatever its scope is.
pub fn keeps_smart_profile(registration: &ClientRegistration) -> bool {
    let scope = registration.scope.as_deref().unwrap_or_default();
    let asks = ScopeSet::parse(scope).is_ok_and(|parsed| {
        parsed.scopes.iter().any(|scope| {
            matches!(
                scope,
                Scope::Resource(_) | Scope::Launch | Scope::LaunchContext { .. } | Scope::FhirUser
            )
        })
    });
    let has = |grant: GrantType| {
        let names = registration.grant_types.as_deref().unwrap_or_default();
        names.iter().any(|name| name == grant.as_str())
    };
    let with_key = registration.token_endpoint_auth_method.as_deref() == Some("private_key_jwt");
    asks || (with_key && has(GrantType::ClientCredentials))
}

impl TenantDocument {
    /// What the tenant itself asks of its clients.
    pub fn check_client(&self, client: &Client) -> Result<(), Vec<Invalid>> {
        let mut faults = Vec::new();
        let mut add = |member, problem| faults.push(Invalid { member, problem });
        // A ceiling nobody can reach is a slip of whoever typed it: the app would go without it, and nobody be told.
        if let Err(error) = ScopeSet::parse_strictly(&client.scope) {
            add("scope", format!("cannot be granted as it stands: {error}"));
        }
        let methods = &self.client_authentication_methods;
        if !methods.contains(&client.token_endpoint_auth_method) {
            let names: Vec<_> = methods.iter().map(|method| method.as_str()).collect();
            add(
                "token_endpoint_auth_method",
                format!("is not accepted at this tenant; use {}", names.join(", ")),
            );
        }
        let algorithms = self.algorithms_of(client);
        if let Some(algorithm) = client.token_endpoint_auth_signing_alg
            && !algorithms.contains(&algorithm)
        {
            let names: Vec<_> = algorithms.iter().map(|algorithm| algorithm.as_str()).collect();
            add(
                "token_endpoint_auth_signing_alg",
                format!("is not accepted at this tenant; use {}", names.join(", ")),
            );
        }
        let signed_with = &self.signing_keys.algorithms;
        if !signed_with.contains(&client.id_token_signed_response_alg) {
            let names: Vec<_> = signed_with.iter().map(|algorithm| algorithm.as_str()).collect();
            add(
                "id_token_signed_response_alg",
                format!("is not signed with at this tenant; use {}", names.join(", ")),
            );
        }
        // SMART App Launch 2.2, asymmetric authentication: the assertion names its key by kid.
        let smart = client.assertion_audience == AssertionAudience::IssuerOrTokenEndpoint;
        let nameless = |keys: &JwkSet| keys.keys.iter().any(|key| key.kid.is_none());
        if smart && client.jwks.as_ref().is_some_and(nameless) {
            add("jwks", "holds a key without kid; give every key one".to_owned());
        }
        for fault in self.check_client_profile(client) {
            if !faults.iter().any(|known| known.member == fault.member) {
                faults.push(fault);
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}
