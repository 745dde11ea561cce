//! What can go wrong between a request and its rows.

use crate::keys::envelope::EnvelopeError;
use thiserror::Error;

/// A storage failure. Never shown to a client; endpoints answer with `server_error` or `temporarily_unavailable`.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database could not be reached or refused the statement.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
    /// The statement would break a uniqueness rule: what was to be created exists.
    #[error("a row with this key exists already")]
    Exists,
    /// The batch that held this transaction could not be committed; nothing of it is stored.
    #[error("the commit failed: {0}")]
    Commit(String),
    /// A row's content makes no sense.
    #[error("the content of {table}.{column} is not what this version writes: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What was wrong, without the content.
        reason: String,
    },
    /// A sealed value did not open, or could not be sealed.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The schema could not be brought up to date.
    #[error("the schema could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// This tenant's own database failed repeatedly and is left alone for a while.
    #[error("this tenant's database is unavailable; the next attempt follows shortly")]
    BreakerOpen,
    /// The configuration of a database makes it unfit.
    #[error("{0}")]
    Unfit(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => Self::Exists,
            _ => Self::Database(error),
        }
    }
}

impl StoreError {
    /// A row of `table` holds something unreadable in `column`.
    pub fn corrupt(table: &'static str, column: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Corrupt {
            table,
            column,
            reason: reason.to_string(),
        }
    }

    /// True when trying again later may succeed: the caller answers `temporarily_unavailable`.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Database(_) | Self::Commit(_) | Self::BreakerOpen)
    }
}
