//! A browser without a window: cookies, redirects and forms, over the router in this process and over loopback.

use super::html_form::HtmlForm;
use super::http::{Response, RouterExt, form_body};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use std::fmt;
use url::Url;

/// As many redirects as people's browsers follow.
const MAX_REDIRECTS: usize = 20;

/// A person's browser as far as HTTP goes. Addresses under `base` go to the router, loopback addresses over the network.
#[derive(Debug)]
pub struct HttpBrowser {
    base: Url,
    router: Router,
    network: reqwest::Client,
    cookies: Vec<StoredCookie>,
}

#[derive(Debug, Clone)]
struct StoredCookie {
    name: String,
    value: String,
    host: String,
    path: String,
}

/// A page that a browser arrived at.
#[derive(Debug)]
pub struct Page {
    /// Its address, after all redirects.
    pub url: Url,
    /// The answer.
    pub response: Response,
}

impl Page {
    /// The page's only form.
    #[track_caller]
    pub fn form(&self) -> HtmlForm {
        let mut forms = self.forms();
        assert!(forms.len() == 1, "{} forms, not one, at {self}", forms.len());
        forms.remove(0)
    }

    /// All forms of the page.
    pub fn forms(&self) -> Vec<HtmlForm> {
        HtmlForm::list(self.response.text())
    }

    /// Where the page leads by itself, or nothing.
    pub fn onward(&self) -> Option<String> {
        let (_, rest) = self
            .response
            .text()
            .split_once("http-equiv=\"refresh\" content=\"0;url=")?;
        Some(rest.split('"').next()?.replace("&#38;", "&").replace("&amp;", "&"))
    }

    /// A parameter of the page's address, or nothing.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.url
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

impl fmt::Display for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n{}", self.url, self.response)
    }
}

impl HttpBrowser {
    /// A browser without cookies. `base` is the public address that the router believes to have.
    pub fn new(base: &str, router: Router) -> Self {
        let network = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        Self {
            base: Url::parse(base).expect("a URL"),
            router,
            network: network.build().expect("an HTTP client"),
            cookies: Vec::new(),
        }
    }

    /// Opens an address (relative ones start at the base) and follows redirects until a page, or until an address that is
    /// neither the router's nor on loopback, which is where an app would take over: its answer is then empty.
    pub async fn goto(&mut self, address: &str) -> Page {
        let url = self.base.join(address).expect("an address");
        self.travel(Method::GET, url, None).await
    }

    /// Sends a form of a page and follows redirects as [`Self::goto`] does.
    pub async fn submit(&mut self, page: &Page, form: &HtmlForm) -> Page {
        let mut url = page.url.join(&form.action).expect("an address");
        let fields: Vec<_> = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let body = form_body(&fields);
        if form.is_post {
            return self.travel(Method::POST, url, Some(body)).await;
        }
        url.set_query(Some(&body));
        self.travel(Method::GET, url, None).await
    }

    /// One request with this browser's cookies, redirects not followed.
    pub async fn send(&mut self, method: Method, url: &Url, form: Option<String>) -> Response {
        let mut request = Request::builder().method(method).header(header::HOST, url.authority());
        if let Some(cookies) = self.cookie_header(url) {
            request = request.header(header::COOKIE, cookies);
        }
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let response = if url.origin() == self.base.origin() {
            let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
            let request = request
                .uri(target)
                .body(form.map_or_else(Body::empty, Body::from))
                .expect("a request");
            self.router.send(request).await
        } else {
            let request = request
                .uri(url.as_str())
                .body(form.unwrap_or_default())
                .expect("a request");
            let request = reqwest::Request::try_from(request).expect("a request");
            let answer = self.network.execute(request).await.expect("a peer on loopback answers");
            let (status, headers) = (answer.status(), answer.headers().clone());
            let body = answer.bytes().await.expect("the body arrives whole").to_vec();
            Response { status, headers, body }
        };
        self.keep_cookies(url, &response);
        response
    }

    /// The value of a cookie that would be sent to this address, or nothing.
    pub fn find_cookie(&self, address: &str, name: &str) -> Option<&str> {
        let url = self.base.join(address).expect("an address");
        self.cookies_for(&url)
            .find(|cookie| cookie.name == name)
            .map(|cookie| cookie.value.as_str())
    }

