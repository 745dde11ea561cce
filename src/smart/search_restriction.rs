//! A FHIR search that says which patients a user may choose: `general-practitioner={fhirUser}`.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// Longest restriction, in bytes.
const MAX_LENGTH: usize = 512;
/// Most criteria.
const MAX_CRITERIA: usize = 8;
/// What the picker itself searches by, and what shapes an answer instead of restricting it.
const TAKEN: [&str; 6] = ["name", "birthdate", "identifier", "_id", "family", "given"];

/// Criteria on Patient that are added to every search of the picker, and asked again about the patient who was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SearchRestriction {
    text: String,
    criteria: Vec<(String, String)>,
}

/// Why a text is no restriction.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum InvalidSearchRestriction {
    /// Not `name=value`, or too many or too long.
    #[error("write one to eight criteria as name=value, joined by &, in 512 bytes at most")]
    Form,
    /// Not the name of a search parameter.
    #[error("a search parameter's name has letters, digits and - _ : . only")]
    Name,
    /// A parameter that the picker uses itself, or that shapes the answer.
    #[error("name, birthdate, identifier and parameters that shape the answer cannot restrict a search")]
    Taken,
    /// An unknown placeholder.
    #[error("the placeholders are {{fhirUser}}, {{fhirUserId}} and {{npi}}")]
    Placeholder,
}

/// Who is asking, as far as a restriction may speak of them.
#[derive(Clone, Copy, Default)]
pub struct Asker<'a> {
    /// Relative reference of their FHIR resource.
    pub fhir_user: Option<&'a str>,
    /// National Provider Identifier.
    pub npi: Option<&'a str>,
}

impl Asker<'_> {
    fn value(&self, placeholder: &str) -> Option<&str> {
        match placeholder {
            "fhirUser" => self.fhir_user,
            "fhirUserId" => self.fhir_user.and_then(|user| Some(user.split_once('/')?.1)),
            "npi" => self.npi,
            _ => None,
        }
    }
}

impl SearchRestriction {
    /// Reads a restriction.
    pub fn parse(text: &str) -> Result<Self, InvalidSearchRestriction> {
        if text.is_empty() || text.len() > MAX_LENGTH || text.chars().any(|c| c.is_control() || c == ' ') {
            return Err(InvalidSearchRestriction::Form);
        }
        let mut criteria = Vec::new();
        for part in text.split('&') {
            let (name, value) = part.split_once('=').ok_or(InvalidSearchRestriction::Form)?;
            if value.is_empty() || criteria.len() == MAX_CRITERIA {
                return Err(InvalidSearchRestriction::Form);
            }
            check_name(name)?;
            check_placeholders(value)?;
            criteria.push((name.to_owned(), value.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            criteria,
        })
    }

    /// The names of the parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.criteria.iter().map(|(name, _)| name.as_str())
    }

    /// The criteria for one user. `None` when they lack what a placeholder stands for: then they may choose nobody.
    pub fn for_user(&self, asker: Asker<'_>) -> Option<Vec<(String, String)>> {
        self.criteria
            .iter()
            .map(|(name, value)| Some((name.clone(), fill(value, asker)?)))
            .collect()
    }
}

fn check_name(name: &str) -> Result<(), InvalidSearchRestriction> {
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'));
    if name.is_empty() || !plain {
        return Err(InvalidSearchRestriction::Name);
    }
    let bare = name.split(':').next().unwrap_or(name);
    // Of the parameters that begin with `_`, these alone say which resources match.
    let restricts = !name.starts_with('_') || matches!(bare, "_has" | "_tag" | "_security");
    if TAKEN.contains(&bare) || !restricts {
        return Err(InvalidSearchRestriction::Taken);
    }
    Ok(())
}

fn check_placeholders(value: &str) -> Result<(), InvalidSearchRestriction> {
    let known = ["{fhirUser}", "{fhirUserId}", "{npi}"];
    let rest = known.iter().fold(value.to_owned(), |rest, name| rest.replace(name, ""));
    if rest.contains(['{', '}']) {
        return Err(InvalidSearchRestriction::Placeholder);
    }
    Ok(())
}

fn fill(value: &str, asker: Asker<'_>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('{') {
        let (placeholder, after) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&escape(asker.value(placeholder)?));
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

/// A value as FHIR search writes it: `\`, `,`, `$` and `|` mean themselves (FHIR R4, "Escaping Search Parameters").
pub fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '\\' | ',' | '$' | '|') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

impl fmt::Display for SearchRestriction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for SearchRestriction {
    type Error = InvalidSearchRestriction;
    fn try_from(text: String) -> Result<Self, InvalidSearchRestriction> {
        Self::parse(&text)
    }
}

impl From<SearchRestriction> for String {
    fn from(restriction: SearchRestriction) -> Self {
        restriction.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Asker<'_> = Asker {
        fhir_user: Some("Practitioner/ada"),
        npi: None,
    };

    #[test]
    fn placeholders_stand_for_the_user() {
        let restriction = SearchRestriction::parse("general-practitioner={fhirUser}&organization=hospital").unwrap();
        let expected = [
            ("general-practitioner", "Practitioner/ada"),
            ("organization", "hospital"),
        ];
        let filled = restriction.for_user(ADA).unwrap();
        assert!(
            filled
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .eq(expected)
        );
        let care_team = SearchRestriction::parse("_has:CareTeam:patient:participant={fhirUserId}").unwrap();
        assert_eq!(care_team.for_user(ADA).unwrap()[0].1, "ada");
    }

    #[test]
    fn a_user_without_what_a_placeholder_stands_for_may_choose_nobody() {
        let by_npi = SearchRestriction::parse("general-practitioner.identifier=npi|{npi}").unwrap();
        assert!(by_npi.for_user(ADA).is_none());
        let by_user = SearchRestriction::parse("general-practitioner={fhirUser}").unwrap();
        assert!(by_user.for_user(Asker::default()).is_none());
    }

    #[test]
    fn a_users_value_cannot_add_alternatives() {
        let restriction = SearchRestriction::parse("general-practitioner={npi}").unwrap();
        let asker = Asker {
            npi: Some("1,2|3"),
            ..Asker::default()
        };
        assert_eq!(restriction.for_user(asker).unwrap()[0].1, r"1\,2\|3");
    }

    #[test]
    fn what_does_not_restrict_is_refused() {
        use InvalidSearchRestriction::{Form, Name, Placeholder, Taken};
        for (text, error) in [
            ("", Form),
            ("general-practitioner", Form),
            ("general-practitioner=", Form),
            ("a=b&", Form),
            ("a b=c", Form),
            ("a?=b", Name),
            ("=b", Name),
            ("_count=1", Taken),
            ("_id=x", Taken),
            ("name:exact=x", Taken),
            ("general-practitioner={sub}", Placeholder),
            ("general-practitioner={fhirUser", Placeholder),
        ] {
            assert_eq!(SearchRestriction::parse(text), Err(error), "{text}");
        }
    }
}
