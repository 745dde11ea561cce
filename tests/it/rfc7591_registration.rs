//! Apps that register themselves (RFC 7591), and manage that (RFC 7592).

use crate::support::app::{REDIRECT_URI, TestApp, TestTenant, VERIFIER};
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::body::Body;
use axum::http::{Method, Request};
use futures::future::{join, join_all};
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::oauth::client::ClientStatus;
use wardkey::oauth::jose::{JwkSet, JwtType, RsaSize, SigningAlgorithm, SigningKeyPair};
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;
use wardkey::tenant::registration::{RegistrationDocument, RegistrationPolicy, SoftwareStatementIssuer};

fn open() -> RegistrationDocument {
    RegistrationDocument {
        policy: RegistrationPolicy::Open,
        approval: false,
        ..RegistrationDocument::default()
    }
}

async fn tenant<'a>(app: &'a TestApp, slug: &str, registration: RegistrationDocument) -> TestTenant<'a> {
    Box::pin(app.tenant_as(NewTenant {
        slug: slug.to_owned(),
        display_name: format!("Hospital {slug}"),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document: TenantDocument {
            registration,
            ..TenantDocument::default()
        },
    }))
    .await
}

fn metadata() -> Value {
    json!({ "client_name": "Growth", "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" })
}

fn with(mut metadata: Value, name: &str, value: Value) -> Value {
    metadata[name] = value;
    metadata
}

async fn register(tenant: &TestTenant<'_>, metadata: &Value) -> Response {
    tenant
        .app
        .router
        .send(Request::post(tenant.path("register")).json(metadata))
        .await
}

async fn registered(tenant: &TestTenant<'_>, metadata: &Value) -> Value {
    register(tenant, metadata).await.assert_status(201).json()
}

fn text<'a>(registration: &'a Value, name: &str) -> &'a str {
    registration[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {registration}"))
}

/// A request to manage a registration.
async fn manage(
    tenant: &TestTenant<'_>,
    method: Method,
    client_id: &str,
    token: &str,
    body: Option<&Value>,
) -> Response {
    let request = Request::builder()
        .method(method)
        .uri(tenant.path(&format!("register/{client_id}")))
        .bearer(token);
    let request: Request<Body> = match body {
        Some(body) => request.json(body),
        None => request.empty(),
    };
    tenant.app.router.send(request).await
}

#[tokio::test]
async fn a_registered_app_works_at_once_where_no_approval_is_wanted() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside", open()).await;
    let registration = registered(&tenant, &metadata()).await;
    let id = text(&registration, "client_id");
    let query = tenant
        .authorization_request("launch/patient patient/*.rs")
        .with("client_id", id);
    let code = tenant.code_for(&query, "pat").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", id),
        ("code_verifier", VERIFIER),
    ];
    tenant.token(&form).await.assert_status(200);
}

#[tokio::test]
async fn the_answer_tells_what_was_registered() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside", open()).await;
    let asked =
        json!({ "client_name": "Growth", "redirect_uris": [REDIRECT_URI], "contacts": ["dev@app.test"], "unknown": 1 });
    let answer = register(&tenant, &asked).await.assert_status(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let registration = answer.json();
    // RFC 7591 section 2 and OpenID Connect Dynamic Client Registration section 2: the defaults.
    assert_eq!(registration["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(registration["grant_types"], json!(["authorization_code"]));
    assert_eq!(registration["response_types"], json!(["code"]));
    assert_eq!(registration["application_type"], "web");
    assert_eq!(registration["id_token_signed_response_alg"], "RS256");
    assert_eq!(registration["client_secret_expires_at"], 0);
    assert_eq!(registration["client_id_issued_at"], json!(app.now().seconds()));
    assert!(registration.get("unknown").is_none());
    let uri = format!("{}/register/{}", tenant.issuer(), text(&registration, "client_id"));
    assert_eq!(registration["registration_client_uri"], json!(uri));
    let secret = text(&registration, "client_secret");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", REDIRECT_URI),
    ];
    let answer = tenant
        .token_with_basic(text(&registration, "client_id"), secret, &form)
        .await;
    answer.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_public_app_gets_no_secret() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside", open()).await;
    let registration = registered(&tenant, &metadata()).await;
    assert!(registration.get("client_secret").is_none());
    assert!(registration.get("client_secret_expires_at").is_none());
}

#[tokio::test]
async fn each_fault_has_its_code() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside", open()).await;
    let bad = [
        ("redirect_uris", json!([]), "invalid_redirect_uri"),
        (
            "redirect_uris",
            json!(["https://app.test/cb#fragment"]),
            "invalid_redirect_uri",
        ),
        ("redirect_uris", json!(["javascript:alert(1)"]), "invalid_redirect_uri"),
        ("redirect_uris", json!("https://app.test/cb"), "invalid_client_metadata"),
        ("response_types", json!(["token"]), "invalid_client_metadata"),
        ("grant_types", json!(["implicit"]), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("magic"), "invalid_client_metadata"),
        (
            "token_endpoint_auth_method",
            json!("private_key_jwt"),
            "invalid_client_metadata",
        ),
        ("id_token_signed_response_alg", json!("none"), "invalid_client_metadata"),
        (
            "jwks",
            json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }),
            "invalid_client_metadata",
        ),
        ("scope", json!("patient/\"x"), "invalid_client_metadata"),
    ];
    for (name, value, error) in bad {
        let answer = register(&tenant, &with(metadata(), name, value.clone())).await;
        assert_eq!(answer.json()["error"], error, "{name} {value}");
        answer.assert_error(400, error);
    }
    for body in ["[]", "not json", ""] {
        let request = Request::post(tenant.path("register")).header("content-type", "application/json");
        let answer = app.router.send(request.body(Body::from(body)).unwrap()).await;
        answer.assert_error(400, "invalid_client_metadata");
    }
}

