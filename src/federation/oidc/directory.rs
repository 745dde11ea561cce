//! Providers' metadata and keys, fetched once and kept (OpenID Connect Discovery 1.0, RFC 8414, RFC 7517).

use super::config::{ManualEndpoints, OidcProviderConfig};
use super::failure::{Check, SignInFailure};
use crate::kernel::Timestamp;
use crate::outbound::{Outbound, OutboundRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moka::future::Cache;
use openidconnect::JsonWebKeySet;
use openidconnect::core::CoreJsonWebKey;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::MutexGuard;
use url::Url;

/// How long metadata and keys are used before they are fetched again.
const FRESH_FOR: Duration = Duration::from_hours(1);
/// How long a failed first fetch is answered from memory: whoever waited for it must not wait again.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);
/// How long to wait with another refresh while the last good answer still serves.
const REFRESH_PAUSE: Duration = Duration::from_mins(1);
/// Pause before the second forced fetch of keys in a row, and before each later one.
const FORCED_PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_mins(1)];
/// Providers kept in memory.
const CAPACITY: u64 = 10_000;
/// Smallest RSA modulus accepted, in bytes (RFC 7518 section 3.3: 2048 bits).
const MIN_RSA_BYTES: usize = 256;

/// Which provider of which tenant: nothing is shared between two tenants that use the same issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UpstreamKey {
    tenant: String,
    provider: String,
}

impl UpstreamKey {
    /// From the ids of the tenant and of its provider.
    pub fn new(tenant: impl Into<String>, provider: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            provider: provider.into(),
        }
    }

    /// On whose behalf requests are sent: breakers count per tenant and provider.
    pub(in crate::federation) fn scope(&self) -> String {
        format!("{}/{}", self.tenant, self.provider)
    }
}

/// What a provider published, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderDocuments {
    /// The discovery document; none where the endpoints were entered by hand.
    pub metadata: Option<String>,
    /// The key set.
    pub keys: String,
}

#[derive(Clone, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    userinfo_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// What a tenant entered for a provider that publishes nothing.
    fn of(issuer: &str, manual: &ManualEndpoints) -> Self {
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: manual.authorization_endpoint.clone(),
            token_endpoint: manual.token_endpoint.clone(),
            jwks_uri: manual.jwks_uri.clone(),
            userinfo_endpoint: manual.userinfo_endpoint.clone(),
            end_session_endpoint: manual.end_session_endpoint.clone(),
            authorization_response_iss_parameter_supported: manual.sends_issuer_parameter,
        }
    }
}

/// A provider as it described itself last.
#[derive(Clone)]
pub struct Provider {
    metadata: Metadata,
    pub(super) keys: JsonWebKeySet<CoreJsonWebKey>,
    documents: ProviderDocuments,
    fetched_at: Timestamp,
    /// The settings that stand for its metadata, if it has none.
    manual: Option<ManualEndpoints>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("issuer", &self.metadata.issuer)
            .field("keys", &self.keys.keys().len())
            .field("fetched_at", &self.fetched_at)
            .finish_non_exhaustive()
    }
}

impl Provider {
    /// The issuer, equal to the pinned one.
    pub fn issuer(&self) -> &str {
        &self.metadata.issuer
    }

    /// Where browsers are sent.
    pub const fn authorization_endpoint(&self) -> &Url {
        &self.metadata.authorization_endpoint
    }

    /// Where codes are redeemed.
    pub const fn token_endpoint(&self) -> &Url {
        &self.metadata.token_endpoint
    }

    /// UserInfo, where there is one.
    pub const fn userinfo_endpoint(&self) -> Option<&Url> {
        self.metadata.userinfo_endpoint.as_ref()
    }

    /// Where browsers are sent for logging out upstream, where there is such a place.
    pub const fn end_session_endpoint(&self) -> Option<&Url> {
        self.metadata.end_session_endpoint.as_ref()
    }

    /// Whether answers carry `iss` (RFC 9207 section 3).
    pub const fn sends_issuer_parameter(&self) -> bool {
        self.metadata.authorization_response_iss_parameter_supported
    }

    /// What it published, to be kept where a restart does not lose it.
    pub const fn documents(&self) -> &ProviderDocuments {
        &self.documents
    }

    /// When metadata was fetched last.
    pub const fn fetched_at(&self) -> Timestamp {
        self.fetched_at
    }
}

#[derive(Default)]
struct Entry {
    current: Mutex<Option<Arc<Provider>>>,
    /// Held while fetching: one fetch at a time per provider.
    flight: tokio::sync::Mutex<Flight>,
}

