//! Why the FHIR server gave no answer that can be used.

use crate::outbound::OutboundError;
use crate::store::StoreError;
use axum::http::StatusCode;
use thiserror::Error;

/// Why the directory gave no answer. The texts name hosts, steps and codes, never what was asked.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// The settings cannot be used.
    #[error("the settings of the patient directory cannot be used: {0}")]
    Settings(&'static str),
    /// The token endpoint gave no token.
    #[error("no access token for the FHIR server: {0}")]
    Token(String),
    /// The server refused our credential.
    #[error("the FHIR server refused our credential with status {0}")]
    Refused(StatusCode),
    /// The server did not answer in time.
    #[error("the FHIR server did not answer in time")]
    Slow,
    /// The server could not be reached.
    #[error("the FHIR server cannot be asked: {0}")]
    Unreachable(OutboundError),
    /// The server answered something else than FHIR.
    #[error("the FHIR server answered with status {0} and {1}")]
    Answer(StatusCode, &'static str),
    /// The server does not search by the restriction, so that its answer may hold anybody.
    #[error("the FHIR server did not search by the tenant's restriction")]
    RestrictionIgnored,
    /// The user has nothing that the restriction asks for.
    #[error("the user lacks what the tenant's restriction asks for")]
    NobodyForUser,
    /// A page that was not offered.
    #[error("the page was not offered")]
    UnknownPage,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OutboundError> for DirectoryError {
    fn from(error: OutboundError) -> Self {
        match error {
            OutboundError::Timeout { .. } => Self::Slow,
            other => Self::Unreachable(other),
        }
    }
}

impl DirectoryError {
    /// Whether asking again later may help; otherwise somebody has to mend settings or the FHIR server.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Slow | Self::Store(_) => true,
            Self::Unreachable(error) => error.is_transient(),
            Self::Answer(status, _) => matches!(status.as_u16(), 429 | 500..=599),
            _ => false,
        }
    }
}
