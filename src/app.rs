//! The server, put together: one state, one router. The binary and the tests build the same one.

use crate::api::{self, ApiState};
use crate::control::Platform;
use crate::federation::{self, Federation};
use crate::issuer::ClientKeys;
use crate::kernel::id::RequestId;
use crate::oauth::limits;
use crate::patient_directory::PatientDirectory;
use crate::tenant::refusal_log::Answer;
use crate::tenant::{AboutRequest, RefusalMark, TenantDirectory};
use crate::web::pages::NotFound;
use crate::web::route_table::{Route, RouteTable};
use crate::web::{
    Chrome, ClientCertificateHeader, HtmlPage, Language, PagePolicy, TenantLook, TrustedProxies, static_files,
};
use crate::{console, interaction, issuer, observe, scim, session};
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument as _;

/// No request takes longer; one that would is answered 503.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);
/// Names a request in answers, logs and on pages.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything handlers get at, by extractor. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    directory: TenantDirectory,
    federation: Federation,
    client_keys: ClientKeys,
    patient_directory: PatientDirectory,
    platform: Platform,
    proxies: TrustedProxies,
    certificate_header: Option<ClientCertificateHeader>,
}

impl FromRef<App> for TenantDirectory {
    fn from_ref(app: &App) -> Self {
        app.directory.clone()
    }
}

impl FromRef<App> for Federation {
    fn from_ref(app: &App) -> Self {
        app.federation.clone()
    }
}

impl FromRef<App> for ClientKeys {
    fn from_ref(app: &App) -> Self {
        app.client_keys.clone()
    }
}

impl FromRef<App> for PatientDirectory {
    fn from_ref(app: &App) -> Self {
        app.patient_directory.clone()
    }
}

impl FromRef<App> for Platform {
    fn from_ref(app: &App) -> Self {
        app.platform.clone()
    }
}

impl App {
    /// From its parts.
    pub fn new(platform: Platform, federation: Federation) -> Self {
        let client_keys = ClientKeys::new(federation.outbound().clone());
        let patient_directory = federation.patient_directory().clone();
        let platform = platform.asking_through(federation.outbound().clone());
        Self {
            directory: platform.directory().clone(),
            federation,
            client_keys,
            patient_directory,
            platform,
            proxies: TrustedProxies::default(),
            certificate_header: None,
        }
    }

    /// The same, believing these proxies about where a request comes from.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
    }

    /// The same, taking the certificates of clients from this header of its proxies.
    #[must_use]
    pub fn reading_certificates(self, header: ClientCertificateHeader) -> Self {
        Self {
            certificate_header: Some(header),
            ..self
        }
    }

    /// The tenants.
    pub const fn directory(&self) -> &TenantDirectory {
        &self.directory
    }

    /// Sign-in from upstream.
    pub const fn federation(&self) -> &Federation {
        &self.federation
    }

    /// Every route of the server. The tests of tenant isolation are built from this list.
    pub fn routes(&self) -> RouteTable<Self> {
        let with_sessions = interaction::routes()
            .merge(federation::routes())
            .merge(console::entry_routes())
            // Only these know who is signed in; everything else must not depend on a cookie.
            .map(|router| router.route_layer(from_fn_with_state(self.clone(), session::sessions)));
        let budgets = from_fn_with_state(self.directory.clone(), issuer::budgets::spend);
        RouteTable::new()
            .merge(issuer::routes())
            .merge(with_sessions)
            .merge(console::routes())
            .merge(console::setup_link_routes())
            .merge(api::routes(ApiState {
                platform: self.platform.clone(),
                federation: self.federation.clone(),
            }))
            .map(|router| router.route_layer(budgets))
            .merge(scim::routes())
            .get("/healthz", healthz)
            .get("/readyz", readyz)
    }

    /// The list of routes alone.
    pub fn route_list(&self) -> Vec<Route> {
        self.routes().into_parts().1
    }

    /// The router, complete.
    pub fn router(&self) -> Router {
        self.router_with(RouteTable::new())
    }

    /// The router with further routes beside its own, such as those of the demonstration.
    pub fn router_with(&self, further: RouteTable<Self>) -> Router {
        let (router, _) = self.routes().merge(further).into_parts();
        router
            .merge(static_files::routes())
            .fallback(not_found)
            // Innermost first: what a handler sees is limited, then timed, then caught, then named and logged.
            .layer(DefaultBodyLimit::max(limits::FORM_BODY))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                LONGEST_REQUEST,
            ))
            .layer(CatchPanicLayer::custom(|_| {
                // The panic's own words went to standard error; they may hold anything, so they are not repeated.
                tracing::error!("a handler panicked");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }))
            .layer(from_fn_with_state(self.clone(), explain_refusals))
            .layer(from_fn_with_state(self.clone(), name_and_log))
            .with_state(self.clone())
    }
}

