//! Stylesheets, scripts and images of our own, embedded in the binary.
//!
//! The address carries a version made from all files together, so an answer never changes and browsers may keep it for good.

use crate::kernel::Sha256Hash;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};
use std::fmt;
use std::sync::{Arc, LazyLock};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// The version of all static files: the first 16 characters of a digest over their names and contents.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let mut input = Vec::new();
    for name in names {
        if let Some(file) = Files::get(&name) {
            input.extend_from_slice(name.as_bytes());
            input.push(0);
            input.extend_from_slice(&file.metadata.sha256_hash());
        }
    }
    Sha256Hash::of(&input).to_base64url().chars().take(16).collect()
});

/// Where static files are on this server, version included.
#[derive(Clone, PartialEq, Eq)]
pub struct StaticBase(Arc<str>);

impl StaticBase {
    /// `public_path` is the path of the public base URL: empty for a server at the root of its host.
    pub fn new(public_path: &str) -> Self {
        Self(format!("{}/static/{}", public_path.trim_end_matches('/'), *VERSION).into())
    }

    /// The address of one file.
    pub fn url(&self, file: &str) -> String {
        format!("{}/{file}", self.0)
    }
}

impl fmt::Debug for StaticBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The route `/static/{version}/{*path}`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/static/{version}/{*path}", get(serve))
}

async fn serve(Path((version, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let (Some(file), Some(content_type)) = (Files::get(&path), content_type(&path)) else {
        return not_found();
    };
    let etag = etag(&file);
    let unchanged = headers
        .get_all(header::IF_NONE_MATCH)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|candidate| candidate.trim().trim_start_matches("W/") == etag);
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        (StatusCode::OK, file.data).into_response()
    };
    // While a new release rolls out, a page of one version may ask a node of another. The file is sent, but not for keeps.
    let caching = if version == *VERSION {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        set.insert(header::ETAG, etag);
    }
    protect(set);
    response
}

fn not_found() -> Response {
    let mut response = (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    protect(response.headers_mut());
    response
}

/// A file opened by itself may do nothing.
fn protect(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
}

fn etag(file: &EmbeddedFile) -> String {
    let digest = Sha256Hash::from_bytes(&file.metadata.sha256_hash());
    format!("\"{}\"", digest.map(|digest| digest.to_base64url()).unwrap_or_default())
}

/// The types we have files of. Another type is not served until it is named here.
fn content_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) fn exists(path: &str) -> bool {
    Files::get(path).is_some() && content_type(path).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    async fn fetch(path: &str, if_none_match: Option<&str>) -> Response {
        let mut request = Request::get(path);
        if let Some(value) = if_none_match {
            request = request.header(header::IF_NONE_MATCH, value);
        }
        routes::<()>()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    fn text(response: &Response, name: header::HeaderName) -> String {
        response.headers().get(name).unwrap().to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn the_current_version_may_be_kept_for_good() {
        let response = fetch(&StaticBase::new("").url("wardkey.css"), None).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(text(&response, header::CONTENT_TYPE), "text/css; charset=utf-8");
        assert_eq!(
            text(&response, header::CACHE_CONTROL),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(text(&response, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    }

    #[tokio::test]
    async fn another_version_is_served_but_not_kept() {
        let response = fetch("/static/another/wardkey.css", None).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(text(&response, header::CACHE_CONTROL), "no-cache");
    }

    #[tokio::test]
    async fn a_known_etag_is_answered_without_a_body() {
        let address = StaticBase::new("").url("copy.js");
        let etag = text(&fetch(&address, None).await, header::ETAG);
        let response = fetch(&address, Some(&format!("\"other\", W/{etag}"))).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(text(&response, header::ETAG), etag);
    }

    #[tokio::test]
    async fn nothing_outside_the_folder_is_served() {
        for path in [
            "/static/x/missing.css",
            "/static/x/../Cargo.toml",
            "/static/x/%2e%2e/Cargo.toml",
            "/static/x//etc/passwd",
        ] {
            assert_eq!(fetch(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn the_path_of_the_public_url_leads_every_address() {
        assert!(
            StaticBase::new("/wardkey/")
                .url("copy.js")
                .starts_with("/wardkey/static/")
        );
    }

    #[test]
    fn a_first_page_stays_below_50_kilobytes() {
        let of = |name: &str| Files::get(name).unwrap().data.len();
        let scripts: usize = [
            "copy.js",
            "picker.js",
            "form_post.js",
            "waiting.js",
            "reveal.js",
            "consent.js",
        ]
        .into_iter()
        .map(of)
        .sum();
        assert!(
            of("wardkey.css") + scripts + of("favicon.svg") < 36_000,
            "leaves 14 kB for the page and its logo"
        );
    }
}
