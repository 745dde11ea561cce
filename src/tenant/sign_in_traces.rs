//! What a tenant keeps of what its identity providers said at sign-ins.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longest time that traces may be kept, in days.
const LONGEST_DAYS: u16 = 90;
const DAY: Duration = Duration::from_hours(24);

/// Of which sign-ins a trace is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptTraces {
    /// Of none. Why a sign-in was refused is still in the audit log, by its check.
    Off,
    /// Of those that were refused.
    Failed,
    /// Of all.
    #[default]
    All,
}

/// The tenant's rules for traces of sign-ins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignInTracesDocument {
    /// Of which sign-ins.
    pub keep: KeptTraces,
    /// For how many days, 1 to 90.
    pub days: u16,
}

impl Default for SignInTracesDocument {
    fn default() -> Self {
        Self {
            keep: KeptTraces::default(),
            days: 14,
        }
    }
}

impl SignInTracesDocument {
    /// Whether a trace is kept of a sign-in that succeeded, or of one that did not.
    pub fn keeps(&self, succeeded: bool) -> bool {
        match self.keep {
            KeptTraces::Off => false,
            KeptTraces::Failed => !succeeded,
            KeptTraces::All => true,
        }
    }

    /// How long one is kept.
    pub fn kept_for(&self) -> Duration {
        DAY * u32::from(self.days)
    }

    /// Checks the number of days; an error names the member and the problem.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if (1..=LONGEST_DAYS).contains(&self.days) {
            return Ok(());
        }
        let problem = format!("is not 1 to {LONGEST_DAYS}; to keep no traces, set sign_in_traces.keep to off");
        Err(("sign_in_traces.days", problem))
    }
}
