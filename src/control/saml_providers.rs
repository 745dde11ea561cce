//! Connecting SAML identity providers, and rolling over our keys there.

use super::{Change, ControlError, TenantAdmin};
use crate::federation::saml::{IdpMetadata, PrivateKey, Refusal, ServiceProvider};
use crate::federation::{InvalidProvider, SamlDocument, provider};
use crate::kernel::Timestamp;
use crate::kernel::id::{FederationKeyId, IdentityProviderId};
use crate::store::StoreError;
use crate::store::tenant::{
    FederationKeyPurpose, FederationKeyRecord, FederationKeyState, IdentityProviderRecord, SamlMetadataRecord,
};
use crate::tenant::roles::Permission;
use serde::Serialize;
use std::time::Duration;

/// From then on a certificate's end is announced.
const EXPIRY_NOTICE: Duration = Duration::from_hours(24 * 90);

/// What a SAML provider knows keys of ours for.
pub(super) const BOTH: [FederationKeyPurpose; 2] = [FederationKeyPurpose::Signing, FederationKeyPurpose::Encryption];
/// What an OpenID Connect provider does: there is nothing to decrypt.
pub(super) const SIGNING: [FederationKeyPurpose; 1] = [FederationKeyPurpose::Signing];

/// A step of rolling our keys over. Between the steps, the provider's administrator takes in our metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FederationKeyStep {
    /// New keys are published beside the current ones.
    PublishNext,
    /// The published ones sign; the ones before still decrypt.
    Switch,
    /// The ones before are removed.
    RemovePrevious,
}

/// A certificate, as administration shows it.
#[derive(Clone, Debug, Serialize)]
pub struct SamlCertificate {
    /// `signing` or `encryption`.
    pub purpose: &'static str,
    /// `current`, `next` or `previous`.
    pub state: &'static str,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
    /// PEM.
    pub certificate: String,
}

/// A signing key of the provider, as administration shows it.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderCertificate {
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
    /// When the certificate ends, RFC 3339. The key is trusted until the metadata no longer name it, whatever this says.
    pub not_after: String,
}

/// Both sides of a connection: what the provider's administrator enters, and what is known of the provider.
#[derive(Clone, Debug, Serialize)]
pub struct SamlConnection {
    /// Its name in addresses.
    pub alias: String,
    /// The hospital's own words on the button.
    pub display_name: String,
    /// Our entity ID, also called audience.
    pub entity_id: String,
    /// Our assertion consumer service, also called reply URL; by HTTP POST.
    pub acs_url: String,
    /// Our single logout service; by HTTP Redirect and POST.
    pub slo_url: String,
    /// Our metadata, for providers that read them.
    pub metadata_url: String,
    /// Our certificates.
    pub certificates: Vec<SamlCertificate>,
    /// The provider's entity ID, pinned.
    pub provider_entity_id: String,
    /// Where users are sent.
    pub provider_sign_on: Option<String>,
    /// The provider's signing keys.
    pub provider_certificates: Vec<ProviderCertificate>,
    /// When the provider's metadata were fetched or entered, RFC 3339.
    pub provider_metadata_fetched_at: String,
    /// What to look at.
    pub warnings: Vec<String>,
}

fn refused(refusal: &Refusal) -> ControlError {
    ControlError::invalid("metadata", refusal.detail.to_string())
}

