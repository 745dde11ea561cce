//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): an app sends the browser here to end the session.

mod confirm;
mod done;
mod request;

use self::request::LogoutRequest;
use super::open::storage_page;
use super::respond::{problem_page, see_other};
use crate::federation::Federation;
use crate::oauth::{OAuthError, Parameters, limits};
use crate::session::{self, Session, SessionError};
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::pages::Problem;
use crate::web::route_table::RouteTable;
use axum::extract::{FromRef, RawQuery, State};
use axum::response::Response;

/// The routes. They need the session layer.
pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/auth/logout", get)
        .post("/{tenant}/auth/logout", post)
        .post("/{tenant}/auth/logout/confirm", confirm::post)
}

/// `GET I/logout` (section 2).
async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    if query.len() > limits::AUTHORIZE_QUERY {
        let error = OAuthError::invalid_request("query_too_long", "The request is too long.");
        return problem_page(&cx, Problem::AppRequest, None, Some(&error));
    }
    let parameters = match Parameters::parse_query(&query) {
        Ok(parameters) => parameters,
        Err(error) => return problem_page(&cx, Problem::AppRequest, None, Some(&error.into())),
    };
    let response = match answer(&cx, &federation, &session, &parameters).await {
        Ok(response) => response,
        Err(error) => session_page(&cx, &error),
    };
    cx.remember_language(response)
}

/// `POST I/logout`: the same, for requests that are too long for an address. It comes from another site and so without our
/// cookie; the browser is sent on to where it has one. What is posted holds no secret but the hint, which is no longer one.
async fn post(cx: TenantCx, super::form::PageForm(form): super::form::PageForm) -> Response {
    see_other(&format!("{}?{}", path(&cx), form.encode()))
}

/// The path of the endpoint.
fn path(cx: &TenantCx) -> String {
    format!("{}/logout", cx.urls().path())
}

fn session_page(cx: &TenantCx, error: &SessionError) -> Response {
    match error {
        SessionError::Store(error) => storage_page(cx, error),
        SessionError::Session(_) | SessionError::Record(_) => {
            tracing::error!(%error, "session");
            super::respond::internal_page(cx, "session_not_ended")
        }
    }
}

async fn answer(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
    parameters: &Parameters,
) -> Result<Response, SessionError> {
    let request = match LogoutRequest::read(cx, parameters).await? {
        Ok(request) => request,
        Err(error) => return Ok(problem_page(cx, Problem::AppRequest, None, Some(&error))),
    };
    let Some(signed_in) = session::find_signed_in(cx, session).await? else {
        let nothing = session::Ended::default();
        return Ok(done::finish(cx, federation, &request, &nothing, None).await);
    };
    // Section 2: without a hint that names this very user, the user is asked. Anybody can send a browser here.
    if request.names(cx, signed_in.account) {
        let ended = session::end(cx, session, "logout_by_app").await?;
        return Ok(done::finish(cx, federation, &request, &ended, Some(&signed_in)).await);
    }
    confirm::ask(cx, federation, session, &request).await
}
