//! What differs between two states of something configured, member by member.

use serde::Serialize;
use serde_json::Value;

/// What is shown in place of a secret.
const HIDDEN: &str = "(hidden)";
/// Texts longer than this, such as logos and metadata, are shown by their beginning.
const LONGEST_SHOWN: usize = 200;
/// Members whose values are secrets, or stand for them.
const SECRET_MEMBERS: [&str; 2] = ["secret", "secrets"];

/// One member that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberChange {
    /// The member, with a dot between levels: `lifetimes.access_token`. Empty when the whole is no object.
    pub member: String,
    /// As it was; none when it was not there.
    pub before: Option<Value>,
    /// As it becomes; none when it is not there any more.
    pub after: Option<Value>,
}

/// The members that differ, in order of name. A member that is null counts as absent. Lists are compared as a whole.
///
/// Values of secrets are hidden: that they differ shows, and nothing else.
pub fn difference(before: Option<&Value>, after: Option<&Value>) -> Vec<MemberChange> {
    let mut changes = Vec::new();
    compare("", before, after, &mut changes);
    for change in &mut changes {
        let secret = change.member.split('.').any(|part| SECRET_MEMBERS.contains(&part));
        for value in [&mut change.before, &mut change.after].into_iter().flatten() {
            if secret {
                *value = Value::from(HIDDEN);
            } else {
                shorten(value);
            }
        }
    }
    changes
}

fn compare(member: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<MemberChange>) {
    let before = before.filter(|value| !value.is_null());
    let after = after.filter(|value| !value.is_null());
    if before == after {
        return;
    }
    let object = |value: Option<&Value>| value.is_none_or(Value::is_object);
    if object(before) && object(after) {
        let members = |value: Option<&Value>| -> Vec<String> {
            let object = value.and_then(Value::as_object);
            object.into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        let mut names = members(before);
        names.extend(members(after));
        names.sort();
        names.dedup();
        for name in names {
            let path = if member.is_empty() {
                name.clone()
            } else {
                format!("{member}.{name}")
            };
            let within = |value: Option<&'_ Value>| value.and_then(|value| value.get(&name)).cloned();
            compare(&path, within(before).as_ref(), within(after).as_ref(), changes);
        }
        return;
    }
    changes.push(MemberChange {
        member: member.to_owned(),
        before: before.cloned(),
        after: after.cloned(),
    });
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > LONGEST_SHOWN => {
            let shown: String = text.chars().take(60).collect();
            *text = format!("{shown}... ({} characters)", text.chars().count());
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(members) => members.values_mut().for_each(shorten),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn members(before: &Value, after: &Value) -> Vec<String> {
        difference(Some(before), Some(after))
            .into_iter()
            .map(|change| change.member)
            .collect()
    }

    #[test]
    fn equal_states_differ_in_nothing_and_null_is_absence() {
        let state = json!({ "a": 1, "b": null, "c": { "d": [1, 2] } });
        assert!(difference(Some(&state), Some(&json!({ "a": 1, "c": { "d": [1, 2] } }))).is_empty());
        assert!(difference(None, None).is_empty());
    }

    #[test]
    fn inner_members_are_named_with_their_path_and_lists_are_whole() {
        let before = json!({ "a": 1, "c": { "d": [1, 2], "e": "x" } });
        let after = json!({ "b": 1, "c": { "d": [2, 1], "e": "x" } });
        assert_eq!(members(&before, &after), ["a", "b", "c.d"]);
    }

    #[test]
    fn what_appears_or_goes_is_listed_member_by_member() {
        let state = json!({ "a": 1, "b": { "c": 2 } });
        let made = difference(None, Some(&state));
        assert_eq!(made.len(), 2);
        assert!(made.iter().all(|change| change.before.is_none()));
        let removed = difference(Some(&state), None);
        assert!(removed.iter().all(|change| change.after.is_none()));
    }

    #[test]
    fn a_secret_that_changes_shows_only_that_it_does() {
        let change = difference(Some(&json!({ "secret": "one" })), Some(&json!({ "secret": "two" })));
        assert_eq!(change.len(), 1);
        assert_eq!(change[0].before, Some(json!("(hidden)")));
        assert_eq!(change[0].after, Some(json!("(hidden)")));
        let lists = difference(
            Some(&json!({ "secrets": [{ "hash": "x" }] })),
            Some(&json!({ "secrets": [] })),
        );
        assert!(!json!(lists).to_string().contains("\"x\""));
    }

    #[test]
    fn a_long_text_is_shown_by_its_beginning() {
        let change = difference(None, Some(&json!({ "logo": "A".repeat(5000) })));
        let shown = change[0].after.as_ref().unwrap().as_str().unwrap();
        assert!(shown.len() < 100 && shown.contains("5000"), "{shown}");
    }
}
