//! `/developers`: the developers' own pages, below the platform's own look. They have no account; the link of an app makes its
//! holder the developer of it, and nothing here depends on a cookie but the language that was chosen.

mod app;
mod error_text;
mod explain;

use crate::control::Platform;
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::cookies::TenantCookies;
use crate::web::pages::DevelopersHome;
use crate::web::route_table::RouteTable;
use crate::web::{HtmlPage, Page, PagePolicy};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

/// The pages.
pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Platform: FromRef<S>,
{
    RouteTable::new()
        .get("/developers", home)
        .get("/developers/apps/new", app::get_new)
        .post("/developers/apps/new", app::post_new)
        .get("/developers/apps/{link}", app::get)
        .post("/developers/apps/{link}", app::post)
        .get("/developers/explain", explain::get)
        .post("/developers/explain", explain::post)
}

/// A request to one of these pages. There are none before the platform has an issuer.
struct PlatformCx(TenantCx);

impl<S> FromRequestParts<S> for PlatformCx
where
    S: Send + Sync,
    TenantDirectory: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        TenantCx::of_platform(parts, TenantDirectory::from_ref(state))
            .await
            .map(Self)
            .map_err(IntoResponse::into_response)
    }
}

impl PlatformCx {
    fn page(&self, shown: &impl Page, status: StatusCode) -> Response {
        let policy = PagePolicy::closed(self.0.urls().base().is_https());
        let page = HtmlPage::new(shown, policy).with_status(status).into_response();
        // Nobody is signed in, and yet the language that was chosen is kept from page to page.
        let cookies = TenantCookies::new("/developers", self.0.urls().base().is_https());
        let cookies = cookies.in_frames(self.0.cookies().work_in_frames());
        self.0.remember_language_in(&cookies, page)
    }
}

/// `GET /developers`.
async fn home(cx: PlatformCx) -> Response {
    let page = DevelopersHome {
        chrome: chrome(&cx.0, Some("/developers")),
    };
    cx.page(&page, StatusCode::OK)
}

/// What surrounds a page, which is there in every language at `path`. No link may carry the secret of another.
fn chrome(cx: &TenantCx, path: Option<&str>) -> crate::web::Chrome {
    crate::web::Chrome {
        language_switch: path.map(crate::web::Href::local),
        ..cx.chrome(None)
    }
}
