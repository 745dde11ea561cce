//! Attacks on the authorization request and its answer.

use crate::support::app::{PUBLIC, REDIRECT_URI, TestApp};
use serde_json::json;

const SCOPE: &str = "openid launch/patient patient/*.rs";

#[tokio::test]
async fn a_redirect_uri_that_was_tampered_with_is_shown_and_not_followed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let registered = "https://app.test/callback";
    tenant
        .client(
            PUBLIC,
            json!({ "token_endpoint_auth_method": "none", "redirect_uris": [registered] }),
        )
        .await;
    let tampered = [
        "https://app.test/Callback",
        "https://APP.test/callback",
        "https://app.test/callback/",
        "https://app.test//callback",
        "https://app.test/callback/../callback",
        "https://app.test/./callback",
        "https://app.test/%63allback",
        "https://app.test/callback%2e",
        "https://app.test/callback?",
        "https://app.test/callback?next=x",
        "https://app.test/callback#",
        "https://app.test/callback#x",
        "https://evil.app.test/callback",
        "https://app.test.evil.example/callback",
        "https://app.test@evil.example/callback",
        "https://evil.example@app.test/callback",
        "https://app.test:443/callback",
        "https://app.test:8443/callback",
        "http://app.test/callback",
        "https://app.test\\callback",
        "https://app.test/callback\u{200b}",
        "https://аpp.test/callback",
        "//app.test/callback",
        "javascript:alert(1)//https://app.test/callback",
        " https://app.test/callback",
    ];
    for address in tampered {
        let request = tenant.authorization_request(SCOPE).with("redirect_uri", address);
        let shown = tenant.get(&request.address()).await.assert_status(400);
        assert_eq!(shown.header("location"), None, "{address}");
    }
    let request = tenant.authorization_request(SCOPE).with("redirect_uri", registered);
    tenant.get(&request.address()).await.assert_status(303);
}

#[tokio::test]
async fn only_the_port_of_a_native_apps_loopback_address_may_differ() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let native = json!({
        "token_endpoint_auth_method": "none", "application_type": "native",
        "redirect_uris": ["http://127.0.0.1/cb", "http://[::1]/cb"],
    });
    tenant.client("native", native).await;
    let ask = async |id: &str, address: &str| {
        let request = tenant.authorization_request(SCOPE).with("client_id", id);
        tenant
            .get(&request.with("redirect_uri", address).address())
            .await
            .status
            .as_u16()
    };
    for address in [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:49152/cb",
        "http://[::1]:8080/cb",
    ] {
        assert_eq!(ask("native", address).await, 303, "{address}");
    }
    for address in [
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1:8080/other",
        "https://127.0.0.1:8080/cb",
        "http://localhost:8080/cb",
        "http://127.0.0.2:8080/cb",
        "http://127.0.0.1:99999/cb",
    ] {
        assert_eq!(ask("native", address).await, 400, "{address}");
    }
    assert_eq!(ask(PUBLIC, "https://app.test:8443/callback").await, 400);
    // An app on a web server keeps its port, also where its administrator gave it an address on loopback.
    let web = json!({
        "token_endpoint_auth_method": "none", "application_type": "web", "redirect_uris": ["http://127.0.0.1:8080/cb"],
    });
    tenant.client("web", web).await;
    assert_eq!(ask("web", "http://127.0.0.1:8080/cb").await, 303);
    assert_eq!(ask("web", "http://127.0.0.1:8081/cb").await, 400);
}

#[tokio::test]
async fn a_plain_challenge_is_refused_said_or_implied() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let request = tenant.authorization_request(SCOPE);
    for (request, code) in [
        (
            request.clone().with("code_challenge_method", "plain"),
            "pkce_method_plain",
        ),
        (request.without("code_challenge_method"), "pkce_method_missing"),
    ] {
        let answer = tenant.get(&request.address()).await.assert_status(303);
        assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
        assert!(answer.location_parameter("error_uri").unwrap().ends_with(code));
    }
}

#[tokio::test]
async fn every_answer_names_its_issuer_and_tenants_differ() {
    let app = TestApp::new().await;
    let (north, south) = (app.tenant("northside").await, app.tenant("southside").await);
    for tenant in [&north, &south] {
        let request = tenant.authorization_request(SCOPE);
        let page = tenant.authorize(&mut app.browser(), &request, "pat").await;
        assert!(page.parameter("code").is_some());
        assert_eq!(page.parameter("iss"), Some(tenant.issuer()));
        let refused = tenant.get(&request.clone().without("state").address()).await;
        assert_eq!(refused.location_parameter("iss"), Some(tenant.issuer()));
        let posted = request.without("state").with("response_mode", "form_post");
        let posted = tenant.get(&posted.address()).await.assert_status(200);
        assert!(
            posted
                .text()
                .contains(&format!("name=\"iss\" value=\"{}\"", tenant.issuer()))
        );
        let metadata = tenant
            .get(&tenant.path(".well-known/openid-configuration"))
            .await
            .json();
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        assert_eq!(metadata["issuer"], tenant.issuer());
    }
    assert_ne!(north.issuer(), south.issuer());
}

#[tokio::test]
async fn a_smart_request_without_state_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let request = tenant.authorization_request(SCOPE).without("state");
    let answer = tenant.get(&request.address()).await.assert_status(303);
    assert!(answer.location().starts_with(REDIRECT_URI));
    assert_eq!(answer.location_parameter("error").as_deref(), Some("invalid_request"));
    assert!(
        answer
            .location_parameter("error_uri")
            .unwrap()
            .ends_with("/state_missing")
    );
}

#[tokio::test]
async fn no_answer_leaves_by_post_message_or_fragment() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for mode in ["web_message", "fragment", "web_message.jwt"] {
        let request = tenant.authorization_request(SCOPE).with("response_mode", mode);
        let answer = tenant.get(&request.address()).await.assert_status(303);
        assert!(!answer.location().contains('#'), "{mode}");
        assert_eq!(
            answer.location_parameter("error").as_deref(),
            Some("invalid_request"),
            "{mode}"
        );
    }
    for kind in ["token", "id_token", "code id_token", "code token", "none"] {
        let request = tenant.authorization_request(SCOPE).with("response_type", kind);
        let answer = tenant.get(&request.address()).await.assert_status(303);
        assert!(!answer.location().contains('#'), "{kind}");
        let error = answer.location_parameter("error");
        assert_eq!(error.as_deref(), Some("unsupported_response_type"), "{kind}");
    }
}
