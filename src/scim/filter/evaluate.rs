//! Whether a resource matches a filter.

use super::super::schema::{Attribute, Kind};
use super::{AttributePath, Comparison, Filter};
use crate::kernel::Timestamp;
use serde_json::{Map, Value};
use std::cmp::Ordering;

impl Filter {
    /// Whether the resource, as it is shown, matches; or an element, for a filter in brackets.
    pub(in crate::scim) fn matches(&self, members: &Map<String, Value>) -> bool {
        match self {
            Self::And(one, other) => one.matches(members) && other.matches(members),
            Self::Or(one, other) => one.matches(members) || other.matches(members),
            Self::Not(inner) => !inner.matches(members),
            // RFC 7644 section 3.4.2.2: an attribute without a value is null.
            Self::Compare(path, Comparison::Equal, Value::Null) => values(members, path).next().is_none(),
            Self::Present(path) | Self::Compare(path, Comparison::NotEqual, Value::Null) => {
                values(members, path).next().is_some()
            }
            Self::Compare(path, Comparison::NotEqual, value) => {
                !values(members, path).any(|own| compare(path.compared(), own, Comparison::Equal, value))
            }
            Self::Compare(path, operator, value) => {
                values(members, path).any(|own| compare(path.compared(), own, *operator, value))
            }
            Self::Element(attribute, inner) => elements(members.get(attribute.name))
                .filter_map(Value::as_object)
                .any(|element| inner.matches(element)),
        }
    }
}

/// One value, or several.
fn elements(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let elements = match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    elements.iter().filter(|value| !value.is_null())
}

/// The values that a path leads to.
fn values<'a>(members: &'a Map<String, Value>, path: &AttributePath) -> impl Iterator<Item = &'a Value> {
    let found = elements(members.get(path.attribute.name));
    // `name pr` asks for the name itself, `emails eq` for the `value` of its elements.
    let sub = path.sub.or_else(|| path.attribute.find("value")).map(|sub| sub.name);
    found.filter_map(move |element| match (sub, element) {
        (Some(sub), Value::Object(members)) => members.get(sub).filter(|value| !value.is_null()),
        (Some(_), _) => None,
        (None, element) => Some(element),
    })
}

fn compare(attribute: &Attribute, own: &Value, operator: Comparison, value: &Value) -> bool {
    let (Value::String(own), Value::String(value)) = (own, value) else {
        return operator == Comparison::Equal && own == value;
    };
    if attribute.kind == Kind::DateTime {
        let times = (Timestamp::from_rfc3339(own), Timestamp::from_rfc3339(value));
        let (Some(own), Some(value)) = times else { return false };
        return ordered(own.cmp(&value), operator);
    }
    let (own, value) = if attribute.case_exact {
        (own.clone(), value.clone())
    } else {
        (own.to_lowercase(), value.to_lowercase())
    };
    match operator {
        Comparison::Contains => own.contains(&value),
        Comparison::StartsWith => own.starts_with(&value),
        Comparison::EndsWith => own.ends_with(&value),
        ordering => ordered(own.cmp(&value), ordering),
    }
}

const fn ordered(ordering: Ordering, operator: Comparison) -> bool {
    match operator {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::schema::ResourceKind;
    use super::super::parse_filter;
    use serde_json::json;

    fn matches(text: &str) -> bool {
        let resource = json!({
            "id": "acc_1", "userName": "BJensen", "externalId": "X-1", "active": true,
            "name": { "familyName": "Jensen" },
            "emails": [{ "value": "b@work.example", "type": "work" }, { "value": "b@home.example", "type": "home" }],
            "meta": { "created": "2026-01-02T00:00:00Z" },
        });
        let filter = parse_filter(ResourceKind::User, text).unwrap();
        filter.matches(resource.as_object().unwrap())
    }

    #[test]
    fn every_operator_compares_as_the_standard_says() {
        for (text, expected) in [
            ("userName eq \"bjensen\"", true),
            ("externalId eq \"x-1\"", false),
            ("externalId eq \"X-1\"", true),
            ("userName ne \"other\"", true),
            ("userName ne \"BJENSEN\"", false),
            ("userName co \"jen\"", true),
            ("userName sw \"bj\"", true),
            ("userName ew \"sen\"", true),
            ("userName ew \"bj\"", false),
            ("userName gt \"a\"", true),
            ("userName lt \"a\"", false),
            ("userName ge \"bjensen\"", true),
            ("userName le \"bjensen\"", true),
            ("active eq true", true),
            ("active ne true", false),
            ("displayName pr", false),
            ("name pr", true),
            ("displayName eq null", true),
            ("userName ne null", true),
            ("displayName ne \"x\"", true),
            ("meta.created lt \"2026-01-02T01:00:00+00:30\"", true),
            ("meta.created ge \"2026-01-02T01:00:00Z\"", false),
        ] {
            assert_eq!(matches(text), expected, "{text}");
        }
    }

    #[test]
    fn brackets_ask_for_one_value_that_has_everything() {
        assert!(matches("emails[type eq \"work\" and value co \"work\"]"));
        assert!(!matches("emails[type eq \"work\" and value co \"home\"]"));
        assert!(matches("emails.type eq \"work\" and emails.value co \"home\""));
        assert!(matches("emails eq \"B@HOME.example\""));
        assert!(matches("not (emails[type eq \"other\"])"));
    }
}