#[tokio::test]
async fn nobody_grants_themselves_an_administrators_powers() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside", open()).await;
    let exchange = json!(["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"]);
    for (name, value) in [
        ("introspection", json!(true)),
        ("require_pkce", json!(false)),
        ("ask_consent", json!("once")),
        ("grant_types", exchange),
    ] {
        let asked = with(
            with(metadata(), "token_endpoint_auth_method", json!("client_secret_basic")),
            name,
            value,
        );
        register(&tenant, &asked)
            .await
            .assert_error(400, "invalid_client_metadata");
    }
    let asked = with(
        with(
            metadata(),
            "scope",
            json!("openid patient/*.cruds system/*.rs __introspect __launch"),
        ),
        "verified",
        json!(true),
    );
    let registration = registered(&tenant, &asked).await;
    assert_eq!(registration["scope"], "openid patient/*.rs");
    let client = tenant
        .admin()
        .await
        .get_client(text(&registration, "client_id"))
        .await
        .unwrap();
    assert!(!client.verified);
}

#[tokio::test]
async fn where_registration_is_closed_there_is_none() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    register(&tenant, &metadata()).await.assert_status(404);
    let document = tenant
        .get(&tenant.path(".well-known/openid-configuration"))
        .await
        .json();
    assert!(document.get("registration_endpoint").is_none());
}

#[tokio::test]
async fn discovery_names_the_endpoint_where_it_is() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside", open()).await;
    let address = json!(format!("{}/register", tenant.issuer()));
    for document in ["openid-configuration", "smart-configuration"] {
        let document = tenant
            .get(&tenant.path(&format!(".well-known/{document}")))
            .await
            .json();
        assert_eq!(document["registration_endpoint"], address);
    }
}

#[tokio::test]
async fn an_initial_access_token_registers_as_many_apps_as_it_says() {
    let app = TestApp::new().await;
    let rules = RegistrationDocument {
        policy: RegistrationPolicy::InitialAccessToken,
        ..open()
    };
    let tenant = tenant(&app, "northside", rules).await;
    let with_token = async |token: &str, metadata: &Value| {
        let request = Request::post(tenant.path("register")).bearer(token);
        app.router.send(request.json(metadata)).await
    };
    let admin = tenant.admin().await;
    let token = admin
        .create_initial_access_token("vendor", 1, Duration::from_hours(1))
        .await
        .unwrap();
    let without = register(&tenant, &metadata()).await.assert_status(401);
    assert!(without.header("www-authenticate").unwrap().starts_with("Bearer"));
    with_token("nonsense", &metadata())
        .await
        .assert_error(401, "invalid_token");
    // A request that is not in order does not use it up.
    with_token(token.expose(), &json!({})).await.assert_status(400);
    with_token(token.expose(), &metadata()).await.assert_status(201);
    with_token(token.expose(), &metadata())
        .await
        .assert_error(401, "invalid_token");
    let late = admin
        .create_initial_access_token("vendor", 5, Duration::from_hours(1))
        .await
        .unwrap();
    app.wait(Duration::from_hours(1));
    with_token(late.expose(), &metadata())
        .await
        .assert_error(401, "invalid_token");
}

