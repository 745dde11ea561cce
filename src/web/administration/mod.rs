//! What administration says, in every language: why something was refused, and what a check found.
//!
//! Administration writes plain English, for logs, the API and the command line. Here each of its sentences has a code and its words in
//! every language, with numbers in braces where something is filled in; a page finds the sentence by its English form. A test of the
//! house reads the sources and fails for a sentence that has no words here.

mod apps;
mod brands;
mod checks;
mod connections;
mod launches;
mod mapping;
mod people;
mod saml;
mod scopes;
mod settings;
mod tenant;
mod upstream;

use super::Language;
use std::borrow::Cow;

/// A sentence with what is filled in as `{0}`, `{1}` and so on.
#[derive(Clone, Copy, Debug)]
struct Sentence {
    /// Its name.
    code: &'static str,
    /// As administration writes it.
    english: &'static str,
    spanish: &'static str,
}

/// Declares sentences: each has a code and is written in every language, or does not build.
macro_rules! sentences {
    ($($code:ident { $english:literal $spanish:literal })+) => {
        pub(super) const SENTENCES: &[super::Sentence] = &[$(super::Sentence {
            code: stringify!($code),
            english: $english,
            spanish: $spanish,
        },)+];
    };
}
use sentences;

const CATALOGUE: [&[Sentence]; 12] = [
    apps::SENTENCES,
    people::SENTENCES,
    tenant::SENTENCES,
    settings::SENTENCES,
    brands::SENTENCES,
    scopes::SENTENCES,
    launches::SENTENCES,
    connections::SENTENCES,
    checks::SENTENCES,
    mapping::SENTENCES,
    upstream::SENTENCES,
    saml::SENTENCES,
];

/// What administration said, as a page says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The words.
    pub text: String,
    /// The language that they are in: the reader's, or English for what has no other words.
    pub language: Language,
    /// The sentence's name, where it is one of the catalogue.
    pub code: Option<&'static str>,
}

impl Said {
    /// What administration said in English, for a reader of `language`.
    pub fn new(english: &str, language: Language) -> Self {
        let code = find(english).map(|(sentence, _)| sentence.code);
        match translated(english, language) {
            Some(text) => Self {
                text: text.into_owned(),
                language,
                code,
            },
            None => Self {
                text: english.to_owned(),
                language: Language::English,
                code,
            },
        }
    }

    /// The same of any text.
    pub(in crate::web) fn of(english: impl AsRef<str>, language: Language) -> Self {
        Self::new(english.as_ref(), language)
    }

    pub(in crate::web) const fn lang(&self) -> &'static str {
        self.language.tag()
    }
}

/// The sentence that a text is, with what is filled in.
fn find(english: &str) -> Option<(&'static Sentence, Vec<&str>)> {
    CATALOGUE
        .iter()
        .flat_map(|part| part.iter())
        .filter_map(|sentence| Some((sentence, captures(sentence.english, english)?)))
        // Where two fit, the one that leaves less to be filled in is meant.
        .min_by_key(|(_, filled)| filled.iter().map(|value| value.len()).sum::<usize>())
}

fn translated(english: &str, language: Language) -> Option<Cow<'_, str>> {
    if language == Language::English {
        return Some(english.into());
    }
    if let Some((sentence, filled)) = find(english) {
        // What is filled in can be a sentence of its own.
        let filled: Vec<Cow<'_, str>> = filled
            .into_iter()
            .map(|value| translated(value, language).unwrap_or(Cow::Borrowed(value)))
            .collect();
        return Some(fill(sentence.spanish, &filled).into());
    }
    one_by_one(english, language).or_else(|| named(english, language))
}

/// Several sentences in one line, as the faults of a registration are told. A sentence may hold a semicolon of its own.
fn one_by_one(english: &str, language: Language) -> Option<Cow<'static, str>> {
    english.match_indices("; ").find_map(|(at, separator)| {
        let (first, rest) = (english.get(..at)?, english.get(at + separator.len()..)?);
        let (first, rest) = (translated(first, language)?, translated(rest, language)?);
        Some(format!("{first}; {rest}").into())
    })
}

