//! Requests to a router in this process, without ports, and what tests ask of the answers.

use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum_extra::extract::cookie::Cookie;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt;
use serde::Serialize;
use serde_json::Value;
use tower::ServiceExt;
use url::form_urlencoded::{Serializer, byte_serialize};

/// Shorthands for the requests of this field.
pub trait RequestBuilderExt: Sized {
    /// `Authorization: Bearer`.
    fn bearer(self, token: &str) -> Self;
    /// `Authorization: Basic`, with both parts form-encoded first (RFC 6749 section 2.3.1).
    fn basic(self, id: &str, secret: &str) -> Self;
    /// One cookie.
    fn cookie(self, name: &str, value: &str) -> Self;
    /// A form as the body; repeated names stay repeated.
    fn form(self, fields: &[(&str, &str)]) -> Request<Body>;
    /// JSON as the body.
    fn json(self, value: &impl Serialize) -> Request<Body>;
    /// No body.
    fn empty(self) -> Request<Body>;
}

impl RequestBuilderExt for Builder {
    fn bearer(self, token: &str) -> Self {
        self.header(header::AUTHORIZATION, format!("Bearer {token}"))
    }

    fn basic(self, id: &str, secret: &str) -> Self {
        let encode = |part: &str| byte_serialize(part.as_bytes()).collect::<String>();
        let pair = BASE64_STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
        self.header(header::AUTHORIZATION, format!("Basic {pair}"))
    }

    fn cookie(self, name: &str, value: &str) -> Self {
        self.header(header::COOKIE, format!("{name}={value}"))
    }

    fn form(self, fields: &[(&str, &str)]) -> Request<Body> {
        let body = form_body(fields);
        self.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.into())
            .expect("a valid request")
    }

    fn json(self, value: &impl Serialize) -> Request<Body> {
        let body = serde_json::to_vec(value).expect("JSON");
        self.header(header::CONTENT_TYPE, "application/json")
            .body(body.into())
            .expect("a valid request")
    }

    fn empty(self) -> Request<Body> {
        self.body(Body::empty()).expect("a valid request")
    }
}

/// Pairs as `application/x-www-form-urlencoded`.
pub fn form_body(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self}"))
    }

    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("a header in ASCII"))
    }

    /// Where a redirect leads; relative addresses are taken as they are.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_else(|| panic!("no redirect: {self}"))
    }

    /// A parameter of the redirect's query, decoded, or nothing. It must not be there twice.
    pub fn location_parameter(&self, name: &str) -> Option<String> {
        let query = self.location().split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let mut values = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
        let value = values.next().map(|(_, value)| value.into_owned());
        assert!(values.next().is_none(), "{name} twice in {self}");
        value
    }

    /// The cookies that the answer sets.
    pub fn cookies(&self) -> Vec<Cookie<'static>> {
        let values = self.headers.get_all(header::SET_COOKIE).iter();
        values
            .map(|value| Cookie::parse(value.to_str().expect("ASCII").to_owned()).expect("a well-formed cookie"))
            .collect()
    }

    /// Checks the status; the message of the failure holds the whole answer.
    #[track_caller]
    pub fn assert_status(self, status: u16) -> Self {
        assert!(self.status == status, "expected {status}, got {self}");
        self
    }

    /// Checks for a JSON error of OAuth (RFC 6749 section 5.2): status, code, and that caches do not keep it.
    #[track_caller]
    pub fn assert_error(self, status: u16, error: &str) -> Self {
        let response = self.assert_status(status);
        assert!(response.json()["error"] == error, "expected {error}, got {response}");
        assert_eq!(
            response.header("cache-control"),
            Some("no-store"),
            "an error that caches may keep: {response}"
        );
        response
    }
}

impl std::fmt::Display for Response {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(formatter, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(formatter, "\n{}", String::from_utf8_lossy(&self.body))
    }
}

/// Sending to a router without a port.
pub trait RouterExt {
    /// The router's answer to one request.
    fn send(&self, request: Request<Body>) -> impl Future<Output = Response>;
}

impl RouterExt for Router {
    async fn send(&self, request: Request<Body>) -> Response {
        let answer = match self.clone().oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        let (parts, body) = answer.into_parts();
        let body = body
            .collect()
            .await
            .expect("the body arrives whole")
            .to_bytes()
            .to_vec();
        let response = Response {
            status: parts.status,
            headers: parts.headers,
            body,
        };
        check_explained(&response);
        response
    }
}

/// Every error that tests see says by a documented code which check failed, wherever it travels.
fn check_explained(response: &Response) {
    let ours = response.headers.contains_key("x-request-id");
    let is_json = response.header("content-type") == Some("application/json");
    let (error, description, uri) = if ours && is_json && response.status.as_u16() >= 400 {
        let body = response.json();
        let member = |name: &str| body[name].as_str().map(str::to_owned);
        (member("error"), member("error_description"), member("error_uri"))
    } else if ours && response.status == 303 {
        let parameter = |name| response.location_parameter(name);
        // Only what goes back to an app carries the issuer.
        let error = parameter("error").filter(|_| parameter("iss").is_some());
        (error, parameter("error_description"), parameter("error_uri"))
    } else {
        return;
    };
    if error.is_none() {
        return;
    }
    let description = description.unwrap_or_else(|| panic!("an error without description: {response}"));
    // A fault that somebody chose in the demonstration is none of the server's.
    if description.starts_with("The demonstration's") {
        return;
    }
    let code = description
        .rsplit_once(" (")
        .map(|(_, code)| code.trim_end_matches(')'));
    let code = code.unwrap_or_else(|| panic!("an error without short code: {response}"));
    assert!(
        wardkey::web::short_codes::find(code).is_some(),
        "{code} is not documented: {response}"
    );
    let uri = uri.unwrap_or_else(|| panic!("an error without error_uri: {response}"));
    assert!(
        uri.ends_with(&format!("/errors/{code}")),
        "{uri} is not the page of {code}"
    );
}
