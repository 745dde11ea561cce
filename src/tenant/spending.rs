//! Spending from the tenant's budgets.

use super::TenantCx;
use crate::kernel::Sha256Hash;
use crate::quota::{Budget, Spent};
use crate::store::StoreError;

/// What one request spent from budgets that all nodes share, to be given back if it turns out not to count.
#[must_use = "give back what does not count, or say that it does with `keep`"]
pub struct Spending(Vec<(Budget, Sha256Hash)>);

impl Spending {
    /// Gives everything back.
    pub async fn refund(self, cx: &TenantCx) -> Result<(), StoreError> {
        let mut tx = cx.begin().await?;
        for (budget, key) in self.0 {
            tx.refund_budget(key, cx.document().budgets.allowance(budget)).await?;
        }
        tx.commit().await
    }

    /// It counts.
    pub fn keep(self) {}
}

impl TenantCx {
    /// Spends one request of a budget that this node keeps, for an address or client; empty for the tenant itself.
    pub fn spend(&self, budget: Budget, subject: &[u8]) -> Result<(), Spent> {
        let allowance = self.document().budgets.allowance(budget);
        self.memory_budgets()
            .spend(self.id(), budget, allowance, subject, self.now())
    }

    /// Spends one request of each of these budgets, which all nodes share: of all, or of none.
    pub async fn spend_shared(&self, budgets: &[(Budget, &[u8])]) -> Result<Result<Spending, Spent>, StoreError> {
        let mut keys: Vec<(Budget, Sha256Hash)> = budgets
            .iter()
            .map(|(budget, subject)| (*budget, self.budget_key(*budget, subject)))
            .collect();
        // In one order for all, or two requests could wait for each other.
        keys.sort_by_key(|(_, key)| *key.as_bytes());
        let mut tx = self.begin().await?;
        for (budget, key) in &keys {
            let allowance = self.document().budgets.allowance(*budget);
            if let Err(wait) = tx.spend_budget(*key, allowance, self.now()).await? {
                tracing::info!(budget = budget.as_str(), "a budget is spent");
                return Ok(Err(Spent { wait }));
            }
        }
        tx.commit().await?;
        Ok(Ok(Spending(keys)))
    }

    /// Keyed, so that nobody who reads the table learns who tried.
    fn budget_key(&self, budget: Budget, subject: &[u8]) -> Sha256Hash {
        let mut label = budget.as_str().as_bytes().to_vec();
        label.push(0);
        label.extend_from_slice(subject);
        self.store().keyring().blind_index("budget", &label)
    }
}
