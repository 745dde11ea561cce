//! What every short code of a refusal means, in every language: the cause, and how to mend it.
//!
//! The pages below `/errors`, `docs/errors.md` and `wardkey explain` all say what stands here. A test reads the source: a
//! refusal whose code is missing here fails it, and so does an entry that no refusal uses.

mod clients;
mod faults;
mod jwts;
mod openid;
mod people;
mod provisioning;
mod reference;
mod registration;
mod requests;
mod tokens;

pub use reference::reference;

use super::Language;
use super::pages::Problem;

/// A short code and its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortCode {
    /// The code. It does not change between releases or languages.
    pub code: &'static str,
    cause: [&'static str; 2],
    mend: [&'static str; 2],
}

impl ShortCode {
    pub(in crate::web) const fn new(code: &'static str, cause: [&'static str; 2], mend: [&'static str; 2]) -> Self {
        Self { code, cause, mend }
    }

    /// What is wrong.
    pub const fn cause(&self, language: Language) -> &'static str {
        said(self.cause, language)
    }

    /// What to do.
    pub const fn mend(&self, language: Language) -> &'static str {
        said(self.mend, language)
    }
}

const fn said([english, spanish]: [&'static str; 2], language: Language) -> &'static str {
    match language {
        Language::English => english,
        Language::Spanish => spanish,
    }
}

/// Codes that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    title: [&'static str; 2],
    /// Its codes.
    pub codes: &'static [ShortCode],
}

impl Family {
    /// What they have in common.
    pub const fn title(&self, language: Language) -> &'static str {
        said(self.title, language)
    }
}

/// Declares a family: the title, then each code with its cause and its mend, in English and in Spanish.
macro_rules! short_codes {
    ($title:literal $titulo:literal $( $code:literal { $cause:literal $causa:literal $mend:literal $remedio:literal } )+) => {
        pub(super) const FAMILY: crate::web::short_codes::Family = crate::web::short_codes::Family {
            title: [$title, $titulo],
            codes: &[ $( crate::web::short_codes::ShortCode {
                code: $code,
                cause: [$cause, $causa],
                mend: [$mend, $remedio],
            } ),+ ],
        };
    };
}
use short_codes;

/// The codes of the protocols, by family.
pub const FAMILIES: [Family; 9] = [
    clients::FAMILY,
    requests::FAMILY,
    openid::FAMILY,
    tokens::FAMILY,
    jwts::FAMILY,
    registration::FAMILY,
    people::FAMILY,
    provisioning::FAMILY,
    faults::FAMILY,
];

/// The codes of pages that no error of a protocol stands behind.
pub fn of_pages() -> impl Iterator<Item = ShortCode> {
    Problem::ALL.into_iter().map(Problem::short_code)
}

/// Every code.
pub fn all() -> impl Iterator<Item = ShortCode> {
    FAMILIES
        .iter()
        .flat_map(|family| family.codes.iter().copied())
        .chain(of_pages())
}

/// The meaning of a code.
pub fn find(code: &str) -> Option<ShortCode> {
    all().find(|known| known.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_stands_here_once() {
        let mut seen = HashSet::new();
        for short in all() {
            assert!(seen.insert(short.code), "{} stands here twice", short.code);
        }
    }

    #[test]
    fn a_code_is_short_and_fits_an_address_and_a_description() {
        for short in all() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
            assert!(
                short.code.len() <= 40 && short.code.chars().all(plain),
                "{}",
                short.code
            );
        }
    }

    #[test]
    fn cause_and_mend_are_sentences_in_every_language_and_say_different_things() {
        for short in all() {
            for language in Language::ALL {
                for text in [short.cause(language), short.mend(language)] {
                    assert!(text.ends_with('.') && text.len() > 15, "{}: {text}", short.code);
                }
                assert_ne!(short.cause(language), short.mend(language), "{}", short.code);
            }
            assert_ne!(short.cause[0], short.cause[1], "{}", short.code);
            assert_ne!(short.mend[0], short.mend[1], "{}", short.code);
        }
    }
}
