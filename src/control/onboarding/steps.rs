//! What each step does. Every one looks first whether it was done.

use super::{LONGEST_DETAIL, NewProvider, Outcome, Run, merged};
use crate::control::fhir_hook::FhirServerAnswer;
use crate::control::signing_keys::provision_signing_keys;
use crate::control::tenants::logs_about;
use crate::control::{COMMAND_LINE_CLIENT, Change, ControlError, fhir_hook};
use crate::keys::SigningKeyState;
use crate::store::control::OnboardingStep;
use crate::store::tenant::EventFilter;

impl Run<'_> {
    pub(super) async fn perform(&mut self, step: OnboardingStep) -> Result<Outcome, ControlError> {
        match step {
            // Done in the transaction that made the steps.
            OnboardingStep::Record => Ok(Outcome::DONE),
            OnboardingStep::Database => self.database().await,
            OnboardingStep::SigningKeys => self.signing_keys().await,
            OnboardingStep::Settings => self.settings().await,
            OnboardingStep::Apps => self.apps().await,
            OnboardingStep::IdentityProvider => Box::pin(self.identity_provider()).await,
            OnboardingStep::FhirServer => Box::pin(self.fhir_server()).await,
            OnboardingStep::Audit => self.audit().await,
            OnboardingStep::Invitation => Box::pin(self.invitation()).await,
            OnboardingStep::Activation => self.activation().await,
        }
    }

    /// Opening a database brings its schema up to date.
    async fn database(&self) -> Result<Outcome, ControlError> {
        self.platform.make_database(&self.record).await?;
        self.store().await?.read().await?.commit().await?;
        Ok(Outcome::DONE)
    }

    async fn signing_keys(&mut self) -> Result<Outcome, ControlError> {
        let platform = self.platform;
        let algorithms = &self.document.signing_keys.algorithms;
        let entropy = platform.directory().entropy();
        let made = provision_signing_keys(&self.store().await?, algorithms, platform.now(), entropy).await?;
        self.changed(made);
        Ok(Outcome::DONE)
    }

    async fn settings(&mut self) -> Result<Outcome, ControlError> {
        let platform = self.platform;
        let mut rows = self.store().await?.begin().await?;
        let stored = rows.find_settings().await?;
        if let (Some(stored), Some(read_from)) = (&stored, &self.read_from) {
            self.document = merged(stored, read_from, &self.document)?;
        }
        let text = serde_json::to_string(&self.document)?;
        let differ = stored.as_deref() != Some(&text);
        if differ {
            let entropy = platform.directory().entropy().as_ref();
            let author = platform.author().at(self.actor, platform.now(), entropy);
            rows.save_settings(&text, &author).await?;
        }
        rows.commit().await?;
        self.changed(differ);
        if !self.first {
            // Also when nothing changed now: a run before may have been cut off between its change and this.
            let mut control = platform.parts().control.begin().await?;
            control.bump_tenant_generation(self.record.id, platform.now()).await?;
            control.commit().await?;
        }
        platform.directory().forget(&self.slug).await;
        Ok(Outcome::DONE)
    }

    /// The command line's client, so that administrators can sign in there.
    async fn apps(&self) -> Result<Outcome, ControlError> {
        if !self.first {
            let admin = self.admin().await?;
            let there = admin.cx.read().await?.find_client(COMMAND_LINE_CLIENT).await?.is_some();
            return Ok(if there {
                Outcome::DONE
            } else {
                Outcome::Skipped("the tenant's apps are its administrators' to remove")
            });
        }
        match self.admin().await?.provision_command_line_client().await {
            Ok(()) => Ok(Outcome::DONE),
            Err(ControlError::Client(_)) => Ok(Outcome::Skipped("the tenant's rules admit no public client")),
            Err(other) => Err(other),
        }
    }

    async fn identity_provider(&mut self) -> Result<Outcome, ControlError> {
        let Some(provider) = &self.identity_provider else {
            return Ok(Outcome::Skipped("none was named"));
        };
        let admin = self.admin().await?;
        let (alias, change) = match provider {
            NewProvider::Oidc {
                alias,
                display_name,
                settings,
                client_secret,
            } => {
                let saved = admin.save_oidc_provider(alias, display_name, settings, client_secret.clone());
                (alias.clone(), Box::pin(saved).await?)
            }
            NewProvider::Saml {
                alias,
                display_name,
                settings,
                metadata,
            } => {
                let saved = admin.save_saml_provider(alias, display_name, settings, metadata);
                (alias.clone(), Box::pin(saved).await?)
            }
        };
        self.changed(change != Change::Unchanged);
        Ok(Outcome::Done(Some(alias)))
    }

    /// The servers that were named are asked who they are.
    async fn fhir_server(&self) -> Result<Outcome, ControlError> {
        let bases = &self.document.fhir_bases;
        if bases.is_empty() {
            return Ok(Outcome::Skipped(
                "none was named; tokens are for the tenant's own address below this server",
            ));
        }
        let said = match self.platform.outbound() {
            Some(outbound) => {
                let found = fhir_hook::ask_all(outbound, bases).await;
                if let Some(wrong) = found.iter().find(|found| found.answer == FhirServerAnswer::NotFhir) {
                    return Err(ControlError::Conflict(wrong.text.clone()));
                }
                found.into_iter().map(|found| found.text).collect::<Vec<_>>().join("; ")
            }
            None => bases.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        };
        Ok(Outcome::Done(Some(said.chars().take(LONGEST_DETAIL).collect())))
    }

    /// Once, however many runs there are.
    async fn audit(&self) -> Result<Outcome, ControlError> {
        let (platform, slug) = (self.platform, &self.slug);
        if self.change == Change::Created {
            platform
                .record_for_tenant(self.actor, slug, "tenant.created", None)
                .await?;
            return Ok(Outcome::DONE);
        }
        let filter = EventFilter {
            event: Some("tenant.created"),
            target: Some(slug.as_str()),
            ..EventFilter::default()
        };
        let mut missing = false;
        for place in logs_about(slug) {
            let recorded = match platform.tenant(place.as_str()).await {
                Ok(admin) => !admin.cx.read().await?.list_events(&filter, 1).await?.is_empty(),
                Err(ControlError::NotFound { .. }) => true,
                Err(error) => return Err(error),
            };
            if !recorded {
                missing = true;
                platform
                    .record_at(self.actor, &place, slug, "tenant.created", None)
                    .await?;
            }
        }
        if !missing && self.change == Change::Updated {
            platform
                .record_for_tenant(self.actor, slug, "tenant.updated", None)
                .await?;
        }
        Ok(Outcome::DONE)
    }

    async fn invitation(&mut self) -> Result<Outcome, ControlError> {
        let Some(owner) = &self.owner else {
            return Ok(Outcome::Skipped("no owner was named"));
        };
        let admin = self.admin().await?;
        let (change, link) = admin.invite_owner(owner).await?;
        self.changed(change != Change::Unchanged);
        self.invitation = link;
        Ok(match &self.invitation {
            Some(link) => Outcome::Done(Some(format!(
                "the link works until {}",
                // The page and the command's answer have the moment; here the day does.
                link.expires_at.to_rfc3339().chars().take(10).collect::<String>()
            ))),
            None => Outcome::Done(Some("the owner has chosen a password".to_owned())),
        })
    }

    /// What a tenant must have to be served; and then it is.
    async fn activation(&self) -> Result<Outcome, ControlError> {
        let platform = self.platform;
        let admin = self.admin().await?;
        let keys = admin.cx.read().await?.list_signing_keys(platform.now()).await?;
        let algorithms = &self.document.signing_keys.algorithms;
        let active = |key: &crate::keys::SigningKeyRecord| key.state == SigningKeyState::Active;
        if let Some(missing) = algorithms
            .iter()
            .find(|algorithm| !keys.iter().any(|key| key.algorithm == **algorithm && active(key)))
        {
            let text = format!(
                "there is no active key for {}; run the onboarding again",
                missing.as_str()
            );
            return Err(ControlError::Conflict(text));
        }
        let mut control = platform.parts().control.begin().await?;
        control.activate_tenant(self.record.id, platform.now()).await?;
        control.commit().await?;
        platform.directory().forget(&self.slug).await;
        Ok(Outcome::DONE)
    }
}
