//! Schemas and their migrations. A shipped migration is never edited.

use super::StoreError;
use sqlx::migrate::{Migration, Migrator};
use sqlx::{PgPool, SqliteConnection};

static CONTROL: Migrator = sqlx::migrate!("migrations/control");
static TENANT: Migrator = sqlx::migrate!("migrations/tenant");
static TENANT_SQLITE: Migrator = sqlx::migrate!("migrations/tenant_sqlite");
static TENANT_POSTGRES: Migrator = sqlx::migrate!("migrations/tenant_postgres");

/// Which tables a database holds. Both may live in one PostgreSQL database, so each keeps its own record of migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// The registry of tenants.
    Control,
    /// Tenants' own rows.
    Tenant,
}

impl Schema {
    const fn history_table(self) -> &'static str {
        match self {
            Self::Control => "control_migrations",
            Self::Tenant => "tenant_migrations",
        }
    }

    /// The newest migration that this program has for it, whatever the database: versions are dates.
    pub fn newest_version(self) -> i64 {
        let parts: &[&Migrator] = match self {
            Self::Control => &[&CONTROL],
            Self::Tenant => &[&TENANT, &TENANT_SQLITE, &TENANT_POSTGRES],
        };
        let versions = parts
            .iter()
            .flat_map(|part| part.iter())
            .map(|migration| migration.version);
        versions.max().unwrap_or_default()
    }

    fn migrator(self, parts: &[&Migrator]) -> Migrator {
        let migrations: Vec<Migration> = parts.iter().flat_map(|part| part.iter().cloned()).collect();
        let mut migrator = Migrator::with_migrations(migrations);
        migrator.dangerous_set_table_name(self.history_table());
        migrator
    }

    /// Runs what is missing, inside an exclusive lock on PostgreSQL and with SQLite's own lock per migration.
    pub(super) async fn migrate_sqlite(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let migrator = match self {
            Self::Control => self.migrator(&[&CONTROL]),
            Self::Tenant => self.migrator(&[&TENANT, &TENANT_SQLITE]),
        };
        // Two processes that start at once both try; the loser finds the history row there and is done on the second look.
        match migrator.run_direct(None, connection, false).await {
            Ok(()) => Ok(()),
            Err(_) => Ok(migrator.run_direct(None, connection, false).await?),
        }
    }

    /// As for SQLite, with row-level security on every tenant table.
    pub(super) async fn migrate_postgres(self, pool: &PgPool) -> Result<(), StoreError> {
        let migrator = match self {
            Self::Control => self.migrator(&[&CONTROL]),
            Self::Tenant => self.migrator(&[&TENANT, &TENANT_POSTGRES]),
        };
        Ok(migrator.run(pool).await?)
    }
}