#[tokio::test]
async fn an_app_that_awaits_approval_is_unknown_until_an_administrator_approves_it() {
    let app = TestApp::new().await;
    let rules = RegistrationDocument {
        approval: true,
        ..open()
    };
    let tenant = tenant(&app, "northside", rules).await;
    let registration = registered(&tenant, &metadata()).await;
    let id = text(&registration, "client_id");
    let query = tenant
        .authorization_request("launch/patient patient/*.rs")
        .with("client_id", id);
    app.browser().goto(&query.address()).await.response.assert_status(400);
    let admin = tenant.admin().await;
    admin.set_client_status(id, ClientStatus::Enabled).await.unwrap();
    tenant.code_for(&query, "pat").await;
    let token = text(&registration, "registration_access_token");
    let same = with(metadata(), "client_id", json!(id));
    manage(&tenant, Method::PUT, id, token, Some(&same))
        .await
        .assert_status(200);
    assert_eq!(admin.get_client(id).await.unwrap().status, ClientStatus::Enabled);
    // What was approved is not what a replacement says.
    for (member, value) in [
        ("redirect_uris", json!(["https://evil.test/cb"])),
        ("grant_types", json!(["authorization_code", "refresh_token"])),
    ] {
        manage(&tenant, Method::PUT, id, token, Some(&same))
            .await
            .assert_status(200);
        admin.set_client_status(id, ClientStatus::Enabled).await.unwrap();
        let other = with(same.clone(), member, value);
        manage(&tenant, Method::PUT, id, token, Some(&other))
            .await
            .assert_status(200);
        let status = admin.get_client(id).await.unwrap().status;
        assert_eq!(status, ClientStatus::AwaitingApproval, "{member}");
    }
}

#[tokio::test]
async fn software_statements_of_trusted_issuers_go_before_what_the_app_says() {
    let app = TestApp::new().await;
    let key = SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::Bits2048).unwrap();
    let issuer = "https://registry.example";
    let rules = RegistrationDocument {
        policy: RegistrationPolicy::SoftwareStatement,
        software_statement_issuers: vec![SoftwareStatementIssuer {
            issuer: issuer.to_owned(),
            jwks: JwkSet {
                keys: vec![key.public_jwk().clone()],
            },
        }],
        ..open()
    };
    let tenant = tenant(&app, "northside", rules).await;
    let statement = |issuer: &str| {
        let claims = json!({ "iss": issuer, "client_name": "Approved name", "redirect_uris": [REDIRECT_URI] });
        json!(key.sign(JwtType::IdToken, &claims).unwrap())
    };
    register(&tenant, &metadata())
        .await
        .assert_error(400, "invalid_software_statement");
    let asked = with(metadata(), "software_statement", json!("x.y.z"));
    register(&tenant, &asked)
        .await
        .assert_error(400, "invalid_software_statement");
    let asked = with(metadata(), "software_statement", statement("https://elsewhere.example"));
    register(&tenant, &asked)
        .await
        .assert_error(400, "unapproved_software_statement");
    let asked = with(
        with(metadata(), "software_statement", statement(issuer)),
        "redirect_uris",
        json!(["https://evil.test/cb"]),
    );
    let registration = registered(&tenant, &asked).await;
    assert_eq!(registration["client_name"], "Approved name");
    assert_eq!(registration["redirect_uris"], json!([REDIRECT_URI]));
}

#[tokio::test]
async fn a_registration_is_read_replaced_and_deleted_with_its_own_token() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside", open()).await;
    let registration = registered(&tenant, &metadata()).await;
    let id = text(&registration, "client_id").to_owned();
    let token = text(&registration, "registration_access_token").to_owned();
    let read = manage(&tenant, Method::GET, &id, &token, None)
        .await
        .assert_status(200)
        .json();
    assert_eq!(read["client_name"], "Growth");

    let replacement = with(
        with(metadata(), "client_id", json!(id)),
        "client_name",
        json!("Growth 2"),
    );
    let replaced = manage(&tenant, Method::PUT, &id, &token, Some(&replacement))
        .await
        .assert_status(200)
        .json();
    assert_eq!(replaced["client_name"], "Growth 2");

    let query = tenant
        .authorization_request("launch/patient patient/*.rs offline_access")
        .with("client_id", &id);
    let replacement = with(
        replacement,
        "grant_types",
        json!(["authorization_code", "refresh_token"]),
    );
    manage(&tenant, Method::PUT, &id, &token, Some(&replacement))
        .await
        .assert_status(200);
    let code = tenant.code_for(&query, "pat").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", &id),
        ("code_verifier", VERIFIER),
    ];
    let reply = tenant.token(&form).await.assert_status(200).json();
    manage(&tenant, Method::DELETE, &id, &token, None)
        .await
        .assert_status(204);
    assert_eq!(tenant.introspect(text(&reply, "access_token")).await["active"], false);
    manage(&tenant, Method::GET, &id, &token, None)
        .await
        .assert_error(401, "invalid_token");
}

