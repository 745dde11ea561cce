//! What is there now, in the form in which it is compared with what a file asks for.

use super::desired::{AS_DECLARED, Desired, SECRET, app_state, provider_document, put};
use crate::control::{COMMAND_LINE_CLIENT, ControlError, TenantAdmin};
use crate::federation::provider;
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::oauth::Client;
use crate::store::tenant::{IdentityProviderRecord, ResourceKind, ResourceName};
use crate::tenant::TenantDocument;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Clients are read in pages of this size.
const PAGE: u32 = 500;

/// One thing as it is.
pub(super) struct Current {
    /// Without anything that stands for a secret.
    pub(super) state: Value,
    held: Held,
}

enum Held {
    Nothing,
    Client(Box<Client>),
    Provider(Option<Secret<Vec<u8>>>),
}

/// Everything that a file could manage.
#[derive(Default)]
pub(super) struct CurrentTenant {
    pub(super) resources: BTreeMap<ResourceName, Current>,
}

impl Current {
    const fn plain(state: Value) -> Self {
        Self {
            state,
            held: Held::Nothing,
        }
    }

    /// The state beside a desired one: says of a declared secret whether it is the stored one.
    pub(super) fn beside(&self, desired: Option<&Desired>, now: Timestamp) -> Value {
        let mut state = self.state.clone();
        if let Some(secret) = desired.and_then(Desired::secret) {
            let held = if self.holds(secret, now) {
                AS_DECLARED
            } else {
                "another"
            };
            put(&mut state, SECRET, json!(held));
        }
        state
    }

    fn holds(&self, secret: &Secret<String>, now: Timestamp) -> bool {
        match &self.held {
            Held::Nothing => false,
            Held::Provider(stored) => stored
                .as_ref()
                .is_some_and(|stored| stored.ct_eq(secret.expose().as_bytes())),
            Held::Client(client) => {
                let hash = Sha256Hash::of(secret.expose().as_bytes());
                let valid = |end: Option<Timestamp>| end.is_none_or(|end| now < end);
                client
                    .secrets
                    .iter()
                    .any(|held| valid(held.expires_at) && held.hash.ct_eq(&hash))
            }
        }
    }

    /// The stored secret at an identity provider.
    pub(super) fn provider_secret(&self) -> Option<Secret<String>> {
        match &self.held {
            Held::Provider(Some(stored)) => {
                let text = String::from_utf8(stored.expose().clone()).ok()?;
                Some(Secret::new(text))
            }
            _ => None,
        }
    }
}

impl TenantAdmin {
    /// Reads everything that a file could manage; lists of users, which may be long, only when they are wanted.
    pub(super) async fn current_configuration(&self, with_fhir_users: bool) -> Result<CurrentTenant, ControlError> {
        let mut rows = self.cx.read().await?;
        let mut resources = BTreeMap::new();
        if let Some(text) = rows.find_settings().await? {
            let document: TenantDocument = serde_json::from_str(&text)?;
            resources.insert(ResourceName::settings(), Current::plain(json!(document)));
        }
        for record in rows.list_identity_providers().await? {
            let metadata = match record.kind.as_str() {
                provider::SAML => rows.find_saml_metadata(record.id).await?.map(|record| record.metadata),
                _ => None,
            };
            let name = ResourceName::of(ResourceKind::IdentityProvider, &record.alias);
            resources.insert(name, provider_state(record, metadata)?);
        }
        let mut after = String::new();
        loop {
            let clients = rows.list_clients(&after, PAGE).await?;
            let Some(last) = clients.last() else { break };
            after = last.client_id.to_string();
            // The command line's own client is made by onboarding: no file describes it.
            for client in clients
                .into_iter()
                .filter(|client| client.client_id.as_str() != COMMAND_LINE_CLIENT)
            {
                let name = ResourceName::of(ResourceKind::App, client.client_id.as_str());
                let state = app_state(&client);
                let held = Held::Client(Box::new(client));
                resources.insert(name, Current { state, held });
            }
        }
        drop(rows);
        if with_fhir_users {
            for list in self.list_fhir_user_lists().await? {
                let entries = self.all_fhir_users(&list.list).await?;
                let name = ResourceName::of(ResourceKind::FhirUsers, &list.list);
                resources.insert(name, Current::plain(json!(entries)));
            }
        }
        let brands = self.get_brands().await?;
        if !brands.brands.is_empty() {
            resources.insert(ResourceName::brands(), Current::plain(json!(brands)));
        }
        Ok(CurrentTenant { resources })
    }
}

fn provider_state(record: IdentityProviderRecord, metadata: Option<String>) -> Result<Current, ControlError> {
    let mut state = json!({ "kind": record.kind, "display_name": record.display_name });
    put(
        &mut state,
        "document",
        provider_document(&record.kind, &record.document)?,
    );
    if let Some(metadata) = metadata {
        put(&mut state, "metadata", json!(metadata));
    }
    Ok(Current {
        state,
        held: Held::Provider(record.secret),
    })
}
