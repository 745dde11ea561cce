//! What this node answers, summed up in memory by hour: counted with every request, written once a minute by
//! administration. Numbers only; nothing of what a request said.

use super::AboutRequest;
use crate::kernel::id::{NodeId, TenantId};
use crate::kernel::{Clock, Entropy, Timestamp};
use crate::store::control::{Placement, Tier, Traffic};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Requests of different tenants seldom wait for each other.
const SHARDS: usize = 16;
const HOUR: i64 = 3_600;

/// The hour of a time, counted from 1970.
pub const fn hour_of(at: Timestamp) -> i64 {
    at.seconds().div_euclid(HOUR)
}

/// Whose sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// Of all tenants with a contract.
    Fleet(Tier),
    /// Of one tenant.
    Tenant {
        /// Which.
        id: TenantId,
        /// Whether its database, which was opened for it, is its own.
        dedicated: bool,
    },
}

/// A tenant and the contract that it had then, in whose sums its own are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Counter {
    id: TenantId,
    tier: Tier,
    dedicated: bool,
}

/// The sums of an hour.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Whose.
    pub whose: Whose,
    /// Hours since 1970.
    pub hour: i64,
    /// All of this node since the hour, or the node, began.
    pub traffic: Traffic,
}

struct Sum {
    traffic: Traffic,
    written: bool,
}

/// A request counts once, in its tenant's sum: what the fleet did is added up when it is written.
type Shard = Mutex<HashMap<(Counter, i64), Sum>>;

/// The sums of one node.
pub struct TrafficLog {
    node: NodeId,
    started_at: Timestamp,
    shards: [Shard; SHARDS],
}

impl fmt::Debug for TrafficLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrafficLog({})", self.node)
    }
}

fn lock(shard: &Shard) -> MutexGuard<'_, HashMap<(Counter, i64), Sum>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TrafficLog {
    /// Nothing counted yet, by a node that starts now.
    pub fn new(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
        let now = clock.now();
        Self {
            node: NodeId::new(now, entropy),
            started_at: now,
            shards: std::array::from_fn(|_| Shard::default()),
        }
    }

    /// The node.
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// When it started.
    pub const fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Counts an answer, if a tenant gave it.
    pub fn count(&self, about: &AboutRequest, now: Timestamp, status: u16, elapsed: Duration) {
        let Some(tenant) = about.tenant() else { return };
        let counter = Counter {
            id: tenant.id,
            tier: tenant.tier,
            dedicated: tenant.placement == Placement::Dedicated,
        };
        let did = (about.signed_in(), about.gave_tokens());
        self.add(counter, now, status, elapsed, did);
    }

    /// Adds an answer, and whether it signed somebody in and gave tokens.
    fn add(&self, counter: Counter, now: Timestamp, status: u16, elapsed: Duration, did: (bool, bool)) {
        let Some(shard) = self.shards.get(shard_of(counter)) else {
            return;
        };
        let mut sums = lock(shard);
        let sum = sums.entry((counter, hour_of(now))).or_insert_with(|| Sum {
            traffic: Traffic::default(),
            written: false,
        });
        sum.written = false;
        sum.traffic.count(status, elapsed);
        sum.traffic.sign_ins += u64::from(did.0);
        sum.traffic.tokens += u64::from(did.1);
    }

    /// What changed since it was last taken, and has to be written: of tenants, and of the contracts that they have. Always all of
    /// an hour, also what was written before.
    pub fn take_changed(&self) -> Vec<Counted> {
        let mut taken: HashMap<(Whose, i64), Sum> = HashMap::new();
        for shard in &self.shards {
            for ((counter, hour), sum) in &mut *lock(shard) {
                let tenant = Whose::Tenant {
                    id: counter.id,
                    dedicated: counter.dedicated,
                };
                for whose in [tenant, Whose::Fleet(counter.tier)] {
                    let whole = taken.entry((whose, *hour)).or_insert_with(|| Sum {
                        traffic: Traffic::default(),
                        written: true,
                    });
                    whole.traffic.add(&sum.traffic);
                    whole.written &= sum.written;
                }
                sum.written = true;
            }
        }
        let changed = taken.into_iter().filter(|(_, sum)| !sum.written);
        changed
            .map(|((whose, hour), sum)| Counted {
                whose,
                hour,
                traffic: sum.traffic,
            })
            .collect()
    }

    /// Takes back that these were written: they are taken again.
    pub fn keep_for_later(&self, unwritten: &[Counted]) {
        let unwritten: HashSet<(Whose, i64)> = unwritten.iter().map(|counted| (counted.whose, counted.hour)).collect();
        for shard in &self.shards {
            for ((counter, hour), sum) in &mut *lock(shard) {
                let tenant = Whose::Tenant {
                    id: counter.id,
                    dedicated: counter.dedicated,
                };
                if unwritten.contains(&(tenant, *hour)) {
                    sum.written = false;
                }
            }
        }
    }

    /// Forgets hours that are over and written, and those that nobody could write for so long that memory matters. An hour is
    /// kept whole as long as a part of it has to be written, and a while longer for requests that end just then.
    pub fn forget_before(&self, now: Timestamp) {
        let (last, longest) = (hour_of(now) - 1, hour_of(now) - 6);
        let mut unwritten = HashSet::new();
        for shard in &self.shards {
            let sums = lock(shard);
            unwritten.extend(sums.iter().filter(|(_, sum)| !sum.written).map(|((_, hour), _)| *hour));
        }
        for shard in &self.shards {
            lock(shard).retain(|(_, hour), _| *hour >= last || (*hour >= longest && unwritten.contains(hour)));
        }
    }
}

