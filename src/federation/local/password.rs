//! Passwords chosen by people: Argon2id (RFC 9106) in a bounded pool that serves tenants in turn.

use super::fair_pool::{FairPool, Permit};
use super::password_rules::normalise;
use crate::kernel::{Entropy, Secret, entropy};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use std::fmt;
use std::sync::Arc;
use thiserror::Error;
use zeroize::Zeroizing;

/// Longest password accepted, in bytes. A limit there must be, or hashing one would be an attack; phrases fit.
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// Requests of one tenant that may wait for the pool.
const LONGEST_LINE: usize = 64;
/// Largest memory a stored hash may ask for, in KiB: a damaged row must not exhaust the machine.
const MAX_STORED_MEMORY_KIB: u32 = 1024 * 1024;

/// The cost of a hash. Stored with it, so that it can be raised without locking anyone out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Argon2Cost {
    /// 19 MiB, two passes: the smallest of the equivalent settings usually recommended, about 16 ms on one core.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            iterations: 2,
            lanes: 1,
        }
    }
}

/// Why a password could not be hashed or checked. None of these says whether it was right.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum PasswordError {
    /// Too many sign-ins of this tenant are waiting already.
    #[error("too many sign-ins are being checked at this moment; try again in a few seconds")]
    Busy,
    /// Longer than [`MAX_PASSWORD_BYTES`].
    #[error("a password may have at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// The configured cost is outside what Argon2 allows.
    #[error("the configured Argon2 cost is not allowed: memory at least 8 KiB per lane, one pass, one lane")]
    Cost,
    /// The stored hash is not an Argon2id hash of ours.
    #[error("the stored password hash cannot be read")]
    Stored,
    /// The work was lost, which happens only while the server stops.
    #[error("the password could not be checked because the server is stopping")]
    Stopping,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The password is right. With `rehash`, the stored hash has another cost than configured now: replace it.
    Match {
        /// Whether the stored hash should be replaced by a new one of the same password.
        rehash: bool,
    },
    /// The password is wrong, or there is no such account.
    Mismatch,
}

/// Hashes and checks passwords. Cloning is cheap and shares the pool.
#[derive(Clone)]
pub struct PasswordPool {
    pool: FairPool,
    argon2: Arc<Argon2<'static>>,
    cost: Argon2Cost,
    /// A hash of an unguessable password with the same cost, checked when there is no account.
    absent: Arc<str>,
}

impl fmt::Debug for PasswordPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordPool")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

impl PasswordPool {
    /// A pool that works on `workers` passwords at a time: one per core is right, since Argon2 keeps a core busy.
    ///
    /// Hashes once, so start it outside of request handling.
    pub fn new(cost: Argon2Cost, workers: usize, entropy: &dyn Entropy) -> Result<Self, PasswordError> {
        let params =
            Params::new(cost.memory_kib, cost.iterations, cost.lanes, None).map_err(|_| PasswordError::Cost)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let unguessable = entropy::bytes::<32>(entropy);
        let absent = hash_now(&argon2, &unguessable, &entropy::bytes::<16>(entropy))?;
        Ok(Self {
            pool: FairPool::new(workers, LONGEST_LINE),
            argon2: Arc::new(argon2),
            cost,
            absent: absent.into(),
        })
    }

    /// Hashes `password` with a new salt, in `tenant`'s turn. The result is a PHC string.
    pub async fn hash(
        &self,
        tenant: &str,
        password: &Secret<String>,
        entropy: &dyn Entropy,
    ) -> Result<String, PasswordError> {
        let salt = entropy::bytes::<16>(entropy);
        let argon2 = self.argon2.clone();
        self.work(tenant, password, move |password| hash_now(&argon2, password, &salt))
            .await
    }

    /// Checks `password` against the stored PHC string, in `tenant`'s turn.
    ///
    /// `None` for an account that does not exist: the same work is done, so that the time taken does not tell which
    /// user names exist, and the answer is [`Verification::Mismatch`].
    pub async fn verify(
        &self,
        tenant: &str,
        stored: Option<&str>,
        password: &Secret<String>,
    ) -> Result<Verification, PasswordError> {
        let exists = stored.is_some();
        let phc = stored.unwrap_or(&self.absent).to_owned();
        let (argon2, cost) = (self.argon2.clone(), self.cost);
        let checked = self
            .work(tenant, password, move |password| {
                verify_now(&argon2, cost, &phc, password)
            })
            .await?;
        Ok(if exists { checked } else { Verification::Mismatch })
    }

