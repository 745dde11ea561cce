//! What somebody has seen of a thing that they change: the guard against lost updates (RFC 9110 section 13.1).

use super::{ControlError, TenantAdmin};
use crate::kernel::Sha256Hash;
use crate::store::TenantTx;
use crate::store::tenant::ResourceName;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

/// What must hold before a change is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    #[default]
    None,
    /// The thing is not there yet (`If-None-Match: *`).
    Absent,
    /// The thing is there, whatever it is (`If-Match: *`).
    Present,
    /// The thing is still one of these versions (`If-Match`).
    Version(Vec<String>),
}

/// The version of a thing as it stands: changes with every change of it.
pub fn version_of(thing: &impl Serialize) -> Result<String, ControlError> {
    let text = serde_json::to_vec(thing)?;
    Ok(Sha256Hash::of(&text).to_base64url().chars().take(27).collect())
}

impl Precondition {
    /// Checks it against what is stored now.
    pub fn check(&self, stored: Option<&impl Serialize>) -> Result<(), ControlError> {
        let holds = match (self, stored) {
            (Self::None, _) | (Self::Absent, None) | (Self::Present, Some(_)) => true,
            (Self::Version(versions), Some(stored)) => versions.contains(&version_of(stored)?),
            _ => false,
        };
        if holds { Ok(()) } else { Err(ControlError::Outdated) }
    }
}

/// What must hold when somebody begins to change a thing by functions that do not ask for it themselves. It is looked at once, in
/// the first transaction that changes anything: what follows there builds on that one.
#[derive(Debug)]
pub(super) struct Guard {
    wanted: Wanted,
    held: AtomicBool,
}

#[derive(Debug)]
enum Wanted {
    /// The last change of the thing is this one.
    LastChange(ResourceName, Uuid),
    /// The identity provider is what the caller has seen.
    Provider(String, Precondition),
}

impl Guard {
    /// Nobody changed `resource` since `change`.
    pub(super) const fn last_change(resource: ResourceName, change: Uuid) -> Self {
        Self::of(Wanted::LastChange(resource, change))
    }

    const fn of(wanted: Wanted) -> Self {
        Self {
            wanted,
            held: AtomicBool::new(false),
        }
    }
}

impl TenantAdmin {
    /// The same, for one change of an identity provider, if that is what the caller has seen.
    #[must_use]
    pub fn if_provider(mut self, alias: &str, precondition: Precondition) -> Self {
        self.guard = Some(Guard::of(Wanted::Provider(alias.to_owned(), precondition)));
        self
    }

    /// Begins a change. Changes of one tenant happen one after another, so what is read in this transaction is still so
    /// when it is written.
    pub(super) async fn begin_change(&self) -> Result<TenantTx, ControlError> {
        let mut rows = self.cx.begin().await?;
        rows.lock_administration().await?;
        if let Some(guard) = &self.guard
            && !guard.held.load(Ordering::Acquire)
        {
            Box::pin(self.check_guard(&mut rows, &guard.wanted)).await?;
            guard.held.store(true, Ordering::Release);
        }
        Ok(rows)
    }

    async fn check_guard(&self, rows: &mut TenantTx, wanted: &Wanted) -> Result<(), ControlError> {
        match wanted {
            Wanted::LastChange(resource, change) => {
                let newest = rows.list_changes(Some(resource), None, 1).await?;
                match newest.first().filter(|newest| newest.id != *change) {
                    None => Ok(()),
                    Some(later) => Err(ControlError::Conflict(format!(
                        "{resource} was changed again since, by {} at {} (change {}); take that back first, or say that it may be \
                         lost",
                        later.actor,
                        later.made_at.to_rfc3339(),
                        later.id
                    ))),
                }
            }
            Wanted::Provider(alias, precondition) => {
                let providers = rows.list_identity_providers().await?;
                let existing = providers
                    .into_iter()
                    .find(|provider| provider.alias == *alias && self.actor().reaches(alias));
                let seen = existing.map(|existing| self.summary_of(existing)).transpose()?;
                precondition.check(seen.as_ref())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_precondition_holds_where_it_should() {
        let (one, other) = (json!({ "a": 1 }), json!({ "a": 2 }));
        let seen = Precondition::Version(vec![version_of(&one).unwrap()]);
        assert!(seen.check(Some(&one)).is_ok());
        assert!(seen.check(Some(&other)).is_err());
        assert!(seen.check(None::<&()>).is_err());
        assert!(Precondition::Absent.check(None::<&()>).is_ok());
        assert!(Precondition::Absent.check(Some(&one)).is_err());
        assert!(Precondition::Present.check(Some(&one)).is_ok());
        assert!(Precondition::Present.check(None::<&()>).is_err());
        assert!(Precondition::None.check(None::<&()>).is_ok());
    }
}
