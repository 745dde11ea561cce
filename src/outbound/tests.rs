//! The guards against real servers on loopback.

use super::*;
use crate::kernel::{ManualClock, Timestamp};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::get;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn client(change: impl FnOnce(&mut OutboundPolicy)) -> (Outbound, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_000)));
    let mut policy = OutboundPolicy {
        allow_loopback: true,
        ..OutboundPolicy::default()
    };
    change(&mut policy);
    (Outbound::new(policy, clock.clone()).unwrap(), clock)
}

fn request(address: SocketAddr) -> OutboundRequest {
    OutboundRequest::get(format!("http://{address}/").parse().unwrap())
}

#[tokio::test]
async fn an_answer_within_the_limits_arrives_whole() {
    let address = serve(Router::new().route("/", get(|| async { ([("x-kind", "plain")], "hello") }))).await;
    let (outbound, _) = client(|_| {});
    let answer = outbound.send("t", request(address)).await.unwrap();
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (StatusCode::OK, b"hello".as_slice())
    );
    assert_eq!(answer.headers["x-kind"], "plain");
}

#[tokio::test]
async fn an_announced_oversize_body_is_refused() {
    let address = serve(Router::new().route("/", get(|| async { "x".repeat(2_000) }))).await;
    let (outbound, _) = client(|policy| policy.max_body = 1_999);
    let refused = outbound.send("t", request(address)).await.unwrap_err();
    assert_eq!(
        refused,
        OutboundError::TooLarge {
            host: "127.0.0.1".into(),
            limit: 1_999
        }
    );
}

#[tokio::test]
async fn an_endless_body_of_unknown_length_is_cut_at_the_cap() {
    let endless = || async {
        Body::from_stream(futures::stream::repeat_with(|| {
            Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1024]))
        }))
    };
    let address = serve(Router::new().route("/", get(endless))).await;
    let (outbound, _) = client(|policy| policy.max_body = 10_000);
    assert!(matches!(
        outbound.send("t", request(address)).await,
        Err(OutboundError::TooLarge { limit: 10_000, .. })
    ));
}

#[tokio::test]
async fn a_body_that_never_ends_meets_the_deadline() {
    let stuck = || async {
        let first = futures::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"half"))]);
        Body::from_stream(futures::StreamExt::chain(first, futures::stream::pending()))
    };
    let address = serve(Router::new().route("/", get(stuck))).await;
    let (outbound, _) = client(|policy| policy.total_timeout = Duration::from_millis(100));
    let refused = outbound.send("t", request(address)).await.unwrap_err();
    assert_eq!(
        refused,
        OutboundError::Timeout {
            host: "127.0.0.1".into()
        }
    );
}

