//! Changes of a resource (RFC 7644 section 3.5.2), also in the forms that directories really send.

use super::error::{ScimError, ScimType};
use super::filter::{Filter, Path, Target, parse_path};
use super::request::{check_schema, member};
use super::schema::{Attribute, Kind, MEMBERS, Mutability, ResourceKind};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// `urn` of the message.
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// Most operations of one request.
const MOST_OPERATIONS: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Remove,
    Replace,
}

/// Changes the attributes of a resource as the body says: all of it, or nothing.
pub(super) fn apply(
    kind: ResourceKind,
    attributes: &mut Map<String, Value>,
    body: &Map<String, Value>,
) -> Result<(), ScimError> {
    check_schema(body, PATCH)?;
    let operations = member(body, "Operations").and_then(Value::as_array);
    let operations =
        operations.ok_or_else(|| ScimError::bad(ScimType::InvalidSyntax, "Operations is a list of operations."))?;
    if operations.is_empty() || operations.len() > MOST_OPERATIONS {
        return Err(ScimError::bad(
            ScimType::InvalidSyntax,
            "There are 1 to 1000 operations.",
        ));
    }
    for operation in operations {
        let operation = operation
            .as_object()
            .ok_or_else(|| ScimError::bad(ScimType::InvalidSyntax, "An operation is an object."))?;
        operate(kind, attributes, operation)?;
    }
    Ok(())
}

fn operate(
    kind: ResourceKind,
    attributes: &mut Map<String, Value>,
    operation: &Map<String, Value>,
) -> Result<(), ScimError> {
    // Entra ID capitalises the names.
    let verb = member(operation, "op").and_then(Value::as_str).unwrap_or_default();
    let verb = match verb.to_ascii_lowercase().as_str() {
        "add" => Verb::Add,
        "remove" => Verb::Remove,
        "replace" => Verb::Replace,
        _ => return Err(ScimError::bad(ScimType::InvalidSyntax, "op is add, remove or replace.")),
    };
    let value = member(operation, "value");
    match member(operation, "path").filter(|path| !path.is_null()) {
        None => without_path(kind, attributes, verb, value),
        Some(Value::String(path)) => match parse_path(kind, path)? {
            Target::Kept(path) => {
                check_mutability(&path)?;
                at(attributes, verb, &path, value)
            }
            Target::NotKept => Ok(()),
        },
        Some(_) => Err(ScimError::bad(ScimType::InvalidPath, "The path is a text.")),
    }
}

/// The value is an object whose names are attributes; Entra ID writes paths there too.
fn without_path(
    kind: ResourceKind,
    attributes: &mut Map<String, Value>,
    verb: Verb,
    value: Option<&Value>,
) -> Result<(), ScimError> {
    if verb == Verb::Remove {
        return Err(ScimError::bad(ScimType::NoTarget, "remove needs a path."));
    }
    let members = value
        .and_then(Value::as_object)
        .ok_or_else(|| ScimError::bad(ScimType::InvalidValue, "Without a path, the value is an object."))?;
    for (name, value) in members {
        // What is not known is ignored, as in a whole resource.
        let Ok(Target::Kept(path)) = parse_path(kind, name) else {
            continue;
        };
        // Also the id that Okta sends along.
        if path.attribute.mutability != Mutability::ReadOnly {
            check_mutability(&path)?;
            at(attributes, verb, &path, Some(value))?;
        }
    }
    Ok(())
}

fn check_mutability(path: &Path) -> Result<(), ScimError> {
    let fixed = path.attribute.mutability == Mutability::ReadOnly
        || path.sub.is_some_and(|sub| sub.mutability != Mutability::ReadWrite);
    if fixed {
        let detail = format!("{} is not written by clients.", path.attribute.name);
        return Err(ScimError::bad(ScimType::Mutability, detail));
    }
    Ok(())
}

