//! The tenant's audit log. Append only; ids and codes, never names, claims or patient identifiers.

use crate::kernel::id::{AccountId, EventId, GrantId};
use crate::kernel::{Entropy, Timestamp, id};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use std::time::Duration;
use uuid::Uuid;

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
    /// Who administered, as `sub` names them in tokens, or `machine` for who can run the program beside the database.
    pub actor: Option<&'a str>,
    /// The role that let them, with the issuer that vouches for it: `tenant:owner`, `platform:platform_operator`.
    pub actor_role: Option<&'a str>,
    /// What was administered: an id, an alias, a name that administrators chose.
    pub target: Option<&'a str>,
}

/// An event that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its id; later events have greater ones.
    pub id: EventId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// What happened, as a dotted name.
    pub event: String,
    /// `success`, or the short code of the refusal.
    pub outcome: String,
    /// The client, if one took part.
    pub client_id: Option<String>,
    /// The user, if one took part.
    pub account: Option<AccountId>,
    /// The grant, if there is one.
    pub grant: Option<GrantId>,
    /// The request.
    pub request_id: Option<String>,
    /// A short technical addition.
    pub detail: Option<String>,
    /// Who administered.
    pub actor: Option<String>,
    /// In which role.
    pub actor_role: Option<String>,
    /// What was administered.
    pub target: Option<String>,
}

/// Which events are wanted. What is not given restricts nothing.
#[derive(Clone, Debug, Default)]
pub struct EventFilter<'a> {
    /// The event's name, or the beginning of it up to a dot: `client` finds `client.deleted`.
    pub event: Option<&'a str>,
    /// The outcome.
    pub outcome: Option<&'a str>,
    /// The client.
    pub client_id: Option<&'a str>,
    /// The user.
    pub account: Option<AccountId>,
    /// Who administered.
    pub actor: Option<&'a str>,
    /// What was administered.
    pub target: Option<&'a str>,
    /// The request.
    pub request_id: Option<&'a str>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Only events older than this one.
    pub before: Option<EventId>,
}

/// How often something happened on one day.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct EventCount {
    /// The day, counted from 1970-01-01 UTC.
    pub day: i64,
    /// The event's name.
    pub event: String,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// How often.
    pub events: i64,
}

/// How often something happened in one stretch of time, or with one app.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct UsageCountRow {
    /// The stretch, counted from 1970-01-01 UTC; 0 where apps are counted.
    pub slot: i64,
    /// The app, where apps are counted.
    pub client_id: Option<String>,
    /// The event's name.
    pub event: String,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// How often.
    pub events: i64,
}

#[derive(FromRow)]
struct Row {
    event_id: Uuid,
    occurred_at: Timestamp,
    event: String,
    outcome: String,
    client_id: Option<String>,
    account_id: Option<Uuid>,
    grant_id: Option<Uuid>,
    request_id: Option<String>,
    detail: Option<String>,
    actor: Option<String>,
    actor_role: Option<String>,
    target: Option<String>,
}

