//! Attacks on and by clients.

use crate::support::app::{CONFIDENTIAL, PUBLIC, REDIRECT_URI, SECRET, TestApp, claims};
use crate::support::backend::{BACKEND, Backend, JWT_BEARER, ask};
use crate::support::http::{RequestBuilderExt, RouterExt};
use aws_lc_rs::hmac;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wardkey::oauth::jose::SigningAlgorithm;

#[tokio::test]
async fn a_client_authenticates_with_its_registered_method_and_no_other() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
    let post = json!({ "token_endpoint_auth_method": "client_secret_post" });
    tenant.client("posting", post).await;
    let secrets = [CONFIDENTIAL, "posting", PUBLIC, BACKEND];
    for id in secrets {
        let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        let basic = tenant.token_with_basic(id, SECRET, &form).await;
        let body = [form.as_slice(), &[("client_id", id), ("client_secret", SECRET)]].concat();
        let body = tenant.token(&body).await;
        let nothing = tenant.token(&[form.as_slice(), &[("client_id", id)]].concat()).await;
        for (method, answer) in [("basic", basic), ("post", body), ("none", nothing)] {
            let registered = matches!(
                (id, method),
                (CONFIDENTIAL, "basic") | ("posting", "post") | (PUBLIC, "none")
            );
            // Past authentication, the token is not one.
            let expected = if registered {
                (400, "invalid_grant")
            } else {
                (401, "invalid_client")
            };
            answer.assert_error(expected.0, expected.1);
        }
    }
}

#[tokio::test]
async fn a_replayed_or_misdirected_assertion_authenticates_nobody() {
    let app = TestApp::new().await;
    let (north, south) = (app.tenant("northside").await, app.tenant("southside").await);
    let backend = Backend::new(SigningAlgorithm::ES384);
    for tenant in [&north, &south] {
        backend.register(tenant, json!({ "jwks": backend.jwks() })).await;
    }
    let scope = "system/Patient.rs";
    let assertion = backend.sign(&Backend::claims(&north));
    ask(&north, &assertion, scope).await.assert_status(200);
    ask(&north, &assertion, scope).await.assert_error(401, "invalid_client");
    for audience in [
        json!(format!("{}/token", south.issuer())),
        json!(south.issuer()),
        json!(format!("{}/par", north.issuer())),
        json!(format!("{}/", north.issuer())),
        json!(["https://elsewhere.example", format!("{}/token", south.issuer())]),
        Value::Null,
    ] {
        let mut claims = Backend::claims(&north);
        claims["aud"] = audience.clone();
        let refused = ask(&north, &backend.sign(&claims), scope).await;
        assert_eq!(refused.status, 401, "{audience}");
    }
}

#[tokio::test]
async fn a_request_object_is_no_client_assertion() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
    let now = app.now().seconds();
    let mut object = json!({
        "iss": BACKEND, "client_id": BACKEND, "aud": tenant.issuer(), "exp": now + 60, "jti": "object-1",
        "response_type": "code", "redirect_uri": REDIRECT_URI, "scope": "openid",
    });
    let kid = &backend.key.public_jwk().kid;
    let request_type = json!({ "alg": "ES384", "typ": "oauth-authz-req+jwt", "kid": kid });
    let without_sub = backend.sign_with_header(&json!({ "alg": "ES384", "kid": kid }), &object);
    ask(&tenant, &without_sub, "system/Patient.rs")
        .await
        .assert_error(401, "invalid_client");
    object["sub"] = json!(BACKEND);
    let with_type = backend.sign_with_header(&request_type, &object);
    ask(&tenant, &with_type, "system/Patient.rs")
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn an_assertion_signed_with_the_public_key_as_a_secret_is_refused() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::RS384);
    backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
    let jwk = json!(backend.key.public_jwk());
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    for secret in [jwk.to_string().into_bytes(), modulus] {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "HS256", "typ": "JWT", "kid": jwk["kid"] });
        let signed = format!("{}.{}", encode(&header), encode(&Backend::claims(&tenant)));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signed.as_bytes());
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()));
        ask(&tenant, &forged, "system/Patient.rs")
            .await
            .assert_error(401, "invalid_client");
    }
}