#[derive(Default)]
struct Flight {
    failed: Option<(Timestamp, SignInFailure)>,
    /// Forced fetches of keys in a row that did not help, and the time of the last.
    forced: usize,
    forced_at: Option<Timestamp>,
}

impl Entry {
    /// The provider known last, unless the tenant set another issuer or other endpoints since.
    fn current(&self, issuer: &str, manual: Option<&ManualEndpoints>) -> Option<Arc<Provider>> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |provider: &&Arc<Provider>| provider.issuer() == issuer && provider.manual.as_ref() == manual;
        current.as_ref().filter(same).cloned()
    }

    fn replace(&self, provider: Provider) -> Arc<Provider> {
        let provider = Arc::new(provider);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(provider.clone());
        provider
    }
}

/// Providers by (tenant, provider). Fresh for an hour; the last good answer serves while a refresh fails.
pub struct ProviderDirectory {
    outbound: Outbound,
    entries: Cache<UpstreamKey, Arc<Entry>>,
}

impl fmt::Debug for ProviderDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderDirectory")
            .field("entries", &self.entries.entry_count())
            .finish_non_exhaustive()
    }
}

impl ProviderDirectory {
    /// An empty directory that fetches through `outbound`.
    pub fn new(outbound: Outbound) -> Self {
        Self {
            outbound,
            entries: Cache::new(CAPACITY),
        }
    }

    async fn entry(&self, upstream: &UpstreamKey) -> Arc<Entry> {
        self.entries.get_with_by_ref(upstream, async { Arc::default() }).await
    }

    /// The provider, from memory or fetched. Requests for one provider share one fetch.
    pub async fn provider(
        &self,
        upstream: &UpstreamKey,
        config: &OidcProviderConfig,
        now: Timestamp,
    ) -> Result<Arc<Provider>, SignInFailure> {
        let entry = self.entry(upstream).await;
        if let Some(known) = entry.current(&config.issuer, config.endpoints.as_ref()) {
            if now.since(known.fetched_at) < FRESH_FOR {
                return Ok(known);
            }
            // Whoever finds someone else refreshing goes on with what is known: a slow provider delays one sign-in.
            let Ok(mut flight) = entry.flight.try_lock() else {
                return Ok(known);
            };
            if flight
                .failed
                .as_ref()
                .is_some_and(|(at, _)| now.since(*at) < REFRESH_PAUSE)
            {
                return Ok(known);
            }
            return Ok(self
                .fetch(upstream, config, &entry, &mut flight, now)
                .await
                .unwrap_or(known));
        }
        let mut flight = entry.flight.lock().await;
        if let Some(fetched_meanwhile) = entry.current(&config.issuer, config.endpoints.as_ref()) {
            return Ok(fetched_meanwhile);
        }
        if let Some((at, failure)) = &flight.failed
            && now.since(*at) < FAILURE_HOLDS
        {
            return Err(failure.clone());
        }
        self.fetch(upstream, config, &entry, &mut flight, now).await
    }

    /// Whether what is in memory serves a sign-in at `now` without a fetch.
    pub async fn is_fresh(&self, upstream: &UpstreamKey, config: &OidcProviderConfig, now: Timestamp) -> bool {
        let entry = self.entry(upstream).await;
        entry
            .current(&config.issuer, config.endpoints.as_ref())
            .is_some_and(|known| now.since(known.fetched_at) < FRESH_FOR)
    }

    /// Takes in what was fetched before, by this node or another, unless what is in memory is newer.
    pub async fn adopt(
        &self,
        upstream: &UpstreamKey,
        config: &OidcProviderConfig,
        documents: ProviderDocuments,
        fetched_at: Timestamp,
    ) -> Result<(), SignInFailure> {
        let provider = self.assemble(config, documents, fetched_at)?;
        let entry = self.entry(upstream).await;
        let known = entry.current(&config.issuer, config.endpoints.as_ref());
        if known.is_none_or(|known| known.fetched_at < fetched_at) {
            entry.replace(provider);
        }
        Ok(())
    }

    /// Fetches anew, however fresh what is in memory. That stays when the new is not usable.
    pub async fn refresh(
        &self,
        upstream: &UpstreamKey,
        config: &OidcProviderConfig,
        now: Timestamp,
    ) -> Result<Arc<Provider>, SignInFailure> {
        let entry = self.entry(upstream).await;
        let mut flight = entry.flight.lock().await;
        self.fetch(upstream, config, &entry, &mut flight, now).await
    }

