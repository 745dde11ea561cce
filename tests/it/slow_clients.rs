//! Clients that say nothing, or one byte at a time, lose their connection; others are served meanwhile.

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use wardkey::oauth::limits;
use wardkey::server::{Pace, ServerLimits, serve};
use wardkey::web::request_body;

/// Short enough to wait for, and far apart, so that it is plain which one ended a connection.
const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_mins(5);
/// What a test waits at most before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

async fn body(request: axum::extract::Request) -> String {
    match request_body::read(request.into_body(), limits::FORM_BODY).await {
        Ok(bytes) => format!("{} bytes", bytes.len()),
        Err(fault) => fault.to_string(),
    }
}

async fn large() -> Bytes {
    Bytes::from(vec![b'x'; 64 * 1024 * 1024])
}

impl Server {
    async fn start(limits: ServerLimits) -> Self {
        let router = Router::new()
            .route("/", get(|| async { "served" }))
            .route("/body", post(body))
            .route("/large", get(large));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, asked) = tokio::sync::oneshot::channel();
        let stopped = async { drop(asked.await) };
        let task = tokio::spawn(async move { serve(listener, router, limits, stopped).await });
        Self {
            address,
            stop: Some(stop),
            task,
        }
    }

    async fn with(pace: Pace) -> Self {
        let defaults = ServerLimits::default();
        Self::start(ServerLimits { pace, ..defaults }).await
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

const PATIENT: Pace = Pace {
    header: LONG,
    idle: LONG,
    body: LONG,
    write: LONG,
};

/// Everything that comes until the server ends the connection.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await;
    // A reset is an end too.
    drop(read.expect("the server ends the connection"));
    String::from_utf8_lossy(&text).into_owned()
}

/// One answer of a connection that stays open.
async fn answer(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut piece = [0; 1024];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut piece))
            .await
            .unwrap()
            .unwrap();
        assert_ne!(read, 0, "closed after: {text}");
        text.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    text
}

#[tokio::test]
async fn a_header_that_arrives_a_byte_at_a_time_ends_the_connection() {
    let server = Server::with(Pace {
        header: SHORT,
        ..PATIENT
    })
    .await;
    let (mut reading, mut writing) = server.connect().await.into_split();
    let drip = tokio::spawn(async move {
        for byte in "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "
            .bytes()
            .chain(std::iter::repeat(b'a'))
        {
            if writing.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(SHORT / 10).await;
        }
    });
    let mut text = Vec::new();
    let read = tokio::time::timeout(PATIENCE, reading.read_to_end(&mut text)).await;
    drop(read.expect("the server ends the connection"));
    assert!(text.is_empty(), "nothing was answered");
    drip.abort();
}

#[tokio::test]
async fn a_new_connection_that_says_nothing_is_ended() {
    let server = Server::with(Pace {
        header: SHORT,
        ..PATIENT
    })
    .await;
    assert_eq!(until_closed(&mut server.connect().await).await, "");
}

#[tokio::test]
async fn an_idle_connection_outlives_the_time_for_a_header_and_ends_by_its_own() {
    let server = Server::with(Pace {
        header: SHORT,
        idle: SHORT * 5,
        ..PATIENT
    })
    .await;
    let mut stream = server.connect().await;
    for _ in 0..2 {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(answer(&mut stream, "served").await.starts_with("HTTP/1.1 200"));
        tokio::time::sleep(SHORT * 2).await;
    }
    until_closed(&mut stream).await;
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_refused() {
    let server = Server::with(Pace { body: SHORT, ..PATIENT }).await;
    let mut stream = server.connect().await;
    let head = b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome";
    stream.write_all(head).await.unwrap();
    let text = answer(&mut stream, "in time.").await;
    assert!(text.contains("The body did not arrive in time."), "{text}");
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut() {
    let server = Server::with(Pace {
        write: SHORT,
        ..PATIENT
    })
    .await;
    let mut stream = server.connect().await;
    stream
        .write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(SHORT * 5).await;
    let text = until_closed(&mut stream).await;
    assert!(text.len() < 64 * 1024 * 1024, "cut before its end");
}

#[tokio::test]
async fn slow_clients_do_not_keep_others_waiting() {
    let server = Server::with(Pace {
        header: LONG,
        ..PATIENT
    })
    .await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
        slow.push(stream);
    }
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream, "served").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_place_that_a_slow_client_held_is_free_again() {
    let pace = Pace {
        header: SHORT,
        ..PATIENT
    };
    let server = Server::start(ServerLimits { pace, connections: 2 }).await;
    let mut slow = (server.connect().await, server.connect().await);
    slow.0.write_all(b"GET").await.unwrap();
    slow.1.write_all(b"GET").await.unwrap();
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream, "served").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn too_many_header_lines_are_refused() {
    let server = Server::with(PATIENT).await;
    let mut stream = server.connect().await;
    let lines = "x-line: 1\r\n".repeat(limits::HEADER_COUNT + 1);
    let request = format!("GET / HTTP/1.1\r\nHost: x\r\n{lines}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(until_closed(&mut stream).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn a_server_that_stops_ends_idle_connections_and_is_done() {
    let mut server = Server::with(PATIENT).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    answer(&mut stream, "served").await;
    server.stop.take().unwrap().send(()).unwrap();
    until_closed(&mut stream).await;
    tokio::time::timeout(PATIENCE, &mut server.task).await.unwrap().unwrap();
}
