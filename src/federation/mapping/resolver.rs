//! Asking what the claims alone do not say: the tenant's own table of users, then its FHIR server.

use super::{CompiledMapping, Evaluation, MappingOutcome, RuleName, RuleOutcome, check_fhir_user};
use crate::patient_directory::{DirectoryError, IdentifiedUser, PatientDirectory};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use serde_json::{Map, Value};

/// Applies rules for one tenant, with everything they may ask.
pub struct Resolver<'a> {
    cx: &'a TenantCx,
    directory: &'a PatientDirectory,
}

impl<'a> Resolver<'a> {
    /// Asks the tables of this tenant, and its FHIR server through `directory`.
    pub const fn new(cx: &'a TenantCx, directory: &'a PatientDirectory) -> Self {
        Self { cx, directory }
    }

    /// Applies the rules to what provider `idp` said. The user's FHIR resource comes from the first of three that yields one:
    /// the expression, the tenant's table, the FHIR server. Where one fails, none further is asked: what is wrong must show.
    ///
    /// # Errors
    /// Only of the tenant's own store. A FHIR server that does not answer is in the outcome.
    pub async fn apply(
        &self,
        mapping: &CompiledMapping,
        claims: &Map<String, Value>,
        idp: &str,
    ) -> Result<MappingOutcome, StoreError> {
        let mut evaluation = mapping.evaluate(claims, idp);
        for rule in [RuleName::FhirUserTable, RuleName::FhirUserLookup] {
            let Some(line) = evaluation.line(rule) else { continue };
            if line.outcome != RuleOutcome::Empty {
                continue;
            }
            if let Some(earlier) = settled(&evaluation) {
                evaluation.report(rule, RuleOutcome::Empty, Some(format!("not asked: {earlier}")));
                continue;
            }
            if rule == RuleName::FhirUserTable {
                self.ask_table(mapping, &mut evaluation).await?;
            } else {
                Box::pin(self.ask_server(mapping, &mut evaluation)).await?;
            }
        }
        Ok(mapping.conclude(evaluation))
    }

    async fn ask_table(&self, mapping: &CompiledMapping, evaluation: &mut Evaluation) -> Result<(), StoreError> {
        let (Some(table), Some(key)) = (&mapping.table, &evaluation.table_key) else {
            return Ok(());
        };
        let found = self.cx.read().await?.find_fhir_user_entry(&table.list, key).await?;
        let (outcome, note) = match found {
            None => (
                RuleOutcome::Empty,
                Some(format!("the list {} has nobody of this value", table.list)),
            ),
            Some(fhir_user) => match check_fhir_user(&fhir_user) {
                Ok(fhir_user) => {
                    evaluation.identity.fhir_user = Some(fhir_user);
                    (RuleOutcome::Matched, None)
                }
                Err(reason) => (RuleOutcome::Failed(reason.to_owned()), None),
            },
        };
        evaluation.report(RuleName::FhirUserTable, outcome, note);
        Ok(())
    }

    async fn ask_server(&self, mapping: &CompiledMapping, evaluation: &mut Evaluation) -> Result<(), StoreError> {
        let (Some(lookup), Some(key)) = (&mapping.lookup, &evaluation.lookup_key) else {
            return Ok(());
        };
        let kind = &lookup.resource;
        let found = self.directory.find_user(self.cx, kind, &lookup.system, key).await;
        let (outcome, note) = match found {
            Ok(IdentifiedUser::One(id)) => {
                evaluation.identity.fhir_user = Some(format!("{kind}/{}", id.as_str()));
                (RuleOutcome::Matched, None)
            }
            Ok(IdentifiedUser::Nobody) => (
                RuleOutcome::Empty,
                Some(format!("no active {kind} has this identifier")),
            ),
            // Of two, either could be somebody else.
            Ok(IdentifiedUser::Several) => (
                RuleOutcome::Failed(format!("more than one {kind} has this identifier")),
                None,
            ),
            Err(DirectoryError::Store(error)) => return Err(error),
            Err(error) => {
                evaluation.unanswered = true;
                (RuleOutcome::Failed(error.to_string()), None)
            }
        };
        evaluation.report(RuleName::FhirUserLookup, outcome, note);
        Ok(())
    }
}

/// Whether an earlier rule decided on the user's FHIR resource, by its name.
fn settled(evaluation: &Evaluation) -> Option<String> {
    let earlier = evaluation
        .trace
        .iter()
        .filter(|line| line.rule.field() == RuleName::FhirUser);
    earlier.into_iter().find_map(|line| match line.outcome {
        RuleOutcome::Matched => Some(format!("{} yielded somebody", line.rule)),
        RuleOutcome::Failed(_) => Some(format!("{} failed", line.rule)),
        RuleOutcome::Empty => None,
    })
}
