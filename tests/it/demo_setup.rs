//! Setting up the demonstration: what it describes is what it is, once and again.

use crate::support::app::{CHALLENGE, VERIFIER, claims};
use crate::support::demo::allow;
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::http_browser::HttpBrowser;
use crate::support::loopback::{Port, Served};
use axum::Router;
use axum::http::Request;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;
use wardkey::control::tenants::TenantSummary;
use wardkey::demo::{self, Demo, DemoError, Population};

/// A demonstration as a process would run it, and what `--describe` says of it.
struct Running {
    demo: Demo,
    router: Router,
    world: Value,
    _served: Served,
}

impl Running {
    async fn start(folder: &Path) -> Self {
        let port = Port::take().await;
        let number = port.base().rsplit(':').next().unwrap().to_owned();
        let world = describe(&number);
        let population = Population::new(world["base_url"].as_str().unwrap());
        let demo = demo::open(folder, &population).await.unwrap();
        let router = demo.router();
        Self {
            demo,
            _served: port.serve(router.clone()),
            router,
            world,
        }
    }

    fn tenant(&self, slug: &str) -> &Value {
        let tenants = self.world["tenants"].as_array().unwrap();
        tenants.iter().find(|tenant| tenant["slug"] == slug).unwrap()
    }

    /// Signs in as described and takes tokens for `client`, all from the description.
    async fn tokens(&self, slug: &str, user: &Value, client: &Value, scope: &str) -> Value {
        let tenant = self.tenant(slug);
        let redirect_uri = client["redirect_uris"][0].as_str().unwrap();
        let client_id = client["client_id"].as_str().unwrap();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", scope)
            .append_pair("state", "s")
            .append_pair("aud", tenant["fhir_base"].as_str().unwrap())
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let mut browser = HttpBrowser::new(self.world["base_url"].as_str().unwrap(), self.router.clone());
        let issuer = tenant["issuer"].as_str().unwrap();
        let page = browser.goto(&format!("{issuer}/authorize?{query}")).await;
        let page = allow(&mut browser, page, user["username"].as_str().unwrap(), redirect_uri).await;
        let code = page.parameter("code").unwrap_or_else(|| panic!("no code at {page}"));
        let request = Request::post(format!("/{slug}/auth/token"));
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        let request = match client["client_secret"].as_str() {
            Some(secret) => request.basic(client_id, secret).form(&form),
            None => request.form(&[form.as_slice(), &[("client_id", client_id)]].concat()),
        };
        self.router.send(request).await.assert_status(200).json()
    }
}

fn wardkey(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wardkey"))
        .arg("demo")
        .args(arguments)
        .output()
        .unwrap()
}

fn describe(port: &str) -> Value {
    let output = wardkey(&["--describe", "--listen", &format!("127.0.0.1:{port}")]);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn find<'a>(list: &'a Value, member: &str, value: &str) -> &'a Value {
    let items = list.as_array().unwrap();
    items.iter().find(|item| item[member] == value).unwrap()
}

#[tokio::test]
async fn everybody_described_signs_in_and_is_who_the_description_says() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path()).await;
    for slug in ["northside", "lakeside"] {
        let tenant = running.tenant(slug);
        let app = find(&tenant["clients"], "client_id", "sample-app");
        for user in tenant["users"].as_array().unwrap() {
            let tokens = running.tokens(slug, user, app, "openid fhirUser user/Patient.rs").await;
            let access = claims(tokens["access_token"].as_str().unwrap());
            let fhir_base = tenant["fhir_base"].as_str().unwrap();
            assert_eq!(
                access["fhirUser"],
                format!("{fhir_base}/{}", user["fhirUser"].as_str().unwrap())
            );
            assert_eq!(access["npi"], user["npi"], "{access}");
            assert_eq!(access["roles"], json!([user["role"]]), "{access}");
            assert_eq!(access["iss"], tenant["issuer"]);
        }
    }
}

#[tokio::test]
async fn a_parent_opens_the_childs_record_at_both_hospitals() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path()).await;
    for slug in ["northside", "lakeside"] {
        let tenant = running.tenant(slug);
        let user = find(&tenant["users"], "username", "rosa");
        let app = find(&tenant["clients"], "client_id", "growth-chart");
        let tokens = running
            .tokens(slug, user, app, "launch/patient patient/Patient.rs")
            .await;
        assert_eq!(tokens["patient"], user["patient"]);
        let token = tokens["access_token"].as_str().unwrap();
        let path = format!("/{slug}/fhir/Patient/samuel");
        let read = running.router.send(Request::get(path).bearer(token).empty()).await;
        assert_eq!(read.assert_status(200).json()["name"][0]["family"], "Adeyemi");
        let resource_server = find(&tenant["clients"], "client_id", "fhir-server");
        let (id, secret) = ("fhir-server", resource_server["client_secret"].as_str().unwrap());
        let introspect = Request::post(format!("/{slug}/auth/introspect")).basic(id, secret);
        let known = running.router.send(introspect.form(&[("token", token)])).await.json();
        assert_eq!(known["active"], true);
        assert_eq!(known["patient"], "samuel");
    }
}

