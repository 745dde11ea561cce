//! Stub.
use axum::response::IntoResponse;
use axum::response::Response;
pub(super) async fn get() -> Response {
    axum::http::StatusCode::NOT_FOUND.into_response()
}
pub(super) async fn post() -> Response {
    axum::http::StatusCode::NOT_FOUND.into_response()
}
