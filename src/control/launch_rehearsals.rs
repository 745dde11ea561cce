//! Trying a launch without launching anything: what the app would be granted, what would be withheld and why, and every claim.

use super::explain::RemovedScope;
use super::{ControlError, TenantAdmin};
use crate::interaction::rehearsal::{Rehearsal, RehearsedChoice, RehearsedEnding, rehearse};
use crate::issuer::token;
use crate::smart::{LaunchContext, ScopeSet};
use crate::tenant::roles::Permission;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest scope that is tried, in bytes.
const LONGEST_SCOPE: usize = 16 * 1024;
/// Most roles of the person.
const MOST_ROLES: usize = 50;

/// What is tried.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LaunchRehearsal {
    /// What the app would ask for; all that it is registered for when absent.
    pub scope: Option<String>,
    /// Launch context parameters of SMART App Launch 2.2: what is open in the EHR, or what the person would choose.
    pub context: Map<String, Value>,
    /// Whether the person opens the app by itself, instead of from the EHR.
    pub standalone: bool,
    /// The person's FHIR resource, `Practitioner/123`.
    pub fhir_user: Option<String>,
    /// Their own patient record.
    pub patient: Option<String>,
    /// Their roles, as the mapping rules give them.
    pub roles: Vec<String>,
}

/// What would come of it. Nothing of it is stored or issued.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaunchForecast {
    /// How it would end.
    pub outcome: ForecastOutcome,
    /// The error code of RFC 6749 that the app would get.
    pub error: Option<String>,
    /// The same in words.
    pub error_description: Option<String>,
    /// Whether the person would be asked for consent.
    pub asks_consent: bool,
    /// The FHIR server.
    pub audience: String,
    /// What was asked for.
    pub requested: String,
    /// What would be granted.
    pub granted: Option<String>,
    /// What would not be granted as it was asked for.
    pub removed: Vec<RemovedScope>,
    /// The response of the token endpoint.
    pub token_response: Option<Value>,
    /// The claims of the access token.
    pub access_token: Option<Value>,
    /// The claims of the ID token.
    pub id_token: Option<Value>,
}

/// How a launch would end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastOutcome {
    /// With tokens.
    Granted,
    /// The person would have to choose a patient first.
    ChoosePatient,
    /// The person would have to choose an encounter first.
    ChooseEncounter,
    /// With an error.
    Refused,
}

impl TenantAdmin {
    /// Goes through the steps and rules of a launch for a person who does not exist.
    pub async fn rehearse_launch(
        &self,
        client_id: &str,
        wanted: LaunchRehearsal,
    ) -> Result<LaunchForecast, ControlError> {
        self.require(Permission::ManageLaunches)?;
        let client = self.get_client(client_id).await?;
        if !client.is_usable(self.cx.now()) {
            return Err(ControlError::Conflict(format!(
                "{client_id} is switched off, waits for approval or its permission has ended: nobody can launch it"
            )));
        }
        let scope = match wanted.scope.as_deref().map(str::trim).filter(|scope| !scope.is_empty()) {
            Some(scope) => scope.split_whitespace().collect::<Vec<_>>().join(" "),
            None => client.scope.clone(),
        };
        if scope.len() > LONGEST_SCOPE {
            return Err(ControlError::invalid("scope", "is longer than 16 KB"));
        }
        ScopeSet::parse(&scope).map_err(|error| ControlError::invalid("scope", error.to_string()))?;
        if wanted.roles.len() > MOST_ROLES {
            return Err(ControlError::invalid(
                "roles",
                format!("has more than {MOST_ROLES} entries"),
            ));
        }
        let context = LaunchContext::from_members(wanted.context)
            .map_err(|error| ControlError::invalid(format!("context.{}", error.member), error.problem))?;
        let base = self.cx.tenant().fhir_bases.first();
        let audience = base.map(|base| base.as_str().to_owned()).unwrap_or_default();
        let rehearsed = rehearse(
            &self.cx,
            &Rehearsal {
                client: &client,
                scope: &scope,
                audience: &audience,
                context,
                launched: !wanted.standalone,
                fhir_user: wanted.fhir_user.filter(|resource| !resource.is_empty()),
                patient: wanted.patient.filter(|patient| !patient.is_empty()),
                roles: wanted.roles,
            },
        );
        let forecast = LaunchForecast {
            outcome: ForecastOutcome::Refused,
            error: None,
            error_description: None,
            asks_consent: rehearsed.asks_consent,
            audience,
            requested: scope,
            granted: None,
            removed: rehearsed
                .decision
                .map(|decision| self.removed(client_id, &decision))
                .unwrap_or_default(),
            token_response: None,
            access_token: None,
            id_token: None,
        };
        Ok(match rehearsed.ending {
            RehearsedEnding::Granted(grant) => {
                let granted = grant.scope.clone();
                let tokens = token::rehearse(&self.cx, &client, *grant)?;
                LaunchForecast {
                    outcome: ForecastOutcome::Granted,
                    granted: Some(granted),
                    token_response: Some(tokens.response),
                    access_token: Some(tokens.access_token),
                    id_token: tokens.id_token,
                    ..forecast
                }
            }
            RehearsedEnding::Choice(choice) => LaunchForecast {
                outcome: match choice {
                    RehearsedChoice::Patient => ForecastOutcome::ChoosePatient,
                    RehearsedChoice::Encounter => ForecastOutcome::ChooseEncounter,
                },
                ..forecast
            },
            RehearsedEnding::Refused(error) => LaunchForecast {
                error: Some(error.code.as_str().to_owned()),
                error_description: Some(error.description.to_string()),
                ..forecast
            },
        })
    }
}
