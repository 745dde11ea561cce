//! What this node answers, summed up in memory by hour: counted with every request, written once a minute by
//! administration. Numbers only; nothing of what a request said.

use super::AboutRequest;
use crate::kernel::id::{NodeId, TenantId};
use crate::kernel::{Clock, Entropy, Timestamp};
use crate::store::control::{Placement, Tier, Traffic};
use std::collections::HashMap;
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

type Shard = Mutex<HashMap<(Whose, i64), Sum>>;

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

fn lock(shard: &Shard) -> MutexGuard<'_, HashMap<(Whose, i64), Sum>> {
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
        let one = Whose::Tenant {
            id: tenant.id,
            dedicated: tenant.placement == Placement::Dedicated,
        };
        for whose in [one, Whose::Fleet(tenant.tier)] {
            let Some(shard) = self.shards.get(shard_of(whose)) else {
                continue;
            };
            let mut sums = lock(shard);
            let sum = sums.entry((whose, hour_of(now))).or_insert_with(|| Sum {
                traffic: Traffic::default(),
                written: false,
            });
            sum.written = false;
            sum.traffic.count(status, elapsed);
            sum.traffic.sign_ins += u64::from(about.signed_in());
            sum.traffic.tokens += u64::from(about.gave_tokens());
        }
    }

    /// What changed since it was last taken, and has to be written.
    pub fn take_changed(&self) -> Vec<Counted> {
        let mut changed = Vec::new();
        for shard in &self.shards {
            for ((whose, hour), sum) in lock(shard).iter_mut().filter(|(_, sum)| !sum.written) {
                sum.written = true;
                changed.push(Counted {
                    whose: *whose,
                    hour: *hour,
                    traffic: sum.traffic.clone(),
                });
            }
        }
        changed
    }

    /// Takes back that these were written: they are taken again.
    pub fn keep_for_later(&self, unwritten: &[Counted]) {
        for counted in unwritten {
            if let Some(shard) = self.shards.get(shard_of(counted.whose))
                && let Some(sum) = lock(shard).get_mut(&(counted.whose, counted.hour))
            {
                sum.written = false;
            }
        }
    }

    /// Forgets hours that are over and written, and those that nobody could write for so long that memory matters.
    pub fn forget_before(&self, now: Timestamp) {
        let (hour, longest) = (hour_of(now), hour_of(now) - 6);
        for shard in &self.shards {
            lock(shard).retain(|(_, of), sum| *of >= hour || (!sum.written && *of >= longest));
        }
    }
}

fn shard_of(whose: Whose) -> usize {
    match whose {
        Whose::Fleet(Tier::Standard) => 0,
        Whose::Fleet(Tier::Enterprise) => 1,
        // The end of an identifier is random.
        Whose::Tenant { id, .. } => usize::from(id.uuid().as_bytes().last().copied().unwrap_or(0)) % SHARDS,
    }
}
