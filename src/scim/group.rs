//! Groups (RFC 7643 section 4.2): what a directory may say of them, and how they are shown.

use super::connection::Connection;
use super::error::{ScimError, ScimType};
use super::request::tag;
use super::schema::{GROUP, MEMBERS, ResourceKind};
use crate::kernel::id::AccountId;
use crate::store::tenant::{NewScimGroup, ScimGroup};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Longest name of a group, in bytes.
const LONGEST_NAME: usize = 255;

/// A group as a directory describes it, checked.
pub(super) struct DescribedGroup {
    /// What is kept of it.
    pub(super) details: NewScimGroup,
    /// Who is in it.
    pub(super) members: BTreeSet<AccountId>,
}

/// One answer for a user that is not there, and for one that is another's.
pub(super) fn no_such_member() -> ScimError {
    ScimError::bad(
        ScimType::InvalidValue,
        "members name users of this connection by their id; one of them is not there.",
    )
}

impl DescribedGroup {
    /// From attributes as they are kept.
    pub(super) fn check(attributes: &Map<String, Value>) -> Result<Self, ScimError> {
        let text = |name: &'static str| {
            let Some(text) = attributes.get(name).and_then(Value::as_str) else {
                return Ok(None);
            };
            if text.trim().is_empty() || text.len() > LONGEST_NAME {
                let detail = format!("{name} has 1 to {LONGEST_NAME} bytes.");
                return Err(ScimError::bad(ScimType::InvalidValue, detail));
            }
            Ok(Some(text.to_owned()))
        };
        let display_name = text("displayName")?;
        let required = || ScimError::bad(ScimType::InvalidValue, "displayName is required.");
        let members = attributes.get(MEMBERS).and_then(Value::as_array);
        let members = members.map(Vec::as_slice).unwrap_or_default();
        let members = members.iter().map(|member| {
            let kind = member.get("type").and_then(Value::as_str).unwrap_or("User");
            if !kind.eq_ignore_ascii_case("User") {
                return Err(ScimError::bad(
                    ScimType::InvalidValue,
                    "Members are users: groups in groups are not taken.",
                ));
            }
            let id = member.get("value").and_then(Value::as_str);
            id.and_then(|id| id.parse().ok()).ok_or_else(no_such_member)
        });
        Ok(Self {
            details: NewScimGroup {
                display_name: display_name.ok_or_else(required)?,
                external_id: text("externalId")?,
            },
            members: members.collect::<Result<_, _>>()?,
        })
    }
}

/// The attributes of a group, as a change begins with them.
pub(super) fn attributes(group: &ScimGroup, members: &[AccountId]) -> Map<String, Value> {
    let mut attributes = Map::new();
    attributes.insert("displayName".to_owned(), json!(group.details.display_name));
    if let Some(external_id) = &group.details.external_id {
        attributes.insert("externalId".to_owned(), json!(external_id));
    }
    if !members.is_empty() {
        let members: Vec<Value> = members.iter().map(|member| json!({ "value": member })).collect();
        attributes.insert(MEMBERS.to_owned(), json!(members));
    }
    attributes
}

/// A group as shown.
pub(super) fn shown(connection: &Connection, group: &ScimGroup, members: &[AccountId]) -> Map<String, Value> {
    let id = group.id.to_string();
    let mut resource = Map::new();
    resource.insert("schemas".to_owned(), json!([GROUP]));
    resource.insert("id".to_owned(), json!(id));
    resource.extend(attributes(group, &[]));
    if !members.is_empty() {
        let members: Vec<Value> = members
            .iter()
            .map(|member| {
                let id = member.to_string();
                let address = connection.location(ResourceKind::User.endpoint(), &id);
                json!({ "value": id, "$ref": address, "type": "User" })
            })
            .collect();
        resource.insert(MEMBERS.to_owned(), json!(members));
    }
    let meta = json!({
        "resourceType": ResourceKind::Group.as_str(),
        "created": group.created_at.to_rfc3339(),
        "lastModified": group.updated_at.to_rfc3339(),
        "location": connection.location(ResourceKind::Group.endpoint(), &id),
        "version": tag(group.version),
    });
    resource.insert("meta".to_owned(), meta);
    resource
}
