//! Accounts that a directory provisions (RFC 7644) meet those who sign in: one account, known from both sides.
//!
//! What an assertion says of a user is refreshed at each sign-in; what the directory says holds until it says something else. An
//! account's roles are those of its last assertion and those of its groups at the directory.

use super::IdentityProvider;
use crate::kernel::id::AccountId;
use crate::store::tenant::{AccountProfile, ScimUser};
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use serde_json::{Map, Value};

/// Most roles of one user.
const MOST_ROLES: usize = 200;

/// The name to show of a provisioned user (RFC 7643 section 4.1.1): the display name, the whole name, or its parts.
pub fn name_of(attributes: &Map<String, Value>) -> Option<String> {
    let text = |members: &Map<String, Value>, name: &str| {
        let text = members.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let parts = attributes.get("name").and_then(Value::as_object);
    text(attributes, "displayName")
        .or_else(|| text(parts?, "formatted"))
        .or_else(|| {
            let parts = [text(parts?, "givenName"), text(parts?, "familyName")];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        })
}

/// The e-mail address of a provisioned user: the primary one, or the first.
pub fn email_of(attributes: &Map<String, Value>) -> Option<String> {
    let emails = attributes.get("emails")?.as_array()?;
    let is_primary = |email: &&Value| email.get("primary") == Some(&Value::Bool(true));
    let email = emails.iter().find(is_primary).or_else(|| emails.first())?;
    email.get("value")?.as_str().map(str::to_owned)
}

/// The roles that the user's groups at the directory give.
async fn roles_by_groups(
    tx: &mut TenantTx,
    provider: &IdentityProvider,
    account: AccountId,
) -> Result<Vec<String>, StoreError> {
    let groups = tx.list_scim_groups_of(provider.id, account).await?;
    // A table names groups as assertions do: by name, or by the directory's own id.
    let names = groups
        .iter()
        .flat_map(|group| [Some(&group.details.display_name), group.details.external_id.as_ref()])
        .flatten();
    Ok(provider.roles_of_groups(names.map(String::as_str)))
}

/// What `given` adds to `asserted`, within the number of roles that a user can have.
fn added(asserted: &[String], given: Vec<String>) -> Vec<String> {
    let mut added: Vec<String> = Vec::new();
    for role in given {
        if asserted.len() + added.len() < MOST_ROLES && !asserted.contains(&role) && !added.contains(&role) {
            added.push(role);
        }
    }
    added
}

/// Completes what an assertion says of a user with what the directory says: roles of groups, and a name and an address where the
/// assertion has none.
pub(super) async fn complete(
    cx: &TenantCx,
    tx: &mut TenantTx,
    provider: &IdentityProvider,
    profile: &mut AccountProfile,
) -> Result<(), StoreError> {
    let Some(account) = tx.find_account_by_subject(provider.id, &profile.subject).await? else {
        return Ok(());
    };
    let Some(mut user) = tx.hold_scim_user(provider.id, account.id).await? else {
        return Ok(());
    };
    let attributes = &user.details.attributes;
    profile.name = profile.name.take().or_else(|| name_of(attributes));
    profile.email = profile.email.take().or_else(|| email_of(attributes));
    let given = roles_by_groups(tx, provider, account.id).await?;
    let given = added(&profile.roles, given);
    profile.roles.extend(given.iter().cloned());
    if given != user.details.given_roles {
        user.details.given_roles = given;
        tx.replace_scim_user_roles(&user, false, cx.now(), cx.entropy()).await?;
    }
    Ok(())
}

/// Brings an account's roles up to its groups at the directory, at once. The user's version rises: its groups are not the same.
pub async fn refresh_roles(
    cx: &TenantCx,
    tx: &mut TenantTx,
    provider: &IdentityProvider,
    account: AccountId,
) -> Result<(), StoreError> {
    let Some(mut user) = tx.hold_scim_user(provider.id, account).await? else {
        return Ok(());
    };
    let Some(stored) = tx.find_account(account).await? else {
        return Ok(());
    };
    let mut profile = stored.profile.clone();
    take_given_roles(&mut profile, &user);
    let given = roles_by_groups(tx, provider, account).await?;
    user.details.given_roles = added(&profile.roles, given);
    profile.roles.extend(user.details.given_roles.iter().cloned());
    tx.replace_scim_user_roles(&user, true, cx.now(), cx.entropy()).await?;
    if profile != stored.profile {
        tx.replace_account_profile(&stored, &profile, cx.entropy()).await?;
    }
    Ok(())
}

/// Leaves the roles that the last assertion gave.
pub fn take_given_roles(profile: &mut AccountProfile, user: &ScimUser) {
    profile.roles.retain(|role| !user.details.given_roles.contains(role));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn name(value: &Value) -> Option<String> {
        name_of(value.as_object().unwrap())
    }

    #[test]
    fn the_name_is_the_display_name_then_the_whole_one_then_its_parts() {
        let parts = json!({ "givenName": "Ada", "familyName": "Okafor" });
        let all = json!({ "displayName": "Dr Okafor", "name": parts });
        assert_eq!(name(&all).as_deref(), Some("Dr Okafor"));
        assert_eq!(
            name(&json!({ "name": { "formatted": "A. Okafor" } })).as_deref(),
            Some("A. Okafor")
        );
        assert_eq!(name(&json!({ "name": parts })).as_deref(), Some("Ada Okafor"));
        assert_eq!(name(&json!({ "displayName": " " })), None);
    }

    #[test]
    fn the_address_is_the_primary_one_or_the_first() {
        let two = json!({ "emails": [{ "value": "a@x" }, { "value": "b@x", "primary": true }] });
        assert_eq!(email_of(two.as_object().unwrap()).as_deref(), Some("b@x"));
        let one = json!({ "emails": [{ "value": "a@x" }] });
        assert_eq!(email_of(one.as_object().unwrap()).as_deref(), Some("a@x"));
    }

    #[test]
    fn a_role_that_the_assertion_gives_too_is_not_added() {
        let asserted = ["nurse".to_owned()];
        let given = vec!["nurse".to_owned(), "physician".to_owned(), "physician".to_owned()];
        assert_eq!(added(&asserted, given), ["physician"]);
    }
}
