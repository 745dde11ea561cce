//! The patient picker for clinicians: what it searches, as whom, what it shows when something is wrong, and whom it refuses.

use crate::support::app::{BASE, TestApp, TestTenant, claims};
use crate::support::database::Database;
use crate::support::fhir_server::{FhirServer, Mood, patient};
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::Port;
use axum::http::Request;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wardkey::control::Change;
use wardkey::control::patient_directory::DirectoryAccess;
use wardkey::demo::fhir::{FhirWorld, routes};
use wardkey::kernel::Secret;
use wardkey::oauth::jose::{JwkSet, SigningAlgorithm, VerificationKeys};
use wardkey::smart::{FhirBase, SearchRestriction};
use wardkey::tenant::patient_directory::{DirectoryAuthentication, OauthClient};

const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs";

fn people() -> Vec<Value> {
    let mut people = vec![
        patient("maria", "Maria", "Lopez", "1984-03-12", "MRN-204100"),
        patient("maria-2", "Maria", "Lopez", "1951-11-30", "MRN-204137"),
        patient("james", "James", "Whitfield", "1972-07-04", "MRN-204174"),
    ];
    people[2]["generalPractitioner"][0]["reference"] = json!("Practitioner/ben");
    people
}

pub(crate) async fn connect(tenant: &TestTenant<'_>, server: &FhirServer, authentication: DirectoryAuthentication) {
    let secret = authentication.needs_secret().then(|| Secret::new("s3cret".to_owned()));
    let access = DirectoryAccess {
        fhir_base: Some(FhirBase::parse(&server.base()).unwrap()),
        authentication,
        secret,
        encounters: true,
        new_key: false,
    };
    tenant.admin().await.set_patient_directory(access).await.unwrap();
}

fn oauth_client(server: &FhirServer) -> OauthClient {
    OauthClient {
        token_endpoint: server.token_endpoint(),
        client_id: "wardkey".to_owned(),
        scope: "system/Patient.rs".to_owned(),
        algorithm: SigningAlgorithm::ES384,
    }
}

/// The picker, shown to `username`.
async fn picker(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, username: &str) -> Page {
    let query = tenant.authorization_request(SCOPE);
    let page = tenant.authorize(browser, &query, username).await;
    assert!(page.response.text().contains("name=\"query\""), "{page}");
    page
}

async fn search(browser: &mut HttpBrowser, page: &Page, field: &str, value: &str) -> Page {
    let form = page.forms().remove(0).with("step", "search").with(field, value);
    browser.submit(page, &form).await
}

async fn choose(browser: &mut HttpBrowser, page: &Page, id: &str) -> Page {
    let form = page.forms().remove(0).with("step", "choose").with("patient", id);
    browser.submit(page, &form).await
}

#[tokio::test]
async fn a_clinician_searches_in_three_ways_and_chooses() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    for (field, value, expected) in [
        ("query", "lop", vec!["maria", "maria-2"]),
        ("query", "maria lopez", vec!["maria", "maria-2"]),
        ("birthdate", "1972-07-04", vec!["james"]),
        ("identifier", "MRN-204174", vec!["james"]),
        ("identifier", "urn:records|MRN-204100", vec!["maria"]),
        ("identifier", "urn:others|MRN-204100", vec![]),
        ("query", "MRN-204137", vec!["maria-2"]),
    ] {
        let found = search(&mut browser, &first, field, value).await;
        for id in ["maria", "maria-2", "james"] {
            let shown = found.response.text().contains(&format!("value=\"{id}\""));
            assert_eq!(shown, expected.contains(&id), "{field}={value}: {id} in {found}");
        }
    }
    let consent = choose(&mut browser, &first, "james").await;
    assert!(consent.response.text().contains("James Whitfield"), "{consent}");
    let done = browser
        .submit(&consent, &consent.form().with("decision", "allow"))
        .await;
    let tokens = tenant
        .redeem(&done.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    assert_eq!(tokens["patient"], "james");
}

#[tokio::test]
async fn nothing_that_is_searched_stands_in_an_address() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let found = search(&mut browser, &first, "query", "lopez").await;
    assert!(!found.url.as_str().contains("lopez"));
    let asked = server.asked();
    assert_eq!(
        (asked[0].method.as_str(), asked[0].target.as_str()),
        ("POST", "/r4/Patient/_search")
    );
    assert!(asked[0].body.contains("lopez"));
}

