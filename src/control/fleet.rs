//! How the platform fares. Every node writes what it did, once a minute, in sums; whoever looks reads sums and a few rows that
//! indexes lead to, however many tenants there are.

use super::{Actor, ControlError, Platform};
use crate::kernel::Timestamp;
use crate::kernel::id::TenantId;
use crate::outbound::Outbound;
use crate::store::control::{
    FleetHour, NodeRecord, OpenBreaker, ProviderHealth, SchemaProgress, StandsOut, TenantCount, TenantHour,
    TenantProviderHealth, Tier, Traffic,
};
use crate::store::{Schema, StoreError};
use crate::tenant::roles::Permission;
use crate::tenant::{Counted, Whose, hour_of};
use std::collections::BTreeMap;
use std::time::Duration;

/// Rows written in one transaction.
const BATCH: usize = 200;
/// A node that was not seen for so long has ended.
const ENDED: Duration = Duration::from_mins(5);
/// Ended nodes are forgotten after this time.
const FORGOTTEN: Duration = Duration::from_hours(24);
/// Hours for which sums are kept: of tenants and of the fleet.
const KEPT: (i64, i64) = (48, 31 * 24);
/// Hours that are shown.
const SHOWN: i64 = 24;
/// Ends within this time are listed.
const SOON: Duration = Duration::from_hours(90 * 24);
/// Entries of each list.
const LISTED: u32 = 10;
/// Nodes that are listed.
const NODES: u32 = 50;
/// Servers left alone that a node reports.
const BREAKERS: usize = 100;

/// How the platform fares.
#[derive(Clone, Debug)]
pub struct FleetHealth {
    /// The last 24 hours, oldest first: the beginning of each, and the sums by contract.
    pub hours: Vec<(Timestamp, BTreeMap<&'static str, Traffic>)>,
    /// Tenants with most failed answers in this hour and the last.
    pub failing: Vec<TenantHour>,
    /// Tenants with most slow answers then.
    pub slow: Vec<TenantHour>,
    /// Servers that are left alone.
    pub breakers: Vec<OpenBreaker>,
    /// Providers whose data could not be fetched.
    pub unreachable: Vec<TenantProviderHealth>,
    /// Providers of which something ends within 90 days.
    pub ending: Vec<TenantProviderHealth>,
    /// Running nodes.
    pub nodes: Vec<NodeRecord>,
    /// The version of this node's program.
    pub version: &'static str,
    /// The schema that this program brings databases to.
    pub schema_version: i64,
    /// How far the tenants' own databases are.
    pub schema: SchemaProgress,
    /// How many tenants there are.
    pub tenants: Vec<TenantCount>,
}

/// What an operator has to look at, in numbers that cost next to nothing to find.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attention {
    /// How many tenants there are, by state and contract.
    pub tenants: Vec<TenantCount>,
    /// Servers left alone, at most ten counted.
    pub breakers: usize,
    /// Providers whose data could not be fetched, at most ten counted.
    pub unreachable: usize,
    /// Providers of which something ends within 90 days, at most ten counted.
    pub ending: usize,
}

/// How one tenant fares.
#[derive(Clone, Debug)]
pub struct TenantHealth {
    /// The last 24 hours, oldest first.
    pub hours: Vec<(Timestamp, Traffic)>,
    /// Its providers, as far as they were looked at.
    pub providers: Vec<ProviderHealth>,
}

fn start_of(hour: i64) -> Timestamp {
    Timestamp::from_seconds(hour.saturating_mul(3_600))
}

impl Platform {
    /// Writes what this node did since the last time, and that it runs. What could not be written is tried again with the next call.
    pub async fn report_traffic(&self, outbound: &Outbound) -> Result<(), StoreError> {
        let log = self.directory().traffic();
        let now = self.now();
        let changed = log.take_changed();
        let written = async {
            self.report_node(outbound).await?;
            for batch in changed.chunks(BATCH) {
                self.write_batch(batch).await?;
            }
            Ok::<(), StoreError>(())
        };
        let outcome = written.await;
        if outcome.is_err() {
            log.keep_for_later(&changed);
        }
        log.forget_before(now);
        outcome
    }

