//! What is known of SAML providers besides their settings: metadata, fetched and kept, and our keys there.

use super::IdentityProvider;
use super::oidc::UserOutcome;
use super::provider::SamlProvider;
use super::saml::policy::LONGEST_METADATA;
use super::saml::{Check, IdpMetadata, PrivateKey, Refusal, ServiceProvider, ServiceProviderKeys};
use super::service::upstream_key;
use super::upkeep::Refreshed;
use crate::kernel::Timestamp;
use crate::kernel::id::{IdentityProviderId, TenantId};
use crate::outbound::{Outbound, OutboundRequest};
use crate::store::StoreError;
use crate::store::tenant::{FederationKeyPurpose, FederationKeyRecord, FederationKeyState, SamlMetadataRecord};
use crate::tenant::TenantCx;
use moka::future::Cache;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// Providers kept in memory.
const CAPACITY: u64 = 10_000;
/// How long what is in memory is used before the database is asked: another node may have fetched newer metadata.
const FRESH_FOR: Duration = Duration::from_mins(1);
/// Pause after a fetch that failed; the last good metadata serve meanwhile.
const REFRESH_PAUSE: Duration = Duration::from_mins(5);
/// Pause before metadata are fetched again because a signature did not verify.
const FORCED_PAUSE: Duration = Duration::from_mins(1);

/// Both sides of a connection, as known last.
#[derive(Debug)]
pub struct SamlParty {
    /// Ourselves.
    pub sp: ServiceProvider,
    /// The provider.
    pub metadata: IdpMetadata,
    /// Our keys.
    pub keys: ServiceProviderKeys,
    generation: i64,
    loaded_at: Timestamp,
    refresh_at: Timestamp,
    fetched_at: Timestamp,
}

#[derive(Default)]
struct Entry {
    current: Mutex<Option<Arc<SamlParty>>>,
    /// Held while fetching: one fetch at a time per provider. When the last forced one was.
    flight: tokio::sync::Mutex<Option<Timestamp>>,
}

impl Entry {
    fn current(&self) -> Option<Arc<SamlParty>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, party: SamlParty) -> Arc<SamlParty> {
        let party = Arc::new(party);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(party.clone());
        party
    }
}

/// Why there is no party.
#[derive(Debug)]
pub(super) enum PartyFailure {
    /// Metadata or keys are missing or unusable.
    Refused(Refusal),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for PartyFailure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for PartyFailure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Parties by (tenant, provider). The last good metadata serve while a refresh fails.
#[derive(Clone)]
pub struct SamlDirectory {
    outbound: Outbound,
    entries: Cache<(TenantId, IdentityProviderId), Arc<Entry>>,
}

impl fmt::Debug for SamlDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SamlDirectory")
            .field("entries", &self.entries.entry_count())
            .finish_non_exhaustive()
    }
}

impl SamlDirectory {
    /// An empty directory that fetches through `outbound`.
    pub fn new(outbound: Outbound) -> Self {
        Self {
            outbound,
            entries: Cache::new(CAPACITY),
        }
    }

    async fn entry(&self, cx: &TenantCx, provider: &IdentityProvider) -> Arc<Entry> {
        self.entries
            .get_with((cx.id(), provider.id), async { Arc::default() })
            .await
    }

    /// Both sides, from memory or the database; fetches metadata anew when that is due.
    pub(super) async fn party(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        saml: &SamlProvider,
    ) -> Result<Arc<SamlParty>, PartyFailure> {
        let entry = self.entry(cx, provider).await;
        let known = entry
            .current()
            .filter(|party| party.generation == cx.tenant().generation && cx.now().since(party.loaded_at) < FRESH_FOR);
        let party = match known {
            Some(known) => known,
            None => entry.replace(load(cx, provider, saml).await?),
        };
        if saml.config.metadata_url.is_some() && cx.now() >= party.refresh_at {
            // Whoever finds someone else refreshing goes on with what is known: a slow provider delays one sign-in.
            if let Ok(_flight) = entry.flight.try_lock()
                && let Ok(fetched) = self.refresh(cx, provider, saml).await?
            {
                return usable(cx, entry.replace(fetched));
            }
        }
        usable(cx, party)
    }

