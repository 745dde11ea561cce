//! Registering apps.

use super::{Change, ControlError, TenantAdmin};
use crate::kernel::credential::{self, Kind};
use crate::kernel::{Secret, Sha256Hash};
use crate::oauth::client::{AssertionAudience, ClientSecret, ClientStatus};
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::redirect_uri::RegisteredBy;
use crate::oauth::{Client, ClientId};
use crate::patient_directory::OWN_CLIENT_ID;
use crate::store::tenant::{AuditEvent, NewInitialAccessToken};
use crate::tenant::registration::keeps_smart_profile;
use std::time::Duration;

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

impl TenantAdmin {
    /// Registers a client, or brings the registration with this id up to the description.
    pub async fn save_client(
        &self,
        client_id: &str,
        mut registration: ClientRegistration,
        secret: SecretPolicy,
    ) -> Result<RegisteredClient, ControlError> {
        let id = ClientId::parse(client_id)?;
        if client_id == OWN_CLIENT_ID {
            let text = format!("{client_id} is the server itself, asking a FHIR server; choose another id");
            return Err(ControlError::Conflict(text));
        }
        if keeps_smart_profile(&registration) {
            // SMART App Launch 2.2 has its clients name the token endpoint; everyone else names the issuer (RFC 10070).
            registration
                .assertion_audience
                .get_or_insert(AssertionAudience::IssuerOrTokenEndpoint);
        }
        let mut client = registration
            .validate(id, RegisteredBy::Administrator)
            .map_err(ControlError::Client)?;
        self.cx.document().check_client(&client).map_err(ControlError::Client)?;
        let named: Vec<String> = client.default_identity_provider.iter().cloned().collect();
        Box::pin(self.check_aliases("identity_providers", &client.identity_providers)).await?;
        Box::pin(self.check_aliases("default_identity_provider", &named)).await?;
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

    /// Decides whether a client may be used. Switching it off ends the tokens it has, and leaves its registration as it is.
    pub async fn set_client_status(&self, client_id: &str, status: ClientStatus) -> Result<Change, ControlError> {
        let mut client = self.get_client(client_id).await?;
        if client.status != status {
            client.status = status;
            let mut rows = self.cx.begin().await?;
            rows.save_client(&client, self.cx.now()).await?;
            let event = AuditEvent {
                event: "client.status_changed",
                outcome: status.as_str(),
                client_id: Some(client_id),
                ..AuditEvent::default()
            };
            rows.record(&event, self.cx.now(), self.cx.entropy()).await?;
            rows.commit().await?;
            self.announce().await?;
            return Ok(Change::Updated);
        }
        self.announce().await?;
        Ok(Change::Unchanged)
    }

    /// Removes a client; everything it was given falls with it.
    pub async fn delete_client(&self, client_id: &str) -> Result<(), ControlError> {
        let mut rows = self.cx.begin().await?;
        if !rows.delete_client(client_id, self.cx.now()).await? {
            return Err(ControlError::NotFound {
                what: "client",
                name: client_id.to_owned(),
            });
        }
        let event = AuditEvent {
            event: "client.deleted",
            outcome: "success",
            client_id: Some(client_id),
            ..AuditEvent::default()
        };
        rows.record(&event, self.cx.now(), self.cx.entropy()).await?;
        rows.commit().await?;
        self.announce().await?;
        Ok(())
    }

    /// Makes a token with which somebody can register `uses` apps within `lifetime` (RFC 7591 section 3). Shown here and
    /// never again.
    pub async fn create_initial_access_token(
        &self,
        label: &str,
        uses: u32,
        lifetime: Duration,
    ) -> Result<Secret<String>, ControlError> {
        if label.is_empty() || label.len() > 200 {
            return Err(ControlError::invalid("label", "has 1 to 200 bytes"));
        }
        if uses == 0 || lifetime.is_zero() || lifetime > Duration::from_hours(366 * 24) {
            return Err(ControlError::invalid("uses", "is at least 1, for at most a year"));
        }
        let token = credential::generate(Kind::InitialAccessToken, self.cx.entropy());
        let mut rows = self.cx.begin().await?;
        let row = NewInitialAccessToken {
            token: Sha256Hash::of(token.expose().as_bytes()),
            label,
            uses,
            expires_at: self.cx.now() + lifetime,
        };
        rows.insert_initial_access_token(&row, self.cx.now()).await?;
        rows.commit().await?;
        Ok(token)
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