/// `member: problem`, as a wrong value is told in one line, or an address and how it answered.
fn named(english: &str, language: Language) -> Option<Cow<'static, str>> {
    let (what, problem) = english.split_once(": ")?;
    let words = (translated(what, language), translated(problem, language));
    if words == (None, None) {
        return None;
    }
    // A member or a host is the same in every language.
    let name = |part: &'_ str| (!part.contains(' ')).then(|| Cow::Owned(part.to_owned()));
    let (what, problem) = (words.0.or_else(|| name(what))?, words.1.or_else(|| name(problem))?);
    Some(format!("{what}: {problem}").into())
}

/// What stands in `text` where `pattern` has numbers in braces, by number; none if it is another text.
fn captures<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = pattern.split('{');
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut found = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let (_, after) = piece.split_once('}')?;
        let (value, left) = if pieces.peek().is_none() {
            // The last one reaches to the end of the text, less what follows.
            let value = rest.strip_suffix(after)?;
            (value, "")
        } else {
            let (value, left) = rest.split_once(after).filter(|_| !after.is_empty())?;
            (value, left)
        };
        found.push(value);
        rest = left;
    }
    rest.is_empty().then_some(found)
}

fn fill<T: AsRef<str>>(pattern: &str, values: &[T]) -> String {
    let mut pieces = pattern.split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, after) = piece.split_once('}').unwrap_or(("", piece));
        let value = number.parse::<usize>().ok().and_then(|number| values.get(number));
        text.push_str(value.map(AsRef::as_ref).unwrap_or_default());
        text.push_str(after);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn all() -> Vec<Sentence> {
        CATALOGUE.iter().flat_map(|part| part.iter().copied()).collect()
    }

    #[test]
    fn every_code_exists_once_and_in_both_languages() {
        let codes: BTreeSet<_> = all().iter().map(|sentence| sentence.code).collect();
        assert_eq!(codes.len(), all().len());
        for sentence in all() {
            assert!(!sentence.spanish.is_empty(), "{}", sentence.code);
            assert_ne!(sentence.english, sentence.spanish, "{}", sentence.code);
        }
    }

    #[test]
    fn both_languages_fill_in_the_same_values() {
        let numbers = |text: &str| -> BTreeSet<String> {
            let pieces = text.split('{').skip(1);
            pieces
                .map(|piece| piece.split('}').next().unwrap().to_owned())
                .collect()
        };
        for sentence in all() {
            let wanted: BTreeSet<String> = (0..sentence.english.matches('{').count())
                .map(|number| number.to_string())
                .collect();
            assert_eq!(numbers(sentence.english), wanted, "{}", sentence.code);
            assert_eq!(numbers(sentence.spanish), wanted, "{}", sentence.code);
        }
    }

    #[test]
    fn every_sentence_is_found_with_what_is_filled_in() {
        for sentence in all() {
            let values = ["northside-1", "7", "2026-01-31", "growth-chart"];
            let english = fill(sentence.english, &values);
            let said = Said::new(&english, Language::Spanish);
            assert_eq!(said.language, Language::Spanish, "{}", sentence.code);
            assert_eq!(Said::new(&english, Language::English).text, english);
        }
    }

    #[test]
    fn where_two_fit_the_closer_one_is_meant() {
        let said = Said::new("has 1 to 200 characters and no control characters", Language::Spanish);
        assert_eq!(said.text, "tiene de 1 a 200 caracteres y ningún carácter de control");
    }

    #[test]
    fn what_has_no_words_stays_english_and_says_so() {
        let said = Said::new("a sentence that nobody has translated", Language::Spanish);
        assert_eq!(
            (said.language, said.text.as_str()),
            (Language::English, "a sentence that nobody has translated")
        );
    }

    #[test]
    fn a_member_is_named_before_its_problem() {
        let said = Said::new("email: is not an e-mail address", Language::Spanish);
        assert_eq!(said.text, "email: no es una dirección de correo electrónico");
    }

    #[test]
    fn several_sentences_in_one_line_are_told_one_by_one() {
        let english = "redirect_uris: it contains a backslash; scope: is missing; tenants approve what they can see";
        let said = Said::new(english, Language::Spanish);
        assert_eq!(
            said.text,
            "redirect_uris: contiene una barra invertida; scope: falta; los hospitales aprueban lo que pueden ver"
        );
        // Half of a line in each language would be read as neither.
        let half = Said::new("scope: is empty text; another: of somebody else", Language::Spanish);
        assert_eq!(half.language, Language::English);
    }
}
