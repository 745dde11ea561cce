//! How often something that can be guessed may be tried. Who runs out waits; no account is ever shut by attempts on it.

use crate::kernel::id::{AccountId, IdentityProviderId};
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::tenant::AttemptBudget;
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use std::time::Duration;

/// Passwords of one user name: with 96 a day after the first ten, the limit of 100 in a row of NIST SP 800-63B-4 section 3.2.2
/// is kept, and who mistyped waits a quarter of an hour.
const PASSWORDS: AttemptBudget = AttemptBudget {
    burst: 10,
    every: Duration::from_mins(15),
};
/// Codes of one account: six digits stand three guesses in a million each time.
const CODES: AttemptBudget = AttemptBudget {
    burst: 5,
    every: Duration::from_mins(15),
};
/// Mails that one user name can be made to get.
const MAILS: AttemptBudget = AttemptBudget {
    burst: 3,
    every: Duration::from_mins(30),
};

/// What is tried.
#[derive(Clone, Copy)]
pub enum Attempt<'a> {
    /// A password of a user name, whether there is such an account or not.
    Password(IdentityProviderId, &'a str),
    /// A code of the second factor, or a recovery code.
    Code(AccountId),
    /// A mail with a link.
    Mail(IdentityProviderId, &'a str),
}

impl Attempt<'_> {
    const fn budget(self) -> AttemptBudget {
        match self {
            Self::Password(..) => PASSWORDS,
            Self::Code(_) => CODES,
            Self::Mail(..) => MAILS,
        }
    }

    fn name(self, cx: &TenantCx) -> Sha256Hash {
        let by_name = |domain: &str, provider: IdentityProviderId, username: &str| {
            let value = [provider.uuid().as_bytes().as_slice(), username.as_bytes()].concat();
            cx.store().keyring().blind_index(domain, &value)
        };
        match self {
            Self::Password(provider, username) => by_name("budget.password", provider, username),
            Self::Code(account) => cx
                .store()
                .keyring()
                .blind_index("budget.code", account.uuid().as_bytes()),
            Self::Mail(provider, username) => by_name("budget.mail", provider, username),
        }
    }
}

/// Takes an attempt, before it is known whether it succeeds. `Err` with the whole minutes to wait, rounded up.
pub async fn take(cx: &TenantCx, attempt: Attempt<'_>) -> Result<Result<(), u16>, StoreError> {
    let mut tx = cx.begin().await?;
    let taken = tx.take_attempt(attempt.name(cx), attempt.budget(), cx.now()).await?;
    tx.commit().await?;
    Ok(taken.map_err(|next| minutes_until(next, cx.now())))
}

/// Gives all attempts back, to somebody who proved to be the right one.
pub async fn reset(cx: &TenantCx, tx: &mut TenantTx, attempt: Attempt<'_>) -> Result<(), StoreError> {
    tx.reset_attempts(attempt.name(cx)).await
}

fn minutes_until(next: Timestamp, now: Timestamp) -> u16 {
    let seconds = next.since(now).as_secs_f64();
    // Between 0 and some hours.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    let minutes = (seconds / 60.0).ceil().clamp(1.0, 1440.0) as u16;
    minutes
}
