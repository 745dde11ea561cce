//! Connections: accepting them, how many there may be, and how long a client may take. Everything that a request says is for
//! the router; this ends the connections of those who say nothing, or one byte at a time.

mod pace;
mod timed_stream;

pub use pace::Pace;

use self::pace::{Watch, watch};
use self::timed_stream::TimedStream;
use crate::oauth::limits;
use crate::web::PeerAddress;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch as signal};
use tower::ServiceExt as _;
use tower_http::timeout::TimeoutBody;

/// A connection that is still open this long after the request to stop is cut: no request is allowed to take as long.
const LONGEST_DRAIN: Duration = Duration::from_secs(35);
/// Time to wait after the system had no descriptor left for another connection.
const EXHAUSTED: Duration = Duration::from_millis(200);

/// What a listener allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// How long a client may take.
    pub pace: Pace,
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            pace: Pace::default(),
            connections: 10_000,
        }
    }
}

/// Serves `router` until `stop` resolves, and then until the requests under way have ended.
pub async fn serve(listener: TcpListener, router: Router, limits: ServerLimits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let (stopping, stopped) = signal::channel(false);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        let connection = Connection {
            peer,
            router: router.clone(),
            pace: limits.pace,
            stopped: stopped.clone(),
        };
        tokio::spawn(async move {
            connection.serve(stream).await;
            drop(place);
        });
    }
    drop(listener);
    stopping.send_replace(true);
    // Every place free again: nobody is being served.
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    drop(tokio::time::timeout(LONGEST_DRAIN, places.acquire_many(all)).await);
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are whole when they are written; waiting for more would only delay them.
            drop(stream.set_nodelay(true));
            Some((stream, peer, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(EXHAUSTED).await;
            None
        }
    }
}

/// One connection.
struct Connection {
    peer: SocketAddr,
    router: Router,
    pace: Pace,
    stopped: signal::Receiver<bool>,
}

impl Connection {
    async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self {
            peer,
            router,
            pace,
            mut stopped,
        } = self;
        let (watch, watched) = watch(pace);
        let service = {
            let watch = watch.clone();
            service_fn(move |request| answer(router.clone(), peer, pace, watch.clone(), request))
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Runs while nothing arrives too, so it is what ends an idle connection.
            .header_read_timeout(pace.idle)
            .max_headers(limits::HEADER_COUNT)
            .max_buf_size(limits::HEADER_BYTES)
            .serve_connection(TokioIo::new(TimedStream::new(stream, watch)), service);
        let mut connection = std::pin::pin!(connection);
        let mut overdue = std::pin::pin!(watched.overdue());
        loop {
            tokio::select! {
                ended = &mut connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended badly");
                    }
                    return;
                }
                () = &mut overdue => {
                    tracing::debug!("a connection was cut: the client took too long");
                    return;
                }
                changed = stopped.changed() => {
                    connection.as_mut().graceful_shutdown();
                    if changed.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// Answers one request. From here on the router's own time limit holds, and one for each piece of the body.
async fn answer(
    router: Router,
    peer: SocketAddr,
    pace: Pace,
    watch: Watch,
    request: Request<Incoming>,
) -> Result<axum::response::Response, std::convert::Infallible> {
    watch.head_arrived();
    let mut request = request.map(|body| Body::new(TimeoutBody::new(pace.body, body)));
    request.extensions_mut().insert(PeerAddress(peer));
    let response = router.oneshot(request).await;
    watch.answered();
    response
}
