//! The public keys of clients that sign assertions: registered by value, or published by the client.

use super::reply::Refusal;
use crate::kernel::Timestamp;
use crate::kernel::id::TenantId;
use crate::oauth::jose::encryption::{ContentEncryption, EncryptionKeys, KeyEncryption};
use crate::oauth::jose::verify::LENGTH_LIMIT;
use crate::oauth::jose::{JwkSet, VerificationKeys};
use crate::oauth::{Client, ErrorCode, OAuthError, limits};
use crate::outbound::{Outbound, OutboundRequest};
use crate::tenant::TenantCx;
use axum::http::{HeaderMap, StatusCode, header};
use moka::future::Cache;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Published key sets kept, over all tenants.
const CACHED: u64 = 50_000;

struct Fetched {
    keys: Option<VerificationKeys>,
    encryption: EncryptionKeys,
    at: Timestamp,
    fresh_for: Duration,
}

/// Finds clients' keys. Cheap to clone.
#[derive(Clone)]
pub struct ClientKeys {
    outbound: Outbound,
    fetched: Cache<(TenantId, String), Arc<Fetched>>,
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKeys")
    }
}

/// What is known of a client's keys.
pub(super) enum Found {
    /// Registered by value.
    Registered(VerificationKeys),
    /// Published by the client.
    Published(Arc<PublishedKeys>),
    /// None, or they cannot be had.
    Nothing,
}

/// Keys fetched from a client's `jwks_uri`.
pub(super) struct PublishedKeys(Arc<Fetched>);

impl Found {
    /// The keys.
    pub(super) fn keys(&self) -> Option<&VerificationKeys> {
        match self {
            Self::Registered(keys) => Some(keys),
            Self::Published(published) => published.0.keys.as_ref(),
            Self::Nothing => None,
        }
    }
}

impl ClientKeys {
    /// Fetches through `outbound`.
    pub fn new(outbound: Outbound) -> Self {
        Self {
            outbound,
            fetched: Cache::builder()
                .max_capacity(CACHED)
                .time_to_live(Duration::from_hours(1))
                .build(),
        }
    }

    /// The keys of `client`. With `again`, published ones are fetched anew although they are fresh, because an assertion
    /// names a key that is not among them; no more often than once a minute, however many such assertions arrive.
    pub(super) async fn find(&self, cx: &TenantCx, client: &Client, again: bool) -> Found {
        if let Some(keys) = client.verification_keys() {
            return Found::Registered(keys);
        }
        let Some(address) = client.jwks_uri.as_deref().and_then(|uri| Url::parse(uri).ok()) else {
            return Found::Nothing;
        };
        // The address is part of the key, so that a changed registration never finds the keys of the one before.
        let key = (cx.id(), format!("{} {address}", client.client_id));
        let now = cx.now();
        let is_stale = move |known: &Arc<Fetched>| {
            let fresh_for = if again {
                limits::JWKS_FETCH_COOL_DOWN
            } else {
                known.fresh_for
            };
            now.since(known.at) >= fresh_for
        };
        // However many assertions arrive at once, the client is asked once.
        let fetch = Box::pin(async { Arc::new(self.fetch(cx, address).await) });
        let known = self.fetched.entry(key).or_insert_with_if(fetch, is_stale).await;
        Found::Published(Arc::new(PublishedKeys(known.into_value())))
    }

    /// The keys to which `client` wants its answers encrypted.
    pub(super) async fn find_for_encryption(&self, cx: &TenantCx, client: &Client) -> EncryptionKeys {
        if let Some(set) = &client.jwks {
            return EncryptionKeys::from_jwk_set(set);
        }
        match self.find(cx, client, false).await {
            Found::Published(published) => published.0.encryption.clone(),
            Found::Registered(_) | Found::Nothing => EncryptionKeys::default(),
        }
    }

    /// A signed token as `client` wants it: as it is, or encrypted to one of its keys.
    pub(super) async fn encrypt_for(
        &self,
        cx: &TenantCx,
        client: &Client,
        token: String,
        algorithm: Option<KeyEncryption>,
        content: Option<ContentEncryption>,
    ) -> Result<String, Refusal> {
        let (Some(algorithm), Some(content)) = (algorithm, content) else {
            return Ok(token);
        };
        let keys = Box::pin(self.find_for_encryption(cx, client)).await;
        keys.encrypt(&token, algorithm, content, cx.entropy()).map_err(|error| {
            tracing::error!(%error, client_id = %client.client_id, "a token could not be encrypted");
            // Never in clear instead: what the client registered is what it relies on.
            let description = "The client's published keys hold none that its registered encryption can use.";
            OAuthError::new(ErrorCode::InvalidRequest, "encryption_key_missing", description).into()
        })
    }

