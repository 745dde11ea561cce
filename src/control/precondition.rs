//! What somebody has seen of a thing that they change: the guard against lost updates (RFC 9110 section 13.1).

use super::{ControlError, TenantAdmin};
use crate::kernel::Sha256Hash;
use crate::store::{StoreError, TenantTx};
use serde::Serialize;

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

impl TenantAdmin {
    /// Begins a change. Changes of one tenant happen one after another, so what is read in this transaction is still so
    /// when it is written.
    pub(super) async fn begin_change(&self) -> Result<TenantTx, StoreError> {
        let mut rows = self.cx.begin().await?;
        rows.lock_administration().await?;
        Ok(rows)
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
