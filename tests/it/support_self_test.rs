//! The tools themselves: each counterpart starts, does its part, and ends with its test.

use crate::support::browser::Browser;
use crate::support::database::{Database, on_each_database};
use crate::support::guarded::Plan;
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::Served;
use crate::support::node_peer::{FhirclientApp, OidcProvider};
use crate::support::postgres;
use axum::extract::{Form, RawQuery};
use axum::http::{HeaderMap, Request, header};
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, Row};
use std::collections::HashMap;
use std::path::PathBuf;

/// A code challenge that fits no verifier the tests know, and one that does: RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test]
async fn the_postgres_role_owns_its_databases_and_cannot_bypass_row_level_security() {
    let (Some(one), Some(other)) = (postgres::database().await, postgres::database().await) else {
        return;
    };
    assert_ne!(one.url(), other.url());
    let mut connection = PgConnection::connect(one.url()).await.unwrap();
    let row = sqlx::query(
        "SELECT rolsuper, rolbypassrls, rolcreatedb, pg_get_userbyid(datdba) = current_user \
         FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    let facts: Vec<bool> = (0..4).map(|column| row.get(column)).collect();
    assert_eq!(facts, [false, false, true, true]);
}

#[tokio::test]
async fn a_postgres_database_ends_with_its_test() {
    let (Some(watcher), Some(passing)) = (postgres::database().await, postgres::database().await) else {
        return;
    };
    let name = url::Url::parse(passing.url())
        .unwrap()
        .path()
        .trim_start_matches('/')
        .to_owned();
    let mut connection = PgConnection::connect(watcher.url()).await.unwrap();
    let mut open = PgConnection::connect(passing.url()).await.unwrap();
    drop(passing);
    // The janitor works in the background; a ping of the open connection fails as soon as it has been there.
    while open.ping().await.is_ok() {
        tokio::task::yield_now().await;
    }
    let gone = "SELECT NOT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)";
    while !sqlx::query_scalar::<_, bool>(gone)
        .bind(&name)
        .fetch_one(&mut connection)
        .await
        .unwrap()
    {
        tokio::task::yield_now().await;
    }
}

on_each_database! {
    async fn a_fresh_database_is_empty_and_takes_a_table(database: Database) {
        let url = database.url();
        if let Database::Sqlite(_) = database {
            let options = url.parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap().create_if_missing(true);
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query("CREATE TABLE patient (id TEXT)").execute(&mut connection).await.unwrap();
        } else {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            sqlx::query("CREATE TABLE patient (id TEXT)").execute(&mut connection).await.unwrap();
        }
    }
}

#[test]
fn a_guarded_process_ends_with_its_owner_and_so_does_what_it_started() {
    let folder = tempfile::tempdir().unwrap().keep();
    let script = "sleep 1000 & echo $! $$; wait";
    let mut guarded = Plan::killed().removing(&folder).spawn("sh", ["-c", script]);
    let ids = guarded.find_line(Some).unwrap();
    let is_alive = |id: &str| {
        let state = std::fs::read_to_string(PathBuf::from("/proc").join(id).join("stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z")
    };
    assert!(ids.split(' ').all(is_alive));
    drop(guarded);
    // The signal is out when the guard is gone; the kernel may take a moment to carry it out.
    let gone = (0..1000).any(|_| {
        std::thread::yield_now();
        !ids.split(' ').any(is_alive)
    });
    assert!(gone && !folder.exists());
}

/// An app's router that only shows what reached its redirect URI.
fn landing() -> Router {
    Router::new().route(
        "/callback",
        get(|RawQuery(query): RawQuery| async { query.unwrap_or_default() }),
    )
}

/// A hospital with one physician, and the redirect URI of the client that it knows.
async fn hospital() -> Option<OidcProvider> {
    let ada = json!({ "sub": "u-1", "name": "Ada Quist", "email": "ada@example.org", "npi": "1234567893", "fhirUser": "Practitioner/p1" });
    let provider = OidcProvider::start(&json!({ "accounts": { "ada": ada } }))?;
    provider
        .add_client("wardkey", "s3cret", "https://wardkey.test/callback")
        .await;
    Some(provider)
}

fn authorize_url(provider: &OidcProvider) -> String {
    let query = [
        ("client_id", "wardkey"),
        ("redirect_uri", "https://wardkey.test/callback"),
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("state", "st"),
        ("nonce", "no"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    url::Url::parse_with_params(&format!("{}/authorize", provider.issuer()), query)
        .unwrap()
        .into()
}

async fn sign_in(browser: &mut HttpBrowser, provider: &OidcProvider, name: &str) -> Page {
    let page = browser.goto(&authorize_url(provider)).await;
    let form = page
        .form()
        .with("login", name)
        .with("password", "any")
        .with("action", "sign-in");
    browser.submit(&page, &form).await
}

async fn redeem(provider: &OidcProvider, code: &str) -> Value {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "https://wardkey.test/callback"),
        ("code_verifier", VERIFIER),
    ];
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/token", provider.issuer());
    let answer = http
        .post(url)
        .basic_auth("wardkey", Some("s3cret"))
        .form(&fields)
        .send()
        .await
        .unwrap();
    answer.error_for_status().unwrap().json().await.unwrap()
}

/// A part of a JWT, unverified.
fn part_of(token: &Value, index: usize) -> Value {
    let part = token["id_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(index)
        .unwrap()
        .to_owned();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn the_provider_signs_in_without_a_window_and_gives_the_claims_of_the_account() {
    let Some(provider) = hospital().await else { return };
    let mut browser = HttpBrowser::new("https://wardkey.test", landing());
    let page = sign_in(&mut browser, &provider, "ada").await;
    assert_eq!(page.parameter("state").as_deref(), Some("st"), "{page}");
    assert_eq!(page.parameter("iss").as_deref(), Some(provider.issuer()));
    let claims = part_of(&redeem(&provider, &page.parameter("code").unwrap()).await, 1);
    let expected = json!({ "sub": "u-1", "npi": "1234567893", "fhirUser": "Practitioner/p1", "email": "ada@example.org", "nonce": "no", "aud": "wardkey" });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&claims[name], value, "{name}");
    }
}

#[tokio::test]
async fn the_provider_refuses_unknown_names_and_lets_people_cancel() {
    let Some(provider) = hospital().await else { return };
    let mut browser = HttpBrowser::new("https://wardkey.test", landing());
    let page = sign_in(&mut browser, &provider, "eve").await;
    assert!(page.response.text().contains("There is no account"), "{page}");
    let page = browser.submit(&page, &page.form().with("action", "cancel")).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"), "{page}");
}

#[tokio::test]
async fn the_provider_can_be_made_to_misbehave_and_to_behave_again() {
    let Some(provider) = hospital().await else { return };
    let mut browser = HttpBrowser::new("https://wardkey.test", landing());
    let jwks = format!("{}/jwks", provider.issuer());
    let new_key = provider.rotate_keys(false).await;
    let keys = browser.goto(&jwks).await.response.json();
    assert_eq!(
        (keys["keys"].as_array().unwrap().len(), &keys["keys"][0]["kid"]),
        (1, &json!(new_key))
    );

    provider.set_response_issuer(None).await;
    provider
        .tamper_with_id_tokens(&json!({ "claims": { "aud": "other", "email": null }, "key": "none" }))
        .await;
    let page = sign_in(&mut browser, &provider, "ada").await;
    assert_eq!(page.parameter("iss"), None);
    let token = redeem(&provider, &page.parameter("code").unwrap()).await;
    assert_eq!(
        (&part_of(&token, 0)["alg"], &part_of(&token, 1)["aud"]),
        (&json!("none"), &json!("other"))
    );
    assert_eq!(part_of(&token, 1)["email"], Value::Null);

    provider.forget_requests().await;
    provider.disturb("/jwks", "500").await;
    assert_eq!(browser.goto(&jwks).await.response.status, 500);
    provider.calm().await;
    assert_eq!(browser.goto(&jwks).await.response.status, 200);
    assert_eq!(provider.count_requests("/jwks").await, 2);
}

#[tokio::test]
async fn requests_are_written_as_the_standards_want_them() {
    let echo = |headers: HeaderMap, Form(form): Form<HashMap<String, String>>| async move {
        Json(json!({ "authorization": headers[header::AUTHORIZATION].to_str().unwrap(), "form": form }))
    };
    let router = Router::new().route("/token", post(echo));
    let request = Request::post("/token")
        .basic("a:b", "c d")
        .form(&[("grant_type", "refresh_token")]);
    let answer = router.send(request).await.assert_status(200).json();
    assert_eq!(
        answer,
        json!({ "authorization": "Basic YSUzQWI6Yytk", "form": { "grant_type": "refresh_token" } })
    );
}

/// A page with labelled fields, to try the browser on.
fn page_of_our_own() -> Router {
    const PAGE: &str = "<!doctype html><title>t</title><form><label for=n>User name</label><input id=n name=n value=old>\
        <label><input type=checkbox name=c> Remember</label><button>Sign in</button></form><p id=q></p>\
        <script>document.getElementById('q').textContent = location.search</script>";
    Router::new().route("/", get(|| async { Html(PAGE) }))
}

#[tokio::test]
async fn the_browser_fills_in_a_form_by_its_labels() {
    let Some(browser) = Browser::open().await else { return };
    let served = Served::start(page_of_our_own()).await;
    browser.goto(served.base()).await;
    browser.fill("User name", "ada").await;
    browser.choose("Remember").await;
    browser.press("Sign in").await;
    browser.wait_for_text("#q", "?n=ada&c=on").await;
    browser.resize(500, 800).await;
    assert!(!browser.overflows_sideways().await);
    assert!(browser.screenshot("support-form").await.metadata().unwrap().len() > 1000);
}

#[tokio::test]
async fn the_browser_reaches_nothing_but_loopback() {
    let Some(browser) = Browser::open().await else { return };
    let error = browser
        .client()
        .goto("http://wardkey.example/")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("ERR_NAME_NOT_RESOLVED"), "{error}");
}

#[tokio::test]
async fn the_stock_smart_client_loads_and_reports_what_it_meets() {
    let Some(app) = FhirclientApp::start(&json!({})) else {
        return;
    };
    let Some(browser) = Browser::open().await else { return };
    let mut launch = app.launch_url();
    launch
        .query_pairs_mut()
        .append_pair("iss", &format!("{}/fhir", app.origin()));
    browser.goto(launch.as_str()).await;
    browser.wait_for_text("#status", "failed").await;
    assert!(!browser.text("#error").await.is_empty());
    assert!(app.redirect_uri().starts_with(app.origin()));
}

/// The hospital's provider stands in for a SMART server here: the app only needs its endpoints, and shows what it was given.
#[tokio::test]
async fn the_stock_smart_client_goes_from_launch_to_token_in_the_browser() {
    let Some(app) = FhirclientApp::start(&json!({ "client_id": "app", "scope": "openid profile" })) else {
        return;
    };
    let Some(browser) = Browser::open().await else { return };
    let client =
        json!({ "client_id": "app", "redirect_uris": [app.redirect_uri()], "token_endpoint_auth_method": "none" });
    let settings = json!({ "accounts": { "ada": { "name": "Ada Quist", "npi": "1234567893" } }, "clients": [client] });
    let Some(provider) = OidcProvider::start(&settings) else {
        return;
    };
    let configuration = json!({
        "authorization_endpoint": format!("{}/authorize", provider.issuer()),
        "token_endpoint": format!("{}/token", provider.issuer()),
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["launch-standalone", "client-public", "permission-v2"],
    });
    let router = Router::new().route(
        "/fhir/.well-known/smart-configuration",
        get(|| async { ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(configuration)) }),
    );
    let served = Served::start(router).await;
    let fhir = format!("{}/fhir", served.base());

    let mut launch = app.launch_url();
    launch.query_pairs_mut().append_pair("iss", &fhir);
    browser.goto(launch.as_str()).await;
    browser.fill("User name", "ada").await;
    browser.press("Sign in").await;
    browser.wait_for_text("#status", "ready").await;
    let claims: Value = serde_json::from_str(&browser.text("#claims").await).unwrap();
    assert_eq!((&claims["sub"], &claims["npi"]), (&json!("ada"), &json!("1234567893")));
    let token: Value = serde_json::from_str(&browser.text("#token").await).unwrap();
    assert_eq!(token["scope"], "openid profile");
    assert_eq!(browser.text("#patient").await, "no patient in the token response");
    browser.screenshot("support-fhirclient").await;
}
