//! Redeeming the code (RFC 6749 section 4.1.3, OpenID Connect Core 1.0 section 3.1.3).

use super::ClientProof;
use super::client_authentication::{ASSERTION_TYPE, assertion};
use super::config::{ClientAuthentication, OidcProviderConfig};
use super::directory::{Provider, UpstreamKey};
use super::failure::{Check, SignInFailure, registered_error};
use super::pending::PendingSignIn;
use crate::kernel::Secret;
use crate::outbound::{Outbound, OutboundError};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, ExtraTokenFields, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The ID token as text: its claims are read by the verification, not by the answer's parser, so that a fault in it
/// is reported as what it is.
#[derive(Deserialize, Serialize)]
struct IdTokenText {
    id_token: Option<String>,
}

impl fmt::Debug for IdTokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdTokenText(..)")
    }
}

impl ExtraTokenFields for IdTokenText {}

type Client = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<IdTokenText, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// What the provider gave for the code.
pub(super) struct Tokens {
    pub(super) id_token: Secret<String>,
    pub(super) access_token: Secret<String>,
}

/// Redeems `code` with the PKCE verifier and our client credentials.
pub(super) async fn redeem(
    outbound: &Outbound,
    upstream: &UpstreamKey,
    config: &OidcProviderConfig,
    provider: &Provider,
    pending: &PendingSignIn,
    code: &Secret<String>,
    proof: &ClientProof<'_>,
) -> Result<Tokens, SignInFailure> {
    let endpoint = TokenUrl::from_url(provider.token_endpoint().clone());
    let mut client = Client::new(ClientId::new(config.client_id.clone()))
        .set_token_uri(endpoint)
        .set_auth_type(match config.authentication {
            ClientAuthentication::ClientSecretBasic => AuthType::BasicAuth,
            ClientAuthentication::ClientSecretPost
            | ClientAuthentication::ClientSecretJwt
            | ClientAuthentication::PrivateKeyJwt
            | ClientAuthentication::None => AuthType::RequestBody,
        });
    let assertion = assertion(config, provider.token_endpoint().as_str(), proof)?;
    // With an assertion, the secret itself never leaves.
    if let Some(secret) = config.client_secret.as_ref().filter(|_| assertion.is_none()) {
        client = client.set_client_secret(ClientSecret::new(secret.expose().clone()));
    }
    let http = outbound.openid_client(&upstream.scope());
    let mut request = client
        .exchange_code(AuthorizationCode::new(code.expose().clone()))
        .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(
            pending.redirect_uri.clone(),
        )))
        .set_pkce_verifier(PkceCodeVerifier::new(pending.pkce_verifier.expose().clone()));
    if let Some(assertion) = assertion {
        request = request
            .add_extra_param("client_assertion_type", ASSERTION_TYPE)
            .add_extra_param("client_assertion", assertion);
    }
    let answer = request.request_async(&http).await.map_err(|error| refused(&error))?;
    // RFC 6749 section 7.1: a token of a type we do not understand must not be used; the name ignores case.
    if !answer.token_type().as_ref().eq_ignore_ascii_case("bearer") {
        return Err(SignInFailure::new(Check::TokenResponse, "token_type is not Bearer"));
    }
    let id_token = answer.extra_fields().id_token.clone().ok_or_else(|| {
        SignInFailure::new(
            Check::TokenResponse,
            "there is no id_token; is the scope openid allowed for this client?",
        )
    })?;
    Ok(Tokens {
        id_token: Secret::new(id_token),
        access_token: Secret::new(answer.access_token().secret().clone()),
    })
}

/// The library's texts quote the provider, so they are not passed on.
fn refused(error: &RequestTokenError<OutboundError, BasicErrorResponse>) -> SignInFailure {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            let code = registered_error(answer.error().as_ref());
            SignInFailure::new(Check::TokenRequest, format!("the provider refused the code: {code}"))
        }
        RequestTokenError::Request(cause) => SignInFailure::fetch(Check::TokenRequest, cause),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => SignInFailure::new(
            Check::TokenResponse,
            "the answer is no token answer: JSON with access_token and token_type",
        ),
    }
}
