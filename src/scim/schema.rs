//! The resources: every attribute that is kept, with its characteristics (RFC 7643 sections 2 and 7).
//!
//! What a directory sends beyond these is accepted and not kept: an authorization server has no use for addresses and telephone
//! numbers, and what is not there cannot leak.

use super::error::{ScimError, ScimType};
use serde_json::{Map, Value, json};

/// Longest text of an attribute, in bytes.
const LONGEST_TEXT: usize = 1024;
/// Most values of an attribute that has many, other than the members of a group.
const MOST_VALUES: usize = 50;

/// `urn` of the user schema (RFC 7643 section 4.1).
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// `urn` of the group schema (RFC 7643 section 4.2).
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// What a value is (RFC 7643 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A point in time.
    DateTime,
    /// The address of another resource.
    Reference,
    /// An object with attributes of its own.
    Complex,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::DateTime => "dateTime",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

/// Who may change an attribute (RFC 7643 section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mutability {
    /// The server alone.
    ReadOnly,
    /// The client.
    ReadWrite,
    /// The client, when the value is made.
    Immutable,
}

impl Mutability {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
        }
    }
}

/// An attribute.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a characteristic of its own in the standard"
)]
pub(super) struct Attribute {
    /// Its name, as it is written; names are compared whatever the case (RFC 7643 section 2.1).
    pub(super) name: &'static str,
    /// What its values are.
    pub(super) kind: Kind,
    /// Whether it has several values.
    pub(super) many: bool,
    /// Whether a resource must have it.
    pub(super) required: bool,
    /// Whether its texts are compared with their case.
    pub(super) case_exact: bool,
    /// Who changes it.
    pub(super) mutability: Mutability,
    /// Whether it is in every answer, whatever the client asks for.
    pub(super) always: bool,
    /// Whether it is different in every resource of a connection.
    pub(super) unique: bool,
    /// What it is.
    pub(super) words: &'static str,
    /// Its own attributes.
    pub(super) sub: &'static [Self],
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind, words: &'static str) -> Self {
        Self {
            name,
            kind,
            many: false,
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            always: false,
            unique: false,
            words,
            sub: &[],
        }
    }

    const fn text(name: &'static str, words: &'static str) -> Self {
        Self::new(name, Kind::String, words)
    }

    const fn of(name: &'static str, sub: &'static [Self], words: &'static str) -> Self {
        Self {
            sub,
            ..Self::new(name, Kind::Complex, words)
        }
    }

    const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn case_exact(self) -> Self {
        Self {
            case_exact: true,
            ..self
        }
    }

    const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    const fn read_only(self) -> Self {
        Self {
            mutability: Mutability::ReadOnly,
            ..self
        }
    }

    const fn immutable(self) -> Self {
        Self {
            mutability: Mutability::Immutable,
            ..self
        }
    }

    const fn always(self) -> Self {
        Self { always: true, ..self }
    }

    /// Its own attribute of this name, whatever the case.
    pub(super) fn find(&self, name: &str) -> Option<&'static Self> {
        self.sub
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// The value as it is kept: names in their own case, types checked, what nobody may write left out. `None` for no value
    /// (RFC 7643 section 2.5: null and an empty array are none).
    pub(super) fn canonical(&self, value: &Value) -> Result<Option<Value>, ScimError> {
        if value.is_null() {
            return Ok(None);
        }
        if !self.many {
            return self.canonical_one(value).map(Some);
        }
        let items = match value {
            Value::Array(items) => items.as_slice(),
            // One value without its array, as some directories send it.
            single => std::slice::from_ref(single),
        };
        if items.len() > MOST_VALUES && self.name != MEMBERS {
            return Err(self.wrong("has too many values"));
        }
        let mut kept: Vec<Value> = Vec::with_capacity(items.len());
        for item in items.iter().filter(|item| !item.is_null()) {
            let item = self.canonical_one(item)?;
            if item.as_object().is_none_or(|members| !members.is_empty()) {
                kept.push(item);
            }
        }
        Ok((!kept.is_empty()).then_some(Value::Array(kept)))
    }

    /// One value, as it is kept.
    pub(super) fn canonical_one(&self, value: &Value) -> Result<Value, ScimError> {
        match (self.kind, value) {
            (Kind::Boolean, Value::Bool(_)) => Ok(value.clone()),
            // Entra ID sends "True" and "False".
            (Kind::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(json!(true)),
            (Kind::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(json!(false)),
            (Kind::Boolean, _) => Err(self.wrong("is true or false")),
            (Kind::Complex, Value::Object(members)) => canonical(self.sub, members).map(Value::Object),
            // A bare text stands for the value itself.
            (Kind::Complex, Value::String(_)) if self.many => {
                let mut members = Map::new();
                members.insert("value".to_owned(), value.clone());
                canonical(self.sub, &members).map(Value::Object)
            }
            (Kind::Complex, _) => Err(self.wrong("is an object")),
            (_, Value::String(text)) if text.len() > LONGEST_TEXT => Err(self.wrong("is too long")),
            (_, Value::String(text)) if text.chars().any(char::is_control) => Err(self.wrong("has control characters")),
            (_, Value::String(_)) => Ok(value.clone()),
            _ => Err(self.wrong("is a string")),
        }
    }

    fn wrong(&self, problem: &str) -> ScimError {
        ScimError::bad(ScimType::InvalidValue, format!("{} {problem}.", self.name))
    }

    fn described(&self) -> Value {
        let mut shown = json!({
            "name": self.name,
            "type": self.kind.as_str(),
            "multiValued": self.many,
            "description": self.words,
            "required": self.required,
            "caseExact": self.case_exact,
            "mutability": self.mutability.as_str(),
            "returned": if self.always { "always" } else { "default" },
            "uniqueness": if self.unique { "server" } else { "none" },
        });
        if let Some(members) = shown.as_object_mut() {
            if self.kind == Kind::Complex {
                let sub: Vec<Value> = self.sub.iter().map(Self::described).collect();
                members.insert("subAttributes".to_owned(), json!(sub));
            }
            if self.name == "type" && self.mutability == Mutability::Immutable {
                // Of members: nothing else is taken.
                members.insert("canonicalValues".to_owned(), json!([ResourceKind::User.as_str()]));
            }
            if self.kind == Kind::Reference {
                let to = if self.words.contains("group") { "Group" } else { "User" };
                members.insert("referenceTypes".to_owned(), json!([to]));
            }
        }
        shown
    }
}

/// Attributes of every resource (RFC 7643 section 3.1). They belong to no schema.
const COMMON: &[Attribute] = &[
    Attribute::text("id", "The server's name of the resource.")
        .case_exact()
        .read_only()
        .always()
        .unique(),
    Attribute::text("externalId", "The directory's own name of the resource.").case_exact(),
    Attribute::of(
        "meta",
        &[
            Attribute::text("resourceType", "What the resource is.")
                .case_exact()
                .read_only(),
            Attribute::new("created", Kind::DateTime, "When it was made.").read_only(),
            Attribute::new("lastModified", Kind::DateTime, "When it was changed last.").read_only(),
            Attribute::text("location", "Its address.").case_exact().read_only(),
            Attribute::text("version", "Its version, an entity tag.")
                .case_exact()
                .read_only(),
        ],
        "What the server knows of the resource.",
    )
    .read_only(),
];

const USER_ATTRIBUTES: &[Attribute] = &[
    Attribute::text("userName", "The name by which the directory knows the user.")
        .required()
        .unique(),
    Attribute::of(
        "name",
        &[
            Attribute::text("formatted", "The whole name, as it is shown."),
            Attribute::text("familyName", "The family name."),
            Attribute::text("givenName", "The given name."),
            Attribute::text("middleName", "Middle names."),
            Attribute::text("honorificPrefix", "A title before the name, such as Dr."),
            Attribute::text("honorificSuffix", "A title behind the name, such as MD."),
        ],
        "The parts of the user's name.",
    ),
    Attribute::text("displayName", "The name to show."),
    Attribute::new("active", Kind::Boolean, "Whether the user may sign in."),
    Attribute::of(
        "emails",
        &[
            Attribute::text("value", "The address."),
            Attribute::text("display", "A name for the address."),
            Attribute::text("type", "What the address is for, such as work."),
            Attribute::new("primary", Kind::Boolean, "Whether it is the address to use."),
        ],
        "E-mail addresses.",
    )
    .many(),
    Attribute::of(
        "groups",
        &[
            Attribute::text("value", "The id of the group.")
                .case_exact()
                .read_only(),
            Attribute::new("$ref", Kind::Reference, "The address of the group.")
                .case_exact()
                .read_only(),
            Attribute::text("display", "The name of the group.").read_only(),
            Attribute::text("type", "How the user belongs to it: direct.").read_only(),
        ],
        "The groups to which the user belongs; changed at the groups.",
    )
    .many()
    .read_only(),
];

/// The attribute of a group that has its members.
pub(super) const MEMBERS: &str = "members";

const GROUP_ATTRIBUTES: &[Attribute] = &[
    Attribute::text("displayName", "The name of the group, by which it gives roles.").required(),
    Attribute::of(
        MEMBERS,
        &[
            Attribute::text("value", "The id of the user.").case_exact().immutable(),
            Attribute::new("$ref", Kind::Reference, "The address of the user.")
                .case_exact()
                .immutable(),
            Attribute::text("display", "The name of the user.").read_only(),
            Attribute::text("type", "What the member is: User.").immutable(),
        ],
        "The users who belong to the group.",
    )
    .many(),
];

/// What RFC 7643 section 4.1 has and this server does not keep. A path to one of these is in order and changes nothing.
const NOT_KEPT: [&str; 16] = [
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "password",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "entitlements",
    "roles",
    "x509Certificates",
    "schemas",
];

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResourceKind {
    /// A user.
    User,
    /// A group.
    Group,
}

/// What a name means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning {
    /// An attribute that is kept.
    Kept(&'static Attribute),
    /// One of the standard that is not kept.
    NotKept,
    /// Nothing.
    Unknown,
}

impl ResourceKind {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::User, Self::Group];

    /// Its name.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// Its schema.
    pub(super) const fn schema(self) -> &'static str {
        match self {
            Self::User => USER,
            Self::Group => GROUP,
        }
    }

    /// Its endpoint, below the base.
    pub(super) const fn endpoint(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::User => "Somebody who signs in.",
            Self::Group => "Users who have something in common, which gives them roles.",
        }
    }

    const fn attributes(self) -> &'static [Attribute] {
        match self {
            Self::User => USER_ATTRIBUTES,
            Self::Group => GROUP_ATTRIBUTES,
        }
    }

    /// The attribute of this name, whatever the case.
    pub(super) fn find(self, name: &str) -> Meaning {
        let known = COMMON.iter().chain(self.attributes());
        let mut known = known.filter(|attribute| attribute.name.eq_ignore_ascii_case(name));
        match known.next() {
            Some(attribute) => Meaning::Kept(attribute),
            None if NOT_KEPT.iter().any(|other| other.eq_ignore_ascii_case(name)) => Meaning::NotKept,
            None => Meaning::Unknown,
        }
    }

    /// A whole resource as it is kept: what the server alone writes is left out, and what is not kept.
    pub(super) fn canonical(self, members: &Map<String, Value>) -> Result<Map<String, Value>, ScimError> {
        let mut kept = canonical(self.attributes(), members)?;
        let common = canonical(COMMON, members)?;
        kept.extend(common);
        Ok(kept)
    }

    /// The schema as it is published (RFC 7643 section 7).
    pub(super) fn described(self, base: &str) -> Value {
        let attributes: Vec<Value> = self.attributes().iter().map(Attribute::described).collect();
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": self.schema(),
            "name": self.as_str(),
            "description": self.words(),
            "attributes": attributes,
            "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{}", self.schema()) },
        })
    }
}

