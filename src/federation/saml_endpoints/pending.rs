//! What is remembered while a message of ours is at a provider, and what came back for it.

use crate::federation::callback::problem_of;
use crate::federation::oidc::UserOutcome;
use crate::kernel::id::SignInTestId;
use crate::kernel::{Secret, Timestamp};
use crate::store::StoreError;
use crate::web::pages::Problem;
use serde::{Deserialize, Serialize};

/// A message of ours that is open; sealed in the store.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Pending {
    /// A sign-in request.
    SignIn {
        /// The request's identifier.
        request: String,
        /// When the user must have proved who they are, at the earliest.
        authenticated_since: Option<Timestamp>,
        /// Contexts of which one must be reached; empty for any.
        contexts: Vec<String>,
        /// The path on this server where the browser goes on.
        return_to: String,
        /// The test that it is.
        #[serde(default)]
        test: Option<SignInTestId>,
    },
    /// A sign-in that the provider began, waiting for the user to say yes.
    Initiated {
        /// The address where the browser goes on, chosen by an administrator.
        target: String,
    },
    /// A logout request.
    Logout {
        /// The request's identifier.
        request: String,
        /// The path on this server where the browser goes on.
        return_to: String,
    },
}

/// What came back.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Answer {
    /// A response that was good when it came.
    Response {
        /// As it came.
        message: String,
    },
    /// A response that was refused, and noted then.
    Refused {
        /// What the user is told.
        user: Told,
    },
}

/// [`UserOutcome`] as it is stored.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    AccessDenied,
    LoginRequired,
    TemporarilyUnavailable,
    ServerError,
}

impl From<UserOutcome> for Told {
    fn from(outcome: UserOutcome) -> Self {
        match outcome {
            UserOutcome::AccessDenied => Self::AccessDenied,
            UserOutcome::LoginRequired => Self::LoginRequired,
            UserOutcome::TemporarilyUnavailable => Self::TemporarilyUnavailable,
            UserOutcome::ServerError => Self::ServerError,
        }
    }
}

impl Told {
    pub(super) const fn problem(self) -> Problem {
        problem_of(match self {
            Self::AccessDenied => UserOutcome::AccessDenied,
            Self::LoginRequired => UserOutcome::LoginRequired,
            Self::TemporarilyUnavailable => UserOutcome::TemporarilyUnavailable,
            Self::ServerError => UserOutcome::ServerError,
        })
    }
}

impl Pending {
    /// The test that it is, if it is one.
    pub(super) const fn test(&self) -> Option<SignInTestId> {
        match self {
            Self::SignIn { test, .. } => *test,
            Self::Initiated { .. } | Self::Logout { .. } => None,
        }
    }
}

pub(super) fn read<T: for<'de> Deserialize<'de>>(stored: &Secret<Vec<u8>>) -> Result<T, StoreError> {
    serde_json::from_slice(stored.expose())
        .map_err(|_| StoreError::corrupt("upstream_sign_ins", "sealed_pending", "not a SAML exchange"))
}

pub(super) fn write(value: &impl Serialize) -> Result<Secret<Vec<u8>>, StoreError> {
    serde_json::to_vec(value)
        .map(Secret::new)
        .map_err(|error| StoreError::corrupt("upstream_sign_ins", "sealed_answer", error))
}
