//! After the session: on to the app, or a page that says so.

use super::request::LogoutRequest;
use crate::federation::Federation;
use crate::interaction::leave::Leave;
use crate::session::{Ended, SignedIn};
use crate::tenant::TenantCx;
use crate::web::Href;
use axum::response::Response;

/// The app's address where the request proved or the user confirmed that it may be used; a page otherwise. The user's identity
/// provider comes before either.
pub(super) async fn finish(
    cx: &TenantCx,
    federation: &Federation,
    request: &LogoutRequest,
    ended: &Ended,
    signed_in: Option<&SignedIn>,
) -> Response {
    let redirect = request.redirect.as_deref();
    let leave = Leave {
        ended,
        provider: signed_in.map(|signed_in| signed_in.identity_provider),
        app: redirect.filter(|_| request.may_redirect()),
        next: redirect.and_then(Href::external),
        answers_form: request.was_confirmed(),
    };
    leave.go(cx, federation).await
}
