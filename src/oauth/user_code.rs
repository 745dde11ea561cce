//! The code that a user types in from a device (RFC 8628 section 6.1).

use crate::kernel::{Entropy, entropy};
use std::fmt;

/// Twenty consonants: no vowel, so that no word comes about, and nothing that looks like a digit.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Eight of twenty are 2^34 codes; what keeps them from being guessed is the budget of wrong ones.
const LENGTH: usize = 8;
/// Characters between the hyphens.
const GROUP: usize = 4;
/// Longest text that is looked at.
const LONGEST: usize = 64;

/// A user code. Shown as `XXXX-XXXX`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// Draws a code, each as likely as any other.
    pub fn generate(source: &dyn Entropy) -> Self {
        // Bytes beyond the largest multiple of twenty would make some letters likelier.
        const FAIR: u8 = 240;
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            let drawn = entropy::bytes::<32>(source);
            let letters = drawn.into_iter().filter(|byte| *byte < FAIR);
            let letters = letters.filter_map(|byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()));
            code.extend(letters.take(LENGTH - code.len()).copied().map(char::from));
        }
        Self(code)
    }

    /// Reads what somebody typed: the case, blanks and punctuation do not matter (RFC 8628 section 6.1). `None` when it cannot
    /// be a code.
    pub fn read(typed: &str) -> Option<Self> {
        if typed.len() > LONGEST {
            return None;
        }
        let letters = typed.chars().filter(|c| c.is_alphanumeric());
        let code: String = letters.map(|c| c.to_ascii_uppercase()).collect();
        let well_formed = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        well_formed.then_some(Self(code))
    }

    /// The letters alone.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at_checked(GROUP).unwrap_or((&self.0, ""));
        write!(f, "{first}-{second}")
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededEntropy;

    #[test]
    fn a_code_is_read_back_however_it_is_typed() {
        let code = UserCode::generate(&SeededEntropy::new(7));
        let shown = code.to_string();
        assert_eq!(shown.len(), 9);
        let spaced: String = code.as_str().chars().flat_map(|c| [c, ' ']).collect();
        for typed in [shown.clone(), shown.to_lowercase(), code.as_str().to_owned(), spaced] {
            assert_eq!(UserCode::read(&typed), Some(code.clone()), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_not_looked_up() {
        for typed in [
            "",
            "BCDF",
            "BCDF-GHJK-L",
            "ACDF-GHJK",
            "BCDF-GHJ0",
            "бCDF-GHJK",
            &"B".repeat(100),
        ] {
            assert_eq!(UserCode::read(typed), None, "{typed}");
        }
    }

    #[test]
    fn every_letter_is_as_likely_as_any_other() {
        let entropy = SeededEntropy::new(9);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..5_000 {
            for letter in UserCode::generate(&entropy).as_str().chars() {
                *counts.entry(letter).or_insert(0_u32) += 1;
            }
        }
        assert_eq!(counts.len(), ALPHABET.len());
        assert!(
            counts.values().all(|count| (1_800..2_200).contains(count)),
            "{counts:?}"
        );
    }
}