/// The members that are among `attributes`, as they are kept.
fn canonical(attributes: &[Attribute], members: &Map<String, Value>) -> Result<Map<String, Value>, ScimError> {
    let mut kept = Map::new();
    for (name, value) in members {
        let Some(attribute) = attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
        else {
            continue;
        };
        // RFC 7644 section 3.5.1: values of readOnly attributes are ignored.
        if attribute.mutability == Mutability::ReadOnly {
            continue;
        }
        if kept.contains_key(attribute.name) {
            return Err(attribute.wrong("is there twice"));
        }
        if let Some(value) = attribute.canonical(value)? {
            kept.insert(attribute.name.to_owned(), value);
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(value: Value) -> Result<Value, ScimError> {
        let Value::Object(members) = value else {
            panic!("not an object");
        };
        ResourceKind::User.canonical(&members).map(Value::Object)
    }

    #[test]
    fn names_are_written_in_their_own_case_and_what_is_not_kept_is_left_out() {
        let value = json!({
            "USERNAME": "a", "Name": { "GIVENNAME": "A", "nick": "x" }, "title": "Dr", "id": "x", "groups": [{ "value": "x" }],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "x" },
        });
        assert_eq!(
            kept(value).unwrap(),
            json!({ "userName": "a", "name": { "givenName": "A" } })
        );
    }

    #[test]
    fn null_and_an_empty_array_are_no_value() {
        let value = json!({ "userName": "a", "displayName": null, "emails": [] });
        assert_eq!(kept(value).unwrap(), json!({ "userName": "a" }));
    }

    #[test]
    fn a_boolean_may_be_the_text_that_entra_sends() {
        assert_eq!(kept(json!({ "active": "False" })).unwrap(), json!({ "active": false }));
        assert_eq!(kept(json!({ "active": "True" })).unwrap(), json!({ "active": true }));
        assert!(kept(json!({ "active": "no" })).is_err());
        assert!(kept(json!({ "active": 0 })).is_err());
    }

    #[test]
    fn values_of_another_type_are_refused() {
        for value in [
            json!({ "userName": 7 }),
            json!({ "name": "A" }),
            json!({ "emails": [7] }),
            json!({ "userName": "a\u{7}" }),
            json!({ "userName": "a".repeat(2000) }),
            json!({ "userName": "a", "USERNAME": "b" }),
        ] {
            assert!(kept(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn a_bare_text_among_many_values_is_the_value() {
        let value = json!({ "emails": ["a@b.example"] });
        assert_eq!(kept(value).unwrap(), json!({ "emails": [{ "value": "a@b.example" }] }));
    }
}