fn at(attributes: &mut Map<String, Value>, verb: Verb, path: &Path, value: Option<&Value>) -> Result<(), ScimError> {
    let attribute = path.attribute;
    let needed = || {
        value.ok_or_else(|| {
            ScimError::bad(
                ScimType::InvalidValue,
                format!("There is no value for {}.", attribute.name),
            )
        })
    };
    if !attribute.many {
        return match (verb, path.sub) {
            (Verb::Remove, None) => {
                attributes.remove(attribute.name);
                Ok(())
            }
            (_, None) if attribute.kind == Kind::Complex => merge(attributes, attribute, needed()?),
            (_, None) => put(attributes, attribute, needed()?),
            (_, Some(sub)) => {
                let value = if verb == Verb::Remove { &Value::Null } else { needed()? };
                let mut own = own_members(attributes, attribute);
                put(&mut own, sub, value)?;
                keep_members(attributes, attribute, own);
                Ok(())
            }
        };
    }
    let before = elements(attributes, attribute);
    let mut elements = before.clone();
    match (verb, &path.filter, path.sub) {
        (Verb::Remove, None, None) => match value.filter(|value| !value.is_null()) {
            // Entra ID names the values to remove here, and not in the path.
            Some(value) => {
                let gone = given(attribute, value)?;
                let gone: HashSet<&str> = gone.iter().filter_map(value_of).collect();
                elements.retain(|element| value_of(element).is_none_or(|value| !gone.contains(value)));
            }
            None => elements.clear(),
        },
        (Verb::Remove, Some(filter), None) => elements.retain(|element| !is_matched(filter, element)),
        (Verb::Remove, filter, Some(sub)) => {
            for element in matching(&mut elements, filter.as_ref()) {
                element.remove(sub.name);
            }
        }
        (Verb::Add, None, None) => add(attribute, &mut elements, given(attribute, needed()?)?),
        (Verb::Replace, None, None) => {
            elements.clear();
            add(attribute, &mut elements, given(attribute, needed()?)?);
        }
        (_, Some(filter), None) => {
            let value = attribute.canonical_one(needed()?)?;
            let Value::Object(members) = value else {
                return Err(ScimError::bad(ScimType::InvalidValue, "The value is an object."));
            };
            let mut found = false;
            for element in matching(&mut elements, Some(filter)) {
                found = true;
                if verb == Verb::Replace {
                    element.clear();
                }
                element.extend(members.clone());
            }
            if !found {
                elements.push(new_element(verb, filter, members)?);
            }
        }
        (_, filter, Some(sub)) => {
            let value = sub.canonical(needed()?)?;
            let mut found = false;
            for element in matching(&mut elements, filter.as_ref()) {
                found = true;
                match &value {
                    Some(value) => drop(element.insert(sub.name.to_owned(), value.clone())),
                    None => drop(element.remove(sub.name)),
                }
            }
            if !found && let Some(value) = value {
                let mut members = Map::new();
                members.insert(sub.name.to_owned(), value);
                elements.push(match filter {
                    Some(filter) => new_element(verb, filter, members)?,
                    // RFC 7644 section 3.5.2.3: what is not there is added.
                    None => Value::Object(members),
                });
            }
        }
    }
    elements.retain(|element| element.as_object().is_none_or(|members| !members.is_empty()));
    if attribute.find("primary").is_some() {
        leave_one_primary(&before, &mut elements);
    }
    if elements.is_empty() {
        attributes.remove(attribute.name);
    } else {
        attributes.insert(attribute.name.to_owned(), Value::Array(elements));
    }
    Ok(())
}

/// Sets an attribute, or removes it when the value is none (RFC 7643 section 2.5).
fn put(members: &mut Map<String, Value>, attribute: &Attribute, value: &Value) -> Result<(), ScimError> {
    match attribute.canonical(value)? {
        Some(value) => drop(members.insert(attribute.name.to_owned(), value)),
        None => drop(members.remove(attribute.name)),
    }
    Ok(())
}

