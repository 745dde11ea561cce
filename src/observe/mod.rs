//! Logs and metrics of the process. Neither ever holds a name, a claim, a patient identifier or a query string.

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// Text for people.
    Text,
}

/// Starts logging to standard error. A filter that cannot be read counts as `info`.
pub fn start_logging(format: LogFormat, filter: &str) {
    // The session library warns of every cookie it does not know, which any visitor can send.
    let filter = format!("{filter},tower_sessions_core=error");
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Json => registry
            .with(tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr))
            .try_init(),
        LogFormat::Text => registry
            .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
            .try_init(),
    };
    // A second start in one process, as in tests, keeps the first.
    drop(started);
}

/// Installs the recorder behind [`count_request`].
pub fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new().install_recorder()
}

/// Counts an answered request. The labels are bounded: route templates and status classes, never a tenant.
pub fn count_request(route: &str, status: u16, seconds: f64) {
    let class = match status {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("wardkey_requests_total", "route" => route.to_owned(), "status" => class).increment(1);
    metrics::histogram!("wardkey_request_seconds", "route" => route.to_owned()).record(seconds);
}

/// Counts an answer of the token endpoint that held tokens, by grant type.
pub fn count_token_issued(grant_type: &'static str) {
    metrics::counter!("wardkey_tokens_issued_total", "grant_type" => grant_type).increment(1);
}

/// The router of the metrics listener.
pub fn metrics_router(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(move || async move { handle.render() }))
}
