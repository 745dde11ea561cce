//! What an app learns about a user, and what it calls them: the parameter `claims`, demanded sign-in strength, pairwise subjects,
//! signed userinfo, encrypted tokens (OpenID Connect Core sections 2, 5.3, 5.5 and 8).

use crate::support::app::{CONFIDENTIAL, PUBLIC, TestApp, TestTenant, claims, jose_header};
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::loopback::Served;
use crate::support::node_peer::JweRecipient;
use crate::support::openid_suite::{CLIENT, CLIENT_2, Mode, Suite, set};
use axum::Router;
use axum::http::Request;
use axum::routing::get;
use serde_json::{Value, json};

#[tokio::test]
async fn a_claim_is_delivered_where_it_was_asked_for_and_nowhere_else() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let wanted = json!({ "userinfo": { "name": { "essential": true } }, "id_token": { "email": null } });
    let query = suite.request().with("claims", &wanted.to_string());
    let flow = suite.happy(&mut app.browser(), &query).await;
    assert_eq!(flow.userinfo["name"], "Buffy Summers");
    assert_eq!(flow.id_token["email"], "buffy@hospital.test");
    assert!(flow.id_token.get("name").is_none() && flow.userinfo.get("email").is_none());
    assert_eq!(flow.tokens["scope"], "openid");
}

#[tokio::test]
async fn the_user_is_asked_for_a_claim_like_for_its_scope() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let mut browser = app.browser();
    suite.happy(&mut browser, &suite.request()).await;
    // Allowed once, the plain request needs no page; one that asks for the name does.
    let silent = suite.request().with("prompt", "none");
    assert!(suite.authorize(&mut browser, &silent).await.find("code").is_some());
    let wanted = silent.with("claims", r#"{"userinfo":{"name":null}}"#);
    let refused = suite.authorize(&mut browser, &wanted).await;
    assert_eq!(refused.find("error"), Some("consent_required"));
    let page = browser.goto(&wanted.without("prompt").address()).await;
    assert!(page.response.text().contains("your name and profile"), "{page}");
}

#[tokio::test]
async fn no_claim_goes_beyond_what_the_client_is_registered_for() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let narrow = json!({ "token_endpoint_auth_method": "client_secret_basic", "scope": "openid" });
    suite.tenant.client(CLIENT, narrow).await;
    let query = suite.request().with(
        "claims",
        r#"{"userinfo":{"name":{"essential":true}},"id_token":{"email":null}}"#,
    );
    let flow = suite.happy(&mut app.browser(), &query).await;
    assert!(flow.userinfo.get("name").is_none() && flow.id_token.get("email").is_none());
}

#[tokio::test]
async fn a_claims_parameter_that_cannot_be_read_is_refused_and_one_that_is_not_offered_ignored() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let bad = suite.request().with("claims", "{");
    let answer = suite.authorize(&mut app.browser(), &bad).await;
    assert_eq!(answer.find("error"), Some("invalid_request"));
    let metadata = async || {
        let path = suite.tenant.path(".well-known/openid-configuration");
        suite.tenant.get(&path).await.json()["claims_parameter_supported"].clone()
    };
    assert_eq!(metadata().await, true);
    set(&suite.tenant, &[("offers.claims_parameter", "false")]).await;
    assert_eq!(metadata().await, false);
    suite.happy(&mut app.browser(), &bad).await;
}

#[tokio::test]
async fn a_demanded_subject_is_the_only_one_that_gets_a_code() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let mut browser = app.browser();
    let first = suite.happy(&mut browser, &suite.request()).await;
    let demand = |subject: &Value| {
        let claims = json!({ "id_token": { "sub": { "value": subject } } });
        suite
            .request()
            .with("prompt", "none")
            .with("claims", &claims.to_string())
    };
    let same = suite.authorize(&mut browser, &demand(&first.id_token["sub"])).await;
    assert!(same.find("code").is_some());
    let other = suite.authorize(&mut browser, &demand(&json!("acc_other"))).await;
    assert_eq!(other.find("error"), Some("login_required"));
}