#[tokio::test]
async fn two_of_one_name_are_told_apart_by_birth_date_and_number() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    server.add(patient("maria-3", "Maria", "Lopez", "1984-03-12", "OLD-204100"));
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let found = search(&mut browser, &first, "query", "lopez").await;
    let text = found.response.text();
    for told in [
        "1951-11-30",
        "<code>4137</code>",
        "<code>MRN-204100</code>",
        "<code>OLD-204100</code>",
    ] {
        assert!(text.contains(told), "{told} in {found}");
    }
}

#[tokio::test]
async fn pages_are_turned_forth_and_back_by_the_servers_own_links() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let many = (1..=7)
        .map(|n| patient(&format!("p{n}"), "Ana", "Many", "2000-01-01", &format!("N{n}")))
        .collect();
    let server = FhirServer::start(many).await;
    server.set_page_size(3);
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let one = search(&mut browser, &first, "query", "many").await;
    let turn = async |browser: &mut HttpBrowser, page: &Page, words: &str| {
        let text = page.response.text();
        let button = text.split("<button").find(|part| part.contains(words)).unwrap();
        let sealed = button
            .split("value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        assert!(
            !sealed.contains("getpages"),
            "the address of a page is not shown to the browser"
        );
        search(browser, page, "page", &sealed).await
    };
    let shows = |page: &Page, id: &str| page.response.text().contains(&format!("value=\"{id}\""));
    assert!(shows(&one, "p3") && !shows(&one, "p4") && !one.response.text().contains("Previous patients"));
    let two = turn(&mut browser, &one, "Next patients").await;
    assert!(shows(&two, "p4") && shows(&two, "p6") && !shows(&two, "p3"), "{two}");
    let three = turn(&mut browser, &two, "Next patients").await;
    assert!(shows(&three, "p7") && !three.response.text().contains("Next patients"));
    let back = turn(&mut browser, &three, "Previous patients").await;
    assert!(shows(&back, "p4"), "{back}");
    // What was sealed for one interaction opens in no other, and nothing made up opens.
    let mut other = app.browser();
    let elsewhere = picker(&tenant, &mut other, "ada").await;
    let before = server.asked().len();
    let text = one.response.text().to_owned();
    let sealed = text
        .split("name=\"page\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    for page in [sealed, "AAAA"] {
        let answer = search(&mut other, &elsewhere, "page", page).await;
        assert!(answer.response.text().contains("name=\"query\""), "{answer}");
    }
    assert_eq!(server.asked().len(), before, "nothing was asked");
}

#[tokio::test]
async fn a_page_of_another_server_is_not_followed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    server.set_page_size(1);
    server.set_mood(Mood::Luring);
    connect(&tenant, &server, DirectoryAuthentication::Bearer).await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let found = search(&mut browser, &first, "query", "lopez").await;
    assert!(found.response.text().contains("value=\"maria\""), "{found}");
    assert!(!found.response.text().contains("Next patients"), "{found}");
}

#[tokio::test]
async fn each_failure_has_its_words_in_both_languages() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let spanish = browser.goto(&format!("{}?ui_locales=es", first.url.path())).await;
    for (mood, value, status, english_words, spanish_words) in [
        (
            Mood::Well,
            "nobody",
            200,
            "No patient found",
            "No se encontró ningún paciente",
        ),
        (Mood::Well, "x", 200, "at least two letters", "al menos dos letras"),
        (
            Mood::Status(503),
            "lopez",
            502,
            "cannot be reached",
            "No se puede acceder",
        ),
        (
            Mood::Status(401),
            "lopez",
            502,
            "cannot be searched",
            "No se puede buscar",
        ),
        (Mood::Status(403), "lopez", 502, "service desk", "servicio técnico"),
        (
            Mood::Status(400),
            "lopez",
            502,
            "cannot be searched",
            "No se puede buscar",
        ),
        (Mood::Nonsense, "lopez", 502, "cannot be searched", "No se puede buscar"),
    ] {
        server.set_mood(mood);
        for (language, words) in [("en", english_words), ("es", spanish_words)] {
            let shown = browser
                .goto(&format!("{}?ui_locales={language}", spanish.url.path()))
                .await;
            let answer = search(&mut browser, &shown, "query", value).await;
            assert_eq!(answer.response.status, status, "{mood:?} {answer}");
            assert!(answer.response.text().contains(words), "{mood:?} {words}: {answer}");
        }
        app.wait(Duration::from_secs(31)); // past the breaker's pause
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_waited_for_a_bounded_time() {
    let app = TestApp::with_patience(Duration::from_millis(300)).await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    server.set_mood(Mood::Hanging);
    let answer = search(&mut browser, &first, "query", "lopez").await;
    assert_eq!(answer.response.status, 504);
    assert!(answer.response.text().contains("take too long"), "{answer}");
    assert!(
        answer.response.text().contains("value=\"lopez\""),
        "what was typed is kept"
    );
}

#[tokio::test]
async fn a_patient_who_is_gone_meanwhile_is_not_chosen() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let found = search(&mut browser, &first, "query", "lopez").await;
    server.remove("Patient", "maria");
    let answer = choose(&mut browser, &found, "maria").await;
    assert_eq!(answer.response.status, 404);
    assert!(answer.response.text().contains("no longer there"), "{answer}");
}

