//! Redeeming the code (RFC 6749 section 4.1.3, OpenID Connect Core 1.0 section 3.1.3).

use super::ClientProof;
use super::client_authentication::{ASSERTION_TYPE, ClientKey, assertion};
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
    /// Whether the provider took our former key and not the current one.
    pub(super) by_former_key: bool,
}

/// How one try to redeem the code ended that brought no tokens.
struct Unredeemed {
    failure: SignInFailure,
    /// The provider does not know who we are; the code is as good as before (RFC 6749 section 5.2).
    unknown_client: bool,
}

impl From<SignInFailure> for Unredeemed {
    fn from(failure: SignInFailure) -> Self {
        Self {
            failure,
            unknown_client: false,
        }
    }
}

/// A code that is to be redeemed, and where.
pub(super) struct Exchange<'a> {
    pub(super) outbound: &'a Outbound,
    pub(super) upstream: &'a UpstreamKey,
    pub(super) config: &'a OidcProviderConfig,
    pub(super) provider: &'a Provider,
    pub(super) pending: &'a PendingSignIn,
    pub(super) code: &'a Secret<String>,
}

impl Exchange<'_> {
    /// Redeems the code with the PKCE verifier and our client credentials. A provider that does not know our key is shown the one
    /// before, once: it may not have looked at our keys since they were switched.
    pub(super) async fn redeem(&self, proof: &ClientProof<'_>) -> Result<Tokens, SignInFailure> {
        let refused = match Box::pin(self.redeem_with(proof, proof.key, "")).await {
            Ok(tokens) => return Ok(tokens),
            Err(refused) => refused,
        };
        let Some(former) = proof.former.filter(|_| refused.unknown_client) else {
            return Err(refused.failure);
        };
        match Box::pin(self.redeem_with(proof, Some(former), ".2")).await {
            Ok(tokens) => Ok(Tokens {
                by_former_key: true,
                ..tokens
            }),
            // What is told is why the current key was refused: that is what has to be mended.
            Err(_) => Err(refused.failure),
        }
    }

    async fn redeem_with(
        &self,
        proof: &ClientProof<'_>,
        key: Option<&ClientKey>,
        again: &str,
    ) -> Result<Tokens, Unredeemed> {
        let Self {
            outbound,
            upstream,
            config,
            provider,
            pending,
            code,
        } = *self;
        let assertion = assertion(config, provider.token_endpoint().as_str(), proof, key, again)?;
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
            return Err(SignInFailure::new(Check::TokenResponse, "token_type is not Bearer").into());
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
            by_former_key: false,
        })
    }
}

/// The library's texts quote the provider, so they are not passed on.
fn refused(error: &RequestTokenError<OutboundError, BasicErrorResponse>) -> Unredeemed {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            let code = registered_error(answer.error().as_ref());
            Unredeemed {
                failure: SignInFailure::new(Check::TokenRequest, format!("the provider refused the code: {code}")),
                // Some products call a key that they do not know the second.
                unknown_client: matches!(code, "invalid_client" | "unauthorized_client"),
            }
        }
        RequestTokenError::Request(cause) => SignInFailure::fetch(Check::TokenRequest, cause).into(),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => SignInFailure::new(
            Check::TokenResponse,
            "the answer is no token answer: JSON with access_token and token_type",
        )
        .into(),
    }
}
