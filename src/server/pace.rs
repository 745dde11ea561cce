//! How long a client may take, and watching over it.
//!
//! A connection that is open but idle costs little and saves the next handshake, so it may wait long. A request that has
//! begun has to come quickly: one that arrives a byte at a time keeps a place from others.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::time::Instant;

/// How long a client may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the first byte of a request to the end of its header; a new connection has as long for its first request.
    pub header: Duration,
    /// Between two requests of a connection.
    pub idle: Duration,
    /// Between two pieces of a body.
    pub body: Duration,
    /// Without taking anything of an answer.
    pub write: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(10),
            // Longer than proxies keep connections by default (60 seconds): the proxy ends them, not we beneath its request.
            idle: Duration::from_secs(75),
            body: Duration::from_secs(10),
            write: Duration::from_secs(20),
        }
    }
}

/// What a connection waits for from its client.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    /// A header of which something has arrived: since when.
    header: Option<Instant>,
    /// A request is being answered: what arrives is its body.
    answering: bool,
    /// Room for more of an answer: since when.
    room: Option<Instant>,
}

/// One side of the watch: what happens on the connection.
#[derive(Clone)]
pub(super) struct Watch(Arc<signal::Sender<Waiting>>);

/// The other side: resolves when the client takes too long.
pub(super) struct Watched {
    waiting: signal::Receiver<Waiting>,
    pace: Pace,
}

/// Watches over a connection that was accepted just now.
pub(super) fn watch(pace: Pace) -> (Watch, Watched) {
    let first = Waiting {
        header: Some(Instant::now()),
        ..Waiting::default()
    };
    let (sender, waiting) = signal::channel(first);
    (Watch(Arc::new(sender)), Watched { waiting, pace })
}

impl Watch {
    /// Bytes arrived.
    pub(super) fn bytes_arrived(&self) {
        self.0.send_if_modified(|waiting| {
            let begins = !waiting.answering && waiting.header.is_none();
            if begins {
                waiting.header = Some(Instant::now());
            }
            begins
        });
    }

    /// A whole header arrived.
    pub(super) fn head_arrived(&self) {
        self.0.send_modify(|waiting| {
            waiting.header = None;
            waiting.answering = true;
        });
    }

    /// The answer is there, and on its way.
    pub(super) fn answered(&self) {
        self.0.send_modify(|waiting| waiting.answering = false);
    }

    /// The client takes nothing more for now, or takes something again.
    pub(super) fn stalled(&self, stalled: bool) {
        self.0.send_if_modified(|waiting| {
            if waiting.room.is_some() == stalled {
                return false;
            }
            waiting.room = stalled.then(Instant::now);
            true
        });
    }
}

impl Watched {
    /// Resolves when the client takes too long; never, while it does not.
    pub(super) async fn overdue(mut self) {
        loop {
            let waiting = *self.waiting.borrow_and_update();
            let header = waiting.header.map(|since| since + self.pace.header);
            let room = waiting.room.map(|since| since + self.pace.write);
            let due = [header, room].into_iter().flatten().min();
            let changed = match due {
                Some(due) => tokio::select! {
                    () = tokio::time::sleep_until(due) => return,
                    changed = self.waiting.changed() => changed,
                },
                None => self.waiting.changed().await,
            };
            if changed.is_err() {
                // The connection is over.
                return std::future::pending().await;
            }
        }
    }
}
