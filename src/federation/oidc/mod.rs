//! OpenID Connect relying party: the authorization code flow with PKCE towards a tenant's identity provider
//! (OpenID Connect Core 1.0 section 3.1, RFC 7636, RFC 9207).
//!
//! [`RelyingParty::begin`] gives the address to send the browser to and what to remember; [`RelyingParty::complete`]
//! takes what the browser brought back and returns an [`Assertion`], or the one check that failed. The caller seals
//! and stores [`PendingSignIn`], binds it to browser, tenant and provider, and deletes it before calling `complete`,
//! so that a callback works once.

mod callback;
mod client_authentication;
mod config;
mod directory;
mod failure;
mod id_token;
mod logout_token;
mod pending;
mod signature;
mod token_request;
mod user_info;

#[cfg(test)]
mod tests;

pub use callback::CallbackParameters;
pub use client_authentication::ClientKey;
pub use config::{
    AssertionAudience, ClientAuthentication, InvalidConfig, ManualEndpoints, OidcProviderConfig, SigningAlgorithm,
};
pub(super) use directory::usable_keys;
pub use directory::{Provider, ProviderDirectory, ProviderDocuments, UpstreamKey};
pub use failure::{Check, SignInFailure, UserOutcome};
pub use logout_token::LogoutToken;
pub use pending::{PendingSignIn, Prompt, SignInOptions};

use super::{Assertion, Protocol};
use crate::kernel::{Entropy, Secret, Timestamp, credential, entropy};
use crate::outbound::Outbound;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use id_token::VerifiedToken;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Accepted difference between the provider's clock and ours.
pub const CLOCK_SKEW: Duration = Duration::from_mins(1);
/// Longest `login_hint` passed on, in bytes.
const MAX_LOGIN_HINT: usize = 256;

/// What a token request is made with besides the code.
#[derive(Clone, Debug)]
pub struct ClientProof<'a> {
    /// Our key at the provider, where it knows us by one.
    pub key: Option<&'a ClientKey>,
    /// The one before it, while it is kept: a provider that did not take in our keys before they were switched knows us by this.
    pub former: Option<&'a ClientKey>,
    /// The time.
    pub now: Timestamp,
    /// The name of the assertion: 128 random bits.
    pub assertion_id: String,
}

impl<'a> ClientProof<'a> {
    /// For one token request.
    pub fn new(key: Option<&'a ClientKey>, now: Timestamp, source: &dyn Entropy) -> Self {
        Self {
            key,
            former: None,
            now,
            assertion_id: URL_SAFE_NO_PAD.encode(entropy::bytes::<16>(source)),
        }
    }
}

/// A sign-in that passed every check.
#[derive(Debug)]
pub struct Completed {
    /// What the provider said.
    pub assertion: Assertion,
    /// Whether the provider took our former key and not the current one.
    pub by_former_key: bool,
}

/// The relying party of all tenants. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    outbound: Outbound,
    directory: Arc<ProviderDirectory>,
}

impl RelyingParty {
    /// A relying party that fetches through `outbound`.
    pub fn new(outbound: Outbound) -> Self {
        let directory = Arc::new(ProviderDirectory::new(outbound.clone()));
        Self { outbound, directory }
    }

    /// The cached metadata and keys of providers.
    pub fn directory(&self) -> &ProviderDirectory {
        &self.directory
    }

    /// Starts a sign-in: the address to send the browser to, and what to remember until it comes back.
    ///
    /// `redirect_uri` must be unique per tenant and provider, so that an answer of one provider cannot be delivered to
    /// another (RFC 9700 section 4.4.2.2).
    pub async fn begin(
        &self,
        upstream: &UpstreamKey,
        config: &OidcProviderConfig,
        redirect_uri: &Url,
        options: &SignInOptions,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(Url, PendingSignIn), SignInFailure> {
        config
            .check()
            .map_err(|invalid| SignInFailure::new(Check::Configuration, invalid.to_string()))?;
        // Drawn first: the source of randomness is not held across the fetch.
        let state = credential::generate(credential::Kind::UpstreamState, entropy);
        let nonce = random_text(entropy);
        let verifier = random_text(entropy);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.expose().clone()));
        let contexts = config.upstream_contexts(&options.acr_values);
        let required_acr = config.upstream_contexts(&options.required_acr);
        if required_acr.is_empty() && !options.required_acr.is_empty() {
            return Err(SignInFailure::new(
                Check::AuthenticationContext,
                "none of the required contexts is in the table of this provider",
            ));
        }
        let max_age = if options.force { Some(0) } else { options.max_age };

