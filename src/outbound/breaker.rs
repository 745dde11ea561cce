//! Circuit breakers: a dependency that keeps failing is left alone for a while.

use crate::kernel::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most entries kept. Only dependencies with a recent failure have one.
const CAPACITY: usize = 10_000;

type Key = (String, String);

/// Whether a dependency is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// It is asked.
    Closed,
    /// It failed several times in a row and is left alone.
    Open {
        /// For so long.
        retry_after: Duration,
    },
    /// The pause is over: the next request finds out for all, or is doing so.
    HalfOpen,
}

#[derive(Debug)]
struct State {
    /// Failures since the last success.
    failures: u32,
    /// The latest failure.
    last_failure: Timestamp,
    /// Whether one request is trying again right now (half-open).
    probing: bool,
}

/// The breakers of all (scope, host) pairs. No entry means closed.
#[derive(Debug)]
pub(super) struct Breakers {
    threshold: u32,
    pause: Duration,
    entries: Mutex<HashMap<Key, State>>,
}

/// Permission to send one request; says afterwards how it went. Dropped without a word (cancelled, or refused by us),
/// it changes nothing but lets another request probe.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    breakers: &'a Breakers,
    key: Key,
}

impl Breakers {
    pub(super) fn new(threshold: u32, pause: Duration) -> Self {
        Self {
            threshold: threshold.max(1),
            pause,
            entries: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, State>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How things are, without asking for anything.
    pub(super) fn state(&self, scope: &str, host: &str, now: Timestamp) -> BreakerState {
        let key = (scope.to_owned(), host.to_owned());
        match self.lock().get(&key) {
            Some(state) if state.failures >= self.threshold => {
                let retry_after = self.pause.saturating_sub(now.since(state.last_failure));
                if retry_after.is_zero() {
                    BreakerState::HalfOpen
                } else {
                    BreakerState::Open { retry_after }
                }
            }
            _ => BreakerState::Closed,
        }
    }

    /// Up to `most` of those that are open, with the time of their latest failure.
    pub(super) fn open(&self, now: Timestamp, most: usize) -> Vec<(String, String, Timestamp)> {
        let entries = self.lock();
        let open = entries
            .iter()
            .filter(|(_, state)| state.failures >= self.threshold && now.since(state.last_failure) < self.pause);
        open.map(|((scope, host), state)| (scope.clone(), host.clone(), state.last_failure))
            .take(most)
            .collect()
    }

    /// Lets a request through, or says how long the dependency is still left alone.
    pub(super) fn enter(&self, scope: &str, host: &str, now: Timestamp) -> Result<Pass<'_>, Duration> {
        let key = (scope.to_owned(), host.to_owned());
        if let Some(state) = self.lock().get_mut(&key)
            && state.failures >= self.threshold
        {
            let left = self.pause.saturating_sub(now.since(state.last_failure));
            if !left.is_zero() {
                return Err(left);
            }
            if state.probing {
                return Err(Duration::from_secs(1)); // half-open: one request finds out for all
            }
            state.probing = true;
        }
        Ok(Pass { breakers: self, key })
    }
}

impl Pass<'_> {
    /// The dependency works: its breaker closes.
    pub(super) fn succeeded(self) {
        self.breakers.lock().remove(&self.key);
    }

    /// The dependency failed: counts towards opening, and re-opens a half-open breaker at once.
    pub(super) fn failed(self, now: Timestamp) {
        let mut entries = self.breakers.lock();
        if entries.len() >= CAPACITY && !entries.contains_key(&self.key) {
            let stale = self.breakers.pause * 2;
            entries.retain(|_, state| now.since(state.last_failure) < stale);
            if entries.len() >= CAPACITY {
                return; // memory is bounded before failure counts are complete; timeouts still apply
            }
        }
        let state = entries.entry(self.key.clone()).or_insert(State {
            failures: 0,
            last_failure: now,
            probing: false,
        });
        state.failures = state.failures.saturating_add(1);
        state.last_failure = now;
        state.probing = false;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(state) = self.breakers.lock().get_mut(&self.key) {
            state.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_000);
    const PAUSE: Duration = Duration::from_secs(30);

    fn tripped() -> Breakers {
        let breakers = Breakers::new(2, PAUSE);
        for _ in 0..2 {
            breakers.enter("a", "host", START).unwrap().failed(START);
        }
        breakers
    }

    #[test]
    fn opens_after_the_threshold_and_says_how_long() {
        let breakers = tripped();
        assert_eq!(
            breakers
                .enter("a", "host", START + Duration::from_secs(10))
                .unwrap_err(),
            Duration::from_secs(20)
        );
    }

    #[test]
    fn those_that_are_open_can_be_listed_until_their_pause_is_over() {
        let breakers = tripped();
        breakers.enter("a", "other", START).unwrap().failed(START);
        let open = breakers.open(START, 9);
        assert_eq!(open, [("a".to_owned(), "host".to_owned(), START)]);
        assert!(breakers.open(START, 0).is_empty());
        assert!(breakers.open(START + PAUSE, 9).is_empty());
    }

    #[test]
    fn another_scope_and_another_host_are_untouched() {
        let breakers = tripped();
        assert!(breakers.enter("b", "host", START).is_ok());
        assert!(breakers.enter("a", "other", START).is_ok());
    }

    #[test]
    fn half_open_lets_exactly_one_request_probe() {
        let breakers = tripped();
        let later = START + PAUSE;
        let probe = breakers.enter("a", "host", later).unwrap();
        assert!(breakers.enter("a", "host", later).is_err());
        probe.succeeded();
        assert!(breakers.enter("a", "host", later).is_ok());
    }

    #[test]
    fn the_state_is_told_without_being_changed() {
        let breakers = tripped();
        assert_eq!(
            breakers.state("a", "host", START),
            BreakerState::Open { retry_after: PAUSE }
        );
        let later = START + PAUSE;
        assert_eq!(breakers.state("a", "host", later), BreakerState::HalfOpen);
        assert_eq!(breakers.state("a", "other", later), BreakerState::Closed);
        breakers.enter("a", "host", later).unwrap().succeeded();
        assert_eq!(breakers.state("a", "host", later), BreakerState::Closed);
    }

    #[test]
    fn a_failed_probe_opens_again() {
        let breakers = tripped();
        let later = START + PAUSE;
        breakers.enter("a", "host", later).unwrap().failed(later);
        assert_eq!(breakers.enter("a", "host", later).unwrap_err(), PAUSE);
    }

    #[test]
    fn a_cancelled_probe_does_not_block_the_next() {
        let breakers = tripped();
        let later = START + PAUSE;
        drop(breakers.enter("a", "host", later).unwrap());
        assert!(breakers.enter("a", "host", later).is_ok());
    }

    #[test]
    fn a_success_in_between_starts_the_count_anew() {
        let breakers = Breakers::new(2, PAUSE);
        breakers.enter("a", "host", START).unwrap().failed(START);
        breakers.enter("a", "host", START).unwrap().succeeded();
        breakers.enter("a", "host", START).unwrap().failed(START);
        assert!(breakers.enter("a", "host", START).is_ok());
    }

    #[test]
    fn memory_is_bounded_however_many_hosts_fail() {
        let breakers = Breakers::new(1, PAUSE);
        for number in 0..(CAPACITY + 50) {
            if let Ok(pass) = breakers.enter("a", &number.to_string(), START) {
                pass.failed(START);
            }
        }
        assert!(breakers.lock().len() <= CAPACITY);
    }
}
