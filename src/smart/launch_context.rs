//! Launch context: the parameters beside the access token that say what the user was looking at
//! (SMART App Launch 2.2, "Launch context arrives with your `access_token`").

use super::reference::{FhirId, Reference, TypeName};
use super::scope::{is_absolute_uri, is_role};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;

/// The context of one launch. It serialises to the members of the token response, and reads only what is valid there.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct LaunchContext {
    /// The patient, as a bare id on the FHIR server. All `patient/` scopes are bound to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<FhirId>,
    /// The encounter, as a bare id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encounter: Option<FhirId>,
    /// Further resources in context.
    #[serde(rename = "fhirContext", skip_serializing_if = "Vec::is_empty")]
    pub fhir_context: Vec<FhirContextItem>,
    /// Whether the app must show who the patient is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need_patient_banner: Option<bool>,
    /// What the app is meant to do; values are agreed between app and EHR.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// Where the EHR's colours and fonts are; changed content has a new URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smart_style_url: Option<String>,
    /// The launching organisation, opaque to the app. This is SMART's parameter, not our own tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Members of others: the name is a full URI or begins with `__`.
    #[serde(flatten)]
    pub extensions: BTreeMap<String, Value>,
}

/// One member of `fhirContext` (SMART App Launch 2.2, "`fhirContext` parameter").
#[derive(Clone, PartialEq, Default, Serialize)]
pub struct FhirContextItem {
    /// A resource on the same FHIR server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// A canonical URL, with `|version` if needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
    /// A FHIR Identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<Map<String, Value>>,
    /// The resource's type, where the reference does not tell it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<TypeName>,
    /// The part the resource plays; none means `launch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// Which member of a launch context is wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{member}` {problem}")]
pub struct InvalidLaunchContext {
    /// The member, such as `fhirContext[1].role`.
    pub member: String,
    /// What it must be instead.
    pub problem: &'static str,
}

/// Longest text accepted in `intent` and `tenant`, in bytes.
const MAX_TEXT: usize = 256;

impl LaunchContext {
    /// Reads the members of a JSON object. Unknown members are refused unless they are named as extensions: a misspelt
    /// `patientId` must not pass unnoticed.
    pub fn from_members(members: Map<String, Value>) -> Result<Self, InvalidLaunchContext> {
        let mut context = Self::default();
        for (member, value) in members {
            match member.as_str() {
                "patient" => context.patient = Some(read_id(&member, &value)?),
                "encounter" => context.encounter = Some(read_id(&member, &value)?),
                "fhirContext" => context.fhir_context = read_items(value)?,
                "need_patient_banner" => {
                    let banner = value.as_bool();
                    context.need_patient_banner =
                        Some(banner.ok_or_else(|| invalid(&member, "must be true or false, not a text"))?);
                }
                "intent" => context.intent = Some(read_text(&member, &value)?),
                "tenant" => context.tenant = Some(read_text(&member, &value)?),
                "smart_style_url" => context.smart_style_url = Some(read_url(&member, &value)?),
                name if is_extension_name(name) => {
                    context.extensions.insert(member, value);
                }
                _ => {
                    return Err(invalid(
                        &member,
                        "is no launch context parameter; an extension's name is a full URI or begins with `__`",
                    ));
                }
            }
        }
        Ok(context)
    }

    /// The members of the token and introspection responses.
    pub fn to_members(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            // Texts, booleans and JSON values always serialise to an object.
            _ => Map::new(),
        }
    }

    /// Whether nothing is in context.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl FhirContextItem {
    /// The role, `launch` when none is written.
    pub fn role(&self) -> &str {
        self.role.as_deref().unwrap_or("launch")
    }

