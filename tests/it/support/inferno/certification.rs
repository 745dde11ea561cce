//! The tests that the (g)(10) kit adds, one function each, under the kit's names.

use super::super::app::SECRET;
use super::super::http::{RequestBuilderExt, Response};
use super::rows::{texts, words};
use super::{CLIENT, ENCOUNTER, Launch, PATIENT, Plan, Session, Suite, text, uuid};
use axum::http::Request;
use serde_json::Value;
use std::collections::BTreeSet;

/// The types of the patient compartment that the kit for US Core 6 looks at.
pub const COMPARTMENT: [&str; 17] = [
    "Patient",
    "AllergyIntolerance",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "DiagnosticReport",
    "DocumentReference",
    "Goal",
    "Immunization",
    "MedicationDispense",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "Provenance",
    "ServiceRequest",
    "Specimen",
];

/// Types that need not be a patient's.
const OTHERS: [&str; 9] = [
    "Device",
    "Encounter",
    "Location",
    "Medication",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "RelatedPerson",
    "ServiceRequest",
];

/// What the kit asks for in its first scenario.
pub const PATIENT_APP: &str = "launch/patient openid fhirUser offline_access patient/Medication.rs patient/AllergyIntolerance.rs \
    patient/CarePlan.rs patient/CareTeam.rs patient/Condition.rs patient/Coverage.rs patient/Device.rs \
    patient/DiagnosticReport.rs patient/DocumentReference.rs patient/Encounter.rs patient/Goal.rs patient/Immunization.rs \
    patient/Location.rs patient/MedicationDispense.rs patient/MedicationRequest.rs patient/Observation.rs \
    patient/Organization.rs patient/Patient.rs patient/Practitioner.rs patient/PractitionerRole.rs patient/Procedure.rs \
    patient/Provenance.rs patient/RelatedPerson.rs patient/ServiceRequest.rs patient/Specimen.rs";

/// The same in version 1.
pub const PATIENT_APP_V1: &str = "launch/patient openid fhirUser offline_access patient/Medication.read \
    patient/AllergyIntolerance.read patient/CarePlan.read patient/CareTeam.read patient/Condition.read patient/Coverage.read \
    patient/Device.read patient/DiagnosticReport.read patient/DocumentReference.read patient/Encounter.read patient/Goal.read \
    patient/Immunization.read patient/Location.read patient/MedicationDispense.read patient/MedicationRequest.read \
    patient/Observation.read patient/Organization.read patient/Patient.read patient/Practitioner.read \
    patient/PractitionerRole.read patient/Procedure.read patient/Provenance.read patient/RelatedPerson.read \
    patient/ServiceRequest.read patient/Specimen.read";

/// What it asks for in the EHR practitioner scenario.
pub const PRACTITIONER_APP: &str = "launch openid fhirUser offline_access user/Medication.rs user/AllergyIntolerance.rs \
    user/CarePlan.rs user/CareTeam.rs user/Condition.rs user/Coverage.rs user/Device.rs user/DiagnosticReport.rs \
    user/DocumentReference.rs user/Encounter.rs user/Goal.rs user/Immunization.rs user/Location.rs user/MedicationDispense.rs \
    user/MedicationRequest.rs user/Observation.rs user/Organization.rs user/Patient.rs user/Practitioner.rs \
    user/PractitionerRole.rs user/Procedure.rs user/Provenance.rs user/RelatedPerson.rs user/ServiceRequest.rs \
    user/Specimen.rs";

/// The granular scopes of the first launch of that scenario.
pub const GRANULAR_1: &str = "launch/patient openid fhirUser offline_access \
    patient/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|encounter-diagnosis \
    patient/Condition.rs?category=http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern \
    patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory \
    patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|social-history";

/// Those of the second.
pub const GRANULAR_2: &str = "launch/patient openid fhirUser offline_access \
    patient/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item \
    patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs \
    patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|survey \
    patient/Observation.rs?category=http://hl7.org/fhir/us/core/CodeSystem/us-core-category|sdoh";

