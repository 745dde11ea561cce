//! Budgets of the admin API: what one address, and everybody together, may ask of a tenant in a time, before a token is looked at.

use super::ApiState;
use super::entry::MachineCaller;
use super::problem::Problem;
use crate::quota::Budget;
use crate::tenant::TenantCx;
use crate::web::ClientAddress;
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Middleware around every operation. What names no tenant is spent from the platform's budgets.
pub(super) async fn spend(
    State(state): State<ApiState>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    // Whoever can run the program does not come over the network.
    if request.extensions().get::<MachineCaller>().is_some() {
        return next.run(request).await;
    }
    let directory = state.platform.directory();
    let of_tenant = route.is_some_and(|route| route.as_str().contains("/{tenant}"));
    let (mut parts, body) = request.into_parts();
    let cx = if of_tenant {
        TenantCx::from_request_parts(&mut parts, directory).await
    } else {
        TenantCx::of_platform(&mut parts, directory.clone()).await
    };
    // A tenant that is not there has its answer further in.
    if let Ok(cx) = cx {
        let address = cx.client_address().map(ClientAddress::subject);
        // The address first: a flood from one does not use up what the others share.
        let spent = address
            .map_or(Ok(()), |address| cx.spend(Budget::AdminPerAddress, &address))
            .and_then(|()| cx.spend(Budget::AdminPerTenant, &[]));
        if let Err(spent) = spent {
            return Problem::too_many(spent).into_response();
        }
    }
    next.run(Request::from_parts(parts, body)).await
}
