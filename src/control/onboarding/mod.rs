//! Making a tenant, step by step. Every step looks whether it was done: a run that was cut off anywhere is finished by the next,
//! and the end is the same. How far it is can be watched in the registry; what was asked for is kept there, sealed, until it is
//! done.

mod steps;

use super::invitations::NewOwner;
use super::tenants::{NewTenant, TenantSummary, checked_document};
use super::{Actor, Change, ControlError, Platform, TenantAdmin};
use crate::federation::local::links::NewLink;
use crate::federation::{OidcDocument, SamlDocument};
use crate::kernel::{Secret, Timestamp};
use crate::keys::{Place, TenantKeyring, WrappedDataKey};
use crate::store::TenantStore;
use crate::store::control::{OnboardingStep, StepRecord, StepState, TenantRecord, TenantStatus};
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
