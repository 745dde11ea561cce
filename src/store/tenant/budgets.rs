//! Budgets on which all nodes agree. Spending is one guarded statement, so that many requests at once do not get more than
//! one after the other would.

use crate::kernel::{Sha256Hash, Timestamp};
use crate::quota::Allowance;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use std::time::Duration;

/// A budget from which something was spent.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct SpentBudget {
    /// The budget.
    pub key: Sha256Hash,
    /// Until when it is spent.
    pub spent_until: Timestamp,
}

impl TenantTx {
    /// Spends one request of the budget `key`, or says how long to wait. With `account` it is found again by the account whose
    /// attempts it counts.
    pub async fn spend_budget(
        &mut self,
        key: Sha256Hash,
        account: Option<Sha256Hash>,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Result<(), Duration>, StoreError> {
        let tenant = self.tenant;
        // The same rule as `Allowance::spend`.
        let latest = now + allowance.slack();
        let first = now + allowance.cost();
        let cost = i64::try_from(allowance.cost().as_micros()).unwrap_or(i64::MAX);
        let spent = on_tx!(self, |connection| sqlx::query(
            "INSERT INTO budgets (tenant_id, budget_key, spent_until, account_index) VALUES ($1, $2, $3, $7) \
             ON CONFLICT (tenant_id, budget_key) DO UPDATE SET spent_until = \
             CASE WHEN budgets.spent_until > $4 THEN budgets.spent_until + $5 ELSE $3 END \
             WHERE budgets.spent_until <= $6",
        )
        .bind(tenant)
        .bind(key)
        .bind(first)
        .bind(now)
        .bind(cost)
        .bind(latest)
        .bind(account)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        if spent == 1 {
            return Ok(Ok(()));
        }
        let until = on_tx!(self, |connection| sqlx::query_scalar::<_, Timestamp>(
            "SELECT spent_until FROM budgets WHERE tenant_id = $1 AND budget_key = $2",
        )
        .bind(tenant)
        .bind(key)
        .fetch_optional(connection)
        .await)?;
        Ok(Err(until.map_or(allowance.cost(), |until| until.since(latest))))
    }

    /// Gives one request back: it turned out not to be one of those that are counted.
    pub async fn refund_budget(&mut self, key: Sha256Hash, allowance: Allowance) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let cost = i64::try_from(allowance.cost().as_micros()).unwrap_or(i64::MAX);
        on_tx!(self, |connection| sqlx::query(
            "UPDATE budgets SET spent_until = spent_until - $3 WHERE tenant_id = $1 AND budget_key = $2",
        )
        .bind(tenant)
        .bind(key)
        .bind(cost)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The budgets that count attempts on one account.
    pub async fn list_budgets_of_account(&mut self, account: Sha256Hash) -> Result<Vec<SpentBudget>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, SpentBudget>(
            "SELECT budget_key AS key, spent_until FROM budgets WHERE tenant_id = $1 AND account_index = $2",
        )
        .bind(tenant)
        .bind(account)
        .fetch_all(connection)
        .await)?)
    }

    /// Forgets the attempts on one account that still count. Returns how many budgets are full again.
    pub async fn delete_budgets_of_account(&mut self, account: Sha256Hash, now: Timestamp) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query(
            "DELETE FROM budgets WHERE tenant_id = $1 AND account_index = $2 AND spent_until > $3",
        )
        .bind(tenant)
        .bind(account)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?)
    }
}
