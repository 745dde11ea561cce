//! How often users are asked for consent.

use serde::{Deserialize, Serialize};

/// Whether an answer that a user gave an app before stands in for asking again. The tenant decides, and may decide otherwise for
/// an app. An app that asks for more than before, and one that sends `prompt=consent`, has the user asked in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskConsent {
    /// The answer stands until it is withdrawn.
    Once,
    /// The same, except for people who open their own record from outside the EHR: to them the page is where they choose what
    /// to share, and it comes with each launch (45 CFR 170.315(g)(10): a patient can limit an app at any launch).
    #[default]
    OwnRecordEachTime,
    /// Everybody is asked each time.
    EachTime,
    /// Nobody is asked, unless the app wants it (`prompt=consent`): for an app of the hospital's own, where its approval is the
    /// permission. One app can be like this, never a whole tenant.
    Never,
}

impl AskConsent {
    /// Every value, as written.
    pub const NAMES: [&str; 4] = ["once", "own_record_each_time", "each_time", "never"];

    /// The value of this name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "once" => Some(Self::Once),
            "own_record_each_time" => Some(Self::OwnRecordEachTime),
            "each_time" => Some(Self::EachTime),
            "never" => Some(Self::Never),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_that_settings_are_stored_with() {
        for name in AskConsent::NAMES {
            let value = AskConsent::parse(name).unwrap();
            assert_eq!(serde_json::to_value(value).unwrap(), name);
        }
        assert_eq!(AskConsent::parse("always"), None);
    }
}
