//! A fresh database for a test, on either kind of server.

use super::postgres::{self, PostgresDatabase};
use tempfile::TempDir;

/// An empty database; it goes away with this value.
#[derive(Debug)]
pub enum Database {
    /// A file in a folder of its own.
    Sqlite(TempDir),
    /// A database on the shared test cluster.
    Postgres(PostgresDatabase),
}

impl Database {
    /// An empty SQLite file. (In memory, each connection of a pool would see a database of its own.)
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().expect("a temporary folder"))
    }

    /// An empty PostgreSQL database, or nothing where PostgreSQL is absent (which is reported).
    pub async fn postgres() -> Option<Self> {
        postgres::database().await.map(Self::Postgres)
    }

    /// The address, in the form the configuration takes.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}", folder.path().join("wardkey.sqlite").display()),
            Self::Postgres(database) => database.url().to_owned(),
        }
    }
}

/// Makes two tests of one: the body runs on SQLite and on PostgreSQL.
///
/// ```ignore
/// on_each_database! {
///     async fn a_code_is_redeemed_once(database: Database) { ... }
/// }
/// ```
macro_rules! on_each_database {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: Database) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a short body may need nothing from around it")]
            use super::*;

            $(#[$attribute])*
            async fn body($database: $crate::support::database::Database) $body

            #[tokio::test]
            async fn on_sqlite() {
                body($crate::support::database::Database::sqlite()).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if let Some(database) = $crate::support::database::Database::postgres().await {
                    body(database).await;
                }
            }
        }
    )+};
}
pub(crate) use on_each_database;
