//! How many attempts something that can be guessed still has.

use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use std::time::Duration;

/// So many attempts at once, and one more after each `every`.
#[derive(Clone, Copy, Debug)]
pub struct AttemptBudget {
    /// Attempts at once.
    pub burst: u32,
    /// The time after which one attempt comes back.
    pub every: Duration,
}

impl TenantTx {
    /// Takes one attempt of the budget named `name`, in one statement: however many come at once, no more than the budget
    /// are let through. `Err` with the time of the next attempt when none is left.
    pub async fn take_attempt(
        &mut self,
        name: Sha256Hash,
        budget: AttemptBudget,
        now: Timestamp,
    ) -> Result<Result<(), Timestamp>, StoreError> {
        let tenant = self.tenant;
        // A leaky bucket in one number: the time at which everything taken so far will have come back.
        let (now_at, cost) = (now.micros(), (now + budget.every).micros() - now.micros());
        let room = (now + budget.every.saturating_mul(budget.burst)).micros();
        let taken = on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "INSERT INTO attempt_budgets (tenant_id, budget, expires_at) VALUES ($1, $2, $3 + $4) \
             ON CONFLICT (tenant_id, budget) DO UPDATE SET expires_at = \
             CASE WHEN attempt_budgets.expires_at > $3 THEN attempt_budgets.expires_at ELSE $3 END + $4 \
             WHERE CASE WHEN attempt_budgets.expires_at > $3 THEN attempt_budgets.expires_at ELSE $3 END + $4 <= $5 \
             RETURNING expires_at",
        )
        .bind(tenant)
        .bind(name)
        .bind(now_at)
        .bind(cost)
        .bind(room)
        .fetch_optional(connection)
        .await)?;
        if taken.is_some() {
            return Ok(Ok(()));
        }
        let until = on_tx!(self, |connection| sqlx::query_scalar::<_, Timestamp>(
            "SELECT expires_at FROM attempt_budgets WHERE tenant_id = $1 AND budget = $2",
        )
        .bind(tenant)
        .bind(name)
        .fetch_optional(connection)
        .await)?;
        let next = until.unwrap_or(now) - budget.every.saturating_mul(budget.burst.saturating_sub(1));
        Ok(Err(next))
    }

    /// Gives all attempts back.
    pub async fn reset_attempts(&mut self, name: Sha256Hash) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM attempt_budgets WHERE tenant_id = $1 AND budget = $2",
        )
        .bind(tenant)
        .bind(name)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
