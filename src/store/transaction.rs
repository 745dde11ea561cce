//! Transactions: of one tenant, or of the control database.

use super::sqlite_writer::Ticket;
use super::{Database, StoreError};
use crate::kernel::id::TenantId;
use crate::keys::TenantKeyring;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Sqlite, SqliteConnection};
use std::sync::Arc;

/// Runs a body once for whichever driver the transaction has: the same SQL text serves both.
macro_rules! on_tx {
    ($tx:expr, |$connection:ident| $body:expr) => {
        match $tx.driver()? {
            $crate::store::transaction::DriverConnection::Sqlite($connection) => $body,
            $crate::store::transaction::DriverConnection::Postgres($connection) => $body,
        }
    };
}
pub(super) use on_tx;

/// `text` as it stands inside a pattern of LIKE.
pub(super) fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

enum Held {
    SqliteWriter(Ticket),
    SqliteReader(PoolConnection<Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// The connection under a transaction, by driver. Only for [`on_tx`].
pub(super) enum DriverConnection<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Held {
    async fn write(database: &Database, begin: &'static str, tenant: Option<TenantId>) -> Result<Self, StoreError> {
        match database {
            Database::Sqlite { writer, .. } => Ok(Self::SqliteWriter(writer.begin().await?)),
            Database::Postgres(pool) => Self::postgres(pool, begin, tenant).await,
        }
    }

    async fn read(database: &Database, tenant: Option<TenantId>) -> Result<Self, StoreError> {
        match database {
            Database::Sqlite { readers, .. } => Ok(Self::SqliteReader(readers.acquire().await?)),
            Database::Postgres(pool) => Self::postgres(pool, "BEGIN READ ONLY", tenant).await,
        }
    }

    /// BEGIN and the tenant of row-level security travel in one message. A UUID needs no quoting.
    async fn postgres(pool: &sqlx::PgPool, begin: &'static str, tenant: Option<TenantId>) -> Result<Self, StoreError> {
        let statement = match tenant {
            Some(tenant) => format!("{begin}; SET LOCAL wardkey.tenant = '{}'", tenant.uuid()),
            None => begin.to_owned(),
        };
        let pool = pool.clone();
        // The driver counts a transaction as open from the answer to BEGIN on. Cancelled before that, it would lend the connection
        // again with somebody's transaction open on it; a task of its own is not cancelled, and what nobody takes from it is
        // rolled back.
        let begun = tokio::spawn(async move { pool.begin_with(AssertSqlSafe(statement)).await });
        let begun = begun.await.map_err(|error| StoreError::Unfit(error.to_string()))?;
        Ok(Self::Postgres(begun?))
    }

    fn driver(&mut self) -> Result<DriverConnection<'_>, StoreError> {
        Ok(match self {
            Self::SqliteWriter(ticket) => DriverConnection::Sqlite(ticket.connection()?),
            Self::SqliteReader(connection) => DriverConnection::Sqlite(connection),
            Self::Postgres(transaction) => DriverConnection::Postgres(transaction),
        })
    }

    async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::SqliteWriter(ticket) => ticket.commit().await,
            Self::SqliteReader(_) => Ok(()),
            Self::Postgres(transaction) => Ok(transaction.commit().await?),
        }
    }
}

/// A transaction on one tenant's rows. It binds the tenant itself: no method takes a tenant id.
///
/// Dropped without [`TenantTx::commit`], nothing of it is stored.
pub struct TenantTx {
    held: Held,
    pub(super) tenant: TenantId,
    pub(super) keyring: Arc<TenantKeyring>,
}

impl TenantTx {
    pub(super) async fn write(database: &Database, keyring: Arc<TenantKeyring>) -> Result<Self, StoreError> {
        let tenant = keyring.tenant();
        Ok(Self {
            held: Held::write(database, "BEGIN", Some(tenant)).await?,
            tenant,
            keyring,
        })
    }

    pub(super) async fn read(database: &Database, keyring: Arc<TenantKeyring>) -> Result<Self, StoreError> {
        let tenant = keyring.tenant();
        Ok(Self {
            held: Held::read(database, Some(tenant)).await?,
            tenant,
            keyring,
        })
    }

    pub(super) fn driver(&mut self) -> Result<DriverConnection<'_>, StoreError> {
        self.held.driver()
    }

    /// Returns once everything done in this transaction is durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.held.commit().await
    }
}

/// A transaction on the control database.
pub struct ControlTx {
    held: Held,
}

impl ControlTx {
    pub(super) async fn write(database: &Database) -> Result<Self, StoreError> {
        Ok(Self {
            held: Held::write(database, "BEGIN", None).await?,
        })
    }

    pub(super) async fn read(database: &Database) -> Result<Self, StoreError> {
        Ok(Self {
            held: Held::read(database, None).await?,
        })
    }

    pub(super) fn driver(&mut self) -> Result<DriverConnection<'_>, StoreError> {
        self.held.driver()
    }

    /// Returns once everything done in this transaction is durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.held.commit().await
    }
}
