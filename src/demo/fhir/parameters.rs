//! The search parameters this server knows, and what they match (FHIR R4, "Search").

use super::text;
use serde_json::Value;
use std::cmp::Ordering;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How a parameter's values are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Token,
    Date,
    Text,
    Reference,
}

/// A search parameter: its name, and the members it looks at. The same for every type that has those members.
pub(super) struct Parameter {
    name: &'static str,
    kind: Kind,
    paths: &'static [&'static str],
}

const fn token(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    let kind = Kind::Token;
    Parameter { name, kind, paths }
}

const fn date(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    let kind = Kind::Date;
    Parameter { name, kind, paths }
}

const fn string(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    let kind = Kind::Text;
    Parameter { name, kind, paths }
}

const fn refers(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    let kind = Kind::Reference;
    Parameter { name, kind, paths }
}

const PARAMETERS: &[Parameter] = &[
    token("_id", &["id"]),
    date("_lastUpdated", &["meta.lastUpdated"]),
    token("identifier", &["identifier"]),
    refers("patient", &["subject", "patient", "beneficiary", "target"]),
    refers("subject", &["subject"]),
    refers("beneficiary", &["beneficiary"]),
    refers("target", &["target"]),
    refers("encounter", &["encounter", "context.encounter"]),
    refers("practitioner", &["practitioner"]),
    refers("organization", &["organization", "managingOrganization"]),
    refers("medication", &["medicationReference"]),
    refers("general-practitioner", &["generalPractitioner"]),
    string("name", &["name", "name.family", "name.given", "name.text"]),
    string("family", &["name.family"]),
    string("given", &["name.given"]),
    string(
        "address",
        &["address.line", "address.city", "address.state", "address.postalCode"],
    ),
    string("address-city", &["address.city"]),
    string("address-state", &["address.state"]),
    string("address-postalcode", &["address.postalCode"]),
    date("birthdate", &["birthDate"]),
    date("death-date", &["deceasedDateTime"]),
    token("gender", &["gender"]),
    token("telecom", &["telecom"]),
    token("active", &["active"]),
    token("category", &["category"]),
    token("code", &["code", "medicationCodeableConcept"]),
    token("status", &["status"]),
    token("intent", &["intent"]),
    token("type", &["type"]),
    token("class", &["class"]),
    token("role", &["participant.role"]),
    token("clinical-status", &["clinicalStatus"]),
    token("verification-status", &["verificationStatus"]),
    token("lifecycle-status", &["lifecycleStatus"]),
    token("vaccine-code", &["vaccineCode"]),
    date(
        "date",
        &[
            "effectiveDateTime",
            "occurrenceDateTime",
            "performedDateTime",
            "period.start",
            "date",
        ],
    ),
    date("period", &["period.start", "context.period.start"]),
    date("authoredon", &["authoredOn"]),
    date("authored", &["authoredOn", "authored"]),
    date("recorded", &["recorded"]),
    date("recorded-date", &["recordedDate"]),
    date("onset-date", &["onsetDateTime"]),
    date("target-date", &["target.dueDate"]),
    date("whenhandedover", &["whenHandedOver"]),
];

impl Parameter {
    /// The parameter with this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        PARAMETERS.iter().find(|parameter| parameter.name == name)
    }

    /// The parameters that look at something in one of these resources.
    pub(super) fn list_for(resources: &[Value]) -> impl Iterator<Item = &'static Self> {
        PARAMETERS
            .iter()
            .filter(|parameter| resources.iter().any(|resource| !parameter.values(resource).is_empty()))
    }

    /// The name.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// The kind, as a CapabilityStatement calls it.
    pub(super) const fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Token => "token",
            Kind::Date => "date",
            Kind::Text => "string",
            Kind::Reference => "reference",
        }
    }

    /// The values a resource has for this parameter.
    pub(super) fn values<'a>(&self, resource: &'a Value) -> Vec<&'a Value> {
        let mut all = Vec::new();
        for path in self.paths {
            collect(resource, path.split('.'), &mut all);
        }
        all
    }

    /// Whether a resource matches one value of this parameter; `None` when the modifier is not known. Alternatives are
    /// for the caller to split.
    pub(super) fn matches(&self, resource: &Value, modifier: Option<&str>, wanted: &str) -> Option<bool> {
        let values = self.values(resource);
        let any = |check: &dyn Fn(&Value) -> bool| values.iter().any(|value| check(value));
        let strings = || values.iter().filter_map(|value| value.as_str());
        Some(match (self.kind, modifier) {
            (_, Some("missing")) => values.is_empty() == (wanted == "true"),
            (Kind::Token, None) => any(&|value| is_token(value, wanted)),
            (Kind::Token, Some("not")) => !any(&|value| is_token(value, wanted)),
            (Kind::Date, None) => strings().any(|known| is_date(known, wanted)),
            (Kind::Text, None) => begins_with_each(&strings().collect::<Vec<_>>(), wanted),
            (Kind::Text, Some("exact")) => strings().any(|known| known == wanted),
            (Kind::Text, Some("contains")) => {
                let wanted = wanted.to_lowercase();
                strings().any(|known| known.to_lowercase().contains(&wanted))
            }
            (Kind::Reference, None) => any(&|value| refers_to(text(value, "reference"), self.name, wanted)),
            // `subject:Patient=maria`
            (Kind::Reference, Some("Patient")) => any(&|value| refers_to(text(value, "reference"), "patient", wanted)),
            _ => return None,
        })
    }
}

