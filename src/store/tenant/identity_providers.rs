//! Identity providers configured at the tenant.

use super::configuration_changes::{Authorship, ResourceKind, ResourceName};
use crate::kernel::Secret;
use crate::kernel::id::IdentityProviderId;
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

const TABLE: &str = "identity_providers";

/// A configured identity provider. The document's shape belongs to `federation`.
pub struct IdentityProviderRecord {
    /// The row's id.
    pub id: IdentityProviderId,
    /// The name in addresses (`I/federation/<alias>/callback`), unique at the tenant.
    pub alias: String,
    /// `oidc`, `saml` or `local`.
    pub kind: String,
    /// The hospital's own words on the button.
    pub display_name: String,
    /// Settings as JSON, without secrets.
    pub document: String,
    /// The client secret at the provider.
    pub secret: Option<Secret<Vec<u8>>>,
}

impl IdentityProviderRecord {
    /// What the history keeps of it, JSON; with the metadata of a SAML provider where they go with it.
    fn stored_form(&self, metadata: Option<&str>) -> Secret<String> {
        self.stored_form_of(self.id, metadata)
    }

    fn stored_form_of(&self, id: IdentityProviderId, metadata: Option<&str>) -> Secret<String> {
        let secret = self.secret.as_ref().map(|secret| STANDARD.encode(secret.expose()));
        let form = json!({
            "id": id.uuid(),
            "kind": self.kind,
            "display_name": self.display_name,
            "document": self.document,
            "secret": secret,
            "metadata": metadata,
        });
        Secret::new(form.to_string())
    }
}

#[derive(FromRow)]
struct Row {
    identity_provider_id: Uuid,
    alias: String,
    kind: String,
    display_name: String,
    document: String,
    sealed_secret: Option<Vec<u8>>,
}

fn place(id: &IdentityProviderId) -> [u8; 16] {
    *id.uuid().as_bytes()
}