    async fn fetch(
        &self,
        upstream: &UpstreamKey,
        config: &OidcProviderConfig,
        entry: &Entry,
        flight: &mut MutexGuard<'_, Flight>,
        now: Timestamp,
    ) -> Result<Arc<Provider>, SignInFailure> {
        let fetched = self.discover(upstream, config, now).await;
        match fetched {
            Ok(provider) => {
                **flight = Flight::default();
                Ok(entry.replace(provider))
            }
            Err(failure) => {
                tracing::warn!(
                    tenant = %upstream.tenant,
                    check = failure.check.as_str(),
                    "provider refresh failed"
                );
                flight.failed = Some((now, failure.clone()));
                Err(failure)
            }
        }
    }

    /// Fetches the keys anew because none fits a token; `None` while that was done too recently.
    ///
    /// `seen` is the provider the token did not fit: when another sign-in has replaced it meanwhile, nothing is fetched.
    pub(super) async fn refetch_keys(
        &self,
        upstream: &UpstreamKey,
        seen: &Arc<Provider>,
        now: Timestamp,
    ) -> Result<Option<Arc<Provider>>, SignInFailure> {
        let entry = self.entry(upstream).await;
        let mut flight = entry.flight.lock().await;
        if let Some(current) = entry.current(seen.issuer(), seen.manual.as_ref())
            && !Arc::ptr_eq(&current, seen)
        {
            return Ok(Some(current));
        }
        let pause = match flight.forced {
            0 => Duration::ZERO,
            1 => FORCED_PAUSES[0],
            _ => FORCED_PAUSES[1],
        };
        if flight.forced_at.is_some_and(|at| now.since(at) < pause) {
            return Ok(None);
        }
        flight.forced = flight.forced.saturating_add(1);
        flight.forced_at = Some(now);
        let text = self.text(Check::Keys, upstream, &seen.metadata.jwks_uri).await?;
        let keys = read_keys(&text)?;
        let documents = ProviderDocuments {
            keys: text,
            ..seen.documents.clone()
        };
        Ok(Some(entry.replace(Provider {
            keys,
            documents,
            ..Provider::clone(seen)
        })))
    }

    /// The forced fetch brought the key: the next rotation may be followed at once again.
    pub(super) async fn refetch_helped(&self, upstream: &UpstreamKey) {
        self.entry(upstream).await.flight.lock().await.forced = 0;
    }

    async fn discover(
        &self,
        upstream: &UpstreamKey,
        config: &OidcProviderConfig,
        now: Timestamp,
    ) -> Result<Provider, SignInFailure> {
        let (metadata, jwks_uri) = if let Some(manual) = &config.endpoints {
            (None, manual.jwks_uri.clone())
        } else {
            let text = self
                .text(Check::Discovery, upstream, &discovery_address(config)?)
                .await?;
            let jwks_uri = self.read_metadata(config, &text)?.jwks_uri;
            (Some(text), jwks_uri)
        };
        self.outbound
            .check_url(&jwks_uri)
            .map_err(|cause| SignInFailure::fetch(Check::Discovery, &cause))?;
        let keys = self.text(Check::Keys, upstream, &jwks_uri).await?;
        self.assemble(config, ProviderDocuments { metadata, keys }, now)
    }

    /// A provider out of what it published, checked as if it had come this moment.
    fn assemble(
        &self,
        config: &OidcProviderConfig,
        documents: ProviderDocuments,
        fetched_at: Timestamp,
    ) -> Result<Provider, SignInFailure> {
        let metadata = match (&config.endpoints, &documents.metadata) {
            (Some(manual), _) => {
                let metadata = Metadata::of(&config.issuer, manual);
                self.check_endpoints(&metadata)?;
                metadata
            }
            (None, Some(text)) => self.read_metadata(config, text)?,
            (None, None) => return Err(SignInFailure::new(Check::Discovery, "there is no discovery document")),
        };
        Ok(Provider {
            metadata,
            keys: read_keys(&documents.keys)?,
            documents,
            fetched_at,
            manual: config.endpoints.clone(),
        })
    }

    fn read_metadata(&self, config: &OidcProviderConfig, text: &str) -> Result<Metadata, SignInFailure> {
        let metadata: Metadata = serde_json::from_str(text).map_err(|_| {
            SignInFailure::new(
                Check::Discovery,
                "the metadata is not usable: it must be JSON with issuer, authorization_endpoint, token_endpoint and \
                 jwks_uri",
            )
        })?;
        // OpenID Connect Discovery 1.0 section 4.3: exactly the string that was pinned, compared as text.
        if metadata.issuer != config.issuer {
            return Err(SignInFailure::new(
                Check::DiscoveryIssuer,
                "the metadata names another issuer than the one entered; they must be equal to the letter",
            ));
        }
        self.check_endpoints(&metadata)?;
        Ok(metadata)
    }