#[tokio::test]
async fn running_again_on_the_same_data_works_at_another_address_too() {
    let folder = tempfile::tempdir().unwrap();
    let tenants = |running: &Running| {
        let platform = running.demo.platform.clone();
        async move {
            let listed: Vec<TenantSummary> = platform.list_tenants("", 100).await.unwrap();
            listed.iter().map(|tenant| tenant.id).collect::<Vec<_>>()
        }
    };
    let first = Running::start(folder.path()).await;
    let before = tenants(&first).await;
    assert_eq!(before.len(), 3);
    first.demo.platform.close().await;
    drop(first);
    let second = Running::start(folder.path()).await;
    assert_eq!(tenants(&second).await, before, "the same tenants, none made twice");
    let northside = second.tenant("northside");
    let app = find(&northside["clients"], "client_id", "sample-app");
    let user = find(&northside["users"], "username", "maria");
    let tokens = second
        .tokens("northside", user, app, "launch/patient patient/*.rs")
        .await;
    assert_eq!(tokens["patient"], "maria");
}

#[tokio::test]
async fn the_data_of_a_deployment_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("control.db"), "real").unwrap();
    let opened = demo::open(folder.path(), &Population::new("http://localhost:1")).await;
    let Err(DemoError::Folder(error)) = opened else {
        panic!("the folder of a deployment was used");
    };
    assert!(error.to_string().contains("--data"), "{error}");
}

#[tokio::test]
async fn an_address_in_use_is_said_so_before_anything_is_written() {
    let port = Port::take().await;
    let address = port.base().strip_prefix("http://").unwrap().to_owned();
    let parent = TempDir::new().unwrap();
    let data = parent.path().join("demo");
    let output = wardkey(&["--listen", &address, "--data", data.to_str().unwrap(), "--reset"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains(&address) && message.contains("--listen"), "{message}");
    assert!(!data.exists());
}

#[test]
fn only_this_machine_reaches_the_demonstration() {
    let output = wardkey(&["--listen", "0.0.0.0:0"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("loopback"), "{message}");
}

#[test]
fn the_description_is_complete() {
    let world = describe("8080");
    assert_eq!(world["base_url"], "http://localhost:8080");
    let slugs: Vec<_> = world["tenants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tenant| &tenant["slug"])
        .collect();
    assert_eq!(slugs, ["northside", "lakeside"]);
    for tenant in world["tenants"].as_array().unwrap() {
        let slug = tenant["slug"].as_str().unwrap();
        assert_eq!(tenant["issuer"], format!("http://localhost:8080/{slug}/auth"));
        assert_eq!(tenant["fhir_base"], format!("http://localhost:8080/{slug}/fhir"));
        for user in tenant["users"].as_array().unwrap() {
            assert!(
                ["username", "password", "name", "role", "fhirUser"]
                    .iter()
                    .all(|member| user[*member].is_string())
            );
        }
        for client in tenant["clients"].as_array().unwrap() {
            let method = client["token_endpoint_auth_method"].as_str().unwrap();
            assert_eq!(client["client_secret"].is_string(), method != "none", "{client}");
            assert_eq!(
                client["redirect_uris"].as_array().unwrap().is_empty(),
                client["introspection"] == true
            );
        }
    }
    let providers = |slug: usize| &world["tenants"][slug]["identity_providers"][0];
    assert_eq!(providers(0)["kind"], "oidc");
    assert_eq!(providers(0)["issuer"], "http://localhost:8080/northside-staff/auth");
    assert_eq!(providers(1)["kind"], "local");
    assert_eq!(world["tenants"][1]["identity_providers"][1]["kind"], "saml");
}

#[tokio::test]
async fn the_hospitals_publish_their_brands_and_every_endpoint_answers_with_its_metadata() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(folder.path()).await;
    let get = async |path: &str| {
        running
            .router
            .send(Request::get(path).empty())
            .await
            .assert_status(200)
            .json()
    };
    let base = running.world["base_url"].as_str().unwrap();
    let bundle = get("/brands.json").await;
    let resources: Vec<&Value> = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["resource"])
        .collect();
    let of_type = |name: &str| {
        resources
            .iter()
            .filter(|one| one["resourceType"] == name)
            .copied()
            .collect::<Vec<_>>()
    };
    assert_eq!((of_type("Organization").len(), of_type("Endpoint").len()), (2, 2));
    for endpoint in of_type("Endpoint") {
        let path = endpoint["address"].as_str().unwrap().strip_prefix(base).unwrap();
        let statement = get(&format!("{path}/metadata")).await;
        assert_eq!(statement["resourceType"], "CapabilityStatement");
        let smart = get(&format!("{path}/.well-known/smart-configuration")).await;
        let oauth = &statement["rest"][0]["security"]["extension"][0]["extension"];
        for stated in oauth.as_array().unwrap() {
            let member = match stated["url"].as_str().unwrap() {
                "authorize" => "authorization_endpoint",
                "token" => "token_endpoint",
                "introspect" => "introspection_endpoint",
                "manage" => "management_endpoint",
                "revoke" => "revocation_endpoint",
                other => panic!("{other}"),
            };
            assert_eq!(stated["valueUri"], smart[member], "{member}");
        }
        assert!(smart["user_access_brand_identifier"]["value"].is_string());
    }
}
