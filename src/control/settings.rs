//! Changing a tenant's settings one member at a time, checked as a whole.

use super::signing_keys::provision_signing_keys;
use super::{Change, ControlError, Platform, Precondition, TenantAdmin};
use crate::tenant::TenantDocument;
use crate::tenant::administrators::AdministratorRule;
use crate::tenant::document::BrandingDocument;
use crate::tenant::roles::{Permission, Permissions};
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
        let change = admin.change_settings(&Precondition::None, |old| {
            let defaults = serde_json::to_value(TenantDocument::default())?;
            let mut value = serde_json::to_value(old)?;
            for (member, text) in members {
                set(&mut value, &defaults, member, text)?;
            }
            let invalid = |error: serde_json::Error| ControlError::invalid("settings", error.to_string());
            serde_json::from_value(value).map_err(invalid)
        });
        let changed = Box::pin(change).await?;
        if changed.0.signing_keys != admin.cx().document().signing_keys {
            self.tenant(slug).await?.maintain_signing_keys().await?;
        }
        Ok(changed)
    }
}

impl TenantAdmin {
    /// The settings as they are stored now.
    pub async fn get_settings(&self) -> Result<TenantDocument, ControlError> {
        self.require(Permission::ReadSettings)?;
        match self.cx.read().await?.find_settings().await? {
            Some(text) => Ok(serde_json::from_str(&text)?),
            None => Ok(TenantDocument::default()),
        }
    }

    /// Changes the settings in one transaction, and checks the result as a whole before it is stored.
    pub async fn change_settings(
        &self,
        precondition: &Precondition,
        change: impl FnOnce(&TenantDocument) -> Result<TenantDocument, ControlError>,
    ) -> Result<(TenantDocument, Change), ControlError> {
        let mut rows = self.begin_change().await?;
        let stored = rows.find_settings().await?;
        let old: TenantDocument = match &stored {
            Some(text) => serde_json::from_str(text)?,
            None => TenantDocument::default(),
        };
        precondition.check(Some(&old))?;
        let new = change(&old)?;
        self.check_settings(&old, &new)?;
        let text = serde_json::to_string(&new)?;
        if stored.as_deref() == Some(&text) {
            // A run before may have been cut off between its change and telling of it.
            drop(rows);
            if !self.is_dry_run() {
                self.announce().await?;
            }
            return Ok((new, Change::Unchanged));
        }
        // Before anything can be asked to sign with them, and outside of this transaction. Whoever changes the settings meanwhile
        // is noticed below.
        if new.signing_keys != old.signing_keys && !self.is_dry_run() {
            drop(rows);
            let (cx, algorithms) = (&self.cx, &new.signing_keys.algorithms);
            provision_signing_keys(cx.store(), algorithms, cx.now(), self.directory.entropy()).await?;
            rows = self.begin_change().await?;
        }
        if !rows.replace_settings(stored.as_deref(), &text, &self.by()).await? {
            return Err(ControlError::Outdated);
        }
        if new.sign_in_traces != old.sign_in_traces {
            let wanted = &new.sign_in_traces;
            rows.curtail_sign_in_traces(wanted.keeps(true), wanted.keeps(false), wanted.kept_for())
                .await?;
        }
        let members = changed_members(&old, &new)?;
        self.record(&mut rows, "settings.changed", None, Some(&members)).await?;
        self.finish(rows).await?;
        // A document without a name shows the registry's, which stays as it is.
        if new.display_name != old.display_name && !new.display_name.is_empty() && !self.is_dry_run() {
            self.rename(&new.display_name).await?;
        }
        Ok((new, Change::Updated))
    }

    /// Whether the actor may make this change, and whether its result is in order.
    fn check_settings(&self, old: &TenantDocument, new: &TenantDocument) -> Result<(), ControlError> {
        if !self.actor().may(Permission::ManageSettings) {
            self.require(Permission::ManageBranding)?;
            let only_looks = TenantDocument {
                display_name: old.display_name.clone(),
                branding: old.branding.clone(),
                help_contact: old.help_contact.clone(),
                privacy_url: old.privacy_url.clone(),
                ..new.clone()
            };
            if only_looks != *old {
                return Err(ControlError::Forbidden(Permission::ManageSettings));
            }
        }
        if old.administrators != new.administrators {
            self.require(Permission::ManageRoles)?;
            self.actor()
                .require_cover(changed_rules(&old.administrators, &new.administrators))?;
        }
        if old.registration != new.registration {
            self.require(Permission::ManageApps)?;
        }
        new.check()
            .map_err(|(member, problem)| ControlError::invalid(member, problem))
    }

    /// Changes colours and logo alone.
    pub async fn set_branding(
        &self,
        branding: BrandingDocument,
        precondition: &Precondition,
    ) -> Result<(BrandingDocument, Change), ControlError> {
        let (document, change) = self
            .change_settings(&Precondition::None, |old| {
                // What was seen is the branding, and other settings may have changed since.
                precondition.check(Some(&old.branding))?;
                Ok(TenantDocument {
                    branding,
                    ..old.clone()
                })
            })
            .await?;
        Ok((document.branding, change))
    }

    /// Brings the registry's name for the tenant up to that of its settings.
    async fn rename(&self, name: &str) -> Result<(), ControlError> {
        let mut control = self.directory.parts().control.begin().await?;
        if let Some(record) = control.find_tenant(self.cx.tenant().slug.as_str()).await? {
            control.rename_tenant(record.id, name, self.cx.now()).await?;
            control.commit().await?;
        }
        self.directory.forget(&self.cx.tenant().slug).await;
        Ok(())
    }
}

/// What the rules that are new, gone or different allow.
fn changed_rules(old: &[AdministratorRule], new: &[AdministratorRule]) -> Permissions {
    let gone = old.iter().filter(|rule| !new.contains(rule));
    let added = new.iter().filter(|rule| !old.contains(rule));
    gone.chain(added)
        .fold(Permissions::default(), |all, rule| all.union(rule.permissions()))
}

/// The names of the members that differ, for the audit log: never their values.
fn changed_members(old: &TenantDocument, new: &TenantDocument) -> Result<String, ControlError> {
    let (old, new) = (serde_json::to_value(old)?, serde_json::to_value(new)?);
    let members = new.as_object().into_iter().flatten();
    let changed: Vec<&str> = members
        .filter(|(name, value)| old.get(name) != Some(value))
        .map(|(name, _)| name.as_str())
        .collect();
    Ok(changed.join(" "))
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
