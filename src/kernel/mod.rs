//! What every other module stands on: time, randomness, identifiers, secrets and hashes. No I/O and no domain.

pub mod clock;
pub mod credential;
pub mod entropy;
pub mod hash;
pub mod id;
pub mod secret;
pub mod timestamp;

pub use clock::{Clock, ManualClock, SystemClock};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use hash::Sha256Hash;
pub use secret::Secret;
pub use timestamp::Timestamp;
