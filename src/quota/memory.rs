//! Budgets of which each node has its own: they keep one tenant or address from taking what others need, and cost no query.

use super::{Allowance, Budget, Spent};
use crate::kernel::Timestamp;
use crate::kernel::id::TenantId;
use moka::sync::Cache;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Tenants with budgets in memory.
const TENANTS: u64 = 10_000;
/// Budgets of one tenant, some 100 KiB. Whoever fills this up pushes out budgets of the same tenant only.
const PER_TENANT: usize = 4096;

/// By budget and subject, as a keyed hash: the time until which it is spent.
type OfTenant = HashMap<u64, Timestamp>;

/// The budgets of one node. Each tenant has a part of its own behind a lock of its own.
pub struct MemoryBudgets {
    tenants: Cache<TenantId, Arc<Mutex<OfTenant>>>,
    hasher: RandomState,
}

impl fmt::Debug for MemoryBudgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryBudgets({} tenants)", self.tenants.entry_count())
    }
}

impl Default for MemoryBudgets {
    fn default() -> Self {
        Self {
            tenants: Cache::builder()
                .max_capacity(TENANTS)
                .time_to_idle(Duration::from_hours(24))
                .build(),
            // Keyed anew in each process: nobody outside can aim at another's budget.
            hasher: RandomState::new(),
        }
    }
}

impl MemoryBudgets {
    /// Spends one request of a tenant's budget; `subject` is the address or client, empty for the tenant itself.
    pub fn spend(
        &self,
        tenant: TenantId,
        budget: Budget,
        allowance: Allowance,
        subject: &[u8],
        now: Timestamp,
    ) -> Result<(), Spent> {
        let part = self.tenants.get_with(tenant, Arc::default);
        let key = self.hasher.hash_one((budget, subject));
        // A panic beside us left the map whole: each change of it is one insertion.
        let mut budgets = part.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = budgets.get(&key).copied().unwrap_or(Timestamp::EPOCH);
        let after = allowance.spend(spent, now).map_err(|wait| Spent { wait })?;
        if budgets.len() >= PER_TENANT && !budgets.contains_key(&key) {
            make_room(&mut budgets, now);
        }
        budgets.insert(key, after);
        Ok(())
    }
}

/// Full budgets are as good as absent. When that is not enough, the half that is nearest to being full goes.
fn make_room(budgets: &mut OfTenant, now: Timestamp) {
    budgets.retain(|_, spent| *spent > now);
    if budgets.len() < PER_TENANT {
        return;
    }
    let mut times: Vec<Timestamp> = budgets.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    budgets.retain(|_, spent| *spent > median);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededEntropy;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
    const THREE: Allowance = Allowance {
        requests: 3,
        seconds: 60,
    };

    fn tenant(seed: u64) -> TenantId {
        TenantId::new(NOW, &SeededEntropy::new(seed))
    }

    fn served(budgets: &MemoryBudgets, tenant: TenantId, subject: &[u8], now: Timestamp) -> bool {
        budgets
            .spend(tenant, Budget::TokenPerAddress, THREE, subject, now)
            .is_ok()
    }

    #[test]
    fn tenants_budgets_and_subjects_do_not_spend_from_each_other() {
        let budgets = MemoryBudgets::default();
        let (one, other) = (tenant(1), tenant(2));
        for _ in 0..3 {
            assert!(served(&budgets, one, b"10.0.0.1", NOW));
        }
        assert!(!served(&budgets, one, b"10.0.0.1", NOW));
        assert!(served(&budgets, one, b"10.0.0.2", NOW));
        assert!(served(&budgets, other, b"10.0.0.1", NOW));
        let pages = budgets.spend(one, Budget::PagesPerAddress, THREE, b"10.0.0.1", NOW);
        assert_eq!(pages, Ok(()));
    }

    #[test]
    fn a_spent_budget_says_how_long_to_wait_and_serves_then() {
        let budgets = MemoryBudgets::default();
        for _ in 0..3 {
            assert!(served(&budgets, tenant(1), b"a", NOW));
        }
        let refused = budgets.spend(tenant(1), Budget::TokenPerAddress, THREE, b"a", NOW);
        let wait = refused.unwrap_err().wait;
        assert_eq!(wait, Duration::from_secs(20));
        assert!(served(&budgets, tenant(1), b"a", NOW + wait));
    }

    #[test]
    fn a_flood_of_addresses_at_one_tenant_is_bounded_and_frees_nobody_at_another() {
        let budgets = MemoryBudgets::default();
        for _ in 0..3 {
            assert!(served(&budgets, tenant(2), b"guesser", NOW));
        }
        for address in 0..20_000_u32 {
            assert!(served(&budgets, tenant(1), &address.to_be_bytes(), NOW));
        }
        let part = budgets.tenants.get(&tenant(1)).unwrap();
        assert!(part.lock().unwrap().len() <= PER_TENANT);
        assert!(!served(&budgets, tenant(2), b"guesser", NOW));
    }

    #[test]
    fn the_most_spent_budgets_survive_a_flood_of_their_own_tenant() {
        let budgets = MemoryBudgets::default();
        for _ in 0..3 {
            assert!(served(&budgets, tenant(1), b"guesser", NOW));
        }
        for address in 0..20_000_u32 {
            assert!(served(&budgets, tenant(1), &address.to_be_bytes(), NOW));
        }
        assert!(!served(&budgets, tenant(1), b"guesser", NOW));
    }
}
