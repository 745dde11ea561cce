//! Registering apps.

use super::{Change, ControlError, TenantAdmin};
use crate::kernel::credential::{self, Kind};
use crate::kernel::{Secret, Sha256Hash};
use crate::oauth::client::{AssertionAudience, ClientSecret, GrantType};
use crate::oauth::client_registration::{ClientRegistration, Invalid};
use crate::oauth::jose::JwkSet;
use crate::oauth::redirect_uri::RegisteredBy;
use crate::oauth::{Client, ClientId};
use crate::smart::{Scope, ScopeSet};

/// What registering gave. The secret is shown here and never again.
pub struct RegisteredClient {
    /// The client.
    pub client: Client,
    /// A new secret, if one was made.
    pub secret: Option<Secret<String>>,
    /// What changed.
    pub change: Change,
}

/// What to do about the secret of a client that authenticates with one.
pub enum SecretPolicy {
    /// Make one if there is none.
    KeepOrCreate,
    /// Make a new one; those before are refused from now on.
    Replace,
    /// Use this one. For the demonstration and for tests, where it has to be known beforehand.
    Known(Secret<String>),
}

/// Whether a client is one of SMART App Launch 2.2: it asks for FHIR data or a launch context, or it is a backend service
/// with a key of its own, whatever its scope is.
fn keeps_smart_profile(registration: &ClientRegistration) -> bool {
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

impl TenantAdmin {
    /// Registers a client, or brings the registration with this id up to the description.
    pub async fn save_client(
        &self,
        client_id: &str,
        mut registration: ClientRegistration,
        secret: SecretPolicy,
    ) -> Result<RegisteredClient, ControlError> {
        let id = ClientId::parse(client_id)?;
        if keeps_smart_profile(&registration) {
            // SMART App Launch 2.2 has its clients name the token endpoint; everyone else names the issuer (RFC 10070).
            registration
                .assertion_audience
                .get_or_insert(AssertionAudience::IssuerOrTokenEndpoint);
        }
        let mut client = registration
            .validate(id, RegisteredBy::Administrator)
            .map_err(ControlError::Client)?;
        self.check_accepted(&client).map_err(ControlError::Client)?;
        let existing = self.cx.read().await?.find_client(client_id).await?;
        if let Some(existing) = &existing {
            client.secrets.clone_from(&existing.secrets);
            client.status = existing.status;
        }
        let secret = self.apply_secret(&mut client, secret);
        let change = match &existing {
            None => Change::Created,
            Some(existing) if *existing == client => Change::Unchanged,
            Some(_) => Change::Updated,
        };
        if change != Change::Unchanged {
            let mut rows = self.cx.begin().await?;
            rows.save_client(&client, self.cx.now()).await?;
            rows.commit().await?;
        }
        self.announce().await?;
        Ok(RegisteredClient { client, secret, change })
    }

    /// What the tenant itself asks of its clients.
    fn check_accepted(&self, client: &Client) -> Result<(), Vec<Invalid>> {
        let document = self.cx.document();
        let mut faults = Vec::new();
        let mut add = |member, problem| faults.push(Invalid { member, problem });
        let methods = &document.client_authentication_methods;
        if !methods.contains(&client.token_endpoint_auth_method) {
            let names: Vec<_> = methods.iter().map(|method| method.as_str()).collect();
            add(
                "token_endpoint_auth_method",
                format!("is not accepted at this tenant; use {}", names.join(", ")),
            );
        }
        let algorithms = document.assertion_algorithms();
        if let Some(algorithm) = client.token_endpoint_auth_signing_alg
            && !algorithms.contains(&algorithm)
        {
            let names: Vec<_> = algorithms.iter().map(|algorithm| algorithm.as_str()).collect();
            add(
                "token_endpoint_auth_signing_alg",
                format!("is not accepted at this tenant; use {}", names.join(", ")),
            );
        }
        // SMART App Launch 2.2, asymmetric authentication: the assertion names its key by kid.
        let smart = client.assertion_audience == AssertionAudience::IssuerOrTokenEndpoint;
        let nameless = |keys: &JwkSet| keys.keys.iter().any(|key| key.kid.is_none());
        if smart && client.jwks.as_ref().is_some_and(nameless) {
            add("jwks", "holds a key without kid; give every key one".to_owned());
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn apply_secret(&self, client: &mut Client, policy: SecretPolicy) -> Option<Secret<String>> {
        if !client.token_endpoint_auth_method.uses_secret() {
            client.secrets.clear();
            return None;
        }
        let (hash, shown) = match policy {
            SecretPolicy::KeepOrCreate if !client.secrets.is_empty() => return None,
            SecretPolicy::KeepOrCreate | SecretPolicy::Replace => {
                let secret = credential::generate(Kind::ClientSecret, self.cx.entropy());
                (Sha256Hash::of(secret.expose().as_bytes()), Some(secret))
            }
            SecretPolicy::Known(secret) => (Sha256Hash::of(secret.expose().as_bytes()), None),
        };
        if client.secrets.iter().any(|held| held.hash.ct_eq(&hash)) {
            return None;
        }
        client.secrets = vec![ClientSecret {
            hash,
            created_at: self.cx.now(),
            expires_at: None,
        }];
        shown
    }

    /// Up to `limit` clients in order of id, after `after`.
    pub async fn list_clients(&self, after: &str, limit: u32) -> Result<Vec<Client>, ControlError> {
        Ok(self.cx.read().await?.list_clients(after, limit).await?)
    }

    /// One client, enabled or not.
    pub async fn get_client(&self, client_id: &str) -> Result<Client, ControlError> {
        let client = self.cx.read().await?.find_client(client_id).await?;
        client.ok_or_else(|| ControlError::NotFound {
            what: "client",
            name: client_id.to_owned(),
        })
    }
}