/// What it asks for where the person is to choose categories.
pub const SELECTION: &str =
    "launch/patient openid fhirUser offline_access patient/Condition.rs patient/Observation.rs patient/Patient.rs";

/// What it asks for in an EHR launch with patient scopes.
pub const EHR_PATIENT: &str = "launch openid fhirUser offline_access patient/Patient.rs";

/// A resource scope, as the kit takes it apart.
struct Granted<'s> {
    level: &'s str,
    kind: &'s str,
    access: &'s str,
    constraint: Option<&'s str>,
}

fn granted(scope: &str) -> Vec<Granted<'_>> {
    let of = |word| -> Option<Granted<'_>> {
        let (level, rest) = str::split_once(word, '/')?;
        let (path, constraint) = match rest.split_once('?') {
            Some((path, constraint)) => (path, Some(constraint)),
            None => (rest, None),
        };
        let (kind, access) = path.split_once('.')?;
        ["patient", "user", "system"].contains(&level).then_some(Granted {
            level,
            kind,
            access,
            constraint,
        })
    };
    scope.split(' ').filter_map(of).collect()
}

impl Granted<'_> {
    /// `*`, or letters of `cruds` in order, of which `r` is one; in version 1 `read` or `*`.
    fn reads(&self) -> bool {
        matches!(self.access, "*" | "read")
            || (self.access.contains('r') && self.access.chars().all(|c| "cruds".contains(c)))
    }
}

