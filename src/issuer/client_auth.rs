//! Client authentication (RFC 6749 section 2.3): credentials in, a client that proved itself out.

use super::budgets::too_many;
use super::client_keys::ClientKeys;
use super::reply::Refusal;
use crate::kernel::Sha256Hash;
use crate::oauth::client_assertion::{AssertionClaims, AssertionError, AssertionRules, Recipient};
use crate::oauth::client_authentication::Presented;
use crate::oauth::jose::{JwtError, UnverifiedJwt, VerificationKeys};
use crate::oauth::{Client, OAuthError, Parameters};
use crate::quota::Budget;
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
/// One answer for unknown, disabled, another tenant's, wrong method and wrong secret: `invalid_client`. To an assertion the
/// answer says which rule it breaks, as far as that is the same for every client.
pub(super) async fn authenticate(
    cx: &TenantCx,
    keys: &ClientKeys,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<AuthenticatedClient, Refusal> {
    let presented = Presented::extract(headers, form)?;
    let Some(client) = cx.find_client(presented.client_id().as_str()).await? else {
        return Err(refuse_stranger(cx, &presented, "client_unknown").into());
    };
    // A confidential client that sends nothing, and a public one that sends a secret, both fail here.
    if presented.method() != client.token_endpoint_auth_method {
        return Err(refuse_stranger(cx, &presented, "client_auth_method").into());
    }
    // What the tenant or its profile stopped accepting ends here too, not only at registration.
    if !cx.document().accepts_authentication_of(&client) {
        return Err(refuse_stranger(cx, &presented, "client_auth_method_closed").into());
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
    // What a client proved, it alone can spend; the id of a public client is anybody's to send.
    if !client.is_public() {
        cx.spend(Budget::RequestsPerClient, client.client_id.as_str().as_bytes())
            .map_err(too_many)?;
    }
    Ok(AuthenticatedClient(client))
}

/// Where assertions have to be addressed to.
struct Here {
    issuer: String,
    token_endpoint: String,
}

impl Here {
    fn of(cx: &TenantCx) -> Self {
        Self {
            issuer: cx.issuer().to_owned(),
            token_endpoint: cx.urls().endpoint("token"),
        }
    }

    fn recipient(&self) -> Recipient<'_> {
        Recipient {
            issuer: &self.issuer,
            token_endpoint: &self.token_endpoint,
        }
    }
}

/// `private_key_jwt` (RFC 7523 section 3; SMART App Launch 2.2, "Asymmetric (public key) client authentication").
async fn verify_assertion(
    cx: &TenantCx,
    client_keys: &ClientKeys,
    client: &Client,
    assertion: &str,
) -> Result<(), Refusal> {
    let here = Here::of(cx);
    let document = cx.document();
    let rules = AssertionRules::of(client, &document.algorithms_of(client), here.recipient());
    let rules = if document.rules_of(client).issuer_audience_only {
        rules.for_issuer_only()
    } else {
        rules
    };
    let verified = match verify_once(cx, client_keys, client, &rules, assertion, false).await {
        // The client may have rotated its keys: ask it once more, if it was not asked just now.
        Err(AssertionError::Jwt(JwtError::UnknownKey)) if client.jwks_uri.is_some() => {
            verify_once(cx, client_keys, client, &rules, assertion, true).await
        }
        other => other,
    };
    let claims = verified.map_err(|error| rules.refuse(error))?;
    // Only now: a forged assertion must not use up the jti of a genuine one.
    let mut tx = cx.begin().await?;
    let first = tx
        .remember_client_assertion(client.client_id.as_str(), &claims.jti, claims.remember_until())
        .await?;
    tx.commit().await?;
    if first {
        Ok(())
    } else {
        Err(rules.refuse(AssertionError::Replayed).into())
    }
}

async fn verify_once(
    cx: &TenantCx,
    client_keys: &ClientKeys,
    client: &Client,
    rules: &AssertionRules<'_>,
    assertion: &str,
    again: bool,
) -> Result<AssertionClaims, AssertionError> {
    let found = client_keys.find(cx, client, again).await;
    let none = VerificationKeys::default();
    rules.verify(
        UnverifiedJwt::parse(assertion)?,
        found.keys().unwrap_or(&none),
        cx.now(),
    )
}

/// The answer to credentials of a client that does not exist, or does not use them. It takes as long as that to a client
/// whose credentials are wrong, and says the same.
fn refuse_stranger(cx: &TenantCx, presented: &Presented, reason: &'static str) -> OAuthError {
    match presented {
        Presented::Basic { secret, .. } | Presented::Post { secret, .. } => {
            std::hint::black_box(Sha256Hash::of(secret.expose().as_bytes()));
            presented.refuse(reason)
        }
        Presented::None { .. } => presented.refuse(reason),
        Presented::Assertion { client_id, assertion } => {
            let here = Here::of(cx);
            let algorithms = cx.document().assertion_algorithms();
            let rules = AssertionRules::of_stranger(client_id.as_str(), &algorithms, here.recipient());
            let error = match UnverifiedJwt::parse(assertion.expose()) {
                Ok(jwt) => rules.verify(jwt, &VerificationKeys::default(), cx.now()).err(),
                Err(error) => Some(error.into()),
            };
            let told = rules.refuse(error.unwrap_or(AssertionError::Jwt(JwtError::UnknownKey)));
            OAuthError { reason, ..told }
        }
    }
}
