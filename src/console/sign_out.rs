//! Leaving a console: the console's session ends, and with it the browser session in which it was entered.

use super::respond::ConsoleFault;
use super::{OperatorVisit, Visit};
use crate::federation::Federation;
use crate::interaction::PageForm;
use crate::interaction::respond::see_other;
use crate::oauth::Parameters;
use crate::session::{EndedSessions, backchannel_logout, console, end_one};
use crate::web::cookies::CookiePurpose;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;

/// `POST /<tenant>/admin/sign-out`.
pub(super) async fn post(visit: Visit, State(federation): State<Federation>, PageForm(form): PageForm) -> Response {
    visit.answer(leave(&visit, &federation, &form).await)
}

/// `POST /admin/sign-out`.
pub(super) async fn post_operator(
    OperatorVisit(visit): OperatorVisit,
    State(federation): State<Federation>,
    PageForm(form): PageForm,
) -> Response {
    visit.answer(leave(&visit, &federation, &form).await)
}

async fn leave(visit: &Visit, federation: &Federation, form: &Parameters) -> Result<Response, ConsoleFault> {
    visit.check_csrf("sign-out", form)?;
    let cx = &visit.cx;
    let account = visit.signed_in().account;
    console::end(cx, visit.entry()).await?;
    let mut rows = cx.begin().await?;
    let sessions = rows.list_sessions_of_account(account, cx.now()).await?;
    let ended = match sessions.iter().find(|session| session.id == visit.session()) {
        Some(session) => end_one(cx, &mut rows, account, session, "signed_out").await?,
        None => EndedSessions::default(),
    };
    rows.commit().await?;
    if ended.has_notices {
        backchannel_logout::deliver_soon(cx, federation.outbound());
    }
    let mut response = see_other(&format!("{}/signed-out", cx.urls().path()));
    let forgotten = console::cookies(cx).clear(CookiePurpose::Console);
    if let Ok(value) = HeaderValue::from_str(&forgotten.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}
