//! When our keys at a provider change.

use crate::kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
/// Before the end of its certificate, a key hands over at the latest: some providers refuse what an expired certificate carries.
const BEFORE_END: Duration = Duration::from_hours(24 * 14);
/// How long the keys before still decrypt.
pub const PREVIOUS_KEPT: Duration = Duration::from_hours(24 * 90);

/// When our keys at a provider change. By themselves: the next ones are published ahead, and take over on a date, or as soon as the
/// provider encrypts to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRotation {
    /// Days after which the next keys take over; two weeks before the certificate ends when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_days: Option<u16>,
    /// Days for which the next keys are published before they take over.
    #[serde(default = "usual_publication")]
    pub publish_days: u16,
}

const fn usual_publication() -> u16 {
    90
}

impl Default for KeyRotation {
    fn default() -> Self {
        Self {
            after_days: None,
            publish_days: usual_publication(),
        }
    }
}

impl KeyRotation {
    /// Whether it is what happens when nothing is said.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there is time for everything: a provider that reads our metadata once a day, and days to look at it.
    pub fn works(&self) -> bool {
        let publish = (1..=365).contains(&self.publish_days);
        publish
            && self
                .after_days
                .is_none_or(|after| after > self.publish_days && after <= 1095)
    }

    /// When a key hands over that signs since `since` and whose certificate ends at `end`.
    pub fn switch_at(&self, since: Timestamp, end: Timestamp) -> Timestamp {
        let at_the_latest = end - BEFORE_END;
        match self.after_days {
            Some(days) => at_the_latest.min(since + DAY * u32::from(days)),
            None => at_the_latest,
        }
    }

    /// How long before it the next key is published.
    pub fn publish_ahead(&self) -> Duration {
        DAY * u32::from(self.publish_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_key_hands_over_when_its_days_are_over_and_always_before_its_certificate_ends() {
        let end = START + DAY * 365;
        let yearly = KeyRotation {
            after_days: Some(120),
            publish_days: 30,
        };
        assert_eq!(yearly.switch_at(START, end), START + DAY * 120);
        assert_eq!(yearly.switch_at(START + DAY * 300, end), START + DAY * 351);
        assert_eq!(KeyRotation::default().switch_at(START, end), START + DAY * 351);
    }

    #[test]
    fn a_key_that_hands_over_before_its_successor_is_published_works_not() {
        let rotation = |after_days, publish_days| KeyRotation {
            after_days,
            publish_days,
        };
        assert!(rotation(None, 90).works() && rotation(Some(31), 30).works());
        assert!(!rotation(Some(30), 30).works());
        assert!(!rotation(None, 0).works());
        assert!(!rotation(Some(2000), 30).works());
    }
}
