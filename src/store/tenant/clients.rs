//! Registered clients. The document is [`oauth::client::Client`](crate::oauth::client::Client) as JSON.

use super::configuration_changes::{Authorship, ResourceKind, ResourceName};
use crate::kernel::Secret;
use crate::oauth::client::Client;
use crate::store::transaction::{escape_like, on_tx};
use crate::store::{StoreError, TenantTx};

fn parse(document: &str) -> Result<Client, StoreError> {
    serde_json::from_str(document).map_err(|error| StoreError::corrupt("clients", "document", error))
}

impl TenantTx {
    /// The client with this id.
    pub async fn find_client(&mut self, client_id: &str) -> Result<Option<Client>, StoreError> {
        let document = self.find_client_document(client_id).await?;
        document.map(|document| parse(document.expose())).transpose()
    }

    /// The stored document of a client, for the history.
    pub(super) async fn find_client_document(&mut self, client_id: &str) -> Result<Option<Secret<String>>, StoreError> {
        let tenant = self.tenant;
        let document = on_tx!(self, |connection| sqlx::query_scalar::<_, String>(
            "SELECT document FROM clients WHERE tenant_id = $1 AND client_id = $2"
        )
        .bind(tenant)
        .bind(client_id)
        .fetch_optional(connection)
        .await)?;
        Ok(document.map(Secret::new))
    }

    /// Registers a client, or replaces the registration with the same id.
    pub async fn save_client(&mut self, client: &Client, by: &Authorship<'_>) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let now = by.now;
        let document =
            serde_json::to_string(client).map_err(|error| StoreError::corrupt("clients", "document", error))?;
        let before = self.find_client_document(client.client_id.as_str()).await?;
        let after = Secret::new(document.clone());
        let name = ResourceName::of(ResourceKind::App, client.client_id.as_str());
        self.record_change(&name, before.as_ref(), Some(&after), by).await?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO clients (tenant_id, client_id, name, document, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $5) \
             ON CONFLICT (tenant_id, client_id) DO UPDATE \
             SET name = excluded.name, document = excluded.document, updated_at = excluded.updated_at",
        )
        .bind(tenant)
        .bind(client.client_id.as_str())
        .bind(&client.client_name)
        .bind(&document)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM client_origins WHERE tenant_id = $1 AND client_id = $2"
        )
        .bind(tenant)
        .bind(client.client_id.as_str())
        .execute(connection)
        .await
        .map(drop))?;
        for origin in client.origins() {
            on_tx!(self, |connection| sqlx::query(
                "INSERT INTO client_origins (tenant_id, origin, client_id) VALUES ($1, $2, $3)"
            )
            .bind(tenant)
            .bind(&origin)
            .bind(client.client_id.as_str())
            .execute(connection)
            .await
            .map(drop))?;
        }
        Ok(())
    }

    /// Whether any app of the tenant runs at this web origin.
    pub async fn is_client_origin(&mut self, origin: &str) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let found = on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(*) FROM client_origins WHERE tenant_id = $1 AND origin = $2"
        )
        .bind(tenant)
        .bind(origin)
        .fetch_one(connection)
        .await)?;
        Ok(found > 0)
    }

    /// Up to `limit` clients in order of id, after `after`, whose id or name contains `search`, whatever the case,
    /// and that are in this state.
    pub async fn search_clients(
        &mut self,
        search: Option<&str>,
        status: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Client>, StoreError> {
        let tenant = self.tenant;
        let search = search.map(|text| format!("%{}%", escape_like(&text.to_lowercase())));
        // The state stands in the document, as the serialiser writes it.
        let status = status.map(|status| format!("%\"status\":\"{}\"%", escape_like(status)));
        on_tx!(self, |connection| sqlx::query_scalar::<_, String>(
            "SELECT document FROM clients WHERE tenant_id = $1 AND client_id > $2 \
             AND ($3 IS NULL OR LOWER(client_id) LIKE $3 ESCAPE '\\' OR LOWER(name) LIKE $3 ESCAPE '\\') \
             AND ($4 IS NULL OR document LIKE $4 ESCAPE '\\') ORDER BY client_id LIMIT $5"
        )
        .bind(tenant)
        .bind(after)
        .bind(search)
        .bind(status)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?
        .iter()
        .map(|document| parse(document))
        .collect()
    }

    /// Up to `limit` clients in order of id, after `after`.
    pub async fn list_clients(&mut self, after: &str, limit: u32) -> Result<Vec<Client>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_scalar::<_, String>(
            "SELECT document FROM clients WHERE tenant_id = $1 AND client_id > $2 ORDER BY client_id LIMIT $3"
        )
        .bind(tenant)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?
        .iter()
        .map(|document| parse(document))
        .collect()
    }
}
