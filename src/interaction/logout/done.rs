//! After the session: on to the app, or a page that says so.

use super::request::LogoutRequest;
use crate::federation::{Federation, ProviderKind};
use crate::interaction::backchannel_logout;
use crate::interaction::respond::see_other;
use crate::session::{Ended, SignedIn};
use crate::tenant::TenantCx;
use crate::web::pages::SignedOut;
use crate::web::security_headers::CspSource;
use crate::web::{Href, HtmlPage, PagePolicy};
use axum::response::{IntoResponse, Response};

/// Tells the session's apps, and lets the browser go on.
pub(super) async fn finish(
    cx: &TenantCx,
    federation: &Federation,
    request: &LogoutRequest,
    ended: &Ended,
    signed_in: &SignedIn,
) -> Response {
    if ended.has_notices {
        backchannel_logout::deliver_soon(cx, federation.outbound());
    }
    // The upstream provider may still know the person; the page says so by the provider's name.
    let still = federation.providers(cx).await.ok().and_then(|providers| {
        let provider = providers
            .iter()
            .find(|provider| provider.id == signed_in.identity_provider)?;
        (!matches!(provider.kind, ProviderKind::Local)).then(|| provider.display_name.clone())
    });
    show(cx, request, ended, still)
}

/// The app's address where the request proved or the user confirmed that it may be used; a page otherwise, and a page first
/// where apps have to be told through this browser.
pub(super) fn show(cx: &TenantCx, request: &LogoutRequest, ended: &Ended, still: Option<String>) -> Response {
    let redirect = request.redirect.as_deref();
    if let Some(address) = redirect.filter(|_| request.may_redirect() && ended.front_channel.is_empty()) {
        return see_other(address);
    }
    let page = SignedOut {
        chrome: cx.chrome(None),
        still_signed_in_at: still,
        next: redirect.and_then(Href::external),
        frames: ended.front_channel.clone(),
    };
    let policy = PagePolicy {
        frames: ended
            .front_channel
            .iter()
            .filter_map(|address| CspSource::covering(address))
            .collect(),
        ..PagePolicy::closed(cx.urls().base().is_https())
    };
    HtmlPage::new(&page, policy).into_response()
}
