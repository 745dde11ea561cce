//! Signing in at the user's own account page: the same steps as for an app, for another purpose.

use crate::federation::Federation;
use crate::interaction::apps::Visitor;
use crate::interaction::choose_provider;
use crate::interaction::form::PageForm;
use crate::interaction::sign_in::{SignInFor, at, with_password};
use crate::session::Session;
use crate::tenant::TenantCx;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

/// Path parameters.
#[derive(serde::Deserialize)]
pub(super) struct ProviderPath {
    provider: String,
}

/// `GET I/account/sign-in/{provider}`: the choice was made.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    Path(path): Path<ProviderPath>,
    headers: HeaderMap,
) -> Response {
    let visitor = Visitor::of(&cx, &headers);
    let purpose = SignInFor::OwnAccount(&visitor);
    let response = at(&cx, &federation, &session, &purpose, &path.provider).await;
    choose_provider::remember(&cx, visitor.with_cookie(&cx, response), &path.provider)
}

/// `POST I/account/sign-in/{provider}`: user name and password.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    Path(path): Path<ProviderPath>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let visitor = Visitor::of(&cx, &headers);
    let purpose = SignInFor::OwnAccount(&visitor);
    with_password(&cx, &federation, &session, &purpose, &path.provider, &headers, &form).await
}
