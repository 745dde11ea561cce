//! Reading filters and paths: the grammar of RFC 7644 section 3.4.2.2, figure 1, and section 3.5.2, figure 7.

use super::super::error::{ScimError, ScimType};
use super::super::schema::{Attribute, Kind, Meaning, ResourceKind};
use super::{AttributePath, Comparison, Filter, Path, Target};
use serde_json::Value;

/// Longest filter, in bytes.
const LONGEST: usize = 4096;
/// Deepest nesting.
const DEEPEST: usize = 20;
/// Most comparisons.
const MOST: usize = 50;

struct Parser<'a> {
    rest: &'a str,
    kind: ResourceKind,
    /// Where names inside brackets belong.
    inside: Option<&'static Attribute>,
    fault: ScimType,
    depth: usize,
    comparisons: usize,
}

/// Reads a filter over resources of this kind.
pub(in crate::scim) fn parse_filter(kind: ResourceKind, text: &str) -> Result<Filter, ScimError> {
    let mut parser = Parser::new(kind, text, ScimType::InvalidFilter)?;
    let filter = parser.either()?;
    parser.end()?;
    Ok(filter)
}

/// Reads the path of a change.
pub(in crate::scim) fn parse_path(kind: ResourceKind, text: &str) -> Result<Target, ScimError> {
    let mut parser = Parser::new(kind, text, ScimType::InvalidPath)?;
    let (attribute, sub) = match parser.names()? {
        Named::Kept(path) => (path.attribute, path.sub),
        Named::NotKept => return Ok(Target::NotKept),
    };
    let mut path = Path {
        attribute,
        filter: None,
        sub,
    };
    if sub.is_none() && parser.take("[") {
        path.filter = Some(parser.brackets(attribute)?);
        if parser.take(".") {
            let name = parser.name()?;
            let found = attribute.find(name);
            path.sub = Some(found.ok_or_else(|| parser.wrong(&format!("{} has no such attribute", attribute.name)))?);
        }
    }
    parser.end()?;
    Ok(Target::Kept(path))
}

/// What names stand for.
enum Named {
    Kept(AttributePath),
    NotKept,
}

impl<'a> Parser<'a> {
    fn new(kind: ResourceKind, text: &'a str, fault: ScimType) -> Result<Self, ScimError> {
        let parser = Self {
            rest: text.trim(),
            kind,
            inside: None,
            fault,
            depth: 0,
            comparisons: 0,
        };
        if parser.rest.is_empty() {
            return Err(parser.wrong("there is nothing to read"));
        }
        if text.len() > LONGEST {
            return Err(parser.wrong("it is too long"));
        }
        Ok(parser)
    }

