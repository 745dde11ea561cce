//! What the nodes answered, in sums by hour: of each contract for a month, of each tenant for two days.

use super::tenants::Tier;
use crate::kernel::id::{NodeId, TenantId};
use crate::store::transaction::on_tx;
use crate::store::{ControlTx, StoreError};
use sqlx::FromRow;
use std::time::Duration;

/// Answers are sorted by the first of these times, in milliseconds, that they kept within; the last class is open.
pub const LATENCY_BOUNDS: [u64; 9] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500];
const CLASSES: usize = LATENCY_BOUNDS.len() + 1;
/// Longer than this is slow.
const SLOW: u128 = 1_000;

/// Sums of an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Answers.
    pub requests: u64,
    /// Those that refused (4xx).
    pub refused: u64,
    /// Those that failed (5xx).
    pub failed: u64,
    /// Those that took more than a second.
    pub slow: u64,
    /// People who signed in.
    pub sign_ins: u64,
    /// Answers of the token endpoint with tokens.
    pub tokens: u64,
    latency: [u64; CLASSES],
}

impl Traffic {
    /// Counts one answer with this status that took so long.
    pub fn count(&mut self, status: u16, elapsed: Duration) {
        self.requests += 1;
        self.refused += u64::from((400..500).contains(&status));
        self.failed += u64::from(status >= 500);
        let millis = elapsed.as_micros().div_ceil(1_000);
        self.slow += u64::from(millis > SLOW);
        let class = LATENCY_BOUNDS
            .iter()
            .position(|bound| millis <= u128::from(*bound))
            .unwrap_or(LATENCY_BOUNDS.len());
        if let Some(count) = self.latency.get_mut(class) {
            *count += 1;
        }
    }

    /// Adds other sums.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.refused += other.refused;
        self.failed += other.failed;
        self.slow += other.slow;
        self.sign_ins += other.sign_ins;
        self.tokens += other.tokens;
        for (own, more) in self.latency.iter_mut().zip(other.latency) {
            *own += more;
        }
    }

    /// The bound, in milliseconds, within which 95 of 100 answers came; twice the last bound when even that is not kept. None
    /// without answers.
    pub fn latency_95(&self) -> Option<u64> {
        let total: u64 = self.latency.iter().sum();
        if total == 0 {
            return None;
        }
        let wanted = (total * 95).div_ceil(100);
        let mut seen = 0;
        for (count, bound) in self.latency.iter().zip(LATENCY_BOUNDS) {
            seen += count;
            if seen >= wanted {
                return Some(bound);
            }
        }
        LATENCY_BOUNDS.last().map(|last| last * 2)
    }

    fn latency_text(&self) -> String {
        self.latency.map(|count| count.to_string()).join(",")
    }
}

/// Sums of an hour, with whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetHour {
    /// Hours since 1970.
    pub hour: i64,
    /// The contract.
    pub tier: Tier,
    /// The sums of one node.
    pub traffic: Traffic,
}

/// A tenant that stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantHour {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub display_name: String,
    /// The sums of one node.
    pub traffic: Traffic,
}

/// What makes a tenant stand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandsOut {
    /// Answers that failed.
    Failed,
    /// Slow answers.
    Slow,
}

#[derive(FromRow)]
struct Sums {
    requests: i64,
    refused: i64,
    failed: i64,
    slow: i64,
    sign_ins: i64,
    tokens: i64,
    latency: String,
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl From<Sums> for Traffic {
    fn from(sums: Sums) -> Self {
        let mut latency = [0; CLASSES];
        for (own, text) in latency.iter_mut().zip(sums.latency.split(',')) {
            *own = text.parse().unwrap_or(0);
        }
        Self {
            requests: unsigned(sums.requests),
            refused: unsigned(sums.refused),
            failed: unsigned(sums.failed),
            slow: unsigned(sums.slow),
            sign_ins: unsigned(sums.sign_ins),
            tokens: unsigned(sums.tokens),
            latency,
        }
    }
}

#[derive(FromRow)]
struct FleetRow {
    hour: i64,
    tier: String,
    #[sqlx(flatten)]
    sums: Sums,
}

#[derive(FromRow)]
struct TenantRow {
    slug: String,
    display_name: String,
    #[sqlx(flatten)]
    sums: Sums,
}

#[derive(FromRow)]
struct HourRow {
    hour: i64,
    #[sqlx(flatten)]
    sums: Sums,
}

impl ControlTx {
    /// Replaces a node's sums of an hour for a contract.
    pub async fn save_fleet_traffic(
        &mut self,
        node: NodeId,
        hour: i64,
        tier: Tier,
        traffic: &Traffic,
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO fleet_traffic (hour, tier, node_id, requests, refused, failed, slow, sign_ins, tokens, latency) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (hour, tier, node_id) DO UPDATE SET \
             requests = excluded.requests, refused = excluded.refused, failed = excluded.failed, slow = excluded.slow, \
             sign_ins = excluded.sign_ins, tokens = excluded.tokens, latency = excluded.latency",
        )
        .bind(hour)
        .bind(tier.as_str())
        .bind(node)
        .bind(stored(traffic.requests))
        .bind(stored(traffic.refused))
        .bind(stored(traffic.failed))
        .bind(stored(traffic.slow))
        .bind(stored(traffic.sign_ins))
        .bind(stored(traffic.tokens))
        .bind(traffic.latency_text())
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// Replaces a node's sums of an hour for a tenant.
    pub async fn save_tenant_traffic(
        &mut self,
        node: NodeId,
        hour: i64,
        tenant: TenantId,
        traffic: &Traffic,
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO tenant_traffic (tenant_id, hour, node_id, requests, refused, failed, slow, sign_ins, tokens, \
             latency) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant_id, hour, node_id) DO UPDATE SET \
             requests = excluded.requests, refused = excluded.refused, failed = excluded.failed, slow = excluded.slow, \
             sign_ins = excluded.sign_ins, tokens = excluded.tokens, latency = excluded.latency",
        )
        .bind(tenant)
        .bind(hour)
        .bind(node)
        .bind(stored(traffic.requests))
        .bind(stored(traffic.refused))
        .bind(stored(traffic.failed))
        .bind(stored(traffic.slow))
        .bind(stored(traffic.sign_ins))
        .bind(stored(traffic.tokens))
        .bind(traffic.latency_text())
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// The sums from `since` (hours since 1970) on, one for each hour, contract and node.
    pub async fn list_fleet_traffic(&mut self, since: i64) -> Result<Vec<FleetHour>, StoreError> {
        on_tx!(self, |connection| sqlx::query_as::<_, FleetRow>(
            "SELECT hour, tier, requests, refused, failed, slow, sign_ins, tokens, latency FROM fleet_traffic \
             WHERE hour >= $1 ORDER BY hour",
        )
        .bind(since)
        .fetch_all(connection)
        .await)?
        .into_iter()
        .map(|row| {
            Ok(FleetHour {
                hour: row.hour,
                tier: Tier::from_stored(&row.tier)?,
                traffic: row.sums.into(),
            })
        })
        .collect()
    }

