//! Making a tenant, step by step. Every step looks whether it was done: a run that was cut off anywhere is finished by the next,
//! and the end is the same. How far it is can be watched in the registry; what was asked for is kept there, sealed, until it is
//! done.

use super::fhir_hook::FhirServerAnswer;
use super::invitations::NewOwner;
use super::signing_keys::provision_signing_keys;
use super::tenants::{NewTenant, TenantSummary, checked_document, logs_about};
use super::{Actor, COMMAND_LINE_CLIENT, Change, ControlError, Platform, TenantAdmin, fhir_hook};
use crate::federation::local::links::NewLink;
use crate::federation::{OidcDocument, SamlDocument};
use crate::kernel::{Secret, Timestamp};
use crate::keys::{Place, SigningKeyState, TenantKeyring, WrappedDataKey};
use crate::store::TenantStore;
use crate::store::control::{OnboardingStep, StepRecord, StepState, TenantRecord, TenantStatus};
use crate::store::tenant::EventFilter;
use crate::tenant::roles::Permission;
use crate::tenant::{Slug, TenantDocument};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Longest detail of a step, in characters.
const LONGEST_DETAIL: usize = 500;

/// The plan is one value of one row.
const PLAN: Place<'static> = Place {
    table: "onboardings",
    column: "sealed_plan",
    row: b"plan",
};

/// An identity provider that a tenant begins with.
#[derive(Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewProvider {
    /// OpenID Connect.
    Oidc {
        /// Its name in addresses.
        alias: String,
        /// The hospital's own words on the button.
        display_name: String,
        /// Its settings.
        settings: Box<OidcDocument>,
        /// What we authenticate with there, unless it is a key.
        client_secret: Option<Secret<String>>,
    },
    /// SAML 2.0.
    Saml {
        /// Its name in addresses.
        alias: String,
        /// The hospital's own words on the button.
        display_name: String,
        /// Its settings.
        settings: Box<SamlDocument>,
        /// Its metadata.
        metadata: String,
    },
}

impl NewProvider {
    fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Oidc {
                alias,
                display_name,
                settings,
                client_secret,
            } => json!({
                "kind": "oidc", "alias": alias, "display_name": display_name, "settings": settings,
                "client_secret": client_secret.as_ref().map(Secret::expose),
            }),
            Self::Saml {
                alias,
                display_name,
                settings,
                metadata,
            } => json!({
                "kind": "saml", "alias": alias, "display_name": display_name, "settings": settings, "metadata": metadata,
            }),
        }
    }
}

/// A tenant with everything that it begins with.
#[derive(Clone)]
pub struct Onboarding {
    /// The tenant.
    pub tenant: NewTenant,
    /// Who answers for it; they are invited. None: as an earlier run was told, or nobody.
    pub owner: Option<NewOwner>,
    /// How its people sign in. None: as an earlier run was told, or as is arranged later.
    pub identity_provider: Option<NewProvider>,
    /// The settings that the tenant's were made from, where it was there before: what somebody else changed since stays as they set it.
    pub read_from: Option<TenantDocument>,
}

impl Onboarding {
    /// A tenant alone.
    pub const fn of(tenant: NewTenant) -> Self {
        Self {
            tenant,
            owner: None,
            identity_provider: None,
            read_from: None,
        }
    }
}

/// What is kept of an onboarding until it is done.
#[derive(Deserialize)]
struct Plan {
    document: TenantDocument,
    owner: Option<NewOwner>,
    identity_provider: Option<NewProvider>,
}

/// A step, as administration shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepSummary {
    /// Which.
    pub step: OnboardingStep,
    /// What has become of it.
    pub state: StepState,
    /// What there is to say.
    pub detail: Option<String>,
    /// When it was last begun, RFC 3339.
    pub started_at: Option<String>,
    /// When it ended, RFC 3339.
    pub finished_at: Option<String>,
}

impl From<StepRecord> for StepSummary {
    fn from(record: StepRecord) -> Self {
        Self {
            step: record.step,
            state: record.state,
            detail: record.detail,
            started_at: record.started_at.map(Timestamp::to_rfc3339),
            finished_at: record.finished_at.map(Timestamp::to_rfc3339),
        }
    }
}

/// What a run of an onboarding gave. A link is shown here and never again.
pub struct Onboarded {
    /// The tenant.
    pub tenant: TenantSummary,
    /// What changed.
    pub change: Change,
    /// The steps, all of them at their end.
    pub steps: Vec<StepSummary>,
    /// Where the owner chooses a password, unless there is no owner or they have one.
    pub invitation: Option<NewLink>,
}

/// Is told of every step as it ends.
pub type Watch<'a> = &'a (dyn Fn(&StepSummary) + Send + Sync);

