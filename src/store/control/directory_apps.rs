//! The platform's catalogue of apps.

use super::tenants::stored_enum;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::{escape_like, on_tx};
use crate::store::{ControlTx, StoreError};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

stored_enum! {
    /// What the platform made of an app.
    DirectoryState in "directory_apps"."state" {
        /// Its developer submitted it; nobody has looked at it yet.
        Submitted = "submitted",
        /// Tenants may approve it.
        Published = "published",
        /// Not taken; the note says why.
        Rejected = "rejected",
        /// Taken out: no tenant can approve it, and where it was approved it is as good as unknown.
        Withdrawn = "withdrawn",
    }
}

/// An app of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryAppRecord {
    /// The client id, the same at every tenant.
    pub client_id: String,
    /// The name users see.
    pub name: String,
    /// What it is for, in the words of its developer.
    pub summary: String,
    /// Client metadata as JSON (RFC 7591 section 2).
    pub registration: String,
    /// What the platform made of it.
    pub state: DirectoryState,
    /// The platform's words to the developer.
    pub note: Option<String>,
    /// Grows with every change of the registration.
    pub version: i64,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    client_id: String,
    name: String,
    summary: String,
    registration: String,
    state: String,
    note: Option<String>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<Row> for DirectoryAppRecord {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            client_id: row.client_id,
            name: row.name,
            summary: row.summary,
            registration: row.registration,
            state: DirectoryState::from_stored(&row.state)?,
            note: row.note,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl ControlTx {
    /// Adds an app. [`StoreError::Exists`] when its id is taken.
    pub async fn insert_directory_app(
        &mut self,
        app: &DirectoryAppRecord,
        link: Option<Sha256Hash>,
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO directory_apps (client_id, name, summary, registration, state, note, version, link_hash, \
             created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(&app.client_id)
        .bind(&app.name)
        .bind(&app.summary)
        .bind(&app.registration)
        .bind(app.state.as_str())
        .bind(&app.note)
        .bind(app.version)
        .bind(link)
        .bind(app.created_at)
        .bind(app.updated_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Replaces what is there, if it is still at version `seen` and in state `before`. False when it is not.
    pub async fn replace_directory_app(
        &mut self,
        app: &DirectoryAppRecord,
        seen: i64,
        before: DirectoryState,
    ) -> Result<bool, StoreError> {
        let changed = on_tx!(self, |connection| {
            sqlx::query(
            "UPDATE directory_apps SET name = $2, summary = $3, registration = $4, state = $5, note = $6, version = $7, \
             updated_at = $8 WHERE client_id = $1 AND version = $9 AND state = $10",
        )
        .bind(&app.client_id)
        .bind(&app.name)
        .bind(&app.summary)
        .bind(&app.registration)
        .bind(app.state.as_str())
        .bind(&app.note)
        .bind(app.version)
        .bind(app.updated_at)
        .bind(seen)
        .bind(before.as_str())
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        Ok(changed == 1)
    }

    /// The app with this id.
    pub async fn find_directory_app(&mut self, client_id: &str) -> Result<Option<DirectoryAppRecord>, StoreError> {
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT client_id, name, summary, registration, state, note, version, created_at, updated_at \
             FROM directory_apps WHERE client_id = $1",
        )
        .bind(client_id)
        .fetch_optional(connection)
        .await)?
        .map(TryInto::try_into)
        .transpose()
    }

    /// The app whose developer holds this link.
    pub async fn find_directory_app_by_link(
        &mut self,
        link: Sha256Hash,
    ) -> Result<Option<DirectoryAppRecord>, StoreError> {
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT client_id, name, summary, registration, state, note, version, created_at, updated_at \
             FROM directory_apps WHERE link_hash = $1",
        )
        .bind(link)
        .fetch_optional(connection)
        .await)?
        .map(TryInto::try_into)
        .transpose()
    }

    /// Whether the platform took an app out of the catalogue.
    pub async fn is_directory_app_withdrawn(&mut self, client_id: &str) -> Result<bool, StoreError> {
        let state = on_tx!(self, |connection| sqlx::query_scalar::<_, String>(
            "SELECT state FROM directory_apps WHERE client_id = $1"
        )
        .bind(client_id)
        .fetch_optional(connection)
        .await)?;
        Ok(state.is_some_and(|state| state == DirectoryState::Withdrawn.as_str()))
    }

    /// How many apps are in this state, counted up to `most`.
    pub async fn count_directory_apps(&mut self, state: DirectoryState, most: u32) -> Result<i64, StoreError> {
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(*) FROM (SELECT client_id FROM directory_apps WHERE state = $1 LIMIT $2) AS counted"
        )
        .bind(state.as_str())
        .bind(i64::from(most))
        .fetch_one(connection)
        .await)?)
    }

    /// Up to `limit` apps in order of id, after `after`, whose id or name contains `search` (whatever the case) and that are in
    /// this state.
    pub async fn search_directory_apps(
        &mut self,
        search: Option<&str>,
        state: Option<DirectoryState>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<DirectoryAppRecord>, StoreError> {
        let search = search.map(|text| format!("%{}%", escape_like(&text.to_lowercase())));
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT client_id, name, summary, registration, state, note, version, created_at, updated_at \
             FROM directory_apps WHERE client_id > $1 \
             AND ($2 IS NULL OR LOWER(client_id) LIKE $2 ESCAPE '\\' OR LOWER(name) LIKE $2 ESCAPE '\\') \
             AND ($3 IS NULL OR state = $3) ORDER BY client_id LIMIT $4",
        )
        .bind(after)
        .bind(search)
        .bind(state.map(DirectoryState::as_str))
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?
        .into_iter()
        .map(TryInto::try_into)
        .collect()
    }
}