#[tokio::test]
async fn a_redirect_is_reported_and_its_target_never_asked() {
    let hits = Arc::new(AtomicUsize::new(0));
    let seen = hits.clone();
    let target = serve(Router::new().route(
        "/",
        get(move || {
            seen.fetch_add(1, Ordering::SeqCst);
            async { "inside" }
        }),
    ))
    .await;
    let moved = move || async move { (StatusCode::FOUND, [(LOCATION, format!("http://{target}/"))]).into_response() };
    let address = serve(Router::new().route("/", get(moved))).await;
    let (outbound, _) = client(|_| {});
    let refused = outbound.send("t", request(address)).await.unwrap_err();
    assert_eq!(
        refused,
        OutboundError::Redirected {
            host: "127.0.0.1".into(),
            status: 302
        }
    );
    assert_eq!(hits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn every_notation_of_a_local_address_is_refused_before_sending() {
    let (outbound, _) = client(|policy| policy.allow_loopback = false);
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "100.64.0.1",
        "[fe80::1]",
    ] {
        let url: Url = format!("https://{host}:9/x").parse().unwrap();
        let refused = outbound.send("t", OutboundRequest::get(url)).await.unwrap_err();
        assert!(
            matches!(refused, OutboundError::ForbiddenAddress { .. }),
            "{host}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_loopback_is_refused_after_resolution() {
    let (outbound, _) = client(|policy| policy.allow_loopback = false);
    let url: Url = "https://localhost:9/x".parse().unwrap();
    assert_eq!(outbound.check_url(&url), Ok(()), "the name alone says nothing");
    let refused = outbound.send("t", OutboundRequest::get(url)).await.unwrap_err();
    assert_eq!(
        refused,
        OutboundError::ForbiddenAddress {
            host: "localhost".into()
        }
    );
}

#[tokio::test]
async fn plain_http_is_for_loopback_by_the_switch_only() {
    let (open, _) = client(|_| {});
    let (closed, _) = client(|policy| policy.allow_loopback = false);
    let public: Url = "http://example.org/".parse().unwrap();
    let local: Url = "http://localhost:9/".parse().unwrap();
    assert_eq!(open.check_url(&public), Err(UrlRefusal::Scheme.into()));
    assert_eq!(open.check_url(&local), Ok(()));
    assert_eq!(closed.check_url(&local), Err(UrlRefusal::Scheme.into()));
    for url in ["ftp://example.org/", "file:///etc/passwd", "data:text/plain,x"] {
        assert!(open.check_url(&url.parse().unwrap()).is_err(), "{url}");
    }
}

#[tokio::test]
async fn credentials_in_the_url_are_refused() {
    let (outbound, _) = client(|_| {});
    for url in ["https://user@example.org/", "https://:secret@example.org/"] {
        assert_eq!(
            outbound.check_url(&url.parse().unwrap()),
            Err(UrlRefusal::Credentials.into()),
            "{url}"
        );
    }
}

/// A server whose answer is switched between 200 and 503, and which counts its requests.
async fn flapping() -> (SocketAddr, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let status = Arc::new(AtomicUsize::new(503));
    let hits = Arc::new(AtomicUsize::new(0));
    let (answer, seen) = (status.clone(), hits.clone());
    let handler = move || {
        seen.fetch_add(1, Ordering::SeqCst);
        let status = u16::try_from(answer.load(Ordering::SeqCst)).unwrap();
        async move { StatusCode::from_u16(status).unwrap() }
    };
    (serve(Router::new().route("/", get(handler))).await, status, hits)
}

#[tokio::test]
async fn the_breaker_opens_stays_shut_and_closes_after_a_good_probe() {
    let (address, status, hits) = flapping().await;
    let (outbound, clock) = client(|policy| policy.breaker_threshold = 3);
    for _ in 0..3 {
        assert_eq!(
            outbound.send("a", request(address)).await.unwrap().status,
            StatusCode::SERVICE_UNAVAILABLE
        );
    }
    let refused = outbound.send("a", request(address)).await.unwrap_err();
    assert_eq!(
        refused,
        OutboundError::BreakerOpen {
            host: "127.0.0.1".into(),
            retry_after: Duration::from_secs(30)
        }
    );
    assert_eq!(hits.load(Ordering::SeqCst), 3, "an open breaker sends nothing");
    assert!(
        outbound.send("b", request(address)).await.is_ok(),
        "another tenant is not affected"
    );

    clock.advance(Duration::from_secs(30));
    assert!(
        outbound.send("a", request(address)).await.is_ok(),
        "half-open: one probe goes out"
    );
    assert!(matches!(
        outbound.send("a", request(address)).await,
        Err(OutboundError::BreakerOpen { .. })
    ));

    status.store(200, Ordering::SeqCst);
    clock.advance(Duration::from_secs(30));
    for _ in 0..2 {
        assert_eq!(
            outbound.send("a", request(address)).await.unwrap().status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn a_refused_connection_counts_against_the_breaker() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (outbound, _) = client(|policy| policy.breaker_threshold = 1);
    assert!(matches!(
        outbound.send("a", request(address)).await,
        Err(OutboundError::Connect { .. })
    ));
    assert!(matches!(
        outbound.send("a", request(address)).await,
        Err(OutboundError::BreakerOpen { .. })
    ));
}

#[tokio::test]
async fn debug_output_shows_neither_query_nor_body() {
    let url: Url = "https://example.org/token?code=s3cret".parse().unwrap();
    let shown = format!("{:?}", OutboundRequest::post_json(url, b"s3cret".to_vec()));
    assert!(!shown.contains("s3cret"), "{shown}");
}
