//! Registering apps.

use super::{Change, ControlError, Precondition, TenantAdmin, permissions_of, reach_of};
use crate::kernel::credential::{self, Kind};
use crate::kernel::{Secret, Sha256Hash};
use crate::oauth::client::{AssertionAudience, ClientSecret, ClientStatus};
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::redirect_uri::RegisteredBy;
use crate::oauth::{Client, ClientId};
use crate::patient_directory::OWN_CLIENT_ID;
use crate::store::TenantTx;
use crate::store::tenant::{AuditEvent, NewInitialAccessToken};
use crate::tenant::TenantDocument;
use crate::tenant::registration::keeps_smart_profile;
use crate::tenant::roles::Permission;
use serde::Serialize;
use std::time::Duration;

/// Longest time for which an old secret works beside a new one.
const LONGEST_OVERLAP: Duration = Duration::from_hours(30 * 24);

/// What registering gave. The secret is shown here and never again.
pub struct RegisteredClient {
    /// The client.
    pub client: Client,
    /// A new secret, if one was made.
    pub secret: Option<Secret<String>>,
    /// What changed.
    pub change: Change,
}

/// A token that registers apps, as administration shows it.
#[derive(Clone, Debug, Serialize)]
pub struct RegistrationTokenSummary {
    /// Its id, from which nobody gets the token.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// How many apps it can still register.
    pub uses_left: i64,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it ends, RFC 3339.
    pub expires_at: String,
}

/// What to do about the secret of a client that authenticates with one.
pub enum SecretPolicy {
    /// Make one if there is none.
    KeepOrCreate,
    /// Make a new one; those before are refused from now on.
    Replace,
    /// Make a new one; those before work for this time beside it.
    ReplaceAfter(Duration),
    /// Use this one. For the demonstration and for tests, where it has to be known beforehand.
    Known(Secret<String>),
}

/// A registration with what it leaves to us.
pub(super) fn completed(mut registration: ClientRegistration, document: &TenantDocument) -> ClientRegistration {
    if keeps_smart_profile(&registration) {
        // SMART App Launch 2.2 has its clients name the token endpoint; everyone else names the issuer (RFC 10070).
        registration
            .assertion_audience
            .get_or_insert(AssertionAudience::IssuerOrTokenEndpoint);
    }
    document.complete_registration(&mut registration);
    registration
}

impl TenantAdmin {
    /// Registers a client, or brings the registration with this id up to the description.
    pub async fn save_client(
        &self,
        client_id: &str,
        registration: ClientRegistration,
        secret: SecretPolicy,
    ) -> Result<RegisteredClient, ControlError> {
        Box::pin(self.save_client_if(client_id, registration, secret, &Precondition::None)).await
    }

    /// The same, if the registration is what the caller has seen.
    pub async fn save_client_if(
        &self,
        client_id: &str,
        registration: ClientRegistration,
        secret: SecretPolicy,
        precondition: &Precondition,
    ) -> Result<RegisteredClient, ControlError> {
        Box::pin(self.save_client_as(client_id, registration, secret, precondition, None)).await
    }

    /// The same, for an app of the platform's directory at this version.
    pub(super) async fn save_client_of_directory(
        &self,
        client_id: &str,
        registration: ClientRegistration,
        secret: SecretPolicy,
        version: i64,
    ) -> Result<RegisteredClient, ControlError> {
        Box::pin(self.save_client_as(client_id, registration, secret, &Precondition::None, Some(version))).await
    }

