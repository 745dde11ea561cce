//! Budgets in front of the endpoints: what one tenant or one address may ask for in a time, before anything is read.
//!
//! A request of a spent budget is answered 429 (RFC 6585 section 4) with `Retry-After`: as an OAuth error where programs ask,
//! as a page where people do. Budgets of clients and of accounts are spent further in, when it is known who asks.

use super::cors;
use super::reply::Refusal;
use crate::interaction::respond::problem_page;
use crate::oauth::OAuthError;
use crate::quota::{Budget, Spent};
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::ClientAddress;
use crate::web::pages::Problem;
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Where the operators' console begins. It spends from the budgets of the platform's own tenant.
const OPERATORS: &str = "/admin";

/// What a route is for, as far as budgets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Class {
    tenant: Budget,
    address: Budget,
    /// Whether people see the answer.
    page: bool,
}

impl Class {
    /// The class of a route below the issuer, or of a console. Public documents have none: they are cached, by us and by whoever
    /// asks.
    fn of(method: &Method, route: &str) -> Option<Self> {
        let class = |tenant, address, page| Some(Self { tenant, address, page });
        if *method == Method::OPTIONS {
            return None;
        }
        let console = ["/{tenant}/admin", OPERATORS]
            .into_iter()
            .find_map(|base| route.strip_prefix(base));
        if console.is_some_and(|place| place.is_empty() || place.starts_with('/')) {
            return class(Budget::PagesPerTenant, Budget::PagesPerAddress, true);
        }
        let endpoint = route.strip_prefix("/{tenant}/auth/")?;
        match endpoint.split('/').next().unwrap_or_default() {
            "authorize" => class(Budget::AuthorizePerTenant, Budget::AuthorizePerAddress, true),
            "par" | "launch" | "device_authorization" | "register" => {
                class(Budget::AuthorizePerTenant, Budget::AuthorizePerAddress, false)
            }
            "token" | "revoke" => class(Budget::TokenPerTenant, Budget::TokenPerAddress, false),
            "introspect" | "userinfo" => class(Budget::IntrospectPerTenant, Budget::IntrospectPerAddress, false),
            "interact" | "apps" | "device" | "logout" | "sign-out" | "signed-out" | "federation" | "account"
            | "admin-entry" => class(Budget::PagesPerTenant, Budget::PagesPerAddress, true),
            _ => None,
        }
    }
}

/// Spends from the budgets of the route's class, then goes on.
pub async fn spend(
    State(directory): State<TenantDirectory>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let class = route
        .as_ref()
        .and_then(|route| Class::of(request.method(), route.as_str()));
    let Some(class) = class else {
        return next.run(request).await;
    };
    let of_platform = route.is_some_and(|route| route.as_str().starts_with(OPERATORS));
    let (mut parts, body) = request.into_parts();
    // Kept in the request, so that the handler does not look the tenant up again. One that does not answer has its own words.
    let cx = if of_platform {
        TenantCx::of_platform(&mut parts, directory.clone()).await
    } else {
        TenantCx::from_request_parts(&mut parts, &directory).await
    };
    if let Ok(cx) = &cx {
        let address = cx.client_address().map(ClientAddress::subject);
        // The address first: a flood from one does not use up what the others share.
        let spent = address
            .map_or(Ok(()), |address| cx.spend(class.address, &address))
            .and_then(|()| cx.spend(class.tenant, &[]));
        if let Err(spent) = spent {
            tracing::info!(
                tenant_budget = class.tenant.as_str(),
                "refused: a budget of this address or tenant is spent"
            );
            if class.page {
                return too_many_page(cx, spent);
            }
            let response = too_many(spent).into_response();
            return cors::answer(cx, &parts.headers, None, response).await;
        }
    }
    next.run(Request::from_parts(parts, body)).await
}

/// The answer to a program. OAuth has no code of its own for this; the status says it, and the code that it will pass.
pub(super) fn too_many(spent: Spent) -> Refusal {
    Refusal::from(OAuthError::temporarily_unavailable("too_many_requests"))
        .with_status(StatusCode::TOO_MANY_REQUESTS)
        .with_retry_after(spent.seconds())
}

/// The answer to a person.
fn too_many_page(cx: &TenantCx, spent: Spent) -> Response {
    let mut response = problem_page(cx, Problem::TooManyAttempts, None, None);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(spent.seconds()));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_work_has_a_class_and_public_documents_have_none() {
        let class = |path: &str| Class::of(&Method::POST, path).map(|class| class.tenant);
        for (path, budget) in [
            ("/{tenant}/auth/authorize", Budget::AuthorizePerTenant),
            ("/{tenant}/auth/par", Budget::AuthorizePerTenant),
            ("/{tenant}/auth/register/{client_id}", Budget::AuthorizePerTenant),
            ("/{tenant}/auth/token", Budget::TokenPerTenant),
            ("/{tenant}/auth/introspect", Budget::IntrospectPerTenant),
            ("/{tenant}/auth/interact/{interaction}/consent", Budget::PagesPerTenant),
            ("/{tenant}/auth/federation/{provider}/callback", Budget::PagesPerTenant),
            ("/{tenant}/admin", Budget::PagesPerTenant),
            ("/{tenant}/admin/people/{account}", Budget::PagesPerTenant),
            ("/admin", Budget::PagesPerTenant),
            ("/admin/sign-out", Budget::PagesPerTenant),
        ] {
            assert_eq!(class(path), Some(budget), "{path}");
        }
        for path in [
            "/{tenant}/auth/jwks",
            "/{tenant}/auth/.well-known/openid-configuration",
            "/{tenant}/auth/brand/{version}/logo",
            "/healthz",
            "/{tenant}/administration",
        ] {
            assert_eq!(class(path), None, "{path}");
        }
        assert_eq!(Class::of(&Method::OPTIONS, "/{tenant}/auth/token"), None);
    }
}
