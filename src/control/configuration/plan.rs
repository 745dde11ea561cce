//! What an apply would do, and what somebody else did since the last one.

use super::current::CurrentTenant;
use super::desired::{self, Desired, DesiredTenant, Fault, Wanted};
use super::{MemberChange, TenantFile, difference};
use crate::control::{ControlError, Platform, TenantAdmin};
use crate::kernel::{Secret, Timestamp};
use crate::store::control::TenantStatus;
use crate::store::tenant::ResourceName;
use crate::tenant::TenantDocument;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use thiserror::Error;

/// What an apply would do at one tenant.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The tenant.
    pub tenant: String,
    /// Whether the tenant is created.
    pub creates_tenant: bool,
    /// What changes of the tenant's own record: its contract.
    pub record: Vec<MemberChange>,
    /// What changes, in the order in which it is done.
    pub steps: Vec<Step>,
    /// What differs from what the last apply left, and not as the file wants it.
    pub drift: Vec<Drift>,
    /// What is there, not in the file, and made by somebody else: it stays.
    pub kept: Vec<ResourceName>,
}

/// One thing that changes.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What.
    #[serde(flatten)]
    pub resource: ResourceName,
    /// How.
    pub action: Action,
    /// What differs.
    pub members: Vec<MemberChange>,
}

/// How something changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is removed.
    Remove,
}

/// One thing that somebody else changed since the last apply.
#[derive(Clone, Debug, Serialize)]
pub struct Drift {
    /// What.
    #[serde(flatten)]
    pub resource: ResourceName,
    /// From what the last apply left to what is there now.
    pub members: Vec<MemberChange>,
}

/// Why a file cannot be planned or applied.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The declaration is not in order. Everything that is wrong with it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
    /// Somebody else changed what the file manages, and an apply would undo it.
    #[error(
        "{tenant} was changed elsewhere since the last apply: {}. Bring that into the file (`wardkey diff` shows it), or \
         overwrite it with --overwrite-drift",
        .drift.iter().map(|drift| drift.resource.to_string()).collect::<Vec<_>>().join(", ")
    )]
    Drift {
        /// The tenant.
        tenant: String,
        /// What was changed.
        drift: Vec<Drift>,
    },
    /// Anything else.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl Plan {
    /// Whether there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        !self.creates_tenant && self.steps.is_empty() && self.record.is_empty()
    }
}

/// A plan with what it takes to carry it out.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) desired: DesiredTenant,
    pub(super) current: CurrentTenant,
}

impl Platform {
    /// Tells what [`Self::apply`] would do.
    pub async fn plan(&self, file: &TenantFile) -> Result<Plan, ApplyError> {
        Ok(self.prepare(file).await?.plan)
    }