    /// A request object at an address of the client, within the limit of every JWT.
    pub(super) async fn fetch_request_object(&self, cx: &TenantCx, address: Url) -> Option<String> {
        let mut request = OutboundRequest::get(address);
        request.max_body = Some(LENGTH_LIMIT);
        match self.outbound.send(&cx.id().to_string(), request).await {
            Ok(answer) if answer.status == StatusCode::OK => String::from_utf8(answer.body).ok(),
            Ok(answer) => {
                tracing::warn!(status = answer.status.as_u16(), "a request object could not be fetched");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "a request object could not be fetched");
                None
            }
        }
    }

    /// Whether the document of a sector lists every one of `redirects` (OpenID Connect Core section 8.1).
    pub(super) async fn sector_lists(&self, cx: &TenantCx, address: Url, redirects: &[String]) -> bool {
        let answer = self
            .outbound
            .send(&cx.id().to_string(), OutboundRequest::get_json(address))
            .await;
        let body = match answer {
            Ok(answer) if answer.status == StatusCode::OK => answer.body,
            Ok(_) => return false,
            Err(error) => {
                tracing::warn!(%error, "a sector identifier could not be fetched");
                return false;
            }
        };
        let listed: Vec<String> = serde_json::from_slice(&body).unwrap_or_default();
        redirects.iter().all(|uri| listed.contains(uri))
    }

    async fn fetch(&self, cx: &TenantCx, address: Url) -> Fetched {
        let mut request = OutboundRequest::get_json(address);
        request.max_body = Some(limits::JWKS_FETCH_SIZE);
        let answer = self.outbound.send(&cx.id().to_string(), request).await;
        let (set, fresh_for) = match answer {
            Ok(answer) if answer.status == StatusCode::OK => (
                serde_json::from_slice::<JwkSet>(&answer.body).ok(),
                freshness(&answer.headers),
            ),
            Ok(answer) => {
                tracing::warn!(status = answer.status.as_u16(), "a client's keys could not be fetched");
                (None, Duration::ZERO)
            }
            Err(error) => {
                tracing::warn!(%error, "a client's keys could not be fetched");
                (None, Duration::ZERO)
            }
        };
        Fetched {
            keys: set.as_ref().map(VerificationKeys::from_jwk_set),
            encryption: set.as_ref().map(EncryptionKeys::from_jwk_set).unwrap_or_default(),
            at: cx.now(),
            fresh_for,
        }
    }
}

/// How long an answer may be used: never longer than it says (SMART App Launch 2.2 asymmetric authentication), a minute
/// when it says nothing.
fn freshness(headers: &HeaderMap) -> Duration {
    let Some(control) = headers.get(header::CACHE_CONTROL) else {
        return Duration::from_mins(1);
    };
    let directives = control.to_str().unwrap_or("no-store").to_ascii_lowercase();
    let mut longest = limits::JWKS_CACHE;
    for directive in directives.split(',').map(str::trim) {
        match directive.split_once('=') {
            None if directive == "no-store" || directive == "no-cache" => return Duration::ZERO,
            Some(("max-age", seconds)) => {
                longest = longest.min(Duration::from_secs(seconds.trim_matches('"').parse().unwrap_or(0)));
            }
            _ => {}
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: &str) -> Duration {
        freshness(&HeaderMap::from_iter([(header::CACHE_CONTROL, value.parse().unwrap())]))
    }

    #[test]
    fn keys_are_kept_no_longer_than_the_client_says() {
        assert_eq!(freshness(&HeaderMap::new()), Duration::from_mins(1));
        assert_eq!(said("max-age=30"), Duration::from_secs(30));
        assert_eq!(said("public, max-age=86400"), limits::JWKS_CACHE);
        for forbidden in ["no-store", "no-cache, max-age=60", "max-age=0", "max-age=nonsense"] {
            assert_eq!(said(forbidden), Duration::ZERO, "{forbidden}");
        }
    }
}
