//! Randomness as an argument: AWS-LC in the server, a seeded stream in tests.

use super::Sha256Hash;
use std::fmt;
use std::sync::Mutex;

/// Where unpredictable bytes come from.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Fills `target` with random bytes.
    ///
    /// # Panics
    /// When the operating system has no randomness left to give: a server that cannot draw secrets must stop.
    fn fill(&self, target: &mut [u8]);
}

/// Draws `N` bytes.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut target = [0; N];
    entropy.fill(&mut target);
    target
}

/// AWS-LC's generator, seeded by the operating system.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one place where system randomness is drawn; without it no secret can be made"
    )]
    fn fill(&self, target: &mut [u8]) {
        aws_lc_rs::rand::fill(target).expect("the operating system gives randomness");
    }
}

/// A repeatable stream for tests and benches: SHA-256 over a seed and a counter. Never for production.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<(u64, u64)>);

impl SeededEntropy {
    /// The stream that belongs to `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new((seed, 0)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, target: &mut [u8]) {
        for chunk in target.chunks_mut(32) {
            let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            state.1 += 1;
            let mut input = [0; 16];
            let (seed, counter) = input.split_at_mut(8);
            seed.copy_from_slice(&state.0.to_be_bytes());
            counter.copy_from_slice(&state.1.to_be_bytes());
            for (to, from) in chunk.iter_mut().zip(Sha256Hash::of(&input).as_bytes()) {
                *to = *from;
            }
        }
    }
}
