//! Discovery (RFC 8414, OpenID Connect Discovery, SMART App Launch 2.2 "Conformance").

use crate::support::app::TestApp;
use crate::support::http::{RequestBuilderExt, RouterExt};
use axum::http::Request;
use serde_json::{Value, json};

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
        json!(["authorization_code", "refresh_token", "client_credentials"])
    );
    assert_eq!(metadata["request_uri_parameter_supported"], false);
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
            for capability in ["context-style", "permission-online"] {
                assert!(!has(&smart["capabilities"], capability), "{capability}");
            }
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
