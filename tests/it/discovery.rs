//! Discovery (RFC 8414, OpenID Connect Discovery, SMART App Launch 2.2 "Conformance").

use crate::support::app::{CONFIDENTIAL, PUBLIC, SECRET, TestApp, TestTenant};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;

/// Every document that is for everybody.
const PUBLIC_DOCUMENTS: [&str; 8] = [
    "/northside/fhir/.well-known/smart-configuration",
    "/northside/auth/.well-known/smart-configuration",
    "/northside/auth/.well-known/capability-statement",
    "/northside/auth/.well-known/openid-configuration",
    "/northside/auth/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/northside/auth",
    "/.well-known/openid-configuration/northside/auth",
    "/northside/auth/jwks",
];
/// An origin of the tests' apps: that of their redirect URI.
const APP_ORIGIN: &str = "https://app.test";

/// A tenant with these settings.
async fn tenant_with<'a>(app: &'a TestApp, slug: &str, settings: Value) -> TestTenant<'a> {
    let document: TenantDocument = serde_json::from_value(settings).unwrap();
    app.tenant_as(NewTenant {
        slug: slug.to_owned(),
        display_name: format!("Hospital {slug}"),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document,
    })
    .await
}

async fn preflight(app: &TestApp, path: &str, origin: &str) -> Response {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri(path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .empty();
    app.router.send(request).await
}

#[tokio::test]
async fn every_address_of_the_metadata_gives_the_same_document() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let first = tenant
        .get(&tenant.path(".well-known/openid-configuration"))
        .await
        .assert_status(200);
    for address in [
        "/.well-known/oauth-authorization-server/northside/auth",
        "/.well-known/openid-configuration/northside/auth",
        "/northside/auth/.well-known/oauth-authorization-server",
    ] {
        assert_eq!(
            tenant.get(address).await.assert_status(200).json(),
            first.json(),
            "{address}"
        );
    }
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn the_metadata_say_what_is_there_and_nothing_else() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let metadata = tenant
        .get(&tenant.path(".well-known/openid-configuration"))
        .await
        .json();
    assert_eq!(metadata["issuer"], tenant.issuer());
    assert_eq!(metadata["response_types_supported"], json!(["code"]));
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(
        metadata["grant_types_supported"],
        json!([
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "urn:ietf:params:oauth:grant-type:device_code"
        ])
    );
    assert_eq!(metadata["request_uri_parameter_supported"], true);
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert!(
        metadata["id_token_signing_alg_values_supported"]
            .as_array()
            .unwrap()
            .contains(&json!("RS256"))
    );
    let members = metadata.as_object().unwrap();
    for (name, value) in members {
        assert!(!value.is_null() && value != &json!([]), "{name}");
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let path = value
                .as_str()
                .unwrap()
                .strip_prefix(&app.base)
                .expect("absolute, at our own address");
            // Every endpoint that is named answers.
            let answer = tenant.get(path).await;
            assert!(answer.status != 404, "{name}: {answer}");
        }
    }
}

#[tokio::test]
async fn smart_configuration_is_json_whatever_is_accepted_and_agrees_with_the_metadata() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let metadata = tenant
        .get(&tenant.path(".well-known/openid-configuration"))
        .await
        .json();
    for address in [
        "/northside/fhir/.well-known/smart-configuration",
        "/northside/auth/.well-known/smart-configuration",
    ] {
        for accept in ["application/json", "application/fhir+json", "text/html", "*/*"] {
            let request = Request::get(address)
                .header("accept", accept)
                .header("origin", "https://elsewhere.test")
                .empty();
            let answer = app.router.send(request).await.assert_status(200);
            assert!(answer.header("content-type").unwrap().starts_with("application/json"));
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            let smart = answer.json();
            for member in [
                "issuer",
                "jwks_uri",
                "authorization_endpoint",
                "token_endpoint",
                "introspection_endpoint",
            ] {
                assert_eq!(smart[member], metadata[member], "{member}");
            }
            assert!(!smart["authorization_endpoint"].as_str().unwrap().contains('?'));
            for capability in [
                "launch-ehr",
                "context-banner",
                "context-ehr-patient",
                "context-ehr-encounter",
                "launch-standalone",
                "authorize-post",
                "client-public",
                "client-confidential-symmetric",
                "client-confidential-asymmetric",
                "sso-openid-connect",
                "context-standalone-patient",
                "permission-offline",
                "permission-patient",
                "permission-user",
                "permission-v1",
                "permission-v2",
            ] {
                assert!(has(&smart["capabilities"], capability), "{capability}");
            }
            // What this server does not do yet is not promised.
            assert!(!has(&smart["capabilities"], "smart-app-state"));
        }
    }
}

fn has(list: &Value, wanted: &str) -> bool {
    list.as_array().unwrap().iter().any(|entry| entry == wanted)
}

#[tokio::test]
async fn the_issuer_does_not_depend_on_the_host_header() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let request = Request::get(tenant.path(".well-known/openid-configuration"))
        .header("host", "evil.test")
        .header("x-forwarded-host", "evil.test")
        .header("forwarded", "host=evil.test")
        .empty();
    let answer = app.router.send(request).await.assert_status(200);
    assert!(!answer.text().contains("evil.test"));
}

