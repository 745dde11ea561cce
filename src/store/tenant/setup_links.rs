//! Links with which somebody outside sets up one identity provider. Only the hash of the link is stored.

use crate::kernel::id::SetupLinkId;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// A link to store.
pub struct NewSetupLink<'a> {
    /// Its id.
    pub id: SetupLinkId,
    /// Hash of the link's token.
    pub token: Sha256Hash,
    /// The connection that it sets up.
    pub alias: &'a str,
    /// What its maker calls it.
    pub label: &'a str,
    /// The product, where its maker knows it.
    pub product: Option<&'a str>,
    /// Who made it.
    pub created_by: &'a str,
    /// When.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// Until when it is listed.
    pub kept_until: Timestamp,
}

/// A stored link.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct StoredSetupLink {
    /// Its id.
    #[sqlx(rename = "link_id")]
    pub id: SetupLinkId,
    /// The connection that it sets up.
    pub alias: String,
    /// What its maker calls it.
    pub label: String,
    /// The product, where its maker knows it.
    pub product: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// When it was first used.
    pub opened_at: Option<Timestamp>,
    /// When it stopped working before its time.
    pub closed_at: Option<Timestamp>,
    /// Why: `used` or `revoked`.
    pub closed_by: Option<String>,
}

impl TenantTx {
    /// Stores a link.
    pub async fn insert_setup_link(&mut self, link: &NewSetupLink<'_>) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO setup_links (tenant_id, link_id, token_hash, alias, label, product, created_by, created_at, \
             expires_at, kept_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(tenant)
        .bind(link.id)
        .bind(link.token)
        .bind(link.alias)
        .bind(link.label)
        .bind(link.product)
        .bind(link.created_by)
        .bind(link.created_at)
        .bind(link.expires_at)
        .bind(link.kept_until)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The link with this token, if it works.
    pub async fn find_setup_link(
        &mut self,
        token: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<StoredSetupLink>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| {
            sqlx::query_as::<_, StoredSetupLink>(
            "SELECT link_id, alias, label, product, created_by, created_at, expires_at, opened_at, closed_at, closed_by \
             FROM setup_links WHERE tenant_id = $1 AND token_hash = $2 AND closed_at IS NULL AND expires_at > $3",
        )
        .bind(tenant)
        .bind(token)
        .bind(now)
        .fetch_optional(connection)
        .await
        })?)
    }

    /// The tenant's links that are still listed, the newest first, at most two hundred.
    pub async fn list_setup_links(&mut self, now: Timestamp) -> Result<Vec<StoredSetupLink>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| {
            sqlx::query_as::<_, StoredSetupLink>(
            "SELECT link_id, alias, label, product, created_by, created_at, expires_at, opened_at, closed_at, closed_by \
             FROM setup_links WHERE tenant_id = $1 AND kept_until > $2 ORDER BY link_id DESC LIMIT 200",
        )
        .bind(tenant)
        .bind(now)
        .fetch_all(connection)
        .await
        })?)
    }

    /// Notes that a link is used for the first time. False when it was before, or does not work.
    pub async fn note_setup_link_opened(&mut self, link: SetupLinkId, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE setup_links SET opened_at = $3 WHERE tenant_id = $1 AND link_id = $2 AND opened_at IS NULL \
             AND closed_at IS NULL AND expires_at > $3",
        )
        .bind(tenant)
        .bind(link)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Makes a link that works worthless. False when it does not work any more.
    pub async fn close_setup_link(&mut self, link: SetupLinkId, why: &str, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE setup_links SET closed_at = $3, closed_by = $4 WHERE tenant_id = $1 AND link_id = $2 \
             AND closed_at IS NULL AND expires_at > $3",
        )
        .bind(tenant)
        .bind(link)
        .bind(now)
        .bind(why)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Makes every link to a connection worthless that works: it was removed.
    pub async fn close_setup_links_to(&mut self, alias: &str, why: &str, now: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE setup_links SET closed_at = $3, closed_by = $4 WHERE tenant_id = $1 AND alias = $2 \
             AND closed_at IS NULL AND expires_at > $3",
        )
        .bind(tenant)
        .bind(alias)
        .bind(now)
        .bind(why)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