    fn wrong(&self, problem: &str) -> ScimError {
        let what = if self.fault == ScimType::InvalidPath {
            "path"
        } else {
            "filter"
        };
        ScimError::bad(self.fault, format!("The {what} cannot be read: {problem}."))
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = self.rest.strip_prefix(mark);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// A word of the language, whatever the case, when a blank or a bracket follows.
    fn take_word(&mut self, word: &str) -> bool {
        let Some((head, tail)) = self.rest.split_at_checked(word.len()) else {
            return false;
        };
        let ends = tail.is_empty() || tail.starts_with([' ', '(', ')', ']']);
        let found = ends && head.eq_ignore_ascii_case(word);
        if found {
            self.rest = tail;
        }
        found
    }

    fn end(&mut self) -> Result<(), ScimError> {
        self.skip_blanks();
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.wrong("something follows that does not belong to it"))
        }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ScimError>) -> Result<T, ScimError> {
        if self.depth == DEEPEST {
            return Err(self.wrong("it is nested too deeply"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// `or` binds least (RFC 7644 section 3.4.2.2, "order of operations").
    fn either(&mut self) -> Result<Filter, ScimError> {
        let mut left = self.both()?;
        loop {
            self.skip_blanks();
            if !self.take_word("or") {
                return Ok(left);
            }
            let right = self.both()?;
            left = Filter::Or(Box::new(left), Box::new(right));
        }
    }

    fn both(&mut self) -> Result<Filter, ScimError> {
        let mut left = self.one()?;
        loop {
            self.skip_blanks();
            if !self.take_word("and") {
                return Ok(left);
            }
            let right = self.one()?;
            left = Filter::And(Box::new(left), Box::new(right));
        }
    }

    fn one(&mut self) -> Result<Filter, ScimError> {
        self.skip_blanks();
        let before = self.rest;
        if self.take_word("not") {
            self.skip_blanks();
            if self.rest.starts_with('(') {
                return self.deeper(Self::one).map(|inner| Filter::Not(Box::new(inner)));
            }
            self.rest = before;
        }
        if self.take("(") {
            let inner = self.deeper(Self::either)?;
            self.skip_blanks();
            return if self.take(")") {
                Ok(inner)
            } else {
                Err(self.wrong("a parenthesis is not closed"))
            };
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Filter, ScimError> {
        self.comparisons += 1;
        if self.comparisons > MOST {
            return Err(self.wrong("it has too many comparisons"));
        }
        let Named::Kept(path) = self.names()? else {
            return Err(self.wrong("it names an attribute that is not kept here"));
        };
        if path.sub.is_none() && self.inside.is_none() && self.take("[") {
            let inner = self.brackets(path.attribute)?;
            return Ok(Filter::Element(path.attribute, Box::new(inner)));
        }
        if !self.rest.starts_with(' ') {
            return Err(self.wrong("an attribute is followed by a blank and an operator"));
        }
        self.skip_blanks();
        if self.take_word("pr") {
            return Ok(Filter::Present(path));
        }
        let operator = self.operator()?;
        self.skip_blanks();
        let value = self.literal()?;
        self.check(&path, operator, value)
    }

    fn operator(&mut self) -> Result<Comparison, ScimError> {
        const OPERATORS: [(&str, Comparison); 9] = [
            ("eq", Comparison::Equal),
            ("ne", Comparison::NotEqual),
            ("co", Comparison::Contains),
            ("sw", Comparison::StartsWith),
            ("ew", Comparison::EndsWith),
            ("gt", Comparison::Greater),
            ("ge", Comparison::GreaterOrEqual),
            ("lt", Comparison::Less),
            ("le", Comparison::LessOrEqual),
        ];
        let found = OPERATORS.iter().find(|(word, _)| self.take_word(word));
        found
            .map(|(_, operator)| *operator)
            .ok_or_else(|| self.wrong("the operator is one of eq, ne, co, sw, ew, pr, gt, ge, lt, le"))
    }

    /// `false`, `null`, `true`, a number or a string, as in JSON.
    fn literal(&mut self) -> Result<Value, ScimError> {
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<Value>();
        let value = match values.next() {
            Some(Ok(value)) if !value.is_object() && !value.is_array() => value,
            _ => return Err(self.wrong("a comparison ends with a value as in JSON; texts are in double quotes")),
        };
        self.rest = self.rest.get(values.byte_offset()..).unwrap_or_default();
        Ok(value)
    }

    /// The filter in brackets behind an attribute with several values.
    fn brackets(&mut self, attribute: &'static Attribute) -> Result<Filter, ScimError> {
        if attribute.kind != Kind::Complex {
            return Err(self.wrong("brackets follow an attribute that has attributes of its own"));
        }
        self.inside = Some(attribute);
        let inner = self.deeper(Self::either)?;
        self.inside = None;
        self.skip_blanks();
        if self.take("]") {
            Ok(inner)
        } else {
            Err(self.wrong("a bracket is not closed"))
        }
    }

    fn name(&mut self) -> Result<&'a str, ScimError> {
        // RFC 7643 section 2.1: ATTRNAME, and `$ref`.
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$');
        let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Err(self.wrong("an attribute is expected"));
        }
        self.rest = rest;
        Ok(name)
    }

    /// `[URI ":"] ATTRNAME ["." subAttr]`.
    fn names(&mut self) -> Result<Named, ScimError> {
        if let Some(attribute) = self.inside {
            let name = self.name()?;
            let found = attribute.find(name);
            let problem = || format!("{} has no such attribute", attribute.name);
            let attribute = found.ok_or_else(|| self.wrong(&problem()))?;
            return Ok(Named::Kept(AttributePath { attribute, sub: None }));
        }
        if self.rest.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("urn:")) {
            let schema = self.kind.schema();
            let own = self.rest.get(..schema.len());
            let after = self.rest.get(schema.len()..).and_then(|rest| rest.strip_prefix(':'));
            match (own, after) {
                (Some(own), Some(after)) if own.eq_ignore_ascii_case(schema) => self.rest = after,
                // An attribute of an extension that is not kept: the rest of its name is of no matter.
                _ => {
                    let end = self.rest.find([' ', '[']).unwrap_or(self.rest.len());
                    self.rest = self.rest.get(end..).unwrap_or_default();
                    return Ok(Named::NotKept);
                }
            }
        }
        let name = self.name()?;
        let attribute = match self.kind.find(name) {
            Meaning::Kept(attribute) => attribute,
            Meaning::NotKept => return Ok(Named::NotKept),
            Meaning::Unknown => return Err(self.wrong("it names an attribute that there is not")),
        };
        if !self.take(".") {
            return Ok(Named::Kept(AttributePath { attribute, sub: None }));
        }
        let name = self.name()?;
        let found = attribute.find(name);
        let sub = found.ok_or_else(|| self.wrong(&format!("{} has no such attribute", attribute.name)))?;
        Ok(Named::Kept(AttributePath {
            attribute,
            sub: Some(sub),
        }))
    }

    /// Comparisons that mean nothing for their type are refused, not answered with nothing.
    fn check(&self, path: &AttributePath, operator: Comparison, value: Value) -> Result<Filter, ScimError> {
        use Comparison as C;
        if path.attribute.name == "groups" {
            return Err(self.wrong("users are not filtered by groups; filter Groups by members.value"));
        }
        let compared = path.compared();
        let value = match (compared.kind, value) {
            (_, Value::Null) if matches!(operator, C::Equal | C::NotEqual) => Value::Null,
            (Kind::Boolean, value) if matches!(operator, C::Equal | C::NotEqual) => compared
                .canonical_one(&value)
                .map_err(|_| self.wrong(&format!("{} is compared with true or false", compared.name)))?,
            // RFC 7644 section 3.4.2.2: booleans are not ordered, and contain nothing.
            (Kind::Boolean, _) => return Err(self.wrong("true and false are compared with eq and ne alone")),
            (Kind::Complex, _) => return Err(self.wrong("name the attribute that is compared")),
            (Kind::DateTime, Value::String(text)) if crate::kernel::Timestamp::from_rfc3339(&text).is_some() => {
                Value::String(text)
            }
            (Kind::DateTime, _) => return Err(self.wrong("a time is written as in 2026-01-31T12:00:00Z")),
            (_, Value::String(text)) => Value::String(text),
            _ => return Err(self.wrong(&format!("{} is compared with a text", compared.name))),
        };
        Ok(Filter::Compare(*path, operator, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filter(text: &str) -> Result<Filter, ScimError> {
        parse_filter(ResourceKind::User, text)
    }

    #[test]
    fn what_directories_send_can_be_read() {
        for text in [
            "userName eq \"bjensen\"",
            "username Eq \"bjensen\"",
            "urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"a\"",
            "name.familyName co \"O'Malley\"",
            "userName sw \"J\" and active eq true",
            "meta.lastModified gt \"2011-05-13T04:42:34Z\"",
            "externalId pr",
            "emails[type eq \"work\" and value co \"@example.com\"]",
            "emails eq \"a@b\"",
            "not (userName eq \"a\") or (active eq False and displayName pr)",
            "not(userName eq \"a\")",
            "active eq \"True\"",
            "  userName eq \"a\\\"b\"  ",
        ] {
            let read = if text.contains("False") {
                // JSON's false is lower case.
                assert!(filter(text).is_err());
                filter(&text.replace("False", "false"))
            } else {
                filter(text)
            };
            assert!(read.is_ok(), "{text}: {read:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_invalid_filter() {
        for text in [
            "",
            "userName",
            "userName eq",
            "userName eq bjensen",
            "userName eq 'a'",
            "userName xx \"a\"",
            "userNameeq \"a\"",
            "nothing eq \"a\"",
            "title eq \"a\"",
            "name eq \"a\"",
            "name.nothing eq \"a\"",
            "active gt true",
            "active co \"t\"",
            "userName eq 7",
            "meta.created gt \"yesterday\"",
            "(userName eq \"a\"",
            "userName eq \"a\")",
            "emails[value eq \"a\"",
            "emails[emails[value eq \"a\"]]",
            "groups.value eq \"x\"",
            "userName eq \"a\" and",
            "and userName eq \"a\"",
            "userName eq {}",
        ] {
            let fault = filter(text).unwrap_err();
            assert_eq!(fault.kind(), Some(ScimType::InvalidFilter), "{text}");
        }
    }

    #[test]
    fn depth_length_and_number_of_comparisons_are_bounded() {
        let deep = format!("{}userName pr{}", "(".repeat(30), ")".repeat(30));
        assert!(filter(&deep).is_err());
        let long = vec!["userName pr"; 60].join(" or ");
        assert!(filter(&long).is_err());
        assert!(filter(&format!("userName eq \"{}\"", "a".repeat(5000))).is_err());
    }

    #[test]
    fn and_binds_more_than_or() {
        let read = filter("userName pr or active pr and displayName pr").unwrap();
        assert!(matches!(read, Filter::Or(_, right) if matches!(*right, Filter::And(..))));
    }

    #[test]
    fn paths_of_changes_can_be_read() {
        for text in [
            "userName",
            "name.familyName",
            "emails[type eq \"work\"].value",
            "emails[type eq \"work\"]",
            "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName",
        ] {
            let read = parse_path(ResourceKind::User, text);
            assert!(matches!(read, Ok(Target::Kept(_))), "{text}");
        }
        for text in [
            "title",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        ] {
            assert!(
                matches!(parse_path(ResourceKind::User, text), Ok(Target::NotKept)),
                "{text}"
            );
        }
        for text in [
            "",
            "nothing",
            "name.",
            "name.nothing",
            "emails[type eq \"work\"].",
            "emails[",
            "userName x",
        ] {
            let fault = parse_path(ResourceKind::User, text).unwrap_err();
            assert_eq!(fault.kind(), Some(ScimType::InvalidPath), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            let _ = filter(&text);
            let _ = parse_path(ResourceKind::Group, &text);
        }

        #[test]
        fn nor_do_the_words_of_the_language_in_any_order(
            words in proptest::collection::vec(
                prop_oneof![
                    Just("userName"), Just("emails["), Just("]"), Just("("), Just(")"), Just("eq"), Just("pr"), Just("not"),
                    Just("and"), Just("or"), Just("\"a\""), Just("true"), Just("active"), Just("value"), Just("."),
                ],
                0..14,
            ),
        ) {
            let _ = filter(&words.join(" "));
            let _ = filter(&words.concat());
        }
    }
}