    fn check_endpoints(&self, metadata: &Metadata) -> Result<(), SignInFailure> {
        let endpoints = [
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.jwks_uri,
        ];
        let optional = [&metadata.userinfo_endpoint, &metadata.end_session_endpoint];
        for endpoint in endpoints.into_iter().chain(optional.into_iter().flatten()) {
            self.outbound
                .check_url(endpoint)
                .map_err(|cause| SignInFailure::fetch(Check::Discovery, &cause))?;
        }
        Ok(())
    }

    async fn text(&self, check: Check, upstream: &UpstreamKey, url: &Url) -> Result<String, SignInFailure> {
        let document = self.document(check, upstream, url.clone()).await?;
        String::from_utf8(document).map_err(|_| SignInFailure::new(check, "the document is not UTF-8"))
    }

    async fn document(&self, check: Check, upstream: &UpstreamKey, url: Url) -> Result<Vec<u8>, SignInFailure> {
        let request = OutboundRequest::get_json(url);
        let answer = self
            .outbound
            .send(&upstream.scope(), request)
            .await
            .map_err(|cause| SignInFailure::fetch(check, &cause))?;
        if answer.status.is_success() {
            Ok(answer.body)
        } else {
            Err(SignInFailure::status(check, answer.status.as_u16()))
        }
    }
}

/// Where the metadata are. OpenID Connect Discovery 1.0 section 4: a terminating slash is removed before the well-known part is
/// added.
fn discovery_address(config: &OidcProviderConfig) -> Result<Url, SignInFailure> {
    let address = format!(
        "{}/.well-known/openid-configuration",
        config.issuer.trim_end_matches('/')
    );
    Url::parse(&address).map_err(|_| SignInFailure::new(Check::Configuration, "the issuer is not a URL"))
}

fn read_keys(document: &str) -> Result<JsonWebKeySet<CoreJsonWebKey>, SignInFailure> {
    let keys = usable_keys(document.as_bytes())
        .ok_or_else(|| SignInFailure::new(Check::Keys, "the key set is not JSON with a member keys"))?;
    if keys.is_empty() {
        return Err(SignInFailure::new(
            Check::Keys,
            "the key set holds no public key for signatures",
        ));
    }
    Ok(JsonWebKeySet::new(keys))
}

#[derive(Deserialize)]
struct KeyDocument {
    keys: Vec<Value>,
}

/// The keys that may verify a signature. Others in the set are none of our business (RFC 7517 section 5).
pub(in crate::federation) fn usable_keys(document: &[u8]) -> Option<Vec<CoreJsonWebKey>> {
    let document: KeyDocument = serde_json::from_slice(document).ok()?;
    let keys = document
        .keys
        .into_iter()
        .filter(may_verify)
        .filter_map(|key| serde_json::from_value(key).ok());
    Some(keys.collect())
}

fn may_verify(key: &Value) -> bool {
    let member = |name: &str| key.get(name).and_then(Value::as_str);
    let for_signatures = member("use").is_none_or(|purpose| purpose == "sig");
    let verifies = key
        .get("key_ops")
        .and_then(Value::as_array)
        .is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
    let strong = match member("kty") {
        Some("RSA") => member("n")
            .and_then(|modulus| URL_SAFE_NO_PAD.decode(modulus).ok())
            .is_some_and(|modulus| modulus.iter().skip_while(|byte| **byte == 0).count() >= MIN_RSA_BYTES),
        Some("EC" | "OKP") => true,
        _ => false, // a symmetric key in a public document is known to everyone
    };
    for_signatures && verifies && strong
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_for_encryption_weak_keys_and_symmetric_keys_are_left_out() {
        let modulus = |bytes: usize| URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
        assert!(may_verify(&json!({ "kty": "RSA", "n": modulus(256), "e": "AQAB" })));
        assert!(may_verify(
            &json!({ "kty": "RSA", "n": modulus(256), "e": "AQAB", "use": "sig", "key_ops": ["verify"] })
        ));
        assert!(!may_verify(&json!({ "kty": "RSA", "n": modulus(128), "e": "AQAB" })));
        assert!(!may_verify(
            &json!({ "kty": "RSA", "n": modulus(256), "e": "AQAB", "use": "enc" })
        ));
        assert!(!may_verify(
            &json!({ "kty": "RSA", "n": modulus(256), "e": "AQAB", "key_ops": ["encrypt"] })
        ));
        assert!(!may_verify(&json!({ "kty": "oct", "k": "AAAA" })));
        assert!(!may_verify(&json!("no object")));
    }
}