impl TenantTx {
    /// Every identity provider of the tenant, in order of creation. A tenant has a handful.
    pub async fn list_identity_providers(&mut self) -> Result<Vec<IdentityProviderRecord>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
            "SELECT identity_provider_id, alias, kind, display_name, document, sealed_secret FROM identity_providers \
             WHERE tenant_id = $1 ORDER BY identity_provider_id",
        )
        .bind(tenant)
        .fetch_all(connection)
        .await
        })?;
        rows.into_iter()
            .map(|row| {
                let id = IdentityProviderId::from_uuid(row.identity_provider_id);
                let secret = row
                    .sealed_secret
                    .map(|sealed| {
                        let row = place(&id);
                        let place = Place {
                            table: TABLE,
                            column: "sealed_secret",
                            row: &row,
                        };
                        self.keyring.open(place, &Sealed::from_bytes(sealed))
                    })
                    .transpose()?;
                Ok(IdentityProviderRecord {
                    id,
                    alias: row.alias,
                    kind: row.kind,
                    display_name: row.display_name,
                    document: row.document,
                    secret,
                })
            })
            .collect()
    }

    /// The alias of an identity provider.
    pub async fn find_identity_provider_alias(&mut self, id: IdentityProviderId) -> Result<Option<String>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_scalar(
            "SELECT alias FROM identity_providers WHERE tenant_id = $1 AND identity_provider_id = $2",
        )
        .bind(tenant)
        .bind(id)
        .fetch_optional(connection)
        .await)?)
    }

    /// Adds an identity provider, or replaces the one with the same alias while keeping its id, so that accounts stay
    /// linked. Returns the id it has.
    pub async fn save_identity_provider(
        &mut self,
        provider: &IdentityProviderRecord,
        by: &Authorship<'_>,
    ) -> Result<IdentityProviderId, StoreError> {
        let tenant = self.tenant;
        let existing = self.list_identity_providers().await?;
        let existing = existing.iter().find(|existing| existing.alias == provider.alias);
        let before = existing.map(|existing| existing.stored_form(None));
        // An existing row keeps its id.
        let id = existing.map_or(provider.id, |existing| existing.id);
        let after = provider.stored_form_of(id, None);
        let name = ResourceName::of(ResourceKind::IdentityProvider, &provider.alias);
        self.record_change(&name, before.as_ref(), Some(&after), by).await?;
        let (id,): (Uuid,) = on_tx!(self, |connection| sqlx::query_as(
            "INSERT INTO identity_providers (tenant_id, identity_provider_id, alias, kind, display_name, document, \
             created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) \
             ON CONFLICT (tenant_id, alias) DO UPDATE SET kind = excluded.kind, display_name = excluded.display_name, \
             document = excluded.document, updated_at = excluded.updated_at RETURNING identity_provider_id",
        )
        .bind(tenant)
        .bind(provider.id)
        .bind(&provider.alias)
        .bind(&provider.kind)
        .bind(&provider.display_name)
        .bind(&provider.document)
        .bind(by.now)
        .fetch_one(connection)
        .await)?;
        let id = IdentityProviderId::from_uuid(id);
        // The secret is sealed for the row that it ends in, so its id must be known first.
        let sealed = provider
            .secret
            .as_ref()
            .map(|secret| {
                let row = place(&id);
                let place = Place {
                    table: TABLE,
                    column: "sealed_secret",
                    row: &row,
                };
                self.keyring.seal(place, secret.expose(), by.entropy)
            })
            .transpose()?;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE identity_providers SET sealed_secret = $3 WHERE tenant_id = $1 AND identity_provider_id = $2",
        )
        .bind(tenant)
        .bind(id)
        .bind(sealed)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(id)
    }

    /// Appends to the history that somebody gave a provider other metadata than before.
    pub async fn record_metadata_change(
        &mut self,
        provider: &IdentityProviderRecord,
        before: &str,
        after: &str,
        by: &Authorship<'_>,
    ) -> Result<(), StoreError> {
        let name = ResourceName::of(ResourceKind::IdentityProvider, &provider.alias);
        let (before, after) = (provider.stored_form(Some(before)), provider.stored_form(Some(after)));
        self.record_change(&name, Some(&before), Some(&after), by).await
    }

    /// Removes an identity provider with everything that is kept of it alone. Accounts stay. False when it was not there.
    pub async fn delete_identity_provider(&mut self, alias: &str, by: &Authorship<'_>) -> Result<bool, StoreError> {
        const LEFT: [&str; 11] = [
            "DELETE FROM oidc_metadata WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2)",
            "DELETE FROM sign_in_tests WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2)",
            "DELETE FROM provider_notices WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2)",
            "DELETE FROM saml_keys WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2)",
            "DELETE FROM saml_metadata WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2)",
            "DELETE FROM upstream_sign_ins WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2)",
            "DELETE FROM scim_group_members WHERE tenant_id = $1 AND group_id IN \
             (SELECT group_id FROM scim_groups WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2))",
            "DELETE FROM scim_user_emails WHERE tenant_id = $1 AND account_id IN \
             (SELECT account_id FROM scim_users WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2))",
            "DELETE FROM scim_groups WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2)",
            "DELETE FROM scim_users WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2)",
            "DELETE FROM scim_tokens WHERE tenant_id = $1 AND identity_provider_id IN \
             (SELECT identity_provider_id FROM identity_providers WHERE tenant_id = $1 AND alias = $2)",
        ];
        let tenant = self.tenant;
        let existing = self.list_identity_providers().await?;
        if let Some(existing) = existing.iter().find(|existing| existing.alias == alias) {
            let metadata = self
                .find_saml_metadata(existing.id)
                .await?
                .map(|record| record.metadata);
            let name = ResourceName::of(ResourceKind::IdentityProvider, alias);
            let before = existing.stored_form(metadata.as_deref());
            self.record_change(&name, Some(&before), None, by).await?;
        }
        for statement in LEFT {
            on_tx!(self, |connection| sqlx::query(statement)
                .bind(tenant)
                .bind(alias)
                .execute(connection)
                .await
                .map(drop))?;
        }
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM identity_providers WHERE tenant_id = $1 AND alias = $2"
        )
        .bind(tenant)
        .bind(alias)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(deleted == 1)
    }
}