    /// Reads one item; `position` is for the error only.
    fn read(position: usize, value: Value) -> Result<Self, InvalidLaunchContext> {
        let at = |member: &str| format!("fhirContext[{position}]{member}");
        let Value::Object(members) = value else {
            return Err(invalid(
                &at(""),
                "must be an object, such as {\"reference\": \"ImagingStudy/1\"}",
            ));
        };
        let mut item = Self::default();
        for (member, value) in members {
            let name = at(&format!(".{member}"));
            match member.as_str() {
                "reference" => {
                    let reference = value.as_str().and_then(|text| Reference::parse(text).ok());
                    item.reference =
                        Some(reference.ok_or_else(|| invalid(&name, "must be a relative reference `Type/id`"))?);
                }
                "canonical" => item.canonical = Some(read_canonical(&name, &value)?),
                "identifier" => item.identifier = Some(read_identifier(&name, value)?),
                "type" => {
                    let resource = value.as_str().and_then(|text| TypeName::parse(text).ok());
                    item.resource_type = Some(resource.ok_or_else(|| invalid(&name, "must be a FHIR resource type"))?);
                }
                "role" => {
                    let role = value.as_str().filter(|role| is_role(role));
                    let role = role.ok_or_else(|| {
                        invalid(&name, "must be an absolute URI or `launch`; leave it out for `launch`")
                    })?;
                    item.role = Some(role.to_owned());
                }
                _ => return Err(invalid(&name, "is no member of fhirContext")),
            }
        }
        item.check(&at)?;
        Ok(item)
    }

    /// The rules that concern several members together.
    fn check(&self, at: &dyn Fn(&str) -> String) -> Result<(), InvalidLaunchContext> {
        if self.reference.is_none() && self.canonical.is_none() && self.identifier.is_none() {
            return Err(invalid(
                &at(""),
                "needs at least one of `reference`, `canonical` and `identifier`",
            ));
        }
        let referenced = self.reference.as_ref().map(|reference| &reference.resource);
        if let (Some(referenced), Some(named)) = (referenced, &self.resource_type)
            && referenced != named
        {
            return Err(invalid(&at(".type"), "must be the type that `reference` names"));
        }
        let resource = referenced.or(self.resource_type.as_ref()).map(TypeName::as_str);
        if matches!(resource, Some("Patient" | "Encounter")) && self.role() == "launch" {
            return Err(invalid(
                &at(""),
                "needs a role other than `launch` for a Patient or Encounter: the plain ones are the members `patient` and `encounter`",
            ));
        }
        Ok(())
    }
}

/// A member name SMART leaves to others (SMART App Launch 2.2, "Extensibility").
fn is_extension_name(name: &str) -> bool {
    name.strip_prefix("__").is_some_and(|rest| !rest.is_empty()) || is_absolute_uri(name)
}

fn invalid(member: &str, problem: &'static str) -> InvalidLaunchContext {
    InvalidLaunchContext {
        member: member.to_owned(),
        problem,
    }
}

fn read_id(member: &str, value: &Value) -> Result<FhirId, InvalidLaunchContext> {
    value.as_str().and_then(|text| FhirId::parse(text).ok()).ok_or_else(|| {
        invalid(
            member,
            "must be a bare FHIR id: 1 to 64 letters, digits, `-` and `.`, without a type before it",
        )
    })
}

fn read_text(member: &str, value: &Value) -> Result<String, InvalidLaunchContext> {
    let fits = |text: &&str| !text.is_empty() && text.len() <= MAX_TEXT && !text.chars().any(char::is_control);
    let text = value.as_str().filter(fits);
    text.map(str::to_owned)
        .ok_or_else(|| invalid(member, "must be a text of 1 to 256 bytes without control characters"))
}

fn read_url(member: &str, value: &Value) -> Result<String, InvalidLaunchContext> {
    let usable =
        |text: &&str| url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    value
        .as_str()
        .filter(usable)
        .map(str::to_owned)
        .ok_or_else(|| invalid(member, "must be an absolute https URL"))
}

