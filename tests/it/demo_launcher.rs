//! The demonstration's EHR launcher: real launches, and launches that go wrong on purpose.

use crate::support::app::{CHALLENGE, VERIFIER, claims};
use crate::support::browser::Browser;
use crate::support::demo::{RunningDemo, allow};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use crate::support::http_browser::Page;
use axum::http::Request;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;
use wardkey::web::pages::DemoFault;

const SCOPE: &str = "openid fhirUser launch patient/*.rs offline_access";

fn launcher(settings: &[(&str, &str)]) -> String {
    let defaults = [
        ("tenant", "lakeside"),
        ("app", "sample-app"),
        ("kind", "ehr"),
        ("user", "ana"),
        ("sign_in", "vouched"),
        ("patient", "maria"),
        ("encounter", "visit"),
        ("launch", "yes"),
    ];
    let mut pairs: Vec<(&str, &str)> = defaults.to_vec();
    for (name, value) in settings {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name, value));
    }
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("/demo/launcher?{query}")
}

/// The address that the launcher offers to open.
fn launch_address(page: &Page) -> Url {
    let text = page.response.text();
    let address = text
        .split_once("id=\"launch-address\"")
        .and_then(|(_, rest)| rest.split_once('>')?.1.split_once('<'))
        .unwrap_or_else(|| panic!("nothing to open at {page}"))
        .0;
    Url::parse(&address.replace("&#38;", "&")).unwrap()
}

fn query_of(address: &Url) -> HashMap<String, String> {
    address.query_pairs().into_owned().collect()
}

/// The sample app's part of a launch, request by request, without a window.
struct Launched<'a> {
    demo: &'a RunningDemo,
    iss: String,
    configuration: Value,
    answer: Page,
}

impl<'a> Launched<'a> {
    async fn begin(demo: &'a RunningDemo, settings: &[(&str, &str)]) -> Self {
        let mut browser = demo.browser();
        let page = browser.goto(&launcher(settings)).await;
        let parameters = query_of(&launch_address(&page));
        let iss = parameters["iss"].clone();
        let configuration = get(demo, &format!("{iss}/.well-known/smart-configuration"), None)
            .await
            .assert_status(200)
            .json();
        let mut address = Url::parse(configuration["authorization_endpoint"].as_str().unwrap()).unwrap();
        address.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", "sample-app"),
            ("redirect_uri", &demo.population.redirect_uri()),
            ("scope", SCOPE),
            ("state", "state-of-the-app"),
            ("aud", &iss),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        if let Some(launch) = parameters.get("launch") {
            address.query_pairs_mut().append_pair("launch", launch);
        }
        let page = browser.goto(address.as_str()).await;
        let answer = allow(&mut browser, page, "ana", &demo.population.redirect_uri()).await;
        Self {
            demo,
            iss,
            configuration,
            answer,
        }
    }

    async fn post(&self, form: &[(&str, &str)]) -> Response {
        let address = Url::parse(self.configuration["token_endpoint"].as_str().unwrap()).unwrap();
        let form = [form, &[("client_id", "sample-app")]].concat();
        self.demo
            .router
            .send(
                Request::post(address.path())
                    .header("origin", "https://app.test")
                    .form(&form),
            )
            .await
    }

