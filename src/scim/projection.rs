//! Which attributes an answer has (RFC 7644 section 3.9).

use super::error::{ScimError, ScimType};
use super::request::member;
use super::schema::{Meaning, ResourceKind};
use serde_json::{Map, Value};

/// An attribute, or one attribute of it; in lower case.
type Name = (String, Option<String>);

/// What a client wants to see.
#[derive(Debug, Default)]
pub(super) struct Projection {
    wanted: Option<Vec<Name>>,
    unwanted: Vec<Name>,
}

impl Projection {
    /// From `attributes` and `excludedAttributes` of a query.
    pub(super) fn of_query(kind: ResourceKind, query: &str) -> Result<Self, ScimError> {
        let list = |wanted: &str| {
            let mut texts = url::form_urlencoded::parse(query.as_bytes())
                .filter(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
                .peekable();
            texts.peek()?;
            Some(texts.collect::<Vec<_>>().join(","))
        };
        Self::new(kind, list("attributes"), list("excludedAttributes"))
    }

    /// From the body of a search.
    pub(super) fn of_body(kind: ResourceKind, body: &Map<String, Value>) -> Result<Self, ScimError> {
        let list = |name: &str| {
            let items = member(body, name)?.as_array()?;
            Some(items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","))
        };
        Self::new(kind, list("attributes"), list("excludedAttributes"))
    }

    fn new(kind: ResourceKind, wanted: Option<String>, unwanted: Option<String>) -> Result<Self, ScimError> {
        let wanted = wanted.filter(|list| !list.trim().is_empty());
        let unwanted = unwanted.filter(|list| !list.trim().is_empty());
        if wanted.is_some() && unwanted.is_some() {
            return Err(ScimError::bad(
                ScimType::InvalidValue,
                "Send attributes or excludedAttributes, not both.",
            ));
        }
        Ok(Self {
            wanted: wanted.map(|list| names(kind, &list)),
            unwanted: unwanted.map(|list| names(kind, &list)).unwrap_or_default(),
        })
    }

    /// Whether an attribute is shown at all.
    pub(super) fn shows(&self, attribute: &str) -> bool {
        let is = |name: &Name| name.0.eq_ignore_ascii_case(attribute);
        let whole = |name: &Name| is(name) && name.1.is_none();
        self.wanted.as_ref().is_none_or(|wanted| wanted.iter().any(is)) && !self.unwanted.iter().any(whole)
    }

    /// Leaves what is to be shown.
    pub(super) fn apply(&self, kind: ResourceKind, resource: &mut Map<String, Value>) {
        let always =
            |name: &str| name == "schemas" || matches!(kind.find(name), Meaning::Kept(attribute) if attribute.always);
        resource.retain(|name, _| always(name) || self.shows(name));
        for (name, value) in resource.iter_mut().filter(|(name, _)| !always(name)) {
            if let Some(wanted) = &self.wanted {
                let own: Vec<&Name> = wanted.iter().filter(|one| one.0.eq_ignore_ascii_case(name)).collect();
                // `emails` beside `emails.value` is the whole.
                if own.iter().all(|one| one.1.is_some()) {
                    let subs: Vec<&str> = own.iter().filter_map(|one| one.1.as_deref()).collect();
                    retain(value, |sub| subs.iter().any(|one| one.eq_ignore_ascii_case(sub)));
                }
            }
            let hidden = self.unwanted.iter().filter(|one| one.0.eq_ignore_ascii_case(name));
            let hidden: Vec<&str> = hidden.filter_map(|one| one.1.as_deref()).collect();
            if !hidden.is_empty() {
                retain(value, |sub| !hidden.iter().any(|one| one.eq_ignore_ascii_case(sub)));
            }
        }
        resource.retain(|_, value| !is_empty(value));
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn retain(value: &mut Value, keep: impl Fn(&str) -> bool + Copy) {
    match value {
        Value::Object(members) => members.retain(|name, _| keep(name)),
        Value::Array(items) => {
            for item in items.iter_mut() {
                retain(item, keep);
            }
            items.retain(|item| !is_empty(item));
        }
        _ => {}
    }
}

fn names(kind: ResourceKind, list: &str) -> Vec<Name> {
    let prefix = format!("{}:", kind.schema().to_ascii_lowercase());
    list.split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .map(|name| {
            let name = name.strip_prefix(&prefix).unwrap_or(&name);
            match name.split_once('.') {
                Some((name, sub)) => (name.to_owned(), Some(sub.to_owned())),
                None => (name.to_owned(), None),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(query: &str) -> Value {
        let mut resource = json!({
            "schemas": ["s"], "id": "x", "userName": "a", "name": { "givenName": "A", "familyName": "B" },
            "emails": [{ "value": "a@b", "type": "work" }], "meta": { "version": "1" },
        });
        let projection = Projection::of_query(ResourceKind::User, query).unwrap();
        projection.apply(ResourceKind::User, resource.as_object_mut().unwrap());
        resource
    }

    #[test]
    fn attributes_name_what_is_shown_beside_what_always_is() {
        assert_eq!(
            shown("attributes=USERNAME,name.givenName"),
            json!({ "schemas": ["s"], "id": "x", "userName": "a", "name": { "givenName": "A" } })
        );
        assert_eq!(
            shown("attributes=urn:ietf:params:scim:schemas:core:2.0:User:emails.value"),
            json!({ "schemas": ["s"], "id": "x", "emails": [{ "value": "a@b" }] })
        );
        assert_eq!(shown("attributes=nothing"), json!({ "schemas": ["s"], "id": "x" }));
    }

    #[test]
    fn excluded_attributes_are_left_out_except_what_always_is_shown() {
        assert_eq!(
            shown("excludedAttributes=id,schemas,emails,name.givenName,meta"),
            json!({ "schemas": ["s"], "id": "x", "userName": "a", "name": { "familyName": "B" } })
        );
    }

    #[test]
    fn both_at_once_are_refused() {
        assert!(Projection::of_query(ResourceKind::User, "attributes=a&excludedAttributes=b").is_err());
    }
}
