//! After a session: its apps are told, and the browser goes on to the identity provider, where the person may still be signed in.

use crate::federation::{self, Federation, UpstreamRedirect};
use crate::kernel::id::IdentityProviderId;
use crate::session::{Ended, backchannel_logout};
use crate::tenant::TenantCx;
use crate::web::pages::{SignedOut, SignedOutUpstream};
use crate::web::security_headers::CspSource;
use crate::web::{Href, HtmlPage, PagePolicy};
use axum::response::{IntoResponse, Response};

/// Where the browser goes on after a session.
pub(super) struct Leave<'a> {
    /// What ended.
    pub(super) ended: &'a Ended,
    /// Where the user had signed in.
    pub(super) provider: Option<IdentityProviderId>,
    /// The app's address, where it may be used.
    pub(super) app: Option<&'a str>,
    /// Where the page leads that has to be shown first, or instead.
    pub(super) next: Option<Href>,
    /// Whether this answers a form. Browsers apply `form-action` to every redirect that follows one, and where an upstream provider
    /// sends people next is not ours to list.
    pub(super) answers_form: bool,
}

impl Leave<'_> {
    /// On to the provider, and from there to the app; to the app; or a page that says so, which comes first where apps have to be
    /// told through this browser.
    pub(super) async fn go(self, cx: &TenantCx, federation: &Federation) -> Response {
        if self.ended.has_notices {
            backchannel_logout::deliver_soon(cx, federation.outbound());
        }
        let frames = &self.ended.front_channel;
        let at = self.provider_name(cx, federation).await;
        let way = self.upstream(cx, federation).await;
        let upstream = match (way, at) {
            (Some(way @ UpstreamRedirect::Go(_)), _) if !self.answers_form && frames.is_empty() => {
                return federation::send_upstream(cx, way);
            }
            (Some(way @ UpstreamRedirect::Post { .. }), _) if frames.is_empty() => {
                return federation::send_upstream(cx, way);
            }
            (Some(UpstreamRedirect::Go(address)), Some(provider)) => match Href::external(address.as_str()) {
                Some(href) => {
                    return self.page(cx, SignedOutUpstream::Leaving(provider), Some(href));
                }
                None => SignedOutUpstream::StillSignedIn(provider),
            },
            (_, Some(provider)) => SignedOutUpstream::StillSignedIn(provider),
            (_, None) => SignedOutUpstream::Nothing,
        };
        match self.app {
            Some(address) if frames.is_empty() => super::respond::see_other(address),
            _ => {
                let next = self.next.clone();
                self.page(cx, upstream, next)
            }
        }
    }

    /// The hospital's own word for the provider; none for accounts of the tenant's own.
    async fn provider_name(&self, cx: &TenantCx, federation: &Federation) -> Option<String> {
        let providers = federation.providers(cx).await.ok()?;
        let provider = providers.iter().find(|provider| Some(provider.id) == self.provider)?;
        (!matches!(provider.kind, federation::ProviderKind::Local)).then(|| provider.display_name.clone())
    }

    async fn upstream(&self, cx: &TenantCx, federation: &Federation) -> Option<UpstreamRedirect> {
        let upstream = self.ended.upstream.as_ref()?;
        let here = format!("{}/signed-out", cx.urls().path());
        match federation
            .begin_upstream_logout(cx, upstream, self.app.unwrap_or(&here))
            .await
        {
            Ok(way) => way,
            Err(failure) => {
                // The session here is over; the page says where another may not be.
                tracing::warn!(check = failure.check, detail = %failure.detail, "upstream logout could not begin");
                None
            }
        }
    }

    fn page(&self, cx: &TenantCx, upstream: SignedOutUpstream, next: Option<Href>) -> Response {
        let frames = &self.ended.front_channel;
        let page = SignedOut {
            chrome: cx.chrome(None),
            upstream,
            next,
            frames: frames.clone(),
        };
        let policy = PagePolicy {
            frames: frames
                .iter()
                .filter_map(|address| CspSource::covering(address))
                .collect(),
            ..PagePolicy::closed(cx.urls().base().is_https())
        };
        HtmlPage::new(&page, policy).into_response()
    }
}
