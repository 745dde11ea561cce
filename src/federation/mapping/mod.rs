//! The tenant's mapping rules: CEL expressions that turn upstream claims into an identity.
//!
//! Rules see two variables: `claims`, everything the identity provider said, and `idp`, the provider's name at this
//! tenant. They are compiled once, when they are entered; a sign-in only evaluates them. Each rule reports whether it
//! matched, yielded nothing, or failed and why; none is skipped silently.
//!
//! Two rules need more than the claims: the table of the tenant's own users, and the look-up at its FHIR server. What is to
//! be asked there is computed here, and asked by [`Resolver`].

mod expression;
mod identity;
mod resolver;
mod role_table;
mod rules;
pub mod templates;

#[cfg(test)]
mod tests;

pub use identity::{Identity, check_fhir_user};
pub use resolver::Resolver;
pub use rules::{AccountLinkRule, FhirUserLookup, FhirUserTable, MappingRules, RuleError, RuleName, is_list_name};

use expression::{Evaluated, Expression, Scope};
use role_table::RoleTable;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use thiserror::Error;

/// What a rule did at one sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleResult {
    /// The rule.
    pub rule: RuleName,
    /// What it did.
    #[serde(flatten)]
    pub outcome: RuleOutcome,
    /// What else there is to know, without any value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
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
    /// The FHIR server, which a required rule needs, gave no answer.
    #[error("the rule for {rule} is required, and its look-up failed: {reason}")]
    LookupFailed {
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
    /// The account at another provider that a first sign-in takes over.
    pub link: Option<FormerAccount>,
    /// What each configured rule did, in a fixed order.
    pub trace: Vec<RuleResult>,
}

/// An account at another provider, as a link rule names it. Personal data: `Debug` shows the provider alone.
#[derive(Clone, PartialEq, Eq)]
pub struct FormerAccount {
    /// The other provider's alias.
    pub identity_provider: String,
    /// The subject there.
    pub subject: String,
}

impl fmt::Debug for FormerAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FormerAccount({})", self.identity_provider)
    }
}

/// Rules ready to be applied. Compile when rules are saved, cache by tenant and provider.
#[derive(Debug)]
pub struct CompiledMapping {
    rules: Vec<(RuleName, Expression)>,
    roles: RoleTable,
    table: Option<FhirUserTable>,
    lookup: Option<FhirUserLookup>,
    link: Option<AccountLinkRule>,
    required: BTreeSet<RuleName>,
}

/// What the claims alone yielded, before anything else is asked.
pub(super) struct Evaluation {
    identity: Identity,
    trace: Vec<RuleResult>,
    /// What to look for in the tenant's table, and at the FHIR server.
    table_key: Option<String>,
    lookup_key: Option<String>,
    link_key: Option<String>,
    /// The look-up got no answer.
    unanswered: bool,
}

impl CompiledMapping {
    /// Compiles every rule and reports everything that is wrong, not just the first fault.
    pub fn compile(rules: &MappingRules) -> Result<Self, Vec<RuleError>> {
        let mut compiled = Vec::new();
        let mut errors = rules.faults();
        for rule in RuleName::ALL {
            match rules.expression(rule).map(Expression::compile) {
                Some(Ok(expression)) => compiled.push((rule, expression)),
                Some(Err(message)) => errors.push(RuleError { rule, message }),
                None => {}
            }
        }
        errors.sort_by_key(|error| error.rule);
        let mut required = rules.required.clone();
        required.insert(RuleName::Subject);
        if errors.is_empty() {
            Ok(Self {
                rules: compiled,
                roles: RoleTable::new(&rules.group_roles),
                table: rules.fhir_user_table.clone(),
                lookup: rules.fhir_user_lookup.clone(),
                link: rules.link.clone(),
                required,
            })
        } else {
            Err(errors)
        }
    }

    /// Applies the rules to what provider `idp` said, without asking any table or server. Never panics, whatever the claims
    /// are; time and memory are bounded by the limits checked at compilation and by the size of the claims.
    pub fn apply(&self, claims: &Map<String, Value>, idp: &str) -> MappingOutcome {
        self.conclude(self.evaluate(claims, idp))
    }

