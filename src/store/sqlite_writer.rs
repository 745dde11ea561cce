//! The one SQLite writer, with group commit.
//!
//! A durable commit costs a flush to disk, so transactions that wait for the writer at the same time share one: the
//! first opens a transaction, each later one runs in a savepoint of it, and one COMMIT ends them all. Nobody is told
//! "done" before that COMMIT, and one that fails or is abandoned is rolled back to its savepoint alone.

use super::StoreError;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Executor as _};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

/// A batch is committed at this size even when more are waiting, so that the first in it does not wait for ever.
const LARGEST_BATCH: usize = 128;

type Verdict = Result<(), String>;

/// What the connection is in the middle of.
struct Writer {
    /// `None` after the store was closed.
    connection: Option<SqliteConnection>,
    /// Open outer transaction, with those who finished their part and wait for its COMMIT.
    batch: Option<Vec<oneshot::Sender<Verdict>>>,
    /// A ticket was dropped without commit or rollback; true when it ran in a savepoint.
    abandoned: Option<bool>,
}

impl Writer {
    fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.connection
            .as_mut()
            .ok_or(StoreError::Database(sqlx::Error::PoolClosed))
    }

    /// Undoes what an abandoned ticket did. Whoever cleans may be cancelled too: it counts as done only when it is.
    async fn clean(&mut self) -> Result<(), StoreError> {
        if let Some(in_savepoint) = self.abandoned {
            self.undo(in_savepoint).await?;
            self.abandoned = None;
        }
        Ok(())
    }

    async fn undo(&mut self, in_savepoint: bool) -> Result<(), StoreError> {
        let statement = if in_savepoint {
            "ROLLBACK TO part; RELEASE part"
        } else {
            self.batch = None;
            "ROLLBACK"
        };
        match self.connection()?.execute(statement).await {
            // It was abandoned before its first statement was sent, or after its last.
            Err(error) if is_nothing_to_undo(&error) => Ok(()),
            other => Ok(other.map(drop)?),
        }
    }

    /// Ends the batch and tells everyone in it.
    async fn commit(&mut self) -> Verdict {
        let Some(waiting) = self.batch.take() else {
            return Ok(());
        };
        let verdict = match self.connection() {
            Ok(connection) => connection
                .execute("COMMIT")
                .await
                .map(drop)
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if verdict.is_err()
            && let Some(connection) = self.connection.as_mut()
        {
            // A failed COMMIT may leave the transaction open; the verdict stands whatever the rollback says.
            drop(connection.execute("ROLLBACK").await);
        }
        for sender in waiting {
            // A receiver that has gone away was a cancelled request; its part is committed all the same.
            drop(sender.send(verdict.clone()));
        }
        verdict
    }
}

fn is_nothing_to_undo(error: &sqlx::Error) -> bool {
    let text = error.to_string();
    text.contains("no transaction is active") || text.contains("no such savepoint")
}

/// Hands out the writer, one holder at a time, in the order of asking.
#[derive(Clone)]
pub struct SqliteWriter {
    writer: Arc<Mutex<Writer>>,
    waiting: Arc<AtomicUsize>,
}

impl fmt::Debug for SqliteWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteWriter")
    }
}

/// Counts a caller as waiting until it holds the writer or gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::SeqCst);
        Self(counter)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl SqliteWriter {
    /// Takes over a connection that nothing else writes with.
    pub(super) fn new(connection: SqliteConnection) -> Self {
        let writer = Writer {
            connection: Some(connection),
            batch: None,
            abandoned: None,
        };
        Self {
            writer: Arc::new(Mutex::new(writer)),
            waiting: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// Waits for the writer and opens this caller's part of a transaction.
    pub(super) async fn begin(&self) -> Result<Ticket, StoreError> {
        let mut guard = {
            let _waiting = Waiting::new(&self.waiting);
            self.writer.clone().lock_owned().await
        };
        guard.clean().await?;
        let in_savepoint = guard.batch.is_some();
        // A ticket before its first statement is sent: whoever is cancelled while that is on its way has it undone.
        let mut ticket = Ticket {
            guard: Some(guard),
            writer: self.clone(),
            in_savepoint,
        };
        if in_savepoint {
            ticket.connection()?.execute("SAVEPOINT part").await?;
        } else {
            // IMMEDIATE: a plain BEGIN that reads first fails under load when it turns to writing.
            ticket.connection()?.execute("BEGIN IMMEDIATE").await?;
            if let Some(guard) = ticket.guard.as_mut() {
                guard.batch = Some(Vec::new());
            }
        }
        Ok(ticket)
    }

    /// Commits what is open and closes the connection.
    pub(super) async fn close(&self) {
        let mut guard = self.writer.lock().await;
        drop(guard.clean().await);
        drop(guard.commit().await);
        if let Some(connection) = guard.connection.take() {
            drop(connection.close().await);
        }
    }

    /// Commits the open batch once those who asked for the writer before have had it.
    fn commit_after_those_waiting(&self) {
        let writer = self.clone();
        tokio::spawn(async move {
            let mut guard = writer.writer.lock().await;
            if guard.clean().await.is_ok() {
                drop(guard.commit().await);
            }
        });
    }
}

/// One caller's part of a batch. Dropped without [`Ticket::commit`], it leaves no trace.
pub(super) struct Ticket {
    guard: Option<OwnedMutexGuard<Writer>>,
    writer: SqliteWriter,
    in_savepoint: bool,
}

impl Ticket {
    /// The connection, inside this caller's part.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.guard
            .as_mut()
            .ok_or(StoreError::Database(sqlx::Error::PoolClosed))?
            .connection()
    }

    /// Returns once the batch with this part in it is on disk.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        if self.in_savepoint {
            self.connection()?.execute("RELEASE part").await?;
        }
        // From here on the part is complete: it must not be undone when this future is dropped.
        let Some(mut guard) = self.guard.take() else {
            return Err(StoreError::Database(sqlx::Error::PoolClosed));
        };
        let alone = self.writer.waiting.load(Ordering::SeqCst) == 0;
        let size = guard.batch.as_ref().map_or(0, Vec::len);
        let (sender, verdict) = oneshot::channel();
        if let Some(batch) = guard.batch.as_mut() {
            batch.push(sender);
        }
        if alone || size >= LARGEST_BATCH {
            // In a task of its own: a caller that goes away must not leave the batch half ended.
            tokio::spawn(async move { drop(guard.commit().await) });
        } else {
            if size == 0 {
                self.writer.commit_after_those_waiting();
            }
            drop(guard);
        }
        match verdict.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(reason)) => Err(StoreError::Commit(reason)),
            Err(_) => Err(StoreError::Commit("the writer was closed".into())),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(mut guard) = self.guard.take() else { return };
        guard.abandoned = Some(self.in_savepoint);
        drop(guard);
        if tokio::runtime::Handle::try_current().is_ok() {
            // An open transaction would keep other processes from writing.
            self.writer.commit_after_those_waiting();
        }
    }
}

#[cfg(test)]
mod tests;
