//! Asking before a session is ended that no ID token names: anybody can send a browser here.

use super::request::{LogoutRequest, outdated};
use super::{answer, done, path, session_page};
use crate::federation::Federation;
use crate::interaction::form::PageForm;
use crate::interaction::respond::problem_page;
use crate::oauth::Parameters;
use crate::session::{self, Session, SessionError};
use crate::tenant::TenantCx;
use crate::web::pages::{Action, ConfirmLogout, Problem};
use crate::web::{Csrf, Href, HtmlPage, PagePolicy};
use axum::extract::State;
use axum::response::{IntoResponse, Response};

/// What the form's token is for.
const PURPOSE: &str = "logout";

/// The question.
pub(super) async fn ask(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
    request: &LogoutRequest,
) -> Result<Response, SessionError> {
    let Some(key) = session::key(session).await? else {
        let nothing = session::Ended::default();
        return Ok(done::finish(cx, federation, request, &nothing, None).await);
    };
    let page = ConfirmLogout {
        chrome: cx.chrome(None),
        csrf: Csrf::derive(key.csrf_secret(), PURPOSE),
        action: Href::local(&format!("{}/confirm", path(cx))),
        app: request.client.as_ref().map(|client| client.client_name.clone()),
        fields: request.fields.clone(),
        stay: Href::local(&format!("{}/apps", cx.urls().path())),
    };
    // The answer to the form may send the browser on to the app.
    let https = cx.urls().base().is_https();
    let policy = match &request.redirect {
        Some(address) => PagePolicy::sign_in(https, address),
        None => PagePolicy::closed(https),
    };
    Ok(HtmlPage::new(&page, policy).into_response())
}

/// `POST I/logout/confirm`.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    PageForm(form): PageForm,
) -> Response {
    confirmed(&cx, &federation, &session, &form)
        .await
        .unwrap_or_else(|error| session_page(&cx, &error))
}

async fn confirmed(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
    form: &Parameters,
) -> Result<Response, SessionError> {
    let (Some(signed_in), Some(key)) = (
        session::find_signed_in(cx, session).await?,
        session::key(session).await?,
    ) else {
        // Signed out in another tab meanwhile.
        return answer(cx, federation, session, form).await;
    };
    if Csrf::check(key.csrf_secret(), PURPOSE, form).is_err() {
        let again = Action::TryAgain(Href::local(&path(cx)));
        return Ok(problem_page(cx, Problem::FormOutdated, Some(again), Some(&outdated())));
    }
    // Nothing of the form is believed: client and address are looked up anew.
    let request = match LogoutRequest::read(cx, form).await? {
        Ok(request) => request,
        Err(error) => return Ok(problem_page(cx, Problem::AppRequest, None, Some(&error))),
    };
    let ended = session::end(cx, session, "logout_confirmed").await?;
    Ok(done::finish(cx, federation, &request.confirmed(), &ended, Some(&signed_in)).await)
}
