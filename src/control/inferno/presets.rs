//! What is typed into Inferno, as its presets hold it: a suite, and a value for each of its inputs.

use super::{ASYMMETRIC, BACKEND, BULK, INTROSPECTION, PUBLIC, Registered, SYMMETRIC};
use crate::control::ControlError;
use crate::tenant::TenantCx;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};

/// One preset, in the form of the files below Inferno's `config/presets`.
#[derive(Clone, Debug, Serialize)]
pub struct InfernoPreset {
    /// Its name, unique among ours.
    pub id: String,
    /// What people see in Inferno's list.
    pub title: String,
    /// The suite it is for.
    pub test_suite_id: &'static str,
    /// The inputs: what may be pasted by itself, too.
    pub inputs: Vec<Value>,
}

/// How an app authenticates, in Inferno's words and ours.
#[derive(Clone, Copy)]
struct AppKind {
    name: &'static str,
    client_id: &'static str,
}

const KINDS: [AppKind; 3] = [
    AppKind {
        name: "public",
        client_id: PUBLIC,
    },
    AppKind {
        name: "symmetric",
        client_id: SYMMETRIC,
    },
    AppKind {
        name: "asymmetric",
        client_id: ASYMMETRIC,
    },
];

/// The data that the certification's single-patient apps ask for (US Core 6 and 7).
const TYPES: [&str; 26] = [
    "AllergyIntolerance",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "Device",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Goal",
    "Immunization",
    "Location",
    "Medication",
    "MedicationDispense",
    "MedicationRequest",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "QuestionnaireResponse",
    "RelatedPerson",
    "ServiceRequest",
    "Specimen",
];

/// The categories of the certification's two launches with fine-grained scopes.
const GRANULAR: [&[(&str, &str)]; 2] = [
    &[
        (
            "Condition",
            "http://terminology.hl7.org/CodeSystem/condition-category|encounter-diagnosis",
        ),
        (
            "Condition",
            "http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern",
        ),
        (
            "Observation",
            "http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
        ),
        (
            "Observation",
            "http://terminology.hl7.org/CodeSystem/observation-category|social-history",
        ),
    ],
    &[
        (
            "Condition",
            "http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item",
        ),
        (
            "Observation",
            "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs",
        ),
        (
            "Observation",
            "http://terminology.hl7.org/CodeSystem/observation-category|survey",
        ),
        (
            "Observation",
            "http://hl7.org/fhir/us/core/CodeSystem/us-core-category|sdoh",
        ),
    ],
];

const STANDALONE: &str = "launch/patient openid fhirUser offline_access";
const EHR: &str = "launch openid fhirUser offline_access";

fn each_type(begin: &str, level: &str, permissions: &str) -> String {
    let scopes = TYPES.map(|name| format!("{level}/{name}.{permissions}"));
    format!("{begin} {}", scopes.join(" "))
}

fn granular(launch: &[(&str, &str)]) -> String {
    let scopes: Vec<String> = launch
        .iter()
        .map(|(name, category)| format!("patient/{name}.rs?category={category}"))
        .collect();
    format!("{STANDALONE} {}", scopes.join(" "))
}

fn input(name: &str, value: &str) -> Value {
    json!({ "name": name, "type": "text", "value": value })
}

/// Everything that goes into the presets of one tenant.
struct Typed<'a> {
    slug: &'a str,
    issuer: &'a str,
    fhir_base: &'a str,
    registered: &'a Registered,
}

/// The presets: each suite as each kind of app, and the certification kit.
pub(super) fn of(cx: &TenantCx, registered: &Registered) -> Result<Vec<InfernoPreset>, ControlError> {
    let tenant = cx.tenant();
    let base = tenant.fhir_bases.first();
    let typed = Typed {
        slug: tenant.slug.as_str(),
        issuer: cx.issuer(),
        fhir_base: base
            .ok_or_else(|| ControlError::invalid("fhir_bases", "is empty"))?
            .as_str(),
        registered,
    };
    let mut presets = Vec::new();
    for suite in ["smart", "smart_stu2", "smart_stu2_2"] {
        // The first version of SMART knows no apps with keys.
        let kinds = KINDS
            .iter()
            .filter(|kind| suite != "smart" || kind.name != "asymmetric");
        presets.extend(kinds.map(|kind| typed.smart(suite, *kind)));
    }
    presets.push(typed.certification());
    Ok(presets)
}