/// How a step ended when it did not fail.
enum Outcome {
    Done(Option<String>),
    Skipped(&'static str),
}

impl Outcome {
    const DONE: Self = Self::Done(None);
}

/// The stored settings with the members that `wanted` has otherwise than what it was made from.
fn merged(stored: &str, read_from: &TenantDocument, wanted: &TenantDocument) -> Result<TenantDocument, ControlError> {
    let mut merged: Map<String, Value> = serde_json::from_str(stored)?;
    let (read_from, wanted) = (serde_json::to_value(read_from)?, serde_json::to_value(wanted)?);
    for (member, value) in wanted.as_object().into_iter().flatten() {
        if read_from.get(member) != Some(value) {
            merged.insert(member.clone(), value.clone());
        }
    }
    Ok(serde_json::from_value(Value::Object(merged))?)
}

struct Run<'a> {
    platform: &'a Platform,
    actor: &'a Actor,
    slug: Slug,
    record: TenantRecord,
    document: TenantDocument,
    owner: Option<NewOwner>,
    identity_provider: Option<NewProvider>,
    read_from: Option<TenantDocument>,
    /// Whether the tenant is new; later it has what its administrators left of what it began with.
    first: bool,
    change: Change,
    invitation: Option<NewLink>,
}

impl Platform {
    /// Makes a tenant with everything that it begins with, or finishes what an earlier run began, and brings name, contract
    /// and settings up to the description. `watch` is told of every step as it ends.
    ///
    /// # Errors
    /// What stopped the step that failed; the steps before are done, and the tenant is not served unless it was before.
    pub async fn onboard(
        &self,
        actor: &Actor,
        onboarding: &Onboarding,
        watch: Watch<'_>,
    ) -> Result<Onboarded, ControlError> {
        actor.require(Permission::ManageTenants)?;
        let slug = Slug::parse(&onboarding.tenant.slug)?;
        Box::pin(self.run_onboarding(actor, slug, onboarding, watch)).await
    }

    /// Finishes an onboarding that was cut off or failed, from what is kept of it.
    ///
    /// # Errors
    /// [`ControlError::Conflict`] when there is nothing to finish.
    pub async fn resume_onboarding(
        &self,
        actor: &Actor,
        slug: &str,
        watch: Watch<'_>,
    ) -> Result<Onboarded, ControlError> {
        actor.require(Permission::ManageTenants)?;
        let record = self.get_record(slug).await?;
        let Some(plan) = self.open_plan(&record).await? else {
            return Err(ControlError::Conflict(format!("the onboarding of {slug} is finished")));
        };
        let onboarding = Onboarding {
            tenant: NewTenant {
                slug: record.slug.clone(),
                display_name: record.display_name.clone(),
                tier: record.tier,
                placement: Self::known_placement(&record),
                document: plan.document,
            },
            owner: plan.owner,
            identity_provider: plan.identity_provider,
            read_from: None,
        };
        Box::pin(self.onboard(actor, &onboarding, watch)).await
    }

    /// How far the onboarding of a tenant is. Empty for one that was made before there were steps.
    pub async fn onboarding_steps(&self, actor: &Actor, slug: &str) -> Result<Vec<StepSummary>, ControlError> {
        actor.require(Permission::ReadTenants)?;
        let record = self.get_record(slug).await?;
        let steps = self
            .parts()
            .control
            .read()
            .await?
            .list_onboarding_steps(record.id)
            .await?;
        Ok(steps.into_iter().map(Into::into).collect())
    }