#[tokio::test]
async fn an_essential_acr_that_no_sign_in_reaches_is_an_error_and_a_voluntary_one_is_not() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let acr = |essential: bool| {
        let claims = json!({ "id_token": { "acr": { "essential": essential, "values": ["urn:strong"] } } });
        suite.request().with("claims", &claims.to_string())
    };
    suite.happy(&mut app.browser(), &acr(false)).await;
    suite
        .happy(&mut app.browser(), &suite.request().with("acr_values", "urn:strong"))
        .await;
    let refused = suite.authorize(&mut app.browser(), &acr(true)).await;
    assert_eq!(refused.find("error"), Some("unmet_authentication_requirements"));
    let mut browser = app.browser();
    suite.happy(&mut browser, &suite.request()).await;
    let silent = suite.authorize(&mut browser, &acr(true).with("prompt", "none")).await;
    assert_eq!(silent.find("error"), Some("unmet_authentication_requirements"));
}

#[tokio::test]
async fn metadata_names_the_authentication_contexts_of_the_tenant() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let metadata = async || {
        tenant
            .get(&tenant.path(".well-known/openid-configuration"))
            .await
            .json()
    };
    assert!(metadata().await.get("acr_values_supported").is_none());
    set(&tenant, &[("acr_values", "urn:a,urn:b")]).await;
    assert_eq!(metadata().await["acr_values_supported"], json!(["urn:a", "urn:b"]));
}

#[tokio::test]
async fn a_registered_max_age_holds_for_requests_that_say_nothing() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let members = json!({ "token_endpoint_auth_method": "client_secret_basic", "default_max_age": 60 });
    suite.tenant.client(CLIENT, members).await;
    let mut browser = app.browser();
    suite.happy(&mut browser, &suite.request()).await;
    let silent = || suite.request().with("prompt", "none");
    assert!(suite.authorize(&mut browser, &silent()).await.find("code").is_some());
    app.wait(std::time::Duration::from_secs(90));
    let stale = suite.authorize(&mut browser, &silent()).await;
    assert_eq!(stale.find("error"), Some("login_required"));
    let asked = suite.authorize(&mut browser, &silent().with("max_age", "3600")).await;
    assert!(asked.find("code").is_some());
}

fn pairwise(more: &Value) -> Value {
    let mut members = json!({ "token_endpoint_auth_method": "client_secret_basic", "subject_type": "pairwise" });
    for (name, value) in more.as_object().unwrap() {
        members[name] = value.clone();
    }
    members
}

#[tokio::test]
async fn apps_of_different_sectors_know_a_user_by_different_names() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let mut browser = app.browser();
    let public = suite.happy(&mut browser, &suite.request()).await.id_token["sub"].clone();
    let elsewhere = "https://elsewhere.test/sector.json";
    suite.tenant.client(CLIENT, pairwise(&json!({}))).await;
    suite
        .tenant
        .client(CLIENT_2, pairwise(&json!({ "sector_identifier_uri": elsewhere })))
        .await;
    let first = suite.happy(&mut browser, &suite.request()).await.id_token["sub"].clone();
    let again = suite.happy(&mut browser, &suite.request()).await.id_token["sub"].clone();
    let second = suite
        .happy_of(CLIENT_2, &mut browser, &suite.request_of(CLIENT_2))
        .await;
    assert_eq!(first, again);
    assert!(first != public && second.id_token["sub"] != public && second.id_token["sub"] != first);
    // The same sector, the same name.
    suite.tenant.client(CLIENT_2, pairwise(&json!({}))).await;
    let joined = suite
        .happy_of(CLIENT_2, &mut browser, &suite.request_of(CLIENT_2))
        .await;
    assert_eq!(joined.id_token["sub"], first);
}

#[tokio::test]
async fn a_pairwise_subject_is_the_same_wherever_it_stands() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    suite
        .tenant
        .client(CLIENT, pairwise(&json!({ "introspection": true })))
        .await;
    let mut browser = app.browser();
    let flow = suite.happy(&mut browser, &suite.request()).await;
    let sub = flow.id_token["sub"].clone();
    let access_token = flow.tokens["access_token"].as_str().unwrap();
    assert_eq!(claims(access_token)["sub"], sub);
    assert_eq!(flow.userinfo["sub"], sub);
    assert_eq!(suite.tenant.introspect(access_token).await["sub"], sub);
    // As a hint it is understood.
    let id_token = flow.tokens["id_token"].as_str().unwrap();
    let hinted = suite.request().with("prompt", "none").with("id_token_hint", id_token);
    assert!(suite.authorize(&mut browser, &hinted).await.find("code").is_some());
    // And at logout, where it spares the user a question.
    let page = browser
        .goto(&format!("{}?id_token_hint={id_token}", suite.tenant.path("logout")))
        .await;
    assert!(page.response.text().contains("You are signed out"), "{page}");
}