/// Names the request, and writes one log line about it: who (tenant), what (route), how it ended, how long it took.
/// The path is logged as its template only, and the query never: both may hold codes and identifiers.
async fn name_and_log(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let directory = &app.directory;
    let id = RequestId::new(directory.clock().now(), directory.entropy().as_ref());
    request.extensions_mut().insert(id);
    if let Some(address) = app.proxies.client_address(request.extensions(), request.headers()) {
        request.extensions_mut().insert(address);
    }
    if let Some(header) = &app.certificate_header
        && app.proxies.vouch_for(request.extensions())
        && let Some(certificate) = header.read(request.headers())
    {
        request.extensions_mut().insert(certificate);
    }
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!("request", request_id = %id, tenant_id = tracing::field::Empty);
    let method = request.method().clone();
    let started = tokio::time::Instant::now();
    let mut response = if request
        .uri()
        .path_and_query()
        .is_some_and(|uri| uri.as_str().len() > limits::URL)
    {
        StatusCode::URI_TOO_LONG.into_response()
    } else {
        next.run(request).instrument(span.clone()).await
    };
    let elapsed = started.elapsed();
    span.in_scope(|| {
        let status = response.status().as_u16();
        let duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(%method, %route, status, duration_us, "answered");
        observe::count_request(&route, status, elapsed.as_secs_f64());
    });
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    headers
        .entry(header::X_CONTENT_TYPE_OPTIONS)
        .or_insert(HeaderValue::from_static("nosniff"));
    if directory.public_url().is_https() {
        // RFC 6797 section 6.1.
        let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

/// Counts the answer; gives a refusal the address of its code's page (RFC 6749 section 5.2), and keeps it for `wardkey explain`.
async fn explain_refusals(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let about = AboutRequest::default();
    request.extensions_mut().insert(about.clone());
    let id = request.extensions().get::<RequestId>().copied();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let started = tokio::time::Instant::now();
    let mut response = next.run(request).await;
    let (status, now) = (response.status().as_u16(), app.directory.clock().now());
    app.directory.traffic().count(&about, now, status, started.elapsed());
    let Some(refused) = response.extensions_mut().remove::<RefusalMark>() else {
        return response;
    };
    if let Some(request) = id {
        let answer = Answer {
            request,
            at: now,
            route: route.as_ref().map_or("-", MatchedPath::as_str),
            status,
        };
        app.directory.refusals().keep(&about, &refused, &answer);
    }
    refused.complete(response, |code| app.directory.error_uri(code))
}

/// The process runs.
async fn healthz() -> &'static str {
    "ok"
}

/// The process can serve: its registry answers.
async fn readyz(State(directory): State<TenantDirectory>) -> Response {
    match directory.parts().control.check().await {
        Ok(()) => "ready".into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the control database does not answer").into_response()
        }
    }
}

/// Everything else: a page for people, an empty answer for programs.
async fn not_found(State(app): State<App>, headers: HeaderMap, request: Request) -> Response {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if !text(header::ACCEPT).is_some_and(|accept| accept.contains("text/html")) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let chrome = Chrome {
        tenant: TenantLook::platform(),
        app: None,
        language: Language::negotiate(None, text(header::ACCEPT_LANGUAGE)),
        static_base: app.directory.static_base().clone(),
        request_id: request
            .extensions()
            .get::<RequestId>()
            .map(ToString::to_string)
            .unwrap_or_default(),
        language_switch: None,
    };
    let policy = PagePolicy::closed(app.directory.public_url().is_https());
    HtmlPage::new(&NotFound { chrome }, policy).into_response()
}