impl Typed<'_> {
    /// An input of type `auth_info`, whose value is JSON in a text.
    fn auth(&self, name: &str, kind: AppKind, scopes: &str, method: &str) -> Value {
        let mut info = json!({
            "auth_type": kind.name, "client_id": kind.client_id, "requested_scopes": scopes,
            "pkce_support": "enabled", "pkce_code_challenge_method": "S256", "auth_request_method": method,
            "use_discovery": "true",
        });
        if let Some(members) = info.as_object_mut() {
            match kind.name {
                "symmetric" => members.insert("client_secret".to_owned(), json!(self.registered.app_secret)),
                "asymmetric" => members.insert("encryption_algorithm".to_owned(), json!("ES384")),
                _ => None,
            };
        }
        json!({ "name": name, "type": "auth_info", "value": info.to_string() })
    }

    fn backend(&self, name: &str, client_id: &str) -> Value {
        let info = json!({
            "auth_type": "backend_services", "client_id": client_id, "requested_scopes": "system/*.rs",
            "token_url": format!("{}/token", self.issuer), "encryption_algorithm": "ES384", "use_discovery": "true",
        });
        json!({ "name": name, "type": "auth_info", "value": info.to_string() })
    }

    /// The header with which Inferno introspects.
    fn introspection(&self) -> Value {
        let pair = format!("{INTROSPECTION}:{}", self.registered.introspection_secret);
        input(
            "custom_authorization_header",
            &format!("Authorization: Basic {}", STANDARD.encode(pair)),
        )
    }

    fn preset(&self, suite: &'static str, kind: &str, inputs: Vec<Value>) -> InfernoPreset {
        InfernoPreset {
            id: format!("wardkey-{}-{suite}-{kind}", self.slug),
            title: format!("Wardkey, {}, {kind}", self.slug),
            test_suite_id: suite,
            inputs,
        }
    }

    fn smart(&self, suite: &'static str, kind: AppKind) -> InfernoPreset {
        let (data, user) = if suite == "smart" {
            ("patient/*.read", "user/*.read")
        } else {
            ("patient/*.rs", "user/*.rs")
        };
        let mut inputs = vec![
            input("url", self.fhir_base),
            self.auth(
                "standalone_smart_auth_info",
                kind,
                &format!("{STANDALONE} {data}"),
                "GET",
            ),
            self.auth("ehr_smart_auth_info", kind, &format!("{EHR} {user}"), "GET"),
        ];
        if suite != "smart" {
            inputs.push(self.backend("backend_services_smart_auth_info", BACKEND));
            inputs.push(self.introspection());
        }
        self.preset(suite, kind.name, inputs)
    }

    fn certification(&self) -> InfernoPreset {
        let [public, symmetric, asymmetric] = KINDS;
        let whole = each_type(STANDALONE, "patient", "rs");
        let selection = format!("{STANDALONE} patient/Condition.rs patient/Observation.rs patient/Patient.rs");
        let [first, second] = GRANULAR.map(granular);
        let get = |name: &str, kind: AppKind, scopes: &str| self.auth(name, kind, scopes, "GET");
        let inputs = vec![
            input("url", self.fhir_base),
            get("standalone_smart_auth_info", symmetric, &whole),
            input("expected_resources", "patient, condition, observation"),
            self.auth("ehr_smart_auth_info", symmetric, &each_type(EHR, "user", "rs"), "POST"),
            get("public_smart_auth_info", public, &whole),
            get("asymmetric_smart_auth_info", asymmetric, &whole),
            get(
                "v1_smart_auth_info",
                symmetric,
                &each_type(STANDALONE, "patient", "read"),
            ),
            get("granular_scopes_1_auth_info", symmetric, &first),
            get("granular_scopes_2_auth_info", symmetric, &second),
            get("granular_scopes_selection_smart_auth_info", symmetric, &selection),
            self.introspection(),
            self.backend("bulk_smart_auth_info", BULK),
            input("bulk_server_url", self.fhir_base),
        ];
        self.preset("g10_certification", "certification", inputs)
    }
}
