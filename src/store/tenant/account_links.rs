//! One-time links to a page where a password is chosen. The link holds a credential; only its hash is stored.

use crate::kernel::id::AccountId;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Choosing the first password.
    Invitation,
    /// Choosing another one.
    Reset,
}

impl LinkPurpose {
    /// The stored form, also for audit events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        match text {
            "invitation" => Ok(Self::Invitation),
            "reset" => Ok(Self::Reset),
            _ => Err(StoreError::corrupt("account_links", "purpose", "not a purpose")),
        }
    }
}

/// A link that works.
#[derive(Clone, Copy, Debug)]
pub struct AccountLink {
    /// Whose password is chosen.
    pub account: AccountId,
    /// Why.
    pub purpose: LinkPurpose,
}

#[derive(FromRow)]
struct Row {
    account_id: Uuid,
    purpose: String,
}

impl Row {
    fn read(self) -> Result<AccountLink, StoreError> {
        Ok(AccountLink {
            account: AccountId::from_uuid(self.account_id),
            purpose: LinkPurpose::read(&self.purpose)?,
        })
    }
}

impl TenantTx {
    /// Stores a link.
    pub async fn insert_account_link(
        &mut self,
        token: Sha256Hash,
        link: AccountLink,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO account_links (tenant_id, token_hash, account_id, purpose, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(tenant)
        .bind(token)
        .bind(link.account)
        .bind(link.purpose.as_str())
        .bind(now)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The link, if it still works. Looking does not use it up: mail programs open links on their own.
    pub async fn find_account_link(
        &mut self,
        token: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<AccountLink>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT account_id, purpose FROM account_links WHERE tenant_id = $1 AND token_hash = $2 \
             AND used_at IS NULL AND expires_at > $3",
        )
        .bind(tenant)
        .bind(token)
        .bind(now)
        .fetch_optional(connection)
        .await)?
        .map(Row::read)
        .transpose()
    }

    /// Uses a link up, and with it every other link of its account: used by two at once, it works for one.
    pub async fn use_account_link(
        &mut self,
        token: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<AccountLink>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "UPDATE account_links SET used_at = $3 WHERE tenant_id = $1 AND token_hash = $2 \
             AND used_at IS NULL AND expires_at > $3 RETURNING account_id, purpose",
        )
        .bind(tenant)
        .bind(token)
        .bind(now)
        .fetch_optional(connection)
        .await)?;
        let Some(link) = row.map(Row::read).transpose()? else {
            return Ok(None);
        };
        self.void_account_links(link.account, now).await?;
        Ok(Some(link))
    }

    /// Makes every open link of an account worthless.
    pub async fn void_account_links(&mut self, account: AccountId, now: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE account_links SET used_at = $3 WHERE tenant_id = $1 AND account_id = $2 AND used_at IS NULL",
        )
        .bind(tenant)
        .bind(account)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
