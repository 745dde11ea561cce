//! Filters (RFC 7644 section 3.4.2.2): what they say, and whether a resource matches.

mod evaluate;
mod parse;

pub(super) use parse::{parse_filter, parse_path};

use super::schema::{Attribute, ResourceKind};
use serde_json::Value;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// `eq`.
    Equal,
    /// `ne`.
    NotEqual,
    /// `co`.
    Contains,
    /// `sw`.
    StartsWith,
    /// `ew`.
    EndsWith,
    /// `gt`.
    Greater,
    /// `ge`.
    GreaterOrEqual,
    /// `lt`.
    Less,
    /// `le`.
    LessOrEqual,
}

/// An attribute, or an attribute of an attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct AttributePath {
    /// The attribute of the resource, or of the element inside brackets.
    pub(super) attribute: &'static Attribute,
    /// Its own attribute.
    pub(super) sub: Option<&'static Attribute>,
}

impl AttributePath {
    /// The attribute whose values are compared. An attribute with attributes of its own stands for its `value`.
    pub(super) fn compared(&self) -> &'static Attribute {
        let sub = self.sub.or_else(|| self.attribute.find("value"));
        sub.unwrap_or(self.attribute)
    }

    /// `name` or `name.sub`.
    pub(super) fn is(&self, name: &str, sub: Option<&str>) -> bool {
        let own = self.sub.or_else(|| self.attribute.find("value")).map(|sub| sub.name);
        self.attribute.name == name && own == sub
    }
}

/// A filter that can be evaluated: every attribute is known, every comparison fits its type.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// Either.
    Or(Box<Self>, Box<Self>),
    /// Not.
    Not(Box<Self>),
    /// `pr`: there is a value.
    Present(AttributePath),
    /// A comparison.
    Compare(AttributePath, Comparison, Value),
    /// `emails[...]`: one of the values matches the filter in brackets.
    Element(&'static Attribute, Box<Self>),
}

/// The path of a change (RFC 7644 section 3.5.2): `name`, `name.sub`, `name[filter]`, `name[filter].sub`.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// The attribute of the resource.
    pub(super) attribute: &'static Attribute,
    /// Which of its values.
    pub(super) filter: Option<Filter>,
    /// Their own attribute.
    pub(super) sub: Option<&'static Attribute>,
}

/// What a path names.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// Something that is kept.
    Kept(Path),
    /// Something of the standard, or of another schema, that is not kept.
    NotKept,
}

/// A key by which rows are found without opening them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IndexKey<'a> {
    /// `id eq`.
    Id(&'a str),
    /// `userName eq`.
    UserName(&'a str),
    /// `externalId eq`.
    ExternalId(&'a str),
    /// `emails.value eq`.
    Email(&'a str),
    /// `displayName eq`, of groups.
    DisplayName(&'a str),
    /// `members.value eq`, of groups.
    Member(&'a str),
}

impl Filter {
    /// A key that everything matching this has, so that nothing else needs to be looked at.
    pub(super) fn index_key(&self, kind: ResourceKind) -> Option<IndexKey<'_>> {
        match self {
            Self::And(one, other) => one.index_key(kind).or_else(|| other.index_key(kind)),
            Self::Compare(path, Comparison::Equal, Value::String(text)) => {
                let is = |name, sub| path.is(name, sub);
                match kind {
                    _ if is("id", None) => Some(IndexKey::Id(text)),
                    _ if is("externalId", None) => Some(IndexKey::ExternalId(text)),
                    ResourceKind::User if is("userName", None) => Some(IndexKey::UserName(text)),
                    ResourceKind::User if is("emails", Some("value")) => Some(IndexKey::Email(text)),
                    ResourceKind::Group if is("displayName", None) => Some(IndexKey::DisplayName(text)),
                    ResourceKind::Group if is("members", Some("value")) => Some(IndexKey::Member(text)),
                    _ => None,
                }
            }
            Self::Element(attribute, inner) => match (attribute.name, inner.element_value()?) {
                ("emails", text) => Some(IndexKey::Email(text)),
                ("members", text) => Some(IndexKey::Member(text)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The text that `value` of every matching element has.
    pub(super) fn element_value(&self) -> Option<&str> {
        match self {
            Self::And(one, other) => one.element_value().or_else(|| other.element_value()),
            Self::Compare(path, Comparison::Equal, Value::String(text))
                if path.attribute.name == "value" && path.sub.is_none() =>
            {
                Some(text)
            }
            _ => None,
        }
    }

    /// Whether it looks at this attribute.
    pub(super) fn mentions(&self, name: &str) -> bool {
        match self {
            Self::And(one, other) | Self::Or(one, other) => one.mentions(name) || other.mentions(name),
            Self::Not(inner) => inner.mentions(name),
            Self::Present(path) | Self::Compare(path, ..) => path.attribute.name == name,
            Self::Element(attribute, _) => attribute.name == name,
        }
    }

    /// What an element must have to match, when the filter says nothing but `eq` and `and`: what is added where nothing
    /// matches.
    pub(super) fn equalities(&self) -> Option<Vec<(&'static str, Value)>> {
        match self {
            Self::And(one, other) => {
                let mut all = one.equalities()?;
                all.extend(other.equalities()?);
                Some(all)
            }
            Self::Compare(path, Comparison::Equal, value) if path.sub.is_none() => {
                Some(vec![(path.attribute.name, value.clone())])
            }
            _ => None,
        }
    }
}
