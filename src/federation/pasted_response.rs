//! A SAML response that an administrator pasted, looked into with what is stored of its provider. Nothing is fetched, used up or
//! remembered, and nobody is signed in.

use super::saml::{Check, IdpMetadata, Inspection, Inspector, Refusal, ServiceProvider};
use super::saml_directory::key_set;
use super::{IdentityProvider, ProviderKind};
use crate::kernel::Timestamp;
use crate::store::StoreError;
use crate::tenant::TenantCx;

/// Why a pasted response was not looked into.
#[derive(Debug)]
pub enum NotInspected {
    /// It is no SAML response, or what is stored of the provider cannot be used.
    Refused(Refusal),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for NotInspected {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for NotInspected {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Looks into `pasted` as a response of `provider`. `None` when that does not speak SAML.
pub async fn inspect_response(
    cx: &TenantCx,
    provider: &IdentityProvider,
    pasted: String,
) -> Result<Option<Inspection>, NotInspected> {
    let ProviderKind::Saml(saml) = &provider.kind else {
        return Ok(None);
    };
    let mut rows = cx.read().await?;
    let stored = rows.find_saml_metadata(provider.id).await?;
    let keys = rows.list_federation_keys(provider.id).await?;
    drop(rows);
    let stored = stored.ok_or_else(|| Refusal::new(Check::Metadata, "there are no metadata of the provider"))?;
    let config = saml.config.clone();
    let sp = ServiceProvider::new(cx.issuer(), &provider.alias);
    let now = cx.now();
    let work = move || {
        // Metadata that have expired still say which keys were the provider's when the response was made.
        let metadata = IdpMetadata::parse(&stored.metadata, Some(&config.entity_id), None, Timestamp::EPOCH)?;
        let keys = key_set(&keys)?;
        let inspector = Inspector {
            sp: &sp,
            config: &config,
            keys: &metadata.keys,
            decryption: &keys.decryption,
            now,
        };
        inspector.inspect(&pasted)
    };
    // Verifying takes up to some milliseconds of computing, which other requests must not wait for.
    let inspected = tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Refusal::new(Check::Configuration, "the server is stopping")))?;
    Ok(Some(inspected))
}