#[tokio::test]
async fn a_user_chooses_only_within_the_tenants_restriction() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    let restriction = SearchRestriction::parse("general-practitioner={fhirUser}").unwrap();
    let admin = tenant.admin().await;
    admin.set_patient_choice(Vec::new(), Some(restriction)).await.unwrap();
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let found = search(&mut browser, &first, "query", "whitfield").await;
    assert!(found.response.text().contains("No patient found"), "{found}");
    // A forged choice of a patient who was never shown.
    for id in ["james", "nobody", "../Patient/maria", ""] {
        let refused = choose(&mut browser, &first, id).await;
        assert_eq!(refused.response.status, 403, "{id}: {refused}");
        assert!(
            refused.response.text().contains("may not open this record"),
            "{refused}"
        );
    }
    let admin = tenant.admin().await;
    let events = admin
        .cx()
        .read()
        .await
        .unwrap()
        .list_recent_event_names(20)
        .await
        .unwrap();
    let refusals = events.iter().filter(|event| *event == "patient_choice.refused");
    assert_eq!(refusals.count(), 4);
    let consent = choose(&mut browser, &first, "maria").await;
    assert!(consent.response.text().contains("Maria Lopez"), "{consent}");
}

#[tokio::test]
async fn a_server_that_ignores_the_restriction_is_not_believed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    let restriction = SearchRestriction::parse("general-practitioner={fhirUser}").unwrap();
    let admin = tenant.admin().await;
    admin.set_patient_choice(Vec::new(), Some(restriction)).await.unwrap();
    server.set_mood(Mood::Careless);
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let found = search(&mut browser, &first, "query", "lopez").await;
    assert_eq!(found.response.status, 502, "{found}");
    assert!(!found.response.text().contains("value=\"maria\""));
    let chosen = choose(&mut browser, &first, "james").await;
    assert_eq!(chosen.response.status, 502, "{chosen}");
}

#[tokio::test]
async fn roles_say_who_may_use_the_picker() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let admin = tenant.admin().await;
    admin
        .set_patient_choice(vec!["front-desk".to_owned()], None)
        .await
        .unwrap();
    let query = tenant.authorization_request(SCOPE);
    let refused = tenant.authorize(&mut app.browser(), &query, "ada").await;
    assert_eq!(refused.parameter("error").as_deref(), Some("access_denied"));
    picker(&tenant, &mut app.browser(), "clerk").await;
}

#[tokio::test]
async fn a_client_secret_gets_a_token_that_is_kept_and_replaced_in_time() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    connect(
        &tenant,
        &server,
        DirectoryAuthentication::ClientSecret(oauth_client(&server)),
    )
    .await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let found = async |browser: &mut HttpBrowser| {
        let found = search(browser, &first, "query", "lopez").await;
        assert!(found.response.text().contains("value=\"maria\""), "{found}");
    };
    found(&mut browser).await;
    found(&mut browser).await;
    assert_eq!(server.tokens_issued(), 1, "the token is kept");
    let request = server
        .asked()
        .into_iter()
        .find(|asked| asked.target == "/token")
        .unwrap();
    assert_eq!(request.authorization.as_deref(), Some("Basic d2FyZGtleTpzM2NyZXQ="));
    assert_eq!(request.body, "grant_type=client_credentials&scope=system%2FPatient.rs");
    app.wait(Duration::from_secs(245)); // 300 less the margin of 60
    found(&mut browser).await;
    assert_eq!(server.tokens_issued(), 2, "replaced shortly before its end");
    server.accept_only("something-else");
    found(&mut browser).await;
    assert_eq!(server.tokens_issued(), 3, "refused once, fetched once more");
}