on_each_database! {
    async fn a_replacement_never_undoes_what_an_administrator_decides_meanwhile(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = tenant(&app, "northside", open()).await;
        for round in 0..12 {
            let registration = registered(&tenant, &metadata()).await;
            let id = text(&registration, "client_id");
            let token = text(&registration, "registration_access_token");
            let named = with(metadata(), "client_id", json!(id));
            let replacements = (0..6).map(|number| {
                let replacement = with(named.clone(), "client_name", json!(format!("Growth {number}")));
                let tenant = &tenant;
                async move { manage(tenant, Method::PUT, id, token, Some(&replacement)).await }
            });
            let admin = tenant.admin().await;
            let decision = async {
                if round % 2 == 0 {
                    admin.set_client_status(id, ClientStatus::Disabled).await.map(drop)
                } else {
                    admin.delete_client(id).await
                }
            };
            let (_, decided) = join(join_all(replacements), decision).await;
            decided.unwrap();
            let left = admin.get_client(id).await.ok();
            assert!(left.is_none_or(|client| client.status == ClientStatus::Disabled), "round {round}");
        }
    }
}

#[tokio::test]
async fn a_replacement_names_the_client_and_nothing_of_the_servers() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside", open()).await;
    let asked = with(metadata(), "token_endpoint_auth_method", json!("client_secret_basic"));
    let registration = registered(&tenant, &asked).await;
    let (id, token) = (
        text(&registration, "client_id"),
        text(&registration, "registration_access_token"),
    );
    let good = with(asked, "client_id", json!(id));
    let put = async |body: &Value| manage(&tenant, Method::PUT, id, token, Some(body)).await;
    put(&metadata()).await.assert_error(400, "invalid_request");
    put(&with(good.clone(), "client_id", json!("other")))
        .await
        .assert_error(400, "invalid_request");
    put(&with(good.clone(), "client_secret", json!("chosen by me")))
        .await
        .assert_error(400, "invalid_request");
    for name in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        put(&with(good.clone(), name, json!("x")))
            .await
            .assert_error(400, "invalid_request");
    }
    let current = with(good, "client_secret", registration["client_secret"].clone());
    let replaced = put(&current).await.assert_status(200).json();
    // The secret stays, and is not told again.
    assert!(replaced.get("client_secret").is_none());
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", REDIRECT_URI),
    ];
    let answer = tenant
        .token_with_basic(id, text(&registration, "client_secret"), &form)
        .await;
    answer.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn one_apps_token_is_no_token_for_another() {
    let app = TestApp::new().await;
    let (here, there) = (
        tenant(&app, "northside", open()).await,
        tenant(&app, "lakeside", open()).await,
    );
    let (own, other) = (
        registered(&here, &metadata()).await,
        registered(&here, &metadata()).await,
    );
    let token = text(&own, "registration_access_token");
    for id in [text(&other, "client_id"), "growth-chart", "nobody"] {
        for method in [Method::GET, Method::DELETE] {
            manage(&here, method, id, token, None)
                .await
                .assert_error(401, "invalid_token");
        }
    }
    manage(&there, Method::GET, text(&own, "client_id"), token, None)
        .await
        .assert_error(401, "invalid_token");
    manage(&here, Method::GET, text(&own, "client_id"), token, None)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_wrong_request_of_an_app_that_nobody_knows_is_not_sent_on() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "northside", open()).await;
    let registration = registered(&tenant, &metadata()).await;
    let id = text(&registration, "client_id");
    let wrong = tenant
        .authorization_request("patient/*.rs")
        .with("client_id", id)
        .with("response_type", "token");
    let page = app.browser().goto(&wrong.address()).await;
    page.response.clone().assert_status(400);
    let silent = wrong.with("prompt", "none");
    let page = app.browser().goto(&silent.address()).await;
    assert_eq!(page.parameter("error").as_deref(), Some("unsupported_response_type"));
}
