//! Client authentication (RFC 6749 section 2.3): credentials in, a client that proved itself out.

use super::client_keys::ClientKeys;
use super::reply::Refusal;
use crate::kernel::Sha256Hash;
use crate::oauth::client_assertion::{self, AssertionClaims, Recipient};
use crate::oauth::client_authentication::Presented;
use crate::oauth::jose::{JwtError, UnverifiedJwt};
use crate::oauth::{Client, OAuthError, Parameters};
use crate::tenant::TenantCx;
use axum::http::HeaderMap;
use std::sync::Arc;

/// A client that authenticated with exactly the method it is registered for.
///
/// For a public client there is nothing to prove: it says who it is, and redirect URI and PKCE do the rest.
#[derive(Clone, Debug)]
pub(super) struct AuthenticatedClient(pub(super) Arc<Client>);

impl std::ops::Deref for AuthenticatedClient {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.0
    }
}

/// Authenticates the client of a form request.
///
/// One answer for unknown, disabled, another tenant's, wrong method and wrong secret: `invalid_client`.
pub(super) async fn authenticate(
    cx: &TenantCx,
    keys: &ClientKeys,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<AuthenticatedClient, Refusal> {
    let presented = Presented::extract(headers, form)?;
    let Some(client) = cx.find_client(presented.client_id().as_str()).await? else {
        burn(&presented);
        return Err(presented.refuse("client_unknown").into());
    };
    // A confidential client that sends nothing, and a public one that sends a secret, both fail here.
    if presented.method() != client.token_endpoint_auth_method {
        burn(&presented);
        return Err(presented.refuse("client_auth_method").into());
    }
    match &presented {
        Presented::None { .. } => {}
        Presented::Basic { secret, .. } | Presented::Post { secret, .. } => {
            if !client.verify_secret(secret, cx.now()) {
                return Err(presented.refuse("client_secret_wrong").into());
            }
        }
        Presented::Assertion { assertion, .. } => verify_assertion(cx, keys, &client, assertion.expose()).await?,
    }
    Ok(AuthenticatedClient(client))
}

/// `private_key_jwt` (RFC 7523 section 3; SMART App Launch 2.2, "Asymmetric (public key) client authentication").
async fn verify_assertion(
    cx: &TenantCx,
    client_keys: &ClientKeys,
    client: &Client,
    assertion: &str,
) -> Result<(), Refusal> {
    let refuse = |error: &JwtError| OAuthError::invalid_client(error.reason());
    check_key_url(client, assertion)?;
    let claims = match verify_once(cx, client_keys, client, assertion, false).await {
        // The client may have rotated its keys: ask it once more, if it was not asked just now.
        Err(JwtError::UnknownKey) if client.jwks_uri.is_some() => {
            verify_once(cx, client_keys, client, assertion, true).await
        }
        other => other,
    }
    .map_err(|error| refuse(&error))?;
    // Only now: a forged assertion must not use up the jti of a genuine one.
    let mut tx = cx.begin().await?;
    let first = tx
        .remember_client_assertion(client.client_id.as_str(), &claims.jti, claims.remember_until())
        .await?;
    tx.commit().await?;
    if first {
        Ok(())
    } else {
        Err(OAuthError::invalid_client("client_assertion_replayed").into())
    }
}

async fn verify_once(
    cx: &TenantCx,
    client_keys: &ClientKeys,
    client: &Client,
    assertion: &str,
    again: bool,
) -> Result<AssertionClaims, JwtError> {
    let found = client_keys.find(cx, client, again).await;
    let keys = found.keys().ok_or(JwtError::UnknownKey)?;
    let token_endpoint = cx.urls().endpoint("token");
    let recipient = Recipient {
        issuer: cx.issuer(),
        token_endpoint: &token_endpoint,
    };
    client_assertion::verify(UnverifiedJwt::parse(assertion)?, client, keys, recipient, cx.now())
}

/// SMART App Launch 2.2: a `jku` has to be the registered key set URL; it is never an address to fetch from.
fn check_key_url(client: &Client, assertion: &str) -> Result<(), OAuthError> {
    let jwt = UnverifiedJwt::parse(assertion).map_err(|error| OAuthError::invalid_client(error.reason()))?;
    match jwt.key_url() {
        Some(url) if client.jwks_uri.as_deref() != Some(url) => Err(OAuthError::invalid_client("client_assertion_jku")),
        _ => Ok(()),
    }
}

/// Hashes the secret as a comparison would, so that an unknown client takes as long as a known one.
fn burn(presented: &Presented) {
    if let Presented::Basic { secret, .. } | Presented::Post { secret, .. } = presented {
        std::hint::black_box(Sha256Hash::of(secret.expose().as_bytes()));
    }
}