#[tokio::test]
async fn two_tenants_call_one_user_of_one_app_differently() {
    let app = TestApp::new().await;
    let mut subjects = Vec::new();
    for slug in ["northside", "lakeside"] {
        let tenant = app.tenant(slug).await;
        let members = json!({ "token_endpoint_auth_method": "none", "subject_type": "pairwise" });
        tenant.client(PUBLIC, members).await;
        let tokens = tenant.tokens("openid", "pat").await;
        subjects.push(claims(tokens["id_token"].as_str().unwrap())["sub"].clone());
    }
    assert_ne!(subjects[0], subjects[1]);
}

/// A tenant where everybody may register apps.
async fn open(tenant: &TestTenant<'_>) {
    set(
        tenant,
        &[("registration.policy", "open"), ("registration.approval", "false")],
    )
    .await;
}

async fn register(tenant: &TestTenant<'_>, metadata: &Value) -> crate::support::http::Response {
    tenant
        .app
        .router
        .send(Request::post(tenant.path("register")).json(metadata))
        .await
}

#[tokio::test]
async fn a_sector_is_joined_only_by_those_whom_its_document_lists() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    open(&tenant).await;
    let listed = json!(["https://app.test/callback", "https://other.test/callback"]).to_string();
    let server = Served::start(Router::new().route("/sector", get(move || async move { listed }))).await;
    let metadata = |redirect: &str| {
        json!({
            "redirect_uris": [redirect], "token_endpoint_auth_method": "none", "subject_type": "pairwise",
            "sector_identifier_uri": format!("{}/sector", server.base()),
        })
    };
    let answer = register(&tenant, &metadata("https://app.test/callback"))
        .await
        .assert_status(201)
        .json();
    assert_eq!(answer["subject_type"], "pairwise");
    register(&tenant, &metadata("https://app.test/elsewhere"))
        .await
        .assert_error(400, "invalid_client_metadata");
}

#[tokio::test]
async fn userinfo_is_signed_for_those_who_ask() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let plain = suite.happy(&mut app.browser(), &suite.request()).await;
    let members = json!({
        "token_endpoint_auth_method": "client_secret_basic", "userinfo_signed_response_alg": "RS256",
    });
    suite.tenant.client(CLIENT, members).await;
    let token = plain.tokens["access_token"].as_str().unwrap();
    let answer = suite.tenant.userinfo(token).await.assert_status(200);
    assert_eq!(answer.header("content-type"), Some("application/jwt"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let (header, said) = (jose_header(answer.text()), claims(answer.text()));
    assert_eq!(header["alg"], "RS256");
    assert_eq!(
        (&said["iss"], &said["aud"]),
        (&json!(suite.tenant.issuer()), &json!(CLIENT))
    );
    assert_eq!(said["sub"], plain.id_token["sub"]);
    assert!(said.get("nonce").is_none());
}

#[tokio::test]
async fn an_algorithm_without_a_key_cannot_be_registered_for_answers() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    open(&tenant).await;
    for member in [
        "id_token_signed_response_alg",
        "userinfo_signed_response_alg",
        "authorization_signed_response_alg",
    ] {
        let metadata = json!({
            "redirect_uris": ["https://app.test/cb"], "token_endpoint_auth_method": "none", member: "ES384",
        });
        register(&tenant, &metadata)
            .await
            .assert_error(400, "invalid_client_metadata");
    }
}

#[tokio::test]
async fn metadata_follows_what_is_offered() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let metadata = async || {
        tenant
            .get(&tenant.path(".well-known/openid-configuration"))
            .await
            .json()
    };
    let before = metadata().await;
    assert_eq!(before["subject_types_supported"], json!(["public", "pairwise"]));
    assert_eq!(
        before["id_token_encryption_alg_values_supported"],
        json!(["RSA-OAEP-256", "ECDH-ES"])
    );
    assert_eq!(
        before["userinfo_encryption_enc_values_supported"],
        json!(["A128GCM", "A256GCM"])
    );
    assert!(
        before["userinfo_signing_alg_values_supported"]
            .as_array()
            .unwrap()
            .contains(&json!("RS256"))
    );
    set(
        &tenant,
        &[
            ("offers.pairwise_subjects", "false"),
            ("offers.encrypted_tokens", "false"),
        ],
    )
    .await;
    let after = metadata().await;
    assert_eq!(after["subject_types_supported"], json!(["public"]));
    assert!(
        after
            .as_object()
            .unwrap()
            .keys()
            .all(|name| !name.contains("_encryption_"))
    );
}

