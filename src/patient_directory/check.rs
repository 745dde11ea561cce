//! Proving the settings step by step, for administrators.

use super::answer::Patient;
use super::client::Criteria;
use super::credential::Purpose;
use super::{DirectoryError, PatientDirectory};
use crate::tenant::TenantCx;
use serde::Serialize;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// It worked.
    Ok,
    /// It did not; the steps after it were not tried.
    Failed,
    /// There is nothing to do for these settings.
    NotNeeded,
}

/// One step of the check. Tells nothing about any patient.
#[derive(Clone, Debug, Serialize)]
pub struct CheckStep {
    /// The step.
    pub step: &'static str,
    /// How it ended.
    pub outcome: CheckOutcome,
    /// What was found, or what is wrong.
    pub detail: String,
}

fn done(step: &'static str, detail: impl Into<String>) -> CheckStep {
    let (outcome, detail) = (CheckOutcome::Ok, detail.into());
    CheckStep { step, outcome, detail }
}

fn not_needed(step: &'static str, detail: &str) -> CheckStep {
    let (outcome, detail) = (CheckOutcome::NotNeeded, detail.to_owned());
    CheckStep { step, outcome, detail }
}

impl PatientDirectory {
    /// Really gets a token, searches a patient and, where they are offered, encounters. Stops at the first failure.
    pub async fn check(&self, cx: &TenantCx) -> Vec<CheckStep> {
        let mut steps = Vec::new();
        if let Err((step, error)) = self.try_steps(cx, &mut steps).await {
            let (outcome, detail) = (CheckOutcome::Failed, error.to_string());
            steps.push(CheckStep { step, outcome, detail });
        }
        steps
    }

    async fn try_steps(&self, cx: &TenantCx, steps: &mut Vec<CheckStep>) -> Result<(), (&'static str, DirectoryError)> {
        let at = |step: &'static str| move |error: DirectoryError| (step, error);
        let settings = cx.document().directory();
        let question = self.ask(cx, Purpose::Pick).map_err(at("settings"))?;
        let how = settings.authentication.name();
        steps.push(done("settings", format!("{} with {how}", question.base)));
        self.forget_token(cx).await;
        let token = self.in_time(self.bearer(cx, question.base, Purpose::Pick)).await;
        steps.push(match token.map_err(at("token"))? {
            Some(_) if settings.authentication.client().is_some() => done("token", "the token endpoint gave a token"),
            Some(_) => done("token", "there is one"),
            None => not_needed("token", "the FHIR server is asked without"),
        });
        let one: Criteria = vec![("_count".to_owned(), "1".to_owned())];
        let search = self.in_time(question.search("Patient", &one, false)).await;
        let patient = search.map_err(at("search"))?.resources::<Patient>("Patient").next();
        steps.push(match &patient {
            Some(_) => done("search", "the FHIR server answered with a patient"),
            None => done("search", "the FHIR server answered, with no patient"),
        });
        steps.push(match &settings.restriction {
            None => not_needed("restriction", "there is none"),
            Some(_) if self.honours_restriction(cx).await.map_err(at("restriction"))? => {
                done("restriction", "for a user who does not exist, nobody is found")
            }
            Some(_) => return Err(("restriction", DirectoryError::RestrictionIgnored)),
        });
        steps.push(match &patient {
            _ if !settings.encounters => not_needed("encounters", "they are not offered"),
            None => not_needed("encounters", "there is no patient whose encounters could be searched"),
            Some(patient) => {
                let of_patient: Criteria = vec![("patient".to_owned(), patient.id.as_str().to_owned())];
                let search = self.in_time(question.search("Encounter", &of_patient, false)).await;
                search.map_err(at("encounters"))?;
                done("encounters", "encounters can be searched")
            }
        });
        Ok(())
    }
}