fn read_canonical(member: &str, value: &Value) -> Result<String, InvalidLaunchContext> {
    let usable = |text: &&str| {
        let (url, version) = text
            .split_once('|')
            .map_or((*text, None), |(url, version)| (url, Some(version)));
        is_absolute_uri(url) && version.is_none_or(|version| !version.is_empty() && !version.contains('|'))
    };
    let text = value.as_str().filter(usable);
    text.map(str::to_owned)
        .ok_or_else(|| invalid(member, "must be a canonical URL, with `|version` at most"))
}

fn read_identifier(member: &str, value: Value) -> Result<Map<String, Value>, InvalidLaunchContext> {
    let Value::Object(identifier) = value else {
        return Err(invalid(member, "must be a FHIR Identifier object"));
    };
    // FHIR R4, datatype Identifier: `system` and `value` are non-empty texts; one without a value identifies nothing.
    let text = |name: &str| {
        identifier
            .get(name)
            .map(|value| value.as_str().is_some_and(|text| !text.is_empty()))
    };
    if text("value") == Some(true) && text("system") != Some(false) {
        Ok(identifier)
    } else {
        Err(invalid(
            member,
            "must be a FHIR Identifier with a `value`, and a `system` that is a text if present",
        ))
    }
}

fn read_items(value: Value) -> Result<Vec<FhirContextItem>, InvalidLaunchContext> {
    let Value::Array(items) = value else {
        return Err(invalid("fhirContext", "must be an array of objects"));
    };
    items
        .into_iter()
        .enumerate()
        .map(|(position, item)| FhirContextItem::read(position, item))
        .collect()
}

impl TryFrom<Map<String, Value>> for LaunchContext {
    type Error = InvalidLaunchContext;
    fn try_from(members: Map<String, Value>) -> Result<Self, InvalidLaunchContext> {
        Self::from_members(members)
    }
}

