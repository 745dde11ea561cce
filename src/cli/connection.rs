//! Where administrative requests go: to a server, with a token; or to the database beside, as whoever can run the program.

use super::credentials::{Context, CredentialsFile};
use super::{CliError, Global, platform};
use crate::api::{self, ApiState, MachineCaller};
use crate::config::Config;
use crate::control::Platform;
use crate::federation::Federation;
use crate::federation::local::outbox;
use crate::kernel::SystemClock;
use crate::outbound::{Outbound, OutboundPolicy};
use crate::session::backchannel_logout;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;

/// A server that has not answered after this time is not there.
const PATIENCE: Duration = Duration::from_mins(1);

/// An administrative request.
#[derive(Debug)]
pub(super) struct ApiRequest {
    /// The method.
    pub(super) method: Method,
    /// The path with its query, from `/api/v1` on.
    pub(super) address: String,
    /// The media type and the text of the body.
    pub(super) body: Option<(&'static str, String)>,
    /// Further headers.
    pub(super) headers: HeaderMap,
}

/// How it was answered.
#[derive(Debug)]
pub(super) struct ApiReply {
    /// The status code.
    pub(super) status: u16,
    /// The body; null where there is none.
    pub(super) body: Value,
    /// The version of what was answered, as the header `ETag` says it.
    pub(super) tag: Option<String>,
}

impl ApiReply {
    fn new(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        Self {
            status,
            body: serde_json::from_slice(body).unwrap_or_default(),
            tag: tag.map(str::to_owned),
        }
    }
}

/// The other side.
pub(super) enum Connection {
    /// The API in this process, over the databases of the configuration.
    Local {
        /// The API's routes.
        router: Router,
        /// What they work on.
        platform: Platform,
        /// What sends mail and notices to apps.
        federation: Federation,
        /// Tenants at which something was changed, so that there may be something to send.
        changed: BTreeSet<String>,
    },
    /// A server's API.
    Remote(Box<Remote>),
}

/// A server, and the credentials for it.
pub(super) struct Remote {
    client: reqwest::Client,
    file: CredentialsFile,
    name: String,
    context: Context,
}

/// A client for the server that the operator named. Nothing that others wrote decides where it goes, so private addresses are
/// allowed here, which the server itself never asks.
pub(super) fn http_client() -> Result<reqwest::Client, CliError> {
    reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| CliError::Failed(format!("the HTTP client cannot start: {error}")))
}

impl Connection {
    /// The one that the options name: a context of `wardkey login`, unless `--local` or a configuration file is given.
    pub(super) async fn open(global: &Global) -> Result<Self, CliError> {
        let local = global.local || (global.config.is_some() && global.context.is_none());
        if !local {
            let file = CredentialsFile::open()?;
            if let Some((name, context)) = file.find(global.context.as_deref())? {
                return Ok(Self::Remote(Box::new(Remote {
                    client: http_client()?,
                    file,
                    name,
                    context,
                })));
            }
        }
        Self::local(&global.load()?).await
    }

    /// Over the databases of the configuration.
    pub(super) async fn local(config: &Config) -> Result<Self, CliError> {
        let platform = platform::open(config).await?;
        let policy = OutboundPolicy {
            allow_loopback: config.server.allow_insecure_development,
            ..OutboundPolicy::default()
        };
        let outbound =
            Outbound::new(policy, Arc::new(SystemClock)).map_err(|error| CliError::Failed(error.to_string()))?;
        let federation = Federation::with_mailer(outbound, platform::passwords(config)?, platform::mailer(config)?);
        let state = ApiState {
            platform: platform.clone(),
            federation: federation.clone(),
        };
        let (router, _) = api::routes::<()>(state).into_parts();
        Ok(Self::Local {
            router,
            platform,
            federation,
            changed: BTreeSet::new(),
        })
    }

    /// The tenant that is meant when none is named.
    pub(super) fn usual_tenant(&self) -> Option<&str> {
        match self {
            Self::Local { .. } => None,
            Self::Remote(remote) => remote.context.tenant.as_deref(),
        }
    }

    /// Sends a request. Refusals are answers; an error means that there is none.
    pub(super) async fn send(&mut self, request: ApiRequest) -> Result<ApiReply, CliError> {
        match self {
            Self::Local { router, changed, .. } => {
                let below = request.address.strip_prefix("/api/v1/tenants/");
                let slug = below.and_then(|below| below.split(['/', '?']).next());
                changed.extend(slug.filter(|_| request.method != Method::GET).map(str::to_owned));
                in_process(router.clone(), request).await
            }
            Self::Remote(remote) => remote.send(request).await,
        }
    }

    /// Sends what changes left to be sent, and closes what was opened.
    pub(super) async fn close(self) {
        if let Self::Local {
            platform,
            federation,
            changed,
            ..
        } = self
        {
            for slug in changed {
                // One that was deleted, or suspended, sends nothing.
                if let Ok(admin) = platform.tenant(&slug).await {
                    backchannel_logout::deliver(admin.cx(), federation.outbound()).await;
                    outbox::deliver(admin.cx(), federation.mailer()).await;
                }
            }
            platform.close().await;
        }
    }
}

async fn in_process(router: Router, request: ApiRequest) -> Result<ApiReply, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::Failed(error.to_string());
    let mut builder = Request::builder().method(request.method).uri(&request.address);
    if let Some(headers) = builder.headers_mut() {
        headers.extend(request.headers);
    }
    let body = match request.body {
        Some((kind, text)) => {
            builder = builder.header(header::CONTENT_TYPE, kind);
            Body::from(text)
        }
        None => Body::empty(),
    };
    let mut request = builder.body(body).map_err(|error| failed(&error))?;
    request.extensions_mut().insert(MachineCaller);
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|error| failed(&error))?;
    Ok(ApiReply::new(parts.status.as_u16(), &parts.headers, &bytes))
}

impl Remote {
    async fn send(&mut self, request: ApiRequest) -> Result<ApiReply, CliError> {
        if self.context.is_expired() {
            self.refresh().await?;
        }
        let address = format!("{}{}", self.context.server, request.address);
        let mut call = self
            .client
            .request(request.method, &address)
            .headers(request.headers)
            .bearer_auth(self.context.access_token.expose());
        if let Some((kind, text)) = request.body {
            call = call.header(header::CONTENT_TYPE, kind).body(text);
        }
        let unreachable =
            |error: reqwest::Error| CliError::Failed(format!("{} does not answer: {error}", self.context.server));
        let response = call.send().await.map_err(unreachable)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.map_err(unreachable)?;
        Ok(ApiReply::new(status, &headers, &bytes))
    }

    /// A new access token for the refresh token, which is replaced too (RFC 6749 section 6).
    async fn refresh(&mut self) -> Result<(), CliError> {
        self.context = super::login::refreshed(&self.client, &self.name, &self.context).await?;
        self.file.store(&self.name, &self.context)
    }
}

/// A header whose value came from an option.
pub(super) fn text_header(name: HeaderName, value: &str) -> Result<(HeaderName, HeaderValue), CliError> {
    let problem = |_| CliError::Input(format!("{name} cannot hold {value:?}"));
    let value = HeaderValue::from_str(value).map_err(problem)?;
    Ok((name, value))
}
