//! Administration: one set of functions under the command line, the API and the consoles.
//!
//! Every function can be run again: what is there already is found, what differs is changed, and the answer says which.

pub mod accounts;
mod actor;
pub mod app_directory;
mod brands;
pub mod client_changes;
pub mod client_keys;
pub mod clients;
pub mod configuration;
pub mod consents;
pub mod events;
pub mod explain;
pub mod explain_refusal;
mod fhir_hook;
pub mod fhir_users;
pub mod fleet;
pub mod identity_providers;
pub mod inferno;
mod invitations;
pub mod key_maintenance;
pub mod launch_rehearsals;
pub mod launches;
pub mod mapping;
pub mod onboarding;
mod operators;
pub mod patient_directory;
mod platform;
mod precondition;
pub mod provider_checks;
pub mod provider_notices;
pub mod provider_upkeep;
pub mod role_assignments;
pub mod saml_providers;
pub mod scim_tokens;
pub mod sessions;
mod settings;
mod setup_facts;
pub mod setup_links;
pub mod sign_in_methods;
pub mod sign_in_tests;
pub mod sign_in_traces;
pub mod signing_keys;
pub mod tenants;
pub mod usage;
pub mod user_help;
pub mod users;

pub use actor::{Actor, Caller, Origin, permissions_of, reach_of};
pub use fhir_hook::{FhirServerAnswer, FhirServerFinding};
pub use invitations::{NewOperator, NewOwner};
pub use operators::{COMMAND_LINE_CLIENT, OPERATORS};
pub use platform::{Author, Platform, PlatformOptions, TenantAdmin};
use precondition::Guard;
pub use precondition::{Precondition, version_of};
pub use setup_facts::SetupFacts;

use crate::federation::InvalidProvider;
use crate::federation::local::password::PasswordError;
use crate::keys::{EnvelopeError, SigningKeysError};
use crate::oauth::client::InvalidClientId;
use crate::oauth::client_registration::Invalid;
use crate::store::StoreError;
use crate::tenant::roles::Permission;
use crate::tenant::{InvalidSlug, TenantRefusal};
use serde::Serialize;
use thiserror::Error;

/// What a function did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was not there before.
    Created,
    /// It was there and is different now.
    Updated,
    /// It was there, just so.
    Unchanged,
}

impl Change {
    /// What two changes of one thing are together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unchanged, other) => other,
            (own, _) => own,
        }
    }

    /// The printed form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Why something could not be administered. Each says what to do.
#[derive(Debug, Error)]
pub enum ControlError {
    /// Nothing with this name exists.
    #[error("there is no {what} {name}")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The input contradicts what exists.
    #[error("{0}")]
    Conflict(String),
    /// A member of the input is wrong.
    #[error("{member}: {problem}")]
    Invalid {
        /// The member.
        member: String,
        /// What it must be instead.
        problem: String,
    },
    /// The one who asks has no role in administration here.
    #[error("you have no role in the administration here; ask an owner to give you one")]
    NoRole,
    /// An operator signed in with a password alone.
    #[error("sign in with a passkey or a one-time code: operators of the platform need more than a password")]
    SecondFactor,
    /// The one who asks may not do this.
    #[error("your roles do not allow this; it needs the permission {0}")]
    Forbidden(Permission),
    /// It would give somebody more than the one who asks has.
    #[error("this reaches further than your own roles: it involves the permission {0}")]
    BeyondOwnRole(Permission),
    /// What is to be changed is not any more what the one who asks has seen.
    #[error("it was changed by somebody else meanwhile; look at it and try again")]
    Outdated,
    /// The slug is none.
    #[error(transparent)]
    Slug(#[from] InvalidSlug),
    /// The client id is none.
    #[error(transparent)]
    ClientId(#[from] InvalidClientId),
    /// The client's metadata are not in order.
    #[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.member, fault.problem)).collect::<Vec<_>>().join("; "))]
    Client(Vec<Invalid>),
    /// The identity provider's settings are not in order.
    #[error(transparent)]
    Provider(#[from] InvalidProvider),
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key could not be made.
    #[error(transparent)]
    Keys(#[from] SigningKeysError),
    /// A value could not be sealed.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The tenant could not be loaded.
    #[error("the tenant could not be loaded: {0}")]
    Tenant(#[from] TenantRefusal),
    /// A value could not be written as JSON.
    #[error("a value could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl ControlError {
    /// A member of the input is wrong.
    pub fn invalid(member: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid {
            member: member.into(),
            problem: problem.into(),
        }
    }
}