impl TenantAdmin {
    /// Connects a SAML provider, or changes the one with this alias. Accounts stay linked and our keys stay the same.
    ///
    /// `metadata` is the provider's document; the entity ID in `document` must be one that it describes.
    pub async fn save_saml_provider(
        &self,
        alias: &str,
        display_name: &str,
        document: &SamlDocument,
        metadata: &str,
    ) -> Result<Change, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        document.ready()?;
        let now = self.cx.now();
        let pinned = document.provider.metadata_keys().map_err(InvalidProvider::from)?;
        let parsed = IdpMetadata::parse(metadata, Some(&document.provider.entity_id), pinned.as_ref(), now)
            .map_err(|refusal| refused(&refusal))?;
        Box::pin(self.check_domains(alias, &document.offer)).await?;
        let text = serde_json::to_string(document)?;
        let mut change = self
            .save_provider(alias, provider::SAML, display_name, text, None)
            .await?;
        if self.is_dry_run() {
            return Ok(change);
        }
        let provider = self.get_saml_provider(alias).await?;
        let id = provider.id;
        let mut rows = self.cx.begin().await?;
        let stored = rows.find_saml_metadata(id).await?;
        if stored.as_ref().is_none_or(|stored| stored.metadata != metadata) {
            let record = SamlMetadataRecord {
                metadata: metadata.to_owned(),
                fetched_at: now,
                refresh_at: now + parsed.refresh_after,
                failed_check: None,
            };
            rows.save_saml_metadata(id, &record).await?;
            // So that it can be taken back. What the provider itself published since was nobody's change.
            if let Some(before) = &stored {
                rows.record_metadata_change(&provider, &before.metadata, metadata, &self.by())
                    .await?;
            }
            if change == Change::Unchanged {
                change = Change::Updated;
            }
        }
        rows.commit().await?;
        Box::pin(self.provision_keys(id, alias, &BOTH)).await?;
        self.plan_upkeep(id).await?;
        self.announce().await?;
        Ok(change)
    }

    /// Gives a provider its first keys.
    pub(super) async fn provision_keys(
        &self,
        provider: IdentityProviderId,
        alias: &str,
        purposes: &'static [FederationKeyPurpose],
    ) -> Result<(), ControlError> {
        let existing = self.cx.read().await?.list_federation_keys(provider).await?;
        if !existing.is_empty() {
            return Ok(());
        }
        match self
            .insert_keys(provider, alias, purposes, FederationKeyState::Current)
            .await
        {
            // A run beside this one made them first.
            Err(ControlError::Store(StoreError::Exists)) => Ok(()),
            other => other,
        }
    }

    /// Makes and stores a key of each purpose.
    pub(super) async fn insert_keys(
        &self,
        provider: IdentityProviderId,
        alias: &str,
        purposes: &'static [FederationKeyPurpose],
        state: FederationKeyState,
    ) -> Result<(), ControlError> {
        let keys = self.make_keys(alias, purposes, state).await?;
        let mut rows = self.cx.begin().await?;
        for key in &keys {
            rows.insert_federation_key(provider, key, self.cx.entropy()).await?;
        }
        Ok(rows.commit().await?)
    }

    /// A new key of each purpose. Takes tens of milliseconds of computing, on a thread of its own.
    async fn make_keys(
        &self,
        alias: &str,
        purposes: &'static [FederationKeyPurpose],
        state: FederationKeyState,
    ) -> Result<Vec<FederationKeyRecord>, ControlError> {
        let now = self.cx.now();
        let name = ServiceProvider::new(self.cx.issuer(), alias).entity_id;
        // RFC 5280 bounds a common name to 64 characters.
        let name: String = name.chars().rev().take(64).collect::<String>().chars().rev().collect();
        let made = tokio::task::spawn_blocking(move || {
            let made = purposes
                .iter()
                .map(|purpose| (*purpose, PrivateKey::generate(&name, now)));
            made.collect::<Vec<_>>()
        })
        .await
        .map_err(|_| ControlError::invalid("keys", "could not be made because the program is stopping"))?;
        made.into_iter()
            .map(|(purpose, made)| {
                let (private_key, certificate) =
                    made.map_err(|fault| ControlError::invalid("keys", fault.to_string()))?;
                Ok(FederationKeyRecord {
                    id: FederationKeyId::new(now, self.cx.entropy()),
                    purpose,
                    state,
                    certificate,
                    private_key,
                    created_at: now,
                    state_since: now,
                    switch_at: None,
                    used_at: None,
                })
            })
            .collect()
    }

    /// Takes one step of rolling our keys over at a provider.
    ///
    /// # Errors
    /// [`ControlError::Conflict`] when the step before was not taken.
    pub async fn roll_federation_keys(&self, alias: &str, step: FederationKeyStep) -> Result<(), ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        let record = self.get_keyed_provider(alias).await?;
        let provider = record.id;
        let purposes: &[FederationKeyPurpose] = if record.kind == provider::SAML { &BOTH } else { &SIGNING };
        // Made before the transaction, which others wait for.
        let next = match step {
            FederationKeyStep::PublishNext => self.make_keys(alias, purposes, FederationKeyState::Next).await?,
            FederationKeyStep::Switch | FederationKeyStep::RemovePrevious => Vec::new(),
        };
        let mut rows = self.begin_change().await?;
        self.check_reach_of_provider(&mut rows, alias, None).await?;
        match step {
            FederationKeyStep::PublishNext => {
                for key in &next {
                    match rows.insert_federation_key(provider, key, self.cx.entropy()).await {
                        Err(StoreError::Exists) => {
                            return Err(ControlError::Conflict(format!(
                                "{alias} has next keys already; let the provider take in our metadata, then switch"
                            )));
                        }
                        other => other?,
                    }
                }
            }
            FederationKeyStep::Switch => {
                if !rows.switch_federation_keys(provider, self.cx.now()).await? {
                    return Err(ControlError::Conflict(format!(
                        "{alias} has no next keys; publish them first, and let the provider take in our metadata"
                    )));
                }
            }
            FederationKeyStep::RemovePrevious => {
                if rows.delete_previous_federation_keys(provider).await? == 0 {
                    return Err(ControlError::Conflict(format!("{alias} has no previous keys")));
                }
            }
        }
        self.record(&mut rows, "identity_provider.keys_rolled", Some(alias), None)
            .await?;
        Ok(self.finish(rows).await?)
    }

    /// Both sides of a connection.
    pub async fn show_saml_provider(&self, alias: &str) -> Result<SamlConnection, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let record = self.get_saml_provider(alias).await?;
        let document: SamlDocument = serde_json::from_str(&record.document)?;
        let mut rows = self.cx.read().await?;
        let keys = rows.list_federation_keys(record.id).await?;
        let stored = rows
            .find_saml_metadata(record.id)
            .await?
            .ok_or_else(|| ControlError::Conflict(format!("{alias} has no metadata; connect it anew")))?;
        drop(rows);
        let entity_id = &document.provider.entity_id;
        let metadata = IdpMetadata::parse(&stored.metadata, Some(entity_id), None, Timestamp::EPOCH)
            .map_err(|refusal| refused(&refusal))?;
        let sp = ServiceProvider::new(self.cx.issuer(), alias);
        Ok(SamlConnection {
            alias: alias.to_owned(),
            display_name: record.display_name,
            metadata_url: sp.entity_id.clone(),
            entity_id: sp.entity_id,
            acs_url: sp.acs_url,
            slo_url: sp.slo_url,
            certificates: keys.iter().map(certificate).collect::<Result<_, _>>()?,
            provider_entity_id: metadata.entity_id.clone(),
            provider_sign_on: metadata
                .sign_on_endpoint(document.provider.binding)
                .map(|endpoint| endpoint.location.to_string()),
            provider_certificates: metadata
                .keys
                .iter()
                .map(|key| ProviderCertificate {
                    fingerprint: key.fingerprint(),
                    not_after: key.not_after().to_rfc3339(),
                })
                .collect(),
            provider_metadata_fetched_at: stored.fetched_at.to_rfc3339(),
            warnings: warnings(&stored, &metadata, self.cx.now()),
        })
    }

    async fn get_saml_provider(&self, alias: &str) -> Result<IdentityProviderRecord, ControlError> {
        match self.find_provider(alias).await? {
            Some(record) if record.kind == provider::SAML => Ok(record),
            Some(_) => Err(ControlError::Conflict(format!("{alias} is not a SAML provider"))),
            None => Err(ControlError::NotFound {
                what: "identity provider",
                name: alias.to_owned(),
            }),
        }
    }
}

