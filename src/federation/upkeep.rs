//! Looking after what providers publish, in the background: fetched ahead of time and kept in the database, so that sign-ins neither
//! wait for it nor depend on it, on every node.

use super::oidc::{ProviderDocuments, UpstreamKey};
use super::provider::{OidcProvider, SamlProvider};
use super::saml_directory::PartyFailure;
use super::service::upstream_key;
use super::{Federation, IdentityProvider, ProviderKind};
use crate::kernel::Timestamp;
use crate::store::StoreError;
use crate::store::tenant::OidcMetadataRecord;
use crate::tenant::TenantCx;
use std::time::Duration;

/// OpenID Connect providers are asked so often: before what is in memory becomes too old to be used unasked.
const OIDC_INTERVAL: Duration = Duration::from_mins(50);
/// After a failure.
const RETRY: Duration = Duration::from_mins(5);
/// Where there is nothing to fetch: the dates of keys are looked at.
const DAY: Duration = Duration::from_hours(24);

/// What a look at a provider's publications brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// When to look again.
    pub again_at: Timestamp,
    /// The check that failed; what was known before stays in use.
    pub failed_check: Option<&'static str>,
    /// Whether the provider's keys are others than before.
    pub keys_changed: bool,
}

impl Refreshed {
    fn idle(now: Timestamp) -> Self {
        Self {
            again_at: now + DAY,
            failed_check: None,
            keys_changed: false,
        }
    }
}

impl Federation {
    /// Fetches what the provider publishes and keeps it. What cannot be used changes nothing but the note that it failed.
    pub async fn refresh_provider(&self, cx: &TenantCx, provider: &IdentityProvider) -> Result<Refreshed, StoreError> {
        match &provider.kind {
            ProviderKind::Oidc(oidc) => self.refresh_oidc(cx, provider, oidc).await,
            ProviderKind::Saml(saml) => self.refresh_saml(cx, provider, saml).await,
            ProviderKind::Local => Ok(Refreshed::idle(cx.now())),
        }
    }

    async fn refresh_oidc(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        oidc: &OidcProvider,
    ) -> Result<Refreshed, StoreError> {
        let directory = self.relying_party().directory();
        let upstream = upstream_key(cx, provider);
        let before = cx.read().await?.find_oidc_metadata(provider.id).await?;
        match directory.refresh(&upstream, &oidc.config, cx.now()).await {
            Ok(fetched) => {
                let documents = fetched.documents().clone();
                let changed = before.is_some_and(|before| before.keys != documents.keys);
                let record = OidcMetadataRecord {
                    issuer: oidc.config.issuer.clone(),
                    metadata: documents.metadata,
                    keys: documents.keys,
                    fetched_at: cx.now(),
                    failed_check: None,
                };
                let mut rows = cx.begin().await?;
                rows.save_oidc_metadata(provider.id, &record).await?;
                rows.commit().await?;
                Ok(Refreshed {
                    again_at: cx.now() + OIDC_INTERVAL,
                    failed_check: None,
                    keys_changed: changed,
                })
            }
            Err(failure) => {
                let mut rows = cx.begin().await?;
                rows.note_failed_oidc_fetch(provider.id, failure.check.as_str()).await?;
                rows.commit().await?;
                Ok(Refreshed {
                    again_at: cx.now() + RETRY,
                    failed_check: Some(failure.check.as_str()),
                    keys_changed: false,
                })
            }
        }
    }

    async fn refresh_saml(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        saml: &SamlProvider,
    ) -> Result<Refreshed, StoreError> {
        if saml.config.metadata_url.is_none() {
            return Ok(Refreshed::idle(cx.now()));
        }
        match self.saml().refresh_ahead(cx, provider, saml).await {
            Ok(refreshed) => Ok(refreshed),
            Err(PartyFailure::Store(error)) => Err(error),
            Err(PartyFailure::Refused(refusal)) => Ok(Refreshed {
                failed_check: Some(refusal.check.as_str()),
                ..Refreshed::idle(cx.now())
            }),
        }
    }

    /// Takes in what is kept of an OpenID Connect provider when memory has nothing fresh: another node may have fetched it, or this
    /// one before it was restarted. A sign-in then works although the provider does not publish anything at present.
    pub(super) async fn recall(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        oidc: &OidcProvider,
    ) -> Result<(), StoreError> {
        let directory = self.relying_party().directory();
        let upstream: UpstreamKey = upstream_key(cx, provider);
        if directory.is_fresh(&upstream, &oidc.config, cx.now()).await {
            return Ok(());
        }
        let kept = cx.read().await?.find_oidc_metadata(provider.id).await?;
        let Some(kept) = kept.filter(|kept| kept.issuer == oidc.config.issuer) else {
            return Ok(());
        };
        let documents = ProviderDocuments {
            metadata: kept.metadata,
            keys: kept.keys,
        };
        // What does not fit the settings any more is fetched anew.
        let adopted = directory
            .adopt(&upstream, &oidc.config, documents, kept.fetched_at)
            .await;
        if let Err(failure) = adopted {
            tracing::debug!(
                check = failure.check.as_str(),
                "what was kept of a provider does not fit"
            );
        }
        Ok(())
    }
}
