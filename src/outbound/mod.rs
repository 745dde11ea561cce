//! The only HTTP client: every request that leaves the server passes these guards.
//!
//! Addresses come from tenants, from apps that register, and from documents fetched before; none of them is trusted.
//! So: https only, public addresses only (checked for literals and again after name resolution), no proxy, no
//! redirects, a cap on the answer, a deadline for the whole exchange, and a circuit breaker per (scope, host) so that
//! one tenant's dead dependency costs that tenant a fast refusal and nobody else anything.

mod address;
mod breaker;
mod openid;

#[cfg(test)]
mod tests;

pub use breaker::BreakerState;
pub use openid::OpenIdClient;

use crate::kernel::{Clock, Timestamp};
use address::{AddressRefused, GuardedResolver};
use breaker::Breakers;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::tls::TlsInfo;
use reqwest::{Method, StatusCode, redirect};
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use url::{Host, Url};

/// What may be reached, and how much time and memory an answer may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundPolicy {
    /// Allows plain http, and loopback addresses, for the demonstration and for tests. Never set in production.
    pub allow_loopback: bool,
    /// Time to resolve, connect and finish TLS.
    pub connect_timeout: Duration,
    /// Time for the whole exchange, including the last byte of the answer.
    pub total_timeout: Duration,
    /// Largest answer accepted, in bytes.
    pub max_body: usize,
    /// Failures in a row after which a dependency is left alone.
    pub breaker_threshold: u32,
    /// How long it is left alone before one request may try again.
    pub breaker_pause: Duration,
}

impl Default for OutboundPolicy {
    fn default() -> Self {
        Self {
            allow_loopback: false,
            connect_timeout: Duration::from_secs(3),
            total_timeout: Duration::from_secs(10),
            max_body: 256 * 1024,
            breaker_threshold: 5,
            breaker_pause: Duration::from_secs(30),
        }
    }
}

/// Why a URL is refused before anything is sent.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum UrlRefusal {
    /// Not https; plain http is possible to loopback only, and only where the policy allows it.
    #[error("it must start with https://")]
    Scheme,
    /// `user:password@` in the URL would put a credential into logs.
    #[error("it must not contain a user name or password")]
    Credentials,
    /// There is no host to ask.
    #[error("it has no host")]
    NoHost,
}

/// Why there is no answer. The text names the host, never the path or query, which may hold secrets.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum OutboundError {
    /// The URL itself is not acceptable.
    #[error("the URL is refused: {0}")]
    ForbiddenUrl(#[from] UrlRefusal),
    /// The host is, or resolves to, an address inside a private, local or reserved range.
    #[error("{host} lies in a private, local or reserved address range, which is never contacted")]
    ForbiddenAddress {
        /// The host asked for.
        host: String,
    },
    /// The name could not be resolved.
    #[error("{host} cannot be resolved; check the name and the server's DNS")]
    Unresolvable {
        /// The host asked for.
        host: String,
    },
    /// No connection, or TLS failed.
    #[error("no connection to {host}: {reason}")]
    Connect {
        /// The host asked for.
        host: String,
        /// The innermost cause as the network library words it.
        reason: String,
    },
    /// The answer did not arrive in time.
    #[error("{host} did not answer in time")]
    Timeout {
        /// The host asked for.
        host: String,
    },
    /// The answer is larger than the cap; reading stopped there.
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// The host asked for.
        host: String,
        /// The cap in bytes.
        limit: usize,
    },
    /// The host answered with a redirect, which is not followed.
    #[error("{host} answered with a redirect ({status}), which is not followed; enter the final address instead")]
    Redirected {
        /// The host asked for.
        host: String,
        /// The 3xx status.
        status: u16,
    },
    /// The host answered 5xx where a working answer was needed.
    #[error("{host} is in trouble: it answered {status}")]
    Unavailable {
        /// The host asked for.
        host: String,
        /// The 5xx status.
        status: u16,
    },
    /// The host failed several times in a row and is left alone for a while.
    #[error("{host} failed several times in a row; the next attempt is possible in {} s", retry_after.as_secs().max(1))]
    BreakerOpen {
        /// The host asked for.
        host: String,
        /// Time until a request may try again.
        retry_after: Duration,
    },
    /// The connection broke or spoke no proper HTTP.
    #[error("the exchange with {host} broke off")]
    Interrupted {
        /// The host asked for.
        host: String,
    },
    /// The client itself could not be set up.
    #[error("the HTTP client cannot be built: {0}")]
    Setup(String),
}