#[tokio::test]
async fn tokens_for_a_client_that_wants_encryption_are_never_sent_in_clear() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let key = json!({
        "kty": "EC", "crv": "P-256", "use": "enc", "kid": "e1",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    });
    let members = json!({
        "token_endpoint_auth_method": "client_secret_basic", "jwks": { "keys": [key] },
        "id_token_encrypted_response_alg": "ECDH-ES", "userinfo_encrypted_response_alg": "ECDH-ES",
        "userinfo_encrypted_response_enc": "A256GCM",
    });
    suite.tenant.client(CLIENT, members).await;
    let callback = suite.authorize(&mut app.browser(), &suite.request()).await;
    let tokens = suite.redeem(CLIENT, callback.code()).await.assert_status(200).json();
    let id_token = tokens["id_token"].as_str().unwrap();
    assert_eq!(id_token.split('.').count(), 5);
    let header = jose_header(id_token);
    assert_eq!(
        (&header["alg"], &header["enc"], &header["cty"], &header["kid"]),
        (&json!("ECDH-ES"), &json!("A128GCM"), &json!("JWT"), &json!("e1"))
    );
    let userinfo = suite.tenant.userinfo(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(userinfo.header("content-type"), Some("application/jwt"));
    assert_eq!(jose_header(userinfo.text())["enc"], "A256GCM");
    // A key that is gone is an error, not a reason to send the token in clear.
    let gone = json!({
        "token_endpoint_auth_method": "client_secret_basic", "jwks_uri": "http://127.0.0.1:1/jwks",
        "id_token_encrypted_response_alg": "ECDH-ES",
    });
    suite.tenant.client(CLIENT, gone).await;
    let callback = suite.authorize(&mut app.browser(), &suite.request()).await;
    suite
        .redeem(CLIENT, callback.code())
        .await
        .assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_token_of_another_client_is_not_told_in_that_clients_form() {
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    let members =
        json!({ "token_endpoint_auth_method": "client_secret_basic", "userinfo_signed_response_alg": "ES256" });
    suite.tenant.client(CONFIDENTIAL, members).await;
    let flow = suite.happy(&mut app.browser(), &suite.request()).await;
    let answer = suite
        .tenant
        .userinfo(flow.tokens["access_token"].as_str().unwrap())
        .await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

/// Needs Node.js: the tokens are opened by the `jose` package.
#[tokio::test]
async fn a_library_of_others_opens_encrypted_tokens_with_npm_peers() {
    let Some(recipient) = JweRecipient::start() else { return };
    let app = TestApp::new().await;
    let suite = Suite::start(&app, Mode::Query).await;
    for (name, algorithm, encryption) in [
        ("rsa", "RSA-OAEP-256", "A128GCM"),
        ("rsa", "RSA-OAEP-256", "A256GCM"),
        ("p256", "ECDH-ES", "A128GCM"),
        ("p384", "ECDH-ES", "A256GCM"),
    ] {
        let members = json!({
            "token_endpoint_auth_method": "client_secret_basic", "jwks": { "keys": [recipient.key(name)] },
            "id_token_encrypted_response_alg": algorithm, "id_token_encrypted_response_enc": encryption,
        });
        suite.tenant.client(CLIENT, members).await;
        let query = suite.request();
        let callback = suite.authorize(&mut app.browser(), &query).await;
        let tokens = suite.redeem(CLIENT, callback.code()).await.assert_status(200).json();
        let (header, inner) = recipient.open(tokens["id_token"].as_str().unwrap()).await;
        assert_eq!(
            (&header["alg"], &header["enc"], &header["cty"]),
            (&json!(algorithm), &json!(encryption), &json!("JWT"))
        );
        suite.verify(CLIENT, &query, &inner).await;
    }
}
