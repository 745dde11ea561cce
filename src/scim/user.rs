//! Users (RFC 7643 section 4.1): what a directory may say of them, and how they are shown.

use super::connection::Connection;
use super::error::{ScimError, ScimType};
use super::request::tag;
use super::schema::{ResourceKind, USER};
use crate::federation::SubjectAttribute;
use crate::federation::provisioning::{email_of, name_of};
use crate::store::tenant::{AccountProfile, ScimGroup, ScimUser, ScimUserKeys};
use serde_json::{Map, Value, json};

/// Longest name at the directory or of the resource, in bytes: a subject has no more (OpenID Connect Core 1.0 section 2).
const LONGEST_NAME: usize = 255;
/// Longest name or address to show, in bytes.
const LONGEST_SHOWN: usize = 254;

/// A user as a directory describes them, checked.
pub(super) struct DescribedUser {
    /// The attributes, as they are kept.
    pub(super) attributes: Map<String, Value>,
    /// By what the user is found.
    pub(super) keys: ScimUserKeys,
    /// By what the provider names the user at sign-in.
    pub(super) subject: String,
}

fn wrong(detail: impl Into<std::borrow::Cow<'static, str>>) -> ScimError {
    ScimError::bad(ScimType::InvalidValue, detail)
}

/// A name: there, and not too long.
fn name(attributes: &Map<String, Value>, attribute: &'static str) -> Result<Option<String>, ScimError> {
    let Some(text) = attributes.get(attribute).and_then(Value::as_str) else {
        return Ok(None);
    };
    if text.trim().is_empty() || text.len() > LONGEST_NAME {
        return Err(wrong(format!("{attribute} has 1 to {LONGEST_NAME} bytes.")));
    }
    Ok(Some(text.to_owned()))
}

impl DescribedUser {
    /// From attributes as they are kept.
    pub(super) fn check(attributes: Map<String, Value>, subject: SubjectAttribute) -> Result<Self, ScimError> {
        let user_name = name(&attributes, "userName")?.ok_or_else(|| wrong("userName is required."))?;
        let external_id = name(&attributes, "externalId")?;
        let subject = match subject {
            SubjectAttribute::UserName => user_name.clone(),
            SubjectAttribute::ExternalId => external_id.clone().ok_or_else(|| {
                wrong("externalId is required: at this connection it is the subject by which users sign in.")
            })?,
        };
        let emails = attributes.get("emails").and_then(Value::as_array);
        let emails = emails.map(Vec::as_slice).unwrap_or_default();
        let is_primary = |email: &&Value| email.get("primary") == Some(&Value::Bool(true));
        // RFC 7643 section 2.4: the primary value is one.
        if emails.iter().filter(is_primary).count() > 1 {
            return Err(wrong("One of the emails is the primary one."));
        }
        let values: Vec<&str> = emails.iter().filter_map(|email| email.get("value")?.as_str()).collect();
        if values.iter().any(|value| value.len() > LONGEST_SHOWN) {
            return Err(wrong(format!("An e-mail address has at most {LONGEST_SHOWN} bytes.")));
        }
        if name_of(&attributes).is_some_and(|name| name.len() > LONGEST_SHOWN) {
            return Err(wrong(format!("A name to show has at most {LONGEST_SHOWN} bytes.")));
        }
        Ok(Self {
            keys: ScimUserKeys {
                user_name: user_name.to_lowercase(),
                external_id,
                emails: values.into_iter().map(str::to_lowercase).collect(),
            },
            subject,
            attributes,
        })
    }

    /// Whether the user may sign in; `None` when the directory does not say.
    pub(super) fn active(&self) -> Option<bool> {
        self.attributes.get("active").and_then(Value::as_bool)
    }

    /// What the account's profile is with this: what sign-in told besides stays.
    pub(super) fn profile(&self, known: &AccountProfile) -> AccountProfile {
        AccountProfile {
            subject: self.subject.clone(),
            name: name_of(&self.attributes).or_else(|| known.name.clone()),
            email: email_of(&self.attributes).or_else(|| known.email.clone()),
            ..known.clone()
        }
    }
}

/// A user as shown.
pub(super) fn shown(connection: &Connection, user: &ScimUser, groups: &[ScimGroup]) -> Map<String, Value> {
    let id = user.account.to_string();
    let mut resource = Map::new();
    resource.insert("schemas".to_owned(), json!([USER]));
    resource.insert("id".to_owned(), json!(id));
    resource.extend(user.details.attributes.clone());
    // What is true here: an administrator can shut out whom the directory lets in.
    if user.disabled && user.details.attributes.contains_key("active") {
        resource.insert("active".to_owned(), json!(false));
    }
    if !groups.is_empty() {
        let groups: Vec<Value> = groups
            .iter()
            .map(|group| {
                let id = group.id.to_string();
                let address = connection.location(ResourceKind::Group.endpoint(), &id);
                json!({ "value": id, "$ref": address, "display": group.details.display_name, "type": "direct" })
            })
            .collect();
        resource.insert("groups".to_owned(), json!(groups));
    }
    let meta = json!({
        "resourceType": ResourceKind::User.as_str(),
        "created": user.created_at.to_rfc3339(),
        "lastModified": user.updated_at.to_rfc3339(),
        "location": connection.location(ResourceKind::User.endpoint(), &id),
        "version": tag(user.version),
    });
    resource.insert("meta".to_owned(), meta);
    resource
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &Value, subject: SubjectAttribute) -> Result<DescribedUser, ScimError> {
        let attributes = ResourceKind::User.canonical(value.as_object().unwrap())?;
        DescribedUser::check(attributes, subject)
    }

    #[test]
    fn the_subject_is_the_attribute_that_the_connection_chose() {
        let user = json!({ "userName": "Ada", "externalId": "X-1" });
        let subject = |subject| check(&user, subject).unwrap().subject;
        assert_eq!(subject(SubjectAttribute::UserName), "Ada");
        assert_eq!(subject(SubjectAttribute::ExternalId), "X-1");
        let nameless = json!({ "userName": "Ada" });
        assert!(check(&nameless, SubjectAttribute::ExternalId).is_err());
        assert!(check(&nameless, SubjectAttribute::UserName).is_ok());
    }

    #[test]
    fn names_have_their_length_and_one_address_is_primary() {
        for user in [
            json!({}),
            json!({ "userName": " " }),
            json!({ "userName": "a".repeat(256) }),
            json!({ "userName": "a", "emails": [{ "value": "a".repeat(255) }] }),
            json!({ "userName": "a", "displayName": "a".repeat(255) }),
            json!({ "userName": "a", "emails": [{ "value": "a", "primary": true }, { "value": "b", "primary": true }] }),
        ] {
            assert!(check(&user, SubjectAttribute::UserName).is_err(), "{user}");
        }
    }
}