#[tokio::test]
async fn a_refused_client_is_told_as_such_and_not_asked_for_ever() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    server.answer_tokens_with(
        401,
        json!({ "error": "invalid_client", "error_description": "echo s3cret" }),
    );
    connect(
        &tenant,
        &server,
        DirectoryAuthentication::ClientSecret(oauth_client(&server)),
    )
    .await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let answer = search(&mut browser, &first, "query", "lopez").await;
    assert_eq!(answer.response.status, 502);
    assert_eq!(server.asked().len(), 1);
    let outbound = app.app.federation().outbound().clone();
    let directory = wardkey::patient_directory::PatientDirectory::new(outbound);
    let steps = json!(tenant.admin().await.check_patient_directory(&directory).await.unwrap());
    assert_eq!(steps[1]["step"], "token");
    assert_eq!(steps[1]["outcome"], "failed");
    let detail = steps[1]["detail"].as_str().unwrap();
    assert!(
        detail.contains("invalid_client") && !detail.contains("s3cret"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_key_of_the_tenants_own_signs_the_assertion_and_is_published() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    connect(
        &tenant,
        &server,
        DirectoryAuthentication::PrivateKeyJwt(oauth_client(&server)),
    )
    .await;
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let found = search(&mut browser, &first, "query", "lopez").await;
    assert!(found.response.text().contains("value=\"maria\""), "{found}");
    let request = server
        .asked()
        .into_iter()
        .find(|asked| asked.target == "/token")
        .unwrap();
    let form: std::collections::BTreeMap<String, String> = url::form_urlencoded::parse(request.body.as_bytes())
        .into_owned()
        .collect();
    assert_eq!(
        form["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let assertion = &form["client_assertion"];
    let said = claims(assertion);
    assert_eq!((&said["iss"], &said["sub"]), (&json!("wardkey"), &json!("wardkey")));
    assert_eq!(said["aud"], server.token_endpoint());
    let left = said["exp"].as_i64().unwrap() - app.now().seconds();
    assert!((1..=300).contains(&left), "{left}");
    assert!(said["jti"].as_str().unwrap().len() >= 20);
    // The public half verifies it; nobody else's does, and no private member is published.
    let published = tenant.get(&tenant.path("backend-jwks")).await.assert_status(200);
    assert!(!published.text().contains("\"d\""));
    let keys: JwkSet = serde_json::from_str(published.text()).unwrap();
    let rules = wardkey::oauth::jose::Rules {
        algorithms: &[SigningAlgorithm::ES384],
        types: &["jwt"],
        type_may_be_absent: false,
        issuer: "wardkey",
        audience: wardkey::oauth::jose::Audience::StringOf(&[&server.token_endpoint()]),
        expiry: wardkey::oauth::jose::verify::Expiry::Required,
        skew: Duration::ZERO,
    };
    let verify = |keys: &VerificationKeys| {
        let jwt = wardkey::oauth::jose::UnverifiedJwt::parse(assertion).unwrap();
        jwt.verify::<Value>(keys, &rules, app.now())
    };
    assert!(verify(&VerificationKeys::from_jwk_set(&keys)).is_ok());
    let tokens_keys: JwkSet = serde_json::from_str(tenant.get(&tenant.path("jwks")).await.text()).unwrap();
    assert!(verify(&VerificationKeys::from_jwk_set(&tokens_keys)).is_err());
}

#[tokio::test]
async fn settings_are_shown_without_their_secret_and_typing_them_again_changes_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let server = FhirServer::start(people()).await;
    connect(&tenant, &server, DirectoryAuthentication::Bearer).await;
    let access = |authentication, secret: Option<&str>| DirectoryAccess {
        fhir_base: Some(FhirBase::parse(&server.base()).unwrap()),
        authentication,
        secret: secret.map(|text| Secret::new(text.to_owned())),
        encounters: true,
        new_key: false,
    };
    let set = async |access| tenant.admin().await.set_patient_directory(access).await;
    let again = set(access(DirectoryAuthentication::Bearer, Some("s3cret")))
        .await
        .unwrap();
    assert_eq!(again, Change::Unchanged);
    let shown = json!(tenant.admin().await.get_patient_directory().await.unwrap());
    assert_eq!((&shown["auth"], &shown["secret"]), (&json!("bearer"), &json!(true)));
    assert!(!shown.to_string().contains("s3cret"));
    set(access(DirectoryAuthentication::None, None)).await.unwrap();
    let shown = json!(tenant.admin().await.get_patient_directory().await.unwrap());
    assert_eq!(shown["secret"], false, "a secret is forgotten with the way it was for");
    let elsewhere = set(access(DirectoryAuthentication::OwnToken, None)).await.unwrap_err();
    assert!(
        elsewhere.to_string().contains("takes this tenant's tokens"),
        "{elsewhere}"
    );
    assert!(
        set(access(DirectoryAuthentication::Bearer, None)).await.is_err(),
        "a secret is needed"
    );
}

#[tokio::test]
async fn our_own_token_reads_patients_and_encounters_at_its_own_server_and_opens_nothing_here() {
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let mut world = FhirWorld::default();
    for slug in ["northside", "lakeside"] {
        app.tenant(slug).await;
        world.add(slug, slug);
    }
    let seen: Arc<Mutex<Option<String>>> = Arc::default();
    let noting = seen.clone();
    let note = move |request: axum::extract::Request, next: axum::middleware::Next| {
        let header = request
            .headers()
            .get("authorization")
            .map(|value| value.to_str().unwrap().to_owned());
        if let Some(token) = header.as_ref().and_then(|value| value.strip_prefix("Bearer ")) {
            *noting.lock().unwrap() = Some(token.to_owned());
        }
        next.run(request)
    };
    let router = app
        .app
        .router_with(routes(&Arc::new(world)))
        .layer(axum::middleware::from_fn(note));
    let _served = port.serve(router.clone());
    let tenant = TestTenant {
        app: &app,
        slug: "northside".to_owned(),
    };
    let mut browser = app.browser();
    let first = picker(&tenant, &mut browser, "ada").await;
    let found = search(&mut browser, &first, "query", "lopez").await;
    assert!(found.response.text().contains("value=\"maria\""), "{found}");
    let token = seen.lock().unwrap().clone().unwrap();
    let said = claims(&token);
    assert_eq!(said["scope"], "system/Patient.rs system/Encounter.rs");
    assert_eq!(said["aud"], tenant.fhir());
    let status = async |path: &str| {
        router
            .send(Request::get(path).bearer(&token).empty())
            .await
            .status
            .as_u16()
    };
    assert_eq!(status("/northside/fhir/Patient/maria").await, 200);
    assert_eq!(status("/northside/fhir/Encounter/maria-visit").await, 200);
    assert_eq!(status("/northside/fhir/Observation/maria-pulse").await, 403);
    assert_eq!(
        status("/northside/fhir/Patient?_revinclude=Observation:patient").await,
        403
    );
    assert_eq!(
        status("/lakeside/fhir/Patient/maria").await,
        403,
        "it belongs to another tenant"
    );
    assert_eq!(status("/northside/auth/userinfo").await, 403);
    let launch = Request::post(tenant.path("launch"))
        .bearer(&token)
        .json(&json!({ "patient": "maria" }));
    assert_eq!(router.send(launch).await.status.as_u16(), 403);
    // With another way to authenticate, such tokens are over at once.
    let server = FhirServer::start(people()).await;
    connect(&tenant, &server, DirectoryAuthentication::None).await;
    assert_eq!(status("/northside/fhir/Patient/maria").await, 401);
    let registration = serde_json::from_value(json!({ "redirect_uris": [BASE] })).unwrap();
    let policy = wardkey::control::clients::SecretPolicy::KeepOrCreate;
    let taken = tenant
        .admin()
        .await
        .save_client("wardkey-patient-directory", registration, policy)
        .await;
    assert!(taken.is_err(), "no app can be the server itself");
}
