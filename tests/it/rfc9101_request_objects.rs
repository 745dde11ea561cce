//! Signed request objects (RFC 9101, OpenID Connect Core section 6): by value, by a registered address, and pushed.

use crate::support::app::{AuthorizationQuery, CONFIDENTIAL, REDIRECT_URI, TestApp, TestTenant};
use crate::support::http::Response;
use crate::support::loopback::Served;
use crate::support::openid_suite::{KeyClient, set};
use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use wardkey::kernel::Sha256Hash;
use wardkey::oauth::jose::SigningAlgorithm;

const SCOPE: &str = "openid launch/patient patient/*.rs";
const APP: &str = "signing-app";

async fn client(tenant: &TestTenant<'_>, more: Value) -> KeyClient {
    let client = KeyClient::new(APP, SigningAlgorithm::ES384);
    client.register(tenant, more).await;
    client
}

fn request(tenant: &TestTenant<'_>) -> AuthorizationQuery {
    tenant.authorization_request(SCOPE).with("client_id", APP)
}

/// What the browser carries: the client, and the object or its address.
fn outer(tenant: &TestTenant<'_>, name: &str, value: &str) -> AuthorizationQuery {
    let mut query = request(tenant);
    query.pairs = vec![
        ("client_id".to_owned(), APP.to_owned()),
        (name.to_owned(), value.to_owned()),
    ];
    query
}

async fn send(tenant: &TestTenant<'_>, query: &AuthorizationQuery) -> Response {
    tenant.get(&query.address()).await
}

#[tokio::test]
async fn a_signed_request_leads_to_tokens() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let client = client(&tenant, json!({})).await;
    let object = client.request_object(&tenant, &request(&tenant), &json!({}));
    let code = tenant.code_for(&outer(&tenant, "request", &object), "pat").await;
    client
        .token(&tenant, &KeyClient::redemption(&code))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn only_what_is_inside_the_object_counts() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let client = client(&tenant, json!({})).await;
    let object = client.request_object(&tenant, &request(&tenant), &json!({}));
    let tampered = outer(&tenant, "request", &object)
        .with("state", "of the attacker")
        .with("scope", "openid patient/*.cruds")
        .with("redirect_uri", "https://evil.test/");
    let page = tenant.authorize(&mut app.browser(), &tampered, "pat").await;
    assert!(page.url.as_str().starts_with(REDIRECT_URI), "{page}");
    assert_eq!(page.parameter("state").as_deref(), Some("state-of-the-app"));
    // And what is missing inside is not taken from outside.
    let bare = client.request_object(&tenant, &request(&tenant), &json!({ "state": null }));
    let answer = send(&tenant, &outer(&tenant, "request", &bare).with("state", "outer")).await;
    assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn an_object_that_breaks_a_rule_is_refused_where_the_client_can_be_told() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let client = client(&tenant, json!({})).await;
    let stranger = KeyClient::new(APP, SigningAlgorithm::ES384);
    let now = app.now().seconds();
    let good = client.request_object(&tenant, &request(&tenant), &json!({}));
    let (head, rest) = good.split_once('.').unwrap();
    let (body, _) = rest.split_once('.').unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{body}.");
    for object in [
        client.request_object(&tenant, &request(&tenant), &json!({ "iss": "other" })),
        client.request_object(
            &tenant,
            &request(&tenant),
            &json!({ "aud": "https://auth.test/lakeside/auth" }),
        ),
        client.request_object(&tenant, &request(&tenant), &json!({ "exp": now - 120 })),
        client.request_object(&tenant, &request(&tenant), &json!({ "nbf": now + 120 })),
        client.request_object(&tenant, &request(&tenant), &json!({ "client_id": CONFIDENTIAL })),
        client.request_object(&tenant, &request(&tenant), &json!({ "request_uri": "urn:x" })),
        client.request_object(&tenant, &request(&tenant), &json!({ "sub": APP })),
        stranger.request_object(&tenant, &request(&tenant), &json!({})),
        format!("{head}.{body}.AAAA"),
        unsigned,
        "a.b.c.d.e".to_owned(),
        "nonsense".to_owned(),
    ] {
        // Without a redirect URI beside the object nobody can be told but the user.
        let shown = send(&tenant, &outer(&tenant, "request", &object))
            .await
            .assert_status(400);
        assert!(shown.text().contains("invalid_request_object"), "{object}: {shown}");
        let told = send(
            &tenant,
            &outer(&tenant, "request", &object).with("redirect_uri", REDIRECT_URI),
        )
        .await;
        assert_eq!(
            told.location_parameter("error").as_deref(),
            Some("invalid_request_object"),
            "{object}"
        );
        assert_eq!(told.location_parameter("iss"), Some(tenant.issuer()));
    }
}

#[tokio::test]
async fn a_request_object_is_no_client_assertion_and_none_of_another_tenant() {
    let app = TestApp::new().await;
    let (here, there) = (app.tenant("northside").await, app.tenant("lakeside").await);
    let client = client(&here, json!({})).await;
    client.register(&there, json!({})).await;
    let object = client.request_object(&here, &request(&here), &json!({ "jti": "1" }));
    let form = [("grant_type", "client_credentials")];
    client
        .token_with(&here, &form, Some(&object), None)
        .await
        .assert_error(401, "invalid_client");
    send(&there, &outer(&there, "request", &object))
        .await
        .assert_status(400);
}

