//! Sending the browser to a SAML provider (SAML Profiles 2.0 section 4.1.4.1).

use super::pending::Pending;
use crate::federation::oidc::Prompt;
use crate::federation::provider::SamlProvider;
use crate::federation::saml::{Check, Dispatch, Refusal, RequestOptions, new_id};
use crate::federation::saml_directory::PartyFailure;
use crate::federation::service::remember;
use crate::federation::{Federation, IdentityProvider, UpstreamFailure, UpstreamRedirect, UpstreamStart};
use crate::kernel::Sha256Hash;
use crate::kernel::credential::{Kind, generate};
use crate::tenant::TenantCx;
use std::time::Duration;

impl From<PartyFailure> for UpstreamFailure {
    fn from(failure: PartyFailure) -> Self {
        match failure {
            PartyFailure::Refused(refusal) => refusal.into(),
            PartyFailure::Store(error) => error.into(),
        }
    }
}

impl Federation {
    /// Begins a sign-in at a SAML provider.
    pub(in crate::federation) async fn begin_saml(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        saml: &SamlProvider,
        start: UpstreamStart,
    ) -> Result<UpstreamRedirect, UpstreamFailure> {
        let party = self.saml().party(cx, provider, saml).await?;
        let (config, options) = (&saml.config, &start.options);
        let required = config.classes_of(&options.required_acr);
        let contexts = if required.is_empty() {
            config.classes_of(&options.acr_values)
        } else {
            required.clone()
        };
        // SAML cannot ask for an age, only for a new sign-in; without one an older session would be refused again and again.
        let force = options.force || options.max_age.is_some();
        let age = options.max_age.map_or(Duration::ZERO, Duration::from_secs);
        let authenticated_since = force.then(|| if options.force { cx.now() } else { cx.now() - age });
        let request = RequestOptions {
            force,
            passive: options.prompt == Some(Prompt::None),
            contexts,
            comparison: config.context_comparison,
            name_id_format: config.wanted_format().map(str::to_owned),
        };
        let id = new_id(cx.entropy());
        // An opaque handle of ours, below the 80 bytes of SAML Bindings 2.0 section 3.4.3; never an address.
        let state = generate(Kind::UpstreamState, cx.entropy());
        let sign = party.metadata.wants_signed_requests || !config.unsigned_requests;
        let outgoing = party
            .sp
            .authn_request(
                &Dispatch {
                    idp: &party.metadata,
                    id: &id,
                    relay_state: Some(state.expose()),
                    key: sign.then_some(&party.keys.signing),
                    now: cx.now(),
                },
                &request,
                config.binding,
            )
            .map_err(|fault| Refusal::new(Check::Configuration, fault.to_string()))?;
        let pending = Pending::SignIn {
            request: id,
            authenticated_since,
            contexts: required,
            return_to: start.return_to,
            test: start.test,
        };
        let state = Sha256Hash::of(state.expose().as_bytes());
        remember(cx, provider, state, start.binding, &pending).await?;
        Ok(outgoing.into())
    }
}