pub(super) fn certificate(record: &FederationKeyRecord) -> Result<SamlCertificate, ControlError> {
    let key = PrivateKey::from_pkcs8(&record.private_key, record.certificate.clone())
        .map_err(|fault| ControlError::invalid("keys", fault.to_string()))?;
    Ok(SamlCertificate {
        purpose: record.purpose.as_str(),
        state: record.state.as_str(),
        fingerprint: key.fingerprint(),
        certificate: key.certificate_pem(),
    })
}

/// What will stop working, before it does.
fn warnings(stored: &SamlMetadataRecord, metadata: &IdpMetadata, now: Timestamp) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(check) = &stored.failed_check {
        warnings.push(format!(
            "the last fetch of the provider's metadata failed ({check}); those of {} are used",
            stored.fetched_at.to_rfc3339()
        ));
    }
    if let Some(until) = metadata.valid_until
        && until < now + EXPIRY_NOTICE
    {
        warnings.push(format!(
            "the provider's metadata are valid until {}",
            until.to_rfc3339()
        ));
    }
    for key in metadata.keys.iter().filter(|key| key.not_after() < now + EXPIRY_NOTICE) {
        warnings.push(format!(
            "a certificate of the provider ends on {}: its key is still accepted, but the provider will change it soon",
            key.not_after().to_rfc3339()
        ));
    }
    if metadata.unusable_keys > 0 {
        warnings.push("the provider names signing keys that are too weak to be used".to_owned());
    }
    warnings
}
