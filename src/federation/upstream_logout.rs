//! After our session: the provider's own is ended too (OpenID Connect RP-Initiated Logout 1.0, SAML Profiles 2.0 section 4.4).

use super::provider::{OidcProvider, ProviderKind};
use super::service::{UpstreamName, remember, upstream_key};
use super::{Assertion, Federation, IdentityProvider, UpstreamFailure, UpstreamRedirect};
use crate::kernel::credential::{Kind, generate};
use crate::kernel::{Secret, Sha256Hash};
use crate::store::StoreError;
use crate::store::tenant::UpstreamSession;
use crate::tenant::TenantCx;
use serde::{Deserialize, Serialize};

/// Longest ID token that is sent as a hint: it travels in an address.
const LONGEST_HINT: usize = 4096;

/// What logging out at an OpenID Connect provider takes.
#[derive(Serialize, Deserialize)]
pub(super) struct OidcSession {
    id_token: Option<String>,
}

impl OidcSession {
    /// The provider's session behind a sign-in.
    pub(super) fn of(assertion: &Assertion) -> Result<UpstreamName, StoreError> {
        let session = Self {
            id_token: assertion.id_token.as_ref().map(|token| token.expose().clone()),
        };
        let name = serde_json::to_vec(&session)
            .map_err(|error| StoreError::corrupt("upstream_sessions", "sealed_name", error))?;
        Ok(UpstreamName {
            subject: assertion.subject.clone(),
            session: assertion.session_index.clone(),
            name: Secret::new(name),
        })
    }
}

/// What is remembered while the browser is away to log out at an OpenID Connect provider.
#[derive(Serialize, Deserialize)]
pub(super) struct Leaving {
    /// Where the browser goes on: a path on this server, or an address that the app registered.
    pub(super) return_to: String,
}

impl Federation {
    /// Where to send the browser after a session here ended, so that the one at the provider ends too; it comes back to `return_to`,
    /// a path on this server or an address that was checked. `None` when the provider has no logout, or is to be left alone.
    pub async fn begin_upstream_logout(
        &self,
        cx: &TenantCx,
        upstream: &UpstreamSession,
        return_to: &str,
    ) -> Result<Option<UpstreamRedirect>, UpstreamFailure> {
        let providers = self.providers(cx).await?;
        let Some(provider) = providers.iter().find(|provider| provider.id == upstream.provider) else {
            return Ok(None);
        };
        match &provider.kind {
            ProviderKind::Saml(saml) if !saml.config.local_logout => {
                self.saml_logout(cx, provider, saml, &upstream.name, return_to).await
            }
            ProviderKind::Oidc(oidc) if !oidc.config.local_logout => {
                self.oidc_logout(cx, provider, oidc, &upstream.name, return_to).await
            }
            ProviderKind::Saml(_) | ProviderKind::Oidc(_) | ProviderKind::Local => Ok(None),
        }
    }

    /// OpenID Connect RP-Initiated Logout 1.0 section 2.
    async fn oidc_logout(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        oidc: &OidcProvider,
        name: &Secret<Vec<u8>>,
        return_to: &str,
    ) -> Result<Option<UpstreamRedirect>, UpstreamFailure> {
        let known = self
            .relying_party()
            .directory()
            .provider(&upstream_key(cx, provider), &oidc.config, cx.now())
            .await?;
        let Some(mut address) = known.end_session_endpoint().cloned() else {
            return Ok(None);
        };
        let session: OidcSession = serde_json::from_slice(name.expose())
            .map_err(|_| StoreError::corrupt("upstream_sessions", "sealed_name", "not an OpenID Connect session"))?;
        let state = generate(Kind::UpstreamState, cx.entropy());
        {
            let mut query = address.query_pairs_mut();
            if let Some(hint) = session.id_token.filter(|hint| hint.len() <= LONGEST_HINT) {
                query.append_pair("id_token_hint", &hint);
            }
            query
                .append_pair("client_id", &oidc.config.client_id)
                .append_pair(
                    "post_logout_redirect_uri",
                    &cx.urls().federation(&provider.alias, "signed-out"),
                )
                .append_pair("state", state.expose());
        }
        let state = Sha256Hash::of(state.expose().as_bytes());
        let leaving = Leaving {
            return_to: return_to.to_owned(),
        };
        // Our own session is over already, so no browser is asked for: the state is the binding.
        remember(cx, provider, state, state, &leaving).await?;
        Ok(Some(UpstreamRedirect::Go(address)))
    }
}
