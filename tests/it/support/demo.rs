//! The demonstration, served on loopback as `wardkey demo` serves it.

use super::http_browser::{HttpBrowser, Page};
use super::loopback::{Port, Served};
use axum::Router;
use tempfile::TempDir;
use wardkey::demo::{self, Demo, Population};

/// A demonstration that is being served.
pub struct RunningDemo {
    /// The demonstration.
    pub demo: Demo,
    /// Where everything is.
    pub population: Population,
    /// Its router, for requests without the network.
    pub router: Router,
    served: Served,
    _folder: TempDir,
}

impl RunningDemo {
    /// Sets one up and serves it.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = Port::take().await;
        let population = Population::new(port.base());
        let demo = Box::pin(demo::open(folder.path(), &population)).await.unwrap();
        let router = demo.router();
        Self {
            demo,
            population,
            served: port.serve(router.clone()),
            router,
            _folder: folder,
        }
    }

    /// An address on it.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.served.base())
    }

    /// A browser without a window.
    pub fn browser(&self) -> HttpBrowser {
        HttpBrowser::new(self.served.base(), self.router.clone())
    }
}

/// Signs in with the clinic's own account where that is asked for, and allows, until the browser is at `redirect_uri` or at a
/// page where there is nothing of the kind to do.
pub async fn allow(browser: &mut HttpBrowser, mut page: Page, username: &str, redirect_uri: &str) -> Page {
    for _ in 0..8 {
        if page.url.as_str().starts_with(redirect_uri) {
            break;
        }
        let text = page.response.text().to_owned();
        if text.contains("sign-in/local\"") && !text.contains("name=\"password\"") {
            page = browser.goto(&format!("{}/sign-in/local", page.url.path())).await;
            continue;
        }
        let form = if text.contains("name=\"password\"") {
            page.form()
                .with("username", username)
                .with("password", Population::password())
        } else if text.contains("value=\"allow\"") {
            page.form().with("decision", "allow")
        } else {
            break;
        };
        page = browser.submit(&page, &form).await;
    }
    page
}