impl fmt::Debug for LaunchContext {
    /// Names of the members only: the values are health data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = self.to_members();
        f.debug_tuple("LaunchContext")
            .field(&members.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl fmt::Debug for FhirContextItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FhirContextItem(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<LaunchContext, InvalidLaunchContext> {
        let Value::Object(members) = value else {
            panic!("an object")
        };
        LaunchContext::from_members(members)
    }

    fn bad_member(value: Value) -> String {
        read(value).unwrap_err().member
    }

    #[test]
    fn every_parameter_survives_reading_and_writing() {
        let members = json!({
            "patient": "pat-1042", "encounter": "enc-77", "need_patient_banner": true, "intent": "reconcile-medications",
            "smart_style_url": "https://ehr.example.org/styles/v7.json", "tenant": "2ddd6c3a",
            "fhirContext": [
                {"reference": "ImagingStudy/1"},
                {"canonical": "https://x.example/Questionnaire/q|2", "type": "Questionnaire", "role": "https://x.example/role"},
                {"identifier": {"system": "urn:x", "value": "7"}, "role": "launch"},
                {"reference": "Patient/2", "role": "https://x.example/mother"}
            ],
            "__darkMode": true, "https://ehr.example.org/props/x": 1
        });
        let context = read(members.clone()).unwrap();
        assert_eq!(Value::Object(context.to_members()), members);
        let again: LaunchContext = serde_json::from_value(members).unwrap();
        assert_eq!(again, context);
    }

    #[test]
    fn absent_members_are_not_written() {
        let context = read(json!({"patient": "1"})).unwrap();
        assert_eq!(Value::Object(context.to_members()), json!({"patient": "1"}));
    }

    #[test]
    fn patient_and_encounter_are_bare_ids() {
        assert_eq!(bad_member(json!({"patient": "Patient/1"})), "patient");
        assert_eq!(bad_member(json!({"patient": "https://x.example/Patient/1"})), "patient");
        assert_eq!(bad_member(json!({"patient": 7})), "patient");
        assert_eq!(bad_member(json!({"encounter": ""})), "encounter");
    }

    #[test]
    fn the_banner_is_a_boolean() {
        assert_eq!(
            bad_member(json!({"need_patient_banner": "true"})),
            "need_patient_banner"
        );
    }

    #[test]
    fn the_style_url_is_absolute() {
        assert_eq!(
            bad_member(json!({"smart_style_url": "/styles/v7.json"})),
            "smart_style_url"
        );
        assert_eq!(
            bad_member(json!({"smart_style_url": "javascript:alert(1)"})),
            "smart_style_url"
        );
    }

    #[test]
    fn an_extension_has_a_uri_or_two_underscores_as_its_name() {
        assert_eq!(bad_member(json!({"patientId": "1"})), "patientId");
        assert_eq!(bad_member(json!({"__": 1})), "__");
        assert_eq!(bad_member(json!({"access_token": "x"})), "access_token");
    }

    #[test]
    fn fhir_context_items_are_objects() {
        assert_eq!(bad_member(json!({"fhirContext": ["ImagingStudy/1"]})), "fhirContext[0]");
        assert_eq!(
            bad_member(json!({"fhirContext": {"reference": "ImagingStudy/1"}})),
            "fhirContext"
        );
    }

    #[test]
    fn an_item_names_its_resource_in_at_least_one_way() {
        let items = json!({"fhirContext": [{"reference": "ImagingStudy/1"}, {"type": "ImagingStudy"}]});
        assert_eq!(bad_member(items), "fhirContext[1]");
    }

    #[test]
    fn a_role_is_never_empty_and_never_an_unknown_relative_one() {
        for role in ["", "mother", "/mother"] {
            let items = json!({"fhirContext": [{"reference": "ImagingStudy/1", "role": role}]});
            assert_eq!(bad_member(items), "fhirContext[0].role", "{role}");
        }
    }

    #[test]
    fn plain_patients_and_encounters_do_not_belong_into_fhir_context() {
        assert_eq!(
            bad_member(json!({"fhirContext": [{"reference": "Patient/1"}]})),
            "fhirContext[0]"
        );
        assert_eq!(
            bad_member(json!({"fhirContext": [{"reference": "Encounter/1", "role": "launch"}]})),
            "fhirContext[0]"
        );
        let by_type = json!({"fhirContext": [{"identifier": {"value": "1"}, "type": "Patient"}]});
        assert_eq!(bad_member(by_type), "fhirContext[0]");
    }

    #[test]
    fn a_reference_is_relative_and_without_a_version() {
        for reference in [
            "https://x.example/ImagingStudy/1",
            "ImagingStudy/1/_history/2",
            "ImagingStudy",
        ] {
            let items = json!({"fhirContext": [{ "reference": reference }]});
            assert_eq!(bad_member(items), "fhirContext[0].reference", "{reference}");
        }
    }

    #[test]
    fn a_canonical_is_an_absolute_url_with_at_most_one_version() {
        for canonical in ["Questionnaire/q", "https://x.example/q|", "https://x.example/q|1|2"] {
            let items = json!({"fhirContext": [{ "canonical": canonical }]});
            assert_eq!(bad_member(items), "fhirContext[0].canonical", "{canonical}");
        }
    }

    #[test]
    fn an_identifier_has_a_value() {
        for identifier in [
            json!("7"),
            json!({}),
            json!({"system": "urn:x"}),
            json!({"value": ""}),
            json!({"system": 1, "value": "x"}),
        ] {
            let items = json!({"fhirContext": [{ "identifier": identifier }]});
            assert_eq!(bad_member(items), "fhirContext[0].identifier");
        }
    }

    #[test]
    fn the_type_agrees_with_the_reference() {
        let items = json!({"fhirContext": [{"reference": "ImagingStudy/1", "type": "Task"}]});
        assert_eq!(bad_member(items), "fhirContext[0].type");
    }

    #[test]
    fn debug_shows_no_values() {
        let context = read(json!({"patient": "pat-1042", "__note": "private"})).unwrap();
        let shown = format!("{context:?}");
        assert!(shown.contains("patient") && !shown.contains("pat-1042") && !shown.contains("private"));
    }
}