impl OutboundError {
    /// Whether the same request may well succeed later: the dependency is down or slow, not misconfigured.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unresolvable { .. }
                | Self::Connect { .. }
                | Self::Timeout { .. }
                | Self::Unavailable { .. }
                | Self::BreakerOpen { .. }
                | Self::Interrupted { .. }
        )
    }
}

/// A request to send.
pub struct OutboundRequest {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// Headers beside those the client sets itself.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// A larger or smaller cap than the policy's, in bytes.
    pub max_body: Option<usize>,
}

impl fmt::Debug for OutboundRequest {
    /// Method and host only: headers, path, query and body may hold secrets or patient data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "OutboundRequest({} {})",
            self.method,
            self.url.host_str().unwrap_or("?")
        )
    }
}

impl OutboundRequest {
    /// `GET` without a body.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Vec::new(),
            max_body: None,
        }
    }

    /// `GET` for a JSON document.
    pub fn get_json(url: Url) -> Self {
        let mut request = Self::get(url);
        request
            .headers
            .insert(ACCEPT, HeaderValue::from_static("application/json"));
        request
    }

    /// `POST` of a JSON body.
    pub fn post_json(url: Url, body: Vec<u8>) -> Self {
        let mut request = Self::get_json(url);
        request.method = Method::POST;
        request
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.body = body;
        request
    }
}

/// A complete answer.
#[derive(Clone)]
pub struct OutboundResponse {
    /// The status, never 3xx.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, within the cap.
    pub body: Vec<u8>,
    /// When its headers came, by our clock.
    pub received_at: Timestamp,
    /// The certificate (DER) with which the host proved who it is; none without TLS.
    pub certificate: Option<Vec<u8>>,
}

impl fmt::Debug for OutboundResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutboundResponse({}, {} bytes)", self.status, self.body.len())
    }
}

/// The client. Cloning is cheap and shares connections and breakers.
#[derive(Clone)]
pub struct Outbound(Arc<Inner>);

struct Inner {
    policy: OutboundPolicy,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    breakers: Breakers,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("policy", &self.0.policy)
            .finish_non_exhaustive()
    }
}

