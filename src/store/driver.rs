//! The two drivers behind one type, chosen by URL at run time.

use super::sqlite_writer::SqliteWriter;
use super::{Schema, StoreError};
use crate::kernel::Secret;
use crate::kernel::id::TenantId;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool, SqlitePool};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;
use url::Url;

/// Readers beside the one SQLite writer.
const SQLITE_READERS: u32 = 4;
/// Pages of a SQLite connection's cache, in KiB; small, since many tenants may have a database of their own.
const SQLITE_CACHE_KIB: &str = "-1024";

/// Where a database is. May hold a password, so it does not print itself.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL (`postgres://user:password@host:port/database`).
    Postgres(Secret<String>),
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres:(hidden)"),
        }
    }
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(":memory:") {
                return Err(StoreError::Unfit(
                    "a SQLite database needs a file path, such as sqlite:data/control.db".into(),
                ));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            PgConnectOptions::from_str(text)
                .map_err(|error| StoreError::Unfit(format!("the PostgreSQL URL cannot be read: {}", redact(&error))))?;
            return Ok(Self::Postgres(Secret::new(text.to_owned())));
        }
        Err(StoreError::Unfit(
            "a database URL begins with sqlite: or postgres://".into(),
        ))
    }

    /// Where a database of `tenant` alone is, on the PostgreSQL server that this URL leads to.
    pub fn beside(&self, tenant: TenantId) -> Result<Self, StoreError> {
        let unreadable = || StoreError::Unfit("the URL does not lead to a PostgreSQL server".into());
        let Self::Postgres(text) = self else {
            return Err(unreadable());
        };
        let mut url = Url::parse(text.expose()).map_err(|_| unreadable())?;
        url.set_path(&format!("/{}", dedicated_name(tenant)));
        Ok(Self::Postgres(Secret::new(url.into())))
    }

    /// The text form, for sealing.
    pub fn to_text(&self) -> Secret<String> {
        match self {
            Self::Sqlite(path) => Secret::new(format!("sqlite:{}", path.display())),
            Self::Postgres(url) => url.clone(),
        }
    }
}

/// The name of a tenant's own database, made of the tenant's id, so that it needs no quoting.
fn dedicated_name(tenant: TenantId) -> String {
    format!("wardkey_{}", tenant.uuid().simple())
}

/// URL errors may repeat the URL; only their kind is kept.
fn redact(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Configuration(_) => "it is not a valid URL",
        _ => "it was not accepted",
    }
}

/// An open database: pools, and for SQLite the one writer.
#[derive(Clone, Debug)]
pub enum Database {
    /// One writer that commits in batches, a few readers beside it.
    Sqlite {
        /// Serialises writes.
        writer: SqliteWriter,
        /// Read-only connections.
        readers: SqlitePool,
    },
    /// A pool.
    Postgres(PgPool),
}

impl Database {
    /// Opens the database and brings `schema` up to date.
    ///
    /// # Errors
    /// When it cannot be reached or migrated, or when the PostgreSQL role could bypass row-level security.
    pub async fn open(url: &DatabaseUrl, schema: Schema, max_connections: u32) -> Result<Self, StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path, schema).await,
            DatabaseUrl::Postgres(url) => Self::open_postgres(url, schema, max_connections).await,
        }
    }

    async fn open_sqlite(path: &Path, schema: Schema) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            tokio::fs::create_dir_all(folder).await.map_err(|error| {
                StoreError::Unfit(format!("cannot create the folder {}: {error}", folder.display()))
            })?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: a commit that was acknowledged survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", SQLITE_CACHE_KIB)
            .foreign_keys(true)
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        schema.migrate_sqlite(&mut connection).await?;
        // Readers can only open a file that is in WAL mode already, so the writer comes first.
        let readers = SqlitePoolOptions::new()
            .min_connections(0)
            .max_connections(SQLITE_READERS)
            .idle_timeout(Duration::from_mins(5))
            .connect_lazy_with(options.read_only(true).create_if_missing(false));
        Ok(Self::Sqlite {
            writer: SqliteWriter::new(connection),
            readers,
        })
    }

    async fn open_postgres(url: &Secret<String>, schema: Schema, max_connections: u32) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url.expose())?
            .application_name("wardkey")
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .min_connections(0)
            .max_connections(max_connections)
            .acquire_timeout(Duration::from_secs(5))
            .idle_timeout(Duration::from_mins(2))
            .connect_with(options)
            .await?;
        let (bypasses,): (bool,) =
            sqlx::query_as("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
                .fetch_one(&pool)
                .await?;
        if bypasses {
            return Err(StoreError::Unfit(
                "the PostgreSQL role of the server is a superuser or has BYPASSRLS, so row-level security between \
                 tenants would not hold; give the server a role of its own without them"
                    .into(),
            ));
        }
        schema.migrate_postgres(&pool).await?;
        Ok(Self::Postgres(pool))
    }

    /// Makes the database that [`DatabaseUrl::beside`] names, on the server of this one. Making it again is no error.
    pub async fn create_database(&self, tenant: TenantId) -> Result<(), StoreError> {
        let Self::Postgres(pool) = self else {
            return Err(StoreError::Unfit(
                "only a PostgreSQL server has databases to make".into(),
            ));
        };
        let name = dedicated_name(tenant);
        let exists = async || {
            sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
                .bind(&name)
                .fetch_one(pool)
                .await
        };
        if exists().await? {
            return Ok(());
        }
        match sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(pool)
            .await
        {
            Ok(_) => Ok(()),
            // A run beside this one made it first, which PostgreSQL reports in more than one way.
            Err(_) if exists().await? => Ok(()),
            Err(error) => Err(StoreError::Unfit(format!(
                "the database {name} could not be made: {error}; give the server's role CREATEDB, or make a database \
                 yourself and name it"
            ))),
        }
    }

    /// Closes every connection, after writes that were acknowledged are on disk.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// Answers whether a trivial statement runs.
    pub async fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { readers, .. } => sqlx::query("SELECT 1").execute(readers).await.map(drop)?,
            Self::Postgres(pool) => sqlx::query("SELECT 1").execute(pool).await.map(drop)?,
        }
        Ok(())
    }
}
