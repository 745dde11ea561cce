//! The identity that rules build, and what each of its fields accepts.

use super::{RuleName, RuleOutcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// Longest subject in bytes (OpenID Connect Core 1.0 section 2: 255 ASCII characters).
const MAX_SUBJECT: usize = 255;
/// Longest name or e-mail address, in bytes.
const MAX_TEXT: usize = 254;
/// Most roles of one user.
pub(super) const MAX_ROLES: usize = 200;
/// Most records of one user.
const MAX_PATIENTS: usize = 50;
/// Longest role, in bytes.
const MAX_ROLE: usize = 128;
/// Resource types that can be a user (SMART App Launch 2.2, `fhirUser`).
const USER_TYPES: [&str; 5] = ["Patient", "Person", "Practitioner", "PractitionerRole", "RelatedPerson"];

/// Who the user is at this tenant, as the rules say.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Identity {
    /// The key of the account under its identity provider.
    pub subject: String,
    /// The name to show.
    pub name: Option<String>,
    /// The e-mail address; never a key.
    pub email: Option<String>,
    /// Relative reference to the user's FHIR resource, such as `Practitioner/123`.
    pub fhir_user: Option<String>,
    /// The roles, in the order given, without repetition.
    pub roles: Vec<String>,
    /// The National Provider Identifier: ten digits with a right check digit.
    pub npi: Option<String>,
    /// The logical id of the patient whose own record this user may open.
    pub patient: Option<String>,
    /// The logical ids of further patients whose records this user may open.
    pub patients: Vec<String>,
}

impl fmt::Debug for Identity {
    /// Says which fields are set, and none of the values: they are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("name", &self.name.is_some())
            .field("email", &self.email.is_some())
            .field("fhir_user", &self.fhir_user.is_some())
            .field("roles", &self.roles.len())
            .field("npi", &self.npi.is_some())
            .field("patient", &self.patient.is_some())
            .field("patients", &self.patients.len())
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// Takes over the value of a rule if it is usable.
    pub(super) fn set(&mut self, rule: RuleName, value: &Value) -> RuleOutcome {
        match value {
            Value::Null => RuleOutcome::Empty,
            Value::String(text) if text.trim().is_empty() => RuleOutcome::Empty,
            Value::Array(items) if items.is_empty() => RuleOutcome::Empty,
            value => match self.accept(rule, value) {
                Ok(()) => RuleOutcome::Matched,
                Err(reason) => RuleOutcome::Failed(reason.to_owned()),
            },
        }
    }

    fn accept(&mut self, rule: RuleName, value: &Value) -> Result<(), &'static str> {
        match rule {
            RuleName::Subject => self.subject = subject(text(value)?)?,
            RuleName::Name => self.name = Some(name(text(value)?)?),
            RuleName::Email => self.email = Some(email(text(value)?)?),
            RuleName::FhirUser => self.fhir_user = Some(fhir_user(text(value)?)?),
            RuleName::Roles => self.roles = roles(value)?,
            // These fill nothing by themselves: what they yield is looked for in a table or at a server.
            RuleName::Groups | RuleName::FhirUserTable | RuleName::FhirUserLookup | RuleName::Link => {}
            RuleName::Npi => self.npi = Some(npi(text(value)?)?),
            RuleName::Patient => self.patient = Some(patient(text(value)?)?),
            RuleName::Patients => self.patients = patients(value)?,
        }
        Ok(())
    }
}

fn text(value: &Value) -> Result<&str, &'static str> {
    match value {
        Value::String(text) => Ok(text),
        Value::Bool(_) => Err("it yields a bool, and a string is needed"),
        Value::Number(_) => Err("it yields a number, and a string is needed; write string(...) around it"),
        Value::Array(_) => Err("it yields a list, and a string is needed; choose one element, such as [0]"),
        Value::Object(_) => Err("it yields a map, and a string is needed; choose one member"),
        Value::Null => Err("it yields null, and a string is needed"),
    }
}

fn plain(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.len() <= longest && !text.chars().any(char::is_control)
}