    pub(super) async fn prepare(&self, file: &TenantFile) -> Result<Prepared, ApplyError> {
        let existing = match self.get_tenant(&file.tenant).await {
            Ok(summary) => Some(summary),
            Err(ControlError::NotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        if existing
            .as_ref()
            .is_some_and(|tenant| tenant.status == TenantStatus::Suspended)
        {
            let text = format!(
                "{} is suspended; resume it before its configuration is changed",
                file.tenant
            );
            return Err(ControlError::Conflict(text).into());
        }
        let admin = match &existing {
            Some(_) => Some(self.tenant(&file.tenant).await?),
            None => None,
        };
        let document = admin.as_ref().map(|admin| admin.cx().document());
        let mut desired = desired::read(file, document, self.now()).map_err(ApplyError::Faults)?;
        let (current, applied) = match &admin {
            Some(admin) => {
                let current = admin.current_configuration(file.fhir_users.is_some()).await?;
                let applied = admin
                    .cx()
                    .read()
                    .await
                    .map_err(ControlError::from)?
                    .find_applied_configuration()
                    .await
                    .map_err(ControlError::from)?;
                let applied = applied
                    .map(|text| serde_json::from_str::<BTreeMap<String, Value>>(text.expose()))
                    .transpose()
                    .map_err(ControlError::from)?;
                (current, applied)
            }
            None => (CurrentTenant::default(), None),
        };
        complete(file, &mut desired, admin.as_ref(), &current)?;
        let record = match (&existing, file.tier) {
            (Some(tenant), Some(tier)) => {
                difference(Some(&json!({ "tier": tenant.tier })), Some(&json!({ "tier": tier })))
            }
            _ => Vec::new(),
        };
        let mut plan = Plan {
            tenant: file.tenant.clone(),
            creates_tenant: existing.is_none(),
            record,
            steps: Vec::new(),
            drift: Vec::new(),
            kept: Vec::new(),
        };
        compare(&mut plan, &desired, &current, applied.as_ref(), self.now());
        Ok(Prepared { plan, desired, current })
    }
}

/// Checks and fills in what takes the tenant as it is: secrets that stay, addresses that brands leave out.
fn complete(
    file: &TenantFile,
    desired: &mut DesiredTenant,
    admin: Option<&TenantAdmin>,
    current: &CurrentTenant,
) -> Result<(), ApplyError> {
    let mut faults = Vec::new();
    for (name, wanted) in &mut desired.resources {
        let mut fault = |member: String, problem: String| {
            faults.push(Fault {
                path: file.path.clone(),
                member,
                problem,
            });
        };
        match &mut wanted.wanted {
            Wanted::Oidc(_, document, secret) => {
                let stored = || {
                    current
                        .resources
                        .get(name)
                        .and_then(super::current::Current::provider_secret)
                };
                let effective = secret
                    .as_ref()
                    .map_or_else(stored, |secret| Some(Secret::new(secret.expose().clone())));
                if let Err(error) = document.ready(effective) {
                    fault(format!("identity_providers[{}]", name.name), error.to_string());
                }
            }
            Wanted::Brands(document) => {
                let checked = match admin {
                    Some(admin) => admin.check_brands(document.clone()).map_err(|error| error.to_string()),
                    // Before the tenant is made, so that nothing is half done.
                    None => document
                        .clone()
                        .complete(&desired.document.fhir_bases, None)
                        .map_err(|error| format!("{}: {}", error.member, error.problem)),
                };
                match checked {
                    Ok(complete) => wanted.state = json!(complete),
                    Err(problem) => fault("brands".into(), problem),
                }
            }
            _ => {}
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ApplyError::Faults(faults))
    }
}

fn compare(
    plan: &mut Plan,
    desired: &DesiredTenant,
    current: &CurrentTenant,
    applied: Option<&BTreeMap<String, Value>>,
    now: Timestamp,
) {
    let mut names: Vec<&ResourceName> = desired.resources.keys().chain(current.resources.keys()).collect();
    names.sort();
    names.dedup();
    for name in names.into_iter().filter(|name| desired.managed.contains(&name.kind)) {
        let wanted = desired.resources.get(name);
        let there = current.resources.get(name);
        let left = applied.and_then(|applied| applied.get(&key(name)));
        let before = there.map(|there| there.beside(wanted, now));
        let after = wanted.map(|wanted| wanted.state.clone());
        // Made by somebody else, and nothing that the file knows of.
        if wanted.is_none() && left.is_none() {
            plan.kept.push(name.clone());
            continue;
        }
        // Of a new tenant's settings, those that are not the defaults anyway.
        let defaults = (there.is_none() && *name == ResourceName::settings()).then(|| json!(TenantDocument::default()));
        let members = difference(before.as_ref().or(defaults.as_ref()), after.as_ref());
        let action = match (&before, &after) {
            (None, Some(_)) => Action::Create,
            (Some(_), None) => Action::Remove,
            _ if members.is_empty() => continue,
            _ => Action::Update,
        };
        // Before the first apply nobody can have changed what it left.
        if applied.is_some() {
            let drift = difference(left, there.map(|there| &there.state));
            if !drift.is_empty() {
                plan.drift.push(Drift {
                    resource: name.clone(),
                    members: drift,
                });
            }
        }
        plan.steps.push(Step {
            resource: name.clone(),
            action,
            members,
        });
    }
}

/// The name under which the state that an apply left is kept.
pub(super) fn key(name: &ResourceName) -> String {
    format!("{}/{}", name.kind.as_str(), name.name)
}

/// What an apply leaves: the states of everything that the file manages and names.
pub(super) fn left(desired: &BTreeMap<ResourceName, Desired>) -> Value {
    let states = desired.iter().map(|(name, desired)| {
        let mut state = desired.state.clone();
        if let Some(members) = state.as_object_mut() {
            members.remove(desired::SECRET);
        }
        (key(name), state)
    });
    Value::Object(states.collect::<Map<_, _>>())
}