#[tokio::test]
async fn the_jwks_answers_304_to_its_own_entity_tag() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let first = tenant.get(&tenant.path("jwks")).await.assert_status(200);
    let request = Request::get(tenant.path("jwks"))
        .header("if-none-match", first.header("etag").unwrap())
        .empty();
    let second = app.router.send(request).await.assert_status(304);
    assert!(second.body.is_empty());
}

#[tokio::test]
async fn public_documents_are_open_to_every_origin_on_every_get_with_and_without_one() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    for path in PUBLIC_DOCUMENTS {
        for origin in [None, Some("https://elsewhere.test"), Some("null")] {
            let mut request = Request::get(path);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let answer = app.router.send(request.empty()).await.assert_status(200);
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
            assert!(answer.header("access-control-expose-headers").unwrap().contains("ETag"));
        }
        let asked = preflight(&app, path, "https://elsewhere.test").await.assert_status(204);
        assert_eq!(asked.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(
            asked.header("access-control-allow-methods"),
            Some("GET, HEAD"),
            "{path}"
        );
        let missing = app
            .router
            .send(Request::get(path.replace("northside", "nobody")).empty())
            .await;
        assert_eq!(
            missing.assert_status(404).header("access-control-allow-origin"),
            Some("*"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn public_documents_answer_head_and_304_to_their_entity_tag() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    for path in PUBLIC_DOCUMENTS {
        let whole = app.router.send(Request::get(path).empty()).await.assert_status(200);
        let head = app.router.send(Request::head(path).empty()).await.assert_status(200);
        assert!(head.body.is_empty(), "{path}");
        assert_eq!(head.header("content-type"), whole.header("content-type"), "{path}");
        assert!(whole.header("cache-control").unwrap().contains("max-age="), "{path}");
        let again = Request::get(path).header("if-none-match", whole.header("etag").unwrap());
        let unchanged = app.router.send(again.empty()).await.assert_status(304);
        assert!(unchanged.body.is_empty(), "{path}");
        assert_eq!(unchanged.header("access-control-allow-origin"), Some("*"), "{path}");
    }
}

#[tokio::test]
async fn the_endpoints_of_apps_echo_registered_origins_only_on_errors_too() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let form = |path: &str| Request::post(path).form(&[("grant_type", "nonsense"), ("client_id", PUBLIC)]);
    let with_origin = |mut request: Request<Body>, origin: &str| {
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request
    };
    for endpoint in ["token", "introspect", "revoke", "userinfo"] {
        let path = format!("/northside/auth/{endpoint}");
        let own = app.router.send(with_origin(form(&path), APP_ORIGIN)).await;
        assert!(own.status.is_client_error(), "{endpoint}: {own}");
        assert_eq!(
            own.header("access-control-allow-origin"),
            Some(APP_ORIGIN),
            "{endpoint}"
        );
        assert!(
            own.header("access-control-expose-headers")
                .unwrap()
                .contains("WWW-Authenticate")
        );
        assert_eq!(own.header("vary"), Some("Origin"), "{endpoint}");
        for foreign in ["https://elsewhere.test", "null"] {
            let refused = app.router.send(with_origin(form(&path), foreign)).await;
            assert_eq!(refused.header("access-control-allow-origin"), None, "{endpoint}");
        }
        let asked = preflight(&app, &path, APP_ORIGIN).await.assert_status(204);
        assert_eq!(asked.header("access-control-allow-origin"), Some(APP_ORIGIN));
        assert_eq!(asked.header("access-control-allow-methods"), Some("GET, POST"));
        let allowed = asked.header("access-control-allow-headers").unwrap();
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
        assert!(asked.header("access-control-max-age").is_some());
        let unasked = preflight(&app, &path, "https://elsewhere.test")
            .await
            .assert_status(204);
        assert_eq!(unasked.header("access-control-allow-origin"), None);
        assert_eq!(unasked.header("vary"), Some("Origin"));
    }
}

#[tokio::test]
async fn the_authorization_endpoint_is_navigated_to_and_never_fetched() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let address = tenant.authorization_request("openid").address();
    let answer = app
        .router
        .send(Request::get(address).header("origin", APP_ORIGIN).empty())
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn what_a_tenant_does_not_accept_is_neither_listed_nor_possible() {
    let app = TestApp::new().await;
    let tenant = tenant_with(
        &app,
        "northside",
        json!({
            "scopes_v1": false, "additional_assertion_algorithms": ["PS256"],
            "client_authentication_methods": ["client_secret_basic", "private_key_jwt", "none"],
        }),
    )
    .await;
    let smart = tenant
        .get("/northside/fhir/.well-known/smart-configuration")
        .await
        .json();
    let metadata = tenant
        .get(&tenant.path(".well-known/openid-configuration"))
        .await
        .json();
    let algorithms = json!(["RS384", "PS256", "ES384"]);
    assert_eq!(smart["token_endpoint_auth_signing_alg_values_supported"], algorithms);
    assert_eq!(metadata["token_endpoint_auth_signing_alg_values_supported"], algorithms);
    assert_eq!(
        metadata["token_endpoint_auth_methods_supported"],
        json!(["client_secret_basic", "private_key_jwt", "none"])
    );
    assert!(!has(&smart["capabilities"], "permission-v1"));
    assert!(!has(&smart["scopes_supported"], "patient/*.read"));
    // A scope of version 1 is ignored; with nothing beside it, nothing is left to grant.
    let tokens = tenant.tokens("launch/patient patient/*.rs patient/*.read", "pat").await;
    assert_eq!(tokens["scope"], "launch/patient patient/*.rs");
    let query = tenant.authorization_request("patient/*.read");
    let page = tenant.authorize(&mut app.browser(), &query, "pat").await;
    assert_eq!(page.parameter("error").as_deref(), Some("invalid_scope"), "{page}");
    // A kind of client that is not accepted cannot be registered.
    let registration = json!({
        "client_name": "App", "token_endpoint_auth_method": "client_secret_post", "redirect_uris": ["https://app.test/x"],
    });
    let refused = tenant
        .admin()
        .await
        .save_client(
            "posting-app",
            serde_json::from_value(registration).unwrap(),
            wardkey::control::clients::SecretPolicy::KeepOrCreate,
        )
        .await
        .err()
        .unwrap();
    assert!(
        refused.to_string().starts_with("token_endpoint_auth_method"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_client_whose_kind_the_tenant_stopped_accepting_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", "y"),
        ("code_verifier", "z"),
    ];
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &form)
        .await
        .assert_error(400, "invalid_grant");
    let document = TenantDocument {
        client_authentication_methods: serde_json::from_value(json!(["private_key_jwt", "none"])).unwrap(),
        ..TenantDocument::default()
    };
    let new = NewTenant {
        slug: "northside".into(),
        display_name: "Hospital northside".into(),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document,
    };
    app.platform.create_tenant(&new).await.unwrap();
    tenant
        .token_with_basic(CONFIDENTIAL, SECRET, &form)
        .await
        .assert_error(401, "invalid_client");
    let smart = tenant
        .get("/northside/fhir/.well-known/smart-configuration")
        .await
        .json();
    assert!(!has(&smart["capabilities"], "client-confidential-symmetric"));
}

#[tokio::test]
async fn each_fhir_server_of_a_tenant_has_its_own_document() {
    let app = TestApp::new().await;
    let state = json!({ "url": "https://state.test/r4", "capabilities": ["smart-app-state"] });
    let tenant = tenant_with(
        &app,
        "northside",
        json!({
            "fhir_bases": ["https://fhir.test/r4", "https://fhir.test/r5"],
            "fhir_servers": [
                { "base": "https://fhir.test/r4", "name": "r4", "associated_endpoints": [state] },
                { "base": "https://fhir.test/r5", "name": "r5", "app_state": true },
            ],
        }),
    )
    .await;
    let of = async |name: &str| {
        let path = tenant.path(&format!("fhir-servers/{name}/.well-known/smart-configuration"));
        tenant.get(&path).await.assert_status(200).json()
    };
    let (r4, r5) = (of("r4").await, of("r5").await);
    assert_eq!(r4["associated_endpoints"], json!([state]));
    assert!(!has(&r4["capabilities"], "smart-app-state"));
    assert!(r5.get("associated_endpoints").is_none());
    assert!(has(&r5["capabilities"], "smart-app-state"));
    assert_eq!(r4["token_endpoint"], r5["token_endpoint"]);
    // The first one stands at the tenant's own addresses.
    assert_eq!(
        tenant
            .get("/northside/auth/.well-known/smart-configuration")
            .await
            .json(),
        r4
    );
    let unknown = tenant.path("fhir-servers/r6/.well-known/smart-configuration");
    tenant.get(&unknown).await.assert_status(404);
    let fragment = tenant.path("fhir-servers/r5/.well-known/capability-statement");
    tenant.get(&fragment).await.assert_status(200);
}

#[tokio::test]
async fn the_capability_statement_fragment_has_the_addresses_of_the_smart_configuration() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let smart = tenant
        .get("/northside/fhir/.well-known/smart-configuration")
        .await
        .json();
    let fragment = tenant
        .get(&tenant.path(".well-known/capability-statement"))
        .await
        .json();
    let security = &fragment["rest"][0]["security"];
    assert_eq!(security["service"][0]["coding"][0]["code"], "SMART-on-FHIR");
    let extension = &security["extension"][0];
    assert_eq!(
        extension["url"],
        "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
    );
    let nested = extension["extension"].as_array().unwrap();
    for (name, member) in [
        ("authorize", "authorization_endpoint"),
        ("token", "token_endpoint"),
        ("introspect", "introspection_endpoint"),
        ("manage", "management_endpoint"),
        ("register", "registration_endpoint"),
        ("revoke", "revocation_endpoint"),
    ] {
        let stated = nested
            .iter()
            .find(|entry| entry["url"] == name)
            .map(|entry| &entry["valueUri"]);
        assert_eq!(stated, smart.get(member), "{name}");
    }
}