impl Session<'_> {
    pub async fn g10_smart_well_known_capabilities(&self) {
        let body = self.discovery().await;
        let standalone = [
            "launch-standalone",
            "client-public",
            "context-standalone-patient",
            "permission-patient",
        ];
        let ehr = [
            "launch-ehr",
            "context-banner",
            "context-style",
            "context-ehr-patient",
            "context-ehr-encounter",
            "permission-user",
        ];
        let both = [
            "client-confidential-symmetric",
            "client-confidential-asymmetric",
            "sso-openid-connect",
            "permission-offline",
            "authorize-post",
            "permission-v2",
            "permission-v1",
        ];
        let capabilities = texts(&body, "capabilities");
        for needed in standalone.iter().chain(&ehr).chain(&both) {
            assert!(capabilities.contains(needed), "{needed}");
        }
        let grants = texts(&body, "grant_types_supported");
        assert!(grants.contains(&"authorization_code") && grants.contains(&"client_credentials"));
    }

    pub async fn g10_smart_scopes(&self) {
        let tokens = self.tokens().await;
        let received = text(&tokens, "scope");
        let (launch, level) = match self.plan.launch {
            Launch::Standalone => ("launch/patient", "patient"),
            Launch::Ehr => ("launch", "user"),
        };
        for needed in ["openid", "fhirUser", "offline_access", launch] {
            assert!(
                words(self.plan.scopes).contains(needed) && words(received).contains(needed),
                "{needed}"
            );
        }
        let reading: Vec<_> = granted(received).into_iter().filter(Granted::reads).collect();
        for scope in &reading {
            let outside = OTHERS.contains(&scope.kind) && !COMPARTMENT.contains(&scope.kind);
            let fits = scope.level == level || (outside && scope.level == "user");
            assert!(fits, "{}/{} is not {level}", scope.level, scope.kind);
        }
        let types: BTreeSet<&str> = reading.iter().map(|scope| scope.kind).collect();
        let missing: Vec<_> = COMPARTMENT.iter().filter(|kind| !types.contains(*kind)).collect();
        assert!(types.contains("*") || missing.is_empty(), "{missing:?}");
    }

    pub async fn g10_unauthorized_access(&self) {
        let response = self.fhir(None, &format!("Patient/{PATIENT}")).await.assert_status(401);
        assert!(response.header("www-authenticate").unwrap().starts_with("Bearer"));
    }

    async fn assert_patient(&self, tokens: &Value) {
        let patient = text(tokens, "patient");
        assert_eq!(patient, PATIENT, "a bare id");
        let token = text(tokens, "access_token");
        let response = self
            .fhir(Some(token), &format!("Patient/{patient}"))
            .await
            .assert_status(200);
        assert_eq!(
            (text(&response.json(), "resourceType"), text(&response.json(), "id")),
            ("Patient", patient)
        );
    }

    pub async fn g10_patient_context(&self) {
        self.assert_patient(&self.tokens().await).await;
    }

    pub async fn g10_patient_context_after_refresh(&self) {
        let tokens = self.tokens().await;
        let refreshed = self
            .refresh(text(&tokens, "refresh_token"), None)
            .await
            .assert_status(200);
        self.assert_patient(&refreshed.json()).await;
    }

    pub async fn g10_encounter_context(&self) {
        let tokens = self.tokens().await;
        let encounter = text(&tokens, "encounter");
        assert_eq!(encounter, ENCOUNTER, "a bare id");
        let path = format!("Encounter/{encounter}");
        let response = self
            .fhir(tokens["access_token"].as_str(), &path)
            .await
            .assert_status(200);
        assert_eq!(text(&response.json(), "resourceType"), "Encounter");
    }

    pub async fn g10_patient_scope(&self) {
        let tokens = self.tokens().await;
        assert!(words(text(&tokens, "scope")).contains("patient/Patient.rs"), "{tokens}");
    }

    pub async fn g10_smart_style_url(&self) {
        let tokens = self.tokens().await;
        let request = Request::get(text(&tokens, "smart_style_url"));
        let response = self.send(request.empty()).await.assert_status(200);
        super::rows::assert_json_type(&response);
        let known = [
            "color_background",
            "color_error",
            "color_highlight",
            "color_modal_backdrop",
            "color_success",
            "color_text",
            "dim_border_radius",
            "dim_font_size",
            "dim_spacing_size",
            "font_family_body",
            "font_family_heading",
        ];
        let style = response.json();
        for (member, value) in style.as_object().unwrap() {
            assert!(
                known.contains(&member.as_str()) && value.is_string(),
                "{member}: {value}"
            );
        }
    }

    pub async fn g10_smart_need_patient_banner(&self) {
        assert!(self.tokens().await["need_patient_banner"].is_boolean());
    }

    pub async fn g10_invalid_token_refresh(&self) {
        let response = self.refresh(&uuid(), None).await;
        response.assert_error(400, "invalid_grant");
    }

    /// Unrestricted access, Test01.
    pub async fn g10_unrestricted_resource_types(&self) {
        let tokens = self.tokens().await;
        let reading: Vec<_> = granted(text(&tokens, "scope"))
            .into_iter()
            .filter(Granted::reads)
            .collect();
        let types = COMPARTMENT
            .iter()
            .chain(&["Device", "Encounter", "Organization", "Practitioner", "Location"]);
        for kind in types {
            let fits = |scope: &&Granted<'_>| scope.kind == *kind || scope.kind == "*";
            assert!(
                reading.iter().any(|scope| fits(&scope) && scope.level == "patient"),
                "{kind}"
            );
        }
    }

    /// The kit's first search of a type.
    pub async fn search(&self, token: &str, kind: &str) -> Response {
        let query = match kind {
            "Patient" => format!("_id={PATIENT}"),
            "Practitioner" => "_id=ana".to_owned(),
            "Organization" => "_id=hospital".to_owned(),
            "Location" => "_id=ward-1".to_owned(),
            "Provenance" => format!("target=Patient/{PATIENT}"),
            _ => format!("patient={PATIENT}"),
        };
        self.fhir(Some(token), &format!("{kind}?{query}")).await
    }

    pub async fn g10_resource_access_test(&self) {
        let tokens = self.tokens().await;
        for kind in COMPARTMENT.iter().chain(&["Device", "Encounter"]) {
            let response = self
                .search(text(&tokens, "access_token"), kind)
                .await
                .assert_status(200);
            assert!(response.json()["total"].as_u64().unwrap() > 0, "{kind}: {response}");
        }
        // Read by reference from what a patient's app may see.
        for path in ["Practitioner/ana", "Organization/hospital", "Location/ward-1"] {
            self.fhir(tokens["access_token"].as_str(), path)
                .await
                .assert_status(200);
        }
    }

    /// The three types that the tester chooses; whatever was asked for by type or by wildcard.
    pub fn limited(&self, scopes: &'static str) -> Session<'_> {
        self.with_plan(Plan {
            scopes,
            boxes: |key| {
                let chosen = ["Patient", "Condition", "Observation"];
                key == "offline_access"
                    || chosen.iter().any(|kind| {
                        let rest = key
                            .strip_prefix("patient.read.")
                            .and_then(|rest| rest.strip_prefix(kind));
                        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                    })
            },
            ..self.plan
        })
    }

    pub async fn g10_limited_scope_grant(&self) {
        for asked in [PATIENT_APP, super::STANDALONE] {
            let session = self.limited(asked);
            let tokens = session.tokens().await;
            let mut types: Vec<_> = granted(text(&tokens, "scope"))
                .iter()
                .map(|scope| scope.kind.to_owned())
                .collect();
            types.sort();
            assert_eq!(types, ["Condition", "Observation", "Patient"], "asked for {asked}");
            session.assert_patient(&tokens).await;
            self.tenant.app.wait(std::time::Duration::from_secs(1));
        }
    }

    pub async fn g10_restricted_access_test(&self) {
        let session = self.limited(PATIENT_APP);
        let tokens = session.tokens().await;
        for kind in COMPARTMENT {
            let response = self.search(text(&tokens, "access_token"), kind).await;
            if ["Patient", "Condition", "Observation"].contains(&kind) {
                response.assert_status(200);
            } else {
                response.assert_status(403);
            }
        }
    }

    /// A person with the limited app's page can also decline access while they are away.
    pub async fn limited_app_can_decline_offline_access(&self) {
        let session = self.with_plan(Plan {
            boxes: |key| key != "offline_access",
            ..self.plan
        });
        let tokens = session.tokens().await;
        assert_eq!(tokens.get("refresh_token"), None);
        assert!(!words(text(&tokens, "scope")).contains("offline_access"));
    }

    async fn assert_revoked(&self, tokens: &Value) {
        let response = self
            .fhir(tokens["access_token"].as_str(), &format!("Patient/{PATIENT}"))
            .await;
        response.assert_status(401);
        let endpoint = self.endpoint("token_endpoint").await;
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", text(tokens, "refresh_token")),
        ];
        let request = Request::post(endpoint).basic(CLIENT, SECRET);
        self.send(request.form(&form)).await.assert_error(400, "invalid_grant");
    }

    /// Test02 and Test03, after the person withdrew access on the page that discovery names.
    pub async fn g10_token_revocation(&self) {
        let tokens = self.tokens().await;
        let page = self.endpoint("management_endpoint").await;
        let mut browser = self.tenant.app.browser();
        let sign_in = browser.goto(&page).await;
        let form = self.answer(&sign_in).expect("the sign-in page");
        let list = browser.submit(&sign_in, &form).await;
        assert!(list.response.text().contains(&format!("App {CLIENT}")), "{list}");
        let question = browser.goto(&format!("{page}/withdraw/{CLIENT}")).await;
        browser.submit(&question, &question.form()).await;
        self.assert_revoked(&tokens).await;
    }

    /// The same when the app itself revokes at the endpoint that discovery names.
    pub async fn g10_token_revocation_by_the_app(&self) {
        let tokens = self.tokens().await;
        let endpoint = self.endpoint("revocation_endpoint").await;
        let request = Request::post(endpoint).basic(CLIENT, SECRET);
        let form = [("token", text(&tokens, "refresh_token"))];
        self.send(request.form(&form)).await.assert_status(200);
        self.assert_revoked(&tokens).await;
    }

    pub async fn g10_smart_invalid_aud(&self) {
        let mut pairs = self.authorization_request(&uuid()).await;
        for (name, value) in &mut pairs {
            if name == "aud" {
                "https://inferno.healthit.gov/invalid_aud".clone_into(value);
            }
        }
        let launched = self.launch_with(pairs, uuid()).await;
        assert_eq!(launched.page.parameter("code"), None);
        assert_eq!(launched.page.parameter("error").as_deref(), Some("invalid_request"));
    }

    /// Invalid token request, Test03 and Test04: a wrong code, then a wrong client with the right code, which neither uses up.
    pub async fn g10_invalid_token_request(&self) {
        let launched = self.launch().await;
        let (code, redirect_uri) = (launched.code(), self.plan.redirect_uri());
        let form = |code: &str| {
            let pairs = [
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &redirect_uri),
                ("code_verifier", &launched.verifier),
            ];
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let borrow = |form: &[(String, String); 4]| form.clone();
        let bad = borrow(&form("BAD_CODE"));
        let bad: Vec<_> = bad
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.token_request(&bad).await.assert_error(400, "invalid_grant");
        let good = form(&code);
        let good: Vec<_> = good
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let request = Request::post(self.endpoint("token_endpoint").await).basic("BAD_CLIENT_ID", SECRET);
        self.send(request.form(&good)).await.assert_error(401, "invalid_client");
        self.token_request(&good).await.assert_status(200);
    }

    /// A launch of its own, and its code with this verifier, given the right one and its challenge.
    async fn verifier(&self, choose: impl Fn(&str, &str) -> Option<String>) {
        let verifier = format!("{}-{}", uuid(), uuid());
        let pairs = self.authorization_request(&verifier).await;
        let challenge = pairs
            .iter()
            .find(|(name, _)| name == "code_challenge")
            .unwrap()
            .1
            .clone();
        let launched = self.launch_with(pairs, verifier.clone()).await;
        let (code, redirect_uri) = (launched.code(), self.plan.redirect_uri());
        let chosen = choose(&verifier, &challenge);
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", &redirect_uri),
        ];
        form.extend(chosen.as_deref().map(|verifier| ("code_verifier", verifier)));
        let response = self.token_request(&form).await;
        assert!(matches!(response.status.as_u16(), 400 | 401), "{response}");
        assert!(["invalid_grant", "invalid_request"].contains(&text(&response.json(), "error")));
    }

    pub async fn smart_no_verifier_token_request(&self) {
        self.verifier(|_, _| None).await;
    }

    pub async fn smart_blank_verifier_token_request(&self) {
        self.verifier(|_, _| Some(String::new())).await;
    }

    pub async fn smart_bad_code_verifier_token_request(&self) {
        self.verifier(|_, _| Some(format!("{}-{}", uuid(), uuid()))).await;
    }

    pub async fn smart_plain_code_verifier_token_request(&self) {
        self.verifier(|_, challenge| Some(challenge.to_owned())).await;
    }

    pub async fn g10_public_launch_id_token(&self) {
        assert!(self.tokens().await["id_token"].is_string());
    }

    pub async fn g10_asymmetric_launch_id_token(&self) {
        self.g10_public_launch_id_token().await;
    }

    pub async fn us_core_granted_granular_scopes(&self) {
        let tokens = self.tokens().await;
        let received = text(&tokens, "scope");
        for wanted in words(self.plan.scopes).into_iter().filter(|word| word.contains('?')) {
            assert!(words(received).contains(wanted), "{wanted} raw in {received}");
        }
        for scope in granted(received) {
            assert_ne!(scope.kind, "*");
            let narrowed = ["Condition", "Observation"].contains(&scope.kind);
            assert!(!narrowed || scope.constraint.is_some(), "{}", scope.kind);
        }
    }

    /// The resources of both types, with whether the granted scopes name their category; by the widest token there is.
    async fn by_category(&self) -> Vec<(String, bool)> {
        let all = self.with_plan(Plan {
            scopes: PATIENT_APP,
            ..self.plan
        });
        let tokens = all.tokens().await;
        let constraints: Vec<_> = granted(self.plan.scopes)
            .into_iter()
            .filter_map(|scope| Some((scope.kind, scope.constraint?.split_once('|')?.1)))
            .collect();
        let mut found = Vec::new();
        for kind in ["Condition", "Observation"] {
            let bundle = self
                .search(text(&tokens, "access_token"), &format!("{kind}?_count=200&"))
                .await;
            let bundle = bundle.assert_status(200).json();
            for entry in bundle["entry"].as_array().unwrap() {
                let resource = &entry["resource"];
                let codes = resource["category"].as_array().into_iter().flatten();
                let mut codes = codes.flat_map(|one| one["coding"].as_array().into_iter().flatten());
                let matches =
                    codes.any(|code| constraints.contains(&(kind, code["code"].as_str().unwrap_or_default())));
                found.push((format!("{kind}/{}", text(resource, "id")), matches));
            }
        }
        self.tenant.app.wait(std::time::Duration::from_secs(1));
        found
    }

    pub async fn us_core_granular_read(&self) {
        let known = self.by_category().await;
        assert!(known.iter().any(|(_, granted)| *granted) && known.iter().any(|(_, granted)| !granted));
        let tokens = self.tokens().await;
        for (path, granted) in known {
            let response = self.fhir(tokens["access_token"].as_str(), &path).await;
            if granted {
                response.assert_status(200);
            } else {
                assert!(response.status.is_client_error(), "{path}: {response}");
            }
        }
    }

    pub async fn us_core_granular_search(&self) {
        let known = self.by_category().await;
        let tokens = self.tokens().await;
        for kind in ["Condition", "Observation"] {
            let of_kind = known
                .iter()
                .filter(|(path, granted)| *granted && path.starts_with(kind));
            let expected: BTreeSet<String> = of_kind.map(|(path, _)| path.clone()).collect();
            let path = format!("{kind}?patient={PATIENT}&_count=200");
            let bundle = self
                .fhir(tokens["access_token"].as_str(), &path)
                .await
                .assert_status(200)
                .json();
            let entries = bundle["entry"].as_array().unwrap().iter();
            let found: BTreeSet<String> = entries
                .map(|entry| format!("{kind}/{}", text(&entry["resource"], "id")))
                .collect();
            assert_eq!(found, expected);
        }
    }

    /// The person leaves categories out although only the types were asked for.
    pub async fn g10_smart_granular_scope_selection(&self) {
        let session = self.with_plan(Plan {
            scopes: SELECTION,
            boxes: |key| {
                let kind = key.rsplit('.').next();
                !matches!(kind, Some("other" | "survey"))
            },
            ..self.plan
        });
        let tokens = session.tokens().await;
        let received = granted(text(&tokens, "scope"));
        for kind in ["Condition", "Observation"] {
            let of_kind = || received.iter().filter(|scope| scope.kind == kind);
            assert!(
                of_kind().next().is_some() && of_kind().all(|scope| scope.constraint.is_some()),
                "{tokens}"
            );
        }
        let patient = received.iter().find(|scope| scope.kind == "Patient").unwrap();
        assert_eq!((patient.access, patient.constraint), ("rs", None));
    }

    /// 8.2 Test03: nothing is exported without a token.
    pub async fn bulk_data_export_without_token(&self) {
        let response = self.fhir(None, "Group/everybody/$export").await;
        assert!(matches!(response.status.as_u16(), 400 | 401), "{response}");
    }
}

/// The kit's registration in (g)(10) is that of the oldest kit, but PKCE is on.
pub const fn patient_app(scopes: &'static str) -> Plan {
    Plan::standalone(Suite::Smart, scopes)
}