    pub(super) async fn save_client_as(
        &self,
        client_id: &str,
        registration: ClientRegistration,
        secret: SecretPolicy,
        precondition: &Precondition,
        directory_version: Option<i64>,
    ) -> Result<RegisteredClient, ControlError> {
        self.require(Permission::ManageApps)?;
        let id = ClientId::parse(client_id)?;
        if client_id == OWN_CLIENT_ID {
            let text = format!("{client_id} is the server itself, asking a FHIR server; choose another id");
            return Err(ControlError::Conflict(text));
        }
        let mut client = completed(registration, self.cx.document())
            .validate(id, RegisteredBy::Administrator)
            .map_err(ControlError::Client)?;
        client.directory_version = directory_version;
        self.cx.document().check_client(&client).map_err(ControlError::Client)?;
        let named: Vec<String> = client.default_identity_provider.iter().cloned().collect();
        Box::pin(self.check_aliases("identity_providers", &client.identity_providers)).await?;
        Box::pin(self.check_aliases("default_identity_provider", &named)).await?;
        let mut rows = self.begin_change().await?;
        let existing = rows.find_client(client_id).await?;
        precondition.check(existing.as_ref())?;
        self.check_reach_of_client(&mut rows, existing.as_ref(), &client)
            .await?;
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
            rows.save_client(&client, &self.by()).await?;
            let event = AuditEvent {
                event: "client.saved",
                outcome: "success",
                client_id: Some(client_id),
                target: Some(client_id),
                detail: Some(change.as_str()),
                ..AuditEvent::default()
            };
            self.record_event(&mut rows, event).await?;
        }
        self.finish(rows).await?;
        Ok(RegisteredClient { client, secret, change })
    }

    /// An app through which somebody administers is as powerful as they are: only who covers that may touch it.
    pub(super) async fn check_reach_of_client(
        &self,
        rows: &mut TenantTx,
        existing: Option<&Client>,
        client: &Client,
    ) -> Result<(), ControlError> {
        let administers = |client: &Client| !reach_of(&client.scope).is_empty();
        // The ceiling is what a user can pass on: registering it is handing out the key to administration.
        if administers(client) || existing.is_some_and(administers) {
            self.require(Permission::ManageRoles)?;
        }
        let principal = client.client_id.as_str();
        let roles = self.roles_given(rows, principal).await?;
        self.actor().require_cover(permissions_of(&roles))
    }

    fn apply_secret(&self, client: &mut Client, policy: SecretPolicy) -> Option<Secret<String>> {
        if !client.token_endpoint_auth_method.uses_secret() {
            client.secrets.clear();
            return None;
        }
        let overlap = match &policy {
            SecretPolicy::ReplaceAfter(overlap) => Some(*overlap),
            _ => None,
        };
        let (hash, shown) = match policy {
            SecretPolicy::KeepOrCreate if !client.secrets.is_empty() => return None,
            SecretPolicy::KeepOrCreate | SecretPolicy::Replace | SecretPolicy::ReplaceAfter(_) => {
                let secret = credential::generate(Kind::ClientSecret, self.cx.entropy());
                (Sha256Hash::of(secret.expose().as_bytes()), Some(secret))
            }
            SecretPolicy::Known(secret) => (Sha256Hash::of(secret.expose().as_bytes()), None),
        };
        if client.secrets.iter().any(|held| held.hash.ct_eq(&hash)) {
            return None;
        }
        match overlap {
            // The ones before work until then, and no longer than they would have.
            Some(overlap) => {
                let until = self.cx.now() + overlap;
                client
                    .secrets
                    .retain(|held| held.expires_at.is_none_or(|end| self.cx.now() < end));
                for held in &mut client.secrets {
                    held.expires_at = Some(held.expires_at.map_or(until, |end| end.min(until)));
                }
            }
            None => client.secrets.clear(),
        }
        client.secrets.push(ClientSecret {
            hash,
            created_at: self.cx.now(),
            expires_at: None,
        });
        shown
    }

    /// Makes a new secret for a client that authenticates with one. Those before work for `overlap` beside it.
    pub async fn rotate_client_secret(
        &self,
        client_id: &str,
        overlap: Duration,
    ) -> Result<RegisteredClient, ControlError> {
        self.require(Permission::ManageApps)?;
        if overlap > LONGEST_OVERLAP {
            return Err(ControlError::invalid("overlap", "is at most 30 days"));
        }
        let mut rows = self.begin_change().await?;
        let mut client = rows.find_client(client_id).await?.ok_or_else(|| no_client(client_id))?;
        self.check_reach_of_client(&mut rows, None, &client).await?;
        if !client.token_endpoint_auth_method.uses_secret() {
            let text = format!("{client_id} does not authenticate with a secret");
            return Err(ControlError::Conflict(text));
        }
        let secret = self.apply_secret(&mut client, SecretPolicy::ReplaceAfter(overlap));
        rows.save_client(&client, &self.by()).await?;
        let event = AuditEvent {
            event: "client.secret_rotated",
            outcome: "success",
            client_id: Some(client_id),
            target: Some(client_id),
            ..AuditEvent::default()
        };
        self.record_event(&mut rows, event).await?;
        self.finish(rows).await?;
        Ok(RegisteredClient {
            client,
            secret,
            change: Change::Updated,
        })
    }

    /// Up to `limit` clients in order of id, after `after`.
    pub async fn list_clients(&self, after: &str, limit: u32) -> Result<Vec<Client>, ControlError> {
        self.require(Permission::ReadApps)?;
        Ok(self.cx.read().await?.list_clients(after, limit).await?)
    }

    /// Up to `limit` clients in order of id, after `after`, whose id or name contains `search`, whatever the case,
    /// and that are in this state.
    pub async fn search_clients(
        &self,
        search: Option<&str>,
        status: Option<ClientStatus>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Client>, ControlError> {
        self.require(Permission::ReadApps)?;
        let status = status.map(ClientStatus::as_str);
        Ok(self
            .cx
            .read()
            .await?
            .search_clients(search, status, after, limit)
            .await?)
    }

    /// Decides whether a client may be used. Switching it off ends the tokens it has, and leaves its registration as it is.
    pub async fn set_client_status(&self, client_id: &str, status: ClientStatus) -> Result<Change, ControlError> {
        self.set_client_status_if(client_id, status, &Precondition::None).await
    }

    /// The same, if the registration is what the caller has seen: an app that registered itself can change what it asks for while
    /// somebody looks at it, and is approved as it was looked at or not at all.
    pub async fn set_client_status_if(
        &self,
        client_id: &str,
        status: ClientStatus,
        precondition: &Precondition,
    ) -> Result<Change, ControlError> {
        self.require(Permission::ManageApps)?;
        let mut rows = self.begin_change().await?;
        let mut client = rows.find_client(client_id).await?.ok_or_else(|| no_client(client_id))?;
        precondition.check(Some(&client))?;
        self.check_reach_of_client(&mut rows, None, &client).await?;
        if client.status == status {
            drop(rows);
            self.announce().await?;
            return Ok(Change::Unchanged);
        }
        client.status = status;
        rows.save_client(&client, &self.by()).await?;
        let event = AuditEvent {
            event: "client.status_changed",
            outcome: status.as_str(),
            client_id: Some(client_id),
            target: Some(client_id),
            ..AuditEvent::default()
        };
        self.record_event(&mut rows, event).await?;
        self.finish(rows).await?;
        Ok(Change::Updated)
    }

    /// Removes a client; everything it was given falls with it.
    pub async fn delete_client(&self, client_id: &str) -> Result<(), ControlError> {
        self.delete_client_if(client_id, &Precondition::None).await
    }

    /// The same, if the registration is what the caller has seen.
    pub async fn delete_client_if(&self, client_id: &str, precondition: &Precondition) -> Result<(), ControlError> {
        self.require(Permission::ManageApps)?;
        let mut rows = self.begin_change().await?;
        let client = rows.find_client(client_id).await?.ok_or_else(|| no_client(client_id))?;
        precondition.check(Some(&client))?;
        self.check_reach_of_client(&mut rows, None, &client).await?;
        let given = self.roles_given(&mut rows, client_id).await?;
        self.check_not_last(&mut rows, client_id, &given).await?;
        rows.delete_client(client_id, &self.by()).await?;
        let event = AuditEvent {
            event: "client.deleted",
            outcome: "success",
            client_id: Some(client_id),
            target: Some(client_id),
            ..AuditEvent::default()
        };
        self.record_event(&mut rows, event).await?;
        self.finish(rows).await?;
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
        self.require(Permission::ManageApps)?;
        if !(1..=200).contains(&label.chars().count()) || label.chars().any(char::is_control) {
            return Err(ControlError::invalid(
                "label",
                "has 1 to 200 characters, and no control characters",
            ));
        }
        if uses == 0 || lifetime.is_zero() || lifetime > Duration::from_hours(366 * 24) {
            return Err(ControlError::invalid("uses", "is at least 1, for at most a year"));
        }
        let token = credential::generate(Kind::InitialAccessToken, self.cx.entropy());
        let mut rows = self.begin_change().await?;
        let row = NewInitialAccessToken {
            token: Sha256Hash::of(token.expose().as_bytes()),
            label,
            uses,
            expires_at: self.cx.now() + lifetime,
        };
        rows.insert_initial_access_token(&row, self.cx.now()).await?;
        self.record(&mut rows, "registration_token.created", Some(label), None)
            .await?;
        self.finish(rows).await?;
        Ok(token)
    }

    /// Up to `limit` unexpired tokens that register apps, in order of id, after `after`.
    pub async fn list_initial_access_tokens(
        &self,
        after: &str,
        limit: u32,
    ) -> Result<Vec<RegistrationTokenSummary>, ControlError> {
        self.require(Permission::ReadApps)?;
        let after = Sha256Hash::from_base64url(after);
        let after = after.as_ref().map_or(&[][..], |hash| hash.as_bytes().as_slice());
        let mut rows = self.cx.read().await?;
        let tokens = rows.list_initial_access_tokens(after, self.cx.now(), limit).await?;
        Ok(tokens
            .into_iter()
            .filter_map(|token| {
                Some(RegistrationTokenSummary {
                    id: Sha256Hash::from_bytes(&token.token)?.to_base64url(),
                    label: token.label,
                    uses_left: token.uses_left,
                    created_at: token.created_at.to_rfc3339(),
                    expires_at: token.expires_at.to_rfc3339(),
                })
            })
            .collect())
    }

    /// Takes back a token that registers apps.
    pub async fn delete_initial_access_token(&self, id: &str) -> Result<(), ControlError> {
        self.require(Permission::ManageApps)?;
        let missing = || ControlError::NotFound {
            what: "registration token",
            name: id.to_owned(),
        };
        let hash = Sha256Hash::from_base64url(id).ok_or_else(missing)?;
        let mut rows = self.begin_change().await?;
        if !rows.delete_initial_access_token(hash).await? {
            return Err(missing());
        }
        self.record(&mut rows, "registration_token.deleted", Some(id), None)
            .await?;
        self.finish(rows).await?;
        Ok(())
    }

    /// One client, enabled or not.
    pub async fn get_client(&self, client_id: &str) -> Result<Client, ControlError> {
        self.require(Permission::ReadApps)?;
        let client = self.cx.read().await?.find_client(client_id).await?;
        client.ok_or_else(|| no_client(client_id))
    }
}

fn no_client(client_id: &str) -> ControlError {
    ControlError::NotFound {
        what: "client",
        name: client_id.to_owned(),
    }
}
