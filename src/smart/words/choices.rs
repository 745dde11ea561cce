//! The boxes of a consent page in words.

use super::{Language, Phrases, access};
use crate::smart::choices::{Choice, ChoiceGroup, Kind};

/// Puts choices into words of one language.
#[derive(Clone, Copy)]
pub struct ChoiceWords(&'static dyn Phrases);

impl ChoiceWords {
    /// In this language.
    pub fn new(language: Language) -> Self {
        Self(language.phrases())
    }

    /// The group in one phrase: "See information in the patient's record".
    pub fn heading(self, group: &ChoiceGroup) -> String {
        self.0.heading(group.level, group.permissions)
    }

    /// One box: "Allergies and intolerances", with its restriction if it has one.
    pub fn choice(self, choice: &Choice) -> String {
        match access::words_of(&choice.scope, self.0) {
            (words, Some(restriction)) => format!("{words} ({restriction})"),
            (words, None) => words,
        }
    }

    /// A box below another: "Lab results".
    pub fn kind(self, kind: &Kind) -> &'static str {
        match &kind.category {
            Some((category, _)) => self.0.category(*category),
            None => self.0.other_kinds(),
        }
    }

    /// The whole of a wildcard.
    pub fn everything(self) -> &'static str {
        self.0.all_types()
    }

    /// The box for all of a wildcard that no other box names.
    pub fn everything_else(self) -> &'static str {
        self.0.other_types()
    }
}
