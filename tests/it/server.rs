//! What every answer has around it, whichever endpoint gives it.

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::{Request, header};
use std::io::Write;
use std::sync::{Arc, Mutex};
use wardkey::web::route_table::RouteTable;

async fn get(app: &TestApp, path: &str) -> Response {
    app.router.send(Request::get(path).empty()).await
}

#[tokio::test]
async fn every_answer_names_its_request_and_takes_no_name_from_outside() {
    let app = TestApp::new().await;
    let id = |answer: &Response| answer.header("x-request-id").unwrap().to_owned();
    let one = id(&get(&app, "/healthz").await);
    let other = id(&get(&app, "/nowhere").await);
    assert!(one.starts_with("req_") && other.starts_with("req_") && one != other);
    let request = Request::get("/healthz")
        .header("x-request-id", "chosen-outside")
        .empty();
    let answer = app.router.send(request).await;
    assert!(id(&answer).starts_with("req_"), "{answer}");
}

#[tokio::test]
async fn every_answer_insists_on_tls_and_on_its_content_type() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for path in [
        "/healthz",
        "/nowhere",
        "/static/none.css",
        &tenant.path("jwks"),
        &tenant.path("authorize"),
    ] {
        let answer = get(&app, path).await;
        let policy = answer.header("strict-transport-security");
        assert_eq!(policy, Some("max-age=31536000; includeSubDomains"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    let plain = TestApp::at(Database::sqlite(), "http://localhost:8080").await;
    // RFC 6797 section 7.2: never over plain http.
    assert!(
        get(&plain, "/healthz")
            .await
            .header("strict-transport-security")
            .is_none()
    );
}

#[tokio::test]
async fn an_unknown_address_is_a_page_for_people_and_empty_for_programs() {
    let app = TestApp::new().await;
    let answer = get(&app, "/nowhere").await.assert_status(404);
    assert!(answer.body.is_empty());
    let request = Request::get("/nowhere").header(header::ACCEPT, "text/html,*/*").empty();
    let page = app.router.send(request).await.assert_status(404);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.header("content-security-policy").is_some() && page.text().contains("<h1"));
}

#[tokio::test]
async fn a_panic_is_answered_and_named_like_anything_else() {
    async fn broken() -> &'static str {
        panic!("a secret of the handler")
    }
    let app = TestApp::new().await;
    let router = app.app.router_with(RouteTable::new().get("/broken", broken));
    let answer = router.send(Request::get("/broken").empty()).await.assert_status(500);
    assert!(answer.header("x-request-id").is_some() && answer.header("strict-transport-security").is_some());
    assert!(answer.body.is_empty(), "what went wrong inside stays inside");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let large = "x".repeat(70_000);
    let answer = tenant
        .token(&[("grant_type", "refresh_token"), ("refresh_token", &large)])
        .await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert_ne!(answer.status, 401, "refused for its size, before anything is read");
}

#[tokio::test]
async fn the_server_is_ready_while_its_registry_answers() {
    let app = TestApp::new().await;
    get(&app, "/readyz").await.assert_status(200);
    app.platform.close().await;
    get(&app, "/readyz").await.assert_status(503);
    get(&app, "/healthz").await.assert_status(200);
}

/// What was logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_leaves_one_line_with_tenant_and_route_and_without_what_it_carried() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || written.clone())
        .finish();
    // Without a default of the process, an event first met by another test's thread while this one subscribes may be remembered
    // as wanted by nobody.
    let _set_before = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();
    let answer = get(
        &app,
        &format!("{}?login_hint=pat.morgan&state=private", tenant.path("authorize")),
    )
    .await;
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let answered: Vec<_> = text.lines().filter(|line| line.contains("\"answered\"")).collect();
    assert_eq!(answered.len(), 1, "{text}");
    let line: serde_json::Value = serde_json::from_str(answered[0]).unwrap();
    assert_eq!(line["fields"]["route"], "/{tenant}/auth/authorize");
    assert_eq!(line["fields"]["method"], "GET");
    assert_eq!(line["fields"]["status"], answer.status.as_u16());
    assert!(line["fields"]["duration_us"].is_u64());
    assert_eq!(line["span"]["request_id"], answer.header("x-request-id").unwrap());
    assert_eq!(line["span"]["tenant_id"], tenant.admin().await.cx().id().to_string());
    for carried in ["pat.morgan", "private", "login_hint"] {
        assert!(!text.contains(carried), "{text}");
    }
}