impl Outbound {
    /// Builds the client; fails when the platform's trust anchors cannot be loaded.
    pub fn new(policy: OutboundPolicy, clock: Arc<dyn Clock>) -> Result<Self, OutboundError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .tls_info(true)
            .retry(reqwest::retry::never())
            .connect_timeout(policy.connect_timeout)
            .timeout(policy.total_timeout)
            .user_agent(concat!("wardkey/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(GuardedResolver {
                allow_loopback: policy.allow_loopback,
            })
            .build()
            .map_err(|cause| OutboundError::Setup(innermost(&cause)))?;
        let breakers = Breakers::new(policy.breaker_threshold, policy.breaker_pause);
        Ok(Self(Arc::new(Inner {
            policy,
            http,
            clock,
            breakers,
        })))
    }

    /// The policy in force.
    pub fn policy(&self) -> &OutboundPolicy {
        &self.0.policy
    }

    /// Whether `url` may be asked at all, as far as it can be told without resolving its name.
    ///
    /// The name resolver is never consulted for address literals, in whatever notation (`127.0.0.1`, `2130706433`,
    /// `0x7f.1`, `[::ffff:127.0.0.1]`): the URL parser has normalised them to [`Host::Ipv4`] or [`Host::Ipv6`] by now.
    pub fn check_url(&self, url: &Url) -> Result<(), OutboundError> {
        let allow_loopback = self.0.policy.allow_loopback;
        let host = url.host().ok_or(UrlRefusal::NoHost)?;
        let loopback = match &host {
            Host::Domain(name) => address::is_loopback_name(name),
            Host::Ipv4(literal) => address::is_loopback((*literal).into()),
            Host::Ipv6(literal) => address::is_loopback((*literal).into()),
        };
        match url.scheme() {
            "https" => {}
            "http" if allow_loopback && loopback => {}
            _ => return Err(UrlRefusal::Scheme.into()),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlRefusal::Credentials.into());
        }
        let allowed = match host {
            Host::Domain(_) => true,
            Host::Ipv4(literal) => address::is_allowed(literal.into(), allow_loopback),
            Host::Ipv6(literal) => address::is_allowed(literal.into(), allow_loopback),
        };
        if allowed {
            Ok(())
        } else {
            Err(OutboundError::ForbiddenAddress { host: host_of(url) })
        }
    }

    /// Sends one request on behalf of `scope` (a tenant, or the platform) and reads the whole answer.
    ///
    /// Any status but 3xx is an answer. Failures to connect, timeouts, broken exchanges and 5xx count against the
    /// breaker of (`scope`, host); any other answer closes it.
    pub async fn send(&self, scope: &str, request: OutboundRequest) -> Result<OutboundResponse, OutboundError> {
        self.check_url(&request.url)?;
        let host = host_of(&request.url);
        let limit = request.max_body.unwrap_or(self.0.policy.max_body);
        let pass = self
            .0
            .breakers
            .enter(scope, &authority_of(&request.url), self.0.clock.now())
            .map_err(|retry_after| OutboundError::BreakerOpen {
                host: host.clone(),
                retry_after,
            })?;
        let outcome = self.exchange(request, &host, limit).await;
        let now = self.0.clock.now();
        match &outcome {
            Ok(answer) if answer.status.is_server_error() => pass.failed(now),
            Err(cause) if cause.is_transient() => pass.failed(now),
            Ok(_) | Err(OutboundError::TooLarge { .. } | OutboundError::Redirected { .. }) => pass.succeeded(),
            Err(_) => drop(pass), // refused by us after resolution: says nothing about the dependency's health
        }
        outcome
    }

    /// Sends one request past the breakers, to see what is the matter: no breaker refuses it, and none counts it. For what an
    /// administrator asks for, never for what a user's sign-in needs.
    pub async fn probe(&self, request: OutboundRequest) -> Result<OutboundResponse, OutboundError> {
        self.check_url(&request.url)?;
        let host = host_of(&request.url);
        let limit = request.max_body.unwrap_or(self.0.policy.max_body);
        self.exchange(request, &host, limit).await
    }

    /// Whether requests of `scope` to the host of `url` are let through at present.
    pub fn breaker(&self, scope: &str, url: &Url) -> BreakerState {
        self.0.breakers.state(scope, &authority_of(url), self.0.clock.now())
    }

    /// Up to `most` dependencies that are left alone at present: the scope, the host with its port, and when it last failed.
    pub fn open_breakers(&self, most: usize) -> Vec<(String, String, Timestamp)> {
        self.0.breakers.open(self.0.clock.now(), most)
    }

    /// The client as `openidconnect` and `oauth2` want it, on behalf of `scope`.
    pub fn openid_client(&self, scope: &str) -> OpenIdClient {
        OpenIdClient::new(self.clone(), scope)
    }

    async fn exchange(
        &self,
        request: OutboundRequest,
        host: &str,
        limit: usize,
    ) -> Result<OutboundResponse, OutboundError> {
        let mut builder = self
            .0
            .http
            .request(request.method, request.url)
            .headers(request.headers);
        if !request.body.is_empty() {
            builder = builder.body(request.body);
        }
        let mut answer = builder.send().await.map_err(|cause| classify(&cause, host))?;
        let received_at = self.0.clock.now();
        let certificate = answer
            .extensions()
            .get::<TlsInfo>()
            .and_then(TlsInfo::peer_certificate)
            .map(<[u8]>::to_vec);
        let status = answer.status();
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(OutboundError::Redirected {
                host: host.to_owned(),
                status: status.as_u16(),
            });
        }
        let too_large = || OutboundError::TooLarge {
            host: host.to_owned(),
            limit,
        };
        let announced = answer
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|cause| classify(&cause, host))? {
            if body.len().saturating_add(chunk.len()) > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(OutboundResponse {
            status,
            headers: answer.headers().clone(),
            body,
            received_at,
            certificate,
        })
    }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("?").to_owned()
}

/// Host and port: two services on one machine fail separately.
fn authority_of(url: &Url) -> String {
    format!(
        "{}:{}",
        url.host_str().unwrap_or("?"),
        url.port_or_known_default().unwrap_or(0)
    )
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

fn classify(error: &reqwest::Error, host: &str) -> OutboundError {
    let host = host.to_owned();
    if let Some(refused) = causes(error).find_map(|cause| cause.downcast_ref::<AddressRefused>()) {
        return match refused {
            AddressRefused::Forbidden => OutboundError::ForbiddenAddress { host },
            AddressRefused::Unresolvable => OutboundError::Unresolvable { host },
        };
    }
    if error.is_timeout() {
        OutboundError::Timeout { host }
    } else if error.is_connect() {
        OutboundError::Connect {
            host,
            reason: innermost(error),
        }
    } else {
        OutboundError::Interrupted { host }
    }
}
