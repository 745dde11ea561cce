//! Registering Inferno: what is printed to be typed in is what works.

use crate::support::app::{CHALLENGE, VERIFIER};
use crate::support::demo::{RunningDemo, allow};
use crate::support::http::{RequestBuilderExt, RouterExt};
use axum::http::Request;
use serde_json::{Value, json};
use std::path::Path;
use wardkey::kernel::{Clock as _, SystemClock};
use wardkey::oauth::jose::{JwtType, RsaSize, SigningAlgorithm, SigningKeyPair};

const REDIRECT_URI: &str = "https://inferno.test/custom/smart/redirect";
/// What the certification's apps search, and by what.
const SEARCHES: [&str; 21] = [
    "AllergyIntolerance?patient=maria",
    "CarePlan?patient=maria&category=http://hl7.org/fhir/us/core/CodeSystem/careplan-category|assess-plan",
    "CareTeam?patient=maria&status=active",
    "Condition?patient=maria",
    "Coverage?patient=maria",
    "Device?patient=maria",
    "DiagnosticReport?patient=maria&category=http://terminology.hl7.org/CodeSystem/v2-0074|LAB",
    "DocumentReference?patient=maria",
    "Encounter?patient=maria",
    "Goal?patient=maria",
    "Immunization?patient=maria",
    "MedicationDispense?patient=maria",
    "MedicationRequest?patient=maria&intent=order",
    "Observation?patient=maria&category=laboratory",
    "Patient?_id=maria",
    "Procedure?patient=maria",
    "Condition?patient=maria&_revinclude=Provenance:target",
    "QuestionnaireResponse?patient=maria",
    "RelatedPerson?patient=maria",
    "ServiceRequest?patient=maria",
    "Specimen?patient=maria",
];

struct Registered {
    running: RunningDemo,
    presets: Vec<Value>,
    key: SigningKeyPair,
}