    /// The settings that a tenant has, or was to have when its onboarding was cut off before it had any.
    pub async fn find_described_settings(&self, slug: &str) -> Result<Option<TenantDocument>, ControlError> {
        let record = match self.get_record(slug).await {
            Ok(record) => record,
            Err(ControlError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        if record.status == TenantStatus::Preparing
            && let Some(plan) = self.open_plan(&record).await?
        {
            return Ok(Some(plan.document));
        }
        self.find_settings(slug).await
    }

    /// What was asked for, for the registry.
    pub(super) fn seal_plan(
        &self,
        data_keys: &[WrappedDataKey],
        record: &TenantRecord,
        onboarding: &Onboarding,
    ) -> Result<crate::keys::Sealed, ControlError> {
        let plan = json!({
            "document": onboarding.tenant.document,
            "owner": onboarding.owner,
            "identity_provider": onboarding.identity_provider.as_ref().map(NewProvider::to_json),
        });
        let text = Secret::new(serde_json::to_vec(&plan)?);
        let keyring = TenantKeyring::unwrap(record.id, data_keys, &self.parts().master_key)?;
        Ok(keyring.seal(PLAN, text.expose(), self.directory().entropy().as_ref())?)
    }

    async fn open_plan(&self, record: &TenantRecord) -> Result<Option<Plan>, ControlError> {
        let mut control = self.parts().control.read().await?;
        let Some(sealed) = control.find_onboarding_plan(record.id).await? else {
            return Ok(None);
        };
        let data_keys = control.list_data_keys(record.id).await?;
        drop(control);
        let keyring = TenantKeyring::unwrap(record.id, &data_keys, &self.parts().master_key)?;
        Ok(Some(serde_json::from_slice(keyring.open(PLAN, &sealed)?.expose())?))
    }

    pub(super) async fn run_onboarding(
        &self,
        actor: &Actor,
        slug: Slug,
        onboarding: &Onboarding,
        watch: Watch<'_>,
    ) -> Result<Onboarded, ControlError> {
        let document = checked_document(&onboarding.tenant)?;
        if let Some(owner) = &onboarding.owner {
            owner.check()?;
        }
        let mut wanted = onboarding.clone();
        wanted.tenant.document = document.clone();
        // What an earlier run was told, and this one was not, still counts.
        if let Some(earlier) = self.parts().control.read().await?.find_tenant(slug.as_str()).await?
            && let Some(plan) = self.open_plan(&earlier).await?
        {
            wanted.owner = wanted.owner.or(plan.owner);
            wanted.identity_provider = wanted.identity_provider.or(plan.identity_provider);
        }
        let (record, change) = self.register(&slug, &wanted, &document.display_name).await?;
        let mut run = Run {
            platform: self,
            actor,
            first: record.status == TenantStatus::Preparing,
            slug,
            record,
            document,
            owner: wanted.owner,
            identity_provider: wanted.identity_provider,
            read_from: wanted.read_from,
            change,
            invitation: None,
        };
        for step in OnboardingStep::ALL {
            run.begin(step).await?;
            match run.perform(step).await {
                Ok(Outcome::Done(detail)) => run.end(step, StepState::Done, detail.as_deref(), watch).await?,
                Ok(Outcome::Skipped(why)) => run.end(step, StepState::Skipped, Some(why), watch).await?,
                Err(error) => {
                    let text: String = error.to_string().chars().take(LONGEST_DETAIL).collect();
                    run.end(step, StepState::Failed, Some(&text), watch).await?;
                    return Err(error);
                }
            }
        }
        run.finished().await
    }
}

impl Run<'_> {
    async fn begin(&self, step: OnboardingStep) -> Result<(), ControlError> {
        let mut control = self.platform.parts().control.begin().await?;
        control
            .begin_onboarding_step(self.record.id, step, self.platform.now())
            .await?;
        Ok(control.commit().await?)
    }

    async fn end(
        &self,
        step: OnboardingStep,
        state: StepState,
        detail: Option<&str>,
        watch: Watch<'_>,
    ) -> Result<(), ControlError> {
        let now = self.platform.now();
        let mut control = self.platform.parts().control.begin().await?;
        control
            .end_onboarding_step(self.record.id, step, state, detail, now)
            .await?;
        control.commit().await?;
        watch(&StepSummary {
            step,
            state,
            detail: detail.map(str::to_owned),
            started_at: None,
            finished_at: Some(now.to_rfc3339()),
        });
        Ok(())
    }

    async fn perform(&mut self, step: OnboardingStep) -> Result<Outcome, ControlError> {
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

    fn changed(&mut self, something: bool) {
        if something && self.change == Change::Unchanged {
            self.change = Change::Updated;
        }
    }

    async fn store(&self) -> Result<TenantStore, ControlError> {
        let parts = self.platform.parts();
        let data_keys = parts.control.read().await?.list_data_keys(self.record.id).await?;
        let keyring = TenantKeyring::unwrap(self.record.id, &data_keys, &parts.master_key)?;
        Ok(self.platform.directory().open_store(&self.record, Arc::new(keyring))?)
    }

    async fn admin(&self) -> Result<TenantAdmin, ControlError> {
        Ok(self.platform.tenant(self.slug.as_str()).await?.acted_by(self.actor))
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

    /// What was asked for is done, and not needed any more.
    async fn finished(self) -> Result<Onboarded, ControlError> {
        let mut control = self.platform.parts().control.begin().await?;
        control.finish_onboarding(self.record.id, self.platform.now()).await?;
        control.commit().await?;
        let record = self.platform.get_record(self.slug.as_str()).await?;
        let mut control = self.platform.parts().control.read().await?;
        let steps = control.list_onboarding_steps(self.record.id).await?;
        Ok(Onboarded {
            tenant: self.platform.summary(&record)?,
            change: self.change,
            steps: steps.into_iter().map(Into::into).collect(),
            invitation: self.invitation,
        })
    }
}
