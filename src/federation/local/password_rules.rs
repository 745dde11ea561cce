//! Which passwords may be chosen (NIST SP 800-63B-4 section 3.1.1.2): long ones that nobody would guess. No rules about
//! digits or signs, no expiry.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::{Score, zxcvbn};

/// Fewest characters of a password that is all there is to prove.
pub const SHORTEST_ALONE: usize = 15;
/// Fewest characters of a password with a second factor beside it.
pub const SHORTEST_BESIDE: usize = 8;

/// What is wrong with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordFault {
    /// Too few characters.
    #[error("has fewer than {least} characters")]
    TooShort {
        /// The fewest.
        least: usize,
    },
    /// More than [`super::password::MAX_PASSWORD_BYTES`].
    #[error("has more than {} bytes", super::password::MAX_PASSWORD_BYTES)]
    TooLong,
    /// It is among the passwords that leaked and are tried first, or made of names, keyboard rows, dates and repetitions.
    #[error("is among the passwords that are guessed first")]
    Guessable,
}

/// One form of characters that can be written in several (Unicode Standard Annex 15, NFC): the same password typed on two
/// computers is the same bytes.
pub fn normalise(password: &str) -> String {
    password.nfc().collect()
}

/// Checks a password that somebody chose. `known` is what others know of them: user name, name, hospital.
pub fn check(password: &str, has_second_factor: bool, known: &[&str]) -> Result<(), PasswordFault> {
    let password = normalise(password);
    if password.len() > super::password::MAX_PASSWORD_BYTES {
        return Err(PasswordFault::TooLong);
    }
    let least = if has_second_factor {
        SHORTEST_BESIDE
    } else {
        SHORTEST_ALONE
    };
    // Each code point counts as one character.
    if password.chars().count() < least {
        return Err(PasswordFault::TooShort { least });
    }
    // The words of names, since people use parts of them.
    let words: Vec<&str> = known
        .iter()
        .flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()).chain([*text]))
        .filter(|word| word.chars().count() > 2)
        .collect();
    // A million guesses are years of attempts within the budget; a password alone has to stand a stolen hash too.
    let enough = if has_second_factor { Score::Two } else { Score::Three };
    if zxcvbn(&password, &words).score() < enough {
        return Err(PasswordFault::Guessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["ada.okafor", "Ada Okafor", "Northside Hospital"];

    #[test]
    fn a_password_alone_needs_fifteen_characters_and_eight_beside_a_second_factor() {
        assert_eq!(
            check("plum-tractor-9", false, &KNOWN),
            Err(PasswordFault::TooShort { least: 15 })
        );
        assert_eq!(check("plum-tractor-97", false, &KNOWN), Ok(()));
        assert_eq!(
            check("vK3#pw-", true, &KNOWN),
            Err(PasswordFault::TooShort { least: 8 })
        );
        assert_eq!(check("vK3#pw-q", true, &KNOWN), Ok(()));
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        assert_eq!(
            check("ñandú-é", true, &KNOWN),
            Err(PasswordFault::TooShort { least: 8 })
        );
    }

    #[test]
    fn leaked_and_patterned_passwords_are_refused() {
        for bad in [
            "password1",
            "iloveyou2",
            "Passw0rd123",
            "qwertyuiopasdfg",
            "1234567890123456",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "letmeinletmeinletmein",
        ] {
            assert_eq!(check(bad, true, &KNOWN), Err(PasswordFault::Guessable), "{bad}");
        }
    }

    #[test]
    fn what_others_know_of_somebody_is_no_password() {
        for bad in ["ada.okafor2026", "Northside2026", "OkaforNorthside"] {
            assert_eq!(check(bad, true, &KNOWN), Err(PasswordFault::Guessable), "{bad}");
        }
    }

    #[test]
    fn phrases_spaces_and_every_script_are_welcome_and_nothing_is_demanded_of_them() {
        for good in [
            "seven tired owls on a tram",
            "пять усталых сов в трамвае",
            "correct horse battery staple",
        ] {
            assert_eq!(check(good, false, &KNOWN), Ok(()), "{good}");
        }
    }

    #[test]
    fn the_same_letters_written_in_two_ways_are_one_password() {
        assert_eq!(normalise("caf\u{e9}"), normalise("cafe\u{301}"));
    }
}