impl Registered {
    async fn new() -> Self {
        let running = RunningDemo::start().await;
        let key = SigningKeyPair::generate(SigningAlgorithm::ES384, RsaSize::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys.json");
        std::fs::write(&keys, json!({ "keys": [key.public_jwk()] }).to_string()).unwrap();
        let files = running
            .demo
            .register_inferno(folder.path(), "https://inferno.test", Some(&keys))
            .await
            .unwrap();
        let read = |file: &Path| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        Self {
            presets: files.iter().map(|file| read(file)).collect(),
            running,
            key,
        }
    }

    fn preset(&self, id: &str) -> &Value {
        let mut presets = self.presets.iter();
        presets
            .find(|preset| preset["id"] == id)
            .unwrap_or_else(|| panic!("no preset {id}"))
    }

    /// The standalone launch of a preset, as Inferno makes it.
    async fn launch(&self, info: &Value) -> Value {
        let population = &self.running.population;
        let text = |member: &str| info[member].as_str().unwrap_or_default();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", text("client_id"))
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("scope", text("requested_scopes"))
            .append_pair("state", "f0a6f1f2-8b4e-4a43-9a5e-0d1ad3c1f0aa")
            .append_pair("aud", &population.fhir_base("lakeside"))
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let mut browser = self.running.browser();
        let page = browser.goto(&format!("/lakeside/auth/authorize?{query}")).await;
        let page = allow(&mut browser, page, "maria", REDIRECT_URI).await;
        let code = page.parameter("code").unwrap_or_else(|| panic!("no code at {page}"));
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        let request = Request::post("/lakeside/auth/token");
        let request = match text("auth_type") {
            "symmetric" => request.basic(text("client_id"), text("client_secret")).form(&form),
            "asymmetric" => {
                let assertion = self.assertion(text("client_id"));
                request.form(&[form.as_slice(), &proof(&assertion)].concat())
            }
            _ => request.form(&[form.as_slice(), &[("client_id", text("client_id"))]].concat()),
        };
        self.running.router.send(request).await.assert_status(200).json()
    }

    /// As the kit makes it: no `iat`, and exactly five minutes.
    fn assertion(&self, client_id: &str) -> String {
        let now = SystemClock.now().seconds();
        let claims = json!({
            "iss": client_id, "sub": client_id, "exp": now + 300, "jti": format!("jti-of-{client_id}"),
            "aud": format!("{}/token", self.running.population.issuer("lakeside")),
        });
        self.key.sign(JwtType::SmartClientAssertion, &claims).unwrap()
    }

    async fn get(&self, path: &str, token: &str) -> crate::support::http::Response {
        let path = format!("/lakeside/fhir/{}", path.replace('|', "%7C"));
        self.running.router.send(Request::get(path).bearer(token).empty()).await
    }
}

fn proof(assertion: &str) -> [(&str, &str); 2] {
    [
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", assertion),
    ]
}

fn value_of(preset: &Value, name: &str) -> Value {
    let inputs = preset["inputs"].as_array().unwrap();
    let input = inputs.iter().find(|input| input["name"] == name);
    let value = &input.unwrap_or_else(|| panic!("no input {name}"))["value"];
    // Structured inputs are JSON in a text.
    match serde_json::from_str(value.as_str().unwrap()) {
        Ok(structured @ Value::Object(_)) => structured,
        _ => value.clone(),
    }
}

#[tokio::test]
async fn every_suite_has_a_preset_for_every_kind_of_app_it_knows() {
    let registered = Registered::new().await;
    let ids: Vec<&str> = registered
        .presets
        .iter()
        .map(|preset| preset["id"].as_str().unwrap())
        .collect();
    for slug in ["northside", "lakeside"] {
        for preset in [
            "smart-public",
            "smart-symmetric",
            "smart_stu2-public",
            "smart_stu2-symmetric",
            "smart_stu2-asymmetric",
            "smart_stu2_2-public",
            "smart_stu2_2-symmetric",
            "smart_stu2_2-asymmetric",
            "g10_certification-certification",
        ] {
            assert!(
                ids.contains(&format!("wardkey-{slug}-{preset}").as_str()),
                "{preset} in {ids:?}"
            );
        }
    }
    assert_eq!(ids.len(), 18);
    for preset in &registered.presets {
        let slug = if preset["id"].as_str().unwrap().contains("lakeside") {
            "lakeside"
        } else {
            "northside"
        };
        assert_eq!(value_of(preset, "url"), registered.running.population.fhir_base(slug));
    }
}

#[tokio::test]
async fn each_kind_of_app_launches_with_what_its_preset_says() {
    let registered = Registered::new().await;
    for kind in ["public", "symmetric", "asymmetric"] {
        let preset = registered.preset(&format!("wardkey-lakeside-smart_stu2_2-{kind}"));
        let info = value_of(preset, "standalone_smart_auth_info");
        assert_eq!(info["auth_type"], kind);
        let tokens = registered.launch(&info).await;
        assert_eq!(tokens["scope"], info["requested_scopes"], "{kind}");
        assert!(
            tokens["refresh_token"].is_string() && tokens["id_token"].is_string(),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn the_certifications_app_is_granted_every_type_and_finds_something_of_each() {
    let registered = Registered::new().await;
    let preset = registered.preset("wardkey-lakeside-g10_certification-certification");
    let info = value_of(preset, "standalone_smart_auth_info");
    let tokens = registered.launch(&info).await;
    assert_eq!(tokens["scope"], info["requested_scopes"]);
    let token = tokens["access_token"].as_str().unwrap();
    for search in SEARCHES {
        let found = registered.get(search, token).await.assert_status(200).json();
        assert!(found["total"].as_u64().unwrap() > 0, "{search}: {found}");
    }
    for name in [
        "Organization",
        "Practitioner",
        "Location",
        "Medication",
        "PractitionerRole",
    ] {
        registered.get(name, token).await.assert_status(200);
    }
}

#[tokio::test]
async fn granular_scopes_of_the_certification_are_granted_as_they_are_asked_for() {
    let registered = Registered::new().await;
    let preset = registered.preset("wardkey-lakeside-g10_certification-certification");
    for name in ["granular_scopes_1_auth_info", "granular_scopes_2_auth_info"] {
        let info = value_of(preset, name);
        let tokens = registered.launch(&info).await;
        assert_eq!(tokens["scope"], info["requested_scopes"], "{name}");
    }
}

#[tokio::test]
async fn the_backend_service_gets_a_token_and_reads_with_it() {
    let registered = Registered::new().await;
    for (preset, input) in [
        ("smart_stu2_2-public", "backend_services_smart_auth_info"),
        ("g10_certification-certification", "bulk_smart_auth_info"),
    ] {
        let preset = registered.preset(&format!("wardkey-lakeside-{preset}"));
        backend_reads(&registered, &value_of(preset, input)).await;
    }
}

async fn backend_reads(registered: &Registered, info: &Value) {
    let client_id = info["client_id"].as_str().unwrap();
    let scope = info["requested_scopes"].as_str().unwrap();
    let assertion = registered.assertion(client_id);
    let form = [
        [("grant_type", "client_credentials"), ("scope", scope)],
        proof(&assertion),
    ]
    .concat();
    let path = info["token_url"].as_str().unwrap();
    let path = &path[path.find("/lakeside").unwrap()..];
    let tokens = registered.running.router.send(Request::post(path).form(&form)).await;
    let tokens = tokens.assert_status(200).json();
    let found = registered
        .get("Patient", tokens["access_token"].as_str().unwrap())
        .await;
    assert!(found.assert_status(200).json()["total"].as_u64().unwrap() > 1);
}

#[tokio::test]
async fn the_header_for_introspection_opens_the_token() {
    let registered = Registered::new().await;
    let preset = registered.preset("wardkey-lakeside-smart_stu2_2-public");
    let tokens = registered.launch(&value_of(preset, "standalone_smart_auth_info")).await;
    let line = value_of(preset, "custom_authorization_header");
    let (name, value) = line.as_str().unwrap().split_once(": ").unwrap();
    let token = tokens["access_token"].as_str().unwrap();
    let request = Request::post("/lakeside/auth/introspect").header(name, value);
    let known = registered
        .running
        .router
        .send(request.form(&[("token", token)]))
        .await
        .json();
    assert_eq!(known["active"], true);
    assert_eq!(known["scope"], tokens["scope"]);
}

/// The multi-patient API's kick-off without a token: refused as such, whatever the server can export.
#[tokio::test]
async fn an_export_without_a_token_is_unauthorized() {
    let demo = RunningDemo::start().await;
    let request = Request::get("/lakeside/fhir/Group/1/$export");
    demo.router.send(request.empty()).await.assert_status(401);
}

#[tokio::test]
async fn the_launcher_offers_each_suites_launch_address() {
    let registered = Registered::new().await;
    let mut browser = registered.running.browser();
    let page = browser.goto("/demo/launcher?tenant=lakeside").await;
    for suite in ["smart", "smart_stu2", "smart_stu2_2"] {
        let option = format!("value=\"inferno-public https://inferno.test/custom/{suite}/launch\"");
        assert!(page.response.text().contains(&option), "{option}");
    }
    let app = "inferno-public+https%3A%2F%2Finferno.test%2Fcustom%2Fsmart_stu2_2%2Flaunch";
    let page = browser
        .goto(&format!(
            "/demo/launcher?tenant=lakeside&app={app}&patient=maria&launch=yes"
        ))
        .await;
    let opened = "https://inferno.test/custom/smart_stu2_2/launch?iss=";
    assert!(page.response.text().contains(opened), "{page}");
}