    /// The names of the cookies that would be sent to this address.
    pub fn cookie_names(&self, address: &str) -> Vec<&str> {
        let url = self.base.join(address).expect("an address");
        self.cookies_for(&url).map(|cookie| cookie.name.as_str()).collect()
    }

    /// Forgets all cookies, as a private window does when it closes.
    pub fn forget_cookies(&mut self) {
        self.cookies.clear();
    }

    async fn travel(&mut self, mut method: Method, mut url: Url, mut form: Option<String>) -> Page {
        for _ in 0..MAX_REDIRECTS {
            if !self.can_reach(&url) {
                let response = Response {
                    status: axum::http::StatusCode::OK,
                    headers: axum::http::HeaderMap::new(),
                    body: Vec::new(),
                };
                return Page { url, response };
            }
            let response = self.send(method, &url, form.take()).await;
            if !response.status.is_redirection() {
                return Page { url, response };
            }
            assert!(
                !matches!(response.status.as_u16(), 307 | 308),
                "a redirect that repeats the form's content: {response}"
            );
            url = url.join(response.location()).expect("a redirect leads somewhere");
            method = Method::GET;
        }
        panic!("more than {MAX_REDIRECTS} redirects, now at {url}");
    }

    fn can_reach(&self, url: &Url) -> bool {
        // Port 9 (discard) stands for an app that nobody runs.
        let is_loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost")) && url.port() != Some(9);
        url.origin() == self.base.origin() || (url.scheme() == "http" && is_loopback)
    }

    fn cookies_for(&self, url: &Url) -> impl Iterator<Item = &StoredCookie> {
        let (host, path) = (url.host_str().unwrap_or_default().to_owned(), url.path().to_owned());
        self.cookies
            .iter()
            .filter(move |cookie| cookie.host == host && path_matches(&path, &cookie.path))
    }

    fn cookie_header(&self, url: &Url) -> Option<String> {
        let pairs: Vec<_> = self
            .cookies_for(url)
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    fn keep_cookies(&mut self, url: &Url, response: &Response) {
        let host = url.host_str().unwrap_or_default();
        for cookie in response.cookies() {
            assert!(cookie.domain().is_none(), "a cookie for other hosts: {cookie}");
            let path = cookie.path().map_or_else(|| default_path(url.path()), str::to_owned);
            self.cookies
                .retain(|kept| (kept.name.as_str(), &kept.path, kept.host.as_str()) != (cookie.name(), &path, host));
            let ends_now = cookie.max_age().is_some_and(|age| !age.is_positive());
            let ended = cookie.expires_datetime().is_some_and(|end| end.unix_timestamp() <= 0);
            if !ends_now && !ended {
                let (name, value) = (cookie.name().to_owned(), cookie.value().to_owned());
                self.cookies.push(StoredCookie {
                    name,
                    value,
                    host: host.to_owned(),
                    path,
                });
            }
        }
    }
}

/// RFC 6265 section 5.1.4: a cookie's path covers itself and what is below it.
fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

/// RFC 6265 section 5.1.4: the path of a cookie that names none.
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => path[..end].to_owned(),
    }
}

#[test]
fn a_cookie_path_covers_only_whole_segments() {
    assert!(path_matches("/a/auth", "/a/auth") && path_matches("/a/auth/x", "/a/auth") && path_matches("/a", "/"));
    assert!(!path_matches("/a/authority", "/a/auth") && !path_matches("/b/auth", "/a/auth"));
}

#[tokio::test]
async fn cookies_are_kept_by_path_and_redirects_are_followed() {
    use axum::response::{AppendHeaders, Redirect};
    use axum::routing::get;
    let set = |cookie: &'static str| (AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to("/a/page"));
    let router = Router::new()
        .route("/a/set", get(move || async move { set("sid=1; Path=/a; HttpOnly") }))
        .route("/a/end", get(move || async move { set("sid=; Path=/a; Max-Age=0") }))
        .route("/a/page", get(|| async { "here" }));
    let mut browser = HttpBrowser::new("https://wardkey.test", router);
    let page = browser.goto("/a/set").await;
    assert_eq!((page.url.path(), page.response.text()), ("/a/page", "here"));
    assert_eq!(browser.find_cookie("/a/page", "sid"), Some("1"));
    assert_eq!(browser.find_cookie("/b/page", "sid"), None);
    browser.goto("/a/end").await;
    assert_eq!(browser.cookie_names("/a/page"), Vec::<&str>::new());
}
