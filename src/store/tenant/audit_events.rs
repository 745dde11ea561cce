//! The tenant's audit log. Append only; ids and codes, never names, claims or patient identifiers.

use crate::kernel::id::{AccountId, GrantId};
use crate::kernel::{Entropy, Timestamp, id};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

/// Something that happened, written in the transaction that made it happen.
#[derive(Clone, Debug, Default)]
pub struct AuditEvent<'a> {
    /// What happened, as a dotted name: `token.issued`, `sign_in.completed`.
    pub event: &'static str,
    /// `success`, or the short code of the refusal.
    pub outcome: &'a str,
    /// The client, if one took part.
    pub client_id: Option<&'a str>,
    /// The user, if one took part.
    pub account: Option<AccountId>,
    /// The grant, if there is one.
    pub grant: Option<GrantId>,
    /// The request, to find it in the logs.
    pub request_id: Option<&'a str>,
    /// A short technical addition, such as the grant type.
    pub detail: Option<&'a str>,
}

impl TenantTx {
    /// Appends an event.
    pub async fn record(
        &mut self,
        event: &AuditEvent<'_>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO audit_events (tenant_id, event_id, occurred_at, event, outcome, client_id, account_id, \
             grant_id, request_id, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(tenant)
        .bind(id::time_ordered(now, entropy))
        .bind(now)
        .bind(event.event)
        .bind(event.outcome)
        .bind(event.client_id)
        .bind(event.account)
        .bind(event.grant)
        .bind(event.request_id)
        .bind(event.detail)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The newest events, newest first.
    pub async fn list_recent_event_names(&mut self, limit: u32) -> Result<Vec<String>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, String>(
            "SELECT event FROM audit_events WHERE tenant_id = $1 ORDER BY event_id DESC LIMIT $2",
        )
        .bind(tenant)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?)
    }

    /// The newest events with their outcomes, newest first.
    pub async fn list_recent_event_outcomes(&mut self, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, (String, String)>(
            "SELECT event, outcome FROM audit_events WHERE tenant_id = $1 ORDER BY event_id DESC LIMIT $2",
        )
        .bind(tenant)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?)
    }
}
