//! The keys with which the tenant authenticates at its FHIR server's authorization server.
//!
//! They are not the keys that sign tokens: a signature given to one server means nothing at another.

use super::DirectoryError;
use crate::kernel::Secret;
use crate::keys::SigningKeysError;
use crate::oauth::jose::{JwkSet, RsaSize, SigningAlgorithm, SigningKeyPair};
use crate::store::StoreError;
use crate::tenant::TenantCx;

/// The algorithms SMART servers have to accept one of (SMART App Launch 2.2, "Client Authentication: Asymmetric").
const ALGORITHMS: [SigningAlgorithm; 2] = [SigningAlgorithm::ES384, SigningAlgorithm::RS384];

fn name(algorithm: SigningAlgorithm) -> String {
    format!("backend_key_{algorithm}")
}

/// The tenant's key for `algorithm`.
pub(super) async fn find(cx: &TenantCx, algorithm: SigningAlgorithm) -> Result<Option<SigningKeyPair>, StoreError> {
    let Some(stored) = cx.read().await?.find_tenant_secret(&name(algorithm)).await? else {
        return Ok(None);
    };
    SigningKeyPair::from_pkcs8(algorithm, &stored)
        .map(Some)
        .map_err(|error| StoreError::corrupt("tenant_secrets", "sealed_value", error))
}

/// Makes the tenant's key for `algorithm` if it has none, or anew. The key before ceases to be published at once, so a
/// new key is for a tenant whose old one is lost or known to others.
pub async fn provide_backend_key(
    cx: &TenantCx,
    algorithm: SigningAlgorithm,
    anew: bool,
) -> Result<bool, ProvideKeyError> {
    if !anew && find(cx, algorithm).await?.is_some() {
        return Ok(false);
    }
    let generate = move || SigningKeyPair::generate(algorithm, RsaSize::Bits3072);
    let pair = tokio::task::spawn_blocking(generate)
        .await
        .map_err(|_| ProvideKeyError::Keys(crate::oauth::jose::KeyError::Generation.into()))?
        .map_err(SigningKeysError::from)?;
    let stored: Secret<Vec<u8>> = pair.to_pkcs8().map_err(SigningKeysError::from)?;
    let mut rows = cx.begin().await?;
    rows.save_tenant_secret(&name(algorithm), &stored, cx.now(), cx.entropy())
        .await?;
    rows.commit().await?;
    Ok(true)
}

/// Why a key could not be provided.
#[derive(Debug, thiserror::Error)]
pub enum ProvideKeyError {
    /// It could not be made.
    #[error(transparent)]
    Keys(#[from] SigningKeysError),
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The public halves, for the administrators of the FHIR server (RFC 7517 section 5). Empty for a tenant without.
pub async fn backend_jwks(cx: &TenantCx) -> Result<JwkSet, DirectoryError> {
    let mut keys = Vec::new();
    for algorithm in ALGORITHMS {
        if let Some(pair) = find(cx, algorithm).await? {
            keys.push(pair.public_jwk().clone());
        }
    }
    Ok(JwkSet { keys })
}
