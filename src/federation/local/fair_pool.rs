//! Permits for expensive work, handed out in turn: one per core at a time, and one waiting line per key.
//!
//! A plain semaphore serves in order of arrival, so one tenant's flood of guesses would make every other tenant wait
//! behind it. Here the keys take turns: whoever waits behind N busy keys waits for N pieces of work, however long any
//! single line is.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Hands out permits.
#[derive(Clone, Debug)]
pub(super) struct FairPool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    permits: usize,
    longest_line: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    lines: HashMap<String, VecDeque<oneshot::Sender<Permit>>>,
    /// Keys with a line, in the order of their turns.
    turns: VecDeque<String>,
}

/// The key's line is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineFull;

/// The right to do one piece of work. Returned when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    /// Empty when the receiver gave up before the permit reached it; the dispatcher then uses it for the next.
    pool: Option<Arc<Inner>>,
}

impl FairPool {
    /// `permits` pieces of work at a time; at most `longest_line` waiting per key.
    pub(super) fn new(permits: usize, longest_line: usize) -> Self {
        Self(Arc::new(Inner {
            permits: permits.max(1),
            longest_line,
            state: Mutex::default(),
        }))
    }

    /// Waits for the key's turn.
    pub(super) async fn acquire(&self, key: &str) -> Result<Permit, LineFull> {
        let turn = {
            let mut state = self.0.lock();
            if state.running < self.0.permits && state.turns.is_empty() {
                state.running += 1;
                return Ok(Permit {
                    pool: Some(self.0.clone()),
                });
            }
            let line = state.lines.entry(key.to_owned()).or_default();
            line.retain(|waiting| !waiting.is_closed());
            if line.len() >= self.0.longest_line {
                return Err(LineFull);
            }
            let starts_a_line = line.is_empty();
            let (sender, turn) = oneshot::channel();
            line.push_back(sender);
            if starts_a_line && !state.turns.iter().any(|waiting| waiting == key) {
                state.turns.push_back(key.to_owned());
            }
            turn
        };
        turn.await.map_err(|_| LineFull)
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next waiting request, one per key in turn.
    fn next(state: &mut State) -> Option<oneshot::Sender<Permit>> {
        while let Some(key) = state.turns.pop_front() {
            let Some(line) = state.lines.get_mut(&key) else {
                continue;
            };
            let next = line.pop_front();
            if line.is_empty() {
                state.lines.remove(&key);
            } else {
                state.turns.push_back(key);
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }

    /// Gives the permit to whoever is next, or takes it back.
    fn pass_on(self: Arc<Self>) {
        loop {
            let next = {
                let mut state = self.lock();
                let next = Self::next(&mut state);
                if next.is_none() {
                    state.running = state.running.saturating_sub(1);
                }
                next
            };
            let Some(next) = next else { return };
            match next.send(Permit {
                pool: Some(self.clone()),
            }) {
                Ok(()) => return,
                Err(mut unwanted) => unwanted.pool = None, // gave up waiting: the permit goes to the next in turn
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    type Waiting = std::pin::Pin<Box<dyn std::future::Future<Output = Result<Permit, LineFull>>>>;

    fn wait(pool: &FairPool, key: &'static str) -> Waiting {
        let pool = pool.clone();
        let mut waiting: Waiting = Box::pin(async move { pool.acquire(key).await });
        assert!(waiting.as_mut().now_or_never().is_none(), "{key} has to wait");
        waiting
    }

    fn ready(waiting: &mut Waiting) -> Option<Permit> {
        waiting.as_mut().now_or_never().map(Result::unwrap)
    }

    #[test]
    fn a_flood_of_one_key_delays_another_by_one_turn_only() {
        let pool = FairPool::new(1, 100);
        let first = pool.acquire("flood").now_or_never().unwrap().unwrap();
        let mut flood: Vec<_> = (0..50).map(|_| wait(&pool, "flood")).collect();
        let mut other = wait(&pool, "other");
        drop(first);
        assert!(ready(&mut other).is_none(), "the flood's first is served first");
        let second = ready(&mut flood[0]).unwrap();
        drop(second);
        assert!(
            ready(&mut other).is_some(),
            "then it is the other key's turn, before the flood's remaining 49"
        );
    }

    #[test]
    fn no_more_permits_than_configured_are_out() {
        let pool = FairPool::new(2, 100);
        let first = pool.acquire("a").now_or_never().unwrap().unwrap();
        let _second = pool.acquire("a").now_or_never().unwrap().unwrap();
        let mut third = wait(&pool, "b");
        assert!(ready(&mut third).is_none());
        drop(first);
        assert!(ready(&mut third).is_some());
    }

    #[test]
    fn a_full_line_refuses_its_own_key_only() {
        let pool = FairPool::new(1, 2);
        let _busy = pool.acquire("a").now_or_never().unwrap().unwrap();
        let _line = [wait(&pool, "a"), wait(&pool, "a")];
        assert_eq!(pool.acquire("a").now_or_never().unwrap().unwrap_err(), LineFull);
        let _other = wait(&pool, "b");
    }

    #[test]
    fn those_who_gave_up_are_skipped_and_their_permit_is_not_lost() {
        let pool = FairPool::new(1, 2);
        let busy = pool.acquire("a").now_or_never().unwrap().unwrap();
        drop(wait(&pool, "a"));
        let mut patient = wait(&pool, "b");
        drop(busy);
        let served = ready(&mut patient).unwrap();
        drop(served);
        assert!(pool.acquire("c").now_or_never().is_some(), "the permit came back");
    }

    #[test]
    fn a_permit_handed_to_someone_who_never_looks_again_comes_back() {
        let pool = FairPool::new(1, 2);
        let busy = pool.acquire("a").now_or_never().unwrap().unwrap();
        let waiting = wait(&pool, "a");
        drop(busy); // the permit now lies in the channel
        drop(waiting);
        assert!(pool.acquire("b").now_or_never().is_some());
    }
}
