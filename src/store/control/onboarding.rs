//! How far the onboarding of a tenant is, and what is still to be done.

use super::tenants::stored_enum;
use crate::kernel::Timestamp;
use crate::kernel::id::TenantId;
use crate::keys::Sealed;
use crate::store::transaction::on_tx;
use crate::store::{ControlTx, StoreError};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

stored_enum! {
    /// A step of making a tenant, in the order of [`OnboardingStep::ALL`].
    OnboardingStep in "onboarding_steps"."step" {
        /// The tenant's entry in the registry with its contract, and its data keys.
        Record = "record",
        /// Its database, with the schema of this version.
        Database = "database",
        /// An active and a next key for each algorithm.
        SigningKeys = "signing_keys",
        /// Its settings: with them there is an issuer.
        Settings = "settings",
        /// The apps that every tenant has.
        Apps = "apps",
        /// The identity provider that was named.
        IdentityProvider = "identity_provider",
        /// The FHIR server that takes its tokens.
        FhirServer = "fhir_server",
        /// The first entries of its audit log and of the platform's.
        Audit = "audit",
        /// The owner's account, role and invitation.
        Invitation = "invitation",
        /// The check that it can be served. From here on it is.
        Activation = "activation",
    }
}

impl OnboardingStep {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Record,
        Self::Database,
        Self::SigningKeys,
        Self::Settings,
        Self::Apps,
        Self::IdentityProvider,
        Self::FhirServer,
        Self::Audit,
        Self::Invitation,
        Self::Activation,
    ];
}

stored_enum! {
    /// What has become of a step.
    StepState in "onboarding_steps"."state" {
        /// Its turn has not come.
        Waiting = "waiting",
        /// It was begun. When nothing runs any more, the run was cut off here.
        Running = "running",
        /// It is done.
        Done = "done",
        /// There was nothing to do.
        Skipped = "skipped",
        /// It did not work; the detail says why, and the next run tries again.
        Failed = "failed",
    }
}

/// One step of a tenant's onboarding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Which.
    pub step: OnboardingStep,
    /// What has become of it.
    pub state: StepState,
    /// What there is to say: why it was skipped or failed.
    pub detail: Option<String>,
    /// When it was last begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct StepRow {
    step: String,
    state: String,
    detail: Option<String>,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

impl ControlTx {
    /// Begins an onboarding, or begins it again: every step waits. With no `plan`, the one that is kept stays.
    pub async fn begin_onboarding(
        &mut self,
        tenant: TenantId,
        plan: Option<&Sealed>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO onboardings (tenant_id, sealed_plan, begun_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id) DO UPDATE SET finished_at = NULL, \
             sealed_plan = COALESCE(excluded.sealed_plan, onboardings.sealed_plan)",
        )
        .bind(tenant)
        .bind(plan)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        for step in OnboardingStep::ALL {
            on_tx!(self, |connection| sqlx::query(
                "INSERT INTO onboarding_steps (tenant_id, step, state) VALUES ($1, $2, 'waiting') \
                 ON CONFLICT (tenant_id, step) DO UPDATE SET state = 'waiting', detail = NULL, started_at = NULL, \
                 finished_at = NULL",
            )
            .bind(tenant)
            .bind(step.as_str())
            .execute(connection)
            .await
            .map(drop))?;
        }
        Ok(())
    }

    /// Notes that a step was begun.
    pub async fn begin_onboarding_step(
        &mut self,
        tenant: TenantId,
        step: OnboardingStep,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "UPDATE onboarding_steps SET state = 'running', detail = NULL, started_at = $3, finished_at = NULL \
             WHERE tenant_id = $1 AND step = $2",
        )
        .bind(tenant)
        .bind(step.as_str())
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Notes how a step ended.
    pub async fn end_onboarding_step(
        &mut self,
        tenant: TenantId,
        step: OnboardingStep,
        state: StepState,
        detail: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "UPDATE onboarding_steps SET state = $3, detail = $4, started_at = COALESCE(started_at, $5), \
             finished_at = $5 WHERE tenant_id = $1 AND step = $2",
        )
        .bind(tenant)
        .bind(step.as_str())
        .bind(state.as_str())
        .bind(detail)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Ends an onboarding: what was asked for is done, and forgotten.
    pub async fn finish_onboarding(&mut self, tenant: TenantId, now: Timestamp) -> Result<(), StoreError> {
        on_tx!(self, |connection| sqlx::query(
            "UPDATE onboardings SET sealed_plan = NULL, finished_at = $2 WHERE tenant_id = $1"
        )
        .bind(tenant)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// What is kept of an onboarding that is not finished.
    pub async fn find_onboarding_plan(&mut self, tenant: TenantId) -> Result<Option<Sealed>, StoreError> {
        let plan = on_tx!(self, |connection| sqlx::query_scalar::<_, Option<Sealed>>(
            "SELECT sealed_plan FROM onboardings WHERE tenant_id = $1"
        )
        .bind(tenant)
        .fetch_optional(connection)
        .await)?;
        Ok(plan.flatten())
    }

    /// The steps, in order. Empty for a tenant that was made before there were any.
    pub async fn list_onboarding_steps(&mut self, tenant: TenantId) -> Result<Vec<StepRecord>, StoreError> {
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, StepRow>(
            "SELECT step, state, detail, started_at, finished_at FROM onboarding_steps WHERE tenant_id = $1"
        )
        .bind(tenant)
        .fetch_all(connection)
        .await)?;
        let mut steps: Vec<StepRecord> = rows
            .into_iter()
            .map(|row| {
                Ok(StepRecord {
                    step: OnboardingStep::from_stored(&row.step)?,
                    state: StepState::from_stored(&row.state)?,
                    detail: row.detail,
                    started_at: row.started_at,
                    finished_at: row.finished_at,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        steps.sort_by_key(|record| OnboardingStep::ALL.iter().position(|step| *step == record.step));
        Ok(steps)
    }
}
