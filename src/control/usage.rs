//! How a tenant is used over time, and by which apps.

use super::{ControlError, TenantAdmin};
use crate::kernel::Timestamp;
use crate::store::tenant::UsageCountRow;
use crate::tenant::roles::Permission;
use std::collections::BTreeMap;
use std::time::Duration;

/// Apps that are counted.
const APPS: u32 = 20;
const DAY_SECONDS: i64 = 86_400;
/// A day is settled when it has been over for so long: what began before midnight is written by then.
const SETTLED: Duration = Duration::from_hours(1);
/// How long the numbers of a day are kept, from its beginning.
const KEPT: Duration = Duration::from_hours(40 * 24);

/// Over what time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsagePeriod {
    /// The last 24 hours, hour by hour.
    Day,
    /// The last 30 days, day by day (UTC).
    Month,
}

impl UsagePeriod {
    const fn width(self) -> Duration {
        match self {
            Self::Day => Duration::from_hours(1),
            Self::Month => Duration::from_hours(24),
        }
    }

    const fn slots(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Month => 30,
        }
    }
}

/// How often something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageCounts {
    /// People signed in.
    pub sign_ins: u64,
    /// Sign-ins were refused.
    pub sign_ins_refused: u64,
    /// Apps were given access.
    pub access: u64,
    /// Apps were refused access.
    pub access_refused: u64,
    /// Tokens were issued.
    pub tokens: u64,
    /// Used codes and tokens came again.
    pub replays: u64,
}

impl UsageCounts {
    fn add(&mut self, row: &UsageCountRow) {
        let count = u64::try_from(row.events).unwrap_or_default();
        let field = match (row.event.as_str(), row.succeeded) {
            ("sign_in.completed" | "sign_in.asserted", true) => &mut self.sign_ins,
            ("sign_in.completed" | "sign_in.asserted", false) | ("sign_in.refused", _) => &mut self.sign_ins_refused,
            ("authorization.granted", _) => &mut self.access,
            ("authorization.refused", _) => &mut self.access_refused,
            ("token.issued", true) => &mut self.tokens,
            ("token.code_replayed" | "token.refresh_replayed", _) => &mut self.replays,
            _ => return,
        };
        *field += count;
    }

    /// Everything that was refused.
    pub const fn refused(&self) -> u64 {
        self.sign_ins_refused + self.access_refused + self.replays
    }
}

/// One stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageSlot {
    /// When it begins.
    pub at: Timestamp,
    /// What happened in it.
    pub counts: UsageCounts,
}

/// The use of a tenant over a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageOverTime {
    /// Each stretch, those without any use included; the last one is not over.
    pub slots: Vec<UsageSlot>,
    /// The busiest apps, the busiest first; empty when one app was asked for.
    pub apps: Vec<(String, UsageCounts)>,
}

impl TenantAdmin {
    /// How the tenant is used: by one app, or by all, with the busiest ones.
    pub async fn usage_over_time(
        &self,
        period: UsagePeriod,
        client_id: Option<&str>,
    ) -> Result<UsageOverTime, ControlError> {
        self.require(Permission::ReadUsage)?;
        let width = i64::try_from(period.width().as_micros()).unwrap_or(i64::MAX);
        let now = self.cx.now();
        let last = now.micros() / width;
        let first = last - period.slots() + 1;
        let begin = |slot: i64| Timestamp::from_micros(slot.saturating_mul(width));
        let mut slots: Vec<UsageSlot> = (first..=last)
            .map(|slot| UsageSlot {
                at: begin(slot),
                counts: UsageCounts::default(),
            })
            .collect();
        let (since, until) = (begin(first), begin(last + 1));
        if period == UsagePeriod::Month {
            let counted = self.usage_of_days(first, last, client_id).await?;
            for row in &counted {
                let slot = usize::try_from(row.slot - first)
                    .ok()
                    .and_then(|index| slots.get_mut(index));
                if let Some(slot) = slot {
                    slot.counts.add(row);
                }
            }
            let apps = if client_id.is_none() {
                busiest(&counted)
            } else {
                Vec::new()
            };
            return Ok(UsageOverTime { slots, apps });
        }
        let mut rows = self.cx.read().await?;
        for row in rows.count_usage(since, until, period.width(), client_id).await? {
            let slot = usize::try_from(row.slot - first)
                .ok()
                .and_then(|index| slots.get_mut(index));
            if let Some(slot) = slot {
                slot.counts.add(&row);
            }
        }
        let mut apps: Vec<(String, UsageCounts)> = Vec::new();
        if client_id.is_none() {
            for row in rows.count_usage_by_client(since, until, APPS).await? {
                let Some(client_id) = &row.client_id else { continue };
                if apps.last().is_none_or(|(last, _)| last != client_id) {
                    apps.push((client_id.clone(), UsageCounts::default()));
                }
                if let Some((_, counts)) = apps.last_mut() {
                    counts.add(&row);
                }
            }
        }
        Ok(UsageOverTime { slots, apps })
    }

    /// What happened from one day to another. A day that is over is counted once, by whoever looks first; only the days since are
    /// counted each time.
    async fn usage_of_days(
        &self,
        first: i64,
        last: i64,
        client_id: Option<&str>,
    ) -> Result<Vec<UsageCountRow>, ControlError> {
        let day = |at: Timestamp| at.seconds().div_euclid(DAY_SECONDS);
        let settled = day(self.cx.now() - SETTLED).clamp(first, last);
        let known = self.cx.read().await?.list_counted_usage_days(first, settled).await?;
        let missing: Vec<i64> = (first..settled).filter(|day| !known.contains(day)).collect();
        if !missing.is_empty() {
            let mut rows = self.cx.begin().await?;
            for day in missing {
                let expires_at = Timestamp::from_seconds(day.saturating_mul(DAY_SECONDS)) + KEPT;
                rows.count_usage_day(day, expires_at).await?;
            }
            rows.commit().await?;
        }
        let mut rows = self.cx.read().await?;
        let mut counted = rows.list_usage_days(first, settled, client_id).await?;
        counted.extend(rows.count_open_usage_days(settled, last + 1, client_id).await?);
        Ok(counted)
    }
}

/// The apps with most access and tokens, given or refused.
fn busiest(counted: &[UsageCountRow]) -> Vec<(String, UsageCounts)> {
    let mut apps: BTreeMap<&str, (i64, UsageCounts)> = BTreeMap::new();
    let of_apps = |row: &&UsageCountRow| row.event.starts_with("authorization.") || row.event.starts_with("token.");
    for row in counted.iter().filter(of_apps) {
        if let Some(client_id) = &row.client_id {
            let (work, counts) = apps.entry(client_id).or_default();
            *work += row.events;
            counts.add(row);
        }
    }
    let mut apps: Vec<_> = apps.into_iter().collect();
    apps.sort_by_key(|(_, (work, _))| std::cmp::Reverse(*work));
    apps.truncate(APPS as usize);
    apps.into_iter()
        .map(|(client_id, (_, counts))| (client_id.to_owned(), counts))
        .collect()
}