    async fn redeem(&self) -> Response {
        let code = self
            .answer
            .parameter("code")
            .unwrap_or_else(|| panic!("no code at {}", self.answer));
        let redirect_uri = self.demo.population.redirect_uri();
        self.post(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    async fn read_patient(&self, tokens: &Value) -> Response {
        let token = tokens["access_token"].as_str();
        get(self.demo, &format!("{}/Patient/maria", self.iss), token).await
    }
}

async fn get(demo: &RunningDemo, address: &str, token: Option<&str>) -> Response {
    let address = Url::parse(address).unwrap();
    let mut request = Request::get(&address[url::Position::BeforePath..]);
    if let Some(token) = token {
        request = request.bearer(token);
    }
    demo.router.send(request.empty()).await
}

#[tokio::test]
async fn a_launch_hands_the_app_everything_that_was_filled_in() {
    let demo = RunningDemo::start().await;
    let launched = Launched::begin(
        &demo,
        &[
            ("intent", "reconcile-medications"),
            ("unit", "ward-1"),
            ("banner", "shown"),
            ("style", "dusk"),
            ("fhir_context", "[{\"reference\": \"DiagnosticReport/maria-panel\"}]"),
        ],
    )
    .await;
    let tokens = launched.redeem().await.assert_status(200).json();
    assert_eq!(tokens["patient"], "maria");
    assert_eq!(tokens["encounter"], "maria-visit");
    assert_eq!(tokens["intent"], "reconcile-medications");
    assert_eq!(tokens["tenant"], "ward-1");
    assert_eq!(tokens["need_patient_banner"], false);
    assert_eq!(
        tokens["fhirContext"],
        json!([{ "reference": "DiagnosticReport/maria-panel" }])
    );
    let style = tokens["smart_style_url"].as_str().unwrap();
    let style = get(&demo, style, None).await.assert_status(200);
    assert_eq!(style.header("access-control-allow-origin"), Some("*"));
    assert!(style.json()["color_background"].is_string());
    // The user was vouched for: nobody typed a password.
    let access = claims(tokens["access_token"].as_str().unwrap());
    assert!(
        access["fhirUser"].as_str().unwrap().ends_with("/Practitioner/ana"),
        "{access}"
    );
    launched.read_patient(&tokens).await.assert_status(200);
}

#[tokio::test]
async fn a_portal_opens_the_users_own_record_and_that_of_nobody_else() {
    let demo = RunningDemo::start().await;
    for (user, patient) in [("maria", "maria"), ("rosa", "samuel")] {
        // Whatever patient was chosen beside it.
        let settings = [
            ("kind", "portal"),
            ("user", user),
            ("patient", "james"),
            ("encounter", ""),
        ];
        let launched = Launched::begin(&demo, &settings).await;
        let tokens = launched.redeem().await.assert_status(200).json();
        assert_eq!(tokens["patient"], patient);
    }
    let page = demo
        .browser()
        .goto(&launcher(&[("kind", "portal"), ("user", "ben")]))
        .await;
    assert!(page.response.text().contains("A portal is for patients"), "{page}");
}

#[tokio::test]
async fn a_standalone_launch_names_the_fhir_server_and_no_handle() {
    let demo = RunningDemo::start().await;
    let page = demo.browser().goto(&launcher(&[("kind", "standalone")])).await;
    let parameters = query_of(&launch_address(&page));
    assert_eq!(parameters["iss"], demo.population.fhir_base("lakeside"));
    assert!(!parameters.contains_key("launch"));
}

#[tokio::test]
async fn what_the_hospital_refuses_is_shown_in_its_own_words() {
    let demo = RunningDemo::start().await;
    let bad = [("fhir_context", "[{\"reference\": \"Patient/maria\"}]")];
    let page = demo.browser().goto(&launcher(&bad)).await;
    assert!(page.response.text().contains("fhirContext[0]"), "{page}");
    let page = demo.browser().goto(&launcher(&[("fhir_context", "{")])).await;
    assert!(page.response.text().contains("has to be a JSON list"), "{page}");
    let page = demo.browser().goto(&launcher(&[("app", "growth-chart")])).await;
    assert!(page.response.text().contains("no launch address"), "{page}");
}

/// The assertion shown for typing has not been used by the page itself.
#[tokio::test]
async fn the_commands_shown_work_when_they_are_typed() {
    let demo = RunningDemo::start().await;
    let page = demo.browser().goto(&launcher(&[])).await;
    let text = page.response.text();
    let assertion = text
        .split_once("-d client_assertion=")
        .and_then(|(_, rest)| rest.split_once(" \\"))
        .unwrap()
        .0;
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "__launch"),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", assertion),
    ];
    let request = Request::post("/lakeside/auth/token").form(&form);
    demo.router.send(request).await.assert_status(200);
}

/// Every fault that happens before the token: what comes back instead of a code.
#[tokio::test]
async fn faults_on_the_way_to_the_sign_in_meet_the_servers_own_answer() {
    let demo = RunningDemo::start().await;
    for (fault, expected) in [
        (DemoFault::WrongHospital, "invalid_request"),
        (DemoFault::UnusableScope, "invalid_scope"),
        (DemoFault::WrongAudience, "invalid_request"),
        (DemoFault::StaleLaunch, "invalid_request"),
        (DemoFault::NoChallenge, "invalid_request"),
        (DemoFault::NoSignIn, "login_required"),
    ] {
        // Not vouched for, or somebody would be signed in.
        let launched = Launched::begin(&demo, &[("fault", fault.name()), ("sign_in", "form")]).await;
        let error = launched.answer.parameter("error");
        assert_eq!(error.as_deref(), Some(expected), "{fault:?}: {}", launched.answer);
    }
    for fault in [DemoFault::UnknownClient, DemoFault::OtherRedirect] {
        let launched = Launched::begin(&demo, &[("fault", fault.name())]).await;
        assert_eq!(launched.answer.response.status, 400, "{fault:?}: {}", launched.answer);
    }
    let launched = Launched::begin(&demo, &[("fault", DemoFault::FewerScopes.name())]).await;
    let tokens = launched.redeem().await.assert_status(200).json();
    assert_eq!(tokens["scope"], "openid fhirUser launch patient/Patient.r");
}

