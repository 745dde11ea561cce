//! Client authentication by certificate (RFC 8705 section 2): the TLS handshake proved the key, this decides whose it is.

use crate::oauth::client::TokenEndpointAuthMethod;
use crate::oauth::{Client, ClientCertificate, OAuthError};
use crate::tenant::TenantCx;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use std::sync::Arc;
use std::time::Duration;

/// Authenticates a client that is registered for a certificate. One answer for all causes.
pub(super) fn authenticate(cx: &TenantCx, client: &Client) -> Result<(), OAuthError> {
    let certificate = cx
        .client_certificate()
        .ok_or_else(|| OAuthError::invalid_client("client_certificate_missing"))?;
    match client.token_endpoint_auth_method {
        TokenEndpointAuthMethod::TlsClientAuth => check_authority(cx, client, certificate),
        TokenEndpointAuthMethod::SelfSignedTlsClientAuth => check_key(client, certificate),
        _ => Err(OAuthError::invalid_client("client_auth_method")),
    }
}

/// RFC 8705 section 2.1: a certificate of an authority that this tenant trusts, about the registered subject. No authority is
/// trusted for all tenants, so that none can name a client of another's.
fn check_authority(cx: &TenantCx, client: &Client, certificate: &ClientCertificate) -> Result<(), OAuthError> {
    let subject = client
        .expected_subject()
        .ok_or_else(|| OAuthError::invalid_client("client_certificate_subject_unknown"))?;
    // Cheaper than the chain, so first.
    if !matches!(certificate.is_about(subject), Ok(true)) {
        return Err(OAuthError::invalid_client("client_certificate_subject"));
    }
    let mut roots = RootCertStore::empty();
    for pem in &cx.document().client_certificate_authorities {
        for authority in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let authority = authority.map_err(|_| OAuthError::server_error("client_certificate_authority"))?;
            roots
                .add(authority)
                .map_err(|_| OAuthError::server_error("client_certificate_authority"))?;
        }
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        // A tenant without authorities trusts nobody.
        .map_err(|_| OAuthError::invalid_client("client_certificate_no_authority"))?;
    let leaf = CertificateDer::from(certificate.leaf());
    let between: Vec<_> = certificate.intermediates().map(CertificateDer::from).collect();
    let seconds = u64::try_from(cx.now().seconds()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    verifier
        .verify_client_cert(&leaf, &between, now)
        .map(drop)
        .map_err(|error| {
            tracing::info!(%error, "a client's certificate was not accepted");
            OAuthError::invalid_client("client_certificate_untrusted")
        })
}

/// RFC 8705 section 2.2: nobody vouches for the certificate; its key is one that the client registered.
fn check_key(client: &Client, certificate: &ClientCertificate) -> Result<(), OAuthError> {
    let keys = client.jwks.iter().flat_map(|set| &set.keys);
    let mut keys = keys.filter(|key| matches!(certificate.has_key(key), Ok(true)));
    match keys.next() {
        Some(_) => Ok(()),
        None => Err(OAuthError::invalid_client("client_certificate_key")),
    }
}

/// The certificate that an access token of this client is bound to (RFC 8705 section 3), for a client that is registered so.
pub(super) fn required(cx: &TenantCx, client: &Client) -> Result<Option<String>, OAuthError> {
    if !client.tls_client_certificate_bound_access_tokens {
        return Ok(None);
    }
    let certificate = cx.client_certificate().ok_or_else(|| {
        let description = "This client's tokens are bound to a certificate: connect with one, at the address of \
                           mtls_endpoint_aliases if there is one.";
        OAuthError::invalid_request("certificate_missing", description)
    })?;
    Ok(Some(certificate.thumbprint()))
}