impl From<Row> for RecordedEvent {
    fn from(row: Row) -> Self {
        Self {
            id: EventId::from_uuid(row.event_id),
            occurred_at: row.occurred_at,
            event: row.event,
            outcome: row.outcome,
            client_id: row.client_id,
            account: row.account_id.map(AccountId::from_uuid),
            grant: row.grant_id.map(GrantId::from_uuid),
            request_id: row.request_id,
            detail: row.detail,
            actor: row.actor,
            actor_role: row.actor_role,
            target: row.target,
        }
    }
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
             grant_id, request_id, detail, actor, actor_role, target) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
        .bind(event.actor)
        .bind(event.actor_role)
        .bind(event.target)
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

    /// Up to `limit` events, newest first.
    pub async fn list_events(
        &mut self,
        filter: &EventFilter<'_>,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let tenant = self.tenant;
        // Names have letters, dots and underscores only; `_` would match anything.
        let below = filter.event.map(|event| format!("{}.%", event.replace('_', "\\_")));
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
            "SELECT event_id, occurred_at, event, outcome, client_id, account_id, grant_id, request_id, detail, actor, \
             actor_role, target FROM audit_events WHERE tenant_id = $1 \
             AND ($2 IS NULL OR event = $2 OR event LIKE $3 ESCAPE '\\') AND ($4 IS NULL OR outcome = $4) \
             AND ($5 IS NULL OR client_id = $5) AND ($6 IS NULL OR account_id = $6) AND ($7 IS NULL OR actor = $7) \
             AND ($8 IS NULL OR target = $8) AND ($9 IS NULL OR request_id = $9) \
             AND ($10 IS NULL OR occurred_at >= $10) AND ($11 IS NULL OR occurred_at < $11) \
             AND ($12 IS NULL OR event_id < $12) ORDER BY event_id DESC LIMIT $13",
        )
        .bind(tenant)
        .bind(filter.event)
        .bind(below.as_deref())
        .bind(filter.outcome)
        .bind(filter.client_id)
        .bind(filter.account)
        .bind(filter.actor)
        .bind(filter.target)
        .bind(filter.request_id)
        .bind(filter.since)
        .bind(filter.until)
        .bind(filter.before)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        })?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// One event.
    pub async fn find_event(&mut self, event: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
            "SELECT event_id, occurred_at, event, outcome, client_id, account_id, grant_id, request_id, detail, actor, \
             actor_role, target FROM audit_events WHERE tenant_id = $1 AND event_id = $2",
        )
        .bind(tenant)
        .bind(event)
        .fetch_optional(connection)
        .await
        })?;
        Ok(row.map(Into::into))
    }

    /// How often what happened, day by day (UTC). Ids are ordered by time, so only the rows of these days are read.
    pub async fn count_events(&mut self, since: Timestamp, until: Timestamp) -> Result<Vec<EventCount>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, EventCount>(
            "SELECT occurred_at / 86400000000 AS day, event, (outcome = 'success') AS succeeded, COUNT(*) AS events \
             FROM audit_events WHERE tenant_id = $1 AND event_id >= $2 AND event_id < $3 \
             GROUP BY occurred_at / 86400000000, event, (outcome = 'success') ORDER BY 1, 2, 3",
        )
        .bind(tenant)
        .bind(id::earliest(since))
        .bind(id::earliest(until))
        .fetch_all(connection)
        .await)?)
    }

    /// How often people signed in, apps were let in and got tokens, in stretches of `width` from `since` to before `until`; with
    /// one app or all. Ids are ordered by time, so only the rows of that time are read.
    pub async fn count_usage(
        &mut self,
        since: Timestamp,
        until: Timestamp,
        width: Duration,
        client_id: Option<&str>,
    ) -> Result<Vec<UsageCountRow>, StoreError> {
        let tenant = self.tenant;
        let width = i64::try_from(width.as_micros()).unwrap_or(i64::MAX).max(1);
        Ok(on_tx!(self, |connection| {
            sqlx::query_as::<_, UsageCountRow>(
            "SELECT occurred_at / $4 AS slot, CAST(NULL AS TEXT) AS client_id, event, (outcome = 'success') AS succeeded, \
             COUNT(*) AS events FROM audit_events WHERE tenant_id = $1 AND event_id >= $2 AND event_id < $3 \
             AND (event LIKE 'sign_in.%' OR event LIKE 'authorization.%' OR event LIKE 'token.%') \
             AND ($5 IS NULL OR client_id = $5) GROUP BY 1, event, (outcome = 'success') ORDER BY 1",
        )
        .bind(tenant)
        .bind(id::earliest(since))
        .bind(id::earliest(until))
        .bind(width)
        .bind(client_id)
        .fetch_all(connection)
        .await
        })?)
    }

    /// The same by app, over the whole time: the `limit` busiest ones.
    pub async fn count_usage_by_client(
        &mut self,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<UsageCountRow>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| {
            sqlx::query_as::<_, UsageCountRow>(
            "WITH counted AS (SELECT client_id, event, (outcome = 'success') AS succeeded, COUNT(*) AS events \
             FROM audit_events WHERE tenant_id = $1 AND event_id >= $2 AND event_id < $3 AND client_id IS NOT NULL \
             AND (event LIKE 'authorization.%' OR event LIKE 'token.%') GROUP BY client_id, event, (outcome = 'success')), \
             busiest AS (SELECT client_id, SUM(events) AS work FROM counted GROUP BY client_id \
             ORDER BY SUM(events) DESC, client_id LIMIT $4) \
             SELECT CAST(0 AS BIGINT) AS slot, c.client_id, c.event, c.succeeded, c.events FROM counted c \
             JOIN busiest b ON b.client_id = c.client_id ORDER BY b.work DESC, c.client_id",
        )
        .bind(tenant)
        .bind(id::earliest(since))
        .bind(id::earliest(until))
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        })?)
    }
}