#[tokio::test]
async fn faults_at_the_token_endpoint_meet_the_servers_own_answer() {
    let demo = RunningDemo::start().await;
    for (fault, status, expected) in [
        (DemoFault::WrongCredentials, 401, "invalid_client"),
        (DemoFault::ExpiredCode, 400, "invalid_grant"),
        (DemoFault::UsedCode, 400, "invalid_grant"),
        (DemoFault::WrongVerifier, 400, "invalid_grant"),
        (DemoFault::TokenDown, 503, "temporarily_unavailable"),
    ] {
        let launched = Launched::begin(&demo, &[("fault", fault.name())]).await;
        let answer = launched.redeem().await.assert_status(status);
        assert_eq!(answer.json()["error"], expected, "{fault:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{fault:?}");
    }
    for (fault, expected) in [
        (DemoFault::ExpiredRefresh, "invalid_grant"),
        (DemoFault::WiderRefresh, "invalid_scope"),
    ] {
        let launched = Launched::begin(&demo, &[("fault", fault.name())]).await;
        let tokens = launched.redeem().await.assert_status(200).json();
        let refresh = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ];
        let answer = launched.post(&refresh).await.assert_status(400);
        assert_eq!(answer.json()["error"], expected, "{fault:?}");
    }
}

#[tokio::test]
async fn faults_of_an_apps_assertion_meet_the_servers_own_answer() {
    let demo = RunningDemo::start().await;
    for fault in [
        DemoFault::ExpiredAssertion,
        DemoFault::UsedAssertion,
        DemoFault::WrongCredentials,
    ] {
        let proof = demo
            .router
            .send(Request::post("/demo/app/assertion/lakeside").empty())
            .await
            .assert_status(200)
            .json();
        let path = format!("/demo/faults/{}/lakeside/token", fault.name());
        let form = [
            ("grant_type", "authorization_code"),
            ("code", "wkc_none"),
            ("redirect_uri", "https://app.test/callback"),
            ("code_verifier", VERIFIER),
            (
                "client_assertion_type",
                proof["client_assertion_type"].as_str().unwrap(),
            ),
            ("client_assertion", proof["client_assertion"].as_str().unwrap()),
        ];
        let answer = demo.router.send(Request::post(&path).form(&form)).await;
        assert_eq!(answer.assert_status(401).json()["error"], "invalid_client", "{fault:?}");
        // Without the fault the same form is only about the code.
        let proof = demo
            .router
            .send(Request::post("/demo/app/assertion/lakeside").empty())
            .await
            .json();
        let mut form = form.to_vec();
        form[5].1 = proof["client_assertion"].as_str().unwrap();
        let answer = demo
            .router
            .send(Request::post("/lakeside/auth/token").form(&form))
            .await;
        assert_eq!(answer.assert_status(400).json()["error"], "invalid_grant");
    }
}