fn own_members(attributes: &Map<String, Value>, attribute: &Attribute) -> Map<String, Value> {
    let own = attributes.get(attribute.name).and_then(Value::as_object);
    own.cloned().unwrap_or_default()
}

fn keep_members(attributes: &mut Map<String, Value>, attribute: &Attribute, own: Map<String, Value>) {
    if own.is_empty() {
        attributes.remove(attribute.name);
    } else {
        attributes.insert(attribute.name.to_owned(), Value::Object(own));
    }
}

/// RFC 7644 section 3.5.2.3: of an attribute with attributes of its own, those that are given are replaced.
fn merge(attributes: &mut Map<String, Value>, attribute: &Attribute, value: &Value) -> Result<(), ScimError> {
    let mut own = own_members(attributes, attribute);
    match value {
        Value::Null => own.clear(),
        Value::Object(members) => {
            for (name, value) in members {
                // What is not known is ignored, as in a whole resource.
                if let Some(sub) = attribute
                    .find(name)
                    .filter(|sub| sub.mutability == Mutability::ReadWrite)
                {
                    put(&mut own, sub, value)?;
                }
            }
        }
        _ => {
            let detail = format!("{} is an object.", attribute.name);
            return Err(ScimError::bad(ScimType::InvalidValue, detail));
        }
    }
    keep_members(attributes, attribute, own);
    Ok(())
}

fn elements(attributes: &Map<String, Value>, attribute: &Attribute) -> Vec<Value> {
    let elements = attributes.get(attribute.name).and_then(Value::as_array);
    elements.cloned().unwrap_or_default()
}

