//! Reading a request's body: whole, within a length, and not for ever.

use axum::body::{Body, Bytes, to_bytes};
use std::error::Error;
use thiserror::Error;
use tower_http::timeout::TimeoutError;

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyFault {
    /// Longer than allowed.
    #[error("The body is too large.")]
    TooLarge,
    /// The client stopped sending for too long.
    #[error("The body did not arrive in time.")]
    TooSlow,
}

/// Reads a body of at most `limit` bytes.
pub async fn read(body: Body, limit: usize) -> Result<Bytes, BodyFault> {
    to_bytes(body, limit).await.map_err(|error| {
        let first: &dyn Error = &error;
        let mut causes = std::iter::successors(Some(first), |cause| (*cause).source());
        if causes.any(<dyn Error>::is::<TimeoutError>) {
            BodyFault::TooSlow
        } else {
            BodyFault::TooLarge
        }
    })
}
