//! Making setup links and taking them back.

use super::{list, said};
use crate::console::desk::{Desk, Fields, then};
use crate::console::respond::ConsoleFault;
use crate::control::setup_links::SetupLinkRequest;
use crate::web::pages::console::SignInMethodsPage;
use axum::response::Response;
use std::time::Duration;

/// `POST /<tenant>/admin/setup-links`. The address is on the answer, this once.
pub(super) async fn make(desk: Desk, form: Fields) -> Response {
    desk.answer(Box::pin(made(&desk, &form)).await)
}

async fn made(desk: &Desk, form: &Fields) -> Result<Response, ConsoleFault> {
    desk.check_csrf("setup-links", form)?;
    let days: u64 = form.get("days").parse().unwrap_or(7);
    let request = SetupLinkRequest {
        alias: form.get("alias"),
        label: form.get("label"),
        product: None,
        lifetime: Duration::from_hours(24 * days.min(365)),
    };
    let (made, error) = match desk.admin().create_setup_link(&request).await {
        Ok(link) => (Some(link.address.expose().clone()), None),
        Err(error) => (None, Some(said(error)?)),
    };
    let typed = match &error {
        Some(_) => (form.get("label").to_owned(), form.get("alias").to_owned()),
        None => (String::new(), String::new()),
    };
    let failed = error.is_some();
    let page = SignInMethodsPage {
        made,
        error,
        typed,
        ..list::page(desk).await?
    };
    Ok(if failed {
        desk.faulty_page(&page)
    } else {
        desk.page(&page)
    })
}

/// `POST /<tenant>/admin/setup-links/revoke`.
pub(super) async fn revoke(desk: Desk, form: Fields) -> Response {
    let revoked = async {
        desk.check_csrf("setup-links", &form)?;
        desk.admin().revoke_setup_link(form.get("id")).await?;
        Ok(then(&format!(
            "{}/sign-in-methods?revoked",
            desk.cx().urls().console_path()
        )))
    };
    desk.answer(revoked.await)
}
