//! An access token that the tenant makes for itself, for a FHIR server that takes its tokens.
//!
//! It is made for one question, names the FHIR server as its audience, reads what the question is about and nothing
//! else, and ends after minutes. It opens nothing at this server: it has no grant, and no scope of userinfo,
//! introspection or launch.

use super::{DirectoryError, OWN_CLIENT_ID};
use crate::kernel::{Secret, entropy};
use crate::oauth::ClientId;
use crate::oauth::access_token::{AccessTokenClaims, Issuance};
use crate::oauth::jose::{JwtType, SigningAlgorithm};
use crate::smart::FhirBase;
use crate::tenant::TenantCx;
use crate::tenant::patient_directory::DirectoryAuthentication;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::Duration;

/// Longer than any question takes, with room for clocks that differ.
const LIFETIME: Duration = Duration::from_mins(5);

/// Whether a token of this client is the tenant's own, and the tenant uses such tokens at present.
pub fn is_own_client(cx: &TenantCx, client_id: &str) -> bool {
    client_id == OWN_CLIENT_ID && cx.document().directory().authentication == DirectoryAuthentication::OwnToken
}

/// A token that reads `scope` at `base`, which has to be a FHIR server that takes this tenant's tokens.
pub(super) fn mint(cx: &TenantCx, base: &FhirBase, scope: &str) -> Result<Secret<String>, DirectoryError> {
    // Asked here as well as when the settings were saved: the list of FHIR bases may have changed since.
    if !cx.tenant().fhir_bases.contains(base) {
        return Err(DirectoryError::Settings(
            "its FHIR base does not take this tenant's tokens",
        ));
    }
    let client_id = ClientId::parse(OWN_CLIENT_ID).map_err(|_| DirectoryError::Settings("no client id"))?;
    let random = URL_SAFE_NO_PAD.encode(entropy::bytes::<16>(cx.entropy()));
    let claims = AccessTokenClaims::new(Issuance {
        issuer: cx.issuer(),
        audience: base.as_str(),
        subject: OWN_CLIENT_ID,
        client_id: &client_id,
        tenant_id: cx.id(),
        token_id: format!("own.{random}"),
        scope,
        now: cx.now(),
        lifetime: LIFETIME,
    });
    let claims = AccessTokenClaims {
        data_regions: cx.document().data_regions.clone(),
        ..claims
    };
    let fault = |_| DirectoryError::Settings("the token could not be signed");
    let key = cx
        .keys()
        .signer(SigningAlgorithm::ES256)
        .map_err(|_| DirectoryError::Settings("the tenant has no ES256 key"))?;
    key.sign(JwtType::AccessToken, &claims).map(Secret::new).map_err(fault)
}
