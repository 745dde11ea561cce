//! The guarded client behind the interface of the `openidconnect` and `oauth2` crates.

use super::{Outbound, OutboundError, OutboundRequest, UrlRefusal};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::future::Future;
use std::pin::Pin;
use url::Url;

/// An [`AsyncHttpClient`] that sends through [`Outbound`] on behalf of one scope.
///
/// A 5xx answer is an error here: the protocol crates would only report that its body is no OAuth error.
#[derive(Clone, Debug)]
pub struct OpenIdClient {
    outbound: Outbound,
    scope: String,
}

impl OpenIdClient {
    pub(super) fn new(outbound: Outbound, scope: &str) -> Self {
        Self {
            outbound,
            scope: scope.to_owned(),
        }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let (parts, body) = request.into_parts();
        let url: Url = parts.uri.to_string().parse().map_err(|_| UrlRefusal::NoHost)?;
        let host = url.host_str().unwrap_or("?").to_owned();
        let request = OutboundRequest {
            method: parts.method,
            url,
            headers: parts.headers,
            body,
            max_body: None,
        };
        let answer = self.outbound.send(&self.scope, request).await?;
        if answer.status.is_server_error() {
            return Err(OutboundError::Unavailable {
                host,
                status: answer.status.as_u16(),
            });
        }
        let mut response = HttpResponse::new(answer.body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for OpenIdClient {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}