    async fn work<T: Send + 'static>(
        &self,
        tenant: &str,
        password: &Secret<String>,
        job: impl FnOnce(&[u8]) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        let permit: Permit = self.pool.acquire(tenant).await.map_err(|_| PasswordError::Busy)?;
        let password = Zeroizing::new(normalise(password.expose()).into_bytes());
        // The permit travels with the work: a browser that hangs up frees the core only when the work is done.
        let working = tokio::task::spawn_blocking(move || {
            let done = job(&password);
            drop(permit);
            done
        });
        working.await.map_err(|_| PasswordError::Stopping)?
    }
}

fn hash_now(argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> Result<String, PasswordError> {
    argon2
        .hash_password_with_salt(password, salt)
        .map(|hash| hash.to_string())
        .map_err(|_| PasswordError::Cost)
}

fn verify_now(
    argon2: &Argon2<'_>,
    cost: Argon2Cost,
    phc: &str,
    password: &[u8],
) -> Result<Verification, PasswordError> {
    let hash = PasswordHash::new(phc).map_err(|_| PasswordError::Stored)?;
    let stored = Params::try_from(&hash).map_err(|_| PasswordError::Stored)?;
    if hash.algorithm != Algorithm::Argon2id.ident() || stored.m_cost() > MAX_STORED_MEMORY_KIB {
        return Err(PasswordError::Stored);
    }
    match argon2.verify_password(password, &hash) {
        Ok(()) => {
            let now = Argon2Cost {
                memory_kib: stored.m_cost(),
                iterations: stored.t_cost(),
                lanes: stored.p_cost(),
            };
            Ok(Verification::Match { rehash: now != cost })
        }
        Err(password_hash::Error::PasswordInvalid) => Ok(Verification::Mismatch),
        Err(_) => Err(PasswordError::Stored),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededEntropy;

    const CHEAP: Argon2Cost = Argon2Cost {
        memory_kib: 1024,
        iterations: 1,
        lanes: 1,
    };

    fn pool(cost: Argon2Cost) -> PasswordPool {
        PasswordPool::new(cost, 2, &SeededEntropy::new(1)).unwrap()
    }

    fn password(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn the_right_password_matches_and_others_do_not() {
        let pool = pool(CHEAP);
        let stored = pool
            .hash("t", &password("correct horse"), &SeededEntropy::new(2))
            .await
            .unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=1024,t=1,p=1$"), "{stored}");
        let check = |text| {
            let (pool, stored) = (pool.clone(), stored.clone());
            async move { pool.verify("t", Some(&stored), &password(text)).await }
        };
        assert_eq!(check("correct horse").await, Ok(Verification::Match { rehash: false }));
        assert_eq!(check("correct horsf").await, Ok(Verification::Mismatch));
        assert_eq!(check("").await, Ok(Verification::Mismatch));
    }

    #[tokio::test]
    async fn the_same_password_never_gives_the_same_hash() {
        let (pool, entropy) = (pool(CHEAP), SeededEntropy::new(3));
        let first = pool.hash("t", &password("x"), &entropy).await.unwrap();
        assert_ne!(first, pool.hash("t", &password("x"), &entropy).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_account_costs_a_full_check_and_never_matches() {
        let pool = pool(CHEAP);
        assert!(
            pool.absent.starts_with("$argon2id$v=19$m=1024,t=1,p=1$"),
            "same cost as a real one"
        );
        assert_eq!(
            pool.verify("t", None, &password("anything")).await,
            Ok(Verification::Mismatch)
        );
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_still_matches_and_asks_to_be_replaced() {
        let stored = pool(CHEAP)
            .hash("t", &password("x"), &SeededEntropy::new(4))
            .await
            .unwrap();
        let raised = pool(Argon2Cost { iterations: 2, ..CHEAP });
        assert_eq!(
            raised.verify("t", Some(&stored), &password("x")).await,
            Ok(Verification::Match { rehash: true })
        );
    }

    #[tokio::test]
    async fn overlong_passwords_and_foreign_hashes_are_refused() {
        let pool = pool(CHEAP);
        let long = password(&"x".repeat(MAX_PASSWORD_BYTES + 1));
        assert_eq!(pool.verify("t", None, &long).await, Err(PasswordError::TooLong));
        for stored in [
            "",
            "plain",
            "$argon2i$v=19$m=1024,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(
                pool.verify("t", Some(stored), &password("x")).await,
                Err(PasswordError::Stored),
                "{stored}"
            );
        }
    }

    #[test]
    fn an_impossible_cost_is_refused_at_start() {
        let none = Argon2Cost { memory_kib: 0, ..CHEAP };
        assert_eq!(
            PasswordPool::new(none, 1, &SeededEntropy::new(1)).err(),
            Some(PasswordError::Cost)
        );
    }
}
