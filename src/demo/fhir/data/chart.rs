//! What every entry of one patient's chart refers to.

use super::patients::Row;
use super::reference;
use serde_json::Value;

/// One patient's chart while it is written.
pub(super) struct Chart<'a> {
    /// The patient.
    pub(super) row: &'a Row,
    /// Where the patient stands in the table; small differences between charts come from it.
    pub(super) number: usize,
}

impl Chart<'_> {
    /// The id of an entry, unique at the hospital.
    pub(super) fn id(&self, kind: &str) -> String {
        format!("{}-{kind}", self.row.id)
    }

    /// The patient, as a reference.
    pub(super) fn subject(&self) -> Value {
        reference("Patient", self.row.id)
    }

    /// The last visit, as a reference.
    pub(super) fn visit(&self) -> Value {
        self.to("Encounter", "visit")
    }

    /// Another entry of the same chart, as a reference.
    pub(super) fn to(&self, resource: &str, kind: &str) -> Value {
        reference(resource, &self.id(kind))
    }

    /// `base` and a little more, in a step that differs from chart to chart and is the same at every start.
    pub(super) fn vary(&self, base: f64, step: f64) -> f64 {
        let offset = u8::try_from(self.number * 5 % 9).unwrap_or_default();
        let value = base + f64::from(offset) * step;
        (value * 10.0).round() / 10.0
    }
}
