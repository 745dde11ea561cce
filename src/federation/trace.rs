//! What happened at a sign-in: what the provider said, what the rules made of it, or which check refused it.
//!
//! Traces hold personal data. They are sealed under the tenant's key, few are kept, and not for long; whoever reads one sees
//! shapes, unless they may see values, which is recorded.

use super::IdentityProvider;
use super::assertion::{Assertion, Protocol};
use super::mapping::{Identity, MappingOutcome, MappingRefusal, RuleName, RuleOutcome, RuleResult};
use crate::kernel::Secret;
use crate::kernel::id::{AccountId, SignInTraceId};
use crate::store::tenant::NewSignInTrace;
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// Longest content that is kept whole, in bytes. Of a longer one the claims are left out.
const LONGEST: usize = 64 * 1024;

/// The outcome of a sign-in that succeeded; others are the codes of checks.
pub const COMPLETED: &str = "completed";
/// The outcome of a sign-in that the mapping refused.
pub const MAPPING: &str = "mapping";

/// What happened at a sign-in.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SignInTrace {
    /// How the assertion came; `None` when none was proven.
    pub protocol: Option<Protocol>,
    /// Everything the provider said, as the rules see it; empty when nothing was proven.
    pub claims: Map<String, Value>,
    /// Whether the claims were too long to be kept.
    pub claims_left_out: bool,
    /// What each rule did.
    pub rules: Vec<RuleResult>,
    /// What the rules made of the claims; `None` when they refused.
    pub identity: Option<Identity>,
    /// Why it was refused, for administrators.
    pub detail: Option<String>,
    /// The account that was signed in.
    pub account: Option<AccountId>,
}

impl fmt::Debug for SignInTrace {
    /// Says which parts there are: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInTrace")
            .field("protocol", &self.protocol)
            .field("claims", &self.claims.len())
            .field("rules", &self.rules)
            .field("detail", &self.detail)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl SignInTrace {
    /// Of a sign-in that a check refused before anything was proven.
    pub fn refused(detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..Self::default()
        }
    }

    /// Of an assertion that was proven, with what the rules made of it.
    pub fn mapped(assertion: &Assertion, outcome: &MappingOutcome) -> Self {
        Self {
            protocol: Some(assertion.protocol),
            claims: assertion.claims.clone(),
            rules: outcome.trace.clone(),
            identity: outcome.identity.as_ref().ok().cloned(),
            detail: outcome.identity.as_ref().err().map(MappingRefusal::to_string),
            ..Self::default()
        }
    }

    /// Notes what a rule did after the rules had run.
    pub(super) fn report(&mut self, rule: RuleName, outcome: RuleOutcome, note: &str) {
        if let Some(line) = self.rules.iter_mut().find(|line| line.rule == rule) {
            line.outcome = outcome;
            line.note = Some(note.to_owned());
        }
    }

    /// The same with every value replaced by its shape. Names of claims, outcomes of rules and reasons stay.
    #[must_use]
    pub fn masked(&self) -> Value {
        let mut shown = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = shown.as_object_mut() {
            for member in ["claims", "identity"] {
                if let Some(value) = members.get_mut(member) {
                    mask(value);
                }
            }
        }
        shown
    }

    /// Keeps it, in the transaction that decides the sign-in, where the tenant wants that.
    pub async fn save(
        mut self,
        rows: &mut TenantTx,
        cx: &TenantCx,
        provider: &IdentityProvider,
        outcome: &str,
    ) -> Result<(), StoreError> {
        let wanted = &cx.document().sign_in_traces;
        if !wanted.keeps(outcome == COMPLETED) {
            return Ok(());
        }
        let mut content = self.content()?;
        if content.expose().len() > LONGEST {
            self.claims = Map::new();
            self.claims_left_out = true;
            content = self.content()?;
        }
        let id = SignInTraceId::new(cx.now(), cx.entropy());
        let trace = NewSignInTrace {
            id,
            provider: provider.id,
            outcome,
            request: cx.request_id(),
            recorded_at: cx.now(),
            expires_at: cx.now() + wanted.kept_for(),
            content: content.expose(),
        };
        rows.save_sign_in_trace(&trace, cx.entropy()).await
    }

    fn content(&self) -> Result<Secret<Vec<u8>>, StoreError> {
        serde_json::to_vec(self)
            .map(Secret::new)
            .map_err(|error| StoreError::corrupt("sign_in_traces", "sealed_trace", error))
    }

    /// A stored one.
    pub fn read(content: &Secret<Vec<u8>>) -> Result<Self, StoreError> {
        serde_json::from_slice(content.expose())
            .map_err(|_| StoreError::corrupt("sign_in_traces", "sealed_trace", "not a trace"))
    }
}

/// Replaces values by their shape; members of objects keep their names.
pub fn mask(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Bool(_) => *value = Value::from("(true or false)"),
        Value::Number(_) => *value = Value::from("(number)"),
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => *value = Value::from(format!("({} characters)", text.chars().count())),
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(members) => members.values_mut().for_each(mask),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_masked_trace_has_names_and_shapes_and_no_value() {
        let trace = SignInTrace {
            claims: json!({ "sub": "u-77", "npi": 1_234_567_893, "groups": ["nurses"], "deep": { "mail": "a@b.example" }, "no": null })
                .as_object()
                .cloned()
                .unwrap(),
            identity: Some(Identity {
                subject: "u-77".into(),
                patients: vec!["pat-9".into()],
                ..Identity::default()
            }),
            detail: Some("the rule for npi is required".into()),
            ..SignInTrace::default()
        };
        let shown = trace.masked();
        let text = shown.to_string();
        for value in ["u-77", "1234567893", "nurses", "a@b.example", "pat-9"] {
            assert!(!text.contains(value), "{value} in {text}");
        }
        assert_eq!(shown["claims"]["sub"], "(4 characters)");
        assert_eq!(shown["claims"]["groups"], json!(["(6 characters)"]));
        assert_eq!(shown["detail"], "the rule for npi is required");
        assert!(!format!("{trace:?}").contains("u-77"));
    }
}
