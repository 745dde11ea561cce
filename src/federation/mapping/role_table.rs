//! From groups to roles: which roles each group of the provider gives.

use super::RuleOutcome;
use super::identity::{self, Identity};
use serde_json::Value;
use std::collections::BTreeMap;

/// Most groups of a table.
const MAX_GROUPS: usize = 2_000;
/// Longest name of a group, in bytes: a distinguished name is long.
const MAX_GROUP: usize = 1_024;
/// Most groups of one user that are looked at.
const MAX_GROUPS_OF_USER: usize = 5_000;

/// The table, ready for use.
#[derive(Debug, Default)]
pub(super) struct RoleTable(BTreeMap<String, Vec<String>>);

/// What is wrong with a table.
pub(super) fn fault(table: &BTreeMap<String, Vec<String>>) -> Option<String> {
    if table.len() > MAX_GROUPS {
        return Some(format!("groupRoles has more than {MAX_GROUPS} groups"));
    }
    let shaped = |group: &str| !group.is_empty() && group.len() <= MAX_GROUP && !group.chars().any(char::is_control);
    let usable = table
        .iter()
        .all(|(group, roles)| shaped(group) && !roles.is_empty() && roles.iter().all(|role| identity::is_role(role)));
    (!usable).then(|| {
        format!(
            "every entry of groupRoles is a group of 1 to {MAX_GROUP} bytes and a role of 1 to 128, or a list of roles"
        )
    })
}

impl RoleTable {
    pub(super) fn new(table: &BTreeMap<String, Vec<String>>) -> Self {
        Self(table.clone())
    }

    /// Gives the user the roles of their groups. Names of groups are compared exactly, as they were sent.
    pub(super) fn give(&self, value: &Value, identity: &mut Identity, note: &mut Option<String>) -> RuleOutcome {
        let groups = match value {
            Value::Null => return RuleOutcome::Empty,
            Value::Array(items) => items.as_slice(),
            single @ Value::String(_) => std::slice::from_ref(single),
            _ => return RuleOutcome::Failed("groups are a list of strings, or one string".into()),
        };
        if groups.len() > MAX_GROUPS_OF_USER {
            return RuleOutcome::Failed(format!("more than {MAX_GROUPS_OF_USER} groups"));
        }
        let mut known = 0_usize;
        let mut roles = identity.roles.clone();
        for group in groups {
            let Value::String(group) = group else {
                return RuleOutcome::Failed("every group must be a string".into());
            };
            let Some(given) = self.0.get(group) else { continue };
            known += 1;
            for role in given {
                if !roles.contains(role) {
                    roles.push(role.clone());
                }
            }
        }
        *note = Some(format!("{} sent, of which {known} in the table", count(groups.len())));
        if known == 0 {
            return RuleOutcome::Empty;
        }
        if roles.len() > identity::MAX_ROLES {
            return RuleOutcome::Failed("more than 200 roles".into());
        }
        identity.roles = roles;
        RuleOutcome::Matched
    }
}

fn count(groups: usize) -> String {
    match groups {
        1 => "1 group".to_owned(),
        other => format!("{other} groups"),
    }
}
