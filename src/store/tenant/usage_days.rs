//! What happened on days that are over, counted once, by app.

use super::UsageCountRow;
use crate::kernel::{Timestamp, id};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

/// Microseconds.
const DAY: i64 = 86_400_000_000;

const fn begin(day: i64) -> Timestamp {
    Timestamp::from_micros(day.saturating_mul(DAY))
}

impl TenantTx {
    /// Of these days (since 1970-01-01 UTC, from `first` to before `end`) those that were counted.
    pub async fn list_counted_usage_days(&mut self, first: i64, end: i64) -> Result<Vec<i64>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| {
            sqlx::query_scalar::<_, i64>(
            "SELECT day FROM usage_days WHERE tenant_id = $1 AND day >= $2 AND day < $3 AND client_id = '' AND event = ''"
        )
        .bind(tenant)
        .bind(first)
        .bind(end)
        .fetch_all(connection)
        .await
        })?)
    }

    /// Counts a day that is over and keeps the numbers until `expires_at`. Ids of events are ordered by time, so only the rows of that
    /// day are read. Of two who count it at once, both keep the same.
    pub async fn count_usage_day(&mut self, day: i64, expires_at: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO usage_days (tenant_id, day, client_id, event, succeeded, events, expires_at) \
             SELECT tenant_id, CAST($2 AS BIGINT), COALESCE(client_id, ''), event, \
             CAST(CASE WHEN outcome = 'success' THEN 1 ELSE 0 END AS BIGINT), COUNT(*), CAST($5 AS BIGINT) \
             FROM audit_events WHERE tenant_id = $1 AND event_id >= $3 AND event_id < $4 \
             AND (event LIKE 'sign_in.%' OR event LIKE 'authorization.%' OR event LIKE 'token.%') \
             GROUP BY tenant_id, COALESCE(client_id, ''), event, CASE WHEN outcome = 'success' THEN 1 ELSE 0 END \
             ON CONFLICT DO NOTHING",
        )
        .bind(tenant)
        .bind(day)
        .bind(id::earliest(begin(day)))
        .bind(id::earliest(begin(day + 1)))
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO usage_days (tenant_id, day, client_id, event, succeeded, events, expires_at) \
             VALUES ($1, $2, '', '', 0, 0, $3) ON CONFLICT DO NOTHING",
        )
        .bind(tenant)
        .bind(day)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// How often what happened on counted days, from `first` to before `end`, with one app or all, by app.
    pub async fn list_usage_days(
        &mut self,
        first: i64,
        end: i64,
        client_id: Option<&str>,
    ) -> Result<Vec<UsageCountRow>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, UsageCountRow>(
            "SELECT day AS slot, NULLIF(client_id, '') AS client_id, event, (succeeded = 1) AS succeeded, events \
             FROM usage_days WHERE tenant_id = $1 AND day >= $2 AND day < $3 AND event <> '' \
             AND ($4 IS NULL OR client_id = $4)",
        )
        .bind(tenant)
        .bind(first)
        .bind(end)
        .bind(client_id)
        .fetch_all(connection)
        .await)?)
    }

    /// The same of days that are not over, counted anew.
    pub async fn count_open_usage_days(
        &mut self,
        first: i64,
        end: i64,
        client_id: Option<&str>,
    ) -> Result<Vec<UsageCountRow>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, UsageCountRow>(
            "SELECT occurred_at / $5 AS slot, client_id, event, (outcome = 'success') AS succeeded, COUNT(*) AS events \
             FROM audit_events WHERE tenant_id = $1 AND event_id >= $2 AND event_id < $3 \
             AND (event LIKE 'sign_in.%' OR event LIKE 'authorization.%' OR event LIKE 'token.%') \
             AND ($4 IS NULL OR client_id = $4) GROUP BY 1, client_id, event, (outcome = 'success')",
        )
        .bind(tenant)
        .bind(id::earliest(begin(first)))
        .bind(id::earliest(begin(end)))
        .bind(client_id)
        .bind(DAY)
        .fetch_all(connection)
        .await)?)
    }
}