#[tokio::test]
async fn a_client_can_be_held_to_signed_requests() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let client = client(&tenant, json!({ "require_signed_request_object": true })).await;
    let plain = send(&tenant, &request(&tenant)).await;
    assert_eq!(plain.location_parameter("error").as_deref(), Some("invalid_request"));
    let pushed = client
        .push(&tenant, &request(&tenant), &client.assertion(&tenant), None)
        .await;
    pushed.assert_error(400, "invalid_request");
    let object = client.request_object(&tenant, &request(&tenant), &json!({}));
    tenant.code_for(&outer(&tenant, "request", &object), "pat").await;
}

#[tokio::test]
async fn the_registered_algorithm_is_the_only_one() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let client = client(&tenant, json!({ "request_object_signing_alg": "RS384" })).await;
    let object = client.request_object(&tenant, &request(&tenant), &json!({}));
    let answer = send(&tenant, &outer(&tenant, "request", &object))
        .await
        .assert_status(400);
    assert!(answer.text().contains("invalid_request_object"));
}

#[tokio::test]
async fn a_pushed_object_stands_for_the_request() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let client = client(&tenant, json!({ "require_signed_request_object": true })).await;
    let object = client.request_object(&tenant, &request(&tenant), &json!({}));
    let mut form = outer(&tenant, "request", &object).with("state", "beside the object");
    let answer = client
        .push(&tenant, &form, &client.assertion(&tenant), None)
        .await
        .assert_status(201);
    let handle = answer.json()["request_uri"].as_str().unwrap().to_owned();
    let page = tenant
        .authorize(&mut app.browser(), &outer(&tenant, "request_uri", &handle), "pat")
        .await;
    assert_eq!(page.parameter("state").as_deref(), Some("state-of-the-app"), "{page}");
    // What is wrong is told at once.
    let bad = client.request_object(&tenant, &request(&tenant), &json!({ "aud": "https://elsewhere.test" }));
    form = outer(&tenant, "request", &bad);
    let answer = client.push(&tenant, &form, &client.assertion(&tenant), None).await;
    answer.assert_error(400, "invalid_request_object");
}

#[tokio::test]
async fn an_object_is_fetched_only_from_an_address_that_the_client_registered() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let client = KeyClient::new(APP, SigningAlgorithm::ES384);
    let object = client.request_object(&tenant, &request(&tenant), &json!({}));
    let served = object.clone();
    let server = Served::start(Router::new().route("/request", get(move || async move { served }))).await;
    let address = format!("{}/request", server.base());
    client.register(&tenant, json!({ "request_uris": [address] })).await;
    tenant.code_for(&outer(&tenant, "request_uri", &address), "pat").await;
    // A fragment is the hash of what is there.
    let hash = Sha256Hash::of(object.as_bytes()).to_base64url();
    tenant
        .code_for(&outer(&tenant, "request_uri", &format!("{address}#{hash}")), "pat")
        .await;
    for other in [
        format!("{address}#{}", Sha256Hash::of(b"other").to_base64url()),
        format!("{}/elsewhere", server.base()),
        "http://169.254.169.254/latest".to_owned(),
    ] {
        let answer = send(
            &tenant,
            &outer(&tenant, "request_uri", &other).with("redirect_uri", REDIRECT_URI),
        )
        .await;
        assert_eq!(
            answer.location_parameter("error").as_deref(),
            Some("invalid_request_uri"),
            "{other}"
        );
    }
    let both = outer(&tenant, "request_uri", &address).with("request", &object);
    send(&tenant, &both).await.assert_status(400);
}

#[tokio::test]
async fn what_is_not_offered_is_refused_and_not_in_the_metadata() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let client = client(&tenant, json!({ "request_uris": ["https://app.test/r"] })).await;
    let metadata = async || {
        tenant
            .get(&tenant.path(".well-known/openid-configuration"))
            .await
            .json()
    };
    let before = metadata().await;
    assert_eq!(before["request_parameter_supported"], true);
    assert_eq!(before["request_uri_parameter_supported"], true);
    assert_eq!(before["require_request_uri_registration"], true);
    assert_eq!(
        before["request_object_signing_alg_values_supported"],
        json!(["RS384", "ES384"])
    );
    set(
        &tenant,
        &[("offers.request_objects", "false"), ("offers.request_uris", "false")],
    )
    .await;
    let after = metadata().await;
    assert_eq!(after["request_parameter_supported"], false);
    assert_eq!(after["request_uri_parameter_supported"], false);
    assert!(after.get("request_object_signing_alg_values_supported").is_none());
    let object = client.request_object(&tenant, &request(&tenant), &json!({}));
    for (name, value, error) in [
        ("request", object.as_str(), "request_not_supported"),
        ("request_uri", "https://app.test/r", "request_uri_not_supported"),
    ] {
        let query = outer(&tenant, name, value).with("redirect_uri", REDIRECT_URI);
        let answer = send(&tenant, &query).await;
        assert_eq!(answer.location_parameter("error").as_deref(), Some(error));
    }
}

#[tokio::test]
async fn languages_of_a_pushed_request_reach_the_page() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let client = client(&tenant, json!({})).await;
    let object = client.request_object(&tenant, &request(&tenant), &json!({ "ui_locales": "fr es" }));
    let page = app.browser().goto(&outer(&tenant, "request", &object).address()).await;
    assert!(page.response.text().contains("lang=\"es\""), "{page}");
}
