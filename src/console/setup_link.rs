//! `I/setup/{token}`: the page behind a setup link. From there on the holder has a cookie; the link stays out of addresses.

use super::desk::{Desk, Fields, broken, gone, then};
use crate::control::{ControlError, Platform, TenantAdmin};
use crate::interaction::respond::see_other;
use crate::kernel::Secret;
use crate::kernel::credential::{self, Kind};
use crate::tenant::TenantCx;
use crate::web::cookies::CookiePurpose;
use crate::web::pages::console::{SetupWelcome, SetupWelcomeState};
use crate::web::{Csrf, Href, csrf};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// Path parameters.
#[derive(serde::Deserialize)]
pub(super) struct LinkPath {
    token: String,
}

const BEGIN: &str = "begin setup";

/// The browser's own secret, which keys the form's token; a new one when it has none.
fn secret_of(cx: &TenantCx, headers: &HeaderMap) -> (Secret<String>, bool) {
    let sent = cx.cookies().find(headers, CookiePurpose::Interaction);
    let known = sent.filter(|value| credential::recognise(Kind::BrowserBinding, value).is_some());
    match known {
        Some(value) => (Secret::new(value), false),
        None => (credential::generate(Kind::BrowserBinding, cx.entropy()), true),
    }
}

fn with_cookie(cx: &TenantCx, mut response: Response, purpose: CookiePurpose, value: &Secret<String>) -> Response {
    let cookie = cx.cookies().set(purpose, value.expose().clone(), None);
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// `GET I/setup/{token}`: what the link is for. Looking begins nothing: mail programs open links on their own.
pub(super) async fn get(
    cx: TenantCx,
    State(platform): State<Platform>,
    Path(path): Path<LinkPath>,
    headers: HeaderMap,
) -> Response {
    let visit = match TenantAdmin::by_setup_link(cx.clone(), &platform, &path.token).await {
        Ok(Some(visit)) => visit,
        Err(ControlError::Store(error)) => return broken(&cx, &error),
        Ok(None) | Err(_) => return gone(&cx),
    };
    let (secret, is_new) = secret_of(&cx, &headers);
    let welcome = SetupWelcome {
        chrome: cx.chrome(None),
        state: SetupWelcomeState::Ready {
            csrf: Csrf::derive(&secret, BEGIN),
            action: Href::local(&format!("{}/setup/{}", cx.urls().path(), path.token)),
            label: visit.link.label,
            until: visit.link.expires_at,
        },
    };
    let response = cx.remember_language(super::respond::page(&cx, &welcome));
    if is_new {
        with_cookie(&cx, response, CookiePurpose::Interaction, &secret)
    } else {
        response
    }
}

/// `POST I/setup/{token}`: the holder begins.
pub(super) async fn post(
    cx: TenantCx,
    State(platform): State<Platform>,
    Path(path): Path<LinkPath>,
    headers: HeaderMap,
    form: Fields,
) -> Response {
    let visit = match TenantAdmin::by_setup_link(cx.clone(), &platform, &path.token).await {
        Ok(Some(visit)) => visit,
        Err(ControlError::Store(error)) => return broken(&cx, &error),
        Ok(None) | Err(_) => return gone(&cx),
    };
    let (secret, _) = secret_of(&cx, &headers);
    if Csrf::verify(&secret, BEGIN, form.get(csrf::FIELD)).is_err() {
        let again = Href::local(&format!("{}/setup/{}", cx.urls().path(), path.token));
        return super::respond::form_outdated(&cx, Some(again));
    }
    if let Err(ControlError::Store(error)) = visit.admin.note_setup_begun(visit.link.id).await {
        return broken(&cx, &error);
    }
    let response = see_other(&format!("{}/connection", cx.urls().path()));
    with_cookie(&cx, response, CookiePurpose::Setup, &Secret::new(path.token))
}

/// `POST I/connection/leave`: this browser forgets the link.
pub(super) async fn leave(desk: Desk, form: Fields) -> Response {
    let left = async {
        desk.check_csrf("leave", &form)?;
        let mut response = then(&format!("{}/signed-out", desk.cx().urls().path()));
        let forgotten = desk.cx().cookies().clear(CookiePurpose::Setup);
        if let Ok(value) = HeaderValue::from_str(&forgotten.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        Ok(response)
    };
    desk.answer(left.await)
}