fn shard_of(counter: Counter) -> usize {
    // The end of an identifier is random.
    usize::from(counter.id.uuid().as_bytes().last().copied().unwrap_or(0)) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::ManualClock;
    use crate::kernel::entropy::SeededEntropy;

    fn log() -> (TrafficLog, Timestamp) {
        let now = Timestamp::from_seconds(1_763_650_800);
        let clock = ManualClock::new(now);
        (TrafficLog::new(&clock, &SeededEntropy::new(1)), now)
    }

    fn requests(changed: &[Counted], whose: impl Fn(Whose) -> bool) -> Vec<u64> {
        let found = changed.iter().filter(|counted| whose(counted.whose));
        found.map(|counted| counted.traffic.requests).collect()
    }

    fn add(log: &TrafficLog, id: TenantId, tier: Tier, now: Timestamp) {
        let counter = Counter {
            id,
            tier,
            dedicated: false,
        };
        log.add(counter, now, 200, Duration::from_millis(5), (false, false));
    }

    const FLEET: fn(Whose) -> bool = |whose| matches!(whose, Whose::Fleet(Tier::Standard));
    const TENANTS: fn(Whose) -> bool = |whose| matches!(whose, Whose::Tenant { .. });

    #[test]
    fn the_sum_of_a_contract_has_every_tenant_of_it_whatever_was_written_before() {
        let (log, now) = log();
        let ids = [1, 2].map(|seed| TenantId::new(now, &SeededEntropy::new(seed)));
        add(&log, ids[0], Tier::Standard, now);
        assert_eq!(requests(&log.take_changed(), FLEET), [1]);
        add(&log, ids[1], Tier::Standard, now);
        let changed = log.take_changed();
        assert_eq!(requests(&changed, FLEET), [2]);
        assert_eq!(requests(&changed, TENANTS), [1], "the other's did not change");
        assert!(log.take_changed().is_empty());
    }

    #[test]
    fn a_tenant_that_changes_its_contract_within_the_hour_keeps_one_sum() {
        let (log, now) = log();
        let id = TenantId::new(now, &SeededEntropy::new(1));
        add(&log, id, Tier::Standard, now);
        add(&log, id, Tier::Enterprise, now);
        let changed = log.take_changed();
        assert_eq!(requests(&changed, TENANTS), [2]);
        assert_eq!(requests(&changed, FLEET), [1]);
    }

    #[test]
    fn an_hour_that_could_not_be_written_is_written_whole_later() {
        let (log, now) = log();
        let ids = [1, 2].map(|seed| TenantId::new(now, &SeededEntropy::new(seed)));
        add(&log, ids[0], Tier::Standard, now);
        log.take_changed();
        add(&log, ids[1], Tier::Standard, now);
        let unwritten = log.take_changed();
        log.keep_for_later(&unwritten);
        let later = now + Duration::from_hours(3);
        log.forget_before(later);
        assert_eq!(requests(&log.take_changed(), FLEET), [2]);
        log.forget_before(later);
        assert!(log.take_changed().is_empty());
    }
}