    /// Fetches metadata because a signature did not verify: the provider may just have changed its key. `None` when that was
    /// done too recently, or brought nothing new.
    pub(super) async fn refetch(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        saml: &SamlProvider,
        seen: &SamlParty,
    ) -> Result<Option<Arc<SamlParty>>, PartyFailure> {
        if saml.config.metadata_url.is_none() {
            return Ok(None);
        }
        let entry = self.entry(cx, provider).await;
        let mut flight = entry.flight.lock().await;
        if let Some(current) = entry.current()
            && current.fetched_at > seen.fetched_at
        {
            return Ok(Some(current));
        }
        if flight.is_some_and(|at| cx.now().since(at) < FORCED_PAUSE) {
            return Ok(None);
        }
        *flight = Some(cx.now());
        let Ok(fetched) = self.refresh(cx, provider, saml).await? else {
            return Ok(None);
        };
        let changed = fetched.metadata.keys != seen.metadata.keys;
        let fetched = entry.replace(fetched);
        Ok(changed.then_some(fetched))
    }

    /// Fetches metadata before they have to be, for [`Federation::refresh_provider`](super::Federation::refresh_provider).
    pub(super) async fn refresh_ahead(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        saml: &SamlProvider,
    ) -> Result<Refreshed, PartyFailure> {
        let before = load(cx, provider, saml).await?;
        let entry = self.entry(cx, provider).await;
        let _flight = entry.flight.lock().await;
        Ok(match self.refresh(cx, provider, saml).await? {
            Ok(fetched) => {
                let (fetched_at, refresh_at) = (fetched.fetched_at, fetched.refresh_at);
                let keys_changed = fetched.metadata.keys != before.metadata.keys;
                entry.replace(fetched);
                Refreshed {
                    // A tenth of the time is left then, and no sign-in has to wait for a fetch.
                    again_at: refresh_at - refresh_at.since(fetched_at) / 10,
                    failed_check: None,
                    keys_changed,
                }
            }
            Err(check) => Refreshed {
                again_at: cx.now() + REFRESH_PAUSE,
                failed_check: Some(check.as_str()),
                keys_changed: false,
            },
        })
    }

    /// Fetches, checks and stores metadata. Otherwise the check that failed: the last good ones stay, and the failure is noted.
    async fn refresh(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        saml: &SamlProvider,
    ) -> Result<Result<SamlParty, Check>, PartyFailure> {
        let Some(url) = &saml.config.metadata_url else {
            return Ok(Err(Check::Configuration));
        };
        let pinned = saml
            .config
            .metadata_keys()
            .map_err(|invalid| Refusal::new(Check::Configuration, invalid.to_string()))?;
        let fetched = fetch_metadata(&self.outbound, &upstream_key(cx, provider).scope(), url)
            .await
            .and_then(|xml| {
                let metadata = IdpMetadata::parse(&xml, Some(&saml.config.entity_id), pinned.as_ref(), cx.now())?;
                Ok((xml, metadata))
            });
        let mut tx = cx.begin().await?;
        let failed = match fetched {
            Ok((xml, metadata)) => {
                let record = SamlMetadataRecord {
                    metadata: xml,
                    fetched_at: cx.now(),
                    refresh_at: cx.now() + metadata.refresh_after,
                    failed_check: None,
                };
                tx.save_saml_metadata(provider.id, &record).await?;
                None
            }
            Err(refusal) => {
                tracing::warn!(
                    identity_provider = %provider.id,
                    check = %refusal.check,
                    detail = %refusal.detail,
                    "the metadata were not refreshed; the last good ones stay"
                );
                tx.postpone_saml_metadata(provider.id, cx.now() + REFRESH_PAUSE, refusal.check.as_str())
                    .await?;
                Some(refusal.check)
            }
        };
        tx.commit().await?;
        let Some(check) = failed else {
            return load(cx, provider, saml).await.map(Ok);
        };
        let entry = self.entry(cx, provider).await;
        if let Ok(kept) = load(cx, provider, saml).await {
            entry.replace(kept);
        }
        Ok(Err(check))
    }
}