    /// A tenant's sums from `since` on: the hour and what one node answered in it.
    pub async fn list_tenant_traffic(
        &mut self,
        tenant: TenantId,
        since: i64,
    ) -> Result<Vec<(i64, Traffic)>, StoreError> {
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, HourRow>(
            "SELECT hour, requests, refused, failed, slow, sign_ins, tokens, latency FROM tenant_traffic \
             WHERE tenant_id = $1 AND hour >= $2 ORDER BY hour",
        )
        .bind(tenant)
        .bind(since)
        .fetch_all(connection)
        .await)?;
        Ok(rows.into_iter().map(|row| (row.hour, row.sums.into())).collect())
    }

    /// Up to `limit` tenants (and nodes) that stood out most in an hour.
    pub async fn list_standing_out(
        &mut self,
        by: StandsOut,
        hour: i64,
        limit: u32,
    ) -> Result<Vec<TenantHour>, StoreError> {
        let statement = match by {
            StandsOut::Failed => {
                "SELECT t.slug, t.display_name, x.requests, x.refused, x.failed, x.slow, x.sign_ins, x.tokens, x.latency \
                 FROM tenant_traffic x JOIN tenants t ON t.tenant_id = x.tenant_id \
                 WHERE x.hour = $1 AND x.failed > 0 ORDER BY x.failed DESC LIMIT $2"
            }
            StandsOut::Slow => {
                "SELECT t.slug, t.display_name, x.requests, x.refused, x.failed, x.slow, x.sign_ins, x.tokens, x.latency \
                 FROM tenant_traffic x JOIN tenants t ON t.tenant_id = x.tenant_id \
                 WHERE x.hour = $1 AND x.slow > 0 ORDER BY x.slow DESC LIMIT $2"
            }
        };
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, TenantRow>(statement)
            .bind(hour)
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await)?;
        Ok(rows
            .into_iter()
            .map(|row| TenantHour {
                slug: row.slug,
                display_name: row.display_name,
                traffic: row.sums.into(),
            })
            .collect())
    }

    /// Removes sums of hours before these, a bounded number at a time. Returns how many.
    pub async fn delete_old_traffic(&mut self, tenants_before: i64, fleet_before: i64) -> Result<u64, StoreError> {
        let mut removed = 0;
        for (statement, before) in [
            (
                "DELETE FROM tenant_traffic WHERE (tenant_id, hour, node_id) IN \
                 (SELECT tenant_id, hour, node_id FROM tenant_traffic WHERE hour < $1 LIMIT 1000)",
                tenants_before,
            ),
            (
                "DELETE FROM fleet_traffic WHERE (hour, tier, node_id) IN \
                 (SELECT hour, tier, node_id FROM fleet_traffic WHERE hour < $1 LIMIT 1000)",
                fleet_before,
            ),
        ] {
            removed += on_tx!(self, |connection| sqlx::query(statement)
                .bind(before)
                .execute(connection)
                .await
                .map(|done| done.rows_affected()))?;
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_status_and_time() {
        let mut traffic = Traffic::default();
        traffic.count(200, Duration::from_millis(4));
        traffic.count(404, Duration::from_secs(1));
        traffic.count(503, Duration::from_millis(1_001));
        assert_eq!(
            [traffic.requests, traffic.refused, traffic.failed, traffic.slow],
            [3, 1, 1, 1]
        );
    }

    #[test]
    fn the_bound_is_the_one_that_95_of_100_answers_keep() {
        let mut traffic = Traffic::default();
        assert_eq!(traffic.latency_95(), None);
        for _ in 0..95 {
            traffic.count(200, Duration::from_millis(9));
        }
        for _ in 0..5 {
            traffic.count(200, Duration::from_secs(9));
        }
        assert_eq!(traffic.latency_95(), Some(10));
        traffic.count(200, Duration::from_secs(9));
        assert_eq!(traffic.latency_95(), Some(5_000));
    }

    #[test]
    fn sums_are_stored_and_read_without_loss() {
        let mut traffic = Traffic::default();
        traffic.count(200, Duration::from_millis(40));
        traffic.count(500, Duration::from_mins(1));
        let mut twice = traffic.clone();
        twice.add(&traffic);
        let read = Traffic::from(Sums {
            requests: 4,
            refused: 0,
            failed: 2,
            slow: 2,
            sign_ins: 0,
            tokens: 0,
            latency: twice.latency_text(),
        });
        assert_eq!(read, twice);
    }
}