    /// The name that the rules give, for a page that asks before anything is decided.
    pub(super) fn name_of(&self, claims: &Map<String, Value>, idp: &str) -> Option<String> {
        self.evaluate(claims, idp).identity.name
    }

    pub(super) fn evaluate(&self, claims: &Map<String, Value>, idp: &str) -> Evaluation {
        let mut evaluation = Evaluation {
            identity: Identity::default(),
            trace: Vec::with_capacity(self.rules.len()),
            table_key: None,
            lookup_key: None,
            link_key: None,
            unanswered: false,
        };
        let scope = Scope::new(claims, idp);
        for (rule, expression) in &self.rules {
            let evaluated = scope.as_ref().map_or_else(
                |reason| Evaluated::Failed((*reason).to_owned()),
                |scope| expression.evaluate(scope),
            );
            let mut note = None;
            let outcome = match evaluated {
                Evaluated::Value(value) => match rule {
                    RuleName::Groups => self.roles.give(&value, &mut evaluation.identity, &mut note),
                    RuleName::FhirUserTable => keep_key(&value, &mut evaluation.table_key),
                    RuleName::FhirUserLookup => keep_key(&value, &mut evaluation.lookup_key),
                    RuleName::Link => {
                        note = Some("of use at a user's first sign-in only".to_owned());
                        keep_key(&value, &mut evaluation.link_key)
                    }
                    rule => evaluation.identity.set(*rule, &value),
                },
                Evaluated::Absent => RuleOutcome::Empty,
                Evaluated::Failed(reason) => RuleOutcome::Failed(reason),
            };
            evaluation.trace.push(RuleResult {
                rule: *rule,
                outcome,
                note,
            });
        }
        evaluation
    }

    pub(super) fn conclude(&self, evaluation: Evaluation) -> MappingOutcome {
        let refusal = evaluation
            .trace
            .iter()
            .map(|line| line.rule.field())
            .filter(|rule| self.required.contains(rule))
            .find_map(|rule| evaluation.refusal(rule));
        let link = self.link.as_ref().zip(evaluation.link_key);
        MappingOutcome {
            link: link.map(|(rule, subject)| FormerAccount {
                identity_provider: rule.identity_provider.clone(),
                subject,
            }),
            identity: refusal.map_or(Ok(evaluation.identity), Err),
            trace: evaluation.trace,
        }
    }
}

impl Evaluation {
    fn line(&self, rule: RuleName) -> Option<&RuleResult> {
        self.trace.iter().find(|line| line.rule == rule)
    }

    /// Why a required field is not there: the first rule that failed to fill it, or that none did.
    fn refusal(&self, rule: RuleName) -> Option<MappingRefusal> {
        let mut lines = self.trace.iter().filter(|line| line.rule.field() == rule);
        if lines.clone().any(|line| line.outcome == RuleOutcome::Matched) {
            return None;
        }
        let failed = lines.find_map(|line| match &line.outcome {
            RuleOutcome::Failed(reason) => Some((line.rule, reason.clone())),
            _ => None,
        });
        Some(match failed {
            Some((RuleName::FhirUserLookup, reason)) if self.unanswered => {
                MappingRefusal::LookupFailed { rule, reason }
            }
            Some((_, reason)) => MappingRefusal::RequiredFailed { rule, reason },
            None => MappingRefusal::RequiredEmpty(rule),
        })
    }

    fn report(&mut self, rule: RuleName, outcome: RuleOutcome, note: Option<String>) {
        if let Some(line) = self.trace.iter_mut().find(|line| line.rule == rule) {
            line.outcome = outcome;
            line.note = note;
        }
    }
}

/// What to look for elsewhere. It counts as nothing until it was found there.
fn keep_key(value: &Value, key: &mut Option<String>) -> RuleOutcome {
    match identity::key(value) {
        Ok(found) => {
            *key = found;
            RuleOutcome::Empty
        }
        Err(reason) => RuleOutcome::Failed(reason.to_owned()),
    }
}
