//! Changing a tenant's settings one member at a time, checked as a whole.

use super::signing_keys::provision_signing_keys;
use super::{Change, ControlError, Platform};
use crate::tenant::{Slug, TenantDocument};
use serde_json::{Map, Value};

impl Platform {
    /// The settings of a tenant; `None` when there is no such tenant.
    pub async fn find_settings(&self, slug: &str) -> Result<Option<TenantDocument>, ControlError> {
        match self.tenant(slug).await {
            Ok(admin) => Ok(Some(admin.cx().document().clone())),
            Err(ControlError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets members of a tenant's settings, named as in the document with a dot between levels: `scope_ceiling`,
    /// `lifetimes.access_token`, `role_ceilings.nurse`. A list is given as JSON or with commas between entries. An empty value
    /// empties a list or text, and removes an optional member or a role. All of them are set, or none.
    pub async fn set_settings(
        &self,
        slug: &str,
        members: &[(String, String)],
    ) -> Result<(TenantDocument, Change), ControlError> {
        let admin = self.tenant(slug).await?;
        let before = admin.cx().read().await?.find_settings().await?;
        let old: TenantDocument = match &before {
            Some(text) => serde_json::from_str(text)?,
            None => TenantDocument::default(),
        };
        let defaults = serde_json::to_value(TenantDocument::default())?;
        let mut value = serde_json::to_value(&old)?;
        for (member, text) in members {
            set(&mut value, &defaults, member, text)?;
        }
        let invalid = |error: serde_json::Error| ControlError::invalid("settings", error.to_string());
        let new: TenantDocument = serde_json::from_value(value).map_err(invalid)?;
        new.check()
            .map_err(|(member, problem)| ControlError::invalid(member, problem))?;
        if new == old {
            return Ok((new, Change::Unchanged));
        }
        // Before anything can be asked to sign with them.
        if new.signing_keys != old.signing_keys {
            let (cx, algorithms) = (admin.cx(), &new.signing_keys.algorithms);
            provision_signing_keys(cx.store(), algorithms, cx.now(), admin.directory.entropy()).await?;
        }
        let text = serde_json::to_string(&new)?;
        let mut rows = admin.cx().begin().await?;
        if !rows
            .replace_settings(before.as_deref(), &text, admin.cx().now())
            .await?
        {
            return Err(ControlError::Conflict(
                "the settings were changed by somebody else at the same time; look at them and try again".into(),
            ));
        }
        rows.commit().await?;
        if new.display_name != old.display_name {
            self.rename_tenant(&Slug::parse(slug)?, &new.display_name).await?;
        }
        admin.announce().await?;
        if new.signing_keys != old.signing_keys {
            self.tenant(slug).await?.maintain_signing_keys().await?;
        }
        Ok((new, Change::Updated))
    }
}

fn set(document: &mut Value, defaults: &Value, member: &str, text: &str) -> Result<(), ControlError> {
    let unknown = || ControlError::invalid(member, "is no setting; `wardkey tenant show --tenant T` lists them all");
    let (name, below) = match member.split_once('.') {
        Some((name, below)) => (name, Some(below)),
        None => (member, None),
    };
    let optional = defaults.get(name).is_none_or(Value::is_null);
    let value = document.get_mut(name).ok_or_else(unknown)?;
    match (below, value) {
        (Some(key), Value::Object(roles)) if name == "role_ceilings" => set_role(roles, key, text),
        (Some(below), inner @ Value::Object(_)) => {
            let defaults = defaults.get(name).unwrap_or(&Value::Null);
            set(inner, defaults, below, text).map_err(|error| match error {
                ControlError::Invalid { problem, .. } => ControlError::invalid(member, problem),
                other => other,
            })
        }
        (Some(_), _) => Err(unknown()),
        (None, value) if optional && text.is_empty() => {
            *value = Value::Null;
            Ok(())
        }
        (None, value) => {
            *value = read(value, member, text)?;
            Ok(())
        }
    }
}

fn set_role(roles: &mut Map<String, Value>, role: &str, text: &str) -> Result<(), ControlError> {
    if role.is_empty() {
        return Err(ControlError::invalid(
            "role_ceilings",
            "give a role: role_ceilings.ROLE=SCOPES",
        ));
    }
    if text.is_empty() {
        roles.remove(role);
    } else {
        roles.insert(role.to_owned(), Value::from(text));
    }
    Ok(())
}

/// A value of the kind that stands there now.
fn read(now: &Value, member: &str, text: &str) -> Result<Value, ControlError> {
    let wrong = |what: &str| ControlError::invalid(member, format!("has to be {what}"));
    let json = || serde_json::from_str::<Value>(text).ok();
    match now {
        Value::Bool(_) => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(wrong("true or false")),
        },
        Value::Number(_) => text
            .parse::<u64>()
            .map(Value::from)
            .map_err(|_| wrong("a whole number; times are in seconds")),
        Value::Array(_) if text.starts_with('[') => json()
            .filter(Value::is_array)
            .ok_or_else(|| wrong("a list, as JSON or with commas")),
        Value::Array(_) => Ok(text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(Value::from)
            .collect()),
        Value::Object(_) => json()
            .filter(Value::is_object)
            .ok_or_else(|| wrong("an object, as JSON; or set its members one by one, with a dot")),
        Value::Null | Value::String(_) => Ok(Value::from(text)),
    }
}