/// The values of the request, as they are kept.
fn given(attribute: &Attribute, value: &Value) -> Result<Vec<Value>, ScimError> {
    match attribute.canonical(value)? {
        Some(Value::Array(items)) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

fn value_of(element: &Value) -> Option<&str> {
    element.get("value")?.as_str()
}

fn is_matched(filter: &Filter, element: &Value) -> bool {
    element.as_object().is_some_and(|members| filter.matches(members))
}

fn matching<'a>(
    elements: &'a mut [Value],
    filter: Option<&'a Filter>,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    elements
        .iter_mut()
        .filter(move |element| filter.is_none_or(|filter| is_matched(filter, element)))
        .filter_map(Value::as_object_mut)
}

/// RFC 7644 section 3.5.2.1: a value that is there already is not added again.
fn add(attribute: &Attribute, elements: &mut Vec<Value>, given: Vec<Value>) {
    if attribute.name == MEMBERS {
        let mut known: HashSet<String> = elements.iter().filter_map(value_of).map(str::to_owned).collect();
        let new = given.into_iter();
        elements.extend(new.filter(|element| value_of(element).is_none_or(|value| known.insert(value.to_owned()))));
        return;
    }
    for element in given {
        if !elements.contains(&element) {
            elements.push(element);
        }
    }
}

/// What comes to be where a filter finds nothing: Entra ID adds `emails[type eq "work"].value` to users without one.
fn new_element(verb: Verb, filter: &Filter, members: Map<String, Value>) -> Result<Value, ScimError> {
    let equalities = filter.equalities().filter(|_| verb == Verb::Add);
    let Some(equalities) = equalities else {
        // RFC 7644 section 3.5.2.3.
        return Err(ScimError::bad(
            ScimType::NoTarget,
            "The path names no value that is there.",
        ));
    };
    let mut element: Map<String, Value> = equalities
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    element.extend(members);
    Ok(Value::Object(element))
}

/// RFC 7644 section 3.5.2: who makes one value the primary one makes the others not.
fn leave_one_primary(before: &[Value], elements: &mut [Value]) {
    let is_primary = |element: &Value| element.get("primary") == Some(&Value::Bool(true));
    if elements.iter().filter(|element| is_primary(element)).count() < 2 {
        return;
    }
    let new = elements
        .iter()
        .rposition(|element| is_primary(element) && !before.contains(element));
    let Some(kept) = new.or_else(|| elements.iter().rposition(is_primary)) else {
        return;
    };
    for (at, element) in elements.iter_mut().enumerate() {
        if at != kept
            && is_primary(element)
            && let Some(members) = element.as_object_mut()
        {
            members.insert("primary".to_owned(), Value::Bool(false));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn patched(kind: ResourceKind, before: Value, operations: Value) -> Result<Value, ScimError> {
        let Value::Object(mut attributes) = before else {
            panic!("not an object");
        };
        let mut body = Map::new();
        body.insert("schemas".to_owned(), json!([PATCH]));
        body.insert("Operations".to_owned(), operations);
        apply(kind, &mut attributes, &body)?;
        Ok(Value::Object(attributes))
    }

    fn user(operations: Value) -> Result<Value, ScimError> {
        let before = json!({
            "userName": "ada", "active": true, "name": { "givenName": "Ada", "familyName": "Okafor" },
            "emails": [{ "value": "a@work", "type": "work", "primary": true }],
        });
        patched(ResourceKind::User, before, operations)
    }

    fn group(operations: Value) -> Result<Value, ScimError> {
        let before = json!({ "displayName": "nurses", "members": [{ "value": "1" }, { "value": "2" }] });
        patched(ResourceKind::Group, before, operations)
    }

    #[test]
    fn what_entra_sends_to_shut_somebody_out() {
        let operations = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        assert_eq!(user(operations).unwrap()["active"], false);
    }

    #[test]
    fn what_okta_sends_to_shut_somebody_out() {
        let operations = json!([{ "op": "replace", "value": { "active": false } }]);
        assert_eq!(user(operations).unwrap()["active"], false);
    }

    #[test]
    fn paths_inside_a_value_without_a_path_are_paths() {
        let operations = json!([{ "op": "Add", "value": {
            "name.givenName": "Eve", "displayName": "Eve O",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "x", "id": "acc_x", "nothing": 1,
        } }]);
        let after = user(operations).unwrap();
        assert_eq!(after["name"], json!({ "givenName": "Eve", "familyName": "Okafor" }));
        assert_eq!(after["displayName"], "Eve O");
        assert!(after.get("nothing").is_none() && after.get("id").is_none());
    }

    #[test]
    fn a_value_is_added_where_the_filter_of_an_add_finds_none() {
        let operations = json!([{ "op": "Add", "path": "emails[type eq \"home\"].value", "value": "a@home" }]);
        assert_eq!(
            user(operations).unwrap()["emails"][1],
            json!({ "type": "home", "value": "a@home" })
        );
    }

    #[test]
    fn a_replacement_where_the_filter_finds_nothing_has_no_target() {
        let operations = json!([{ "op": "replace", "path": "emails[type eq \"home\"].value", "value": "a@home" }]);
        assert_eq!(user(operations).unwrap_err().kind(), Some(ScimType::NoTarget));
        let operations = json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "b@work" }]);
        assert_eq!(user(operations).unwrap()["emails"][0]["value"], "b@work");
    }

    #[test]
    fn one_value_alone_is_the_primary_one() {
        let operations = json!([{ "op": "add", "path": "emails", "value": [{ "value": "b@x", "primary": true }] }]);
        let after = user(operations).unwrap();
        assert_eq!(after["emails"][0]["primary"], false);
        assert_eq!(after["emails"][1]["primary"], true);
    }

    #[test]
    fn what_is_there_is_not_added_again() {
        let same = json!({ "value": "a@work", "type": "work", "primary": true });
        let operations = json!([{ "op": "add", "path": "emails", "value": [same] }]);
        assert_eq!(user(operations).unwrap()["emails"].as_array().unwrap().len(), 1);
        let operations = json!([{ "op": "add", "path": "members", "value": [{ "value": "2" }, { "value": "3" }] }]);
        assert_eq!(group(operations).unwrap()["members"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn members_are_removed_by_filter_and_by_value_and_all_together() {
        let left = |operations| group(operations).unwrap().get("members").cloned();
        let by_filter = json!([{ "op": "remove", "path": "members[value eq \"1\"]" }]);
        assert_eq!(left(by_filter), Some(json!([{ "value": "2" }])));
        let by_value = json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "1" }] }]);
        assert_eq!(left(by_value), Some(json!([{ "value": "2" }])));
        assert_eq!(left(json!([{ "op": "remove", "path": "members" }])), None);
        let absent = json!([{ "op": "remove", "path": "members[value eq \"9\"]" }]);
        assert_eq!(left(absent).unwrap().as_array().unwrap().len(), 2);
    }

    #[test]
    fn members_are_replaced_as_a_whole() {
        let operations = json!([{ "op": "replace", "path": "members", "value": [{ "value": "7" }, { "value": "7" }] }]);
        assert_eq!(group(operations).unwrap()["members"], json!([{ "value": "7" }]));
    }

    #[test]
    fn what_clients_do_not_write_is_refused_by_name() {
        for path in ["id", "meta.version", "groups", "groups[value eq \"x\"]"] {
            let fault = user(json!([{ "op": "replace", "path": path, "value": "x" }])).unwrap_err();
            assert_eq!(fault.kind(), Some(ScimType::Mutability), "{path}");
        }
        let fault = group(json!([{ "op": "replace", "path": "members[value eq \"1\"].value", "value": "2" }]));
        assert_eq!(fault.unwrap_err().kind(), Some(ScimType::Mutability));
    }

    #[test]
    fn operations_that_cannot_be_read_are_refused() {
        for (operation, kind) in [
            (json!({ "op": "move", "path": "userName" }), ScimType::InvalidSyntax),
            (json!({ "op": "remove" }), ScimType::NoTarget),
            (json!({ "op": "add", "value": "x" }), ScimType::InvalidValue),
            (json!({ "op": "add", "path": "displayName" }), ScimType::InvalidValue),
            (
                json!({ "op": "add", "path": "nothing", "value": "x" }),
                ScimType::InvalidPath,
            ),
            (json!({ "op": "add", "path": 7, "value": "x" }), ScimType::InvalidPath),
            (
                json!({ "op": "add", "path": "userName", "value": 7 }),
                ScimType::InvalidValue,
            ),
            (json!("x"), ScimType::InvalidSyntax),
        ] {
            assert_eq!(user(json!([operation])).unwrap_err().kind(), Some(kind), "{operation}");
        }
        assert!(user(json!([])).is_err());
        let mut attributes = Map::new();
        let unnamed = json!({ "Operations": [{ "op": "remove", "path": "displayName" }] });
        assert!(apply(ResourceKind::User, &mut attributes, unnamed.as_object().unwrap()).is_err());
    }

    #[test]
    fn what_is_not_kept_changes_nothing() {
        let before = user(json!([{ "op": "remove", "path": "displayName" }])).unwrap();
        let operations = json!([
            { "op": "Add", "path": "title", "value": "Dr" },
            { "op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "x" },
            { "op": "Replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "x" },
        ]);
        assert_eq!(user(operations).unwrap(), before);
    }

    proptest! {
        #[test]
        fn adding_members_and_removing_them_leaves_what_was_there(new in proptest::collection::btree_set(3_u32..200, 0..20)) {
            let values: Vec<Value> = new.iter().map(|id| json!({ "value": id.to_string() })).collect();
            let operations = json!([
                { "op": "add", "path": "members", "value": values },
                { "op": "remove", "path": "members", "value": values },
            ]);
            // Without a value everything would be removed.
            prop_assume!(!new.is_empty());
            prop_assert_eq!(&group(operations).unwrap()["members"], &json!([{ "value": "1" }, { "value": "2" }]));
        }
    }
}