        let provider = self.directory.provider(upstream, config, now).await?;
        let mut address = provider.authorization_endpoint().clone();
        {
            let mut query = address.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &config.client_id)
                .append_pair("redirect_uri", redirect_uri.as_str())
                .append_pair("scope", &config.scope_parameter())
                .append_pair("state", state.expose())
                .append_pair("nonce", nonce.expose())
                .append_pair("code_challenge", challenge.as_str())
                .append_pair("code_challenge_method", "S256");
            // `consent` is never passed on: it is about our apps, not about theirs.
            if let Some(prompt) = options.upstream_prompt() {
                query.append_pair("prompt", prompt);
            }
            if let Some(max_age) = max_age {
                query.append_pair("max_age", &max_age.to_string());
            }
            if let Some(hint) = options
                .login_hint
                .as_deref()
                .filter(|hint| hint.len() <= MAX_LOGIN_HINT)
            {
                query.append_pair("login_hint", hint);
            }
            if !contexts.is_empty() {
                query.append_pair("acr_values", &contexts.join(" "));
            }
            if let Some(locales) = &options.ui_locales {
                query.append_pair("ui_locales", locales);
            }
        }
        let pending = PendingSignIn {
            state,
            nonce,
            pkce_verifier: verifier,
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            redirect_uri: redirect_uri.clone(),
            started_at: now,
            max_age,
            required_acr,
        };
        Ok((address, pending))
    }

    /// Finishes a sign-in from what the browser brought back, or names the check that failed.
    pub async fn complete(
        &self,
        upstream: &UpstreamKey,
        config: &OidcProviderConfig,
        pending: &PendingSignIn,
        callback: &CallbackParameters,
        proof: &ClientProof<'_>,
    ) -> Result<Completed, SignInFailure> {
        let now = proof.now;
        config
            .check()
            .map_err(|invalid| SignInFailure::new(Check::Configuration, invalid.to_string()))?;
        callback.check_state(pending)?;
        if pending.issuer != config.issuer || pending.client_id != config.client_id {
            return Err(SignInFailure::new(
                Check::State,
                "the sign-in was started at another provider",
            ));
        }
        let provider = self.directory.provider(upstream, config, now).await?;
        callback.check_issuer(&config.issuer, provider.sends_issuer_parameter())?;
        let code = callback.code()?;

        let exchange = token_request::Exchange {
            outbound: &self.outbound,
            upstream,
            config,
            provider: &provider,
            pending,
            code,
        };
        let tokens = exchange.redeem(proof).await?;
        let verified = self
            .verify(upstream, config, provider.clone(), pending, &tokens, now)
            .await?;
        let subject = verified.text("sub").unwrap_or_default().to_owned();

        let mut claims = verified.claims.clone();
        if config.fetch_user_info {
            let more = user_info::fetch(
                &self.outbound,
                upstream,
                config,
                &provider,
                &tokens.access_token,
                &subject,
            )
            .await?;
            merge(&mut claims, more);
        }
        let by_former_key = tokens.by_former_key;
        let assertion = Assertion {
            protocol: Protocol::OpenIdConnect,
            issuer: config.issuer.clone(),
            subject,
            acr: verified.text("acr").map(|acr| config.acr_of(acr).to_owned()),
            amr: verified.texts("amr"),
            auth_time: verified.time("auth_time"),
            session_index: verified.text("sid").map(str::to_owned),
            session_ends: None,
            id_token: Some(tokens.id_token),
            claims,
        };
        Ok(Completed {
            assertion,
            by_former_key,
        })
    }

    /// Verifies the ID token; when no key fits, fetches the keys once more, since the provider may just have rotated.
    async fn verify(
        &self,
        upstream: &UpstreamKey,
        config: &OidcProviderConfig,
        provider: Arc<Provider>,
        pending: &PendingSignIn,
        tokens: &token_request::Tokens,
        now: Timestamp,
    ) -> Result<VerifiedToken, SignInFailure> {
        let expected = id_token::Expected {
            config,
            pending,
            access_token: &tokens.access_token,
            now,
        };
        match id_token::verify(&provider, &expected, tokens.id_token.expose()) {
            Err(failure) if may_be_rotated(failure.check, tokens.id_token.expose()) => {
                let refreshed = self
                    .directory
                    .refetch_keys(upstream, &provider, now)
                    .await?
                    .ok_or(failure)?;
                let verified = id_token::verify(&refreshed, &expected, tokens.id_token.expose());
                if verified.is_ok() {
                    self.directory.refetch_helped(upstream).await;
                }
                verified
            }
            other => other,
        }
    }
}

/// Whether newer keys could change the verdict: the named key is unknown, or none is named and the only one is wrong.
fn may_be_rotated(check: Check, id_token: &str) -> bool {
    check == Check::IdTokenKey || (check == Check::IdTokenSignature && !id_token::names_its_key(id_token))
}

/// 256 random bits in base64url: 43 unreserved characters, what RFC 7636 section 4.1 recommends for a verifier.
fn random_text(source: &dyn Entropy) -> Secret<String> {
    Secret::new(URL_SAFE_NO_PAD.encode(entropy::bytes::<32>(source)))
}

/// Adds what only UserInfo says. The signed ID token wins over the unsigned answer.
fn merge(claims: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        claims.entry(name).or_insert(value);
    }
}
