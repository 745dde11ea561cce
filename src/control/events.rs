//! Reading the audit log.

use super::{ControlError, TenantAdmin};
use crate::kernel::Timestamp;
use crate::kernel::id::EventId;
use crate::store::tenant::{EventFilter, RecordedEvent};
use crate::tenant::roles::Permission;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest time that is counted at once.
const LONGEST_COUNT: Duration = Duration::from_hours(31 * 24);
const DAY: i64 = 86_400;

/// What happened on one day (UTC).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UsageDay {
    /// The day, `2026-01-31`.
    pub day: String,
    /// By name of the event: how often it succeeded and how often it was refused.
    pub events: BTreeMap<String, UsageCount>,
}

/// How often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UsageCount {
    /// With success.
    pub succeeded: i64,
    /// Refused.
    pub refused: i64,
}

impl TenantAdmin {
    /// Up to `limit` events, newest first.
    pub async fn list_events(&self, filter: &EventFilter<'_>, limit: u32) -> Result<Vec<RecordedEvent>, ControlError> {
        self.require(Permission::ReadEvents)?;
        Ok(self.cx.read().await?.list_events(filter, limit).await?)
    }

    /// One event.
    pub async fn get_event(&self, event: EventId) -> Result<RecordedEvent, ControlError> {
        self.require(Permission::ReadEvents)?;
        let found = self.cx.read().await?.find_event(event).await?;
        found.ok_or_else(|| ControlError::NotFound {
            what: "event",
            name: event.to_string(),
        })
    }

    /// What happened, day by day, in the days from `since` to before `until`; days without any are left out.
    pub async fn usage(&self, since: Timestamp, until: Timestamp) -> Result<Vec<UsageDay>, ControlError> {
        self.require(Permission::ReadUsage)?;
        if until <= since || until.since(since) > LONGEST_COUNT {
            return Err(ControlError::invalid("until", "is after since, by at most 31 days"));
        }
        let mut days: Vec<UsageDay> = Vec::new();
        for count in self.cx.read().await?.count_events(since, until).await? {
            let day = Timestamp::from_seconds(count.day.saturating_mul(DAY)).to_rfc3339();
            let day: String = day.chars().take(10).collect();
            if days.last().is_none_or(|last| last.day != day) {
                days.push(UsageDay {
                    day,
                    ..UsageDay::default()
                });
            }
            if let Some(last) = days.last_mut() {
                let entry = last.events.entry(count.event).or_default();
                if count.succeeded {
                    entry.succeeded += count.events;
                } else {
                    entry.refused += count.events;
                }
            }
        }
        Ok(days)
    }
}