/// What is at a path, arrays taken apart.
fn collect<'a, 'p>(value: &'a Value, mut path: impl Iterator<Item = &'p str> + Clone, all: &mut Vec<&'a Value>) {
    if let Value::Array(items) = value {
        for item in items {
            collect(item, path.clone(), all);
        }
        return;
    }
    match path.next() {
        None => all.push(value),
        Some(member) => {
            if let Some(inner) = value.get(member) {
                // Not a generic call with its own type at every level: the iterator is the same one, further on.
                collect(inner, path, all);
            }
        }
    }
}

/// `code`, `system|code`, `|code` or `system|`, against a code, Coding, CodeableConcept, Identifier, ContactPoint or flag.
fn is_token(value: &Value, wanted: &str) -> bool {
    let (system, code) = match wanted.split_once('|') {
        None => (None, wanted),
        Some((system, code)) => (Some(system), code),
    };
    match value {
        Value::String(plain) => system.is_none_or(str::is_empty) && plain == code,
        Value::Bool(flag) => code == if *flag { "true" } else { "false" },
        Value::Object(object) => {
            if let Some(codings) = object.get("coding").and_then(Value::as_array) {
                return codings.iter().any(|coding| is_token(coding, wanted));
            }
            let system_fits = system.is_none_or(|system| text(value, "system") == system);
            // Codes are exact; what people type, such as a record number, is not.
            let code_fits = text(value, "code") == code || text(value, "value").eq_ignore_ascii_case(code);
            system_fits && (code_fits || (code.is_empty() && system.is_some()))
        }
        _ => false,
    }
}

/// FHIR string search: each word begins some word of some value, whatever the case.
fn begins_with_each(known: &[&str], wanted: &str) -> bool {
    let known: Vec<String> = known.iter().map(|value| value.to_lowercase()).collect();
    let wanted = wanted.to_lowercase();
    let begins = |word: &str| {
        let mut words = known.iter().flat_map(|value| value.split_whitespace());
        words.any(|part| part.starts_with(word))
    };
    !wanted.trim().is_empty() && wanted.split_whitespace().all(begins)
}

/// `id`, `Type/id` or a URL that ends so. Under `patient`, only patients count.
fn refers_to(known: &str, parameter: &str, wanted: &str) -> bool {
    let Some((kind, id)) = known.split_once('/') else {
        return false;
    };
    let wanted_id = wanted.rsplit('/').next().unwrap_or(wanted);
    let type_fits = !wanted.contains('/') || wanted == known || wanted.ends_with(&format!("/{known}"));
    id == wanted_id && type_fits && (parameter != "patient" || kind == "Patient")
}

/// A date with a prefix such as `ge`, to the precision that was asked.
fn is_date(known: &str, wanted: &str) -> bool {
    let (prefix, date) = match wanted.split_at_checked(2) {
        Some((prefix @ ("eq" | "ne" | "gt" | "lt" | "ge" | "le" | "sa" | "eb" | "ap"), date)) => (prefix, date),
        _ => ("eq", wanted),
    };
    let Some(order) = compare(known, date) else {
        return false;
    };
    match prefix {
        "ne" => order != Ordering::Equal,
        "gt" | "sa" => order == Ordering::Greater,
        "lt" | "eb" => order == Ordering::Less,
        "ge" => order != Ordering::Less,
        "le" => order != Ordering::Greater,
        _ => order == Ordering::Equal,
    }
}

fn compare(known: &str, wanted: &str) -> Option<Ordering> {
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    if let (Some(known), Some(wanted)) = (moment(known), moment(wanted)) {
        return Some(known.cmp(&wanted));
    }
    // `2026`, `2026-01` and `2026-01-05` are intervals: equal is what lies within.
    let shortest = known.len().min(wanted.len()).min("2026-01-05".len());
    let digits = wanted.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    let (known, wanted) = (known.get(..shortest)?, wanted.get(..shortest)?);
    digits.then(|| known.cmp(wanted))
}
