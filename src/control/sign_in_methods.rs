//! Switching ways to sign in on and off. What is switched off can be set up and tried out; nobody is signed in by it.

use super::identity_providers::no_provider;
use super::{Change, ControlError, TenantAdmin};
use crate::federation::saml::{IdpMetadata, PrivateKey};
use crate::federation::{InvalidProvider, Offer, provider};
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::store::tenant::{FederationKeyState, IdentityProviderRecord};
use crate::store::{StoreError, TenantTx};
use crate::tenant::roles::Permission;
use serde_json::{Map, Value, json};

/// The outcome of a test by which somebody would have been signed in.
pub const TEST_PASSED: &str = "completed";

/// What has to be shown before a way to sign in is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A test of these very settings by which somebody would have been signed in.
    Test,
    /// Nothing: the one who asks takes it upon themselves.
    Waived,
}

/// Whether people can sign in with what is stored.
pub(super) fn is_on(record: &IdentityProviderRecord) -> Result<bool, ControlError> {
    let document: Value = serde_json::from_str(&record.document)?;
    Ok(document.pointer("/offer/off").and_then(Value::as_bool) != Some(true))
}

/// Which settings a provider has, as far as a sign-in depends on them: when and to whom it is offered is left out.
pub(super) async fn settings_version(
    rows: &mut TenantTx,
    record: &IdentityProviderRecord,
) -> Result<String, ControlError> {
    let mut document: Value = serde_json::from_str(&record.document)?;
    if let Some(members) = document.as_object_mut() {
        members.remove("offer");
    }
    let metadata = rows.find_saml_metadata(record.id).await?;
    let metadata = metadata.map(|stored| Sha256Hash::of(stored.metadata.as_bytes()).to_base64url());
    super::version_of(&json!({ "kind": record.kind, "document": document, "metadata": metadata }))
}

/// Whether the newest test of these settings went well.
pub(super) async fn is_proven(
    rows: &mut TenantTx,
    record: &IdentityProviderRecord,
    now: Timestamp,
) -> Result<bool, ControlError> {
    let version = settings_version(rows, record).await?;
    let tests = rows.list_sign_in_tests(record.id, now, 10).await?;
    let newest = tests
        .into_iter()
        .find(|test| test.finished_at.is_some() && test.settings_version == version);
    Ok(newest.is_some_and(|test| test.outcome.as_deref() == Some(TEST_PASSED)))
}

/// A certificate of a connection.
#[derive(Clone, Debug)]
pub struct ProviderCertificateEnd {
    /// The connection.
    pub alias: String,
    /// The words on its button.
    pub display_name: String,
    /// Whether it is ours.
    pub ours: bool,
    /// `signing` or `encryption`.
    pub purpose: &'static str,
    /// `next` or `previous` for a key of ours that is not the current one.
    pub stage: Option<&'static str>,
    /// When it ends.
    pub not_after: Timestamp,
    /// SHA-256 of it, in hexadecimal.
    pub fingerprint: String,
}