#[tokio::test]
async fn faults_at_the_fhir_server_meet_the_servers_own_answer() {
    let demo = RunningDemo::start().await;
    for (fault, status, expected) in [
        (DemoFault::DamagedToken, 401, "invalid_token"),
        (DemoFault::ExpiredToken, 401, "invalid_token"),
        (DemoFault::ForeignScope, 403, "insufficient_scope"),
        (DemoFault::ForeignToken, 403, "tenant_mismatch"),
        (DemoFault::FhirDown, 503, ""),
    ] {
        let launched = Launched::begin(&demo, &[("fault", fault.name())]).await;
        let tokens = launched.redeem().await.assert_status(200).json();
        let answer = launched.read_patient(&tokens).await.assert_status(status);
        assert_eq!(answer.json()["resourceType"], "OperationOutcome", "{fault:?}");
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains(expected), "{fault:?}: {challenge}");
        // The token itself is good at the hospital.
        let token = tokens["access_token"].as_str();
        let real = format!("{}/Patient/maria", demo.population.fhir_base("lakeside"));
        get(&demo, &real, token).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_fault_that_does_not_exist_is_not_found() {
    let demo = RunningDemo::start().await;
    for path in [
        "/demo/faults/nothing/lakeside/fhir/metadata",
        "/demo/faults/fhir-down/nowhere/fhir/metadata",
        "/demo/faults/nothing/lakeside/authorize",
    ] {
        demo.router.send(Request::get(path).empty()).await.assert_status(404);
    }
}

/// Some faults put the EHR's own token into a request.
#[tokio::test]
async fn a_fault_lends_the_ehrs_token_to_the_fhir_server_alone() {
    let demo = RunningDemo::start().await;
    for path in ["%2e%2e/auth/launch", "..%2fauth/launch", "x/%2e%2e/%2e%2e/auth/launch"] {
        let request = Request::post(format!("/demo/faults/foreign-scope/lakeside/fhir/{path}"))
            .bearer("anything")
            .json(&json!({ "patient": "maria" }));
        demo.router.send(request).await.assert_status(404);
    }
}

#[tokio::test]
async fn a_clinician_opens_the_app_inside_the_ehrs_frame() {
    let Some(browser) = Browser::open_without_third_party_cookies().await else {
        return;
    };
    let demo = RunningDemo::start().await;
    browser.resize(1280, 1400).await;
    browser.goto(&demo.address("/demo/launcher?tenant=lakeside")).await;
    browser.screenshot("launcher-form").await;
    browser.fill("Intent", "reconcile-medications").await;
    browser.choose_option("Patient banner", "The EHR shows it").await;
    browser.choose_option("Style", "The EHR's own, dusk").await;
    browser.press("Prepare the launch").await;
    browser.press("Open in the frame below").await;
    browser.client().clone().enter_frame(0).await.unwrap();
    // At the clinic's own sign-in, in the frame, with its ordinary cookies.
    browser.press("Hospital account").await;
    browser.fill("User name", "ana").await;
    browser.fill("Password", "demonstration").await;
    browser.press("Sign in").await;
    browser.wait_for("button[value=allow]").await;
    browser.press("Allow").await;
    browser
        .wait_for_words("#patient", "The EHR shows who the patient is")
        .await;
    browser
        .wait_for_words("#context-members", "reconcile-medications")
        .await;
    browser.wait_for_words("#style-members", "color_background").await;
    browser.client().clone().enter_parent_frame().await.unwrap();
    browser.screenshot("launcher-frame").await;
}

#[tokio::test]
async fn the_sample_app_with_a_key_sends_its_request_as_a_form_and_refreshes() {
    let Some(browser) = Browser::open().await else { return };
    let demo = RunningDemo::start().await;
    let settings = [("app", "sample-app-keyed"), ("method", "post")];
    browser.goto(&demo.address(&launcher(&settings))).await;
    let address = browser.wait_for("a[target=_blank]").await.attr("href").await.unwrap();
    browser.goto(&address.unwrap()).await;
    browser.wait_for("button[value=allow]").await;
    browser.press("Allow").await;
    browser.wait_for_words("#patient", "Maria Lopez").await;
    browser.wait_for_words("#access-token", "sample-app-keyed").await;
    browser.press("Refresh the token").await;
    browser.wait_for_words("#compared", "refresh_token").await;
    browser.press("Observations").await;
    browser.wait_for_words("#answers", "Found").await;
    browser.press("Another patient").await;
    browser.wait_for_words("#answers", "Refused").await;
    browser.press("Sign out").await;
    browser.wait_for_words("#verdicts", "Signed out").await;
}

#[tokio::test]
async fn the_sample_app_shows_what_a_fault_leads_to() {
    let Some(browser) = Browser::open().await else { return };
    let demo = RunningDemo::start().await;
    for (fault, shown) in [
        ("foreign-token", "tenant_mismatch"),
        ("used-code", "invalid_grant"),
        ("stale-launch", "invalid_request"),
    ] {
        browser.goto(&demo.address(&launcher(&[("fault", fault)]))).await;
        let address = browser.wait_for("a[target=_blank]").await.attr("href").await.unwrap();
        browser.goto(&address.unwrap()).await;
        browser.wait_for("button[value=allow], .notice.danger").await;
        if browser.url().await.path() != "/demo/app" {
            browser.press("Allow").await;
        }
        browser.wait_for_words("#verdicts", shown).await;
    }
}
