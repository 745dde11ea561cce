//! What the demonstration's FHIR servers do with access tokens: the rules that every resource server of ours has to keep.

use crate::support::app::{BASE, PASSWORD, STAFF, TestApp, TestTenant};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::demo::fhir::{FhirWorld, routes};
use wardkey::kernel::Secret;
use wardkey::smart::FhirBase;
use wardkey::store::control::Tier;
use wardkey::store::tenant::AccountProfile;
use wardkey::tenant::TenantDocument;

const SLUGS: [&str; 2] = ["northside", "lakeside"];
const LABORATORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory";

/// A server with two hospitals and their records. Maria is a patient, Ana a clinician, Rosa a child's mother.
struct Hospitals(TestApp);

impl Hospitals {
    async fn new() -> Self {
        let mut app = TestApp::new().await;
        let mut world = FhirWorld::default();
        for slug in SLUGS {
            let tenant = app.tenant(slug).await;
            people(&tenant).await;
            world.add(slug, &format!("Hospital {slug}"));
        }
        app.router = app.app.router_with(routes(&Arc::new(world)));
        Self(app)
    }

    fn at(&self, slug: &str) -> TestTenant<'_> {
        TestTenant {
            app: &self.0,
            slug: slug.to_owned(),
        }
    }

    /// An access token of Northside.
    async fn token(&self, scope: &str, username: &str) -> String {
        access_token(&self.at("northside").tokens(scope, username).await)
    }

    async fn send(&self, request: Request<Body>) -> Response {
        self.0.router.send(request).await
    }

    /// Reads at Northside.
    async fn get(&self, token: &str, path: &str) -> Response {
        self.get_at("northside", token, path).await
    }

    async fn get_at(&self, slug: &str, token: &str, path: &str) -> Response {
        self.send(Request::get(format!("/{slug}/fhir/{path}")).bearer(token).empty())
            .await
    }
}

async fn people(tenant: &TestTenant<'_>) {
    let people = [
        ("maria", "Patient/maria", None),
        ("ana", "Practitioner/ana", None),
        ("rosa", "RelatedPerson/rosa", Some("samuel")),
    ];
    for (username, user, patient) in people {
        let profile = AccountProfile {
            subject: username.to_owned(),
            name: Some(username.to_owned()),
            email: None,
            fhir_user: Some(user.to_owned()),
            patient: patient.map(str::to_owned),
            patients: Vec::new(),
            npi: None,
            roles: Vec::new(),
        };
        let passwords = tenant.app.app.federation().passwords();
        let password = Secret::new(PASSWORD.to_owned());
        let admin = tenant.admin().await;
        admin
            .save_local_account(STAFF, &profile, &password, passwords)
            .await
            .unwrap();
    }
}

