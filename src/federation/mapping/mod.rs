//! The tenant's mapping rules: CEL expressions that turn upstream claims into an identity.
//!
//! Rules see two variables: `claims`, everything the identity provider said, and `idp`, the provider's name at this
//! tenant. They are compiled once, when they are entered; a sign-in only evaluates them. Each rule reports whether it
//! matched, yielded nothing, or failed and why; none is skipped silently.

mod expression;
mod identity;

#[cfg(test)]
mod tests;

pub use identity::Identity;

use expression::{Evaluated, Expression, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use thiserror::Error;

/// What a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleName {
    /// The key of the account: stable, never reused. Without a rule, `claims.sub`.
    Subject,
    /// The name to show.
    Name,
    /// The e-mail address.
    Email,
    /// The FHIR resource of the user, as a relative reference (SMART App Launch 2.2, `fhirUser`).
    FhirUser,
    /// The user's roles.
    Roles,
    /// The National Provider Identifier.
    Npi,
    /// The patient whose own record this user may open.
    Patient,
    /// Further patients whose records this user may open: children, or others for whom they act.
    Patients,
}

impl RuleName {
    const ALL: [Self; 8] = [
        Self::Subject,
        Self::Name,
        Self::Email,
        Self::FhirUser,
        Self::Roles,
        Self::Npi,
        Self::Patient,
        Self::Patients,
    ];

    /// The name as it is written in the tenant's document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Name => "name",
            Self::Email => "email",
            Self::FhirUser => "fhirUser",
            Self::Roles => "roles",
            Self::Npi => "npi",
            Self::Patient => "patient",
            Self::Patients => "patients",
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rules as a tenant writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MappingRules {
    /// Expression for [`RuleName::Subject`]; `claims.sub` when absent. Always required to yield something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Expression for [`RuleName::Name`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Expression for [`RuleName::Email`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Expression for [`RuleName::FhirUser`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fhir_user: Option<String>,
    /// Expression for [`RuleName::Roles`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<String>,
    /// Expression for [`RuleName::Npi`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npi: Option<String>,
    /// Expression for [`RuleName::Patient`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// Expression for [`RuleName::Patients`]: a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patients: Option<String>,
    /// Rules that must yield something; otherwise the sign-in is refused.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub required: BTreeSet<RuleName>,
}

impl MappingRules {
    fn expression(&self, rule: RuleName) -> Option<&str> {
        let own = match rule {
            RuleName::Subject => &self.subject,
            RuleName::Name => &self.name,
            RuleName::Email => &self.email,
            RuleName::FhirUser => &self.fhir_user,
            RuleName::Roles => &self.roles,
            RuleName::Npi => &self.npi,
            RuleName::Patient => &self.patient,
            RuleName::Patients => &self.patients,
        };
        match (own, rule) {
            (None, RuleName::Subject) => Some("claims.sub"),
            (own, _) => own.as_deref(),
        }
    }
}

/// Why a rule cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("rule {rule}: {message}")]
pub struct RuleError {
    /// The rule.
    pub rule: RuleName,
    /// What is wrong with it and what to write instead.
    pub message: String,
}

/// What a rule did at one sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "outcome", content = "reason")]
pub enum RuleOutcome {
    /// It yielded a usable value.
    Matched,
    /// It yielded nothing: null, an empty text or list, or a claim that was not sent.
    Empty,
    /// It failed, or its value is not usable. The reason names types and rules, never values.
    Failed(String),
}

/// One line of the trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleResult {
    /// The rule.
    pub rule: RuleName,
    /// What it did.
    #[serde(flatten)]
    pub outcome: RuleOutcome,
}

/// Why the mapping refuses a sign-in.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MappingRefusal {
    /// A required rule yielded nothing.
    #[error("the rule for {0} is required, and yielded nothing for this user")]
    RequiredEmpty(RuleName),
    /// A required rule failed.
    #[error("the rule for {rule} is required, and failed: {reason}")]
    RequiredFailed {
        /// The rule.
        rule: RuleName,
        /// Why.
        reason: String,
    },
}

/// What the rules made of one assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingOutcome {
    /// The identity, or why there is none.
    pub identity: Result<Identity, MappingRefusal>,
    /// What each configured rule did, in a fixed order.
    pub trace: Vec<RuleResult>,
}

/// Rules ready to be applied. Compile when rules are saved, cache by tenant and provider.
#[derive(Debug)]
pub struct CompiledMapping {
    rules: Vec<(RuleName, Expression)>,
    required: BTreeSet<RuleName>,
}

impl CompiledMapping {
    /// Compiles every rule and reports everything that is wrong, not just the first fault.
    pub fn compile(rules: &MappingRules) -> Result<Self, Vec<RuleError>> {
        let mut compiled = Vec::new();
        let mut errors = Vec::new();
        for rule in RuleName::ALL {
            match rules.expression(rule).map(Expression::compile) {
                Some(Ok(expression)) => compiled.push((rule, expression)),
                Some(Err(message)) => errors.push(RuleError { rule, message }),
                None if rules.required.contains(&rule) => errors.push(RuleError {
                    rule,
                    message: "it is required but has no expression; add one, or take it out of required".into(),
                }),
                None => {}
            }
        }
        let mut required = rules.required.clone();
        required.insert(RuleName::Subject);
        if errors.is_empty() {
            Ok(Self {
                rules: compiled,
                required,
            })
        } else {
            Err(errors)
        }
    }

    /// Applies the rules to what provider `idp` said. Never panics, whatever the claims are; time and memory are
    /// bounded by the limits checked at compilation and by the size of the claims.
    pub fn apply(&self, claims: &Map<String, Value>, idp: &str) -> MappingOutcome {
        let mut identity = Identity::default();
        let mut trace = Vec::with_capacity(self.rules.len());
        let mut refusal = None;
        let scope = Scope::new(claims, idp);
        for (rule, expression) in &self.rules {
            let evaluated = scope.as_ref().map_or_else(
                |reason| Evaluated::Failed((*reason).to_owned()),
                |scope| expression.evaluate(scope),
            );
            let outcome = match evaluated {
                Evaluated::Value(value) => identity.set(*rule, &value),
                Evaluated::Absent => RuleOutcome::Empty,
                Evaluated::Failed(reason) => RuleOutcome::Failed(reason),
            };
            if refusal.is_none() && self.required.contains(rule) {
                refusal = match &outcome {
                    RuleOutcome::Matched => None,
                    RuleOutcome::Empty => Some(MappingRefusal::RequiredEmpty(*rule)),
                    RuleOutcome::Failed(reason) => Some(MappingRefusal::RequiredFailed {
                        rule: *rule,
                        reason: reason.clone(),
                    }),
                };
            }
            trace.push(RuleResult { rule: *rule, outcome });
        }
        MappingOutcome {
            identity: refusal.map_or(Ok(identity), Err),
            trace,
        }
    }
}