/// Kept exactly as given: trimming or folding could make two users one.
fn subject(text: &str) -> Result<String, &'static str> {
    if plain(text, MAX_SUBJECT) {
        Ok(text.to_owned())
    } else {
        Err("a subject has 1 to 255 bytes and no control characters")
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if plain(text, MAX_TEXT) {
        Ok(text.to_owned())
    } else {
        Err("a name has at most 254 bytes and no control characters")
    }
}

fn email(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let shaped = text
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    if plain(text, MAX_TEXT) && shaped && !text.contains(char::is_whitespace) {
        Ok(text.to_owned())
    } else {
        Err("an e-mail address has the form name@domain and at most 254 bytes")
    }
}

/// FHIR R4, data type `id`.
fn is_fhir_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}

/// Whether a text is a reference to somebody who can be a user, such as `Practitioner/123`; the reference, trimmed.
pub fn check_fhir_user(text: &str) -> Result<String, &'static str> {
    fhir_user(text)
}

/// Longest text that is looked for elsewhere, in bytes.
const MAX_KEY: usize = 255;

/// What is to be looked for in a table or at a server; `None` for nothing.
pub(super) fn key(value: &Value) -> Result<Option<String>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::Array(items) if items.is_empty() => Ok(None),
        value => {
            let text = text(value)?.trim();
            if text.is_empty() {
                Ok(None)
            } else if plain(text, MAX_KEY) {
                Ok(Some(text.to_owned()))
            } else {
                Err("what is looked for has at most 255 bytes and no control characters")
            }
        }
    }
}

/// Whether a text can be a role.
pub(super) fn is_role(text: &str) -> bool {
    plain(text, MAX_ROLE)
}

fn fhir_user(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    match text.split_once('/') {
        Some((kind, id)) if USER_TYPES.contains(&kind) && is_fhir_id(id) => Ok(text.to_owned()),
        _ => Err(
            "a fhirUser is a relative reference such as Practitioner/123; the type is one of Patient, Person, \
             Practitioner, PractitionerRole, RelatedPerson",
        ),
    }
}

fn patient(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let id = text.strip_prefix("Patient/").unwrap_or(text);
    if is_fhir_id(id) {
        Ok(id.to_owned())
    } else {
        Err("a patient is a FHIR id, or a reference such as Patient/123")
    }
}

/// All of them or none: a list with something unreadable in it is a fault of the rule, and records left out silently would
/// be missed by those who need them.
fn patients(value: &Value) -> Result<Vec<String>, &'static str> {
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    if items.len() > MAX_PATIENTS {
        return Err("it yields more than 50 patients");
    }
    let mut ids: Vec<String> = Vec::new();
    for item in items {
        let id = patient(text(item)?)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Ten digits of which the last is the check digit: Luhn's sum over the prefix 80840 and the number (45 CFR 162.406).
fn npi(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("an NPI has ten digits");
    }
    let sum: u32 = text
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            let weighed = if place % 2 == 1 { digit * 2 } else { digit };
            weighed / 10 + weighed % 10
        })
        .sum();
    let prefix = 24; // what the digits of 80840 add to the sum
    if (sum + prefix).is_multiple_of(10) {
        Ok(text.to_owned())
    } else {
        Err("the NPI's check digit is wrong")
    }
}

fn roles(value: &Value) -> Result<Vec<String>, &'static str> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        single @ Value::String(_) => std::slice::from_ref(single),
        _ => return Err("roles are a list of strings, or one string"),
    };
    if items.len() > MAX_ROLES {
        return Err("more than 200 roles; choose those that matter with filter(...)");
    }
    let mut roles: Vec<String> = Vec::with_capacity(items.len());
    for item in items {
        let Value::String(role) = item else {
            return Err("every role must be a string");
        };
        if !plain(role, MAX_ROLE) {
            return Err("a role has 1 to 128 bytes and no control characters");
        }
        if !roles.contains(role) {
            roles.push(role.clone());
        }
    }
    Ok(roles)
}
