//! How large a budget is, and the arithmetic of spending from it (the generic cell rate algorithm): one number per budget, the
//! time until which it is spent.

use crate::kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;

/// Longest time over which a budget may be spread, in seconds.
const LONGEST: u32 = 24 * 3600;
/// Most requests of a budget.
const MOST: u32 = 100_000_000;

/// So many requests in so many seconds, all at once or spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// The requests.
    pub requests: u32,
    /// The seconds in which an empty budget is full again.
    pub seconds: u32,
}

/// A budget that could not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidAllowance {
    /// Nothing, or too much.
    #[error("requests have to be 1 to {MOST}")]
    Requests,
    /// No time, or too long.
    #[error("seconds have to be 1 to {LONGEST}")]
    Seconds,
}

impl Allowance {
    /// Checks the bounds.
    pub fn check(self) -> Result<(), InvalidAllowance> {
        if !(1..=MOST).contains(&self.requests) {
            return Err(InvalidAllowance::Requests);
        }
        if !(1..=LONGEST).contains(&self.seconds) {
            return Err(InvalidAllowance::Seconds);
        }
        Ok(())
    }

    /// What one request costs, in microseconds of the budget's time.
    pub fn cost(self) -> Duration {
        let whole = u64::from(self.seconds) * 1_000_000;
        Duration::from_micros((whole / u64::from(self.requests.max(1))).max(1))
    }

    /// How far ahead of `now` a budget may be spent before a request that is still served.
    pub fn slack(self) -> Duration {
        self.cost() * self.requests.saturating_sub(1)
    }

    /// The time until which the budget is spent after one more request, or how long that request has to wait.
    pub fn spend(self, spent_until: Timestamp, now: Timestamp) -> Result<Timestamp, Duration> {
        let latest = now + self.slack();
        if spent_until > latest {
            return Err(spent_until.since(latest));
        }
        Ok(spent_until.max(now) + self.cost())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn spend(allowance: Allowance, times: u32, now: Timestamp, spent: &mut Timestamp) -> u32 {
        (0..times)
            .map_while(|_| {
                let after = allowance.spend(*spent, now).ok()?;
                *spent = after;
                Some(())
            })
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn a_full_budget_serves_its_requests_at_once_and_then_one_per_share_of_the_time() {
        let ten = Allowance {
            requests: 10,
            seconds: 600,
        };
        let mut spent = Timestamp::EPOCH;
        assert_eq!(spend(ten, 20, NOW, &mut spent), 10);
        assert_eq!(ten.spend(spent, NOW), Err(Duration::from_mins(1)));
        let later = NOW + Duration::from_mins(1);
        assert_eq!(spend(ten, 20, later, &mut spent), 1);
        let much_later = later + Duration::from_hours(5);
        assert_eq!(spend(ten, 20, much_later, &mut spent), 10);
    }

    proptest! {
        #[test]
        fn no_more_than_twice_the_requests_fit_into_the_time(
            requests in 1_u32..50, seconds in 1_u32..100, gaps in proptest::collection::vec(0_u64..2_000_000, 1..300),
        ) {
            let allowance = Allowance { requests, seconds };
            let (mut spent, mut now, mut served) = (Timestamp::EPOCH, NOW, 0_u64);
            for gap in gaps {
                now = now + Duration::from_micros(gap);
                if now.since(NOW) >= Duration::from_secs(u64::from(seconds)) {
                    break;
                }
                if let Ok(after) = allowance.spend(spent, now) {
                    spent = after;
                    served += 1;
                }
            }
            prop_assert!(served <= 2 * u64::from(requests));
        }

        #[test]
        fn who_waits_as_long_as_told_is_served(requests in 1_u32..1000, seconds in 1_u32..1000, ahead in 0_u64..2_000_000_000) {
            let allowance = Allowance { requests, seconds };
            let spent = NOW + Duration::from_micros(ahead);
            if let Err(wait) = allowance.spend(spent, NOW) {
                prop_assert!(allowance.spend(spent, NOW + wait).is_ok());
            }
        }
    }
}