    async fn report_node(&self, outbound: &Outbound) -> Result<(), StoreError> {
        let (log, now) = (self.directory().traffic(), self.now());
        let open: Vec<(TenantId, String, Timestamp)> = outbound
            .open_breakers(BREAKERS)
            .into_iter()
            .filter_map(|(scope, host, at)| Some((scope.parse().ok()?, host, at)))
            .collect();
        let mut control = self.parts().control.begin().await?;
        let node = NodeRecord {
            id: log.node(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: log.started_at(),
            seen_at: now,
        };
        control.save_node(&node).await?;
        control.replace_open_breakers(log.node(), &open).await?;
        control.delete_ended_nodes(now - FORGOTTEN).await?;
        let hour = hour_of(now);
        control.delete_old_traffic(hour - KEPT.0, hour - KEPT.1).await?;
        control.commit().await
    }

    async fn write_batch(&self, batch: &[Counted]) -> Result<(), StoreError> {
        let node = self.directory().traffic().node();
        let mut control = self.parts().control.begin().await?;
        let mut opened = Vec::new();
        for counted in batch {
            match counted.whose {
                Whose::Fleet(tier) => {
                    control
                        .save_fleet_traffic(node, counted.hour, tier, &counted.traffic)
                        .await?;
                }
                Whose::Tenant { id, dedicated } => {
                    control
                        .save_tenant_traffic(node, counted.hour, id, &counted.traffic)
                        .await?;
                    if dedicated {
                        opened.push(id);
                    }
                }
            }
        }
        control.commit().await?;
        self.note_schemas(&opened).await
    }

    /// These tenants' own databases were asked, so they were opened, which brought their schemas up to date.
    async fn note_schemas(&self, opened: &[TenantId]) -> Result<(), StoreError> {
        let newest = Schema::Tenant.newest_version();
        let mut behind = Vec::new();
        let mut control = self.parts().control.read().await?;
        for id in opened {
            if control.is_behind_schema(*id, newest).await? {
                behind.push(*id);
            }
        }
        drop(control);
        for id in behind {
            let mut control = self.parts().control.begin().await?;
            control.note_schema_version(id, newest).await?;
            control.commit().await?;
        }
        Ok(())
    }

    /// How the platform fares.
    pub async fn fleet_health(&self, actor: &Actor) -> Result<FleetHealth, ControlError> {
        actor.require(Permission::ReadTenants)?;
        let now = self.now();
        let hour = hour_of(now);
        let since = hour - SHOWN + 1;
        let schema_version = Schema::Tenant.newest_version();
        let mut control = self.parts().control.read().await?;
        let sums = control.list_fleet_traffic(since).await?;
        let mut standing_out = Vec::new();
        for by in [StandsOut::Failed, StandsOut::Slow] {
            let mut found = control.list_standing_out(by, hour, LISTED).await?;
            found.extend(control.list_standing_out(by, hour - 1, LISTED).await?);
            standing_out.push(together(found, by));
        }
        let slow = standing_out.pop().unwrap_or_default();
        let failing = standing_out.pop().unwrap_or_default();
        Ok(FleetHealth {
            hours: (since..=hour)
                .map(|hour| (start_of(hour), by_tier(&sums, hour)))
                .collect(),
            failing,
            slow,
            breakers: control.list_open_breakers(now - ENDED, LISTED).await?,
            unreachable: control.list_failing_providers(LISTED).await?,
            ending: control.list_ending_providers(now + SOON, LISTED).await?,
            nodes: control.list_nodes(now - ENDED, NODES).await?,
            version: env!("CARGO_PKG_VERSION"),
            schema_version,
            schema: control.schema_progress(schema_version).await?,
            tenants: control.count_tenants().await?,
        })
    }

    /// What to look at, for the first page.
    pub async fn attention(&self, actor: &Actor) -> Result<Attention, ControlError> {
        actor.require(Permission::ReadTenants)?;
        let now = self.now();
        let mut control = self.parts().control.read().await?;
        Ok(Attention {
            tenants: control.count_tenants().await?,
            breakers: control.list_open_breakers(now - ENDED, LISTED).await?.len(),
            unreachable: control.list_failing_providers(LISTED).await?.len(),
            ending: control.list_ending_providers(now + SOON, LISTED).await?.len(),
        })
    }

    /// How one tenant fares, as the registry knows: its own database is not asked.
    pub async fn tenant_health(&self, actor: &Actor, slug: &str) -> Result<TenantHealth, ControlError> {
        actor.require(Permission::ReadTenants)?;
        let record = self.get_record(slug).await?;
        let hour = hour_of(self.now());
        let since = hour - SHOWN + 1;
        let mut control = self.parts().control.read().await?;
        let sums = control.list_tenant_traffic(record.id, since).await?;
        let hours = (since..=hour).map(|hour| {
            let mut all = Traffic::default();
            for (_, traffic) in sums.iter().filter(|(of, _)| *of == hour) {
                all.add(traffic);
            }
            (start_of(hour), all)
        });
        Ok(TenantHealth {
            hours: hours.collect(),
            providers: control.list_provider_health(record.id).await?,
        })
    }
}

fn by_tier(sums: &[FleetHour], hour: i64) -> BTreeMap<&'static str, Traffic> {
    let mut tiers: BTreeMap<&'static str, Traffic> = [Tier::Standard, Tier::Enterprise]
        .map(|tier| (tier.as_str(), Traffic::default()))
        .into();
    for sum in sums.iter().filter(|sum| sum.hour == hour) {
        tiers.entry(sum.tier.as_str()).or_default().add(&sum.traffic);
    }
    tiers
}

/// What several nodes and two hours say of the same tenants, the worst first.
fn together(found: Vec<TenantHour>, by: StandsOut) -> Vec<TenantHour> {
    let mut tenants: Vec<TenantHour> = Vec::new();
    for one in found {
        match tenants.iter_mut().find(|known| known.slug == one.slug) {
            Some(known) => known.traffic.add(&one.traffic),
            None => tenants.push(one),
        }
    }
    tenants.sort_by_key(|tenant| {
        std::cmp::Reverse(match by {
            StandsOut::Failed => tenant.traffic.failed,
            StandsOut::Slow => tenant.traffic.slow,
        })
    });
    tenants.truncate(LISTED as usize);
    tenants
}
