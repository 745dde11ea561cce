//! What follows the `?` of a granular scope: FHIR search criteria (SMART App Launch 2.2, "Finer-grained resource constraints").

use std::collections::BTreeSet;
use std::fmt;

/// One `parameter=value` of a granular scope. All constraints of one scope apply together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Constraint {
    parameter: Parameter,
    value: String,
    alternatives: BTreeSet<String>,
}

/// The left side of a constraint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parameter {
    /// `category`: the one stable form.
    Plain(String),
    /// `code:in` (experimental).
    Modified {
        /// The search parameter.
        name: String,
        /// What follows the colon.
        modifier: String,
    },
    /// `subject.name` (experimental).
    Chained {
        /// The reference parameter.
        name: String,
        /// The parameter at the resource it points to.
        target: String,
    },
    /// `_filter` (experimental).
    Filter,
}

/// Why a text is not a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidConstraint {
    /// No `=`, or an unreadable parameter name.
    Parameter,
    /// Nothing after the `=`, or a broken percent escape.
    Value,
    /// The parameter shapes a search result but restricts no resource, such as `_count`.
    RestrictsNothing,
}

/// Search result parameters of FHIR R4 search: they say how to answer, not which resources match.
const RESULT_PARAMETERS: [&str; 13] = [
    "_contained",
    "_containedType",
    "_count",
    "_elements",
    "_format",
    "_include",
    "_pretty",
    "_query",
    "_revinclude",
    "_score",
    "_sort",
    "_summary",
    "_total",
];

impl Constraint {
    /// Reads `parameter=value`.
    pub fn parse(text: &str) -> Result<Self, InvalidConstraint> {
        let (parameter, value) = text.split_once('=').ok_or(InvalidConstraint::Parameter)?;
        let parameter = Parameter::parse(parameter)?;
        let alternatives = alternatives(&percent_decode(value).ok_or(InvalidConstraint::Value)?);
        if alternatives.iter().any(String::is_empty) {
            return Err(InvalidConstraint::Value);
        }
        Ok(Self {
            parameter,
            value: value.to_owned(),
            alternatives,
        })
    }

    /// The left side.
    pub fn parameter(&self) -> &Parameter {
        &self.parameter
    }

    /// The value as written in the scope, percent escapes included.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value's alternatives, percent escapes resolved: a comma is FHIR's OR, an escaped comma (`\,`) is not.
    pub const fn alternatives(&self) -> &BTreeSet<String> {
        &self.alternatives
    }

    /// Whether every resource that satisfies `other` satisfies this one too, as far as the text shows.
    pub fn is_implied_by(&self, other: &Self) -> bool {
        if self.parameter != other.parameter {
            return false;
        }
        let (ours, theirs) = (&self.alternatives, &other.alternatives);
        match self.parameter {
            // More alternatives match more resources.
            Parameter::Plain(_) | Parameter::Chained { .. } => theirs.is_subset(ours),
            // `:not` turns the direction round and `_filter` is a language of its own: only sameness is certain.
            Parameter::Modified { .. } | Parameter::Filter => ours == theirs,
        }
    }
}

impl Parameter {
    /// Reads what stands before the `=`.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidConstraint> {
        let parameter = if text == "_filter" {
            Self::Filter
        } else if let Some((name, modifier)) = text.split_once(':') {
            Self::Modified {
                name: search_name(name)?,
                modifier: search_name(modifier)?,
            }
        } else if let Some((name, target)) = text.split_once('.') {
            Self::Chained {
                name: search_name(name)?,
                target: search_name(target)?,
            }
        } else {
            Self::Plain(search_name(text)?)
        };
        match &parameter {
            Self::Plain(name) | Self::Modified { name, .. } if RESULT_PARAMETERS.contains(&name.as_str()) => {
                Err(InvalidConstraint::RestrictsNothing)
            }
            _ => Ok(parameter),
        }
    }
}

/// A search parameter's name: letters, digits, `-` and `_`, not beginning with a digit or hyphen.
fn search_name(text: &str) -> Result<String, InvalidConstraint> {
    let start = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let rest = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if start && rest {
        Ok(text.to_owned())
    } else {
        Err(InvalidConstraint::Parameter)
    }
}

/// Resolves `%XX`; `None` when an escape is broken or the result is not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(decoded).ok()
}

/// Splits at commas that no backslash escapes (FHIR R4, "Escaping Search Parameters"); escapes stay in place.
fn alternatives(value: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut current = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                current.push(character);
                current.extend(characters.next());
            }
            ',' => {
                found.insert(std::mem::take(&mut current));
            }
            _ => current.push(character),
        }
    }
    found.insert(current);
    found
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => f.write_str(name),
            Self::Modified { name, modifier } => write!(f, "{name}:{modifier}"),
            Self::Chained { name, target } => write!(f, "{name}.{target}"),
            Self::Filter => f.write_str("_filter"),
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.parameter, self.value)
    }
}
