//! Client authentication (RFC 6749 section 2.3): credentials in, a client that proved itself out.

use crate::issuer::reply::Refusal;
use crate::kernel::Sha256Hash;
use crate::oauth::client_authentication::Presented;
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
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<AuthenticatedClient, Refusal> {
    let presented = Presented::extract(headers, form)?;
    let Some(client) = cx.find_client(presented.client_id().as_str()).await? else {
        burn(&presented);
        return Err(presented.refuse("client_unknown").into());
    };
    verify(cx, &presented, &client)?;
    Ok(AuthenticatedClient(client))
}

fn verify(cx: &TenantCx, presented: &Presented, client: &Client) -> Result<(), OAuthError> {
    // A confidential client that sends nothing, and a public one that sends a secret, both fail here.
    if presented.method() != client.token_endpoint_auth_method {
        burn(presented);
        return Err(presented.refuse("client_auth_method"));
    }
    match presented {
        Presented::None { .. } => Ok(()),
        Presented::Basic { secret, .. } | Presented::Post { secret, .. } => {
            if client.verify_secret(secret, cx.now()) {
                Ok(())
            } else {
                Err(presented.refuse("client_secret_wrong"))
            }
        }
        Presented::Assertion { .. } => Err(presented.refuse("client_auth_method")),
    }
}

/// Hashes the secret as a comparison would, so that an unknown client takes as long as a known one.
fn burn(presented: &Presented) {
    if let Presented::Basic { secret, .. } | Presented::Post { secret, .. } = presented {
        std::hint::black_box(Sha256Hash::of(secret.expose().as_bytes()));
    }
}