fn usable(cx: &TenantCx, party: Arc<SamlParty>) -> Result<Arc<SamlParty>, PartyFailure> {
    if party.metadata.valid_until.is_some_and(|until| until <= cx.now()) {
        let refusal = Refusal::new(
            Check::MetadataExpired,
            "the metadata have expired and no newer ones could be fetched",
        );
        return Err(refusal.into());
    }
    Ok(party)
}

async fn load(cx: &TenantCx, provider: &IdentityProvider, saml: &SamlProvider) -> Result<SamlParty, PartyFailure> {
    let mut rows = cx.read().await?;
    let stored = rows
        .find_saml_metadata(provider.id)
        .await?
        .ok_or_else(|| Refusal::new(Check::Metadata, "the provider has no metadata"))?;
    let keys = rows.list_federation_keys(provider.id).await?;
    drop(rows);
    // Expiry is asked at each use, so that a refresh gets its chance first.
    let metadata = IdpMetadata::parse(&stored.metadata, Some(&saml.config.entity_id), None, Timestamp::EPOCH)?;
    Ok(SamlParty {
        sp: ServiceProvider::new(cx.issuer(), &provider.alias),
        metadata,
        keys: key_set(&keys)?,
        generation: cx.tenant().generation,
        loaded_at: cx.now(),
        refresh_at: stored.refresh_at,
        fetched_at: stored.fetched_at,
    })
}

/// The stored keys by what they do.
pub(super) fn key_set(records: &[FederationKeyRecord]) -> Result<ServiceProviderKeys, Refusal> {
    let unusable = || {
        Refusal::new(
            Check::Configuration,
            "a key of ours at this provider is missing or unreadable",
        )
    };
    let of = |purpose: FederationKeyPurpose| {
        let mut ordered: Vec<&FederationKeyRecord> = records.iter().filter(|key| key.purpose == purpose).collect();
        ordered.sort_by_key(|key| key.state);
        ordered
    };
    let ready = |record: &&FederationKeyRecord| {
        PrivateKey::from_pkcs8(&record.private_key, record.certificate.clone()).map_err(|_| unusable())
    };
    let published = |records: &[&FederationKeyRecord]| -> Vec<Vec<u8>> {
        records
            .iter()
            .filter(|key| key.state != FederationKeyState::Previous)
            .map(|key| key.certificate.clone())
            .collect()
    };
    let (signing, encryption) = (of(FederationKeyPurpose::Signing), of(FederationKeyPurpose::Encryption));
    let current = signing
        .iter()
        .find(|key| key.state == FederationKeyState::Current)
        .ok_or_else(unusable)?;
    Ok(ServiceProviderKeys {
        signing: ready(current)?,
        decryption: encryption.iter().map(ready).collect::<Result<_, _>>()?,
        published_signing: published(&signing),
        // Whichever of them is used for encrypting, every key here is tried.
        published_encryption: published(&encryption),
    })
}

/// Fetches metadata through the guarded client, on behalf of `scope`.
pub async fn fetch_metadata(outbound: &Outbound, scope: &str, url: &Url) -> Result<String, Refusal> {
    let request = OutboundRequest {
        max_body: Some(LONGEST_METADATA),
        ..OutboundRequest::get(url.clone())
    };
    let answer = outbound.send(scope, request).await.map_err(|error| Refusal {
        user: if error.is_transient() {
            UserOutcome::TemporarilyUnavailable
        } else {
            UserOutcome::ServerError
        },
        ..Refusal::new(Check::Metadata, error.to_string())
    })?;
    if !answer.status.is_success() {
        let text = format!("the metadata address answered with status {}", answer.status.as_u16());
        return Err(Refusal::new(Check::Metadata, text));
    }
    String::from_utf8(answer.body).map_err(|_| Refusal::new(Check::Encoding, "the metadata are not UTF-8"))
}