#[tokio::test]
async fn what_a_header_says_of_keys_is_only_a_name() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
    let attacker = Backend::new(SigningAlgorithm::ES384);
    let own = json!(attacker.key.public_jwk());
    let kid = json!(backend.key.public_jwk().kid);
    let names = [
        json!("' OR '1'='1"),
        json!("../../../../dev/null"),
        json!("https://evil.example/keys"),
        json!("x".repeat(10_000)),
        json!("\u{0}"),
    ];
    let headers = names
        .into_iter()
        .map(|kid| json!({ "alg": "ES384", "kid": kid }))
        .chain([
            json!({ "alg": "ES384", "kid": kid, "jwk": own }),
            json!({ "alg": "ES384", "kid": kid, "jku": "https://evil.example/keys" }),
            json!({ "alg": "ES384", "kid": kid, "x5u": "https://evil.example/chain" }),
            json!({ "alg": "ES384", "kid": kid, "x5c": ["MIIB"] }),
        ]);
    for header in headers {
        let forged = attacker.sign_with_header(&header, &Backend::claims(&tenant));
        ask(&tenant, &forged, "system/Patient.rs")
            .await
            .assert_error(401, "invalid_client");
    }
}

#[tokio::test]
async fn an_app_cannot_choose_a_client_id_and_no_client_id_is_a_users_subject() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let tokens = tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    let user = claims(tokens["access_token"].as_str().unwrap())["sub"]
        .as_str()
        .unwrap()
        .to_owned();
    let registration = serde_json::from_value(json!({
        "client_name": "x", "token_endpoint_auth_method": "none", "redirect_uris": [REDIRECT_URI],
    }));
    let policy = wardkey::control::clients::SecretPolicy::KeepOrCreate;
    let saved = tenant
        .admin()
        .await
        .save_client(&user, registration.unwrap(), policy)
        .await;
    assert!(saved.is_err(), "a client is called like a user");
    let backend = Backend::new(SigningAlgorithm::ES384);
    backend.register(&tenant, json!({ "jwks": backend.jwks() })).await;
    let own = ask(&tenant, &backend.sign(&Backend::claims(&tenant)), "system/Patient.rs").await;
    let subject = claims(own.assert_status(200).json()["access_token"].as_str().unwrap())["sub"].clone();
    assert_ne!(subject, json!(user));
    assert!(!subject.as_str().unwrap().starts_with("acc_"), "{subject}");
}

#[tokio::test]
async fn spoofed_proxy_headers_change_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let spoofed = |request: axum::http::request::Builder| {
        [
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-for", "127.0.0.1"),
            ("forwarded", "for=127.0.0.1;host=evil.example;proto=http"),
            ("x-forwarded-prefix", "/southside"),
            ("x-original-url", "/southside/auth/token"),
            ("x-ssl-client-verify", "SUCCESS"),
            ("x-ssl-client-s-dn", "CN=confidential"),
            ("x-ssl-cert", "MIIB"),
            ("x-client-cert", "MIIB"),
            ("client-cert", ":MIIB:"),
            ("x-forwarded-client-cert", "Hash=0;Subject=\"CN=confidential\""),
        ]
        .into_iter()
        .fold(request, |request, (name, value)| request.header(name, value))
    };
    let metadata = tenant.path(".well-known/openid-configuration");
    let plain = tenant.get(&metadata).await.json();
    let answer = app.router.send(spoofed(Request::get(&metadata)).empty()).await;
    assert_eq!(answer.json(), plain);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "x"),
        ("client_id", CONFIDENTIAL),
    ];
    let request = spoofed(Request::post(tenant.path("token"))).form(&form);
    app.router.send(request).await.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn keys_are_never_fetched_from_inside() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let backend = Backend::new(SigningAlgorithm::ES384);
    for address in [
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/keys",
        "https://192.168.1.1/keys",
        "https://[::ffff:10.0.0.1]/keys",
        "https://[fd00::1]/keys",
        "https://0.0.0.0/keys",
    ] {
        let id = "inside";
        let registration = json!({
            "client_name": "x", "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
            "response_types": [], "redirect_uris": [], "scope": "system/Patient.rs", "jwks_uri": address,
        });
        let policy = wardkey::control::clients::SecretPolicy::KeepOrCreate;
        let registration = serde_json::from_value(registration).unwrap();
        // Refused at registration, or else when the keys would be fetched.
        if tenant
            .admin()
            .await
            .save_client(id, registration, policy)
            .await
            .is_err()
        {
            continue;
        }
        let mut claims = Backend::claims(&tenant);
        (claims["iss"], claims["sub"]) = (json!(id), json!(id));
        let refused = ask(&tenant, &backend.sign(&claims), "system/Patient.rs").await;
        refused.assert_error(401, "invalid_client");
    }
}

#[tokio::test]
async fn a_huge_assertion_is_refused_before_it_is_read() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let huge = format!("e30.{}.x", "A".repeat(1 << 20));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", huge.as_str()),
    ];
    let refused = tenant.token(&form).await;
    assert!([400, 413].contains(&refused.status.as_u16()), "{}", refused.status);
    assert_eq!(refused.json()["error"], "invalid_request");
}
