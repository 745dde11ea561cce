//! Spending from the tenant's budgets.

use super::TenantCx;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::quota::{Budget, Spent};
use crate::store::{StoreError, TenantTx};

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
        self.spend_all(None, budgets).await
    }

    /// The same for an attempt on an account, by whatever name attempts on it are counted. [`Self::forgive_attempts`] fills again
    /// those of the budgets that are the account's.
    pub async fn spend_on_account(
        &self,
        account: &[u8],
        budgets: &[(Budget, &[u8])],
    ) -> Result<Result<Spending, Spent>, StoreError> {
        self.spend_all(Some(self.account_index(account)), budgets).await
    }

    /// Until when nobody may try again on an account from at least one address; `None` when everybody may.
    pub async fn locked_until(&self, rows: &mut TenantTx, account: &[u8]) -> Result<Option<Timestamp>, StoreError> {
        let budgets = rows.list_budgets_of_account(self.account_index(account)).await?;
        let whole = self.budget_key(Budget::SignInPerAccount, account);
        let codes = self.budget_key(Budget::SignInCodePerAccount, account);
        let ends = budgets.into_iter().filter_map(|spent| {
            let budget = match spent.key {
                key if key == whole => Budget::SignInPerAccount,
                key if key == codes => Budget::SignInCodePerAccount,
                _ => Budget::SignInPerAccountAndAddress,
            };
            let end = spent.spent_until - self.document().budgets.allowance(budget).slack();
            (self.now() < end).then_some(end)
        });
        Ok(ends.max())
    }

    /// Forgets the attempts on an account. True when there were any.
    pub async fn forgive_attempts(&self, tx: &mut TenantTx, account: &[u8]) -> Result<bool, StoreError> {
        let forgotten = tx
            .delete_budgets_of_account(self.account_index(account), self.now())
            .await?;
        Ok(forgotten > 0)
    }

    async fn spend_all(
        &self,
        account: Option<Sha256Hash>,
        budgets: &[(Budget, &[u8])],
    ) -> Result<Result<Spending, Spent>, StoreError> {
        let mut keys: Vec<(Budget, Sha256Hash)> = budgets
            .iter()
            .map(|(budget, subject)| (*budget, self.budget_key(*budget, subject)))
            .collect();
        // In one order for all, or two requests could wait for each other.
        keys.sort_by_key(|(_, key)| *key.as_bytes());
        let mut tx = self.begin().await?;
        for (budget, key) in &keys {
            let allowance = self.document().budgets.allowance(*budget);
            let account = account.filter(|_| budget.is_of_account());
            if let Err(wait) = tx.spend_budget(*key, account, allowance, self.now()).await? {
                tracing::info!(budget = budget.as_str(), "a budget is spent");
                return Ok(Err(Spent { wait }));
            }
        }
        tx.commit().await?;
        Ok(Ok(Spending(keys)))
    }

    /// Keyed, as the budgets are.
    fn account_index(&self, account: &[u8]) -> Sha256Hash {
        self.store().keyring().blind_index("budget account", account)
    }

    /// Keyed, so that nobody who reads the table learns who tried.
    fn budget_key(&self, budget: Budget, subject: &[u8]) -> Sha256Hash {
        let mut label = budget.as_str().as_bytes().to_vec();
        label.push(0);
        label.extend_from_slice(subject);
        self.store().keyring().blind_index("budget", &label)
    }
}