fn access_token(tokens: &Value) -> String {
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// The ids in a Bundle, matches and what came along.
fn ids(bundle: &Value) -> BTreeSet<String> {
    let entries = bundle["entry"].as_array().into_iter().flatten();
    entries
        .map(|entry| entry["resource"]["id"].as_str().unwrap().to_owned())
        .collect()
}

/// An OperationOutcome that browsers may read, with the challenge of RFC 6750 and this error.
#[track_caller]
fn assert_refused(response: Response, status: u16, error: Option<&str>) -> Response {
    let response = response.assert_status(status);
    assert_eq!(response.json()["resourceType"], "OperationOutcome", "{response}");
    assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{response}");
    let challenge = response.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Bearer "), "{challenge}");
    match error {
        None => assert!(!challenge.contains("error"), "{challenge}"),
        Some(error) => assert!(challenge.contains(&format!("error=\"{error}\"")), "{challenge}"),
    }
    response
}

#[tokio::test]
async fn without_a_token_the_answer_is_a_challenge_without_an_error() {
    let hospitals = Hospitals::new().await;
    for path in ["Patient/maria", "Patient", "Observation?patient=maria"] {
        let request = Request::get(format!("/northside/fhir/{path}")).empty();
        assert_refused(hospitals.send(request).await, 401, None);
    }
    let search = Request::post("/northside/fhir/Patient/_search").form(&[("name", "lopez")]);
    assert_refused(hospitals.send(search).await, 401, None);
    let create = Request::post("/northside/fhir/Observation").json(&json!({ "resourceType": "Observation" }));
    assert_refused(hospitals.send(create).await, 401, None);
}

#[tokio::test]
async fn only_an_access_token_of_ours_opens_anything() {
    let hospitals = Hospitals::new().await;
    let scope = "openid fhirUser launch/patient patient/*.rs offline_access";
    let tokens = hospitals.at("northside").tokens(scope, "maria").await;
    hospitals
        .get(&access_token(&tokens), "Patient/maria")
        .await
        .assert_status(200);
    for other in ["id_token", "refresh_token"] {
        let token = tokens[other].as_str().unwrap();
        assert_refused(hospitals.get(token, "Patient/maria").await, 401, Some("invalid_token"));
    }
    assert_refused(
        hospitals.get("made-up", "Patient/maria").await,
        401,
        Some("invalid_token"),
    );
    let basic = Request::get("/northside/fhir/Patient/maria").basic("a", "b").empty();
    // RFC 6750 section 3.1: no error where no token was presented.
    assert_refused(hospitals.send(basic).await, 401, None);
    let empty = Request::get("/northside/fhir/Patient/maria")
        .header("authorization", "Bearer")
        .empty();
    assert_refused(hospitals.send(empty).await, 400, Some("invalid_request"));
}

#[tokio::test]
async fn a_token_opens_nothing_once_it_has_expired_or_was_revoked() {
    let hospitals = Hospitals::new().await;
    let northside = hospitals.at("northside");
    let scope = "launch/patient patient/*.rs offline_access";
    let tokens = northside.tokens(scope, "maria").await;
    northside
        .revoke(tokens["refresh_token"].as_str().unwrap())
        .await
        .assert_status(200);
    let revoked = hospitals.get(&access_token(&tokens), "Patient/maria").await;
    assert_refused(revoked, 401, Some("invalid_token"));

    let token = hospitals.token(scope, "maria").await;
    hospitals.get(&token, "Patient/maria").await.assert_status(200);
    hospitals.0.wait(Duration::from_secs(901));
    let expired = hospitals.get(&token, "Patient/maria").await;
    assert_refused(expired, 401, Some("invalid_token"));
}

#[tokio::test]
async fn a_token_of_another_tenant_is_refused_as_such_and_like_an_invented_one() {
    let hospitals = Hospitals::new().await;
    let token = hospitals.token("launch/patient patient/*.rs", "maria").await;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let invented = format!("{signed}.{}", "A".repeat(signature.len()));
    for path in ["Patient/maria", "Patient/nobody", "Observation", "Practitioner/ana"] {
        let real = hospitals.get_at("lakeside", &token, path).await;
        let real = assert_refused(real, 403, Some("tenant_mismatch"));
        assert_eq!(
            real.json()["issue"][0]["details"]["coding"][0]["code"],
            "tenant_mismatch"
        );
        let invented = hospitals.get_at("lakeside", &invented, path).await;
        assert_eq!(real.body, invented.body);
        assert_eq!(real.header("www-authenticate"), invented.header("www-authenticate"));
    }
}

/// SMART App Launch 2.2, "Access token validation": the resource server checks that it is the audience.
#[tokio::test]
async fn a_token_for_another_fhir_server_of_the_tenant_is_refused() {
    let hospitals = Hospitals::new().await;
    let elsewhere = "https://fhir.northside.test/r4";
    let bases = [format!("{BASE}/northside/fhir"), elsewhere.to_owned()];
    let document = TenantDocument {
        fhir_bases: bases.iter().map(|base| FhirBase::parse(base).unwrap()).collect(),
        ..TenantDocument::default()
    };
    let new = NewTenant {
        slug: "northside".to_owned(),
        display_name: "Hospital northside".to_owned(),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document,
    };
    let northside = hospitals.0.tenant_as(new).await;
    people(&northside).await;
    let query = northside
        .authorization_request("launch/patient patient/*.rs")
        .with("aud", elsewhere);
    let code = northside.code_for(&query, "maria").await;
    let token = access_token(&northside.redeem(&code).await.assert_status(200).json());
    let refused = hospitals.get(&token, "Patient/maria").await;
    assert_refused(refused, 401, Some("invalid_token"));
    let here = hospitals.token("launch/patient patient/*.rs", "maria").await;
    hospitals.get(&here, "Patient/maria").await.assert_status(200);
}

#[tokio::test]
async fn a_type_that_no_scope_names_is_forbidden() {
    let hospitals = Hospitals::new().await;
    let token = hospitals.token("launch/patient patient/Patient.rs", "maria").await;
    hospitals.get(&token, "Patient/maria").await.assert_status(200);
    for path in ["Observation?patient=maria", "Observation/maria-pulse", "Condition/none"] {
        assert_refused(hospitals.get(&token, path).await, 403, Some("insufficient_scope"));
    }
}

#[tokio::test]
async fn reading_and_searching_are_two_permissions() {
    let hospitals = Hospitals::new().await;
    let reads = hospitals.token("launch/patient patient/Observation.r", "maria").await;
    hospitals
        .get(&reads, "Observation/maria-pulse")
        .await
        .assert_status(200);
    let refused = hospitals.get(&reads, "Observation?patient=maria").await;
    assert_refused(refused, 403, Some("insufficient_scope"));
    let searches = hospitals.token("launch/patient patient/Observation.s", "maria").await;
    hospitals
        .get(&searches, "Observation?patient=maria")
        .await
        .assert_status(200);
    let refused = hospitals.get(&searches, "Observation/maria-pulse").await;
    assert_refused(refused, 403, Some("insufficient_scope"));
}

#[tokio::test]
async fn a_patients_app_sees_that_patient_only() {
    let hospitals = Hospitals::new().await;
    let token = hospitals.token("launch/patient patient/*.rs", "maria").await;
    let own = hospitals.get(&token, "Patient").await.assert_status(200).json();
    assert_eq!(ids(&own), BTreeSet::from(["maria".to_owned()]));
    let all = hospitals.get(&token, "Observation?_count=200").await.json();
    assert!(all["total"].as_u64().unwrap() > 10);
    assert!(
        ids(&all)
            .iter()
            .all(|id| id.starts_with("maria-") && !id.starts_with("maria-2"))
    );
    let others = hospitals.get(&token, "Observation?patient=james").await.json();
    assert_eq!(others["total"], 0);
    let compartment = hospitals.get(&token, "Patient/maria/Condition").await.json();
    assert_eq!(compartment["total"], 3);
    for path in ["Patient/james", "Patient/james/Condition"] {
        assert_refused(hospitals.get(&token, path).await, 403, Some("insufficient_scope"));
    }
    hospitals.get(&token, "Practitioner/ana").await.assert_status(200);
}

#[tokio::test]
async fn what_the_token_may_not_see_looks_as_if_it_were_not_there() {
    let hospitals = Hospitals::new().await;
    let token = hospitals.token("launch/patient patient/*.rs", "maria").await;
    let hidden = hospitals
        .get(&token, "Observation/james-pulse")
        .await
        .assert_status(404);
    let absent = hospitals
        .get(&token, "Observation/nobody-pulse")
        .await
        .assert_status(404);
    assert_eq!(hidden.body, absent.body);
    hospitals
        .get(&token, "Observation/maria-pulse")
        .await
        .assert_status(200);
}

/// SMART App Launch 2.2, "Finer-grained resource constraints using search parameters".
#[tokio::test]
async fn a_granular_scope_opens_its_category_only() {
    let hospitals = Hospitals::new().await;
    let scope = format!("launch/patient patient/Observation.rs?category={LABORATORY}");
    let token = hospitals.token(&scope, "maria").await;
    let found = hospitals.get(&token, "Observation?patient=maria").await.json();
    let laboratory = [
        "maria-a1c",
        "maria-cholesterol",
        "maria-creatinine",
        "maria-glucose",
        "maria-potassium",
    ];
    assert_eq!(ids(&found), laboratory.map(str::to_owned).into());
    hospitals
        .get(&token, "Observation/maria-glucose")
        .await
        .assert_status(200);
    hospitals
        .get(&token, "Observation/maria-pulse")
        .await
        .assert_status(404);
    let vital_signs = hospitals.get(&token, "Observation?category=vital-signs").await.json();
    assert_eq!(vital_signs["total"], 0);
}

#[tokio::test]
async fn every_category_that_certification_names_finds_something() {
    let hospitals = Hospitals::new().await;
    let token = hospitals.token("launch/patient patient/*.rs", "maria").await;
    let hl7 = "http://terminology.hl7.org/CodeSystem";
    let us_core = "http://hl7.org/fhir/us/core/CodeSystem";
    let categories = [
        format!("Observation?category={hl7}/observation-category|laboratory"),
        format!("Observation?category={hl7}/observation-category|social-history"),
        format!("Observation?category={hl7}/observation-category|vital-signs"),
        format!("Observation?category={hl7}/observation-category|survey"),
        format!("Observation?category={hl7}/observation-category|procedure"),
        format!("Observation?category={us_core}/us-core-category|sdoh"),
        format!("Condition?category={hl7}/condition-category|encounter-diagnosis"),
        format!("Condition?category={hl7}/condition-category|problem-list-item"),
        format!("Condition?category={us_core}/condition-category|health-concern"),
    ];
    for category in categories {
        let found = hospitals.get(&token, &category.replace('|', "%7C")).await.json();
        assert!(found["total"].as_u64().unwrap() > 0, "{category}");
    }
}

#[tokio::test]
async fn a_clinicians_app_with_user_scopes_searches_the_hospital() {
    let hospitals = Hospitals::new().await;
    let token = hospitals.token("openid fhirUser user/Patient.rs", "ana").await;
    let all = hospitals.get(&token, "Patient?_count=200").await.json();
    assert_eq!(all["total"], 25);
    let lopez = hospitals
        .get(&token, "Patient?name=lopez&birthdate=1984-03-12")
        .await
        .json();
    assert_eq!(ids(&lopez), BTreeSet::from(["maria".to_owned()]));
    hospitals.get(&token, "Practitioner/ana").await.assert_status(200);
    let refused = hospitals.get(&token, "Observation/maria-pulse").await;
    assert_refused(refused, 403, Some("insufficient_scope"));
}

#[tokio::test]
async fn a_mother_reads_her_childs_record_and_herself() {
    let hospitals = Hospitals::new().await;
    let scope = "openid fhirUser launch/patient patient/Patient.rs";
    let tokens = hospitals.at("northside").tokens(scope, "rosa").await;
    assert_eq!(tokens["patient"], "samuel");
    let token = access_token(&tokens);
    hospitals.get(&token, "Patient/samuel").await.assert_status(200);
    hospitals.get(&token, "RelatedPerson/rosa").await.assert_status(200);
    hospitals.get(&token, "Patient/maria").await.assert_status(403);
}

#[tokio::test]
async fn nothing_can_be_written() {
    let hospitals = Hospitals::new().await;
    let token = hospitals.token("launch/patient patient/*.cruds", "maria").await;
    let body = json!({ "resourceType": "Observation", "subject": { "reference": "Patient/maria" } });
    let create = Request::post("/northside/fhir/Observation").bearer(&token).json(&body);
    hospitals.send(create).await.assert_status(405);
    let update = Request::put("/northside/fhir/Observation/maria-pulse")
        .bearer(&token)
        .json(&body);
    let refused = hospitals.send(update).await.assert_status(405);
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn pages_follow_one_another_to_the_end() {
    let hospitals = Hospitals::new().await;
    let token = hospitals.token("openid fhirUser user/Patient.rs", "ana").await;
    let mut found = BTreeSet::new();
    let mut pages = 0;
    let mut next = Some("Patient?_count=10".to_owned());
    while let Some(path) = next {
        let bundle = hospitals.get(&token, &path).await.assert_status(200).json();
        found.extend(ids(&bundle));
        pages += 1;
        let links = bundle["link"].as_array().unwrap();
        let link = links.iter().find(|link| link["relation"] == "next");
        let base = format!("{BASE}/northside/fhir/");
        next = link.map(|link| link["url"].as_str().unwrap().strip_prefix(&base).unwrap().to_owned());
    }
    assert_eq!((pages, found.len()), (3, 25));
}

#[tokio::test]
async fn a_search_by_post_finds_what_the_same_search_by_get_finds() {
    let hospitals = Hospitals::new().await;
    let token = hospitals.token("launch/patient patient/*.rs", "maria").await;
    let by_get = hospitals.get(&token, "Observation?category=laboratory").await.json();
    let form = Request::post("/northside/fhir/Observation/_search")
        .bearer(&token)
        .form(&[("category", "laboratory")]);
    assert_eq!(hospitals.send(form).await.assert_status(200).json(), by_get);
}

#[tokio::test]
async fn what_comes_along_is_within_the_token_too() {
    let hospitals = Hospitals::new().await;
    let query = "Condition?patient=maria&_revinclude=Provenance:target";
    let wide = hospitals.token("launch/patient patient/*.rs", "maria").await;
    let bundle = hospitals.get(&wide, query).await.assert_status(200).json();
    assert!(ids(&bundle).contains("maria-provenance"), "{bundle}");
    assert_eq!(bundle["total"], 3, "what comes along is not counted");
    let medicines = hospitals
        .get(&wide, "MedicationRequest?_include=MedicationRequest:medication")
        .await;
    assert!(ids(&medicines.json()).contains("metformin"));
    let narrow = hospitals.token("launch/patient patient/Condition.rs", "maria").await;
    let refused = hospitals.get(&narrow, query).await;
    assert_refused(refused, 403, Some("insufficient_scope"));
}

#[tokio::test]
async fn a_criterion_that_is_not_understood_is_never_taken_for_another() {
    let hospitals = Hospitals::new().await;
    let token = hospitals.token("openid fhirUser user/Patient.rs", "ana").await;
    hospitals
        .get(&token, "Patient?name:text=lopez")
        .await
        .assert_status(400);
    let lenient = hospitals
        .get(&token, "Patient?shoe-size=44")
        .await
        .assert_status(200)
        .json();
    assert!(!lenient["link"][0]["url"].as_str().unwrap().contains("shoe-size"));
    let strict = Request::get("/northside/fhir/Patient?shoe-size=44")
        .bearer(&token)
        .header("prefer", "handling=strict");
    hospitals.send(strict.empty()).await.assert_status(400);
}

/// SMART App Launch 2.2, "Considerations for CORS support".
#[tokio::test]
async fn any_origin_may_ask_first_and_no_browser_sends_credentials_by_itself() {
    let hospitals = Hospitals::new().await;
    let preflight = Request::options("/northside/fhir/Patient/maria")
        .header(header::ORIGIN, "https://app.test")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization");
    let answer = hospitals.send(preflight.empty()).await.assert_status(204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    let allowed = answer.header("access-control-allow-headers").unwrap();
    for name in [
        "authorization",
        "content-type",
        "accept",
        "if-match",
        "if-none-match",
        "prefer",
    ] {
        assert!(allowed.contains(name), "{name}");
    }
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in ["ETag", "Location", "Content-Location", "WWW-Authenticate"] {
        assert!(exposed.contains(name), "{name}");
    }
}

#[tokio::test]
async fn the_capability_statement_is_public_and_agrees_with_discovery() {
    let hospitals = Hospitals::new().await;
    let answer = hospitals
        .send(Request::get("/northside/fhir/metadata").empty())
        .await
        .assert_status(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let statement = answer.json();
    let security = &statement["rest"][0]["security"];
    let codings = security["service"][0]["coding"].as_array().unwrap();
    assert!(codings.iter().any(|coding| coding["code"] == "SMART-on-FHIR"));
    let discovery = hospitals
        .send(Request::get("/northside/fhir/.well-known/smart-configuration").empty())
        .await
        .json();
    let uris = security["extension"][0]["extension"].as_array().unwrap();
    let uri = |name: &str| uris.iter().find(|uri| uri["url"] == name).map(|uri| &uri["valueUri"]);
    assert_eq!(uri("authorize"), Some(&discovery["authorization_endpoint"]));
    assert_eq!(uri("token"), Some(&discovery["token_endpoint"]));
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    let patient = resources.iter().find(|resource| resource["type"] == "Patient").unwrap();
    let parameters = patient["searchParam"].as_array().unwrap();
    for name in ["_id", "name", "birthdate", "identifier"] {
        assert!(parameters.iter().any(|parameter| parameter["name"] == name), "{name}");
    }
}