impl TenantAdmin {
    /// Whether the newest test of a provider's settings as they are went well.
    pub async fn is_sign_in_proven(&self, alias: &str) -> Result<bool, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let record = self.find_provider(alias).await?.ok_or_else(|| no_provider(alias))?;
        let mut rows = self.cx.read().await?;
        is_proven(&mut rows, &record, self.cx.now()).await
    }

    /// Whether a client secret is stored for a provider.
    pub async fn has_provider_secret(&self, alias: &str) -> Result<bool, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        let record = self.find_provider(alias).await?.ok_or_else(|| no_provider(alias))?;
        Ok(record.secret.is_some())
    }

    /// When the certificates of every connection end, the earliest first: theirs as their metadata have them, and ours.
    pub async fn list_provider_certificates(&self) -> Result<Vec<ProviderCertificateEnd>, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let mut rows = self.cx.read().await?;
        let mut ends = Vec::new();
        for record in rows.list_identity_providers().await? {
            if !self.actor().reaches(&record.alias) {
                continue;
            }
            let end = |ours, purpose, stage, not_after, fingerprint| ProviderCertificateEnd {
                alias: record.alias.clone(),
                display_name: record.display_name.clone(),
                ours,
                purpose,
                stage,
                not_after,
                fingerprint,
            };
            for stored in rows.list_federation_keys(record.id).await? {
                let purpose = stored.purpose.as_str();
                let stage = (stored.state != FederationKeyState::Current).then(|| stored.state.as_str());
                let key = PrivateKey::from_pkcs8(&stored.private_key, stored.certificate);
                let known = key.and_then(|key| Ok((key.not_after()?, key.fingerprint())));
                ends.extend(known.map(|(not_after, fingerprint)| end(true, purpose, stage, not_after, fingerprint)));
            }
            let Some(metadata) = rows.find_saml_metadata(record.id).await? else {
                continue;
            };
            let document: Value = serde_json::from_str(&record.document)?;
            let entity_id = document.pointer("/provider/entity_id").and_then(Value::as_str);
            let parsed = IdpMetadata::parse(&metadata.metadata, entity_id, None, Timestamp::EPOCH);
            for key in parsed.iter().flat_map(|metadata| metadata.keys.iter()) {
                ends.push(end(false, "signing", None, key.not_after(), key.fingerprint()));
            }
        }
        ends.sort_by_key(|end| end.not_after);
        Ok(ends)
    }

    /// Changes when a way to sign in is offered, and under which words; whether it is on stays as it is.
    pub async fn save_offer(&self, alias: &str, display_name: &str, offer: &Offer) -> Result<Change, ControlError> {
        let record = self.find_provider(alias).await?.ok_or_else(|| no_provider(alias))?;
        let offer = Offer {
            off: !is_on(&record)?,
            ..offer.clone()
        };
        offer.check().map_err(InvalidProvider::from)?;
        Box::pin(self.check_domains(alias, &offer)).await?;
        let mut document: Map<String, Value> = serde_json::from_str(&record.document)?;
        document.insert("offer".to_owned(), serde_json::to_value(&offer)?);
        let secret = record.secret.as_ref();
        let secret = secret.and_then(|secret| String::from_utf8(secret.expose().clone()).ok());
        let text = serde_json::to_string(&document)?;
        Box::pin(self.save_provider(alias, &record.kind, display_name, text, secret.map(Secret::new))).await
    }

    /// Switches a way to sign in on or off.
    ///
    /// # Errors
    /// [`ControlError::Conflict`] when a test is needed and the settings were not tried out as they are, and when nobody could
    /// sign in any more.
    pub async fn switch_sign_in_method(&self, alias: &str, on: bool, proof: Proof) -> Result<Change, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        if !self.actor().reaches(alias) {
            return Err(no_provider(alias));
        }
        let mut rows = self.begin_change().await?;
        self.check_reach_of_provider(&mut rows, alias, None).await?;
        let providers = rows.list_identity_providers().await?;
        let mut others_on = false;
        for other in providers.iter().filter(|other| other.alias != alias) {
            others_on |= is_on(other)?;
        }
        let record = providers.into_iter().find(|provider| provider.alias == alias);
        let mut record = record.ok_or_else(|| no_provider(alias))?;
        if is_on(&record)? == on {
            return Ok(Change::Unchanged);
        }
        // Whoever has only a link answers for nothing: for them there is no way around the test.
        let test_needed = proof == Proof::Test || self.actor().connection().is_some();
        if on && test_needed && record.kind != provider::LOCAL && !is_proven(&mut rows, &record, self.cx.now()).await? {
            return Err(ControlError::Conflict(format!(
                "{alias} was not tried out as it is set up now; test the sign-in first"
            )));
        }
        if !on && !others_on {
            return Err(ControlError::Conflict(format!(
                "{alias} is the only way to sign in that is switched on; switch another one on first"
            )));
        }
        record.document = with_switch(&record.document, on)?;
        rows.save_identity_provider(&record, &self.by()).await?;
        let event = if on {
            "identity_provider.switched_on"
        } else {
            "identity_provider.switched_off"
        };
        self.record(&mut rows, event, Some(alias), None).await?;
        if on {
            self.use_up_setup_link(&mut rows).await?;
        }
        self.finish(rows).await?;
        Ok(Change::Updated)
    }
}

fn with_switch(document: &str, on: bool) -> Result<String, StoreError> {
    let unfit = |error: serde_json::Error| StoreError::corrupt("identity_providers", "document", error);
    let mut document: Map<String, Value> = serde_json::from_str(document).map_err(unfit)?;
    let offer = document.entry("offer").or_insert_with(|| json!({}));
    if let Some(offer) = offer.as_object_mut() {
        if on {
            offer.remove("off");
        } else {
            offer.insert("off".to_owned(), Value::Bool(true));
        }
    }
    serde_json::to_string(&document).map_err(unfit)
}
